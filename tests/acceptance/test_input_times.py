"""Event time, call time, lateness, the watermark and times out of range."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import Row, rfc

ARITHMETIC = "GZ10000201002000"
BURST = "LOC-PHARMACY-BURST"
ONCE = "GZ10000102012000"
OFF_HOURS = "LOC-OFF-HOURS"
BED = "AB11000001"
DAY = "2026-03-10"
NOON = f"{DAY} 12:00:00"


def wrong(person: str, at: str, **terms: str) -> wire.Record:
    """A sale whose line does not add up, so it makes a finding at its time."""
    return wire.pharmacy_sale(person, at=at, lines=[wire.line(amount="12.00", at=at)], **terms)  # type: ignore[arg-type]


def burst(at: str, provider: str = wire.PHARMACY) -> list[wire.Record]:
    """Four persons within 30 s."""
    return [
        wire.pharmacy_sale(f"burst {n}", at=wire.later(at, seconds=10 * n), provider=provider)
        for n in range(4)
    ]


def state(incidents: list[Row], rule: str) -> str:
    """The state of the only incident of a rule."""
    (incident,) = [each for each in incidents if each["rule_id"] == rule]
    return str(incident["state"])


def test_the_time_of_a_settlement_is_its_setl_time(replay: Replay) -> None:
    sale = wrong("a", NOON, inf_time="2026-03-10 23:30:00")
    outcome = replay([sale])
    assert outcome.one(ARITHMETIC)["occurred_at"] == rfc(NOON)
    assert outcome.open_of(OFF_HOURS) == []


def test_the_time_of_a_charge_line_is_its_fee_time(replay: Replay) -> None:
    # Two days of fees, uploaded and settled on one day: not twice a day.
    lines = [wire.line(BED, at=f"2026-03-0{day} 08:00:00") for day in (8, 9)]
    table = {"once_per_day": f"item\n{BED}\n"}
    assert replay(wire.outpatient_visit("a", at=NOON, lines=lines), reference=table).open_of(ONCE) == []
    twice = [wire.line(BED, at="2026-03-08 08:00:00"), wire.line(BED, at="2026-03-08 23:59:59")]
    records = wire.outpatient_visit("a", at=NOON, lines=twice)
    assert len(replay(records, reference=table).open_of(ONCE)) == 1


def test_the_time_of_a_stay_is_its_begin_and_its_end(replay: Replay) -> None:
    # Both calls were sent long after the nights they are about.
    records = [
        wire.admission("a", at=NOON, begntime="2026-03-01 08:00:00", mdtrt_id="M1"),
        wire.discharge("a", at=NOON, endtime="2026-03-03 08:00:00", mdtrt_id="M1"),
        wire.admission(
            "a", at=NOON, begntime="2026-03-02 08:00:00", mdtrt_id="M2", provider=wire.hospital(2)
        ),
        wire.discharge("a", at=NOON, endtime="2026-03-04 08:00:00", mdtrt_id="M2", provider=wire.hospital(2)),
    ]
    assert len(replay(records).open_of("LOC-STAY-OVERLAP")) == 1


@pytest.mark.parametrize(
    "text", ["2026-03-10 12:00:00+08:00", "2026-03-10 12:00:00Z", "2026-03-10 04:00:00 UTC"]
)
def test_a_time_with_a_zone_is_refused(replay: Replay, text: str) -> None:
    sale = wrong("a", NOON)
    sale["reply"]["output"]["setlinfo"]["setl_time"] = text
    outcome = replay([sale])
    assert len(outcome.dead_letters) == 1
    assert outcome.verdicts == []


@pytest.mark.parametrize("seconds, late", [(300, False), (301, True), (0, False), (86_400, True)])
def test_late_is_more_than_five_minutes_behind_the_highest_call_time(
    replay: Replay, seconds: int, *, late: bool
) -> None:
    records = [wire.pharmacy_sale("first", at=NOON), wrong("a", wire.later(NOON, seconds=-seconds))]
    assert replay(records).one(ARITHMETIC)["late"] is late


def test_a_late_record_is_put_in_its_place(replay: Replay) -> None:
    sales = burst(NOON)
    later = wire.pharmacy_sale("x", at=wire.later(NOON, hours=5), provider=wire.pharmacy(2))
    finding = replay([*sales[:2], later, *sales[2:]]).one(BURST)
    assert (finding["late"], finding["evidence_count"]) == (True, 4)


def test_a_finding_of_punctual_facts_is_not_late(replay: Replay) -> None:
    assert replay(burst(NOON)).one(BURST)["late"] is False


def test_lateness_is_a_setting(replay: Replay) -> None:
    region = 'region = "430100"\nlateness_s = 60\n'
    records = [wire.pharmacy_sale("first", at=NOON), wrong("a", wire.later(NOON, seconds=-61))]
    assert replay(records, region=region).one(ARITHMETIC)["late"] is True
    records = [wire.pharmacy_sale("first", at=NOON), wrong("a", wire.later(NOON, seconds=-60))]
    assert replay(records, region=region).one(ARITHMETIC)["late"] is False


def test_the_call_time_of_other_calls_is_inf_time(replay: Replay) -> None:
    check = wire.face_check("x", at=NOON, result="1")
    records = [check, wrong("a", wire.later(NOON, seconds=-301))]
    assert replay(records).one(ARITHMETIC)["late"] is True


@pytest.mark.parametrize("seconds, expected", [(-2, "open"), (2, "resolved")])
def test_an_incident_is_resolved_when_the_watermark_has_passed_its_gap(
    replay: Replay, seconds: int, expected: str
) -> None:
    last = wire.later(NOON, seconds=30)
    passing = wire.later(last, minutes=30 + 5, seconds=seconds)
    records = [*burst(NOON), wire.face_check("x", at=passing, result="1")]
    assert state(replay(records).incidents, BURST) == expected


def test_a_jump_of_more_than_a_day_does_not_move_the_watermark_by_itself(replay: Replay) -> None:
    records = [
        wire.pharmacy_sale("first", at=NOON),
        wire.pharmacy_sale("jump", at=wire.later(NOON, hours=30), provider=wire.pharmacy(2)),
        wrong("a", wire.later(NOON, minutes=1)),
    ]
    assert replay(records).one(ARITHMETIC)["late"] is False


def test_a_jump_is_confirmed_by_a_record_within_a_day_of_it(replay: Replay) -> None:
    records = [
        wire.pharmacy_sale("first", at=NOON),
        wire.pharmacy_sale("jump", at=wire.later(NOON, hours=30), provider=wire.pharmacy(2)),
        wire.pharmacy_sale("again", at=wire.later(NOON, hours=50), provider=wire.pharmacy(2)),
        wrong("a", wire.later(NOON, minutes=1)),
    ]
    assert replay(records).one(ARITHMETIC)["late"] is True


def test_a_jump_of_less_than_a_day_needs_no_confirmation(replay: Replay) -> None:
    records = [
        wire.pharmacy_sale("first", at=NOON),
        wire.pharmacy_sale("step", at=wire.later(NOON, hours=23), provider=wire.pharmacy(2)),
        wrong("a", wire.later(NOON, minutes=1)),
    ]
    assert replay(records).one(ARITHMETIC)["late"] is True


def test_the_first_record_counts_as_confirmed(replay: Replay) -> None:
    records = [wire.pharmacy_sale("first", at="2030-01-01 12:00:00"), wrong("a", NOON)]
    assert replay(records).one(ARITHMETIC)["late"] is True


def test_the_end_of_the_file_confirms_a_pending_jump(replay: Replay) -> None:
    jump = wire.pharmacy_sale("jump", at=wire.later(NOON, hours=30), provider=wire.pharmacy(2))
    assert state(replay([*burst(NOON), jump]).incidents, BURST) == "resolved"


def test_the_end_of_the_file_changes_nothing_else(replay: Replay) -> None:
    assert state(replay(burst(NOON)).incidents, BURST) == "open"


@pytest.mark.parametrize("at", ["2000-01-01 00:00:00", "2000-02-29 12:00:00", "2100-12-31 23:59:59"])
def test_a_time_at_the_edge_of_the_range_counts(replay: Replay, at: str) -> None:
    sale = wrong("a", at)
    outcome = replay([sale])
    assert outcome.dead_letters == []
    assert outcome.one(ARITHMETIC)["occurred_at"] == rfc(at)


@pytest.mark.parametrize(
    "at", ["1999-12-31 23:59:59", "2101-01-01 00:00:00", "9999-12-31 23:59:59", "2100-02-29 12:00:00"]
)
def test_a_time_out_of_range_is_a_dead_letter_and_never_moves_the_watermark(replay: Replay, at: str) -> None:
    bad = [wrong("bad", NOON), wrong("bad too", NOON)]
    for record in bad:
        record["reply"]["output"]["setlinfo"]["setl_time"] = at
    outcome = replay([wire.pharmacy_sale("first", at=NOON), *bad, wrong("a", NOON)])
    assert [letter["line"] for letter in outcome.dead_letters] == [2, 3]
    assert outcome.one(ARITHMETIC)["late"] is False
    assert len(outcome.verdicts) == 2


@pytest.mark.parametrize("year", ["1999", "2101", "9999"])
def test_an_inf_time_out_of_range_is_a_dead_letter(replay: Replay, year: str) -> None:
    check = wire.face_check("a", at=NOON)
    check["request"]["inf_time"] = f"{year}-03-10 12:00:00"
    assert len(replay([check]).dead_letters) == 1


def test_births_and_covers_may_lie_before_the_range(replay: Replay) -> None:
    records = [
        wire.insured_record("a", at=f"{DAY} 08:00:00", brdy="1931-05-20", since="1998-12-01"),
        wire.pharmacy_sale("a", at=NOON, brdy="1931-05-20"),
    ]
    outcome = replay(records)
    assert outcome.dead_letters == []
    assert outcome.verdict(records[1])["decision"] == "pass"


def test_a_dead_record_does_not_move_the_watermark(replay: Replay) -> None:
    broken = wire.pharmacy_sale("x", at=wire.later(NOON, hours=20))
    del broken["request"]["input"]["drugdetail"][0]["cnt"]
    records = [wire.pharmacy_sale("first", at=NOON), broken, wrong("a", NOON)]
    assert replay(records).one(ARITHMETIC)["late"] is False


def test_a_finding_made_by_a_fact_that_came_late_says_so_and_goes_on_saying_so(replay: Replay) -> None:
    settled = wire.outpatient_settlement("a", at=wire.later(NOON, minutes=2), mdtrt_id="M1")
    lines = wire.charges("a", at=NOON, mdtrt_id="M1", lines=[wire.line(amount="12.00")])
    more = wire.charges(
        "a", at=wire.later(NOON, minutes=1), mdtrt_id="M1", lines=[wire.line(amount="12.00", cnt="2")]
    )
    other = wire.pharmacy_sale("b", at=wire.later(NOON, hours=1), provider=wire.pharmacy(2))
    assert replay([lines, settled, other]).one(ARITHMETIC)["late"] is False
    assert replay([settled, other, lines]).one(ARITHMETIC)["late"] is True
    assert replay([settled, other, lines, more]).one(ARITHMETIC)["late"] is True
    assert replay([lines, settled, other, more]).one(ARITHMETIC)["late"] is True
