"""Runs of all contenders in turns, and what came of them."""

from collections.abc import Sequence

import typer
from msgspec import Struct

from bench.broker import WARM_UP_S, bench_broker
from bench.process import BenchError
from bench.rivals import SkippedError
from bench.rule import capacity as counting
from bench.rule import latency as timing
from bench.rule.capacity import Capacity
from bench.rule.contender import CONTENDERS, Contender
from bench.rule.data import Shape
from bench.rule.given import NO_STATE_LOG
from bench.rule.latency import Measured
from bench.rule.world import on_broker


class Skipped(Struct, frozen=True):
    """A contender that this machine can't run."""

    title: str
    guarantee: str
    skipped: str


def chosen(only: str) -> tuple[list[Contender], list[Skipped]]:
    """The contenders of these names that the machine can run, and those that it can't."""
    names = {name for name in only.split(",") if name}
    unknown = names - {each.name for each in CONTENDERS}
    if unknown:
        raise BenchError(f"no contender is named {', '.join(sorted(unknown))}")
    found, skipped = [], []
    for each in CONTENDERS:
        if names and each.name not in names:
            continue
        try:
            each.command()
        except SkippedError as error:
            typer.echo(f"{each.name:<12} skipped: {error}")
            skipped.append(Skipped(each.title, each.guarantee, str(error)))
        else:
            found.append(each)
    return found, skipped


async def capacity(*, runs: int, only: str, scale: float) -> list[Capacity | Skipped]:
    """Records a second, in interleaved runs."""
    contenders, skipped = chosen(only)
    measured: list[Capacity | Skipped] = [*skipped]
    with bench_broker() as bootstrap:
        async with on_broker(bootstrap) as world:
            for turn in range(runs):
                # Back and forth: whatever drifts on the machine meets all of them.
                for each in contenders if turn % 2 == 0 else contenders[::-1]:
                    one = await counting.measure(world, each, Shape(max(1, int(each.records * scale))))
                    measured.append(one)
                    typer.echo(
                        f"{each.name:<12} {one.records / one.seconds:>9,.0f}/s  {one.cpu_us:6.1f} us of CPU"
                        f"  {one.rss_mib:5.0f} MiB  ({one.records:,} in {one.seconds:.1f} s)"
                    )
    return measured


async def latency(*, rates: Sequence[float], seconds: float, only: str) -> list[Measured | Skipped]:
    """At paced rates; one that can't keep up with a rate is not asked for a higher one."""
    contenders, skipped = chosen(only)
    measured: list[Measured | Skipped] = [*skipped]
    with bench_broker() as bootstrap:
        async with on_broker(bootstrap) as world:
            await timing.measure(world, contenders[0], rate=rates[0], seconds=WARM_UP_S)
            for each in contenders:
                if each.guarantee == NO_STATE_LOG:
                    continue
                for rate in rates:
                    one = await timing.measure(world, each, rate=rate, seconds=seconds)
                    measured.append(one)
                    told = (
                        f"{one.latency} (sender behind {one.behind_ms:.0f})"
                        if one.latency
                        else "above its capacity"
                    )
                    typer.echo(f"{each.name:<12} {rate:>6,.0f}/s  {told}")
                    if one.latency is None:
                        break
    return measured
