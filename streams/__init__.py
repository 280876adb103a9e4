"""Where events travel: Faust agents, topics and the unit of work."""
