"""`./dev demo`: Kafka, workers and gateway on this machine, and a simulated city to watch."""
