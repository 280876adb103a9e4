"""(g) What a death costs those who call meanwhile: kill -9 of a worker that nobody replaces, and of a supervised one.

A 3102 200 times a second through the gateway, beside feed records; both workers remember so many persons. Two numbers, so
one worker has the persons of one of them. Core map: none, for on two cores all processes share both.
"""

import asyncio
import os
import signal
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import typer
from msgspec import Struct

from bench import ballast
from bench.broker import bench_broker
from bench.day import Day, make_day
from bench.latency import CALLS_S, play
from bench.machine import LOAD_CORE, WORK_CORE
from bench.monitor import Monitor
from bench.process import BenchError
from bench.recovery import LIKE_RECORDS, RECOVERY_S_MAX, persons_like
from bench.spread import Latency
from deploy.local.example import call_3102
from deploy.local.load import PATIENTS, Answered, measure, patient_of
from monitor.clock import china_ms
from monitor.compose import knowledge_of
from monitor.interface.intake import Accepted, Intake
from monitor.outputs import Decision
from streams.topics import partition_of

CORES: Final = frozenset((LOAD_CORE, WORK_CORE))
BEFORE_S: Final = 10.0
AFTER_S: Final = 40.0
PERSONS_A_SECOND: Final = 20_000
"""That many are read anew at the least, also on a slow machine: so much longer is measured."""
GONE, CHILD, KEEPING = (
    "a worker is killed and stays away",
    "a supervised worker is killed",
    "a supervised worker with files (rocksdb) is killed",
)


class Outage(Struct, frozen=True):
    """One death. `others`: calls after it about persons of the number whose worker lives on."""

    what: str
    persons: int
    before: Latency
    others: Latency
    own_s: float
    """From the death to the last call about the dead one's persons that waited in vain."""
    unchecked: int
    """Calls that failed open after it."""
    failed: int
    """Calls that got neither a decision nor `unchecked`."""


async def outage(*, persons: Sequence[int], beside: float) -> list[Outage]:
    """All deaths beside each of these numbers of persons."""
    measured = []
    with bench_broker() as bootstrap, tempfile.TemporaryDirectory(prefix="bench-") as name:
        longest = BEFORE_S + after_s(max(persons))
        day = make_day(Path(name), records=max(LIKE_RECORDS, int(beside * longest * 1.2)))
        like = await persons_like(bootstrap, day)
        for count in persons:
            for what in (GONE, CHILD, KEEPING):
                one = await _die(bootstrap, day, what, count, like, beside)
                measured.append(one)
                typer.echo(
                    f"{what}, {count:,} persons: before {one.before}; others after it {one.others};"
                    f" its own again after {one.own_s:.1f} s, {one.unchecked:,} unchecked, {one.failed:,} failed"
                )
    return measured


def after_s(persons: int) -> float:
    """How long calls are measured after a death, in seconds."""
    return AFTER_S + persons / PERSONS_A_SECOND


async def _die(
    bootstrap: str, day: Day, what: str, persons: int, like: Sequence[ballast.Pieces], beside: float
) -> Outage:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        store = "rocksdb" if what == KEEPING else "memory"
        async with Monitor(bootstrap, day, Path(name), store=store) as monitor:
            await ballast.write(monitor, persons, like)
            victim = await _workers(monitor, supervised=what != GONE)
            url = await monitor.start_gateway(CORES)
            seconds = BEFORE_S + after_s(persons)
            feeding = asyncio.create_task(play(monitor, day.calls[: int(beside * seconds)], beside))

            def begun() -> None:
                asyncio.get_running_loop().call_later(BEFORE_S, victim)

            measured = await measure(
                url,
                provider=day.hospital,
                authorization=f"Bearer {monitor.tokens[day.hospital]}",
                rate=CALLS_S,
                seconds=seconds,
                begun=begun,
            )
            await feeding
            return _told(what, persons, measured.calls, _numbers(monitor, day.hospital))


async def _workers(monitor: Monitor, *, supervised: bool) -> Callable[[], None]:
    """Two of them, ready; what kills one."""
    if supervised:
        parent = await monitor.start_worker(CORES, within_s=RECOVERY_S_MAX, processes=2)
        await monitor.all_ready()
        # The supervisor's own children are its workers and what prepares the next one, which holds no memories.
        return lambda: os.kill(max(parent.pids(), key=_resident), signal.SIGKILL)
    first, _ = await asyncio.gather(*(monitor.start_worker(CORES, within_s=RECOVERY_S_MAX) for _ in range(2)))
    await monitor.all_ready()
    return lambda: os.kill(first.pids()[-1], signal.SIGKILL)


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1])


def _numbers(monitor: Monitor, provider: str) -> Mapping[str, int]:
    """The partition number of each patient of the load."""
    knowledge = knowledge_of(monitor.settings)
    intake = Intake(tokens=knowledge.tokens, trace_ignore=knowledge.reference.trace_ignore)
    found = {}
    for number in range(PATIENTS):
        patient = patient_of(number)
        call = intake.decode_call(
            call_3102(provider=provider, patient=patient, number=number, at_ms=china_ms(), breach=False)
        )
        if not isinstance(call.outcome, Accepted):
            raise BenchError("a call of the load generator is none")
        found[patient] = partition_of(call.outcome.events[0].person, monitor.settings.partitions)
    return found


def _told(what: str, persons: int, calls: Sequence[Answered], numbers: Mapping[str, int]) -> Outage:
    before = [call.latency_s for call in calls if call.due_s < BEFORE_S - 1]
    after = [call for call in calls if call.due_s >= BEFORE_S]
    decided = {Decision.PASS, Decision.REMIND, Decision.REJECT}
    vain: dict[int, list[float]] = defaultdict(list)
    for call in after:
        if call.said not in decided:
            vain[numbers[call.patient]].append(call.due_s - BEFORE_S)
    dead = max(vain, key=lambda number: len(vain[number]), default=-1)
    if max(vain[dead], default=0.0) > after_s(persons) - 1:
        raise BenchError(
            f"{what}, {persons:,} persons: not all calls are answered {after_s(persons):.0f} s after it"
        )
    return Outage(
        what,
        persons,
        Latency.of(before),
        Latency.of([call.latency_s for call in after if numbers[call.patient] != dead]),
        max(vain[dead], default=0.0),
        sum(call.said == Decision.UNCHECKED for call in after),
        sum(call.said not in decided and call.said != Decision.UNCHECKED for call in after),
    )
