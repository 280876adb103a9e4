"""Who is told of alerts, in which words: Alertmanager's configuration and templates."""
