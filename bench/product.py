"""(a) The product as it is: all rules and stages, from claims.raw until the last verdict and alert can be read."""

import asyncio
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from time import time
from typing import Any, Final

import orjson
import typer
from msgspec import Struct

from bench.broker import bench_broker
from bench.day import Day, Said, make_day, replayed, said
from bench.machine import worker_cores
from bench.monitor import Monitor
from bench.process import BenchError
from bench.watch import Seen, Watcher
from streams.topics import Topic

OUTPUTS: Final = (Topic.VERDICTS, Topic.FINDINGS, Topic.ALERTS)
QUIET_S: Final = 3.0
"""When nothing was said for so long all was said; it does not count."""
IDLE_S: Final = 3_600
"""Time goes on by records alone: what a watermark of idle partitions leads to comes seconds after the last record."""
POLL_S: Final = 0.05
RATE_MIN: Final = 200
START_S_MAX: Final = 600.0
"""With memories to recover."""


class Throughput(Struct, frozen=True):
    """One run: from all workers ready to the last output visible, read committed."""

    workers: int
    records: int
    seconds: float
    cpu_us: float
    """Of all workers, per record."""
    rss_mib: float
    """Of the biggest worker."""


class _Outputs:
    """What was said, and when last."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.counts: dict[str, int] = defaultdict(int)
        self.last_at = 0.0

    def saw(self, topic: str, seen: Seen) -> None:
        self.counts[topic] += 1
        self.last_at = seen.at
        if not topic.endswith(Topic.ALERTS):
            self.rows.append(orjson.loads(seen.value))

    @property
    def quiet(self) -> bool:
        """Something was said, and nothing for a while."""
        return bool(self.last_at) and time() - self.last_at > QUIET_S


async def throughput(*, records: int, workers: list[int], runs: int) -> list[Throughput]:
    """So many runs of each number of workers, in turns."""
    measured = []
    with bench_broker() as bootstrap, tempfile.TemporaryDirectory(prefix="bench-") as name:
        day = make_day(Path(name), records=records)
        right: Said | None = None
        typer.echo(f"a day of {len(day.calls):,} records, {day.size:,.0f} bytes each")
        for _ in range(runs):
            for count in workers:
                with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                    async with Monitor(bootstrap, day, Path(folder), idle_s=IDLE_S) as monitor:
                        await monitor.fill(day.calls)
                        one, found = await judge(monitor, day, workers=count)
                        right = right or replayed(day, monitor.settings)
                must_agree(found, right)
                measured.append(one)
                typer.echo(
                    f"{count} workers {one.records / one.seconds:>9,.0f}/s  {one.cpu_us:6.1f} us of CPU"
                    f"  {one.rss_mib:5.0f} MiB  ({one.records:,} in {one.seconds:.1f} s)"
                )
    return measured


async def judge(
    monitor: Monitor, day: Day, *, workers: int = 1, begun: Callable[[], None] | None = None
) -> tuple[Throughput, Said]:
    """Start workers on what lies on claims.raw; `begun` is called when the clock starts, all of them at work."""
    outputs, bootstrap = _Outputs(), monitor.settings.bootstrap
    names = [monitor.topic(topic) for topic in OUTPUTS]
    watcher = Watcher(bootstrap, names, partitions=monitor.settings.partitions, saw=outputs.saw)
    async with watcher:
        starts = [monitor.start_worker({core}, within_s=START_S_MAX) for core in worker_cores(workers)]
        await asyncio.gather(*starts)
        # What was done while the last one came is not counted, and neither is its time.
        await monitor.all_ready()
        began, taken, before = time(), await monitor.taken(), monitor.used()
        if begun is not None:
            begun()
        while not (outputs.quiet and await monitor.taken() >= len(day.calls)):
            monitor.must_live()
            watcher.must_live()
            if time() - began > START_S_MAX + len(day.calls) / RATE_MIN:
                raise BenchError(f"not done within the time: {dict(outputs.counts)}")
            await asyncio.sleep(POLL_S)
        after = monitor.used()
    records = len(day.calls) - taken
    one = Throughput(
        workers=workers,
        records=records,
        seconds=outputs.last_at - began,
        cpu_us=sum(b.cpu_s - a.cpu_s for a, b in zip(before, after, strict=True)) / records * 1e6,
        rss_mib=max(each.rss_mib for each in after),
    )
    return one, said(outputs.rows)


def must_agree(found: Said, right: Said) -> None:
    """BenchError when verdicts or open findings are not those of a replay."""
    for what in Said._fields:
        ours, theirs = getattr(found, what), getattr(right, what)
        if ours != theirs:
            raise BenchError(f"{what}: {len(theirs - ours)} missing, {len(ours - theirs)} invented")
