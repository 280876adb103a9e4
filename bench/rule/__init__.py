"""One small rule in several systems: settlements and persons of a pharmacy in ten minutes, a finding at a limit."""
