from collections import Counter

import orjson
import pytest

from monitor.simulator.city import CASTS, City
from tests.monitor.simulator.conftest import Day

RULES = [
    "GZ10000201002000",
    "GZ10000102012000",
    "GZ10000102014000",
    "GZ10000101008000",
    "GZ10000101009000",
    "GZ10000301002000",
    "GZ10000301004000",
    "GZ10000204006000",
    "GZ10000204007000",
    "GZ10000301006000",
    "GZ10000204001000",
    "GZ10000204003000",
    "LOC-DECEASED",
    "LOC-COVER-INACTIVE",
    "LOC-STAY-OVERLAP",
    "LOC-FACE-MISMATCH",
    "LOC-DIALYSIS-ABSENT",
    "LOC-PHARMACY-BURST",
    "LOC-CARD-REPEAT",
    "LOC-CARD-HOPPING",
    "LOC-SETTLE-REFUND",
    "LOC-OFF-HOURS",
    "LOC-TRACE-REUSED",
]
REJECTING = [
    "GZ10000201002000",
    "GZ10000102012000",
    "GZ10000102014000",
    "GZ10000101008000",
    "GZ10000101009000",
    "GZ10000301002000",
    "GZ10000301004000",
    "LOC-DECEASED",
    "LOC-COVER-INACTIVE",
    "LOC-FACE-MISMATCH",
]


@pytest.mark.parametrize("rule_id", RULES)
def test_every_rule_has_a_fraud(rule_id: str, day: Day) -> None:
    assert any(row.rule_id == rule_id and row.kind == "fraud" for row in day.truth)


def test_every_scene_is_told_in_the_truth(day: Day) -> None:
    told = {row.scenario for row in day.truth}
    assert {cast.name for cast in CASTS} <= told


def test_only_rules_that_block_ask_for_a_rejection(day: Day) -> None:
    asking = {row.rule_id for row in day.truth if row.must_reject}
    assert asking == set(REJECTING)


def test_every_fraud_is_out_in_the_first_third_of_the_feed(day: Day) -> None:
    place = {record["request"]["msgid"]: number for number, record in enumerate(day.records)}
    first = [place[row.msgid] for row in day.truth if row.kind == "fraud"]
    assert max(first) < len(day.records) * 0.4


def test_scenes_play_again_in_a_larger_city() -> None:
    city = City(seed=2, records=25_000)
    for _ in city.feed():
        pass
    frauds = Counter(row.rule_id for row in city.truth if row.kind == "fraud")
    once = Counter(cast.rule_id for cast in CASTS)
    assert all(frauds[rule_id] >= 2 for rule_id in RULES)
    assert set(frauds) <= set(once)


def test_the_truth_names_calls_of_the_feed_and_nobody(day: Day) -> None:
    msgids = {record["request"]["msgid"] for record in day.records}
    setl_ids = {
        info["setl_id"]
        for record in day.records
        if (info := ((record["reply"] or {}).get("output") or {}).get("setlinfo")) and "setl_id" in info
    }
    people = {person.psn_no for person in day.city.people}
    for row in day.truth:
        assert set(row.msgids) <= msgids
        assert set(row.setl_ids) <= setl_ids
        assert row.msgid in row.msgids
        assert set(row.must_reject) <= set(row.msgids)
        assert not people & {row.msgid, *row.msgids, *row.setl_ids}


def test_no_two_scenes_share_a_call(day: Day) -> None:
    owner: dict[str, str] = {}
    for row in day.truth:
        if row.scenario.startswith("impostor at the"):
            continue  # the check and the settlement of one visit are two rows
        for msgid in row.msgids:
            assert owner.setdefault(msgid, row.scenario) == row.scenario


def test_no_two_scenes_share_a_person(day: Day) -> None:
    person_of: dict[str, str] = {}
    for line in day.lines:
        record = orjson.loads(line)
        info = ((record["reply"] or {}).get("output") or {}).get("setlinfo")
        if info:
            person_of[record["request"]["msgid"]] = info["psn_no"]
    owner: dict[str, str] = {}
    for row in day.truth:
        name = "impostor" if row.scenario.startswith("impostor at the") else row.scenario
        for person in {person_of[msgid] for msgid in row.msgids if msgid in person_of}:
            if name != "impostor":
                assert owner.setdefault(person, name) == name
