"""Ids are deterministic: the same events give the same ids, in whatever order and however often they come."""

import json
import random

import pytest

from tests import wire
from tests.acceptance.bare import run_lines
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import Outcome, settled

AT = "2026-03-10 12:00:00"


def second(n: int) -> str:
    """So many seconds after noon."""
    return wire.later(AT, seconds=n)


def busy_minutes() -> list[wire.Record]:
    """Five minutes with findings of many rules in them, reversals and retries included."""
    wire.restart()
    line = wire.line("XA00000001", sn="L1", amount="12.00")
    again = wire.line("XA00000001", sn="L2")
    records = [
        wire.insured_record("a", at=second(0), status="4"),
        wire.face_check("b", at=second(1)),
        wire.pharmacy_sale(
            "a", at=second(10), lines=[line], traces=[wire.trace("81000000000000000017", of=line)]
        ),
        wire.pharmacy_sale(
            "b", at=second(20), lines=[again], traces=[wire.trace("81000000000000000017", of=again)]
        ),
        *(wire.pharmacy_sale("c", at=second(30 + 20 * n)) for n in range(4)),
        *(wire.pharmacy_sale(f"p{n}", at=second(40 + 25 * n)) for n in range(6)),
        wire.pharmacy_sale("c", at=second(200), provider=wire.pharmacy(2)),
        *wire.outpatient_visit("b", at=second(120), lines=[wire.line(amount="12.00"), wire.line()]),
    ]
    records.append(wire.reversal(records[7], at=second(250)))
    records.append(wire.reversal(records[11], at=second(255)))
    return records


def standing(outcome: Outcome) -> list[dict[str, object]]:
    """What must agree of the incidents."""
    kept = [
        {k: v for k, v in row.items() if k not in {"revision", "notify", "priority", "state", "resolved_at"}}
        for row in outcome.incidents
        if row["state"] != "withdrawn"
    ]
    return sorted(kept, key=lambda row: str(row["incident_id"]))


def test_two_runs_say_the_same_to_the_letter(replay: Replay) -> None:
    assert replay(busy_minutes()).text == replay(busy_minutes()).text


def test_a_feed_of_many_findings_is_one(replay: Replay) -> None:
    assert len({row["rule_id"] for row in replay(busy_minutes()).open_findings}) >= 6


@pytest.mark.parametrize("seed", range(12))
def test_the_order_within_the_lateness_changes_no_finding_and_no_incident(replay: Replay, seed: int) -> None:
    records = busy_minutes()
    shuffled = random.Random(seed).sample(records, len(records))
    straight, mixed = replay(records), replay(shuffled)
    assert settled(mixed.open_findings) == settled(straight.open_findings)
    assert standing(mixed) == standing(straight)
    assert {row["verdict_id"] for row in mixed.verdicts} == {row["verdict_id"] for row in straight.verdicts}


@pytest.mark.parametrize("seed", range(3))
def test_repeats_change_no_finding_and_no_incident(replay: Replay, seed: int) -> None:
    records = busy_minutes()
    repeated = [each for record in records for each in [record] * random.Random(seed).randint(1, 3)]
    straight, many = replay(records), replay(repeated)
    assert settled(many.open_findings) == settled(straight.open_findings)
    assert standing(many) == standing(straight)
    assert len(many.revisions) == len(straight.revisions)


def test_ids_of_results_are_those_of_their_event(replay: Replay) -> None:
    records = busy_minutes()
    alone = [records[2]]
    with_all = replay(records).verdict(records[2])
    by_rule = {row["rule_id"]: row["jr_id"] for row in with_all["results"]}
    for result in replay(alone).verdict(records[2])["results"]:
        assert by_rule[result["rule_id"]] == result["jr_id"]
    assert len(set(by_rule.values())) == len(by_rule)


def test_ids_are_unique(replay: Replay) -> None:
    outcome = replay(busy_minutes())
    jr_ids = [result["jr_id"] for row in outcome.verdicts for result in row["results"]]
    assert len(set(jr_ids)) == len(jr_ids)
    assert len({row["verdict_id"] for row in outcome.verdicts}) == len(outcome.verdicts)


def test_each_verdict_is_there_once(replay: Replay) -> None:
    outcome = replay(busy_minutes())
    settlements = [r for r in busy_minutes() if r["request"]["infno"] in {"2102", "2207"}]
    assert sorted(row["msgid"] for row in outcome.verdicts) == sorted(
        r["request"]["msgid"] for r in settlements
    )


def test_revisions_of_a_finding_rise(replay: Replay) -> None:
    last: dict[str, int] = {}
    for row in replay(busy_minutes()).revisions:
        assert row["revision"] > last.get(row["finding_id"], -1)
        last[row["finding_id"]] = row["revision"]


def test_the_dress_of_a_record_does_not_change_an_id() -> None:
    records = busy_minutes()
    plain = run_lines([wire.as_line(record) for record in records])
    dressed = run_lines([json.dumps(record, indent=None, sort_keys=True).encode() for record in records])
    assert plain.text == dressed.text
