"""`./dev chaos`: faults without end on a monitor at work, and whether it kept its word."""

import asyncio
import logging
import secrets
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tests.chaos.run import WORKERS, command, run
from tests.chaos.schedule import make_schedule
from tests.streams.world import PARTITIONS

SEEDS = 1_000_000


def main(
    faults: Annotated[int, typer.Option(min=0, help="How many faults.")] = 200,
    seed: Annotated[int | None, typer.Option(help="Repeats a run's faults; without it any.")] = None,
) -> None:
    """Do so many faults to a monitor on a real broker while a simulated day is fed; compare with a replay."""
    # Clients of a broker that is killed have much to say.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    chosen = secrets.randbelow(SEEDS) if seed is None else seed
    schedule = make_schedule(seed=chosen, faults=faults, workers=WORKERS, partitions=PARTITIONS)
    typer.echo(schedule.text())
    folder = Path(tempfile.mkdtemp(prefix="claim-monitor-chaos-"))
    try:
        report = asyncio.run(run(seed=chosen, faults=faults, folder=folder))
    except BaseException:
        typer.echo(f"chaos: broken off; logs in {folder}; again: {command(schedule)}", err=True)
        raise
    typer.echo(report.text())
    if not report.good:
        typer.echo(f"chaos: FAILED; logs in {folder}; again: {command(schedule)}", err=True)
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
