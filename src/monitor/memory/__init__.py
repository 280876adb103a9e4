"""What is remembered for a key, and for how long."""
