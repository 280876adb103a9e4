"""(d) How long memories take to come back. (e) What a record costs, and what memory is taken, beside many persons."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Final

import typer
from msgspec import Struct

from bench import ballast
from bench.ballast import Pieces
from bench.broker import bench_broker
from bench.day import Day, make_day
from bench.machine import WORK_CORE
from bench.monitor import Monitor
from bench.product import IDLE_S, judge

PLAIN_BYTES: Final = 200
LIKE_RECORDS: Final = 20_000
"""Of the day whose persons are copied."""
RECOVERY_S_MAX: Final = 600.0


class Recovered(Struct, frozen=True):
    """One recovery. `seconds`: beyond what a start takes with nothing to recover."""

    what: str
    keys: int
    rows: int
    mb: float
    seconds: float
    ready_s: float
    rss_mib: float


class Beside(Struct, frozen=True):
    """A day judged beside so many persons; `bytes_each`: what each of them adds to the resident memory."""

    persons: int
    cpu_us: float
    rate: float
    rss_mib: float
    bytes_each: float


async def recovery(*, keys: Sequence[int]) -> list[Recovered]:
    """Of so many keys of 200 bytes, and of so many persons."""
    measured = []
    with bench_broker() as bootstrap, tempfile.TemporaryDirectory(prefix="bench-") as name:
        day = make_day(Path(name), records=LIKE_RECORDS)
        kinds = {
            f"rows of {PLAIN_BYTES} bytes": ballast.plain(PLAIN_BYTES),
            "persons": await persons_like(bootstrap, day),
        }
        empty = (await _recover(bootstrap, day, "nothing", 0, kinds["persons"], 0.0)).ready_s
        typer.echo(f"{empty:.1f} s from start to ready with nothing to recover")
        for what, like in kinds.items():
            for count in keys:
                one = await _recover(bootstrap, day, what, count, like, empty)
                measured.append(one)
                typer.echo(
                    f"{count:>10,} {what}: {one.seconds:.1f} s ({one.rows:,} rows, {one.mb:,.0f} MB), {one.rss_mib:,.0f} MiB"
                )
    return measured


async def memory(*, persons: Sequence[int]) -> list[Beside]:
    """The same day beside each of these numbers of persons."""
    measured: list[Beside] = []
    with bench_broker() as bootstrap, tempfile.TemporaryDirectory(prefix="bench-") as name:
        day = make_day(Path(name), records=LIKE_RECORDS)
        like = await persons_like(bootstrap, day)
        for count in persons:
            one = await _beside(bootstrap, day, count, like, measured[0] if measured else None)
            measured.append(one)
            typer.echo(
                f"{count:>10,} persons: {one.cpu_us:.0f} us of CPU a record, {one.rss_mib:,.0f} MiB,"
                f" {one.bytes_each:,.0f} bytes each"
            )
    return measured


async def _recover(
    bootstrap: str, day: Day, what: str, keys: int, like: Sequence[Pieces], empty_s: float
) -> Recovered:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        async with Monitor(bootstrap, day, Path(name), idle_s=IDLE_S) as monitor:
            written = await ballast.write(monitor, keys, like)
            begun = monotonic()
            worker = await monitor.start_worker({WORK_CORE}, within_s=RECOVERY_S_MAX)
            ready_s = monotonic() - begun
            return Recovered(
                what,
                keys,
                written.rows,
                written.mb,
                max(ready_s - empty_s, 1e-3),
                ready_s,
                worker.used().rss_mib,
            )


async def _beside(
    bootstrap: str, day: Day, persons: int, like: Sequence[Pieces], first: Beside | None
) -> Beside:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        async with Monitor(bootstrap, day, Path(name), idle_s=IDLE_S) as monitor:
            await ballast.write(monitor, persons, like)
            await monitor.fill(day.calls)
            one, _ = await judge(monitor, day)
    more = persons - first.persons if first else 0
    bytes_each = (one.rss_mib - first.rss_mib) * (1 << 20) / more if first and more else 0.0
    return Beside(persons, one.cpu_us, one.records / one.seconds, one.rss_mib, bytes_each)


async def persons_like(bootstrap: str, day: Day) -> list[Pieces]:
    """What a worker remembers of the persons of a day."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        async with Monitor(bootstrap, day, Path(name), idle_s=IDLE_S) as monitor:
            await monitor.fill(day.calls)
            await judge(monitor, day)
            found = await ballast.persons_of(monitor)
    rows = sum(map(len, found))
    mean = sum(len(value) for pieces in found for value in pieces.values()) / len(found)
    typer.echo(f"{len(found):,} persons of a day: {rows / len(found):.1f} rows and {mean:,.0f} bytes each")
    return found
