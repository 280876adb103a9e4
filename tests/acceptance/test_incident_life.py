"""Incidents: open, resolved, withdrawn with a successor, and whether a person is told."""

import random

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import Outcome, Row, rfc

ARITHMETIC = "GZ10000201002000"
BURST = "LOC-PHARMACY-BURST"
HOPPING = "LOC-CARD-HOPPING"
OFF_HOURS = "LOC-OFF-HOURS"
AT = "2026-03-10 12:00:00"


def minute(n: int) -> str:
    """So many minutes after noon."""
    return wire.later(AT, minutes=n)


def wrong(person: str, at: str, provider: str = wire.PHARMACY) -> wire.Record:
    """A sale whose line does not add up: a finding of severity 1 over 12.00."""
    return wire.pharmacy_sale(person, at=at, lines=[wire.line(amount="12.00")], provider=provider)


def burst(at: str, *names: str) -> list[wire.Record]:
    """These persons within seconds."""
    return [wire.pharmacy_sale(name, at=wire.later(at, seconds=10 * n)) for n, name in enumerate(names)]


def of(outcome: Outcome, rule: str, *states: str) -> list[Row]:
    """The incidents of a rule in one of these states, earliest first."""
    found = [row for row in outcome.incidents if row["rule_id"] == rule and row["state"] in states]
    return sorted(found, key=lambda row: (row["opened_at"], row["incident_id"]))


def live(outcome: Outcome, rule: str) -> list[Row]:
    """The incidents of a rule that are not withdrawn."""
    return of(outcome, rule, "open", "resolved")


def passing(at: str) -> wire.Record:
    """A call that only moves the watermark."""
    return wire.face_check("nobody", at=at, result="1", provider=wire.hospital(77))


def test_it_is_resolved_at_its_last_sight_and_the_gap(replay: Replay) -> None:
    outcome = replay([*burst(AT, *"abcd"), passing(minute(60))])
    (incident,) = live(outcome, BURST)
    assert (incident["state"], incident["last_seen_at"]) == ("resolved", rfc(wire.later(AT, seconds=30)))
    assert incident["resolved_at"] == rfc(wire.later(AT, minutes=30, seconds=30))


def test_it_is_resolved_a_day_after_its_last_finding(replay: Replay) -> None:
    later = [passing(wire.later(AT, hours=n)) for n in (12, 24, 25)]
    (incident,) = live(replay([wrong("a", AT), *later]), ARITHMETIC)
    assert (incident["state"], incident["resolved_at"]) == ("resolved", rfc(wire.later(AT, days=1)))
    (incident,) = live(replay([wrong("a", AT), *later[:2]]), ARITHMETIC)
    assert (incident["state"], incident["resolved_at"]) == ("open", None)


def test_it_is_withdrawn_when_all_its_findings_are(replay: Replay) -> None:
    sales = [wrong("a", minute(0)), wrong("b", minute(60))]
    undone = [wire.reversal(sale, at=minute(120 + n)) for n, sale in enumerate(sales)]
    outcome = replay([*sales, *undone])
    assert live(outcome, ARITHMETIC) == []
    assert of(outcome, ARITHMETIC, "withdrawn")


def test_it_shrinks_when_one_of_its_findings_is_withdrawn(replay: Replay) -> None:
    sales = [wrong("a", minute(0)), wrong("b", minute(60))]
    outcome = replay([*sales, wire.reversal(sales[1], at=minute(120))])
    (incident,) = live(outcome, ARITHMETIC)
    assert (incident["findings"], incident["amount"], incident["last_seen_at"]) == (
        1,
        "12.00",
        rfc(minute(0)),
    )
    assert of(outcome, ARITHMETIC, "withdrawn") == []


def test_it_has_a_successor_when_its_first_finding_is_withdrawn(replay: Replay) -> None:
    sales = [wrong("a", minute(0)), wrong("b", minute(60))]
    outcome = replay([*sales, wire.reversal(sales[0], at=minute(120))])
    (old,), (new,) = of(outcome, ARITHMETIC, "withdrawn"), live(outcome, ARITHMETIC)
    assert old["successor"] == new["incident_id"] != old["incident_id"]
    assert (new["findings"], new["opened_at"][:16]) == (1, rfc(minute(60))[:16])
    (plain,) = live(replay(sales[1:]), ARITHMETIC)
    assert plain["incident_id"] == new["incident_id"]


def test_it_has_a_successor_when_an_earlier_finding_comes_late(replay: Replay) -> None:
    early, late = wrong("a", minute(0)), wrong("b", minute(4))
    outcome = replay([late, early])
    (old,), (new,) = of(outcome, ARITHMETIC, "withdrawn"), live(outcome, ARITHMETIC)
    assert (old["successor"], new["findings"]) == (new["incident_id"], 2)
    (straight,) = live(replay([early, late]), ARITHMETIC)
    assert straight["incident_id"] == new["incident_id"]


def test_two_stories_are_joined_by_a_finding_between_them(replay: Replay) -> None:
    one, two = wrong("a", AT), wrong("a", wire.later(AT, hours=30))
    between = wrong("b", wire.later(AT, hours=15))
    outcome = replay([one, passing(wire.later(AT, hours=20)), two, between])
    (joined,) = live(outcome, ARITHMETIC)
    assert joined["findings"] == 3
    (gone,) = of(outcome, ARITHMETIC, "withdrawn")
    assert gone["successor"] == joined["incident_id"]
    assert joined["incident_id"] == live(replay([one]), ARITHMETIC)[0]["incident_id"]


def test_a_story_is_split_when_what_joined_it_is_withdrawn(replay: Replay) -> None:
    times = [AT, wire.later(AT, hours=15), wire.later(AT, hours=30)]
    sales = [wrong("a", at) for at in times]
    outcome = replay([*sales, wire.reversal(sales[1], at=wire.later(AT, hours=31))])
    assert [row["findings"] for row in live(outcome, ARITHMETIC)] == [1, 1]


def test_a_shuffle_within_the_lateness_ends_in_the_same_incidents(replay: Replay) -> None:
    records = [wrong(f"w{n % 3}", wire.later(AT, seconds=25 * n)) for n in range(6)]
    records += burst(minute(1), *"abcde")
    records += [wire.reversal(records[0], at=minute(4)), wire.reversal(records[-1], at=minute(4))]

    def story(outcome: Outcome) -> list[tuple[str, str, int, str]]:
        rows = [row for row in outcome.incidents if row["state"] != "withdrawn"]
        return sorted((row["incident_id"], row["rule_id"], row["findings"], row["amount"]) for row in rows)

    straight = story(replay(records))
    for seed in range(5):
        assert story(replay(random.Random(seed).sample(records, len(records)))) == straight


def test_severity_1_is_notified(replay: Replay) -> None:
    (incident,) = live(replay([wrong("a", AT)]), ARITHMETIC)
    assert incident["notify"] is True


def test_a_first_burst_is_not_notified(replay: Replay) -> None:
    (incident,) = live(replay(burst(AT, *"abcdefgh")), BURST)
    assert incident["notify"] is False


@pytest.mark.parametrize("persons, notified", [("wxyz", False), ("vwxyz", True)])
def test_a_burst_above_the_earlier_ones_is_notified(replay: Replay, persons: str, *, notified: bool) -> None:
    records = [*burst(AT, *"abcd"), *burst(wire.later(AT, days=1), *persons)]
    first, second = live(replay(records), BURST)
    assert (first["notify"], second["notify"]) == (False, notified)


@pytest.mark.parametrize("days, notified", [(27, True), (30, False)])
def test_only_bursts_of_28_days_are_looked_back_at(replay: Replay, days: int, *, notified: bool) -> None:
    steps = [passing(wire.later(AT, hours=20 * n)) for n in range(1, days)]
    records = [*burst(AT, *"abcd"), *steps, *burst(wire.later(AT, days=days), *"vwxyz")]
    assert live(replay(records), BURST)[-1]["notify"] is notified


@pytest.mark.parametrize("days, notified", [(2, False), (3, True)])
def test_the_same_persons_together_on_three_days_are_notified(
    replay: Replay, days: int, *, notified: bool
) -> None:
    # Two of the same and two strangers each day, so nothing but the pair stands out.
    records = [
        each
        for day in range(days)
        for each in burst(wire.later(AT, days=day), "pair one", "pair two", f"s{day}", f"t{day}")
    ]
    assert live(replay(records), BURST)[-1]["notify"] is notified


def test_one_same_person_on_three_days_is_not_notified(replay: Replay) -> None:
    records = [
        each
        for day in range(3)
        for each in burst(wire.later(AT, days=day), "same", *(f"{c}{day}" for c in "abc"))
    ]
    assert [row["notify"] for row in live(replay(records), BURST)] == [False] * 3


def hop(*pharmacies: int, item: str = "SV00000001", items: tuple[str, ...] = ()) -> list[wire.Record]:
    """One person at these pharmacies, ten minutes apart."""
    goods = items or (item,) * len(pharmacies)
    return [
        wire.pharmacy_sale("a", at=minute(10 * n), provider=wire.pharmacy(p), lines=[wire.line(goods[n])])
        for n, p in enumerate(pharmacies)
    ]


def test_hopping_is_notified_at_three_pharmacies_or_the_same_drug_twice(replay: Replay) -> None:
    two_lines_of_one_drug = hop(1, 2, items=("XA00000001", "XB00000001"))
    two_lines_of_one_drug[0]["request"]["input"]["drugdetail"].append(
        wire.line("XA00000001", at=minute(0), sn="D9")
    )
    for records, notified in (
        (hop(1, 2, items=("XA00000001", "XB00000001")), False),
        (hop(1, 2, 1, items=("XA00000001", "XB00000001", "XC00000001")), False),
        (hop(1, 2, 3, items=("XA00000001", "XB00000001", "XC00000001")), True),
        (hop(1, 2, item="XA00000001"), True),
        (hop(1, 2, item="SV00000001"), False),
        (two_lines_of_one_drug, False),
    ):
        (incident,) = live(replay(records), HOPPING)
        assert incident["notify"] is notified


def test_priority_rises_with_amount_persons_and_repetition(replay: Replay) -> None:
    def priority(records: list[wire.Record]) -> int:
        (incident,) = live(replay(records), OFF_HOURS)
        return int(incident["priority"])

    night = "2026-03-10 23:10:00"
    one = [wire.pharmacy_sale("a", at=night)]
    dear = [wire.pharmacy_sale("a", at=night, lines=[wire.line(pric="5000.00")])]
    often = [wire.pharmacy_sale("a", at=wire.later(night, minutes=11 * n)) for n in range(4)]
    many = [wire.pharmacy_sale(f"p{n}", at=wire.later(night, minutes=11 * n)) for n in range(4)]
    assert priority(one) < priority(dear)
    assert priority(one) < priority(often) < priority(many)
    assert all(1 <= priority(records) <= 100 for records in (one, dear, often, many))
