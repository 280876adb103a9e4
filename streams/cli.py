"""`monitor ...`, whole: the commands that need no broker (monitor/cli.py) and those that do."""

import asyncio
import logging
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer
from aiokafka.errors import KafkaError

from monitor.cli import app, fail, note_development_key, settings_or_exit
from monitor.notices import Sm2Error
from monitor.regions import RegionError
from monitor.settings import Settings
from monitor.tables import ReferenceTableError
from streams import topics
from streams.by_hand import Since, epoch_ms, quiet, run
from streams.child import await_role, tell_port
from streams.cli_dlq import dlq_app
from streams.cli_incidents import incidents_app
from streams.copying import CopyError, copy_raw
from streams.start import StartError
from streams.supervisor import processes_of, run_supervisor

__all__ = ["app", "main"]

topics_app = typer.Typer(help="Kafka's topics: make them, check them.", no_args_is_help=True)
app.add_typer(topics_app, name="topics")
app.add_typer(dlq_app, name="dlq")
app.add_typer(incidents_app, name="incidents")

FAILED = 1


def _log(settings: Settings, who: str = "") -> None:
    logging.basicConfig(
        level=settings.log_level, format=f"%(asctime)s {who}%(levelname)s %(name)s %(message)s"
    )
    # They tell each service and each connection; what matters of it the engine says, and doctor.
    for name in (
        "faust",
        # They quote what a hospital's system answers, and that may be about a patient.
        "httpcore",
        "httpx",
        "mode",
        "streams.app",
        "streams.engine.batches",
        "streams.engine.recovery",
        "streams.engine.state",
    ):
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


def _run_alone(settings: Settings) -> int:
    from streams.worker import run_worker  # noqa: PLC0415 - Faust takes a second to import

    return run_worker(settings)


def _run_supervised(settings: Settings) -> int:
    from streams.worker import run_worker  # noqa: PLC0415 - before it is known who this is: see reserve.py

    role = await_role()
    _log(settings, f"[{role.number}] ")
    ours = settings.model_copy(update={"instance": role.instance, "data_dir": Path(role.data_dir)})
    return run_worker(ours, tell_port)


@app.command(epilog="Examples: `MONITOR_WORKER_PORT=8082 monitor worker` · `monitor worker --processes 0`")
def worker(
    port: Annotated[
        int | None, typer.Option(help="Port of /metrics and health instead of the setting.")
    ] = None,
    processes: Annotated[
        int | None, typer.Option(min=0, help="Processes instead of the setting; 0 = one for each core.")
    ] = None,
    supervised: Annotated[
        bool, typer.Option("--supervised", hidden=True, help="Started by a supervisor, which says who it is.")
    ] = False,
) -> None:
    """Run the agents of all stages until SIGTERM or Ctrl-C. SIGHUP: restart supervised processes one by one."""
    settings = settings_or_exit(worker_port=port, processes=processes)
    try:
        if supervised:
            code = _run_supervised(settings)
        else:
            _log(settings)
            note_development_key(settings)
            code = run_supervisor(settings) if processes_of(settings) > 1 else _run_alone(settings)
    except (StartError, RegionError, ReferenceTableError, KafkaError) as error:
        fail(f"worker: {error}", FAILED)
    raise typer.Exit(code)


@app.command(epilog="Example: `MONITOR_GATEWAY_TOKENS=tokens.csv monitor gateway --port 8080`")
def gateway(
    host: Annotated[str | None, typer.Option(help="Address instead of the setting.")] = None,
    port: Annotated[int | None, typer.Option(help="Port instead of the setting; 0 = any free one.")] = None,
) -> None:
    """Answer hospitals (POST /fsi/api) and take feed records (POST /feed) until SIGTERM or Ctrl-C."""
    from streams.serve import run_gateway  # noqa: PLC0415 - the web framework takes its time to import

    settings = settings_or_exit(gateway_host=host, gateway_port=port)
    _log(settings)
    note_development_key(settings)
    try:
        code = run_gateway(settings)
    except (RegionError, ReferenceTableError) as error:
        fail(f"gateway: {error}", FAILED)
    raise typer.Exit(code)


@app.command(epilog="Example: `monitor courier --port 8082`")
def courier(
    port: Annotated[
        int | None, typer.Option(help="Port of /metrics and health instead of the setting.")
    ] = None,
) -> None:
    """Bring refusals to the web hooks of providers until SIGTERM or Ctrl-C."""
    from streams.courier import run_courier  # noqa: PLC0415 - as above

    settings = settings_or_exit(courier_port=port)
    _log(settings)
    note_development_key(settings)
    try:
        code = asyncio.run(run_courier(settings))
    except (Sm2Error, StartError, RegionError, ReferenceTableError, KafkaError) as error:
        fail(f"courier: {error}", FAILED)
    raise typer.Exit(code)


@app.command(epilog="Example: `monitor doctor`")
def doctor() -> None:
    """Look at everything a monitor needs, and say of each fault what helps; exit 1 when there is one."""
    from streams.doctor import examine  # noqa: PLC0415 - as above

    settings = settings_or_exit()
    quiet()
    faults = 0
    for finding in asyncio.run(examine(settings)):
        faults += not finding.good
        mark = "FAULT" if not finding.good else "note " if finding.remedy else "ok   "
        typer.echo(f"{mark} {finding.what}: {finding.found}")
        if finding.remedy:
            typer.echo(f"      {finding.remedy}")
    if faults:
        raise typer.Exit(FAILED)


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
    wide = max(len(each.topic) for each in differences)
    for each in differences:
        typer.echo(f"{each.topic:{wide}}  {each.what}: must be {each.wanted}, is {each.found}; {each.remedy}")
    raise typer.Exit(FAILED)


@topics_app.command(
    "copy",
    epilog="Examples: `monitor topics copy --from old.` · `monitor topics copy --from '' --since '2026-03-10 14:05'`",
)
def topics_copy(
    source: Annotated[
        str, typer.Option("--from", metavar="PREFIX", help="MONITOR_TOPIC_PREFIX of those; '' for none.")
    ],
    since: Since = None,
) -> None:
    """Copy claims.raw of another prefix into ours, for memories under a new token key; docs/operations.md says when."""
    settings = settings_or_exit()
    begun = perf_counter()

    def told(count: int) -> None:
        typer.echo(f"{count} records", err=True)

    try:
        count = run(copy_raw(settings, source, since_ms=epoch_ms(since), told=told), settings, "topics")
    except CopyError as error:
        fail(f"topics: {error}", FAILED)
    typer.echo(f"copied {count} records in {perf_counter() - begun:.1f} s")


def main() -> None:
    """The command `monitor`."""
    app()
