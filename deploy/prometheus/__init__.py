"""What Prometheus is told: SLOs, recording rules, alerts with their tests. `./dev rules` writes the YAML that it reads."""
