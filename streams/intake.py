"""claims.raw -> claims: the door. An untrusted record becomes typed facts of one person each, or a dead letter.

In the same unit, because claims.raw is keyed by provider: what pharmacies' memories say (providers.py). Behind this
stage nobody knows a name, a number of a person or a picture.
"""

from collections.abc import Collection, Sequence
from typing import ClassVar, Final

from msgspec.structs import replace

from monitor.clock import CHINA_OFFSET_MS
from monitor.events import DAY, Event, WarningAnswered
from monitor.interface.intake import Accepted, Ignored, Outcome, Rejected
from monitor.interface.outcomes import Reason
from monitor.memory.pieces import encode
from monitor.watermark import BEGINNING, Watermark
from streams.engine.records import Record, passed_on
from streams.engine.shelf import OWN
from streams.engine.stage import Context, Stage
from streams.engine.state import Memories
from streams.engine.turn import Turn
from streams.feedback import say_feedback
from streams.providers import audit_at_provider
from streams.topics import TableName, Topic, partition_of

AHEAD_S: Final = 300
"""A call time further ahead of its record's timestamp moves the watermark to that timestamp only (contract §1)."""
HIGHEST: Final = "highest"
"""The piece that keeps the watermark over restarts."""


class IntakeStage(Stage):
    """Reads claims.raw of one partition number."""

    name: ClassVar[str] = "intake"
    reads: ClassVar[tuple[Topic, ...]] = (Topic.CLAIMS_RAW,)
    tells: ClassVar[Topic | None] = Topic.CLAIMS

    def __init__(self, context: Context, number: int, memories: Memories) -> None:
        super().__init__(context, number, memories)
        self._lateness_s = context.knowledge.region.lateness_s
        self.recall(())

    def recall(self, keys: Collection[str]) -> None:
        """Its clock."""
        del keys
        self._clock = Watermark(self._lateness_s)
        kept = self.memories.shelves[TableName.PROVIDERS].pieces(OWN).get(HIGHEST)
        if kept is not None:
            self._clock.follow_until(int(kept), int(kept))

    @property
    def watermark(self) -> int:
        """Of this partition of the feed."""
        return self._clock.time

    def idle(self, furthest: int, turn: Turn) -> None:
        """Where nothing happens, time goes on as elsewhere."""
        highest = furthest + self._lateness_s
        self._follow(highest, highest, turn)

    def take(self, record: Record, turn: Turn) -> None:
        """One feed record."""
        self._take(record, self.context.intake.decode(record.value or b""), turn)

    def take_all(self, records: Sequence[Record], turn: Turn) -> None:
        """All are decoded first, which needs no memory."""
        decoded = self.context.intake.decode_all([record.value or b"" for record in records])
        for record, outcome in zip(records, decoded, strict=True):
            self._take(record, outcome, turn)

    def _take(self, record: Record, outcome: Outcome, turn: Turn) -> None:
        metrics = self.context.metrics
        if outcome.picture_dropped:
            metrics.pictures_dropped.inc()
        match outcome:
            case Accepted():
                self._accepted(record, outcome, turn)
            case Ignored(reason):
                metrics.ignored.labels(reason).inc()
            case Rejected(reason, detail):
                self._reject(record, reason, detail, turn)

    def _accepted(self, record: Record, accepted: Accepted, turn: Turn) -> None:
        settings = self.context.settings
        provider = accepted.events[0].provider
        own = partition_of(provider, settings.partitions)
        if own != self.number:
            self.context.metrics.misplaced.labels(self.name).inc()
            turn.send(Topic.CLAIMS_RAW, provider, record.value, passed_on(record), partition=own)
            return
        seen = (record.at_ms + CHINA_OFFSET_MS) // 1000
        if accepted.call_time > seen + DAY:
            self._reject(record, Reason.TIME_OUT_OF_RANGE, "", turn)
            return
        self.context.lately.saw_clock(provider, accepted.sent_at - seen)
        late = self._clock.is_late(accepted.call_time)
        ahead = accepted.call_time > seen + AHEAD_S
        self._follow(accepted.call_time, seen if ahead else accepted.call_time, turn)
        if ahead:
            self.context.metrics.notes.labels("clock_ahead").inc()
        for note in accepted.notes:
            self.context.metrics.notes.labels(note).inc()
        if late:
            self.context.metrics.late.labels(self.name).inc()
        for event in accepted.events:
            self._event(record, replace(event, late=True) if late else event, turn)

    def _event(self, record: Record, event: Event, turn: Turn) -> None:
        if type(event) is WarningAnswered:
            say_feedback(event, self.context, turn)
            return
        event = audit_at_provider(event, record, self.watermark, self.context, turn)
        turn.send(Topic.CLAIMS, event.person, encode(event), passed_on(record))

    def _reject(self, record: Record, reason: Reason, detail: str, turn: Turn) -> None:
        self.context.metrics.decode_failures.labels(str(reason)).inc()
        self.context.put_aside(record, stage=self.name, reason=str(reason), detail=detail, turn=turn)

    def _follow(self, call_time: int, bound: int, turn: Turn) -> None:
        before = self._clock.time
        self._clock.follow_until(call_time, bound)
        if self._clock.time > before and self._clock.time > BEGINNING:
            highest = self._clock.time + self._lateness_s
            turn.piece(TableName.PROVIDERS, OWN, HIGHEST, b"%d" % highest)
