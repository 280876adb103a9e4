"""A worker's units: which partition numbers it owns, what waits for them, what may be committed."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic, time
from typing import Any, Final

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from faust.types import TP

from monitor.settings import MIB
from monitor.watermark import BEGINNING
from streams.engine.batches import Batch, BatchConsumer
from streams.engine.recovery import read_changelogs
from streams.engine.stage import Context, Stage
from streams.engine.state import Memories, PieceTable, Shelf
from streams.engine.unit import LostBatchError, Unit
from streams.topics import RAW_BYTES_MAX, TableName, Topic, changelog_of, name_of

logger = logging.getLogger(__name__)

QUEUE_RECORDS_MAX: Final = 1_000
QUEUE_BYTES_MAX: Final = 4 * MIB
"""Of one partition number: more stays with the broker."""
COMMIT_S: Final = 0.2
NUDGE_S: Final = 0.25
REVOKE_S: Final = 2.0
"""How long a rebalance waits for passes that are being written, and again for the last commit."""
END_S: Final = 4.0
"""The same at the end of a worker."""
STALLED_S: Final = 30.0
"""Work without a commit for so long is no health."""


class Engine:
    """Owns the producer and the units of the partition numbers that Faust assigned to this worker."""

    def __init__(
        self,
        context: Context,
        stages: tuple[type[Stage], ...],
        tables: Mapping[TableName, PieceTable],
        loaders: Mapping[TableName, Any],
    ) -> None:
        self.context = context
        self.furthest = BEGINNING
        self.units: dict[int, Unit] = {}
        self.failed: asyncio.Future[BaseException] | None = None
        """Gets the error that this worker can't go on from; whoever runs it ends it then."""
        self.producer: AIOKafkaProducer
        self._stages = stages
        self._tables = tables
        self._loaders = loaders
        self._consumer: BatchConsumer | None = None
        self._names = {topic: name_of(topic, context.settings) for topic in Topic}
        self._changelogs = {table: changelog_of(table, context.settings) for table in tables}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._background: list[asyncio.Task[None]] = []
        self._released: dict[TP, int] = {}
        self._committed: dict[TP, int] = {}
        self._room = asyncio.Event()
        self._generation = -1
        self._committed_at = monotonic()
        self._recovering = True
        self._committing = asyncio.Lock()

    async def start(self, consumer: BatchConsumer) -> None:
        """Connect the producer; KafkaError when there is no Kafka."""
        self._consumer = consumer
        self.failed = asyncio.get_running_loop().create_future()
        self.producer = await self._new_producer()
        self._background = [asyncio.create_task(self._keep(work)) for work in (self._committer, self._nudger)]

    async def stop(self) -> None:
        """Finish what is being written, commit, let go."""
        await self.close(final=True)
        for task in self._background:
            task.cancel()
        with suppress(KafkaError, TimeoutError):
            await asyncio.wait_for(self.producer.stop(), REVOKE_S)

    # What units ask.

    def topic_name(self, topic: Topic) -> str:
        """The name of a topic on this Kafka."""
        return self._names[topic]

    def changelog_name(self, table: TableName) -> str:
        """The name of a table's changelog."""
        return self._changelogs[table]

    def release(self, number: int, offsets: Mapping[str, int]) -> None:
        """These positions may be committed."""
        self._released.update({TP(topic, number): offset for topic, offset in offsets.items()})

    def made_room(self) -> None:
        """Records were taken from a queue."""
        self._room.set()

    def drained(self, number: int, topic: Topic) -> bool:
        """Whether nothing waits on the broker."""
        tp = TP(self._names[topic], number)
        known = self._consumer is not None and self._consumer.highwater(tp) is not None
        return known and self._lag(tp) == 0

    # What Faust's side asks.

    def deliver(self, batch: Batch) -> None:
        """A batch of records; one of an earlier assignment is dropped, because it will be read again."""
        unit = self.units.get(batch.partition)
        if unit is None or batch.generation != self._generation:
            return
        try:
            unit.deliver(batch)
        except LostBatchError as error:
            self._fail(error)

    def has_room(self, number: int) -> bool:
        """Whether more records may be fetched for a number."""
        unit = self.units.get(number)
        return unit is not None and unit.queued < QUEUE_RECORDS_MAX and unit.queued_bytes < QUEUE_BYTES_MAX

    async def wait_for_room(self, within_s: float) -> None:
        """Return when a unit has taken records, or after a while."""
        self._room.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._room.wait(), within_s)

    async def close(self, *, final: bool = False) -> None:
        """Numbers are revoked: let passes that are being written end, commit what they released, forget the rest."""
        self._recovering = True
        tasks, self._tasks = self._tasks, {}
        units, self.units = self.units, {}
        wait_s = END_S if final else REVOKE_S
        for number, task in tasks.items():
            if not units[number].busy:
                task.cancel()
        broken = await self._end(tasks, units, monotonic() + wait_s)
        if broken:
            logger.warning("passes of partition numbers %s were broken off and will be repeated", broken)
        for number in broken:
            for table in self._tables.values():
                table.shelves.pop(number, None)
        if broken and not final:
            # What it still holds must not be written after the next owner's records.
            await self._replace_producer()
        await self._commit(within_s=wait_s)
        self._released.clear()

    async def recover(self, numbers: set[int]) -> None:
        """Bring the memories of these numbers back to the end of their changelogs; drop all others."""
        begun = monotonic()
        self.context.metrics.recovering.set(len(numbers))
        for table in self._tables.values():
            table.shelves = {number: table.shelves.get(number, Shelf()) for number in numbers}
        known = {
            TopicPartition(table.changelog, number): shelf
            for table in self._tables.values()
            for number, shelf in table.shelves.items()
        }
        read = await read_changelogs(self.context.settings.bootstrap, known)
        for table in self._tables.values():
            for number in numbers:
                table.shelves[number] = read[TopicPartition(table.changelog, number)]
        self.context.metrics.recovery.observe(monotonic() - begun)

    def open(self, positions: Mapping[TP, int], generation: int) -> None:
        """Start the units of an assignment; `positions`: where each source partition goes on."""
        self._generation = generation
        self._released.clear()
        for gauge in (
            self.context.metrics.lag_records,
            self.context.metrics.lag_seconds,
            self.context.metrics.incidents_open,
        ):
            # Of partitions that are others' now.
            gauge.clear()
        self._committed = dict(positions)
        self._committed_at = monotonic()
        for number in sorted({tp.partition for tp in positions}):
            unit = self._unit(number)
            unit.next_offset = {tp.topic: at for tp, at in positions.items() if tp.partition == number}
            self.units[number] = unit
            self._tasks[number] = asyncio.create_task(self._keep(unit.run))
        self._recovering = False
        self.context.metrics.recovering.set(0)
        logger.info("ready: working on partition numbers %s", sorted(self.units))
        self._room.set()

    # Health.

    @property
    def ready(self) -> bool:
        """Whether it works on what it was assigned."""
        return not self._recovering

    @property
    def healthy(self) -> bool:
        """Whether commits go on while there is work."""
        working = any(unit.queued or unit.busy for unit in self.units.values())
        return not working or monotonic() - self._committed_at < STALLED_S

    def observe(self) -> None:
        """Set the gauges."""
        metrics = self.context.metrics
        keys: dict[str, int] = {}
        decoded: dict[str, int] = {}
        for unit in self.units.values():
            for table, known, loaded in unit.memories.sizes():
                keys[table] = keys.get(table, 0) + known
                decoded[table] = decoded.get(table, 0) + loaded
        for table in self._tables:
            metrics.memory_keys.labels(table).set(keys.get(table, 0))
            metrics.memory_loaded.labels(table).set(decoded.get(table, 0))
        for tp in self._committed:
            lag, unit_ = self._lag(tp), self.units.get(tp.partition)
            metrics.lag_records.labels(tp.topic, str(tp.partition)).set(lag)
            age = unit_.age_s(tp.topic, time()) if lag and unit_ is not None else 0.0
            metrics.lag_seconds.labels(tp.topic, str(tp.partition)).set(age)
        for stage in self._stages:
            times = [s.watermark for u in self.units.values() for s in u.stages if s.name == stage.name]
            if times and min(times) > BEGINNING:
                metrics.watermark.labels(stage.name).set(min(times))

    # Inside.

    def _unit(self, number: int) -> Unit:
        shelves = {name: table.shelves[number] for name, table in self._tables.items()}
        memories = Memories(shelves, self._loaders)
        stages = [stage(self.context, number, memories) for stage in self._stages]
        return Unit(self, number, stages, memories, partitions=self.context.settings.partitions)

    def _lag(self, tp: TP) -> int:
        unit = self.units.get(tp.partition)
        if unit is None or self._consumer is None:
            return 0
        end: int | None = self._consumer.highwater(tp)
        return 0 if end is None else max(0, end - self._committed.get(tp, 0))

    async def _keep(self, work: Any) -> None:  # noqa: ANN401 - a coroutine function
        """Run for good; what it raises ends the worker, whose successor starts from what is safe."""
        try:
            await work()
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - handed on
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        logger.error("the engine can't go on: %s", type(error).__name__, exc_info=error)
        if self.failed is not None and not self.failed.done():
            self.failed.set_result(error)

    async def _end(
        self, tasks: Mapping[int, asyncio.Task[None]], units: Mapping[int, Unit], give_up: float
    ) -> list[int]:
        """Wait for passes that are being written; the numbers of those that had to be broken off."""
        while any(unit.busy and not tasks[number].done() for number, unit in units.items()):
            if monotonic() >= give_up:
                break
            await asyncio.sleep(0.005)
            for number, unit in units.items():
                if not unit.busy:
                    tasks[number].cancel()
        broken = [number for number, unit in units.items() if unit.busy]
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        return broken

    async def _committer(self) -> None:
        while True:
            await asyncio.sleep(COMMIT_S)
            await self._commit(within_s=None)

    async def _commit(self, *, within_s: float | None) -> None:
        # One at a time: the consumer's thread may take up two in any order, and the later would be undone.
        try:
            async with asyncio.timeout(within_s), self._committing:
                released, self._released = self._released, {}
                if not released or self._consumer is None:
                    return
                await self._consumer.commit_offsets(released)
        except (CommitFailedError, IllegalStateError, TimeoutError) as error:
            logger.warning("a commit failed: %s", type(error).__name__)
            # Somebody else owns them now, or Kafka is away: what is not committed is read again.
            self.context.metrics.commits.labels("failed").inc()
        else:
            self._committed.update(released)
            self._committed_at = monotonic()
            self.context.metrics.commits.labels("done").inc()
            self.context.metrics.last_commit.set(time())

    async def _nudger(self) -> None:
        while True:
            await asyncio.sleep(NUDGE_S)
            for unit in self.units.values():
                unit.nudge()
            self.observe()

    async def _new_producer(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            bootstrap_servers=self.context.settings.bootstrap,
            acks="all",
            enable_idempotence=True,
            max_request_size=RAW_BYTES_MAX,
            max_batch_size=MIB,
            linger_ms=0,
            retry_backoff_ms=20,
        )
        await producer.start()
        return producer

    async def _replace_producer(self) -> None:
        old, self.producer = self.producer, await self._new_producer()
        await old._sender.close()  # noqa: SLF001 - stop() would first write what it holds
        await old.client.close()
