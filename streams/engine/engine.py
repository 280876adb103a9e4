"""A worker's share of the work: which partition numbers it holds, and what stands between them and Faust's consumer."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from time import monotonic, time
from typing import Any, Final

from aiokafka import TopicPartition
from faust.types import TP

from monitor.settings import MIB
from monitor.watermark import BEGINNING
from streams.engine.batches import Batch, BatchConsumer
from streams.engine.disk_shelf import DiskShelf
from streams.engine.group_offsets import TELL_S, GroupOffsets
from streams.engine.number_ledger import NumberLedger
from streams.engine.recovery import read_changelogs
from streams.engine.shelf import MemoryShelf, Shelf
from streams.engine.stage import Context, Stage
from streams.engine.state import Memories, PieceTable
from streams.engine.tenure import Tenure
from streams.engine.unit import Unit
from streams.topics import Admin, TableName, Topic, changelog_of, group_of, name_of

logger = logging.getLogger(__name__)

QUEUE_RECORDS_MAX: Final = 2_000
QUEUE_BYTES_MAX: Final = 4 * MIB
"""Of one partition number: more stays with the broker."""
RECOVERIES_MAX: Final = 4
"""Numbers whose memories come back at the same time: more would all be late instead of some early."""
NUDGE_S: Final = 0.25
REVOKE_S: Final = 1.0
"""How long a rebalance waits for transactions that are being written: the group waits for this worker meanwhile."""
END_S: Final = 4.0
"""The same at the end of a worker."""
STALLED_S: Final = 30.0
"""Work without a commit for so long is no health."""


class TakenError(RuntimeError):
    """Two workers were given the same number by hand."""


class Engine:
    """Holds the partition numbers that Faust assigned to this worker."""

    def __init__(
        self,
        context: Context,
        stages: tuple[type[Stage], ...],
        tables: Mapping[TableName, PieceTable],
        loaders: Mapping[TableName, Any],
    ) -> None:
        self.context = context
        self.furthest = BEGINNING
        self.asked_at = -math.inf
        self.tables = tables
        self.stages = stages
        self.reads = [topic for stage in stages for topic in stage.reads]
        self.by_hand = context.settings.own_numbers
        self.tenures: dict[int, Tenure] = {}
        self.failed: asyncio.Future[BaseException] | None = None
        """Gets the error that this worker can't go on from; whoever runs it ends it then."""
        self.dead_letters = name_of(Topic.DEAD_LETTERS, context.settings)
        self._loaders = loaders
        self._consumer: BatchConsumer | None = None
        self._names = {topic: name_of(topic, context.settings) for topic in Topic}
        self._changelogs = {table: changelog_of(table, context.settings) for table in tables}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._kept: dict[int, Unit] = {}
        self._background: list[asyncio.Task[None]] = []
        self._group_offsets = GroupOffsets()
        self._room = asyncio.Event()
        self._recoveries = asyncio.Semaphore(RECOVERIES_MAX)
        self._committed_at = monotonic()
        self._assigned = False

    async def start(self, consumer: BatchConsumer) -> None:
        """Begin to look after what will be assigned."""
        self._consumer = consumer
        self.failed = asyncio.get_running_loop().create_future()
        self._background = [asyncio.create_task(self.keep(work)) for work in (self._nudge, self._tell_group)]

    async def stop(self) -> None:
        """Finish what is being written, let go."""
        try:
            await self.revoke(within_s=END_S)
        finally:
            self._let_go()
        for task in self._background:
            task.cancel()

    # What Faust's side asks.

    def assign(self, numbers: set[int]) -> None:
        """These numbers are ours; returns at once. What stays with us and was written to its end is not read again."""
        for number in sorted(numbers):
            tenure = self.tenures[number] = Tenure(self, number, self._kept.pop(number, None))
            self._tasks[number] = asyncio.create_task(self.keep(tenure.run))
        self._let_go()
        self._committed_at = monotonic()
        self._assigned = True
        metrics = self.context.metrics
        for gauge in (metrics.lag_records, metrics.lag_seconds):
            # Of partitions that are others' now.
            gauge.clear()
        metrics.recovering.set(len(numbers))

    async def revoke(self, *, within_s: float = REVOKE_S) -> None:
        """The numbers go: transactions that are being written end, what is clean is kept in case it comes back."""
        self._assigned = False
        tasks, self._tasks = self._tasks, {}
        tenures, self.tenures = self.tenures, {}
        for number, tenure in tenures.items():
            tenure.stop()
            if tenure.unit is None:
                tasks[number].cancel()
        if tasks:
            await asyncio.wait(tasks.values(), timeout=within_s)
        broken = sorted(number for number, task in tasks.items() if not task.done())
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        if broken:
            logger.warning(
                "transactions of partition numbers %s were broken off and will be repeated", broken
            )
        self._kept = {number: tenure.kept for number, tenure in tenures.items() if tenure.kept is not None}
        await self._group_offsets.tell(self._consumer, self._kept.values())
        self._group_offsets.forget()

    def deliver(self, batch: Batch) -> None:
        """A batch of records; one that nobody waits for is dropped, because it will be read again."""
        tenure = self.tenures.get(batch.partition)
        if tenure is not None and tenure.unit is not None:
            tenure.unit.deliver(batch)

    def has_room(self, number: int) -> bool:
        """Whether more records may be fetched for a number."""
        tenure = self.tenures.get(number)
        unit = tenure.unit if tenure is not None else None
        return (
            unit is not None and unit.inbox.records < QUEUE_RECORDS_MAX and unit.inbox.bytes < QUEUE_BYTES_MAX
        )

    async def wait_for_room(self, within_s: float) -> None:
        """Return when a unit has taken records or has begun, or after a while."""
        self._room.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._room.wait(), within_s)

    # What units ask.

    def topic_name(self, topic: Topic) -> str:
        """The name of a topic on this Kafka."""
        return self._names[topic]

    def changelog_name(self, table: TableName) -> str:
        """The name of a table's changelog."""
        return self._changelogs[table]

    def made_room(self) -> None:
        """Records were taken from a queue."""
        self._room.set()

    def drained(self, number: int, topic: Topic) -> bool:
        """Whether nothing waits on the broker."""
        return self.lag(TP(self._names[topic], number)) == 0

    def wrote(self, seconds: float) -> None:
        """A transaction was committed."""
        self._committed_at = monotonic()
        metrics = self.context.metrics
        metrics.commits.labels("done").inc()
        metrics.commit_latency.observe(seconds)
        metrics.last_commit.set(time())

    # What tenures ask.

    def new_ledger(self, number: int) -> NumberLedger:
        """A ledger of the number, not open."""
        return NumberLedger(number, self.context.settings, reads=self.reads, tables=self.tables)

    async def new_unit(self, number: int, ends: Mapping[TableName, int], letter_bytes_max: int) -> Unit:
        """A unit whose memories are read from their changelogs, up to these ends."""
        settings = self.context.settings
        async with self._recoveries:
            begun = monotonic()
            shelves = await self._shelves(number, ends)
            memories = Memories(shelves, self._loaders)
            behind = {
                TopicPartition(self._changelogs[table], number): shelf
                for table, shelf in shelves.items()
                if shelf.begin < shelf.end
            }
            try:
                await read_changelogs(settings.bootstrap, behind)
            except BaseException:
                memories.close()
                raise
            self.context.metrics.recovery.observe(monotonic() - begun)
        stages = [stage(self.context, number, memories) for stage in self.stages]
        return Unit(
            self,
            number,
            stages,
            memories,
            partitions=settings.partitions,
            letter_bytes_max=letter_bytes_max,
        )

    async def read_from(self, number: int, positions: Mapping[str, int]) -> int:
        """Have the sources delivered from there on; the epoch that their batches will carry."""
        assert self._consumer is not None  # noqa: S101 - there is no assignment before the start
        return await self._consumer.go_to({TP(topic, number): at for topic, at in positions.items()})

    async def owns(self, number: int, outcome: str) -> bool:
        """Whether the group still knows this worker under the generation of its assignment.

        Of numbers that were taken by hand nobody can say that; there whoever comes last has them: TakenError.
        """
        if self.by_hand and outcome == "fenced":
            raise TakenError(f"partition number {number} was taken by another worker")
        if self.by_hand or self._consumer is None:
            return True
        return number in self.tenures and await self._consumer.is_member()

    def changed(self, number: int, outcome: str) -> None:
        """A unit began or ended."""
        metrics = self.context.metrics
        metrics.units.labels(outcome).inc()
        working = [n for n, tenure in self.tenures.items() if tenure.unit is not None]
        metrics.recovering.set(len(self.tenures) - len(working))
        if outcome == "begun":
            self._room.set()
            logger.info("working on partition number %d, %d of %d", number, len(working), len(self.tenures))

    # Health.

    @property
    def units(self) -> list[Unit]:
        """Those that work now."""
        return [tenure.unit for tenure in self.tenures.values() if tenure.unit is not None]

    @property
    def ready(self) -> bool:
        """Whether it works on all that it was assigned."""
        return self._assigned and len(self.units) == len(self.tenures)

    @property
    def healthy(self) -> bool:
        """Whether commits go on while there is work."""
        return monotonic() - self._committed_at < STALLED_S or not any(unit.busy for unit in self.units)

    def lag(self, tp: TP) -> int:
        """Offsets of a source that were not read yet, or not committed; marks of transactions pass by reading on."""
        tenure = self.tenures.get(tp.partition)
        unit = tenure.unit if tenure is not None else None
        if unit is None or self._consumer is None:
            return 0
        return self._consumer.unread(tp) + unit.unwritten(tp.topic)

    # Inside.

    def _let_go(self) -> None:
        """What was kept in case it comes back, and did not."""
        for unit in self._kept.values():
            unit.memories.close()
        self._kept = {}

    async def _shelves(self, number: int, ends: Mapping[TableName, int]) -> dict[TableName, Shelf]:
        settings = self.context.settings
        if settings.store == "memory":
            return {table: MemoryShelf(end) for table, end in ends.items()}
        async with Admin(settings.bootstrap) as admin:
            # Offsets say nothing about the logs of another Kafka.
            cluster = str((await admin.describe_cluster())["cluster_id"])
        folder = settings.data_dir / cluster / group_of(settings)
        return {table: DiskShelf(folder / str(table) / str(number), end) for table, end in ends.items()}

    async def keep(self, work: Callable[[], Awaitable[None]]) -> None:
        """What it raises is no fault of Kafka's: it ends the worker, whose successor starts from what is committed."""
        try:
            await work()
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            logger.exception("the engine can't go on: %s", type(error).__name__)
            if self.failed is not None and not self.failed.done():
                self.failed.set_result(error)

    async def _tell_group(self) -> None:
        while True:
            await asyncio.sleep(TELL_S)
            await self._group_offsets.tell(self._consumer, self.units)

    async def _nudge(self) -> None:
        from streams.engine.gauges import show  # noqa: PLC0415 - it looks at engines

        while True:
            await asyncio.sleep(NUDGE_S)
            for unit in self.units:
                unit.nudge()
            show(self)
