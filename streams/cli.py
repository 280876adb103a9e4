"""`monitor ...`, whole: the commands that need no broker (monitor/cli.py) and those that do."""

import asyncio
import logging
from typing import Annotated

import typer
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.table import Table

from monitor.cli import app, fail, note_development_key, settings_or_exit
from monitor.reference import ReferenceTableError
from monitor.regions import RegionError
from monitor.settings import Settings
from streams import topics

topics_app = typer.Typer(help="Kafka's topics: make them, check them.", no_args_is_help=True)
app.add_typer(topics_app, name="topics")

FAILED = 1


def _log(settings: Settings) -> None:
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # They tell each partition and each connection, and repeat what the engine says.
    for name in ("faust", "aiokafka", "mode"):
        logging.getLogger(name).setLevel(logging.ERROR)


@app.command(epilog="Example: `MONITOR_WORKER_PORT=8082 monitor worker`")
def worker(
    port: Annotated[
        int | None, typer.Option(help="Port of /metrics and health instead of the setting.")
    ] = None,
) -> None:
    """Run the agents of all stages until SIGTERM or Ctrl-C. Start as many as there are cores."""
    from streams.worker import StartError, run_worker  # noqa: PLC0415 - Faust takes a second to import

    settings = settings_or_exit(worker_port=port)
    _log(settings)
    note_development_key(settings)
    try:
        code = run_worker(settings)
    except (StartError, RegionError, ReferenceTableError, KafkaError) as error:
        fail(f"worker: {error}", FAILED)
    raise typer.Exit(code)


@topics_app.command("create", epilog="Example: `monitor topics create`")
def topics_create() -> None:
    """Make the topics that are missing; those that exist stay as they are."""
    settings = settings_or_exit()
    try:
        made = asyncio.run(topics.create(settings))
    except (KafkaError, OSError) as error:
        fail(f"topics: Kafka does not do it at {settings.bootstrap}: {error}", FAILED)
    typer.echo("\n".join(f"made {name}" for name in made) or "all topics exist")


@topics_app.command("check", epilog="Example: `monitor topics check`")
def topics_check() -> None:
    """Compare the topics with the settings; exit 1 and a table of differences when they are not alike."""
    settings = settings_or_exit()
    try:
        differences = asyncio.run(topics.check(settings))
    except (KafkaError, OSError) as error:
        fail(f"topics: Kafka does not answer at {settings.bootstrap}: {type(error).__name__}", FAILED)
    if not differences:
        typer.echo(f"all topics are as they must be ({settings.partitions} partitions)")
        return
    table = Table("topic", "what", "must be", "is", "how bad", box=None, pad_edge=False)
    for each in differences:
        bad = (
            "refused at start: needs new topics and a replay"
            if each.fatal
            else "change the topic's configuration"
        )
        table.add_row(each.topic, each.what, each.wanted, each.found, bad)
    Console().print(table)
    raise typer.Exit(FAILED)


def main() -> None:
    """The command `monitor`."""
    app()
