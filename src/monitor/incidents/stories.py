"""What people are told of incidents: one story from its first incident to its last, under labels that never change.

An incident gets another id when its first finding changes, when two are joined or one is split; for whoever was told of it,
it is the same story. Its key is the id of the incident that it began with, and goes on by `successor`. Severity and provider
stay as they were when it began: an alert with other labels is another alert.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Self

from msgspec import Struct
from msgspec.structs import replace

from monitor.outputs import Incident, State


class Told(Struct, frozen=True, array_like=True):
    """What the receiver took of a story; milliseconds of the wall clock, 0: not yet."""

    opened_ms: int = 0
    """It as open, for the first time."""
    ended_ms: int = 0
    """Its end, for the first time."""


NOTHING_TOLD: Final = Told()
NAMES_MAX: Final = 20
"""Earlier names that a story remembers, the newest: late events may give it any number, people act on those they saw."""


class Story(Struct, frozen=True, kw_only=True, array_like=True):
    """An incident as people were told of it, or are to be."""

    key: str
    """incident_key: the incident that it began with."""
    incident_id: str
    """The incident that carries it now."""
    rule_id: str
    severity: int
    provider: str
    opened_at: int
    """China civil time in seconds, as in incidents."""
    state: State
    summary: str
    amount: int
    """fen."""
    persons: int
    findings: int
    runbook_url: str
    told: Told = NOTHING_TOLD
    """What of it was delivered."""
    region: str = ""
    """admvs of the provider when it began."""
    earlier: tuple[str, ...] = ()
    """Other incidents that carried it, or a story that was joined to it: what people did with those counts here."""

    @property
    def notify(self) -> bool:
        """There are stories of such incidents alone."""
        return True

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.state is not State.OPEN

    @property
    def names(self) -> tuple[str, ...]:
        """All incidents that it is or was, as far as it remembers."""
        return (self.key, self.incident_id, *self.earlier)

    def under(self, incident_id: str) -> Self:
        """It, carried by that incident from now on."""
        if incident_id == self.incident_id:
            return self
        return replace(self, incident_id=incident_id, earlier=_newest((*self.earlier, self.incident_id)))


def follow(
    known: Mapping[str, Story], said: Sequence[Incident], region_of: Callable[[str], str] = lambda _: ""
) -> list[Story]:
    """The stories that change with what was said in one go, one for each key; `known`: by the incident that carries each.

    A successor is said before the incident that it follows is withdrawn, so both stand in `said`. `region_of`: provider's
    code -> admvs.
    """
    named = {name for incident in said for name in (incident.incident_id, incident.successor) if name}
    carried = {name: known[name] for name in named if name in known}
    changed: dict[str, Story] = {}
    for incident in said:
        name = incident.incident_id
        story = carried.pop(name, None)
        if story is None:
            story = _inherited(name, carried, said)
            if story is not None:
                del carried[story.incident_id]
            elif incident.notify and incident.state is not State.WITHDRAWN:
                story = _begun(incident, region_of(incident.provider))
            else:
                continue
        heir = incident.successor
        if incident.state is State.WITHDRAWN and heir is not None and heir not in carried:
            # The heir was said long ago, to nobody: what it is now its next revision tells.
            story = story.under(heir)
        else:
            story = _told_by(story, incident)
        carried[story.incident_id] = changed[story.key] = story
    return list(changed.values())


def _inherited(name: str, carried: Mapping[str, Story], said: Iterable[Incident]) -> Story | None:
    """Of the stories that an incident follows, the oldest with the names of all; the others end with theirs."""
    before = [
        carried[incident.incident_id]
        for incident in said
        if incident.successor == name and incident.incident_id in carried
    ]
    if not before:
        return None
    oldest, *others = sorted(before, key=lambda story: (story.opened_at, story.key))
    joined = (name for story in others for name in story.names)
    return replace(oldest, earlier=_newest((*joined, *oldest.earlier))) if others else oldest


def _newest(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))[-NAMES_MAX:]


def _begun(incident: Incident, region: str) -> Story:
    return Story(
        key=incident.incident_id,
        incident_id=incident.incident_id,
        rule_id=incident.rule_id,
        severity=incident.severity,
        provider=incident.provider,
        opened_at=incident.opened_at,
        state=incident.state,
        summary=incident.summary,
        amount=incident.amount,
        persons=incident.persons,
        findings=incident.findings,
        runbook_url=incident.runbook_url,
        region=region,
    )


def _told_by(story: Story, incident: Incident) -> Story:
    """The story after a revision of the incident that carries it."""
    return replace(
        story.under(incident.incident_id),
        state=incident.state,
        summary=incident.summary,
        amount=incident.amount,
        persons=incident.persons,
        findings=incident.findings,
    )
