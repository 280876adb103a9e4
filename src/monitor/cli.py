"""`monitor ...`: what needs no broker. The package `streams` adds the commands that do."""

import gc
import sys
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import IO, Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from monitor import compose
from monitor.pipeline import Pipeline
from monitor.regions import Region, RegionError, load_region
from monitor.replay import STDIN, Replay, Unreadable, lines_of
from monitor.rules.catalogue import BY_ID, LIMITS, RULES
from monitor.rules.rule import Rule
from monitor.settings import Settings, SettingsError, load
from monitor.simulator import cli_simulate
from monitor.tables import ReferenceTableError

app = typer.Typer(
    name="monitor",
    help="The real-time claim monitor for China's medical insurance.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    add_completion=False,
    pretty_exceptions_enable=False,
)
rules_app = typer.Typer(help="What is checked: the rules and their limits.", no_args_is_help=True)
app.add_typer(rules_app, name="rules")

USAGE_ERROR = 2
LONG_FILE_BYTES = 20 << 20
EPOCH_DAY = 719_163
"""date.toordinal of 1970-01-01."""

RulesFile = Annotated[
    Path | None, typer.Option("--rules", metavar="FILE", help="Region file (TOML) instead of MONITOR_REGION.")
]


def fail(sentence: str, code: int = USAGE_ERROR) -> NoReturn:
    """Say why on stderr, and exit."""
    typer.echo(sentence, err=True)
    raise typer.Exit(code)


def settings_or_exit(**changes: object) -> Settings:
    """The settings, with what the command line says instead; one clear sentence when they can't be used."""
    try:
        given = {name: value for name, value in changes.items() if value is not None}
        return load().model_copy(update=given)
    except SettingsError as error:
        fail(str(error))


def note_development_key(settings: Settings) -> None:
    """Tokens that anyone can recompute are fine for a trial, never for claims: say so."""
    if settings.uses_development_key:
        typer.echo("MONITOR_TOKEN_KEY is not set: tokens are made with the development key", err=True)


@app.command(
    epilog="Examples: `monitor replay day.jsonl.gz --output said.jsonl` · `zcat day.gz | monitor replay -`"
)
def replay(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Feed records, .jsonl or .gz; - = stdin.")
    ],
    rules: RulesFile = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the objects go instead of standard output.")
    ] = None,
) -> None:
    """Run feed records through all stages, without a broker: verdicts, findings, incidents, dead letters as JSON lines.

    Exit 0; 2 when a file can't be read or a .gz is cut short (what is good is processed all the same).
    """
    settings = settings_or_exit(region=rules)
    try:
        knowledge = compose.knowledge_of(settings)
    except (RegionError, ReferenceTableError) as error:
        fail(str(error))
    note_development_key(settings)
    pipeline = Pipeline(
        knowledge=knowledge,
        policy=compose.policy_of(settings, knowledge),
        budget=compose.budget_of(settings),
    )
    faults, began = 0, perf_counter()
    with ExitStack() as stack:
        # Nothing that is remembered refers back, so reference counts free it; a collector that walks through a million
        # facts again and again would only take time.
        gc.disable()
        stack.callback(gc.enable)
        stream: IO[bytes] = sys.stdout.buffer
        if output is not None:
            try:
                stream = stack.enter_context(output.open("wb"))
            except OSError as error:
                fail(f"{output}: can't be written: {error.strerror}")
        run = Replay(pipeline, stream.write)
        bar = stack.enter_context(_progress())
        for name in files:
            faults += _replay_file(run, name, bar)
        run.end()
        stream.flush()
    typer.echo(run.summary(perf_counter() - began), err=True)
    if faults:
        raise typer.Exit(USAGE_ERROR)


def _replay_file(run: Replay, name: str, bar: Progress) -> int:
    """1 when the file could not be read to its end."""
    size = Path(name).stat().st_size if name != STDIN and Path(name).is_file() else 0
    task = bar.add_task(escape(name), total=size or None, visible=size >= LONG_FILE_BYTES or name == STDIN)
    try:
        run.run(lines_of(name, lambda done: bar.update(task, completed=done)), file=name)
    except Unreadable as error:
        typer.echo(str(error), err=True)
        return 1
    return 0


def _progress() -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True)


@app.command(
    epilog="Example: `monitor simulate --records 20000 --output day.jsonl.gz --truth truth.jsonl --reference tables`"
)
def simulate(
    records: Annotated[int, typer.Option(min=1, help="About so many feed records.")] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The simulated day.")] = datetime(  # noqa: DTZ001 - a default of typer; a calendar day has no zone
        2026, 3, 10
    ),
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where records go (.gz by suffix).")
    ] = None,
    truth: Annotated[Path | None, typer.Option(metavar="FILE", help="Where the known frauds go.")] = None,
    reference: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where the city's reference tables go.")
    ] = None,
) -> None:
    """Write a day of a city as feed records, with known frauds of every rule in it and innocents that look like them."""
    cli_simulate(
        output=output,
        truth=truth,
        reference=reference,
        records=records,
        seed=seed,
        start=start.date(),
    )


@rules_app.command("list", epilog="Example: `monitor rules list --rules production.toml`")
def rules_list(rules: RulesFile = None) -> None:
    """Every rule with its kind, gravest severity and what the region lets it do today's last change."""
    settings = settings_or_exit(region=rules)
    region = _region(settings)
    table = Table(box=None, pad_edge=False)
    for column in ("rule", "version", "kind", "severity", "mode", "name"):
        table.add_column(column, no_wrap=column == "rule")
    for rule in RULES:
        mode = region.limits(rule.id, LAST).mode
        name = rule.text(settings.language).name
        table.add_row(rule.id, rule.version, str(rule.kind), str(rule.severity), str(mode), name)
    Console().print(table)


@rules_app.command("show", epilog="Example: `monitor rules show LOC-PHARMACY-BURST`")
def rules_show(
    rule_id: Annotated[str, typer.Argument(metavar="ID", help="As `monitor rules list` shows it.")],
    rules: RulesFile = None,
) -> None:
    """One rule: what it is for, its legal basis, its limits in the region, what people read of it."""
    rule = BY_ID.get(rule_id)
    if rule is None:
        fail(f"there is no rule {rule_id}; `monitor rules list` shows all")
    settings = settings_or_exit(region=rules)
    typer.echo(describe(rule, _region(settings), settings.language))


LAST = 1 << 40
"""An event time after every change of a region."""


def describe(rule: Rule, region: Region, language: str) -> str:
    """A rule as text."""
    text = rule.text(language)
    limits = region.limits(rule.id, LAST)
    return "\n".join(
        [
            f"{rule.id}  {text.name}",
            "",
            (sys.modules[rule.finder.__module__].__doc__ or "").strip(),
            "",
            f"kind       {rule.kind}",
            f"severity   {rule.severity} (the gravest it may reach)",
            f"law        {rule.law}",
            f"incidents  of one {rule.subject.replace('_', ' ')}",
            f"version    {rule.version}",
            "limits",
            *(f"  {name} = {getattr(limits, field)}" for field, name in _names(limits)),
            "what people read",
            *(f"  {words}" for words in (text.content, text.evidence, text.summary)),
            "fires on",
            *(f"  {one.name}" for one in rule.firing),
            "leaves alone",
            *(f"  {one.name}" for one in rule.quiet),
        ]
    )


def _names(limits: object) -> list[tuple[str, str]]:
    fields = limits.__struct_fields__  # type: ignore[attr-defined]  # a Struct
    return list(zip(fields, limits.__struct_encode_fields__, strict=True))  # type: ignore[attr-defined]  # a Struct


def _region(settings: Settings) -> Region:
    try:
        return load_region(settings.region, limits=LIMITS)
    except RegionError as error:
        fail(str(error))
