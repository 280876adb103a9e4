"""`./dev bench`: measures, and writes what it measured into docs/performance.md or docs/alerting.md."""

import asyncio
import logging
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from bench import machine, rule_command
from bench.latency import latency as measure_latency
from bench.outage import outage as measure_outage
from bench.process import BenchError
from bench.product import throughput
from bench.profile import profile as measure_profile
from bench.recovery import memory as measure_memory
from bench.recovery import recovery as measure_recovery
from bench.report import report as write_report
from bench.report import write as write_section
from bench.results import save as keep
from bench.skew import skew_of
from bench.skew import table as skew_table
from bench.week import judge_weeks
from bench.week_tables import week_tables
from deploy.local.java import LocalKafkaError
from monitor.simulator import City

BUSY_MAX: Final = 0.05

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)

Runs = Annotated[int, typer.Option(min=1, help="Runs of each, in turns.")]
Rates = Annotated[str, typer.Option(help="Records a second, by commas.")]
Seconds = Annotated[float, typer.Option(min=1, help="Of each rate, after five that are not counted.")]
Only = Annotated[str, typer.Option(help="Names of contenders, by commas; all without it.")]
Save = Annotated[bool, typer.Option("--save", help="Write it into docs/performance.md.")]


@app.callback()
def main() -> None:
    """Measure on two cores: broker and load on one, workers on the other."""


@app.command()
def rule(
    *,
    runs: Runs = 5,
    only: Only = "",
    scale: Annotated[float, typer.Option(min=0.01, help="Times the usual number of records.")] = 1.0,
    save: Save = False,
) -> None:
    """(b) One small rule in several systems: records a second on one core."""
    _run("rule", rule_command.capacity(runs=runs, only=only, scale=scale), save=save)


@app.command()
def rule_latency(
    *, rates: Rates = "500,2000,5000", seconds: Seconds = 60.0, only: Only = "", save: Save = False
) -> None:
    """(b) The small rule: from a settlement that is due to its finding visible, at paced rates."""
    work = rule_command.latency(rates=_numbers(rates), seconds=seconds, only=only)
    _run("rule-latency", work, save=save)


@app.command()
def product(
    *,
    runs: Runs = 3,
    records: Annotated[int, typer.Option(min=3_000, help="About so many feed records.")] = 100_000,
    workers: Annotated[str, typer.Option(help="How many, by commas: each has a core of its own.")] = "1,2",
    save: Save = False,
) -> None:
    """(a) The product with all rules: records a second from claims.raw to the last verdict and alert."""
    _run("product", throughput(records=records, workers=_whole(workers), runs=runs), save=save)


@app.command()
def latency(
    *,
    rates: Rates = "500,2000,5000",
    beside: Annotated[float, typer.Option(help="Feed records a second while calls are measured.")] = 2_000.0,
    seconds: Seconds = 60.0,
    save: Save = False,
) -> None:
    """(c) The product: feed record to verdict and finding visible, 3102 through the gateway to its answer."""
    _run("latency", measure_latency(rates=_numbers(rates), beside=beside, seconds=seconds), save=save)


@app.command()
def recovery(
    *,
    keys: Annotated[str, typer.Option(help="How many, by commas.")] = "100000,1000000",
    save: Save = False,
) -> None:
    """(d) From the start of a worker to ready, with so many keys to recover."""
    _run("recovery", measure_recovery(keys=_whole(keys)), save=save)


@app.command()
def memory(
    *,
    persons: Annotated[str, typer.Option(help="How many, by commas.")] = "10000,100000,1000000",
    save: Save = False,
) -> None:
    """(e) What a record costs, and what memory is taken, beside so many persons."""
    _run("memory", measure_memory(persons=_whole(persons)), save=save)


@app.command()
def outage(
    *,
    persons: Annotated[str, typer.Option(help="How many are remembered, by commas.")] = "0,100000,1000000",
    beside: Annotated[float, typer.Option(help="Feed records a second meanwhile.")] = 200.0,
    save: Save = False,
) -> None:
    """(g) What the death of a worker costs those who call meanwhile."""
    _run("outage", measure_outage(persons=_whole(persons), beside=beside), save=save)


@app.command()
def profile(
    *,
    records: Annotated[int, typer.Option(min=3_000, help="About so many feed records.")] = 100_000,
    save: Save = False,
) -> None:
    """(f) Where the microseconds of a record go."""
    _run("profile", measure_profile(records=records), save=save)


@app.command()
def week(
    *,
    seeds: Annotated[str, typer.Option(help="One week for each, by commas.")] = "1,2,3",
    keep_in: Annotated[
        Path | None,
        typer.Option(help="Folder for what the rules found, to judge another policy without a replay."),
    ] = None,
    save: Annotated[bool, typer.Option("--save", help="Write it into docs/alerting.md.")] = False,
) -> None:
    """(h) A simulated week of a city: who is told of what, and how often for nothing, by rule."""
    rows = list(judge_weeks(_whole(seeds), keep_in, tell=typer.echo))
    typer.echo(week_tables(msgspec.to_builtins(rows)))
    if save:
        # What is kept of a replay changes no figure, so the command stands without it.
        result = keep("week", f"./dev bench week --seeds {seeds} --save", rows, busy=machine.busy_share())
        write_section("week", result)


@app.command()
def skew(
    *, records: Annotated[int, typer.Option(min=3_000, help="About so many feed records.")] = 100_000
) -> None:
    """How evenly partitions share the simulator's feed: a table for docs/scale.md."""
    typer.echo(skew_table(skew_of(City(seed=1, records=records).feed())))


@app.command()
def report() -> None:
    """Write the results that are kept into docs/performance.md again."""
    typer.echo(f"written: {', '.join(write_report())}")


def _numbers(text: str) -> list[float]:
    return [float(number) for number in text.split(",") if number]


def _whole(text: str) -> list[int]:
    return [int(number) for number in _numbers(text)]


def _run(section: str, work: Coroutine[Any, Any, list[Any]], *, save: bool) -> None:
    # What the broker says to a producer of a topic that it has just made is no news.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        if (busy := machine.busy_share()) > BUSY_MAX:
            typer.echo(f"bench: others use {busy:.0%} of this machine; figures will be low", err=True)
        machine.stay_on_load_core()
        rows = asyncio.run(work)
        if save:
            keep(section, f"./dev bench {' '.join(sys.argv[1:])}", rows, busy=busy)
            write_report()
    except (BenchError, LocalKafkaError, machine.MachineError) as error:
        typer.echo(f"bench: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    app()
