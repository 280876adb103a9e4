"""The unit of work: everything that is done for one partition number, and the one place that says what is safe when.

A pass takes what is queued, lets the stages say what follows, and then, in this order: outputs written and
acknowledged, changelog written and acknowledged, offsets released for commit. A crash in between repeats; it never
loses: repeats carry the same ids, and a memory that holds a fact already says nothing new. Within a changelog batch the
facts come last, so that a memory never holds a fact whose findings it would not remember having said.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Iterable, Mapping
from time import monotonic, perf_counter
from typing import Any, Final, Protocol

from aiokafka import AIOKafkaProducer

from monitor.interface.outcomes import Reason
from monitor.memory.pieces import FACT, SALE
from streams.engine.batches import Batch
from streams.engine.dead_letters import stack_of
from streams.engine.records import Record, headers_of
from streams.engine.stage import Stage
from streams.engine.state import DECODED_MAX, SEPARATOR, Memories
from streams.engine.turn import Turn
from streams.engine.watermarks import Ticker, tick_headers, tick_of
from streams.topics import TableName, Topic

logger = logging.getLogger(__name__)

PASS_RECORDS_MAX: Final = 50
"""Of one topic in one pass: a check waits for the pass before it."""
_LAST: Final = tuple(f"{SEPARATOR}{kind}|".encode() for kind in (FACT, SALE))


class Owner(Protocol):
    """What a unit asks of the engine."""

    producer: AIOKafkaProducer

    def topic_name(self, topic: Topic) -> str:
        """The name of a topic on this Kafka."""
        ...

    def changelog_name(self, table: TableName) -> str:
        """The name of a table's changelog."""
        ...

    def release(self, number: int, offsets: Mapping[str, int]) -> None:
        """These positions may be committed."""
        ...

    def made_room(self) -> None:
        """Records were taken from a queue."""
        ...

    def drained(self, number: int, topic: Topic) -> bool:
        """Whether nothing waits on the broker."""
        ...

    furthest: int


class LostBatchError(RuntimeError):
    """Records went missing between Kafka and here: only a new start reads them again."""


class Unit:
    """Stages and memories of one partition number, and the records that wait for them."""

    def __init__(
        self, owner: Owner, number: int, stages: Iterable[Stage], memories: Memories, *, partitions: int
    ) -> None:
        self.number = number
        self.memories = memories
        self.stages = tuple(stages)
        self.queued = 0
        self.queued_bytes = 0
        self.busy = False
        """In a pass: broken off now, its memories hold what no changelog does."""
        self._owner = owner
        self._partitions = partitions
        context = self.stages[0].context
        self._context = context
        self._metrics = context.metrics
        self._by_topic = {topic: stage for stage in self.stages for topic in stage.reads}
        self._topics = {owner.topic_name(topic): topic for topic in self._by_topic}
        self._queues: dict[Topic, deque[Any]] = {topic: deque() for topic in self._by_topic}
        self.next_offset: dict[str, int] = {}
        self._tickers = {stage.name: Ticker() for stage in self.stages if stage.tells is not None}
        self._last_ms: dict[str, int] = {}
        self._wake = asyncio.Event()
        self._last_record_at = monotonic()
        self._gather_s = context.settings.commit_ms / 1000
        self._began = 0.0

    def deliver(self, batch: Batch) -> None:
        """Queue a batch; what was taken before is dropped. LostBatchError when one is missing between."""
        at = self.next_offset.get(batch.topic, 0)
        if batch.begin > at:
            raise LostBatchError(f"{batch.topic}/{batch.partition}: {at} expected, {batch.begin} came")
        records = [record for record in batch.records if record.offset >= at]
        if not records:
            return
        self.next_offset[batch.topic] = records[-1].offset + 1
        self._queues[self._topics[batch.topic]].extend(records)
        self.queued += len(records)
        self.queued_bytes += sum(
            record.serialized_value_size for record in records if record.value is not None
        )
        self._wake.set()

    def age_s(self, topic: str, now_s: float) -> float:
        """Age of the oldest record that waits here; where none does, of the last one that was taken."""
        queue = self._queues[self._topics[topic]]
        ms = queue[0].timestamp if queue else self._last_ms.get(topic)
        return 0.0 if ms is None else max(0.0, now_s - ms / 1000)

    def nudge(self) -> None:
        """Time has passed: look whether there is a watermark to tell."""
        if any(self._due(stage, monotonic()) for stage in self.stages) or self._is_idle():
            self._wake.set()

    async def run(self) -> None:
        """Passes, one after the other, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if (rest := self._began + self._gather_s - monotonic()) > 0:
                await asyncio.sleep(rest)
            self._began = monotonic()
            self.busy = True
            turn = Turn(self.number, self._partitions, self.memories)
            for topic in self._queues:
                self._take_some(topic, turn)
                await asyncio.sleep(0)
            self._tell(turn)
            if self.queued:
                self._wake.set()
            if not turn.empty:
                await self._settle(turn)
            self.busy = False

    def _take_some(self, topic: Topic, turn: Turn) -> None:
        queue, stage = self._queues[topic], self._by_topic[topic]
        if not queue:
            return
        turn.stage = stage.name
        count = min(len(queue), PASS_RECORDS_MAX)
        begun = perf_counter()
        for raw in [queue.popleft() for _ in range(count)]:
            self.queued -= 1
            self.queued_bytes -= raw.serialized_value_size if raw.value is not None else 0
            record = Record(
                raw.topic,
                raw.partition,
                raw.offset,
                raw.timestamp,
                raw.key,
                raw.value,
                headers_of(raw.headers),
            )
            self._take(record, stage, turn)
        # Spread evenly: one clock reading a record would be dearer than some of the records.
        each = (perf_counter() - begun) / count
        observe = self._metrics.stage_latency.labels(stage.name).observe
        for _ in range(count):
            observe(each)
        self._metrics.records_in.labels(stage.name).inc(count)
        turn.offsets[raw.topic] = raw.offset + 1
        self._last_ms[raw.topic] = raw.timestamp
        self._last_record_at = monotonic()
        self._owner.made_room()

    def _take(self, record: Record, stage: Stage, turn: Turn) -> None:
        try:
            heard = tick_of(record)
            if heard is None:
                stage.take(record, turn)
            else:
                stage.hear(*heard, turn)
            touched = turn.keep()
        except Exception as error:  # noqa: BLE001 - whatever a record does, the stream goes on
            turn.undo()
            self._metrics.stage_failures.labels(stage.name).inc()
            self._context.put_aside(
                record, stage=stage.name, reason=str(Reason.RULE_FAILED), detail=stack_of(error), turn=turn
            )
            turn.keep()
            return
        for table, memory in touched:
            stage.count(table, memory)

    def _due(self, stage: Stage, now: float) -> bool:
        ticker = self._tickers.get(stage.name)
        return ticker is not None and ticker.due(stage.watermark, now)

    def _is_idle(self) -> bool:
        return (
            not self.queued
            and monotonic() - self._last_record_at >= self._context.settings.idle_s
            and self._owner.furthest > self.stages[0].watermark
            and self._owner.drained(self.number, self.stages[0].reads[0])
        )

    def _tell(self, turn: Turn) -> None:
        if self._is_idle():
            self.stages[0].idle(self._owner.furthest, turn)
            turn.keep()
        now = monotonic()
        for stage in self.stages:
            self._owner.furthest = max(self._owner.furthest, stage.watermark, stage.furthest)
            if stage.tells is not None and self._due(stage, now):
                turn.stage = stage.name
                turn.to_all(stage.tells, tick_headers(self.number, stage.watermark))
                self._tickers[stage.name].told(stage.watermark, now)
        turn.keep()

    async def _settle(self, turn: Turn) -> None:
        """At least once: acknowledged outputs, acknowledged changelog, then the offsets."""
        await self._write_outputs(turn)
        await self._write_changelogs(turn)
        self._owner.release(self.number, turn.offsets)
        self.memories.trim(max(64, DECODED_MAX // self._partitions))

    async def _write_outputs(self, turn: Turn) -> None:
        name, producer = self._owner.topic_name, self._owner.producer
        written = [
            await producer.send(
                name(output.topic),
                output.value,
                key=output.key,
                partition=output.partition,
                headers=output.headers,
            )
            for output in turn.outputs
        ]
        for (stage, topic), count in turn.sent.items():
            self._metrics.records_out.labels(stage, str(topic)).inc(count)
        await _all(written)

    async def _write_changelogs(self, turn: Turn) -> None:
        producer = self._owner.producer
        batches: list[tuple[TableName, int, asyncio.Future[Any]]] = []
        for table, rows in turn.changed.items():
            name = self._owner.changelog_name(table)
            batch = producer.create_batch()
            for key, value in sorted(rows.items(), key=_facts_last):
                if batch.append(key=key, value=value, timestamp=None) is None:
                    sent = await producer.send_batch(batch, name, partition=self.number)
                    batches.append((table, batch.record_count(), sent))
                    batch = producer.create_batch()
                    batch.append(key=key, value=value, timestamp=None)
            sent = await producer.send_batch(batch, name, partition=self.number)
            batches.append((table, batch.record_count(), sent))
        for table, count, sent in batches:
            self.memories.shelves[table].end = (await sent).offset + count


def _facts_last(row: tuple[bytes, bytes | None]) -> bool:
    return any(kind in row[0] for kind in _LAST)


async def _all(futures: list[asyncio.Future[Any]]) -> None:
    """Every one acknowledged; the first failure is raised when all have ended."""
    if futures:
        await asyncio.wait(futures)
        for future in futures:
            future.result()
