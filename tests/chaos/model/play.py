"""One play: a schedule of faults from a seed, a feed, and what must hold when it is over."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any, Final
from unittest.mock import patch

from streams.topics import Topic, name_of, partition_of, transactional_id_of
from tests.chaos.model.broker import AGAIN, Broker
from tests.chaos.model.differences import Fed, differences, partition_at, positions
from tests.chaos.model.group import SESSION_S, Group
from tests.chaos.model.loop import StuckError, VirtualLoop
from tests.chaos.model.network import Client, Network
from tests.chaos.model.stages import BAD, GOOD, ODD, PARTITIONS, WORST, context
from tests.chaos.model.worker import Worker, read_changelogs

RECORDS: Final = 36
PERSONS: Final = 7
PROVIDERS: Final = 5
FEED_S: Final = 8.0
FAULTS_MAX: Final = 6
WORKERS: Final = 2
SETTLE_S: Final = 120.0
STOP_S: Final = 10.0
"""A worker that has not stopped by then is killed."""
LETTER_BYTES: Final = 4
"""Smaller than any dead letter here."""


@contextmanager
def engine_on_the_model() -> Iterator[None]:
    """The two places where the engine touches Kafka lead to the model."""
    with (
        patch("streams.engine.ledger.AIOKafkaClient", Client),
        patch("streams.engine.engine.read_changelogs", read_changelogs),
    ):
        yield


def play(seed: int, *, fences: bool = True, aborts: bool = True) -> list[str]:
    """What is wrong after the schedule of this seed; empty when all is well. Inside engine_on_the_model()."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(_Play(seed).run(fences=fences, aborts=aborts))
    except StuckError:
        return ["nothing is due, and the work is not done"]
    finally:
        loop.close()


class _Play:
    def __init__(self, seed: int) -> None:
        self._rng = Random(f"play {seed}")
        self._told: list[str] = []
        """The faults, for people."""

    async def run(self, *, fences: bool, aborts: bool) -> list[str]:
        self._loop = asyncio.get_running_loop()
        self.broker = Broker(self._rng, fences=fences, aborts=aborts)
        self.network = Network(self.broker, self._rng)
        self.group = Group(PARTITIONS, self._rng)
        self.workers: list[Worker] = []
        self._fed: list[Fed] = []
        self._background = [asyncio.create_task(self.group.run()), asyncio.create_task(self._expire())]
        for _ in range(WORKERS):
            self._join()
        faults = [
            asyncio.create_task(self._at(self._rng.uniform(0, FEED_S), self._rng.choice(_FAULTS)))
            for _ in range(self._rng.randint(1, FAULTS_MAX))
        ]
        try:
            await self._feed()
            await asyncio.gather(*faults)
            if not any(not worker.dead and not worker.alone for worker in self.workers):
                self._join()
            if not await self._settled():
                return [*self._told, f"not done after {SETTLE_S:.0f} s: {self._left()}"]
            wrong = differences(self.broker, self._fed)
            return [*self._told, *wrong] if wrong else []
        finally:
            for worker in self.workers:
                worker.kill()
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # The world.

    def _join(self) -> Worker:
        worker = Worker(self.network, self.group, self._rng)
        self.workers.append(worker)
        self.group.join(worker)
        return worker

    async def _expire(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            if not self.network.dead:
                self.broker.expire()

    async def _feed(self) -> None:
        for number in range(RECORDS):
            await asyncio.sleep(self._rng.uniform(0, 2 * FEED_S / RECORDS))
            person = f"p{self._rng.randrange(PERSONS)}"
            provider = f"h{self._rng.randrange(PROVIDERS)}"
            what = self._rng.choices((GOOD, BAD, ODD, WORST, ""), (20, 1, 1, 1, 1))[0]
            value = f"{number}|{person}|{what}" if what else f"no event {number}"
            partition = partition_of(provider, PARTITIONS)
            self.broker.write(
                partition_at(Topic.CLAIMS_RAW, partition), (provider.encode(), value.encode(), ())
            )
            self._fed.append(Fed(value, provider, person))

    # Faults.

    async def _at(self, when: float, fault: "Callable[[_Play], Coroutine[Any, Any, None]]") -> None:
        await asyncio.sleep(when)
        self._told.append(f"{self._loop.time():.2f} {fault.__name__.strip('_')}")
        await fault(self)

    def _one(self) -> Worker | None:
        alive = [worker for worker in self.workers if not worker.dead and not worker.alone]
        return self._rng.choice(alive) if alive else None

    async def _kill(self) -> None:
        """kill -9; another one comes after a while, mostly before the session has ended."""
        if (worker := self._one()) is None:
            return
        worker.kill()
        self._loop.call_later(SESSION_S, self.group.leave, worker)
        await asyncio.sleep(self._rng.uniform(0.2, 8.0))
        self._join()

    async def _sleep(self) -> None:
        """SIGSTOP, for longer than a session or not, and SIGCONT."""
        if (worker := self._one()) is None:
            return
        asleep_s = self._rng.uniform(0.5, 12.0)
        worker.sleep()
        if asleep_s > SESSION_S:
            self._loop.call_later(SESSION_S, self.group.leave, worker)
        await asyncio.sleep(asleep_s)
        worker.wake()

    async def _come_and_go(self) -> None:
        worker = self._join()
        await asyncio.sleep(self._rng.uniform(0.5, 5.0))
        if not worker.dead:
            await asyncio.wait([worker.start(worker.leave())], timeout=STOP_S)
            worker.kill()
            self.group.leave(worker)

    async def _broker_dies(self) -> None:
        self.network.dead = True
        await asyncio.sleep(self._rng.uniform(0.3, 6.0))
        self.network.dead = False

    async def _broker_is_mute(self) -> None:
        self.network.mute_until = self._loop.time() + self._rng.uniform(0.5, 9.0)

    async def _lossy(self) -> None:
        self.network.loss = self._rng.uniform(0.02, 0.5)
        await asyncio.sleep(self._rng.uniform(0.5, 6.0))
        self.network.loss = 0.0

    async def _usurper(self) -> None:
        """Somebody takes a number's id, says something in its name, and is never heard of again."""
        number = self._rng.randrange(PARTITIONS)
        settings = context().settings
        name, verdicts = (
            transactional_id_of(number, settings),
            partition_at(Topic.VERDICTS, number),
        )
        while (answer := self.broker.init(name, 5.0))[0] == AGAIN:  # noqa: ASYNC110 - as a client does
            await asyncio.sleep(0.01)
        self.broker.add_partitions(name, answer[2], [verdicts])
        self.broker.append(name, answer[2], verdicts, 0, [(b"nobody", b"0|nobody|0", ())])

    async def _twin(self) -> None:
        """A worker that takes a number by hand, while its owner works."""
        number = self._rng.randrange(PARTITIONS)
        worker = Worker(self.network, self.group, self._rng, by_hand=(number,))
        self.workers.append(worker)
        worker.start(worker.be_given({number}, 0))
        await asyncio.sleep(self._rng.uniform(0.5, 6.0))
        worker.kill()

    async def _letters_are_refused(self) -> None:
        topic = name_of(Topic.DEAD_LETTERS, context().settings)
        self.broker.bytes_max[topic] = LETTER_BYTES
        await asyncio.sleep(self._rng.uniform(0.5, 6.0))
        self.broker.bytes_max.pop(topic, None)

    # The end.

    async def _settled(self) -> bool:
        give_up = self._loop.time() + SETTLE_S
        while self._left():
            if self._loop.time() > give_up:
                return False
            await asyncio.sleep(0.25)
        return True

    def _left(self) -> str:
        if not self.broker.quiet:
            return "an open transaction"
        for number in range(PARTITIONS):
            done = positions(self.broker, number)
            for topic in (Topic.CLAIMS_RAW, Topic.CLAIMS, Topic.FINDINGS):
                tp = partition_at(topic, number)
                if self.broker.read(tp, done.get(tp.topic, 0), 1)[0]:
                    return f"{tp} from {done.get(tp.topic, 0)} on"
        return ""


_FAULTS: Final[tuple[Callable[[_Play], Coroutine[Any, Any, None]], ...]] = (
    _Play._kill,
    _Play._sleep,
    _Play._sleep,
    _Play._come_and_go,
    _Play._broker_dies,
    _Play._broker_is_mute,
    _Play._lossy,
    _Play._usurper,
    _Play._twin,
    _Play._letters_are_refused,
)
