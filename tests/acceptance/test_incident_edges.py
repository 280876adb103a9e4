"""Edges of incidents: long stories, repeated checks, bigger bursts, and rules in shadow for a while."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import Outcome, Row, rfc

ARITHMETIC = "GZ10000201002000"
BURST = "LOC-PHARMACY-BURST"
FACE = "LOC-FACE-MISMATCH"
OVERLAP = "LOC-STAY-OVERLAP"
AT = "2026-03-10 12:00:00"


def minute(n: int) -> str:
    """So many minutes after noon."""
    return wire.later(AT, minutes=n)


def wrong(person: str, at: str, provider: str = wire.PHARMACY) -> wire.Record:
    """A sale whose line does not add up: a finding of severity 1 over 12.00."""
    return wire.pharmacy_sale(person, at=at, lines=[wire.line(amount="12.00")], provider=provider)


def burst(at: str, names: str) -> list[wire.Record]:
    """These persons within seconds."""
    return [wire.pharmacy_sale(name, at=wire.later(at, seconds=10 * n)) for n, name in enumerate(names)]


def live(outcome: Outcome, rule: str) -> list[Row]:
    """The incidents of a rule that are not withdrawn, earliest first."""
    found = [row for row in outcome.incidents if row["rule_id"] == rule and row["state"] != "withdrawn"]
    return sorted(found, key=lambda row: (row["opened_at"], row["incident_id"]))


def test_a_long_story_is_cut_every_seven_days(replay: Replay) -> None:
    records = [wrong("a", wire.later(AT, hours=20 * n)) for n in range(20)]
    assert [row["findings"] for row in live(replay(records), ARITHMETIC)] == [9, 9, 2]
    backwards = live(replay(list(reversed(records))), ARITHMETIC)
    assert [row["findings"] for row in backwards] == [9, 9, 2]


def test_a_check_that_is_made_twice_counts_its_lines_once(replay: Replay) -> None:
    orders = [wire.order(rx_id="X1")]
    records = [
        wire.face_check("a", at=minute(0)),
        wire.orders_checked("a", at=minute(1), orders=orders, mdtrt_id="M1"),
        wire.orders_checked("a", at=minute(2), orders=orders, mdtrt_id="M1"),
    ]
    (incident,) = live(replay(records), FACE)
    assert (incident["findings"], incident["amount"]) == (2, "10.00")


@pytest.mark.parametrize("first", [True, False], ids=["before", "afterwards"])
def test_a_settlement_stands_before_the_check_of_it(replay: Replay, *, first: bool) -> None:
    check = wire.orders_checked(
        "a", at=minute(1), orders=[wire.order(rx_id="X1", pric="11.00")], mdtrt_id="M1"
    )
    visit = wire.outpatient_visit("a", at=minute(2), lines=[wire.line(sn="X1")], mdtrt_id="M1")
    rest = [check, *visit] if first else [*visit, check]
    outcome = replay([wire.face_check("a", at=minute(0)), *rest])
    (incident,) = live(outcome, FACE)
    assert (incident["findings"], incident["amount"]) == (2, "10.00")
    assert sorted(row["amount"] for row in outcome.open_of(FACE)) == ["10.00", "11.00"]


def test_a_bigger_burst_in_the_same_story_is_notified(replay: Replay) -> None:
    (incident,) = live(replay([*burst(AT, "abcd"), *burst(minute(10), "vwxyz")]), BURST)
    assert (incident["findings"], incident["notify"]) == (2, True)


def test_a_burst_that_was_reversed_is_no_measure(replay: Replay) -> None:
    first = burst(AT, "abcd")
    undone = [wire.reversal(sale, at=minute(60)) for sale in first]
    records = [*first, *undone, *burst(wire.later(AT, hours=20), "vwxyz")]
    assert [row["notify"] for row in live(replay(records), BURST)] == [False]


def test_a_late_finding_reopens_a_resolved_story(replay: Replay) -> None:
    passing = wire.face_check("nobody", at=minute(50), result="1", provider=wire.hospital(9))
    records = [*burst(AT, "abcd"), passing, *burst(minute(25), "efgh")]
    (incident,) = live(replay(records), BURST)
    assert (incident["findings"], incident["state"]) == (2, "open")
    assert incident["last_seen_at"] == rfc(wire.later(AT, minutes=25, seconds=30))


def test_what_was_found_in_shadow_is_no_part_of_a_story(replay: Replay) -> None:
    region = (
        'region = "430100"\n[[change]]\nfrom = 2026-01-01\nrules.GZ10000201002000 = { mode = "shadow" }\n'
        '[[change]]\nfrom = 2026-03-11\nrules.GZ10000201002000 = { mode = "block" }\n'
    )
    records = [wrong("a", "2026-03-10 23:00:00"), wrong("b", "2026-03-11 01:00:00")]
    outcome = replay(records, region=region)
    assert [row["shadow"] for row in outcome.open_of(ARITHMETIC)] == [True, False]
    (incident,) = live(outcome, ARITHMETIC)
    assert (incident["findings"], incident["amount"]) == (1, "12.00")


def test_a_finding_that_shrinks_makes_its_story_smaller(replay: Replay) -> None:
    sales = burst(AT, "abcdef")
    (incident,) = live(replay([*sales, wire.reversal(sales[-1], at=minute(20))]), BURST)
    assert (incident["persons"], incident["amount"]) == (5, "50.00")


def test_the_story_of_a_provider_that_is_open_for_a_person(replay: Replay) -> None:
    # The same person twice: the incident names the person; a second person takes the name away.
    one = [wrong("a", minute(0)), wrong("a", minute(60))]
    (alone,) = live(replay(one), ARITHMETIC)
    (both,) = live(replay([*one, wrong("b", minute(90))]), ARITHMETIC)
    assert (alone["person"] is not None, both["person"]) == (True, None)
    assert alone["incident_id"] == both["incident_id"]


def test_revisions_of_an_incident_are_numbers_that_rise(replay: Replay) -> None:
    few = live(replay([wrong("a", minute(0))]), ARITHMETIC)[0]["revision"]
    many = live(replay([wrong("a", minute(n)) for n in (0, 60, 120)]), ARITHMETIC)[0]["revision"]
    assert isinstance(few, int)
    assert many >= few


def test_stories_of_different_rules_are_different(replay: Replay) -> None:
    sales = [
        wire.pharmacy_sale(
            name, at=wire.later("2026-03-10 23:00:00", seconds=10 * n), lines=[wire.line(amount="12.00")]
        )
        for n, name in enumerate("abcd")
    ]
    outcome = replay(sales)
    assert {row["rule_id"] for row in outcome.incidents} == {ARITHMETIC, BURST, "LOC-OFF-HOURS"}
    assert len({row["incident_id"] for row in outcome.incidents}) == 3


def test_a_withdrawn_story_without_a_rest_has_no_successor(replay: Replay) -> None:
    sale = wrong("a", AT)
    (gone,) = replay([sale, wire.reversal(sale, at=minute(60))]).incidents
    assert (gone["state"], gone.get("successor")) == ("withdrawn", None)
    assert gone["resolved_at"] is None
