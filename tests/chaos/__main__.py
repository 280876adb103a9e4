"""`./dev chaos`: faults without end on a monitor at work, and whether it kept its word."""

import asyncio
import logging
import secrets
import tempfile
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from tests.chaos.run import WORKERS, command, run
from tests.chaos.schedule import make_schedule
from tests.streams.world import PARTITIONS

SEEDS = 1_000_000
SHOWN = 10
PROGRESS = 1_000


def main(
    faults: Annotated[int, typer.Option(min=0, help="How many faults.")] = 200,
    seed: Annotated[int | None, typer.Option(help="Repeats a run; without it any.")] = None,
    schedules: Annotated[
        int,
        typer.Option(
            min=0, help="So many schedules on the model in virtual time instead, from this seed on."
        ),
    ] = 0,
) -> None:
    """Do faults to a monitor on a real broker while a simulated day is fed; compare with a replay."""
    chosen = secrets.randbelow(SEEDS) if seed is None else seed
    if schedules:
        _model(chosen, schedules)
    else:
        _broker(chosen, faults)


def _broker(seed: int, faults: int) -> None:
    # Clients of a broker that is killed have much to say.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    schedule = make_schedule(seed=seed, faults=faults, workers=WORKERS, partitions=PARTITIONS)
    typer.echo(schedule.text())
    folder = Path(tempfile.mkdtemp(prefix="claim-monitor-chaos-"))
    try:
        report = asyncio.run(run(seed=seed, faults=faults, folder=folder))
    except BaseException:
        typer.echo(f"chaos: broken off; logs in {folder}; again: {command(schedule)}", err=True)
        raise
    typer.echo(report.text())
    if not report.good:
        typer.echo(f"chaos: FAILED; logs in {folder}; again: {command(schedule)}", err=True)
        raise typer.Exit(1)


def _model(seed: int, schedules: int) -> None:
    from tests.chaos.model.many import play_many  # noqa: PLC0415 - it changes aiokafka's consumers

    began, failed = monotonic(), 0
    typer.echo(f"seeds {seed} to {seed + schedules - 1}")
    for done, (played, wrong) in enumerate(play_many(seed, schedules), start=1):
        if wrong:
            failed += 1
            if failed <= SHOWN:
                typer.echo("\n  ".join([f"again: ./dev chaos --schedules 1 --seed {played}", *wrong]))
        if done % PROGRESS == 0 or done == schedules:
            seconds = monotonic() - began
            typer.echo(
                f"{done} schedules, {failed} with a difference; {seconds:.0f} s, {done * 60 / seconds:.0f} a minute"
            )
    if failed:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
