"""The one way through: event + memory -> what is remembered, what is found, what is answered.

Memory first, rules second: the fact is applied to the memory of its key, then every rule is asked again for the subjects
that may look different now (usually only the new settlement), and what is open now, less what was open before, is said.
"""

from monitor.audit.outcome import Outcome
from monitor.audit.person import audit_person
from monitor.audit.provider import audit_provider
from monitor.audit.trace import audit_trace

__all__ = ["Outcome", "audit_person", "audit_provider", "audit_trace"]
