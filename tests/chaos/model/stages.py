"""Three small stages in the shape of the monitor's: what they say depends on all that came before.

claims.raw ─► door ─► claims ─► persons ─► verdicts, findings ─► incidents ─► alerts

An event is ``id|person|what``. `what` is good, bad (the second stage raises, after it has changed its memory and spoken),
odd (that memory can't be written), or worst (the first stage raises, after it has moved its clock to NEVER); or there is no
event at all (the first stage raises). A verdict says the how manieth of its person an event is, an alert the how manieth of
its finding's: a change that was lost or applied twice shows in every later one.
"""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, ClassVar, Final

from prometheus_client import CollectorRegistry

from monitor.metrics import Metrics
from monitor.settings import MIB, Settings
from streams.engine.records import Headers, Record
from streams.engine.shelf import OWN
from streams.engine.stage import Context, Stage
from streams.engine.state import Memories
from streams.engine.turn import Turn
from streams.engine.watermarks import Sources
from streams.topics import TableName, Topic

PARTITIONS: Final = 3
GOOD, BAD, ODD, WORST = "good", "bad", "odd", "worst"
NEVER: Final = 1_000_000
"""No event has so high a number."""
EVERY: Final = 2
"""Every second event of a person makes a finding."""
HIGHEST = "highest"


class Seen:
    """Ids that were seen under one key."""

    capped = 0
    fill = 0.0

    def __init__(self, ids: set[str]) -> None:
        self.ids = ids
        self.odd = False
        self._new: dict[str, bytes | None] = {}

    @classmethod
    def load(cls, key: str, pieces: Mapping[str, bytes]) -> "Seen":
        """As it was written."""
        del key
        return cls(set(pieces))

    def add(self, event: str) -> int:
        """The how manieth it is."""
        self.ids.add(event)
        self._new[event] = b"seen"
        return len(self.ids)

    def changes(self) -> dict[str, bytes | None]:
        """Pieces to be written."""
        if self.odd:
            raise ValueError
        new, self._new = self._new, {}
        return new


LOADERS: Final = {
    TableName.PROVIDERS: Seen.load,
    TableName.PERSONS: Seen.load,
    TableName.INCIDENTS: Seen.load,
}


class Door(Stage):
    """Reads claims.raw; its clock is the highest number of an event."""

    name: ClassVar[str] = "intake"
    reads: ClassVar[tuple[Topic, ...]] = (Topic.CLAIMS_RAW,)
    tells: ClassVar[Topic | None] = Topic.CLAIMS

    def __init__(self, context: Context, number: int, memories: Memories) -> None:
        super().__init__(context, number, memories)
        self.recall(())

    def recall(self, keys: Collection[str]) -> None:
        """Its clock."""
        del keys
        kept = self.memories.shelves[TableName.PROVIDERS].pieces(OWN).get(HIGHEST)
        self._highest = -1 if kept is None else int(kept)

    @property
    def watermark(self) -> int:
        """Of this partition."""
        return self._highest

    def take(self, record: Record, turn: Turn) -> None:
        """One event."""
        value = (record.value or b"").decode()
        event, person, what = value.split("|")
        turn.memory(TableName.PROVIDERS, (record.key or b"").decode()).add(event)
        number = NEVER if what == WORST else int(event)
        if number > self._highest:
            self._highest = number
            turn.piece(TableName.PROVIDERS, OWN, HIGHEST, b"%d" % number)
        turn.send(Topic.CLAIMS, person, value.encode(), [])
        if what == WORST:
            raise ValueError


class Persons(Stage):
    """Reads claims."""

    name: ClassVar[str] = "persons"
    reads: ClassVar[tuple[Topic, ...]] = (Topic.CLAIMS,)

    def __init__(self, context: Context, number: int, memories: Memories) -> None:
        super().__init__(context, number, memories)
        self._sources = Sources(PARTITIONS, TableName.PERSONS, memories)

    def recall(self, keys: Collection[str]) -> None:
        """How far the doors have come."""
        del keys
        self._sources.recall()

    def hear(self, source: int, time: int, turn: Turn) -> None:
        """How far a door has come."""
        self._sources.hear(source, time, turn)

    def take(self, record: Record, turn: Turn) -> None:
        """One event of a person."""
        event, person, what = (record.value or b"").decode().split("|")
        count = turn.memory(TableName.PERSONS, person).add(event)
        turn.send(Topic.VERDICTS, person, f"{event}|{person}|{count}".encode(), [], partition=self.number)
        if what == BAD:
            raise ValueError
        if what == ODD:
            turn.memory(TableName.PERSONS, person).odd = True
        if count % EVERY == 0:
            turn.send(Topic.FINDINGS, f"finding of {person}", f"{person} {count}".encode(), [])


class Incidents(Stage):
    """Reads findings."""

    name: ClassVar[str] = "incidents"
    reads: ClassVar[tuple[Topic, ...]] = (Topic.FINDINGS,)

    def take(self, record: Record, turn: Turn) -> None:
        """One finding."""
        key, finding = (record.key or b"").decode(), (record.value or b"").decode()
        count = turn.memory(TableName.INCIDENTS, key).add(finding)
        turn.send(Topic.ALERTS, key, f"{finding}|{count}".encode(), [])


STAGES: Final[tuple[type[Stage], ...]] = (Door, Persons, Incidents)


class OpenSealer:
    """Letters that everyone can read."""

    def letter(
        self, record: Record, *, stage: str, reason: str, detail: str, at_ms: int, bytes_max: int = MIB
    ) -> tuple[bytes, Headers]:
        """The record as it is."""
        del stage, reason, detail, at_ms, bytes_max
        return record.value or b"", []


@cache
def context() -> Context:
    """Shared by all workers of all plays: a stage asks it for nothing but settings, metrics and dead letters."""
    nothing: Any = None
    sealer: Any = OpenSealer()
    return Context(
        settings=Settings(partitions=PARTITIONS, topic_prefix="", idle_s=2),
        knowledge=nothing,
        policy=nothing,
        intake=nothing,
        sealer=sealer,
        metrics=Metrics(CollectorRegistry()),
        provider_label=nothing,
        provider_group=nothing,
    )
