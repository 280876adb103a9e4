"""The unit of work: everything that is done for one partition number, and the one place that says what is safe when.

It works through what is queued, stage by stage, into an open turn. Whenever the last transaction has ended and it is time,
the turn is closed and written: outputs, changed memories, where the sources go on, visible together or not at all. Meanwhile
the next one is filled. One transaction at a time, in order; whatever Kafka says against one of them ends the unit, and a new
one starts from what is committed (tenure.py). A record that makes a stage raise is undone alone and becomes a dead letter.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from time import perf_counter
from typing import Any, Final, Protocol

from aiokafka import TopicPartition

from monitor.interface.outcomes import Reason
from streams.engine.batches import Batch
from streams.engine.dead_letters import stack_of
from streams.engine.positions import keep_positions
from streams.engine.records import Record, Row, headers_of
from streams.engine.stage import Stage
from streams.engine.state import DECODED_MAX, Memories
from streams.engine.turn import Turn
from streams.engine.watermarks import Ticker, tick_headers, tick_of
from streams.topics import TableName, Topic

PASS_RECORDS_MAX: Final = 50
"""Of one topic at a time: then others on the same loop have their turn, and a check waits for no more than that."""
DECODED_MIN: Final = 64
QUIET_S: Final = 0.25
"""How long a turn of watermarks alone is gathered: a transaction costs a broker milliseconds, and nobody waits for it."""


class Writer(Protocol):
    """Where turns go: streams.engine.ledger.Ledger, or what stands for it in a model."""

    async def write(self, rows: Mapping[TopicPartition, list[Row]]) -> Mapping[TopicPartition, int]:
        """All of it or nothing; where the rows of each partition end."""
        ...


class Owner(Protocol):
    """What a unit asks of the engine."""

    furthest: int
    """The highest watermark that any unit here has heard of."""

    def topic_name(self, topic: Topic) -> str:
        """The name of a topic on this Kafka."""
        ...

    def changelog_name(self, table: TableName) -> str:
        """The name of a table's changelog."""
        ...

    def made_room(self) -> None:
        """Records were taken from a queue."""
        ...

    def drained(self, number: int, topic: Topic) -> bool:
        """Whether nothing waits on the broker."""
        ...

    def wrote(self, seconds: float) -> None:
        """A transaction was committed."""
        ...


class LostBatchError(RuntimeError):
    """Records went missing between Kafka and here: they have to be read again."""


class Unit:
    """Stages and memories of one partition number, and the records that wait for them."""

    def __init__(
        self,
        owner: Owner,
        number: int,
        stages: Iterable[Stage],
        memories: Memories,
        *,
        partitions: int,
        letter_bytes_max: int,
    ) -> None:
        self.number = number
        self.memories = memories
        self.stages = tuple(stages)
        self.queued = 0
        self.queued_bytes = 0
        self.committed: dict[str, int] = {}
        """Where each source goes on, by our last commit."""
        self.epoch = -1
        self._owner = owner
        self._partitions = partitions
        self._letter_bytes_max = letter_bytes_max
        self._context = self.stages[0].context
        self._metrics = self._context.metrics
        self._by_topic = {topic: stage for stage in self.stages for topic in stage.reads}
        self._topics = {owner.topic_name(topic): topic for topic in self._by_topic}
        self._queues: dict[Topic, deque[Any]] = {topic: deque() for topic in self._by_topic}
        self._next: dict[str, int] = {}
        self._tickers = {stage.name: Ticker() for stage in self.stages if stage.tells is not None}
        self._last_ms: dict[str, int] = {}
        self._gather_s = self._context.settings.commit_ms / 1000
        self._wake = asyncio.Event()
        self._now: Callable[[], float] = asyncio.get_running_loop().time
        self._began = self._last_record_at = self._now()
        self._timer: asyncio.TimerHandle | None = None
        self._stopping = False
        self._lost: LostBatchError | None = None
        self._writing: asyncio.Task[None] | None = None
        self._turn = self._new_turn()

    # What the engine asks.

    def open(self, positions: Mapping[str, int], epoch: int) -> None:
        """Begin to take batches of this epoch, from these positions on."""
        self.committed = dict(positions)
        self._next = dict(positions)
        self.epoch = epoch
        for queue in self._queues.values():
            queue.clear()
        self.queued = self.queued_bytes = 0
        self._stopping, self._lost = False, None

    def deliver(self, batch: Batch) -> None:
        """Queue a batch; one of an earlier epoch is dropped, because it will be read again."""
        if batch.epoch != self.epoch:
            return
        if batch.begin != self._next[batch.topic]:
            self._lost = LostBatchError(
                f"{batch.topic}/{batch.partition}: {self._next[batch.topic]} expected, {batch.begin} came"
            )
            self._wake.set()
            return
        self._next[batch.topic] = batch.records[-1].offset + 1
        self._queues[self._topics[batch.topic]].extend(batch.records)
        self.queued += len(batch.records)
        self.queued_bytes += batch.size
        self._wake.set()

    def stop(self) -> None:
        """Take no more records; `run` returns when what was begun is written."""
        self._stopping = True
        self._wake.set()

    @property
    def ends(self) -> dict[TableName, int]:
        """Where our changelogs end, by our last commit."""
        return {table: shelf.end for table, shelf in self.memories.shelves.items()}

    @property
    def clean(self) -> bool:
        """Whether the memories are exactly what is committed."""
        return self._turn.empty and self._writing is None

    @property
    def busy(self) -> bool:
        """Whether there is work that was not committed."""
        return bool(self.queued) or not self.clean

    def age_s(self, topic: str, now_s: float) -> float:
        """Age of the oldest record that waits here; where none does, of the last one that was taken."""
        queue = self._queues[self._topics[topic]]
        ms = queue[0].timestamp if queue else self._last_ms.get(topic)
        return 0.0 if ms is None else max(0.0, now_s - ms / 1000)

    def unwritten(self, topic: str) -> int:
        """Offsets of a source that were fetched and not committed yet."""
        return self._next[topic] - self.committed[topic]

    def nudge(self) -> None:
        """Time has passed: look whether there is a watermark to tell."""
        now = self._now()
        if self._is_idle() or any(self._must_tell(stage, now) or stage.has_news for stage in self.stages):
            self._wake.set()

    async def run(self, writer: Writer) -> None:
        """Work and write until stopped; raises what the writer raises, or LostBatchError."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                if self._lost is not None:
                    raise self._lost
                if self._writing is not None and self._writing.done():
                    done, self._writing = self._writing, None
                    done.result()
                if not self._stopping:
                    await self._work()
                if self._writing is None and self._is_due():
                    self._write(writer)
                if self._stopping and self.clean:
                    return
        finally:
            if self._timer is not None:
                self._timer.cancel()
            if self._writing is not None:
                # `clean` stays false: nobody knows what became of it.
                self._writing.cancel()
                await asyncio.gather(self._writing, return_exceptions=True)

    # Working.

    def _new_turn(self) -> Turn:
        return Turn(self.number, self._partitions, self.memories, letter_bytes_max=self._letter_bytes_max)

    async def _work(self) -> None:
        turn = self._turn
        for topic, queue in self._queues.items():
            if queue and not turn.full:
                self._take_some(topic, queue, turn)
                await asyncio.sleep(0)
        self._tell(turn)
        if self.queued and not turn.full:
            self._wake.set()

    def _take_some(self, topic: Topic, queue: deque[Any], turn: Turn) -> None:
        stage = self._by_topic[topic]
        turn.stage = stage.name
        count = min(len(queue), PASS_RECORDS_MAX)
        name = self._owner.topic_name(topic)
        begun = perf_counter()
        raws = [queue.popleft() for _ in range(count)]
        for raw in raws:
            value = raw.value
            self.queued_bytes -= 0 if value is None else len(value)
            record = Record(
                name, self.number, raw.offset, raw.timestamp, raw.key, value, headers_of(raw.headers)
            )
            self._take(record, stage, turn)
        last = raws[-1]
        self.queued -= count
        # One clock reading a record would be dearer than some of the records.
        self._metrics.stage_latency.labels(stage.name).observe((perf_counter() - begun) / count)
        self._metrics.records_in.labels(stage.name).inc(count)
        turn.took(name, last.offset + 1, count)
        self._last_ms[name] = last.timestamp
        self._last_record_at = self._now()
        self._owner.made_room()

    def _take(self, record: Record, stage: Stage, turn: Turn) -> None:
        try:
            heard = tick_of(record) if record.headers else None
            if heard is None:
                turn.quiet = False
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

    # Telling the time.

    def _must_tell(self, stage: Stage, now: float) -> bool:
        ticker = self._tickers.get(stage.name)
        return ticker is not None and ticker.due(stage.watermark, now)

    def _is_idle(self) -> bool:
        return (
            not self.queued
            and self._now() - self._last_record_at >= self._context.settings.idle_s
            and self._owner.furthest > self.stages[0].watermark
            and self._owner.drained(self.number, self.stages[0].reads[0])
        )

    def _tell(self, turn: Turn) -> None:
        if self._is_idle():
            self.stages[0].idle(self._owner.furthest, turn)
            turn.keep()
        now = self._now()
        for stage in self.stages:
            self._owner.furthest = max(self._owner.furthest, stage.watermark, stage.furthest)
            if stage.has_news:
                stage.note(turn)
                turn.keep()
            if stage.tells is not None and self._must_tell(stage, now):
                turn.stage = stage.name
                turn.to_all(stage.tells, tick_headers(self.number, stage.watermark))
                self._tickers[stage.name].told(stage.watermark, now)
                turn.keep()

    # Writing.

    def _is_due(self) -> bool:
        """Group commit: by time, unless somebody waits for an answer, or the turn is full."""
        turn = self._turn
        if turn.empty:
            return False
        gather_s = max(QUIET_S, self._gather_s) if turn.quiet else self._gather_s
        rest = self._began + gather_s - self._now()
        if rest <= 0 or turn.urgent or turn.full or self._stopping:
            return True
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(rest, self._wake.set)
        return False

    def _write(self, writer: Writer) -> None:
        turn, self._turn = self._turn, self._new_turn()
        self._began = self._now()
        if turn.offsets:
            keep_positions(self.committed | turn.offsets, turn)
        rows = turn.rows(self._owner.topic_name, self._owner.changelog_name)
        self.memories.trim(max(DECODED_MIN, DECODED_MAX // self._partitions))
        self._writing = asyncio.create_task(self._settle(writer, turn, rows))
        self._writing.add_done_callback(lambda _: self._wake.set())

    async def _settle(self, writer: Writer, turn: Turn, rows: Mapping[TopicPartition, list[Row]]) -> None:
        ends = await writer.write(rows)
        for table, shelf in self.memories.shelves.items():
            end = ends.get(TopicPartition(self._owner.changelog_name(table), self.number))
            if end is not None:
                # And the marker of the commit behind them.
                shelf.commit(turn.changed[table], end + 1)
        self.committed |= turn.offsets
        turn.committed()
        for (stage, topic), count in turn.sent.items():
            self._metrics.records_out.labels(stage, str(topic)).inc(count)
        self._owner.wrote(self._now() - self._began)
