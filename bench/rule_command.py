"""Runs of all contenders in turns, and what came of them."""

from collections import defaultdict
from collections.abc import Sequence

import typer

from bench.broker import bench_broker
from bench.rivals import SkippedError
from bench.rule import capacity as measuring
from bench.rule import latency as timing
from bench.rule.capacity import Capacity
from bench.rule.contender import CONTENDERS, Contender
from bench.rule.data import Shape
from bench.rule.world import on_broker
from bench.spread import Spread
from bench.process import BenchError


def chosen(only: str) -> tuple[Contender, ...]:
    """The contenders of these names, as far as the machine can run them."""
    names = {name for name in only.split(",") if name}
    unknown = names - {each.name for each in CONTENDERS}
    if unknown:
        raise BenchError(f"no contender is named {', '.join(sorted(unknown))}")
    found = []
    for each in CONTENDERS:
        if names and each.name not in names:
            continue
        try:
            each.command()
        except SkippedError as error:
            typer.echo(f"{each.name:<12} skipped: {error}")
        else:
            found.append(each)
    return tuple(found)


async def capacity(*, runs: int, only: str, scale: float) -> None:
    """Measure and print."""
    contenders = chosen(only)
    measured: dict[str, list[Capacity]] = defaultdict(list)
    with bench_broker() as bootstrap:
        async with on_broker(bootstrap) as world:
            for turn in range(runs):
                # Back and forth: whatever drifts on the machine meets all of them.
                for each in _turned(contenders, turn):
                    one = await measuring.measure(world, each, Shape(max(1, int(each.records * scale))))
                    measured[each.name].append(one)
                    typer.echo(
                        f"{each.name:<12} {one.rate:>9,.0f}/s  {one.cpu_us:6.1f} us of CPU  {one.rss_mib:5.0f} MiB"
                        f"  ({one.records:,} in {one.seconds:.1f} s)"
                    )
    for name, all_of in measured.items():
        spread = Spread.of([one.rate for one in all_of])
        typer.echo(f"{name:<12} min {spread.least:,.0f}  median {spread.middle:,.0f}  max {spread.most:,.0f}")


def _turned(contenders: Sequence[Contender], turn: int) -> Sequence[Contender]:
    return contenders if turn % 2 == 0 else contenders[::-1]


async def latency(*, rates: Sequence[float], seconds: float, only: str) -> None:
    """Measure and print; one that can't keep up with a rate is not asked for a higher one."""
    contenders = [each for each in chosen(only) if each.name != "ceiling" or only]
    with bench_broker() as bootstrap:
        async with on_broker(bootstrap) as world:
            for each in contenders:
                for rate in rates:
                    try:
                        one = await timing.measure(world, each, rate=rate, seconds=seconds)
                    except BenchError as error:
                        typer.echo(f"{each.name:<12} {rate:>6,.0f}/s  {error}")
                        break
                    typer.echo(f"{each.name:<12} {rate:>6,.0f}/s  {one.latency} (sender behind {one.behind_ms:.0f})")
