"""How the monitor is run."""
