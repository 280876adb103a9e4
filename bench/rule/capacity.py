"""How many settlements a second a system does on one core, from the first to the last of them."""

import asyncio
import itertools
import os
import tempfile
from pathlib import Path
from time import monotonic, time
from typing import Final

import orjson
from msgspec import Struct

from bench.machine import WORK_CORE
from bench.process import BenchError, Process, Used
from bench.rule.contender import ROOT, Contender
from bench.rule.data import FIRST, LAST, LIMIT, PARTITIONS, WINDOW_MS, Finding, Shape
from bench.rule.given import Given
from bench.rule.world import World
from bench.watch import Seen, Watcher

_POLL_S: Final = 0.05
_START_S_MAX: Final = 90.0
_RATE_MIN: Final = 500
_SHOWN: Final = 3
_numbers = itertools.count(1)


class Capacity(Struct, frozen=True):
    """One run."""

    title: str
    guarantee: str
    records: int
    seconds: float
    """From the first finding written to the last one, by the broker's clock; all are visible, read committed.

    A reader of committed records sees the last one up to a commit interval later: with Quix's default, 5 s.
    """
    cpu_us: float
    """Of the worker, per record."""
    rss_mib: float


class _Found:
    """What a run has said so far."""

    def __init__(self) -> None:
        self.all: list[Finding] = []
        self.began = 0.0
        self.ended = 0.0
        self._marks = 0

    def saw(self, _: str, seen: Seen) -> None:
        finding = Finding(**orjson.loads(seen.value))
        self.all.append(finding)
        if finding.pharmacy.startswith(FIRST):
            self.began = min(self.began or seen.written, seen.written)
        if finding.pharmacy.startswith(LAST):
            self._marks += 1
            self.ended = max(self.ended, seen.written)

    @property
    def done(self) -> bool:
        """The last mark of every partition is there."""
        return self._marks >= PARTITIONS


def process_of(contender: Contender, given: Given, folder: Path, *, commit_s: float | None = None) -> Process:
    """The contender at work on its core; `commit_s`: how often it commits, if it lets one choose."""
    environment = (
        dict(os.environ)
        | given.environment()
        | {"BENCH_LIMIT": str(LIMIT), "BENCH_WINDOW_MS": str(WINDOW_MS), "PYTHONPATH": str(ROOT)}
    )
    if commit_s is not None:
        environment["BENCH_COMMIT_S"] = str(commit_s)
    return Process(contender.command(), environment=environment, cores={WORK_CORE}, log=folder / "worker.log")


def new_run(contender: Contender) -> str:
    """A name that no topic or group has."""
    return f"{contender.name}-{os.getpid()}-{next(_numbers)}"


async def measure(world: World, contender: Contender, shape: Shape) -> Capacity:
    """One run; BenchError when its findings are not those of plain Python."""
    source, run = await world.source(shape), new_run(contender)
    found = _Found()
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            folder = Path(name)
            given = Given(
                world.bootstrap,
                source,
                await world.findings(run),
                run,
                contender.guarantee,
                str(folder / "data"),
            )
            (folder / "data").mkdir()
            async with Watcher(
                world.bootstrap, [given.findings], partitions=PARTITIONS, saw=found.saw
            ) as watcher:
                with process_of(contender, given, folder) as process:
                    samples = await _watch(process, watcher, found, shape.records)
    finally:
        await world.forget(run)
    must_agree(contender.name, found.all, world.right(shape))
    before, after = (cpu_at(samples, at) for at in (found.began, found.ended))
    return Capacity(
        title=contender.title,
        guarantee=contender.guarantee,
        records=shape.records,
        seconds=found.ended - found.began,
        cpu_us=(after - before) / shape.records * 1e6,
        rss_mib=max(used.rss_mib for _, used in samples),
    )


async def _watch(process: Process, watcher: Watcher, found: _Found, records: int) -> list[tuple[float, Used]]:
    """What the process had used, at which times, until all was found."""
    samples = []
    give_up = monotonic() + _START_S_MAX + records / _RATE_MIN
    while not found.done:
        await asyncio.sleep(_POLL_S)
        process.must_live()
        watcher.must_live()
        samples.append((time(), process.used()))
        if monotonic() > give_up:
            raise BenchError(f"{len(found.all)} findings, but not the last ones, within the time")
    return samples


def cpu_at(samples: list[tuple[float, Used]], at: float) -> float:
    """CPU seconds at a time, by the sample nearest to it."""
    return min(samples, key=lambda sample: abs(sample[0] - at))[1].cpu_s


def must_agree(who: str, found: list[Finding], right: set[Finding]) -> None:
    """BenchError when the findings are not these, each once."""
    lost, invented = right - set(found), set(found) - right
    doubled = len(found) - len(set(found))
    if lost or invented or doubled:
        told = (
            f"{len(lost)} lost {sorted(lost)[:_SHOWN]}, {len(invented)} invented {sorted(invented)[:_SHOWN]}"
        )
        raise BenchError(f"{who}: {told}, {doubled} doubled")
