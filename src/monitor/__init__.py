"""What is true of an event: no Faust, no broker, no clock."""
