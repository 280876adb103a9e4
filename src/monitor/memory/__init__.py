"""What is remembered for a key and for how long: person, provider, trace code. Bounded, reversible, versioned."""
