"""Reversals: they remove a fact, also when they come first, and must fit in person and provider."""

from collections.abc import Callable

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import settled

ARITHMETIC = "GZ10000201002000"
REPEAT = "LOC-CARD-REPEAT"
OVERLAP = "LOC-STAY-OVERLAP"
AT = "2026-03-10 12:00:00"
WRONG = "12.00"


def minute(n: int) -> str:
    """So many minutes after noon."""
    return wire.later(AT, minutes=n)


def a_sale() -> list[wire.Record]:
    """A 2102 whose line does not add up."""
    return [wire.pharmacy_sale("a", at=AT, lines=[wire.line(amount=WRONG)])]


def a_visit() -> list[wire.Record]:
    """A 2204 and a 2207 whose line does not add up."""
    return wire.outpatient_visit("a", at=AT, lines=[wire.line(amount=WRONG)])


def a_stay() -> list[wire.Record]:
    """A stay with a 2304 whose line does not add up."""
    return [
        wire.admission("a", at="2026-03-08 08:00:00", mdtrt_id="M1"),
        wire.stay_charges("a", at="2026-03-09 08:00:00", mdtrt_id="M1", lines=[wire.line(amount=WRONG)]),
        wire.discharge("a", at="2026-03-10 08:00:00", mdtrt_id="M1"),
        wire.stay_settlement("a", at=AT, mdtrt_id="M1", amount=WRONG),
    ]


KINDS = {"2103": a_sale, "2208": a_visit, "2305": a_stay}
Build = Callable[[], list[wire.Record]]


@pytest.mark.parametrize("build", KINDS.values(), ids=KINDS)
def test_a_reversal_withdraws_what_rested_on_its_settlement(replay: Replay, build: Build) -> None:
    records = build()
    outcome = replay([*records, wire.reversal(records[-1], at=minute(60))])
    (withdrawn,) = outcome.withdrawn_of(ARITHMETIC)
    assert withdrawn["revision"] > outcome.revisions[0]["revision"]
    assert outcome.open_findings == []
    assert outcome.decision(records[-1]) == ("reject", WRONG)


@pytest.mark.parametrize("build", KINDS.values(), ids=KINDS)
def test_a_reversal_may_come_first(replay: Replay, build: Build) -> None:
    records = build()
    outcome = replay([wire.reversal(records[-1], at=minute(3)), *records])
    assert outcome.open_findings == []
    assert outcome.decision(records[-1]) == ("pass", "0.00")


@pytest.mark.parametrize("build", KINDS.values(), ids=KINDS)
def test_a_reversal_of_another_person_is_ignored(replay: Replay, build: Build) -> None:
    records = build()
    for order in ([*records, wire.reversal(records[-1], at=minute(3), person="b")],):
        assert len(replay(order).open_of(ARITHMETIC)) == 1


@pytest.mark.parametrize("build", KINDS.values(), ids=KINDS)
def test_a_reversal_of_another_provider_is_ignored_whenever_it_comes(replay: Replay, build: Build) -> None:
    records = build()
    reversal = wire.reversal(records[-1], at=minute(3))
    reversal["request"]["fixmedins_code"] = wire.hospital(9)
    for order in ([*records, reversal], [reversal, *records]):
        outcome = replay(order)
        assert len(outcome.open_of(ARITHMETIC)) == 1
        assert outcome.decision(records[-1]) == ("reject", WRONG)
        assert outcome.dead_letters == []


def test_a_reversal_of_another_person_that_came_first_is_ignored(replay: Replay) -> None:
    (sale,) = a_sale()
    outcome = replay([wire.reversal(sale, at=minute(3), person="b"), sale])
    assert len(outcome.open_of(ARITHMETIC)) == 1


def test_a_reversal_of_an_unknown_setl_id_changes_nothing(replay: Replay) -> None:
    (sale,) = a_sale()
    outcome = replay([sale, wire.reversal(sale, at=minute(3), setl_id="S404")])
    assert len(outcome.open_of(ARITHMETIC)) == 1


@pytest.mark.parametrize("infno", ["2103", "2208", "2305"])
def test_a_setl_id_is_reversed_whatever_the_infno(replay: Replay, infno: str) -> None:
    (sale,) = a_sale()
    reversal = wire.reversal(sale, at=minute(3))
    reversal["request"]["infno"] = infno
    assert replay([sale, reversal]).open_findings == []


def test_a_reversed_settlement_does_not_add_up_with_others(replay: Replay) -> None:
    sales = [wire.pharmacy_sale("a", at=minute(n)) for n in range(3)]
    reversal = wire.reversal(sales[1], at=minute(120))
    assert replay([*sales, reversal]).open_of(REPEAT) == []
    assert len(replay([*sales, reversal]).withdrawn_of(REPEAT)) == 1


def test_a_finding_shrinks_when_part_of_it_is_reversed(replay: Replay) -> None:
    sales = [wire.pharmacy_sale("a", at=minute(n)) for n in range(4)]
    outcome = replay([*sales, wire.reversal(sales[3], at=minute(120))])
    finding = outcome.one(REPEAT)
    assert (finding["evidence_count"], finding["amount"], finding["observed"]) == (3, "30.00", 3)
    assert finding["occurred_at"].startswith("2026-03-10T12:02")


def test_the_order_of_a_reversal_and_its_settlement_does_not_matter(replay: Replay) -> None:
    sales = [wire.pharmacy_sale("a", at=minute(n), lines=[wire.line(amount=WRONG)]) for n in range(4)]
    reversal = wire.reversal(sales[2], at=minute(4))
    forth, back = replay([*sales, reversal]), replay([reversal, *reversed(sales)])
    assert settled(forth.open_findings) == settled(back.open_findings)
    assert len(forth.open_of(ARITHMETIC)) == 3


def test_a_reversal_frees_its_lines(replay: Replay) -> None:
    charges, first = a_visit()
    again = wire.outpatient_settlement(
        "a", at=minute(5), mdtrt_id=first["request"]["input"]["data"]["mdtrt_id"], amount=WRONG
    )
    outcome = replay([charges, first, wire.reversal(first, at=minute(4)), again])
    assert outcome.decision(again) == ("reject", WRONG)
    assert [each["msgid"] for each in outcome.one(ARITHMETIC)["evidence"]] == [again["request"]["msgid"]]


def test_a_reversal_that_is_repeated_counts_once(replay: Replay) -> None:
    (sale,) = a_sale()
    reversal = wire.reversal(sale, at=minute(3))
    assert replay([sale, reversal, reversal]).open_findings == []


def stays() -> list[wire.Record]:
    """Two stays that share a night."""
    there, here = wire.hospital(1), wire.hospital(2)
    return [
        wire.admission("a", at="2026-03-01 08:00:00", mdtrt_id="M1", provider=there),
        wire.admission("a", at="2026-03-02 08:00:00", mdtrt_id="M2", provider=here),
        wire.discharge("a", at="2026-03-04 08:00:00", mdtrt_id="M1", provider=there),
        wire.discharge("a", at="2026-03-05 08:00:00", mdtrt_id="M2", provider=here),
    ]


@pytest.mark.parametrize("first", [False, True], ids=["afterwards", "before it"])
def test_an_admission_that_is_withdrawn_was_no_stay(replay: Replay, *, first: bool) -> None:
    one, two, *ends = stays()
    undone = wire.admission_withdrawn("a", at="2026-03-02 08:03:00", mdtrt_id="M2", provider=wire.hospital(2))
    assert len(replay([one, two, *ends]).open_of(OVERLAP)) == 1
    records = [one, undone, two, ends[0]] if first else [one, two, undone, ends[0]]
    assert replay(records).open_of(OVERLAP) == []


@pytest.mark.parametrize(
    "person, provider", [("b", wire.hospital(2)), ("a", wire.hospital(3))], ids=["person", "provider"]
)
def test_an_admission_is_not_withdrawn_by_another(replay: Replay, person: str, provider: str) -> None:
    undone = wire.admission_withdrawn(person, at="2026-03-05 09:00:00", mdtrt_id="M2", provider=provider)
    assert len(replay([*stays(), undone]).open_of(OVERLAP)) == 1


def discharged_before_the_next() -> list[wire.Record]:
    """A stay with a charge after its end, and another stay over the days of that charge."""
    there, here = wire.hospital(1), wire.hospital(2)
    return [
        wire.admission("a", at="2026-03-01 08:00:00", mdtrt_id="M1", provider=there),
        wire.discharge("a", at="2026-03-02 08:00:00", mdtrt_id="M1", provider=there),
        wire.admission("a", at="2026-03-05 08:00:00", mdtrt_id="M2", provider=here),
        wire.stay_charges("a", at="2026-03-05 10:00:00", mdtrt_id="M1", lines=[wire.line()], provider=there),
        wire.discharge("a", at="2026-03-08 08:00:00", mdtrt_id="M2", provider=here),
    ]


@pytest.mark.parametrize(
    "person,provider,found",
    [("a", wire.hospital(1), 1), ("b", wire.hospital(1), 0), ("a", wire.hospital(3), 0)],
    ids=["fits", "another person", "another provider"],
)
def test_a_discharge_that_is_withdrawn_did_not_happen(
    replay: Replay, person: str, provider: str, found: int
) -> None:
    records = discharged_before_the_next()
    assert replay(records).open_of(OVERLAP) == []
    undone = wire.discharge_withdrawn(person, at="2026-03-02 09:00:00", mdtrt_id="M1", provider=provider)
    for order in ([*records, undone], [undone, *records]):
        assert len(replay(order).open_of(OVERLAP)) == found


@pytest.mark.parametrize(
    "person,provider",
    [("b", wire.HOSPITAL), ("a", wire.hospital(3))],
    ids=["another person", "another provider"],
)
def test_a_registration_is_not_withdrawn_by_another(replay: Replay, person: str, provider: str) -> None:
    table = {"drug_indication": "drug,diagnosis_prefix\nXA00000001,C50\n"}
    records = [
        wire.registration("a", at=minute(0), mdtrt_id="M1"),
        wire.visit_details("a", at=minute(1), mdtrt_id="M1", diagnoses=["J00.x00"]),
        wire.registration_withdrawn(person, at=minute(2), mdtrt_id="M1", provider=provider),
        *wire.outpatient_visit("a", at=minute(10), mdtrt_id="M1", lines=[wire.line("XA00000001")]),
    ]
    assert len(replay(records, reference=table).open_of("GZ10000101008000")) == 1


def test_a_registration_that_is_withdrawn_takes_its_visit_along(replay: Replay) -> None:
    # 2202 removes the visit; what it knew of diagnoses must not serve a rule any more.
    table = {"drug_indication": "drug,diagnosis_prefix\nXA00000001,C50\n"}
    sale = wire.outpatient_visit("a", at=minute(10), mdtrt_id="M1", lines=[wire.line("XA00000001")])
    records = [
        wire.registration("a", at=minute(0), mdtrt_id="M1"),
        wire.visit_details("a", at=minute(1), mdtrt_id="M1", diagnoses=["J00.x00"]),
    ]
    undone = wire.registration_withdrawn("a", at=minute(2), mdtrt_id="M1")
    assert len(replay([*records, *sale], reference=table).open_of("GZ10000101008000")) == 1
    assert replay([*records, undone, *sale], reference=table).open_of("GZ10000101008000") == []
