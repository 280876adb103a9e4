"""All incidents with what was done about each, over all its names.

An incident that is withdrawn in favour of a `successor` passes its actions on: it is one story, and who was through with it
is not asked again because a late finding gave it another name.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from monitor.events import DAY
from monitor.incidents.actions import Action, ActionLog, Handling, Standing, fold
from monitor.outputs import Incident, State


class Desk:
    """The last revision of each incident and every action; in whatever order they come."""

    def __init__(self, incidents: Iterable[Incident] = (), actions: Iterable[Action] = ()) -> None:
        self.incidents: dict[str, Incident] = {}
        self._log = ActionLog()
        self._successor: dict[str, str] = {}
        self._before: defaultdict[str, set[str]] = defaultdict(set)
        for incident in incidents:
            self.saw(incident)
        for action in actions:
            self.did(action)

    def saw(self, incident: Incident) -> None:
        """The next revision of an incident; an older one than is known changes nothing."""
        name = incident.incident_id
        known = self.incidents.get(name)
        if known is not None and known.revision > incident.revision:
            return
        self.incidents[name] = incident
        # One that comes back stands for itself again.
        successor = incident.successor if incident.state is State.WITHDRAWN else None
        before = self._successor.pop(name, None)
        if before is not None:
            self._before[before].discard(name)
        if successor is not None:
            self._successor[name] = successor
            self._before[successor].add(name)

    def did(self, action: Action) -> None:
        """An action; the same one again changes nothing."""
        self._log.did(action)

    def actions(self, incident_id: str) -> list[Action]:
        """Those of the incident and of all that were withdrawn in its favour, oldest first."""
        return self._log.of(self._story(incident_id))

    def standing(self, incident_id: str) -> Standing:
        """What they come to."""
        return fold(self.actions(incident_id))

    def heir(self, incident_id: str) -> str:
        """The name that its story goes by now."""
        seen: set[str] = set()
        while incident_id not in seen and incident_id in self._successor:
            seen.add(incident_id)
            incident_id = self._successor[incident_id]
        return incident_id

    def _story(self, incident_id: str) -> Iterator[str]:
        seen, waiting = {incident_id}, [incident_id]
        while waiting:
            name = waiting.pop()
            yield name
            fresh = self._before.get(name, set()) - seen
            seen |= fresh
            waiting += fresh


class Lead(Protocol):
    """An incident as far as somebody has to act on it: `monitor.outputs.Incident`, or the story that it is part of."""

    @property
    def notify(self) -> bool:
        """Whether people are told of it."""
        ...

    @property
    def state(self) -> State:
        """Its life."""
        ...

    @property
    def severity(self) -> int:
        """1, 2 or 3."""
        ...

    @property
    def opened_at(self) -> int:
        """China civil time in seconds."""
        ...


def due_at(incident: Lead, due_s: Mapping[int, int]) -> int | None:
    """By when somebody must have acted (seconds of China civil time); None where nobody is told of it.

    `due_s`: severity -> seconds (setting `incident_due_hours`). One that time has resolved is still to be looked at: a burst
    is over after half an hour.
    """
    if not incident.notify or incident.state is State.WITHDRAWN:
        return None
    return incident.opened_at + due_s[incident.severity]


def is_overdue(incident: Lead, standing: Standing, *, now: int, due_s: Mapping[int, int]) -> bool:
    """Nobody has acted on it in time; `now` in seconds of China civil time."""
    due = due_at(incident, due_s)
    return due is not None and standing.handling is Handling.NEW and now > due


AGES: Mapping[str, int] = {"<1d": DAY, "<3d": 3 * DAY, "<7d": 7 * DAY}
OLDER = ">=7d"


def ageing(incidents: Iterable[Incident], *, now: int) -> dict[int, Counter[str]]:
    """How many of each severity are how old (since `opened_at`)."""
    table: dict[int, Counter[str]] = {}
    for incident in incidents:
        age = now - incident.opened_at
        bucket = next((name for name, limit in AGES.items() if age < limit), OLDER)
        table.setdefault(incident.severity, Counter())[bucket] += 1
    return table
