"""The incident book of one (rule, subject): its live findings and what was last said of each incident.

Bounds. A book holds `findings_max` live findings one by one. Beyond, the oldest are *folded*: they stay
counted in their incident, but a later revision of theirs is not followed any more (counted). Findings older
than what was folded or forgotten are refused (counted), so that an incident never gets a second name
because its first finding was forgotten. What a folded finding shares with a later one counts twice.
Withdrawn findings and incidents of the past are kept to the same number, oldest forgotten first.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Self

from msgspec import Struct, msgpack

from monitor.incidents.chains import Chains, Folded
from monitor.incidents.held import Held, Key
from monitor.incidents.tally import Body
from monitor.outputs import State

VERSION = 1
HEAD = "h"
FINDING = "f"
INCIDENT = "i"


class Said(Struct, array_like=True, kw_only=True):
    """What was last said of an incident."""

    first: str
    """finding_id that names it."""
    until: Key
    """Place of its last finding."""
    revision: int
    body: Body
    priority: int
    notify: bool
    resolved_at: int | None = None
    successor: str | None = None


class Head(Struct, array_like=True, kw_only=True):
    """What is left of findings that are forgotten."""

    floor: Key = (-1, "")
    """Nothing at or before this place is taken in."""
    folded: Folded | None = None


class UnknownVersionError(ValueError):
    """A piece was written by a newer release."""


_ENCODER = msgpack.Encoder()
_HELD = msgpack.Decoder(Held)
_SAID = msgpack.Decoder(Said)
_HEAD = msgpack.Decoder(Head)


class Book:
    """State of `monitor.incidents.apply`; one piece a finding, one an incident, and a head."""

    def __init__(self, key: str) -> None:
        self.rule_id, _, self.subject = key.partition("|")
        self.findings: dict[str, Held] = {}
        """Live and withdrawn ones."""
        self.withdrawn: set[str] = set()
        self.said: dict[str, Said] = {}
        self.open: set[str] = set()
        """Incidents that are to be resolved some day."""
        self.head = Head()
        self.chains: Chains | None = None
        """None until the first `apply` or `tick` after loading groups the findings."""
        self.watermark = -1
        self.pruned_day = -1
        self._counts: Counter[str] = Counter()
        self._changed: set[str] = set()

    @classmethod
    def load(cls, key: str, pieces: Mapping[str, bytes]) -> Self:
        """The book of `rule_id|subject` from its pieces; UnknownVersionError for those of a newer release."""
        book = cls(key)
        for name, raw in pieces.items():
            if raw[0] != VERSION:
                raise UnknownVersionError(f"incident piece of version {raw[0]}, known: {VERSION}")
            payload = memoryview(raw)[1:]
            if name == HEAD:
                book.head = _HEAD.decode(payload)
            elif name.startswith(FINDING):
                held = _HELD.decode(payload)
                book.findings[held.finding_id] = held
                if not held.live:
                    book.withdrawn.add(held.finding_id)
            else:
                said = _SAID.decode(payload)
                incident_id = name.removeprefix(INCIDENT)
                book.said[incident_id] = said
                if said.body.state is State.OPEN:
                    book.open.add(incident_id)
        return book

    def changes(self) -> dict[str, bytes | None]:
        """Pieces that changed since the last call; None = forget."""
        changed, self._changed = self._changed, set()
        return {name: self._piece(name) for name in sorted(changed)}

    def take_counts(self) -> dict[str, int]:
        """What was refused or forgotten since the last call: stale, beyond_memory, folded."""
        counts, self._counts = self._counts, Counter()
        return dict(counts)

    @property
    def empty(self) -> bool:
        """Nothing left to remember: the key may be forgotten."""
        return not self.findings and not self.said

    def count(self, what: str, by: int = 1) -> None:
        """Adds to `take_counts`."""
        self._counts[what] += by

    def put(self, held: Held) -> None:
        """Remembers a revision of a finding."""
        self.findings[held.finding_id] = held
        (self.withdrawn.discard if held.live else self.withdrawn.add)(held.finding_id)
        self._changed.add(FINDING + held.finding_id)

    def forget(self, finding_id: str) -> None:
        """Forgets a finding."""
        del self.findings[finding_id]
        self.withdrawn.discard(finding_id)
        self._changed.add(FINDING + finding_id)

    def say(self, incident_id: str, said: Said) -> None:
        """Remembers what is said of an incident."""
        self.said[incident_id] = said
        (self.open.add if said.body.state is State.OPEN else self.open.discard)(incident_id)
        self._changed.add(INCIDENT + incident_id)

    def unsay(self, incident_id: str) -> None:
        """Forgets an incident."""
        del self.said[incident_id]
        self.open.discard(incident_id)
        self._changed.add(INCIDENT + incident_id)

    def set_head(self, *, floor: Key, folded: Folded | None) -> None:
        """Remembers what is left of forgotten findings."""
        self.head = Head(floor=floor, folded=folded)
        self._changed.add(HEAD)

    def _piece(self, name: str) -> bytes | None:
        value: Struct | None
        if name == HEAD:
            value = None if self.head == Head() else self.head
        elif name.startswith(FINDING):
            value = self.findings.get(name.removeprefix(FINDING))
        else:
            value = self.said.get(name.removeprefix(INCIDENT))
        return None if value is None else bytes((VERSION,)) + _ENCODER.encode(value)
