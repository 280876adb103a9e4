"""The door: from bytes to facts and back to replies."""
