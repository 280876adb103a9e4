"""The register: whose word counts about birth, sex, death and cover."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay

AGE = "GZ10000301002000"
SEX = "GZ10000301004000"
DECEASED = "LOC-DECEASED"
COVER = "LOC-COVER-INACTIVE"
AT = "2026-03-10 12:00:00"
CHILD, WOMAN = "XB00000001", "XC00000001"
TABLES = {
    "drug_age": f"drug,min_age,max_age\n{CHILD},,14\n",
    "drug_sex": f"drug,gend\n{WOMAN},2\n",
}
OLD, YOUNG = "1980-05-20", "2020-05-20"


def minute(n: int) -> str:
    """So many minutes after noon."""
    return wire.later(AT, minutes=n)


def persons(person: str, *, gend: str = "", brdy: str = "", die_date: str = "") -> dict[str, str]:
    """The table of persons with one row."""
    return {"persons": f"psn_no,gend,brdy,die_date\n{wire.psn_no(person)},{gend},{brdy},{die_date}\n"}


def sold(brdy: str = "", gend: str = "") -> wire.Record:
    """A sale of a drug for children and one for women."""
    return wire.pharmacy_sale("a", at=AT, lines=[wire.line(CHILD), wire.line(WOMAN)], brdy=brdy, gend=gend)


@pytest.mark.parametrize(
    "own,asked,listed,found",
    [
        (OLD, YOUNG, YOUNG, 1),
        (YOUNG, OLD, OLD, 0),
        ("", OLD, YOUNG, 1),
        ("", YOUNG, OLD, 0),
        ("", "", OLD, 1),
        ("", "", YOUNG, 0),
        ("", "", "", 0),
    ],
)
def test_birth_is_that_of_the_settlement_then_of_the_answer_then_of_the_table(
    replay: Replay, own: str, asked: str, listed: str, found: int
) -> None:
    records = [wire.insured_record("a", at=minute(-5), brdy=asked), sold(own)]
    outcome = replay(records, reference=TABLES | persons("a", brdy=listed))
    assert outcome.dead_letters == []
    assert len(outcome.open_of(AGE)) == found


@pytest.mark.parametrize(
    "own,asked,listed,found",
    [
        ("1", "2", "2", 1),
        ("2", "1", "1", 0),
        ("", "1", "2", 1),
        ("", "2", "1", 0),
        ("", "", "1", 1),
        ("", "", "", 0),
    ],
)
def test_sex_is_that_of_the_settlement_then_of_the_answer_then_of_the_table(
    replay: Replay, own: str, asked: str, listed: str, found: int
) -> None:
    records = [wire.insured_record("a", at=minute(-5), gend=asked), sold(gend=own)]
    assert len(replay(records, reference=TABLES | persons("a", gend=listed)).open_of(SEX)) == found


@pytest.mark.parametrize(
    "asked,listed,found",
    [("2026-03-09", "", 1), ("2026-03-10", "", 0), ("", "2026-03-09", 1), ("2026-03-20", "2026-03-09", 1)],
)
def test_the_earliest_day_of_death_counts(replay: Replay, asked: str, listed: str, found: int) -> None:
    records = [wire.insured_record("a", at=minute(-5), die_date=asked), sold()]
    assert len(replay(records, reference=persons("a", die_date=listed)).open_of(DECEASED)) == found


@pytest.mark.parametrize("die_date,found", [("", 1), ("2026-03-08", 1), ("2026-03-10", 0)])
def test_a_discharge_by_death_tells_the_day(replay: Replay, die_date: str, found: int) -> None:
    ended = wire.discharge("a", at="2026-03-09 10:00:00", mdtrt_id="M1", dscg_way="5", die_date=die_date)
    assert len(replay([ended, sold()]).open_of(DECEASED)) == found


def test_a_discharge_in_health_tells_no_death(replay: Replay) -> None:
    ended = wire.discharge("a", at="2026-03-09 10:00:00", mdtrt_id="M1", dscg_way="1", die_date="")
    assert replay([ended, sold()]).open_of(DECEASED) == []


def test_a_settlement_of_the_day_of_death_is_in_order(replay: Replay) -> None:
    last = wire.pharmacy_sale("a", at="2026-03-09 23:59:59")
    records = [wire.insured_record("a", at="2026-03-09 08:00:00", die_date="2026-03-09"), last]
    assert replay(records).open_of(DECEASED) == []


def test_what_was_charged_in_life_may_be_settled_later(replay: Replay) -> None:
    lines = [wire.line(at="2026-03-08 09:00:00", sn="D1"), wire.line(at="2026-03-09 09:00:00", sn="D2")]
    visit = wire.outpatient_visit("a", at=AT, lines=lines)
    records = [wire.insured_record("a", at=minute(-5), die_date="2026-03-08"), *visit]
    outcome = replay(records)
    assert outcome.decision(visit[-1]) == ("reject", "10.00")
    assert [line["feedetl_sn"] for line in outcome.one(DECEASED)["lines"]] == ["D2"]


@pytest.mark.parametrize(
    "status,found", [("0", 1), ("1", 0), ("2", 1), ("3", 1), ("4", 1), ("9", 0), ("", 0)]
)
def test_cover_is_what_the_register_says(replay: Replay, status: str, found: int) -> None:
    records = [wire.insured_record("a", at=minute(-5), status=status), sold()]
    assert len(replay(records).open_of(COVER)) == found


def test_cover_of_another_insurance_is_not_asked_about(replay: Replay) -> None:
    records = [wire.insured_record("a", at=minute(-5), status="2", insutype="390"), sold()]
    assert replay(records).open_of(COVER) == []


def test_of_several_insurances_that_of_the_settlement_counts(replay: Replay) -> None:
    answer = wire.insured_record("a", at=minute(-5), status="2", insutype="390")
    (other,) = answer["reply"]["output"]["insuinfo"]
    answer["reply"]["output"]["insuinfo"] = [other, other | {"insutype": "310", "psn_insu_stas": "1"}]
    assert replay([answer, sold()]).open_of(COVER) == []
    resident = wire.pharmacy_sale("a", at=AT, insutype="390")
    assert len(replay([answer, resident]).open_of(COVER)) == 1


@pytest.mark.parametrize("paused,found", [("2026-03-09", 1), ("2026-03-10", 1), ("2026-03-11", 0)])
def test_cover_is_paused_from_its_day_on(replay: Replay, paused: str, found: int) -> None:
    records = [wire.insured_record("a", at=minute(-5), status="2", paused=paused), sold()]
    assert len(replay(records).open_of(COVER)) == found


@pytest.mark.parametrize("seconds,severity", [(86_400, 1), (86_401, 2)])
def test_an_answer_older_than_a_day_is_a_suspicion(replay: Replay, seconds: int, severity: int) -> None:
    records = [wire.insured_record("a", at=wire.later(AT, seconds=-seconds), status="4"), sold()]
    assert replay(records).one(COVER)["severity"] == severity
