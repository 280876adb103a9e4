"""One play: a schedule of faults from a seed, a feed, and what must hold when it is over."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any, Final
from unittest.mock import patch

from aiokafka import TopicPartition

from streams.engine.state import parse_row_key
from streams.topics import TableName, Topic, changelog_of, name_of, partition_of
from tests.chaos.model.broker import AGAIN, Broker, Entry
from tests.chaos.model.group import SESSION_S, Group
from tests.chaos.model.loop import StuckError, VirtualLoop
from tests.chaos.model.network import Client, Network
from tests.chaos.model.stages import BAD, EVERY, GOOD, PARTITIONS, context
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
        self._fed: list[tuple[int, str, str, str]] = []
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
            wrong = self._wrong()
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
            what = self._rng.choices((GOOD, BAD, ""), (20, 1, 1))[0]
            value = f"{number}|{person}|{what}" if what else f"no event {number}"
            partition = partition_of(provider, PARTITIONS)
            self.broker.write(self._tp(Topic.CLAIMS_RAW, partition), (provider.encode(), value.encode(), ()))
            self._fed.append((partition, value, provider, person))

    def _tp(self, topic: Topic, number: int) -> TopicPartition:
        return TopicPartition(name_of(topic, context().settings), number)

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
        name, verdicts = f"{settings.topic_prefix}{settings.app}-{number}", self._tp(Topic.VERDICTS, number)
        while (answer := self.broker.init(name, 5.0))[0] == AGAIN:
            await asyncio.sleep(0.01)
        self.broker.add_partitions(name, answer[2], [verdicts])
        self.broker.append(name, answer[2], verdicts, 0, [(b"nobody", b"0|nobody|0", ())])

    async def _twin(self) -> None:
        """A worker that takes a number by hand, while its owner works."""
        worker = Worker(self.network, self.group, self._rng, alone=True)
        self.workers.append(worker)
        worker.start(worker.be_given({self._rng.randrange(PARTITIONS)}, 0))
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
        for topic in (Topic.CLAIMS_RAW, Topic.CLAIMS, Topic.FINDINGS):
            for number in range(PARTITIONS):
                tp = self._tp(topic, number)
                if self.broker.read(tp, self.broker.offsets.get(tp, 0), 1)[0]:
                    return f"{tp} from {self.broker.offsets.get(tp, 0)} on"
        return ""

    def _wrong(self) -> list[str]:
        good = [(value, provider, person) for _, value, provider, person in self._fed if value.endswith(GOOD)]
        events = {value.split("|")[0]: person for value, _, person in good}
        counts = Counter(events.values())
        verdicts = [entry.split("|") for entry in self._values(Topic.VERDICTS)]
        nth = [(person, n) for person, count in counts.items() for n in range(1, count + 1)]
        found = [(person, n) for person, n in nth if n % EVERY == 0]
        letters = [value for _, value, *_ in self._fed if not value.endswith(GOOD)]
        memory = self._memory(TableName.PERSONS)
        doors = self._memory(TableName.PROVIDERS)
        raw = {
            provider: {v.split("|")[0] for _, v, p, _ in self._fed if p == provider and "|" in v}
            for _, _, provider, _ in self._fed
        }
        wanted: list[tuple[str, Any, Any]] = [
            ("verdicts", Counter(v[0] for v in verdicts), Counter(list(events))),
            ("their counts", Counter((v[1], int(v[2])) for v in verdicts), Counter(nth)),
            ("findings", Counter(self._values(Topic.FINDINGS)), Counter(f"{p} {n}" for p, n in found)),
            (
                "alerts",
                Counter(self._values(Topic.ALERTS)),
                Counter(f"{p} {n}|{n // EVERY}" for p, n in found),
            ),
            ("dead letters", Counter(self._values(Topic.DEAD_LETTERS)), Counter(letters)),
            (
                "memory of persons",
                memory,
                {p: {e for e, of in events.items() if of == p} for p in counts},
            ),
            ("memory of providers", doors, {p: ids for p, ids in raw.items() if ids}),
        ]
        return [
            f"{what}: {_differ(ours, theirs)}" for what, ours, theirs in wanted if ours != theirs
        ] + self._unordered(verdicts)

    def _unordered(self, verdicts: list[list[str]]) -> list[str]:
        """Events of one provider about one person are judged in their order."""
        place = {event: int(n) for event, _, n in verdicts}
        last: dict[tuple[str, str], int] = {}
        for _, value, provider, person in self._fed:
            event = value.split("|")[0]
            if event in place:
                if place[event] < last.get((provider, person), 0):
                    return [f"{event} of {provider} about {person} came too early"]
                last[provider, person] = place[event]
        return []

    def _values(self, topic: Topic) -> list[str]:
        return [
            (entry.value or b"").decode()
            for number in range(PARTITIONS)
            for entry in self.broker.committed(self._tp(topic, number))
            if entry.value
        ]

    def _memory(self, table: TableName) -> dict[str, set[str]]:
        name = changelog_of(table, context().settings)
        memory: dict[str, set[str]] = {}
        for number in range(PARTITIONS):
            entries: list[Entry] = self.broker.committed(TopicPartition(name, number))
            for entry in entries:
                key, piece = parse_row_key(entry.key or b"")
                if key:
                    memory.setdefault(key, set()).add(piece)
        return memory


def _differ(ours: Any, wanted: Any) -> str:
    if isinstance(ours, Counter):
        return f"lost {dict(wanted - ours)}, surplus {dict(ours - wanted)}"
    keys = [key for key in {**ours, **wanted} if ours.get(key) != wanted.get(key)]
    return ", ".join(f"{key}: {ours.get(key)} instead of {wanted.get(key)}" for key in keys)


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
