"""facts.trace -> findings: all sales of one trace code."""

from collections.abc import Collection
from typing import ClassVar

from monitor.audit import audit_trace
from monitor.memory.pieces import SALE, decode
from streams.engine.records import REPLAYS, Record
from streams.engine.stage import Context, Stage
from streams.engine.state import Memories
from streams.engine.turn import Turn
from streams.engine.watermarks import Sources
from streams.stage_outputs import note_failure, say_findings
from streams.topics import TableName, Topic


class TracesStage(Stage):
    """Reads facts.trace of one partition number."""

    name: ClassVar[str] = "traces"
    reads: ClassVar[tuple[Topic, ...]] = (Topic.FACTS_TRACE,)
    tells: ClassVar[Topic | None] = Topic.FINDINGS

    def __init__(self, context: Context, number: int, memories: Memories) -> None:
        super().__init__(context, number, memories)
        self._sources = Sources(context.settings.partitions, TableName.TRACES, memories)

    @property
    def watermark(self) -> int:
        """The lowest of all units of persons."""
        return self._sources.time

    @property
    def furthest(self) -> int:
        """The highest of them."""
        return self._sources.furthest

    def recall(self, keys: Collection[str]) -> None:
        """The watermarks that it heard."""
        del keys
        self._sources.recall()

    def hear(self, source: int, time: int, turn: Turn) -> None:
        """The watermark of a unit of persons."""
        self._sources.hear(source, time, turn)

    def take(self, record: Record, turn: Turn) -> None:
        """What is known now of one settlement's claim to a code."""
        raw = record.value or b""
        sale = decode(SALE, raw)
        memory = turn.memory(TableName.TRACES, sale.code)
        memory.came(sale, raw)
        outcome = audit_trace(
            memory,
            sale,
            watermark=self.watermark,
            knowledge=self.context.knowledge,
            again=REPLAYS in record.headers,
        )
        say_findings(outcome.findings, record, self.context, turn)
        note_failure(outcome, record, self.name, self.context, turn)
