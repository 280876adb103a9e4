"""What is not right: one file per rule, and the catalogue that lists them."""
