"""A simulated day, what a replay in process finds in it, and what Kafka must agree on (contract §2)."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import orjson
from pydantic import SecretStr

from monitor.compose import budget_of, knowledge_of, policy_of
from monitor.pipeline import Pipeline
from monitor.replay import Replay
from monitor.settings import Settings
from monitor.simulator import City
from streams.topics import Topic
from tests.streams.world import TOKEN_KEY, World, last_revisions

Row = dict[str, Any]
Pair: TypeAlias = tuple[dict[str, Row], dict[str, Row]]
"""Ours, and what was wanted."""

NOT_COMPARED_FINDING = {"revision", "late", "shadow", "type"}
NOT_COMPARED_INCIDENT = {"revision", "notify", "priority", "type", "successor"}
NEAR_END_S = 3_600


@dataclass
class Day:
    """Records in order of arrival and the objects that a replay prints."""

    lines: list[bytes]
    reference: Path
    rows: list[Row]
    pipeline: Pipeline
    """With the memories of the replay."""

    @property
    def watermark(self) -> int:
        """Of the replay at its end."""
        return self.pipeline.watermark.time

    @cached_property
    def providers_of(self) -> dict[str, set[str]]:
        """Person token -> providers of its calls."""
        return {
            person: {fact.provider for fact in memory.facts.by_call.values()} | {c[0] for c in memory.answers}
            for person, memory in self.pipeline._persons.items()
        }

    def of(self, kind: str) -> list[Row]:
        return [row for row in self.rows if row["type"] == kind]


def make_day(folder: Path, *, records: int, seed: int) -> Day:
    city = City(seed=seed, records=records)
    city.write_reference(folder)
    return replayed(folder, list(city.feed()))


def replayed(folder: Path, lines: list[bytes]) -> Day:
    """These records and what a replay finds in them, with the reference tables of the folder."""
    settings = Settings(token_key=SecretStr(TOKEN_KEY), reference=folder)
    knowledge = knowledge_of(settings)
    pipeline = Pipeline(
        knowledge=knowledge, policy=policy_of(settings, knowledge), budget=budget_of(settings)
    )
    rows: list[Row] = []
    run = Replay(pipeline, lambda line: rows.append(orjson.loads(line)))
    run.run(lines, file="day")
    run.end()
    return Day(lines, folder, rows, pipeline)


async def assert_agreement(world: World, day: Day) -> None:
    """What Kafka said is what the replay says."""
    _equal(*open_findings(await world.rows(Topic.FINDINGS), day), "open findings")
    _equal(*live_incidents(await world.rows(Topic.ALERTS), day), "incidents")
    verdicts = await world.rows(Topic.VERDICTS)
    assert {row["verdict_id"] for row in verdicts} == {row["verdict_id"] for row in day.of("verdict")}
    _equal(*verdicts_in_order(verdicts, day), "verdicts of persons of one provider")
    dead = await world.said(Topic.DEAD_LETTERS)
    assert len({(r.headers, r.offset) for r in dead}) == len(day.of("dead_letter"))


def open_findings(said: list[Row], day: Day) -> Pair:
    """What must be equal of open findings, by finding_id: ours and the replay's."""

    def open_ones(rows: list[Row]) -> dict[str, Row]:
        last = last_revisions(rows, "finding_id")
        return {
            name: _less(row, NOT_COMPARED_FINDING) for name, row in last.items() if row["status"] == "open"
        }

    return open_ones(said), open_ones(day.of("finding"))


def live_incidents(said: list[Row], day: Day) -> Pair:
    """The same of incidents that are not withdrawn, by incident_id."""

    def live(rows: list[Row]) -> dict[str, Row]:
        last = last_revisions(rows, "incident_id")
        return {
            name: _less(row, NOT_COMPARED_INCIDENT)
            for name, row in last.items()
            if row["state"] != "withdrawn"
        }

    ours, wanted = live(said), live(day.of("incident"))
    for name in ours.keys() & wanted.keys():
        if near_end(wanted[name], day) or near_end(ours[name], day):
            for row in (ours[name], wanted[name]):
                row["state"] = row["resolved_at"] = None
    return ours, wanted


def near_end(row: Row, day: Day) -> bool:
    """Whether the end of an incident lies so near the feed's end that it may be open or resolved."""
    gap = 1_800 if row["resolved_at"] is None else 0
    at = row["resolved_at"] or row["last_seen_at"]
    return datetime.fromisoformat(at).timestamp() + 8 * 3600 + gap > day.watermark - NEAR_END_S


def verdicts_in_order(said: list[Row], day: Day) -> Pair:
    """The answers to persons whose records arrive in order, because they come from one provider; by verdict_id."""
    ours: dict[str, Row] = {}
    for row in said:
        # The first one is the answer that was given; repeats carry the same id.
        ours.setdefault(row["verdict_id"], row)
    wanted = {row["verdict_id"]: _less(row, {"type"}) for row in reversed(day.of("verdict"))}
    alone = {name for name, row in wanted.items() if len(day.providers_of[row["person"]]) == 1}
    return {n: ours[n] for n in alone & ours.keys()}, {n: wanted[n] for n in alone}


def _equal(ours: dict[str, Row], wanted: dict[str, Row], what: str) -> None:
    assert wanted, f"no {what} in the replay"
    missing, surplus = wanted.keys() - ours.keys(), ours.keys() - wanted.keys()
    other = {
        name: {
            k: (ours[name].get(k), wanted[name].get(k))
            for k in wanted[name]
            if ours[name].get(k) != wanted[name].get(k)
        }
        for name in ours.keys() & wanted.keys()
        if ours[name] != wanted[name]
    }
    told = f"{what}: {len(missing)} missing, {len(surplus)} surplus, {len(other)} other (ours, wanted)"
    rules = [wanted[n].get("rule_id") for n in missing] + [ours[n].get("rule_id") for n in surplus]
    assert not missing and not surplus and not other, f"{told}: {rules[:10]} {list(other.items())[:3]}"  # noqa: PT018 - one sentence for all


def _less(row: Row, names: set[str]) -> Row:
    return {name: value for name, value in row.items() if name not in names}
