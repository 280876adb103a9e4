"""Which faults strike when: a function of the seed alone. Times are counted in records that were due, not in seconds."""

from collections.abc import Iterator
from enum import StrEnum
from itertools import islice
from random import Random
from typing import Final

from msgspec import Struct

from monitor.settings import Settings

RECORDS_PER_S: Final = 300
"""The steady pace of the feed."""
FIRST_S: Final = 2
"""The first fault waits until the workers are in the middle of their work."""
GAP_S: Final = 3.2
"""Between faults, on average: many of them overlap."""
SLEEP_S: Final = (7.5, 10.0)
"""Longer than the session time-out of 6 s: the sleeper's partitions have moved when it wakes up."""
POISONS: Final = 3
"""Records to each fault that poisons."""


class Kind(StrEnum):
    """A kind of fault, and what it does."""

    KILL = "kill -9 of a worker, started again at once"
    LOSE = "kill -9 of a worker for good, another joins later"
    ZOMBIE = "a worker asleep past its session, then awake"
    RESTART = "a worker told to stop, and started again later"
    VISIT = "one more worker joins and leaves"
    BROKER_KILL = "kill -9 of the broker, started again on its data"
    BROKER_PAUSE = "a broker that answers nobody for a while"
    DLQ_REFUSES = "dead letters refused for a while"
    POISON_RAW = "bytes that are no record, on claims.raw"
    POISON_BEHIND = "garbage under a good key, behind the door"
    USURPER = "a producer takes a number's transactional id"
    TWIN = "a worker that takes numbers others own"


ON_WORKER: Final = frozenset({Kind.KILL, Kind.LOSE, Kind.ZOMBIE, Kind.RESTART})
ON_BROKER: Final = frozenset({Kind.BROKER_KILL, Kind.BROKER_PAUSE})

LASTS_S: Final = {
    Kind.LOSE: (1.0, 7.0),
    Kind.ZOMBIE: SLEEP_S,
    Kind.RESTART: (0.5, 4.0),
    Kind.VISIT: (3.0, 8.0),
    Kind.BROKER_KILL: (0.1, 2.0),
    Kind.BROKER_PAUSE: (2.0, 8.0),
    Kind.DLQ_REFUSES: (2.0, 6.0),
    Kind.USURPER: (0.1, 3.0),
    Kind.TWIN: (4.0, 9.0),
}
"""From its beginning to its end, seconds at the steady pace; what is missing is done when it has begun."""


class Fault(Struct, frozen=True):
    """One fault. `at`, `until`: records due when it begins and ends. `target`: worker, partition number or place."""

    number: int
    kind: Kind
    at: int
    until: int
    target: int


class Schedule(Struct, frozen=True):
    """All faults by `at`, and how many records the day needs for them."""

    seed: int
    faults: tuple[Fault, ...]
    records: int

    def text(self) -> str:
        """For people."""
        rows = [f"seed {self.seed}: {len(self.faults)} faults over {self.records} records"]
        rows += [
            f"  {fault.number:3}  records {fault.at}-{fault.until}  {fault.kind} [{fault.target}]"
            for fault in self.faults
        ]
        return "\n".join(rows)


def kinds() -> tuple[Kind, ...]:
    """The kinds that this monitor can be put to."""
    # A twin needs a worker that takes numbers by hand instead of from its group.
    return tuple(kind for kind in Kind if kind is not Kind.TWIN or "numbers" in Settings.model_fields)


def make_schedule(*, seed: int, faults: int, workers: int, partitions: int) -> Schedule:
    """Faults of all kinds in shuffled order; twice as many zombies as others."""
    rng = Random(f"chaos {seed}")
    made: list[Fault] = []
    at = FIRST_S * RECORDS_PER_S
    for number, kind in enumerate(islice(_bag(rng), faults), start=1):
        at += _records(rng.uniform(0.25, 1.75) * GAP_S)
        at, target = _place(made, kind, at, rng, workers=workers, partitions=partitions)
        until = at + (_records(rng.uniform(*LASTS_S[kind])) if kind in LASTS_S else 0)
        made.append(Fault(number, kind, at, until, target))
    end = max((fault.until for fault in made), default=0)
    # The day goes on for a while, so that what a fault has broken is seen.
    return Schedule(seed, tuple(made), end + _records(5.0))


def _bag(rng: Random) -> Iterator[Kind]:
    while True:
        kinds_ = [*kinds(), Kind.ZOMBIE]
        rng.shuffle(kinds_)
        yield from kinds_


def _place(
    made: list[Fault], kind: Kind, at: int, rng: Random, *, workers: int, partitions: int
) -> tuple[int, int]:
    """When the fault can strike, and whom: nothing is struck by two faults of its class at once."""
    if kind in ON_BROKER or kind is Kind.DLQ_REFUSES:
        same = ON_BROKER if kind in ON_BROKER else {kind}
        return max([at, *(f.until + _records(2.0) for f in made if f.kind in same)]), 0
    if kind in ON_WORKER:
        free_from = dict.fromkeys(range(workers), 0)
        for fault in made:
            if fault.kind in ON_WORKER:
                free_from[fault.target] = max(free_from[fault.target], fault.until + _records(0.5))
        free = [worker for worker, when in free_from.items() if when <= at]
        worker = rng.choice(free) if free else min(free_from, key=lambda one: (free_from[one], one))
        return max(at, free_from[worker]), worker
    return at, rng.randrange(partitions)


def _records(seconds: float) -> int:
    return round(seconds * RECORDS_PER_S)
