"""The monitor on one machine, for a demo and for tests."""
