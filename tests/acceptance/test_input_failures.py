"""Calls that failed or were not answered, and pre-settlements: nothing happened, nothing is wrong."""

from collections.abc import Callable

import pytest

from tests import wire
from tests.acceptance.conftest import Replay

AT = "2026-03-10 12:00:00"
CODE = "81000000000000000017"
Make = Callable[..., wire.Record]


def sale(**call: object) -> wire.Record:
    return wire.pharmacy_sale("a", at=AT, lines=[wire.line(amount="12.00")], **call)  # type: ignore[arg-type]


def reversal(**call: object) -> wire.Record:
    return wire.reversal(sale(), at=AT, **call)  # type: ignore[arg-type]


def compensation(**call: object) -> wire.Record:
    return wire.compensation(sale(), at=AT, person="a", **call)  # type: ignore[arg-type]


def of(make: Make, **given: object) -> Make:
    """A call of one person at noon."""
    return lambda **call: make("a", at=AT, **given, **call)


CALLS: dict[str, Make] = {
    "1101": of(wire.insured_record, status="4"),
    "2101": of(wire.pharmacy_presale),
    "2102": sale,
    "2103": reversal,
    "2201": of(wire.registration, mdtrt_id="M1"),
    "2202": of(wire.registration_withdrawn, mdtrt_id="M1"),
    "2203": of(wire.visit_details, mdtrt_id="M1", diagnoses=["J00"]),
    "2204": of(wire.charges, mdtrt_id="M1", lines=[wire.line(amount="12.00")]),
    "2205": of(wire.charges_withdrawn, mdtrt_id="M1"),
    "2206": of(wire.outpatient_presettlement),
    "2207": of(wire.outpatient_settlement),
    "2301": of(wire.stay_charges, mdtrt_id="M1", lines=[wire.line(amount="12.00")]),
    "2302": of(wire.stay_charges_withdrawn, mdtrt_id="M1"),
    "2303": of(wire.stay_presettlement),
    "2304": of(wire.stay_settlement),
    "2401": of(wire.admission),
    "2402": of(wire.discharge, mdtrt_id="M1"),
    "2404": of(wire.admission_withdrawn, mdtrt_id="M1"),
    "2405": of(wire.discharge_withdrawn, mdtrt_id="M1"),
    "2601": compensation,
    "3505A": of(wire.goods_sold, setl_id="S1", codes=[CODE]),
    "3506A": of(wire.goods_returned, setl_id="S1", codes=[CODE]),
    "9601": of(wire.face_check),
    "9602": of(wire.face_registration),
}
FAILURES: dict[str, dict[str, object]] = {
    "failed": {"infcode": -1},
    "failed as text": {"infcode": "-1"},
    "unanswered": {"answered": False},
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("infno", CALLS)
def test_a_call_that_did_not_happen_is_no_fault(
    replay: Replay, infno: str, failure: dict[str, object]
) -> None:
    outcome = replay([CALLS[infno](**failure)])
    assert outcome.text == ""


@pytest.mark.parametrize("output", [None, "", [], {}], ids=repr)
def test_the_output_of_a_failure_may_be_anything_empty(replay: Replay, output: object) -> None:
    for infno, call in CALLS.items():
        record = call(infcode=-1)
        record["reply"]["output"] = output
        assert replay([record]).text == "", infno


def test_a_failure_needs_no_output_at_all(replay: Replay) -> None:
    for infno, call in CALLS.items():
        record = call(infcode=-1)
        record["reply"] = {"infcode": -1}
        assert replay([record]).text == "", infno


@pytest.mark.parametrize("infno", ["2101", "2206", "2303"])
def test_a_pre_settlement_needs_nothing_of_a_settlement(replay: Replay, infno: str) -> None:
    record = CALLS[infno]()
    record["reply"]["output"]["setlinfo"] = {"medfee_sumamt": "", "setl_time": ""}
    assert replay([record]).text == ""


@pytest.mark.parametrize("infno", ["2202", "2205", "2404", "2405", "2601"])
@pytest.mark.parametrize("output", [None, "", [], {}], ids=repr)
def test_a_success_that_says_nothing_more_is_a_success(replay: Replay, infno: str, output: object) -> None:
    record = CALLS[infno]()
    record["reply"]["output"] = output
    assert replay([record]).dead_letters == []


def test_a_retry_after_a_failure_counts_for_every_call(replay: Replay) -> None:
    records = []
    for infno in ("9601", "2207"):
        failed = CALLS[infno](infcode=-1, msgid=infno * 7 + "00")
        again = CALLS[infno](msgid=infno * 7 + "00")
        records += [failed, again]
    outcome = replay(records)
    assert len(outcome.open_of("LOC-FACE-MISMATCH")) == 1
    assert len(outcome.verdicts) == 1


def test_a_retry_of_an_unanswered_face_check_counts_even_after_its_settlement(replay: Replay) -> None:
    unknown = wire.face_check("a", at=AT, msgid="F" * 30, answered=False)
    visit = wire.outpatient_settlement("a", at=wire.later(AT, minutes=2))
    answered = wire.face_check("a", at=AT, msgid="F" * 30)
    outcome = replay([unknown, visit, answered])
    assert outcome.verdict(visit)["decision"] == "pass"
    assert len(outcome.open_of("LOC-FACE-MISMATCH")) == 1
