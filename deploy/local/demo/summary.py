"""At the end: what was found, against what the simulator put in."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from rich.console import Console
from rich.table import Table

from deploy.local.demo.board import Board
from monitor.rules.catalogue import RULES
from monitor.simulator import Row, Summary, score

NAMED_MAX: Final = 10


class Outcome(Struct, frozen=True):
    """How a demo went. `faults`: why it is no success, one sentence each."""

    summary: Summary
    faults: tuple[str, ...]


def judge(board: Board, truth: Sequence[Row], *, drained: bool) -> Outcome:
    """Compare the board with the truth."""
    summary = score(truth, board.findings.values(), board.decisions.values())
    never = sorted(set(summary.missed) - set(summary.found))
    faults = []
    if not drained:
        faults.append("the stream was not through in time, so what is missing may only be late")
    if never:
        faults.append(f"no fraud was found of {', '.join(never)}")
    if summary.unlisted_rejections:
        faults.append(
            f"{len(summary.unlisted_rejections)} rejections are not in the truth: {_some(summary.unlisted_rejections)}"
        )
    if board.played < board.total:
        faults.append(f"only {board.played:,} of {board.total:,} records were played")
    return Outcome(summary, tuple(faults))


def tell(outcome: Outcome, board: Board, console: Console, *, language: str) -> None:
    """Print the comparison."""
    summary = outcome.summary
    table = Table(box=None, pad_edge=False, title="what was put in, and what was found", title_justify="left")
    table.add_column("rule", no_wrap=True)
    for column in ("put in", "found", "missed", "false alarms", "by chance"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("name")
    for rule in RULES:
        found, missed = summary.found.get(rule.id, 0), summary.missed.get(rule.id, 0)
        numbers = (
            found + missed,
            found,
            missed,
            summary.false_alarms.get(rule.id, 0),
            summary.chance.get(rule.id, 0),
        )
        table.add_row(rule.id, *map(str, numbers), rule.text(language).name, style="red" if missed else None)
    console.print()
    console.print(table)
    console.print()
    for line in _lines(outcome, board):
        console.print(line, markup=False, soft_wrap=True)


def _lines(outcome: Outcome, board: Board) -> list[str]:
    summary = outcome.summary
    found, missed = sum(summary.found.values()), sum(summary.missed.values())
    alarms = sum(summary.false_alarms.values())
    verdicts = ", ".join(f"{name} {count:,}" for name, count in sorted(board.verdicts.items()))
    kinds = set(summary.found) | set(summary.missed)
    http = f"{board.over_http:,} calls, {board.unchecked} failed open, {board.failed_http} failed"
    rows = {
        "frauds": f"{found} of {found + missed} found, {missed} missed; of {len(kinds)} kinds {len(summary.found)} found",
        "alarms": f"{alarms} false, {sum(summary.chance.values())} by chance (true to the rule's letter, nobody cheated)",
        "rejections": f"{len(summary.unlisted_rejections)} not in the truth, {len(summary.missed_rejections)} missed",
        "verdicts": verdicts,
        "latency": f"settlement to verdict {board.stream_latency.words()}",
        "over HTTP": f"3102 to answer {board.http_latency.words()} ({http})",
    }
    lines = [f"{name:<11} {text}" for name, text in rows.items()]
    named = (("missed", summary.missed_scenarios), ("alarm", summary.alarms))
    lines += [f"{word:<11} {name}" for word, names in named for name in names[:NAMED_MAX]]
    lines += [f"FAILED      {fault}" for fault in outcome.faults]
    if not outcome.faults:
        lines.append(
            "ok          every kind of fraud was found, and nothing was refused that the truth does not list"
        )
    return lines


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED_MAX} more" if len(names) > NAMED_MAX else ""
    return ", ".join(names[:NAMED_MAX]) + more
