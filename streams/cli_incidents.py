"""`monitor incidents ...`: what there is to look into, how old it is, and what was done about it."""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any, Final

import orjson
import typer
from rich.console import Console
from rich.table import Table

from monitor.cli import fail, settings_or_exit
from monitor.clock import china_ms
from monitor.events import DAY, HOUR
from monitor.incidents.actions import CONCLUDED, Act, Handling, act_on
from monitor.incidents.desk import AGES, OLDER, Desk, ageing, due_at, is_overdue
from monitor.incidents.read import fen_of
from monitor.outputs import Incident, State, rfc3339, yuan
from monitor.settings import Settings
from streams.by_hand import FAILED, AsJson, By, Why, run, sign
from streams.incident_desk import action_name, read_desk, write_actions

incidents_app = typer.Typer(
    help="Incidents: what there is to look into, and what was done about it.", no_args_is_help=True
)
LISTED: Final = 50
GRAVE: Final = {1: "critical", 2: "warning", 3: "info"}
Id = Annotated[str, typer.Argument(metavar="ID", help="As `monitor incidents list` shows it.")]
Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="As `monitor incidents list` shows them.")]


@incidents_app.command(
    "list",
    epilog="Examples: `monitor incidents list` · `monitor incidents list --overdue --severity 1`"
    " · `monitor incidents list --all --json`",
)
def incidents_list(
    severity: Annotated[
        int | None, typer.Option(min=1, max=3, help="Of this one alone; 1 is the gravest.")
    ] = None,
    handling: Annotated[Handling | None, typer.Option(help="Where it stands with the desk.")] = None,
    rule: Annotated[str, typer.Option(help="Of this rule alone.")] = "",
    provider: Annotated[str, typer.Option(help="At this provider alone.")] = "",
    notify: Annotated[bool, typer.Option("--notify", help="Those alone that a person is told of.")] = False,
    late: Annotated[
        bool, typer.Option("--overdue", help="Those alone that nobody acted on in time.")
    ] = False,
    everything: Annotated[bool, typer.Option("--all", help="Concluded and withdrawn ones too.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the gravest first.")] = LISTED,
    as_json: AsJson = False,
) -> None:
    """What is to be looked into, the gravest first, and how old it is by severity."""
    settings = settings_or_exit()
    desk = _desk(settings)
    now = china_ms() // 1000
    rows = [
        row
        for row in (_row(incident, desk, settings, now) for incident in desk.incidents.values())
        if _is_asked_for(row, everything=everything, handling=handling)
        and severity in {None, row["severity"]}
        and rule in {"", row["rule_id"]}
        and provider in {"", row["provider"]}
        and (row["notify"] or not notify)
        and (row["overdue"] or not late)
    ]
    rows.sort(
        key=lambda row: (
            row["severity"],
            not row["notify"],
            -row["priority"],
            row["opened_at"],
            row["incident_id"],
        )
    )
    if as_json:
        for row in rows[:limit]:
            typer.echo(orjson.dumps(row))
        return
    Console().print(_table(rows[:limit]))
    if len(rows) > limit:
        typer.echo(f"... and {len(rows) - limit} more")
    _say_ages([desk.incidents[row["incident_id"]] for row in rows], desk, settings, now)


def _is_asked_for(row: dict[str, Any], *, everything: bool, handling: Handling | None) -> bool:
    if handling is not None:
        return bool(row["handling"] == handling)
    return everything or (row["state"] != State.WITHDRAWN and row["handling"] not in CONCLUDED)


def _row(incident: Incident, desk: Desk, settings: Settings, now: int) -> dict[str, Any]:
    """The incident as in its topic, with what was done about it."""
    standing = desk.standing(incident.incident_id)
    due = due_at(incident, settings.incident_due_s)
    return incident.to_json() | {
        "handling": standing.handling.value,
        "by": None if standing.last is None else standing.last.signature.by,
        "recovered": yuan(standing.recovered),
        "due_at": None if due is None else rfc3339(due),
        "overdue": is_overdue(incident, standing, now=now, due_s=settings.incident_due_s),
        "age_s": now - incident.opened_at,
    }


def _table(rows: Iterable[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("incident", "sev", "state", "handling", "age", "findings", "amount", "what"):
        table.add_column(
            column, no_wrap=column == "incident", justify="right" if column == "amount" else "left"
        )
    for row in rows:
        age = _age(row["age_s"]) + (" overdue" if row["overdue"] else "")
        handling = row["handling"] + (f" ({row['by']})" if row["by"] else "")
        what = f"{row['rule_id']} {row['provider']}: {row['summary']}"
        cells = (row["incident_id"], str(row["severity"]), row["state"], handling, age)
        table.add_row(*cells, str(row["findings"]), row["amount"], what)
    return table


def _age(seconds: int) -> str:
    return f"{seconds // DAY}d" if seconds >= 2 * DAY else f"{max(0, seconds) // HOUR}h"


def _say_ages(incidents: list[Incident], desk: Desk, settings: Settings, now: int) -> None:
    late = Counter(
        each.severity
        for each in incidents
        if is_overdue(each, desk.standing(each.incident_id), now=now, due_s=settings.incident_due_s)
    )
    for severity, counts in sorted(ageing(incidents, now=now).items()):
        ages = ", ".join(f"{counts[name]} {name}" for name in (*AGES, OLDER) if counts[name])
        typer.echo(
            f"severity {severity} ({GRAVE[severity]}): {counts.total()} ({ages}), {late[severity]} overdue"
        )
    if not incidents:
        typer.echo("nothing is to be looked into")


@incidents_app.command("show", epilog="Example: `monitor incidents show 0b9a6c1f2e3d4c5b`")
def incidents_show(
    incident_id: Id,
    as_json: AsJson = False,
) -> None:
    """One incident, and all that was done about it, under its earlier names too."""
    settings = settings_or_exit()
    desk = _desk(settings)
    incident = _known(desk, incident_id)
    row = _row(incident, desk, settings, china_ms() // 1000)
    actions = desk.actions(incident_id)
    if as_json:
        typer.echo(orjson.dumps(row | {"actions": [action.to_json() for action in actions]}))
        return
    for name, value in row.items():
        if name not in {"person", "age_s", "by"}:
            typer.echo(f"{name:12} {value}")
    for action in actions:
        done = action.to_json()
        money = f", recovered {done['recovered']}" if done["recovered"] else ""
        other = "" if action.incident_id == incident_id else f" (as {action.incident_id})"
        typer.echo(
            f"{done['action']:12} {done['at']} by {done['by']} ({done['account']}){money}: {done['why']}{other}"
        )


@incidents_app.command(
    "ack",
    epilog='Example: `monitor incidents ack 0b9a6c1f2e3d4c5b --by "Li Na" --why "calls the pharmacy"`',
)
def incidents_ack(ids: Ids, by: By, why: Why) -> None:
    """Say that you look into it: it is not sent again unless it grows."""
    _act(ids, Act.ACK, by, why)


@incidents_app.command(
    "verify",
    epilog='Example: `monitor incidents verify 0b9a6c1f2e3d4c5b --recovered 1280.50 --by "Li Na" --why "admitted"`',
)
def incidents_verify(
    incident_id: Id,
    recovered: Annotated[
        str, typer.Option(metavar="YUAN", help="All that has come back so far, e.g. 1280.50 or 0.")
    ],
    by: By,
    why: Why,
) -> None:
    """Say that it was true, and how much money has come back. Said again, the last amount holds."""
    try:
        fen = fen_of(recovered)
    except ValueError as error:
        fail(f"--recovered: {error}")
    if fen < 0:
        fail("--recovered: can't be less than nothing")
    _act([incident_id], Act.VERIFY, by, why, recovered=fen)


@incidents_app.command(
    "dismiss",
    epilog='Example: `monitor incidents dismiss 0b9a6c1f2e3d4c5b --by "Li Na" --why "a family, shopping together"`',
)
def incidents_dismiss(ids: Ids, by: By, why: Why) -> None:
    """Say that it is unfounded, and why: it is not sent again unless it grows."""
    _act(ids, Act.DISMISS, by, why)


@incidents_app.command(
    "resolve",
    epilog='Example: `monitor incidents resolve 0b9a6c1f2e3d4c5b --by "Li Na" --why "settled with the provider"`',
)
def incidents_resolve(ids: Ids, by: By, why: Why) -> None:
    """Say that the desk is through with it."""
    _act(ids, Act.RESOLVE, by, why)


def _act(ids: list[str], act: Act, by: str, why: str, *, recovered: int | None = None) -> None:
    settings = settings_or_exit()
    signature = sign(by, why)
    desk = _desk(settings)
    incidents = [_known(desk, each) for each in dict.fromkeys(ids)]
    for incident in incidents:
        heir = desk.heir(incident.incident_id)
        if heir != incident.incident_id:
            fail(f"incidents: {incident.incident_id} goes on as {heir}: act on that one", FAILED)
    actions = [
        act_on(incident, act, signature, name=action_name(china_ms()), recovered=recovered)
        for incident in incidents
    ]
    run(write_actions(actions, settings), settings, "incidents")
    for action in actions:
        typer.echo(f"{action.incident_id} {act.value}: {signature.by}, {rfc3339(signature.at)}")


def _desk(settings: Settings) -> Desk:
    desk, faults = run(read_desk(settings), settings, "incidents")
    if faults:
        typer.echo(f"incidents: {faults} records could not be read", err=True)
    return desk


def _known(desk: Desk, incident_id: str) -> Incident:
    incident = desk.incidents.get(incident_id)
    if incident is None:
        fail(f"incidents: there is no incident {incident_id}", FAILED)
    return incident
