"""The national interface: what travels on the wire and what it means."""
