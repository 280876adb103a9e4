"""Incidents: which findings are one story, whose story it is, and what it sums up."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import Outcome, Row, rfc

ARITHMETIC = "GZ10000201002000"
BURST = "LOC-PHARMACY-BURST"
REPEAT = "LOC-CARD-REPEAT"
HOPPING = "LOC-CARD-HOPPING"
OFF_HOURS = "LOC-OFF-HOURS"
COVER = "LOC-COVER-INACTIVE"
DECEASED = "LOC-DECEASED"
FACE = "LOC-FACE-MISMATCH"
TRACE = "LOC-TRACE-REUSED"
OVERLAP = "LOC-STAY-OVERLAP"
AT = "2026-03-10 12:00:00"
FIELDS = {
    *(
        "type",
        "incident_id",
        "rule_id",
        "provider",
        "person",
        "severity",
        "state",
        "opened_at",
        "last_seen_at",
    ),
    *(
        "resolved_at",
        "findings",
        "persons",
        "amount",
        "summary",
        "runbook_url",
        "revision",
        "priority",
        "notify",
    ),
}


def minute(n: int) -> str:
    """So many minutes after noon."""
    return wire.later(AT, minutes=n)


def wrong(person: str, at: str, provider: str = wire.PHARMACY) -> wire.Record:
    """A sale whose line does not add up: a finding of severity 1 over 12.00."""
    return wire.pharmacy_sale(person, at=at, lines=[wire.line(amount="12.00")], provider=provider)


def burst(at: str, names: str = "p", persons: int = 4) -> list[wire.Record]:
    """So many persons within seconds, the last 10 s after the one before."""
    return [wire.pharmacy_sale(f"{names}{n}", at=wire.later(at, seconds=10 * n)) for n in range(persons)]


def of(outcome: Outcome, rule: str, *, state: str = "") -> list[Row]:
    """The incidents of a rule, earliest first."""
    found = [row for row in outcome.incidents if row["rule_id"] == rule and state in ("", row["state"])]
    return sorted(found, key=lambda row: (row["opened_at"], row["incident_id"]))


def test_an_incident_has_its_fields(replay: Replay) -> None:
    (incident,) = of(replay([wrong("a", AT)]), ARITHMETIC)
    assert set(incident) >= FIELDS
    assert (incident["type"], incident["state"], incident["severity"]) == ("incident", "open", 1)
    assert (incident["findings"], incident["persons"], incident["amount"]) == (1, 1, "12.00")
    assert (incident["last_seen_at"], incident["resolved_at"]) == (rfc(AT), None)
    assert incident["opened_at"] <= incident["last_seen_at"]
    assert 1 <= incident["priority"] <= 100
    assert incident["provider"] == wire.PHARMACY
    assert incident["runbook_url"]


def test_a_summary_is_one_line(replay: Replay) -> None:
    for incident in replay([wrong("a", AT), *burst(minute(5))]).incidents:
        assert incident["summary"].strip()
        assert len(incident["summary"].splitlines()) == 1


def test_each_incident_is_printed_once_in_its_final_state(replay: Replay) -> None:
    outcome = replay([wrong("a", minute(n)) for n in range(0, 60, 20)])
    assert len({row["incident_id"] for row in outcome.incidents}) == len(outcome.incidents)
    (incident,) = of(outcome, ARITHMETIC)
    assert (incident["findings"], incident["last_seen_at"]) == (3, rfc(minute(40)))


@pytest.mark.parametrize("seconds, stories", [(0, 1), (1, 2)])
def test_findings_are_one_story_while_the_gap_is_at_most_a_day(
    replay: Replay, seconds: int, stories: int
) -> None:
    records = [wrong("a", AT), wrong("b", wire.later(AT, days=1, seconds=seconds))]
    assert len(of(replay(records), ARITHMETIC)) == stories


@pytest.mark.parametrize("seconds, stories", [(0, 1), (1, 2)])
def test_bursts_are_one_story_while_the_gap_is_at_most_half_an_hour(
    replay: Replay, seconds: int, stories: int
) -> None:
    # From the last evidence of one to the first evidence of the next.
    first = burst(AT)
    second = burst(wire.later(AT, seconds=30 + 30 * 60 + seconds), names="q")
    incidents = of(replay([*first, *second]), BURST)
    assert [row["findings"] for row in incidents] == ([2] if stories == 1 else [1, 1])


@pytest.mark.parametrize("seconds, stories", [(0, 1), (1, 2)])
def test_a_new_story_begins_after_seven_days(replay: Replay, seconds: int, stories: int) -> None:
    records = [wrong("a", wire.later(AT, hours=20 * n)) for n in range(9)]
    records.append(wrong("a", wire.later(AT, days=7, seconds=seconds)))
    incidents = of(replay(records), ARITHMETIC)
    assert [row["findings"] for row in incidents] == ([10] if stories == 1 else [9, 1])


def test_the_longest_story_is_a_setting(replay: Replay) -> None:
    region = 'region = "430100"\nincident_max_days = 1\n'
    records = [wrong("a", wire.later(AT, hours=20 * n)) for n in range(3)]
    assert [row["findings"] for row in of(replay(records, region=region), ARITHMETIC)] == [2, 1]


def test_the_gap_is_a_limit_of_the_rule(replay: Replay) -> None:
    region = (
        'region = "430100"\n[[change]]\nfrom = 2026-01-01\n'
        "rules.LOC-PHARMACY-BURST = { incident_gap_s = 60 }\n"
        "rules.GZ10000201002000 = { incident_gap_s = 600 }\n"
    )
    records = [*burst(AT), *burst(minute(5), names="q"), wrong("a", minute(10)), wrong("b", minute(21))]
    outcome = replay(records, region=region)
    assert [len(of(outcome, rule)) for rule in (BURST, ARITHMETIC)] == [2, 2]


def test_the_subject_is_the_provider(replay: Replay) -> None:
    outcome = replay(
        [wrong("a", minute(0)), wrong("b", minute(90)), wrong("a", minute(180), wire.pharmacy(2))]
    )
    one, two = of(outcome, ARITHMETIC)
    assert (one["findings"], one["persons"], one["person"], one["provider"]) == (2, 2, None, wire.PHARMACY)
    assert (two["findings"], two["persons"], two["provider"]) == (1, 1, wire.pharmacy(2))
    assert two["person"] == outcome.open_of(ARITHMETIC)[0]["person"]


def test_the_subject_of_the_deceased_is_the_person(replay: Replay) -> None:
    records = [wire.insured_record(who, at=minute(0), die_date="2026-03-01") for who in "ab"]
    records += [wire.pharmacy_sale("a", at=minute(60 * n), provider=wire.pharmacy(n)) for n in (1, 2)]
    records.append(wire.pharmacy_sale("b", at=minute(180), provider=wire.pharmacy(2)))
    incidents = of(replay(records), DECEASED)
    assert [row["findings"] for row in incidents] == [2, 1]
    assert all(row["person"] for row in incidents)


def test_the_subject_of_hopping_is_the_person(replay: Replay) -> None:
    hops = [("a", 0, 1), ("a", 9, 2), ("a", 600, 3), ("a", 609, 4), ("b", 0, 5), ("b", 9, 6)]
    records = [wire.pharmacy_sale(who, at=minute(n), provider=wire.pharmacy(p)) for who, n, p in hops]
    # Bursts are half an hour apart at most, so the second pair is another story.
    assert sorted(row["findings"] for row in of(replay(records), HOPPING)) == [1, 1, 1]
    near = [("a", 0, 1), ("a", 9, 2), ("a", 39, 3)]
    records = [wire.pharmacy_sale(who, at=minute(n), provider=wire.pharmacy(p)) for who, n, p in near]
    assert len(of(replay(records), HOPPING)) == 1


def test_the_subject_of_card_repeats_is_the_person_at_the_provider(replay: Replay) -> None:
    records = [
        wire.pharmacy_sale(who, at=minute(start + n), provider=wire.pharmacy(p))
        for who, start, p in (("a", 0, 1), ("b", 4, 1), ("a", 60, 2))
        for n in range(3)
    ]
    incidents = of(replay(records), REPEAT)
    assert [row["findings"] for row in incidents] == [1, 1, 1]
    assert len({(row["person"], row["provider"]) for row in incidents}) == 3


def test_the_subject_of_a_face_mismatch_is_the_person_at_the_provider(replay: Replay) -> None:
    records = []
    for n, (who, house) in enumerate((("a", 1), ("b", 1), ("a", 2))):
        provider = wire.hospital(house)
        records.append(wire.face_check(who, at=minute(10 * n), provider=provider))
        records.append(wire.outpatient_settlement(who, at=minute(10 * n + 1), provider=provider))
    assert [row["findings"] for row in of(replay(records), FACE)] == [1, 1, 1]


def test_the_subject_of_a_reused_code_is_the_code(replay: Replay) -> None:
    records = []
    for n, code in enumerate(("81000000000000000017", "81000000000000000024")):
        for k in range(2):
            line = wire.line("XA00000001")
            at = minute(60 * k + n)
            records.append(
                wire.pharmacy_sale(f"{n}{k}", at=at, lines=[line], traces=[wire.trace(code, of=line)])
            )
    assert [row["findings"] for row in of(replay(records), TRACE)] == [1, 1]


def test_the_subject_of_overlapping_stays_is_the_person(replay: Replay) -> None:
    records = [
        wire.admission("a", at=f"2026-03-0{n} 08:00:00", mdtrt_id=f"M{n}", provider=wire.hospital(n))
        for n in (1, 2, 3)
    ]
    records += [
        wire.discharge("a", at=f"2026-03-0{n + 4} 08:00:00", mdtrt_id=f"M{n}", provider=wire.hospital(n))
        for n in (1, 2, 3)
    ]
    assert sum(row["findings"] for row in of(replay(records), OVERLAP)) == 2
    assert len({row["person"] for row in of(replay(records), OVERLAP)}) == 1


def test_an_incident_has_the_gravest_severity(replay: Replay) -> None:
    # An old answer of the register is severity 2, a fresh one severity 1.
    records = [
        wire.insured_record("a", at="2026-03-08 12:00:00", status="4"),
        wire.insured_record("b", at=minute(0), status="4"),
        wire.pharmacy_sale("a", at=minute(1)),
        wire.pharmacy_sale("b", at=minute(2)),
        wire.pharmacy_sale("a", at=minute(3)),
    ]
    (incident,) = of(replay(records), COVER)
    assert (incident["findings"], incident["severity"]) == (3, 1)


def test_an_incident_counts_each_line_once(replay: Replay) -> None:
    # The settlement is the one that the 3102 asked about.
    records = [
        wire.face_check("a", at=minute(0)),
        wire.orders_checked("a", at=minute(1), orders=[wire.order(rx_id="X1")], mdtrt_id="M1"),
        *wire.outpatient_visit("a", at=minute(2), lines=[wire.line(sn="X1")], mdtrt_id="M1", amount="10.00"),
    ]
    (incident,) = of(replay(records), FACE)
    assert (incident["findings"], incident["amount"]) == (2, "10.00")


@pytest.mark.parametrize(
    "settled_at, visit, amount",
    [(2, "M1", "30.00"), (1, "M1", "30.00"), (0, "M1", "40.00"), (2, "M2", "40.00")],
    ids=["after", "at once", "before", "of another visit"],
)
def test_a_settlement_without_a_known_line_counts_before_the_3102_of_its_visit(
    replay: Replay, settled_at: int, visit: str, amount: str
) -> None:
    records = [
        wire.face_check("a", at=minute(-1)),
        wire.orders_checked("a", at=minute(1), orders=[wire.order(rx_id="X1")], mdtrt_id="M1"),
        wire.outpatient_settlement("a", at=minute(settled_at), mdtrt_id=visit, amount="30.00"),
    ]
    for order in (records, records[::-1]):
        (incident,) = [row for row in of(replay(order), FACE) if row["state"] != "withdrawn"]
        assert (incident["findings"], incident["amount"]) == (2, amount)


def test_neither_the_3102_nor_its_settlement_need_have_a_line_to_count_once(replay: Replay) -> None:
    asked = wire.orders_checked("a", at=minute(1), orders=[], mdtrt_id="M1")
    (encounter,) = asked["request"]["input"]["data"]["patient_dtos"][0]["fsi_encounter_dtos"]
    encounter["medfee_sumamt"] = "40.00"
    settled = wire.outpatient_settlement("a", at=minute(2), mdtrt_id="M1", amount="30.00")
    records = [wire.face_check("a", at=minute(0)), asked, settled]
    assert [row["amount"] for row in of(replay(records[:2]), FACE)] == ["40.00"]
    assert [row["amount"] for row in of(replay(records), FACE)] == ["30.00"]


def test_an_incident_sums_its_findings(replay: Replay) -> None:
    records = [wrong("a", minute(0)), wrong("b", minute(40)), wrong("c", minute(80))]
    (incident,) = of(replay(records), ARITHMETIC)
    assert incident["amount"] == "36.00"


def test_bursts_of_one_story_count_their_persons_once(replay: Replay) -> None:
    (incident,) = of(replay([*burst(AT), *burst(minute(10), persons=5)]), BURST)
    assert (incident["findings"], incident["persons"], incident["amount"]) == (2, 5, "90.00")
    assert incident["person"] is None


def test_reminders_make_no_incident(replay: Replay) -> None:
    table = {"diagnosis_sex": "diagnosis_prefix,gend\nO80,2\n"}
    outcome = replay([wire.pharmacy_sale("a", at=AT, dise_codg="O80.000")], reference=table)
    assert len(outcome.open_findings) == 1
    assert outcome.incidents == []


def sold(*moments: str, person: str = "zhao", shops: bool = False) -> list[wire.Record]:
    """One card again and again: at one pharmacy, or each time at another."""
    return [
        wire.pharmacy_sale(person, at=at, provider=wire.pharmacy(n + 1) if shops else wire.PHARMACY)
        for n, at in enumerate(moments)
    ]


FIVE = burst(AT, persons=5)
REPEATED = sold(*(minute(n) for n in range(4)))
HOPPED = sold(*(minute(10 * n) for n in range(3)), shops=True)
APART = sold(minute(0), minute(20), minute(60), minute(80), minute(40), shops=True)


@pytest.mark.parametrize(
    "rule, before, then",
    [
        pytest.param(
            BURST, FIVE, wire.reversal(FIVE[0], at=minute(5)), id="the first of a burst is reversed"
        ),
        pytest.param(BURST, FIVE[1:], FIVE[0], id="an earlier one comes late"),
        pytest.param(REPEAT, REPEATED, wire.reversal(REPEATED[0], at=minute(9)), id="the first of a card"),
        pytest.param(HOPPING, HOPPED, wire.reversal(HOPPED[0], at=minute(30)), id="the first pharmacy"),
        pytest.param(HOPPING, APART[:-1], APART[-1], id="one between two chains joins them"),
    ],
)
def test_what_takes_the_place_of_an_incident_is_its_successor(
    replay: Replay, rule: str, before: list[wire.Record], then: wire.Record
) -> None:
    """Chains begin elsewhere, join or split: whoever was told of the old one is told the rest under the new name."""
    old = {row["incident_id"] for row in of(replay(before), rule)}
    outcome = replay([*before, then])
    (now,) = [row for row in of(outcome, rule) if row["state"] != "withdrawn"]
    gone = of(outcome, rule, state="withdrawn")
    assert {row["incident_id"] for row in gone} == old - {now["incident_id"]}
    assert gone
    assert {row["successor"] for row in gone} == {now["incident_id"]}


def test_a_burst_that_begins_a_day_earlier_has_not_met_itself(replay: Replay) -> None:
    """The same persons on three days: the former self of a burst over midnight is no day of its own."""
    midnight = "2026-03-11 00:00:05"
    two_days_before = [
        wire.pharmacy_sale(name, at=wire.later("2026-03-09 12:00:00", seconds=n))
        for n, name in enumerate("abceh")
    ]
    that_night = [
        wire.pharmacy_sale(name, at=wire.later(midnight, seconds=n)) for n, name in enumerate("abcf")
    ]
    late = wire.pharmacy_sale("g", at=wire.later(midnight, seconds=-10))
    told = [row["notify"] for row in of(replay([*two_days_before, *that_night, late]), BURST)]
    assert told
    assert not any(told)
