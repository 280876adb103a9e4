"""A simulated day, and what a replay in one process says of it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from monitor.compose import budget_of, knowledge_of, policy_of
from monitor.pipeline import Pipeline
from monitor.replay import Replay
from monitor.settings import Settings
from monitor.simulator import City


class Call(NamedTuple):
    """A feed record."""

    raw: bytes
    msgid: str
    provider: str


class Day(NamedTuple):
    """Records in order of arrival, the city's tables, its biggest hospital."""

    calls: list[Call]
    reference: Path
    hospital: str

    @property
    def size(self) -> float:
        """Mean bytes of a record."""
        return sum(len(call.raw) for call in self.calls) / len(self.calls)


class Said(NamedTuple):
    """What must come out: ids of verdicts, and of findings that are open at the end."""

    verdicts: frozenset[str]
    findings: frozenset[str]


def make_day(folder: Path, *, records: int, seed: int = 1) -> Day:
    """About so many records; the same seed gives the same ones."""
    city = City(seed=seed, records=records)
    city.write_reference(folder)
    return Day([_call(raw) for raw in city.feed()], folder, city.hospitals[0].code)


def replayed(day: Day, settings: Settings) -> Said:
    """What `monitor replay` says of these records under these settings."""
    rows: list[dict[str, Any]] = []
    knowledge = knowledge_of(settings)
    pipeline = Pipeline(
        knowledge=knowledge, policy=policy_of(settings, knowledge), budget=budget_of(settings)
    )
    run = Replay(pipeline, lambda line: rows.append(orjson.loads(line)))
    run.run([call.raw for call in day.calls], file="day")
    run.end()
    return said(rows)


def said(rows: Iterable[dict[str, Any]]) -> Said:
    """Ids out of verdicts and revisions of findings."""
    verdicts, last = set(), dict[str, dict[str, Any]]()
    for row in rows:
        if "verdict_id" in row:
            verdicts.add(row["verdict_id"])
        elif "finding_id" in row and (
            row["finding_id"] not in last or row["revision"] >= last[row["finding_id"]]["revision"]
        ):
            last[row["finding_id"]] = row
    findings = frozenset(name for name, row in last.items() if row["status"] == "open")
    return Said(frozenset(verdicts), findings)


def _call(raw: bytes) -> Call:
    try:
        request = orjson.loads(raw)["request"]
        return Call(raw, str(request["msgid"]), str(request["fixmedins_code"]))
    except (ValueError, KeyError, TypeError):
        return Call(raw, "", "nobody")
