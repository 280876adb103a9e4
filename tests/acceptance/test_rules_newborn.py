"""Newborns are billed on the mother's card: for 90 days some rules are quiet for that person."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import Outcome, flat

ONCE = "GZ10000102012000"
AGE = "GZ10000301002000"
DIAGNOSIS_AGE = "GZ10000204007000"
OVERLAP = "LOC-STAY-OVERLAP"
ARITHMETIC = "GZ10000201002000"
TABLES = {
    "once_per_day": "item\nSVDAY00001\n",
    "drug_age": "drug,min_age,max_age\nXZCHILD001,,17\n",
    "diagnosis_age": "diagnosis_prefix,min_age,max_age\nQ,,1\n",
}
BIRTH = "2026-03-01 08:00:00"


def birth(*, med_type: str = "52", diagnosis: str = "", at: str = BIRTH, begntime: str = "") -> wire.Record:
    return wire.visit_details(
        "mother",
        at=at,
        mdtrt_id="MB",
        med_type=med_type,
        diagnoses=[diagnosis] if diagnosis else [],
        begntime=begntime,
    )


def care(days: int) -> list[wire.Record]:
    """A visit that breaches four rules, so many days after the birth."""
    at = wire.later("2026-03-01 10:00:00", days=days)
    lines = [wire.line("SVDAY00001", cnt="2"), wire.line("XZCHILD001"), wire.line(amount="12.00")]
    return [
        wire.visit_details("mother", at=at, mdtrt_id="MC", diagnoses=["Q21.000"]),
        *wire.outpatient_visit("mother", at=at, lines=lines, mdtrt_id="MC"),
    ]


def found(replay: Replay, *records: wire.Record | list[wire.Record]) -> set[str]:
    outcome: Outcome = replay(flat(*records), reference=TABLES)
    return {each["rule_id"] for each in outcome.open_findings}


def test_without_a_birth_all_of_them_fire(replay: Replay) -> None:
    assert found(replay, care(10)) == {ONCE, AGE, DIAGNOSIS_AGE, ARITHMETIC}


@pytest.mark.parametrize(
    "med_type, diagnosis",
    [("51", ""), ("52", ""), ("11", "P00.900"), ("11", "P96.900"), ("11", "P59.900"), ("11", "Z38.000")],
)
def test_after_a_birth_they_are_quiet_and_the_others_are_not(
    replay: Replay, med_type: str, diagnosis: str
) -> None:
    assert found(replay, birth(med_type=med_type, diagnosis=diagnosis), care(10)) == {ARITHMETIC}


@pytest.mark.parametrize("med_type, diagnosis", [("11", "O80.900"), ("11", "Z39.000"), ("2101", "")])
def test_other_visits_are_no_births(replay: Replay, med_type: str, diagnosis: str) -> None:
    assert ONCE in found(replay, birth(med_type=med_type, diagnosis=diagnosis), care(10))


@pytest.mark.parametrize("days, quiet", [(0, True), (89, True), (91, False)])
def test_it_lasts_ninety_days(replay: Replay, days: int, quiet: bool) -> None:
    """Whether the ninetieth day after the visit is still one of the 90 is left open."""
    assert (ONCE not in found(replay, birth(), care(days))) is quiet


def test_the_ninety_days_begin_with_the_visit(replay: Replay) -> None:
    told_late = birth(at="2026-03-20 08:00:00", begntime="2026-03-01 08:00:00")
    assert ONCE in found(replay, told_late, care(95))
    assert ONCE not in found(replay, told_late, care(80))


def test_before_the_birth_nothing_is_quiet(replay: Replay) -> None:
    assert ONCE in found(replay, care(-3), birth())


def test_a_stay_of_maternity_is_a_birth(replay: Replay) -> None:
    admitted = wire.admission("mother", at=BIRTH, mdtrt_id="MB", med_type="52", diagnosis="O80.900")
    discharged = wire.discharge("mother", at="2026-03-04 08:00:00", mdtrt_id="MB")
    assert found(replay, admitted, discharged, care(10)) == {ARITHMETIC}


def test_the_baby_may_be_treated_during_the_mothers_stay(replay: Replay) -> None:
    admitted = wire.admission("mother", at=BIRTH, mdtrt_id="MB", med_type="52", diagnosis="O80.900")
    baby = wire.admission(
        "mother", at="2026-03-02 08:00:00", mdtrt_id="MN", diagnosis="P59.900", provider=wire.hospital(2)
    )
    sale = wire.pharmacy_sale("mother", at="2026-03-03 08:00:00")
    assert found(replay, admitted, baby, sale) == set()
    ordinary = wire.admission("mother", at=BIRTH, mdtrt_id="MB")
    assert found(replay, ordinary, sale) == {OVERLAP}


def test_another_person_is_not_exempt(replay: Replay) -> None:
    other = wire.outpatient_visit("other", at="2026-03-05 10:00:00", lines=[wire.line("SVDAY00001", cnt="2")])
    assert found(replay, birth(), other) == {ONCE}


def test_orders_for_the_baby_are_quiet(replay: Replay) -> None:
    orders = [wire.order("SVDAY00001", cnt="2"), wire.order("XZCHILD001")]
    at = "2026-03-05 10:00:00"
    before = wire.orders_checked("mother", at=at, orders=orders)
    assert replay([before], reference=TABLES).decision(before) == ("reject", "30.00")
    assert replay([birth(), before], reference=TABLES).decision(before) == ("pass", "0.00")


@pytest.mark.parametrize("code, quiet", [("Z38.000", True), ("P59.900", True), ("O80.000", False)])
@pytest.mark.parametrize("told", ["admission", "discharge"])
def test_a_stay_says_by_any_of_its_diagnoses_that_a_newborn_is_treated(
    replay: Replay, told: str, code: str, quiet: bool
) -> None:
    """A delivery is the main diagnosis, the child (Z38) hardly ever."""
    begun = wire.admission("mother", at=BIRTH, mdtrt_id="MB", diagnosis="O80.000")
    ended = wire.discharge("mother", at="2026-03-04 09:00:00", mdtrt_id="MB", diagnosis="O80.000")
    with_child = begun if told == "admission" else ended
    rows = with_child["request"]["input"]["diseinfo"]
    rows.append(rows[0] | {"diag_code": code, "maindiag_flag": "0"})
    assert found(replay, begun, ended, care(10)) == (
        {ARITHMETIC} if quiet else {ONCE, AGE, DIAGNOSIS_AGE, ARITHMETIC}
    )


def test_a_secondary_diagnosis_of_a_stay_is_still_no_diagnosis_of_its_visit(replay: Replay) -> None:
    """Of a stay the main one counts, also where another says that a newborn is treated."""
    tables = {"drug_indication": "drug,diagnosis_prefix\nXNEWBORN01,P59\n"}
    begun = wire.admission("mother", at=BIRTH, mdtrt_id="MB", diagnosis="O80.000")
    rows = begun["request"]["input"]["diseinfo"]
    rows.append(rows[0] | {"diag_code": "P59.900", "maindiag_flag": "0"})
    day = "2026-03-03 09:00:00"
    charged = wire.stay_charges("mother", at=day, mdtrt_id="MB", lines=[wire.line("XNEWBORN01")])
    settled = wire.stay_settlement("mother", at=wire.later(day, hours=1), mdtrt_id="MB")
    outcome = replay(flat(begun, charged, settled), reference=tables)
    assert len(outcome.open_of("GZ10000101008000")) == 1


@pytest.mark.parametrize("code", ["P²5", "P٠٥", "P５９", "P9", "P97", "P"])
def test_a_code_that_is_nearly_that_of_a_newborn_is_none_and_no_fault(replay: Replay, code: str) -> None:
    """Digits of other scripts pass for digits, and are no numbers."""
    begun = wire.admission("mother", at=BIRTH, mdtrt_id="MB", diagnosis="O80.000")
    rows = begun["request"]["input"]["diseinfo"]
    rows.append(rows[0] | {"diag_code": code, "maindiag_flag": "0"})
    told = birth(med_type="11", diagnosis=code)
    ended = wire.discharge("mother", at="2026-03-04 09:00:00", mdtrt_id="MB")
    outcome: Outcome = replay(flat(begun, told, ended, care(10)), reference=TABLES)
    assert {each["rule_id"] for each in outcome.open_findings} == {ONCE, AGE, DIAGNOSIS_AGE, ARITHMETIC}
    assert outcome.dead_letters == []
