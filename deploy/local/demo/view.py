"""What people see while the city is played: a live picture in a terminal, plain lines elsewhere."""

import asyncio
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from deploy.local.demo.board import Board, Row

LIVE_EVERY_S: Final = 0.25
LINE_EVERY_S: Final = 3.0
INCIDENTS_A_LINE: Final = 3
DECISIONS: Final = {"pass": "green", "remind": "yellow", "reject": "red", "unchecked": "magenta"}
SEVERITIES: Final = {1: "bold red", 2: "yellow", 3: "white"}


def picture(board: Board) -> RenderableType:
    """The live view."""
    numbers = Table.grid(padding=(0, 3))
    numbers.add_row(
        f"[bold]{board.speed():,.0f}[/] events/s",
        f"{board.played:,} of {board.total:,} played",
        f"lag {board.lag:,} records",
        f"{len(board.incidents):,} incidents",
    )
    verdicts = Text("verdicts  ")
    for decision, style in DECISIONS.items():
        verdicts.append(f"{decision} {board.verdicts[decision]:,}   ", style=style)
    latency = Text(
        f"latency   settlement to verdict {board.stream_latency.words()}   ·   "
        f"3102 over HTTP {board.http_latency.words()} ({board.over_http:,} calls)"
    )
    return Panel(
        Group(numbers, verdicts, latency, Text(), _incidents(board)), title="claim monitor", expand=True
    )


def _incidents(board: Board) -> Table:
    table = Table("when", "provider", "amount", "what happened", box=None, pad_edge=False, expand=True)
    table.columns[0].no_wrap = table.columns[2].no_wrap = True
    table.columns[2].justify = "right"
    table.columns[3].ratio = 1
    for incident in board.told_incidents():
        name, amount, summary = board.in_words(incident)
        style = SEVERITIES.get(incident["severity"], "white")
        table.add_row(incident["last_seen_at"][11:19], escape(name), amount, Text(summary, style=style))
    return table


def status(board: Board) -> str:
    """The numbers in one line."""
    verdicts = ", ".join(f"{name} {board.verdicts[name]:,}" for name in DECISIONS if board.verdicts[name])
    return (
        f"{board.speed():.0f} events/s, {board.played:,} of {board.total:,} played; verdicts: {verdicts or 'none yet'};"
        f" {len(board.incidents):,} incidents; lag {board.lag:,} records;"
        f" settlement to verdict {board.stream_latency.words()}; 3102 over HTTP {board.http_latency.words()}"
    )


def line_of(board: Board, incident: Row) -> str:
    """An incident in one line."""
    name, amount, summary = board.in_words(incident)
    return f"incident {incident['last_seen_at'][11:19]} {name} {amount}: {summary}"


async def show(board: Board, console: Console) -> None:
    """Show the board until cancelled."""
    if console.is_terminal:
        with Live(picture(board), console=console, auto_refresh=False, transient=True) as live:
            while True:
                live.update(picture(board), refresh=True)
                await asyncio.sleep(LIVE_EVERY_S)
    told = 0
    while True:
        await asyncio.sleep(LINE_EVERY_S)
        new = len(board.incidents) - told
        for incident in list(board.newest)[-min(new, INCIDENTS_A_LINE) :] if new else ():
            _print(console, line_of(board, board.incidents[incident["incident_id"]]))
        if new > INCIDENTS_A_LINE:
            _print(console, f"and {new - INCIDENTS_A_LINE} more incidents")
        told += new
        _print(console, status(board))


def _print(console: Console, line: str) -> None:
    console.print(f"demo: {line}", markup=False, soft_wrap=True)
