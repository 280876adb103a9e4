"""`monitor dlq ...`: dead letters listed, shown, put back; whom they are about is printed on demand alone, and kept."""

from collections import Counter, deque
from contextlib import AsyncExitStack
from typing import Annotated, Any, Final

import orjson
import typer
from cryptography.exceptions import InvalidTag
from rich.console import Console
from rich.table import Table

from monitor.cli import fail, note_development_key, settings_or_exit
from monitor.outputs import rfc3339
from monitor.settings import Settings
from streams.by_hand import FAILED, AsJson, By, Since, Until, Why, china_s, epoch_ms, run, sign
from streams.letters import Letter, Place, Wanted, letters
from streams.reading import Reader
from streams.repair import Deed, Pen, Refusal, Step, notes, put_back, put_back_before

dlq_app = typer.Typer(
    help="Dead letters: records that could not be used; list them, look into one, put them back.",
    no_args_is_help=True,
)
LISTED: Final = 50

Places = Annotated[
    list[str] | None, typer.Argument(metavar="PARTITION:OFFSET...", help="These alone; without it all.")
]
Reason = Annotated[str, typer.Option("--reason", help="Of this reason alone, e.g. missing_field.")]
Stage = Annotated[str, typer.Option("--stage", help="Of this stage alone, e.g. intake.")]


def _wanted(places: list[str] | None, reason: str, stage: str, since: Since, until: Until) -> Wanted:
    try:
        named = frozenset(Place.of(text) for text in places or ())
    except ValueError as error:
        fail(str(error))
    return Wanted(
        places=named, reason=reason, stage=stage, since_ms=epoch_ms(since), until_ms=epoch_ms(until)
    )


@dlq_app.command(
    "list",
    epilog="Examples: `monitor dlq list` · `monitor dlq list --reason missing_field --since 2026-03-10 --json`",
)
def dlq_list(
    places: Places = None,
    reason: Reason = "",
    stage: Stage = "",
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = LISTED,
    as_json: AsJson = False,
) -> None:
    """Which there are: when, stage, reason, where the record came from, size, replays. Nothing of its content."""
    settings = settings_or_exit()
    wanted = _wanted(places, reason, stage, since, until)
    newest, counts = run(_listed(wanted, settings, limit), settings, "dlq")
    if as_json:
        for letter in newest:
            typer.echo(orjson.dumps(_told(letter)))
        return
    table = Table(box=None, pad_edge=False)
    for column in ("letter", "at", "stage", "reason", "came from", "bytes", "replays"):
        table.add_column(column, no_wrap=column in {"letter", "at", "reason"})
    for letter in newest:
        row = _told(letter)
        came = f"{row['topic']} {row['partition']}:{row['offset']}"
        table.add_row(
            row["letter"],
            row["at"],
            row["stage"],
            row["reason"],
            came,
            str(row["bytes"]),
            str(row["replays"]),
        )
    Console().print(table)
    for (of, why), count in counts.most_common():
        typer.echo(f"{count} {of or '-'} {why}")
    typer.echo(
        f"{counts.total()} dead letters" + (f", the newest {limit} shown" if counts.total() > limit else "")
    )


async def _listed(
    wanted: Wanted, settings: Settings, limit: int
) -> tuple[list[Letter], Counter[tuple[str, str]]]:
    counts: Counter[tuple[str, str]] = Counter()
    newest: dict[int, deque[Letter]] = {}
    async with Reader(settings.bootstrap) as reader:
        async for letter in letters(reader, wanted, settings):
            counts[letter.text("stage"), letter.text("reason")] += 1
            newest.setdefault(letter.place.partition, deque(maxlen=limit)).append(letter)
    found = sorted(
        (each for some in newest.values() for each in some), key=lambda each: (each.at_ms, each.place)
    )
    return found[-limit:], counts


def _told(letter: Letter) -> dict[str, Any]:
    """What its headers say, all but the detail."""
    return {
        "letter": str(letter.place),
        "at": rfc3339(china_s(letter.at_ms)),
        "stage": letter.text("stage"),
        "reason": letter.text("reason"),
        "topic": letter.text("topic"),
        "partition": letter.number("partition"),
        "offset": letter.number("offset"),
        "bytes": letter.content_bytes,
        "replays": letter.replays,
        "replay_of": letter.text("replay-of"),
    }


@dlq_app.command(
    "show",
    epilog='Examples: `monitor dlq show 3:17` · `monitor dlq show 3:17 --content --by "Li Na" --why "ticket 4711"`',
)
def dlq_show(
    place: Annotated[str, typer.Argument(metavar="PARTITION:OFFSET", help="As `monitor dlq list` shows it.")],
    content: Annotated[
        bool,
        typer.Option("--content", help="Decrypt and print what it holds. It is kept who looked, and why."),
    ] = False,
    by: By = "",
    why: Why = "",
) -> None:
    """One dead letter: where it came from, why it is here, the stack, sizes, and what was done with it."""
    settings = settings_or_exit()
    signature = sign(by, why) if content else None
    wanted = _wanted([place], "", "", None, None)
    letter, done = run(_found(wanted, settings), settings, "dlq")
    if letter is None:
        fail(f"dlq: there is no dead letter {place} (any more)", FAILED)
    for name, value in _described(letter):
        typer.echo(f"{name:10} {value}")
    for row in done:
        typer.echo(f"{row['action']:10} {row['at']} by {row['by']} ({row['account']}): {row['why']}")
    if signature is not None:
        note_development_key(settings)

        async def opened() -> bytes:
            async with Pen(settings, signature, Deed.READ) as pen:
                return await pen.open_letter(letter)

        try:
            typer.echo("\n" + printable(run(opened(), settings, "dlq")))
        except InvalidTag:
            fail(f"dlq: {Refusal.OTHER_KEY} (key-id {letter.text('key-id')})", FAILED)


async def _found(wanted: Wanted, settings: Settings) -> tuple[Letter | None, list[dict[str, Any]]]:
    async with Reader(settings.bootstrap) as reader:
        found = [letter async for letter in letters(reader, wanted, settings)]
        if not found:
            return None, []
        names = {(str(letter.place), letter.at_ms) for letter in found}
        done = [row async for row in notes(reader, settings) if (row["letter"], row["letter_at_ms"]) in names]
    return found[0], sorted(done, key=lambda row: str(row["at"]))


def _described(letter: Letter) -> list[tuple[str, str]]:
    rows = [(name, str(value)) for name, value in _told(letter).items() if value != ""]
    rows += [("key-id", letter.text("key-id"))]
    if letter.is_cut:
        rows += [("length", letter.text("length")), ("sha256", letter.text("sha256"))]
    first, *more = letter.text("detail").split("\n")
    return [*rows, ("detail", printable(first)), *(("", printable(line)) for line in more)]


def printable(content: bytes | str) -> str:
    """Text that can't steer a terminal; what is no text as escapes."""
    text = content if isinstance(content, str) else content.decode(errors="backslashreplace")
    return "".join(
        each if each.isprintable() or each in "\n\t" else each.encode("unicode_escape").decode()
        for each in text
    )


@dlq_app.command(
    "replay",
    epilog='Examples: `monitor dlq replay 3:17 --by "Li Na" --why "fixed in 1.4"`'
    ' · `monitor dlq replay --reason rule_failed --since 2026-03-10 --by "Li Na" --why "fixed in 1.4" --dry-run`',
)
def dlq_replay(
    by: By,
    why: Why,
    places: Places = None,
    reason: Reason = "",
    stage: Stage = "",
    since: Since = None,
    until: Until = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All there are; needed where nothing else says which.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Those that were put back before, too.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
) -> None:
    """Put records back on the topic they came from. Each once, and those that come back here no more often than is set.

    Exit 1 when one was refused for another reason than that it was put back before, or none was found.
    """
    settings = settings_or_exit()
    signature = sign(by, why)
    wanted = _wanted(places, reason, stage, since, until)
    if wanted.is_everything and not everything:
        fail("dlq: say which: PARTITION:OFFSET, a filter, or --all")
    note_development_key(settings)

    async def work() -> Counter[Refusal | None]:
        counts: Counter[Refusal | None] = Counter()
        async with AsyncExitStack() as stack:
            # Opened first: whoever did the same is done or fenced, and what they did can be read.
            pen = None if dry_run else await stack.enter_async_context(Pen(settings, signature, Deed.REPLAY))
            reader = await stack.enter_async_context(Reader(settings.bootstrap))
            done = await put_back_before(reader, settings)
            found = letters(reader, wanted, settings)
            async for step in put_back(found, done, settings, pen, force=force):
                counts[step.refusal] += 1
                _say(step, dry_run=dry_run)
        return counts

    counts = run(work(), settings, "dlq")
    typer.echo(
        f"{counts[None]} {'would be ' if dry_run else ''}put back, {counts.total() - counts[None]} refused"
    )
    missing = len(wanted.places) > counts.total() or not counts
    if missing:
        typer.echo(
            "dlq: not all that were named are there (any more)" if counts else "dlq: none found", err=True
        )
    if missing or set(counts) - {None, Refusal.ALREADY}:
        raise typer.Exit(FAILED)


def _say(step: Step, *, dry_run: bool) -> None:
    letter = step.letter
    if step.refusal is None:
        what = "would be put back" if dry_run else "put back"
        typer.echo(f"{letter.place} {what} on {letter.text('topic')} (replay {letter.replays + 1})")
    else:
        typer.echo(f"{letter.place} {step.refusal}")
