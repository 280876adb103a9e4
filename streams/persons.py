"""claims, checks -> verdicts, findings, facts.trace: all facts of one person, and every question about them."""

from collections.abc import Collection
from functools import partial
from itertools import pairwise
from time import time
from typing import ClassVar, Final

from monitor.audit import audit_person
from monitor.memory.facts import Added
from monitor.memory.pieces import FACT, decode, encode
from monitor.metrics import infno_label
from monitor.notices import of_verdict
from monitor.outputs import Verdict
from streams.counting import Counting
from streams.engine.records import CORRELATION, REPLAYS, REPLY_TO, Record, at_header, passed_on
from streams.engine.stage import Context, Stage
from streams.engine.state import Memories
from streams.engine.turn import Turn
from streams.engine.watermarks import Sources
from streams.stage_outputs import as_json, note_failure, say_findings, say_notice
from streams.topics import TableName, Topic

ANSWER_PARTS: Final = ("arriving", "gathering", "writing")
"""From the gateway's record to its stage, to the begin of its transaction, to the commit."""


class PersonsStage(Stage):
    """Reads claims and checks of one partition number."""

    name: ClassVar[str] = "persons"
    # Who waits for an answer comes first.
    reads: ClassVar[tuple[Topic, ...]] = (Topic.CHECKS, Topic.CLAIMS)
    tells: ClassVar[Topic | None] = Topic.FACTS_TRACE

    def __init__(self, context: Context, number: int, memories: Memories) -> None:
        super().__init__(context, number, memories)
        self._sources = Sources(context.settings.partitions, TableName.PERSONS, memories)

    @property
    def watermark(self) -> int:
        """The lowest of all partitions of the feed."""
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
        """The watermark of a partition of the feed."""
        self._sources.hear(source, time, turn)

    def take(self, record: Record, turn: Turn) -> None:
        """One event of one person."""
        context = self.context
        raw = record.value or b""
        event = decode(FACT, raw)
        memory = turn.memory(TableName.PERSONS, event.person)
        memory.came(event, raw)
        counting = Counting(memory, event, self.watermark, context)
        outcome = audit_person(
            memory,
            event,
            watermark=self.watermark,
            knowledge=context.knowledge,
            again=REPLAYS in record.headers,
        )
        counting.judged(outcome, turn)
        if outcome.added is Added.SAME:
            context.metrics.duplicates.labels(self.name).inc()
        elif outcome.added is Added.CONFLICT:
            context.metrics.conflicts.labels(self.name).inc()
        if outcome.misfit:
            context.metrics.ignored.labels("misfit").inc()
        if outcome.verdict is not None:
            self._say(outcome.verdict, record, turn)
        say_findings(outcome.findings, record, context, turn)
        for sale in outcome.sales:
            turn.send(Topic.FACTS_TRACE, sale.code, encode(sale), passed_on(record))
        note_failure(outcome, record, self.name, context, turn)

    def _say(self, verdict: Verdict, record: Record, turn: Turn) -> None:
        headers = [at_header(record.at_ms)]
        headers += [
            (name, record.headers[name]) for name in (REPLY_TO, CORRELATION) if name in record.headers
        ]
        if REPLY_TO in record.headers:
            turn.urgent = True
            turn.afterwards(partial(self._count_parts, turn, record.at_ms / 1000, time()))
        # One writer for each partition of verdicts: whoever reads them need not wait for others.
        turn.send(
            Topic.VERDICTS, verdict.provider, as_json(verdict.to_json()), headers, partition=self.number
        )
        say_notice(of_verdict(verdict), record, turn)
        turn.afterwards(partial(self._count, verdict, record.at_ms))

    def _count_parts(self, turn: Turn, at: float, taken_at: float) -> None:
        """Of an answer, when it can be read."""
        times = (at, taken_at, turn.closed_at, time())
        for part, (begin, end) in zip(ANSWER_PARTS, pairwise(times), strict=True):
            # Clocks of two machines may differ.
            self.context.metrics.answer_parts.labels(part).observe(max(0.0, end - begin))

    def _count(self, verdict: Verdict, at_ms: int) -> None:
        """When it can be read."""
        metrics = self.context.metrics
        decision, infno = str(verdict.decision), infno_label(verdict.infno)
        metrics.verdicts.labels(decision, infno).inc()
        metrics.provider_verdicts.labels(self.context.provider_label(verdict.provider), decision).inc()
        metrics.verdict_latency.labels(infno).observe(max(0.0, time() - at_ms / 1000))
