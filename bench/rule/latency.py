"""From the moment a settlement is due to be sent to the moment its finding can be read, read committed."""

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import Final

import orjson
from msgspec import Struct

from bench.feed import feed
from bench.pace import Pace
from bench.process import Process
from bench.rule.capacity import must_agree, new_run, process_of
from bench.rule.contender import Contender
from bench.rule.data import (
    FIRST,
    LAST,
    PARTITIONS,
    Finding,
    Settlement,
    Shape,
    encode,
    expected,
    partition_of,
    settlements,
)
from bench.rule.given import Given
from bench.rule.world import World
from bench.spread import Latency
from bench.watch import Seen, Watcher

LEAD_IN_S: Final = 5.0
SALES_S: Final = 2
"""Of a pharmacy, on average."""
PER_WINDOW: Final = 24
"""Sales of a pharmacy in a window, on average: one in some thirty settlements is a finding."""
COMMIT_S: Final = 0.1
"""How often those commit that let one choose."""
END_S_MAX: Final = 30.0
START_S_MAX: Final = 90.0
MARKS_RATE: Final = 1_000.0
_POLL_S: Final = 0.05


class Measured(Struct, frozen=True):
    """One run. `behind_ms`: how late the load generator was at most; no latency: it can't keep up with the rate."""

    title: str
    guarantee: str
    rate: float
    latency: Latency | None
    behind_ms: float


class _AboveCapacityError(Exception):
    """The last findings do not come."""


class _Arrivals:
    """When each finding was first visible, by the settlement that made it."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}
        self.all: list[Finding] = []

    def saw(self, _: str, seen: Seen) -> None:
        finding = Finding(**orjson.loads(seen.value))
        self.all.append(finding)
        self.at.setdefault(finding.settlement_id, seen.at)

    def ended(self) -> bool:
        """The last mark of every partition is there."""
        return sum(finding.pharmacy.startswith(LAST) for finding in self.all) >= PARTITIONS


async def measure(world: World, contender: Contender, *, rate: float, seconds: float) -> Measured:
    """One run; BenchError when the findings are wrong."""
    pharmacies = max(1, int(rate / SALES_S))
    shape = Shape(int(rate * (LEAD_IN_S + seconds)), pharmacies, pharmacies * PER_WINDOW)
    given_settlements = list(settlements(shape))
    run, arrivals = new_run(contender), _Arrivals()
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            folder = Path(name)
            (folder / "data").mkdir()
            given = Given(
                world.bootstrap, await world.new_topic(f"sales-{run}"), await world.findings(run), run,
                contender.guarantee, str(folder / "data"),
            )  # fmt: skip
            async with Watcher(
                world.bootstrap, [given.findings], partitions=PARTITIONS, saw=arrivals.saw
            ) as watcher:
                with process_of(contender, given, folder, commit_s=COMMIT_S) as process:
                    pace = await _play(given, given_settlements, rate, process, watcher, arrivals)
    except _AboveCapacityError:
        return Measured(contender.title, contender.guarantee, rate, None, 0.0)
    finally:
        await world.forget(run)
    must_agree(contender.name, arrivals.all, expected(given_settlements))
    late = [
        arrivals.at[sale.id] - pace.due(number)
        for number, sale in enumerate(given_settlements)
        if sale.id in arrivals.at and number >= rate * LEAD_IN_S
    ]
    return Measured(contender.title, contender.guarantee, rate, Latency.of(late), pace.behind_s * 1000)


async def _play(
    given: Given,
    sales: Sequence[Settlement],
    rate: float,
    process: Process,
    watcher: Watcher,
    arrivals: _Arrivals,
) -> Pace:
    # The first marks go ahead: when their findings are there, the contender has begun.
    first = sum(sale.pharmacy.startswith(FIRST) for sale in sales)
    rows = [(partition_of(sale.pharmacy), sale.pharmacy.encode(), encode(sale)) for sale in sales]
    await feed(given.bootstrap, given.source, rows[:first], rate=MARKS_RATE)
    await _until(lambda: len(arrivals.all) >= PARTITIONS, START_S_MAX, process, watcher)
    pace = await feed(given.bootstrap, given.source, rows[first:], rate=rate)
    await _until(arrivals.ended, END_S_MAX, process, watcher)
    # The schedule of the whole list: the marks at its head were sent before it began.
    pace.began -= first / rate
    return pace


async def _until(condition: Callable[[], bool], within_s: float, process: Process, watcher: Watcher) -> None:
    give_up = monotonic() + within_s
    while not condition():
        process.must_live()
        watcher.must_live()
        if monotonic() > give_up:
            raise _AboveCapacityError
        await asyncio.sleep(_POLL_S)
