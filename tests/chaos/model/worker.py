"""A worker: the engine as it is, on a model of the network. It can be killed, put to sleep and woken up."""

import asyncio
from collections.abc import Coroutine, Mapping
from contextvars import Context, copy_context
from random import Random
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError
from faust.types import TP

from streams.engine.batches import Batch
from streams.engine.engine import NUDGE_S, Engine
from streams.engine.shelf import Shelf
from streams.topics import TableName
from tests.chaos.model.group import HEARTBEAT_S, Group
from tests.chaos.model.network import REQUEST_S, WORKER, Network
from tests.chaos.model.stages import LOADERS, STAGES, context

FETCH_RECORDS: Final = 20
FETCH_S: Final = 0.02
FETCH_S_MAX: Final = 0.25
NOT_TOLD: Final = 0.1
"""Of what the group is told; it is silent then."""
LOST: Final = 0.02
"""Of the batches; Faust is a long way."""


class Consumer:
    """What stands for Faust's consumer: positions that a seek sets, and batches that follow it."""

    def __init__(self, worker: "Worker", rng: Random) -> None:
        self._worker = worker
        self._rng = rng
        self._positions: dict[TopicPartition, tuple[int, int]] = {}
        """Where the next fetch begins, and which seek it follows."""
        self._ends: dict[TopicPartition, int] = {}
        """Where the last batch ended: markers and aborted records may lie between the two."""
        self._seeks = 0

    async def go_to(self, offsets: Mapping[TP, int]) -> int:
        """Go on from there; the epoch of the batches that follow."""
        if not all(tp.partition in self._worker.numbers for tp in offsets):
            raise IllegalStateError
        self._seeks += 1
        for tp, at in offsets.items():
            known = TopicPartition(tp.topic, tp.partition)
            self._positions[known], self._ends[known] = (at, self._seeks), at
        return self._seeks

    async def tell(self, offsets: Mapping[TP, int]) -> None:
        """Nobody here asks the group; but it may not answer, or not for long."""
        del offsets
        if self._rng.random() < NOT_TOLD:
            await asyncio.sleep(REQUEST_S)
        await self._worker.network.ask(self._worker, lambda: None)

    async def is_member(self) -> bool:
        """Whether the group knows the worker under the generation of its assignment."""
        worker = self._worker
        while True:
            try:
                return worker.alone or await worker.network.ask(worker, lambda: worker.group.knows(worker))
            except KafkaError:
                await asyncio.sleep(0.2)

    def unread(self, tp: TP) -> int:
        """As the last fetch saw it, more or less."""
        known = TopicPartition(tp.topic, tp.partition)
        return self._worker.network.broker.stable(known) - self._positions.get(known, (0, 0))[0]

    async def run(self) -> None:
        """Fetch for numbers whose units have room."""
        worker, wait_s = self._worker, FETCH_S
        while True:
            await asyncio.sleep(wait_s)
            wanted = {
                tp: position
                for tp, position in self._positions.items()
                if tp.partition in worker.numbers and worker.engine.has_room(tp.partition)
            }
            if not wanted:
                continue
            read = worker.network.broker.read
            try:
                found = await worker.network.ask(
                    worker,
                    lambda: {tp: read(tp, at, FETCH_RECORDS) for tp, (at, _) in wanted.items()},  # noqa: B023 - awaited here
                )
            except KafkaError:
                continue
            came = [self._came(tp, *wanted[tp], *found[tp]) for tp in wanted]
            wait_s = FETCH_S if any(came) else min(wait_s * 2, FETCH_S_MAX)

    def _came(self, tp: TopicPartition, begin: int, epoch: int, records: list[Any], end: int) -> bool:
        if self._positions.get(tp) != (begin, epoch):
            return False  # somebody has sought meanwhile
        self._positions[tp] = end, epoch
        if not records:
            return False
        begin, self._ends[tp] = self._ends[tp], records[-1].offset + 1
        # Only a record that comes behind tells of a loss; markers do not.
        more = bool(self._worker.network.broker.read(tp, end, 1)[0])
        if not more or self._rng.random() >= LOST:
            batch = Batch(tp.topic, tp.partition, records, begin, 0, epoch)
            self._worker.call_later(0.001, self._worker.engine.deliver, batch)
        return True


class Worker:
    """One process."""

    def __init__(self, network: Network, group: Group, rng: Random, *, by_hand: tuple[int, ...] = ()) -> None:
        self.network = network
        self.group = group
        self.alone = bool(by_hand)
        """It takes numbers by hand and asks no group."""
        self.numbers: set[int] = set()
        self.generation = -1
        self.dead = False
        self._at_group = asyncio.Lock()
        """One callback of the group at a time, in order."""
        self._awake = asyncio.Event()
        self._awake.set()
        self._rng = rng
        self._tasks: set[asyncio.Task[Any]] = set()
        self._context: Context = copy_context()
        self._context.run(WORKER.set, self)
        tables: dict[TableName, Any] = dict.fromkeys(LOADERS)
        self.engine = Engine(context(), STAGES, tables, LOADERS)
        consumer: Any = Consumer(self, rng)
        self.engine._consumer = consumer
        self.engine.by_hand = by_hand
        self.engine.failed = asyncio.get_running_loop().create_future()
        self.start(consumer.run())
        self.start(self._nudge())
        self.start(self.engine._tell_group())

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run something in this process."""
        task = asyncio.get_running_loop().create_task(work, context=self._context)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def call_later(self, delay_s: float, call: Any, *args: Any) -> None:
        """The same for a call."""
        asyncio.get_running_loop().call_later(
            delay_s, lambda: None if self.dead else call(*args), context=self._context
        )

    async def awake(self) -> None:
        """Return when the process runs; of a dead one never."""
        await self._awake.wait()

    # What is done to it.

    def kill(self) -> None:
        """As SIGKILL: it sends no more."""
        self.dead = True
        self._awake.clear()
        for task in [*self._tasks, *self.engine._tasks.values()]:
            task.cancel()

    def sleep(self) -> None:
        """As SIGSTOP: it sends and hears nothing."""
        self._awake.clear()

    def wake(self) -> None:
        """As SIGCONT: it goes on where it was, and its next heartbeat tells it whether it still belongs."""
        if not self.dead:
            self._awake.set()
            self.call_later(self._rng.uniform(0, HEARTBEAT_S), self._beat)

    async def leave(self) -> None:
        """As SIGTERM, which a sleeper hears when it wakes up."""
        await self.awake()
        await self.engine.stop()
        self.group.leave(self)

    # What the group asks.

    async def give_back(self) -> None:
        """All numbers are revoked."""
        async with self._at_group:
            await self.awake()
            await self.engine.revoke()
            self.numbers = set()

    async def be_given(self, numbers: set[int], generation: int) -> None:
        """These are ours, unless the group has gone on meanwhile."""
        async with self._at_group:
            await self.awake()
            self.generation = generation
            if self.alone or self.group.knows(self):
                self.numbers = numbers
                self.engine.assign(numbers)

    def _beat(self) -> None:
        if self not in self.group.members and not self.alone:
            self.start(self._rejoin())

    async def _rejoin(self) -> None:
        await self.give_back()
        if self not in self.group.members:
            self.group.join(self)

    async def _nudge(self) -> None:
        while True:
            await asyncio.sleep(NUDGE_S)
            for unit in self.engine.units:
                unit.nudge()


async def read_changelogs(bootstrap: str, behind: Mapping[TopicPartition, Shelf]) -> None:
    """Stands for streams.engine.recovery.read_changelogs."""
    del bootstrap
    worker = WORKER.get()
    read = worker.network.broker.read
    for tp, shelf in behind.items():
        at = shelf.begin
        while at < shelf.end:
            entries, at = await worker.network.ask(worker, lambda: read(tp, at, FETCH_RECORDS))  # noqa: B023 - awaited here
            shelf.fill([(entry.key or b"", entry.value) for entry in entries if entry.offset < shelf.end])
        shelf.commit({}, shelf.end)
