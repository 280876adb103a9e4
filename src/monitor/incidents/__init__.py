"""Findings become incidents: few alerts, each with a life (contract §2 'incident').

The incidents of one (rule, subject) are a function of its live findings, not of the order in which they
came. A `Book` holds those findings and what was last said; `apply` takes the next revision of a finding,
`tick` the watermark alone.
"""

from monitor.incidents.actions import ActionLog
from monitor.incidents.book import Book
from monitor.incidents.budget import Budget
from monitor.incidents.chains import incident_name
from monitor.incidents.life import apply, due, standing, tick
from monitor.incidents.outbox import Outbox
from monitor.incidents.policy import IncidentPolicy
from monitor.incidents.stories import Story, follow

__all__ = [
    "ActionLog",
    "Book",
    "Budget",
    "IncidentPolicy",
    "Outbox",
    "Story",
    "apply",
    "due",
    "follow",
    "incident_name",
    "standing",
    "tick",
]
