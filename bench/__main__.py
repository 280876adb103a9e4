"""`./dev bench`: measures, and writes what it measured into docs/performance.md."""

import asyncio
import logging
import sys
from typing import Annotated

import typer

from bench import machine, rule_command
from bench.latency import latency as measure_latency
from bench.process import BenchError
from bench.product import throughput
from deploy.local.java import LocalKafkaError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)


@app.callback()
def main() -> None:
    """Measure on two cores: broker and load on one, workers on the other."""


Runs = Annotated[int, typer.Option(min=1, help="Runs of each, in turns.")]


@app.command()
def rule(
    runs: Runs = 5,
    only: Annotated[str, typer.Option(help="Names of contenders, by commas; all without it.")] = "",
    scale: Annotated[float, typer.Option(min=0.01, help="Times the usual number of records.")] = 1.0,
) -> None:
    """(b) One small rule in several systems: records a second on one core."""
    _run(rule_command.capacity(runs=runs, only=only, scale=scale))


Rates = Annotated[str, typer.Option(help="Records a second, by commas.")]
Seconds = Annotated[float, typer.Option(min=1, help="Of each rate, after five that are not counted.")]


@app.command()
def rule_latency(
    rates: Rates = "500,2000,5000",
    seconds: Seconds = 60.0,
    only: Annotated[str, typer.Option(help="Names of contenders, by commas; all without it.")] = "",
) -> None:
    """(b) The small rule: from a settlement that is due to its finding visible, at paced rates."""
    _run(rule_command.latency(rates=[float(rate) for rate in rates.split(",")], seconds=seconds, only=only))


@app.command()
def product(
    runs: Runs = 3,
    records: Annotated[int, typer.Option(min=3_000, help="About so many feed records.")] = 100_000,
    workers: Annotated[str, typer.Option(help="How many, by commas: each has a core of its own.")] = "1,2",
) -> None:
    """(a) The product with all rules: records a second from claims.raw to the last verdict and alert."""
    counts = [int(count) for count in workers.split(",")]
    _run(throughput(records=records, workers=counts, runs=runs))


@app.command()
def latency(rates: Rates = "500,2000,5000", seconds: Seconds = 60.0) -> None:
    """(c) The product: feed record to verdict and finding visible, 3102 through the gateway to its answer."""
    _run(measure_latency(rates=[float(rate) for rate in rates.split(",")], seconds=seconds))


def _run(work: "asyncio._CoroutineLike[None]") -> None:
    # What the broker says to a producer of a topic that it has just made is no news.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        machine.stay_on_load_core()
        asyncio.run(work)
    except (BenchError, LocalKafkaError, machine.MachineError) as error:
        typer.echo(f"bench: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    app()
