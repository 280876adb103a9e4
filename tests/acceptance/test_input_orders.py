"""3101 and 3102: which orders are judged, by which rules, and that nothing of them is remembered."""

import copy
import re

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import result_rules

ARITHMETIC = "GZ10000201002000"
ONCE = "GZ10000102012000"
INDICATION = "GZ10000101008000"
FACE = "LOC-FACE-MISMATCH"
COVER = "LOC-COVER-INACTIVE"
AT = "2026-03-10 12:00:00"
TABLES = {
    "once_per_day": "item\nAB11000001\n",
    "drug_indication": "drug,diagnosis_prefix\nXA00000001,C50\n",
    "diagnosis_sex": "diagnosis_prefix,gend\nO80,2\n",
}
BED = "AB11000001"
DRUG = "XA00000001"


def minute(n: int) -> str:
    """So many minutes after noon."""
    return wire.later(AT, minutes=n)


def off(rx_id: str = "", *, current: str = "1") -> wire.Record:
    """An order that does not add up."""
    return wire.order(amount="12.00", rx_id=rx_id, current=current)


def patient(record: wire.Record) -> wire.Record:
    """The only patient of a call."""
    return record["request"]["input"]["data"]["patient_dtos"][0]  # type: ignore[no-any-return]


@pytest.mark.parametrize("infno, decision", [("3101", "remind"), ("3102", "reject")])
def test_a_check_of_orders_has_one_verdict(replay: Replay, infno: str, decision: str) -> None:
    check = wire.orders_checked("a", at=AT, orders=[off("X1")], infno=infno)
    outcome = replay([check])
    assert len(outcome.verdicts) == 1
    verdict = outcome.verdict(check)
    assert (verdict["decision"], result_rules(verdict)) == (decision, [ARITHMETIC])
    assert verdict["amount_refused"] == ("12.00" if decision == "reject" else "0.00")
    assert outcome.findings == []
    assert outcome.incidents == []


def test_the_encounter_judged_is_the_current_one(replay: Replay) -> None:
    check = wire.orders_checked("a", at=AT, orders=[off("X1")], mdtrt_id="M1")
    (current,) = patient(check)["fsi_encounter_dtos"]
    other = copy.deepcopy(current) | {"mdtrt_id": "M2", "fsi_order_dtos": [wire.order()]}
    for encounters in ([other, current], [current, other]):
        patient(check)["fsi_encounter_dtos"] = encounters
        verdict = replay([check]).verdict(check)
        assert (verdict["decision"], verdict["mdtrt_id"]) == ("reject", "M1")


@pytest.mark.parametrize("empty", ["", None])
def test_without_a_current_one_the_last_encounter_is_judged(replay: Replay, empty: str | None) -> None:
    check = wire.orders_checked("a", at=AT, orders=[off("X1")], mdtrt_id="M1")
    (first,) = patient(check)["fsi_encounter_dtos"]
    last = copy.deepcopy(first) | {"mdtrt_id": "M2", "fsi_order_dtos": [wire.order()]}
    patient(check)["curr_mdtrt_id"] = empty
    patient(check)["fsi_encounter_dtos"] = [first, last]
    verdict = replay([check]).verdict(check)
    assert (verdict["decision"], verdict["mdtrt_id"]) == ("pass", "M2")


@pytest.mark.parametrize("flag, decision", [("1", "reject"), ("", "reject"), ("0", "pass"), ("2", "pass")])
def test_current_orders_are_judged_and_the_others_are_context(
    replay: Replay, flag: str, decision: str
) -> None:
    check = wire.orders_checked("a", at=AT, orders=[off("X1", current=flag), wire.order()])
    assert replay([check]).verdict(check)["decision"] == decision


def test_context_orders_do_not_count(replay: Replay) -> None:
    orders = [wire.order(BED, rx_id="X1", current="0"), wire.order(BED, rx_id="X2")]
    check = wire.orders_checked("a", at=AT, orders=orders)
    assert replay([check], reference=TABLES).verdict(check)["decision"] == "pass"


def test_the_time_of_an_order_is_its_begin_else_that_of_the_call(replay: Replay) -> None:
    def check(first: str, second: str) -> wire.Record:
        orders = [wire.order(BED, rx_id="X1", at="@"), wire.order(BED, rx_id="X2", at="@")]
        record = wire.orders_checked("a", at=AT, orders=orders)
        for order, at in zip(
            patient(record)["fsi_encounter_dtos"][0]["fsi_order_dtos"], (first, second), strict=True
        ):
            order["drord_begn_date"] = at
        return record

    apart, by_call, same = check("2026-03-09 08:00:00", AT), check("2026-03-09 08:00:00", ""), check(AT, "")
    for record, decision in ((apart, "pass"), (by_call, "pass"), (same, "reject")):
        assert replay([record], reference=TABLES).verdict(record)["decision"] == decision


def test_what_is_settled_under_its_id_in_the_visit_is_not_counted_again(replay: Replay) -> None:
    settled = wire.outpatient_visit("a", at=AT, lines=[wire.line(BED, sn="X1")], mdtrt_id="M1")
    same = wire.orders_checked("a", at=minute(1), orders=[wire.order(BED, rx_id="X1")], mdtrt_id="M1")
    more = wire.orders_checked("a", at=minute(2), orders=[wire.order(BED, rx_id="X2")], mdtrt_id="M1")
    outcome = replay([*settled, same, more], reference=TABLES)
    assert outcome.verdict(same)["decision"] == "pass"
    assert outcome.decision(more) == ("reject", "10.00")


def test_rule_ids_that_are_given_are_the_only_rules(replay: Replay) -> None:
    orders = [wire.order(DRUG, amount="12.00")]
    for rule_ids, expected in (
        ([], [INDICATION, ARITHMETIC]),
        ([ARITHMETIC], [ARITHMETIC]),
        ([INDICATION], [INDICATION]),
        ([ONCE], []),
        (["NO-SUCH-RULE"], []),
    ):
        check = wire.orders_checked("a", at=AT, orders=orders, diagnoses=["J00"], rule_ids=rule_ids)
        outcome = replay([check], reference=TABLES)
        assert result_rules(outcome.verdict(check)) == expected
        assert outcome.dead_letters == []


def test_orders_run_as_if_they_were_settled_now(replay: Replay) -> None:
    sale = wire.outpatient_visit("a", at=AT, lines=[wire.line(BED)])
    check = wire.orders_checked("a", at=minute(30), orders=[wire.order(BED)])
    assert replay([*sale, check], reference=TABLES).decision(check) == ("reject", "10.00")


@pytest.mark.parametrize("infno", ["3101", "3102"])
def test_nothing_of_the_orders_is_remembered(replay: Replay, infno: str) -> None:
    first = wire.orders_checked(
        "a", at=AT, orders=[wire.order(BED)], infno=infno, mdtrt_id="M1", diagnoses=["J00"]
    )
    second = wire.orders_checked("a", at=minute(1), orders=[wire.order(BED)], mdtrt_id="M1")
    visit = wire.outpatient_visit("a", at=minute(2), lines=[wire.line(BED), wire.line(DRUG)], mdtrt_id="M1")
    outcome = replay([first, second, *visit], reference=TABLES)
    assert {verdict["decision"] for verdict in outcome.verdicts} == {"pass"}
    assert outcome.findings == []


@pytest.mark.parametrize("infno", ["3101", "3102"])
def test_a_repeated_check_has_the_same_answer_even_if_more_is_known(replay: Replay, infno: str) -> None:
    check = wire.orders_checked("a", at=AT, orders=[wire.order(BED)], infno=infno)
    sale = wire.outpatient_visit("a", at=minute(-1), lines=[wire.line(BED)])
    outcome = replay([check, *sale, check], reference=TABLES)
    first, second = outcome.verdicts_of(check)
    assert first == second
    assert first["decision"] == "pass"


def test_an_answer_is_remembered_seven_days_of_call_time(replay: Replay) -> None:
    # Two beds on one day; the monitor hears of the first one late, so a fresh audit says reject.
    check = wire.orders_checked("a", at=AT, orders=[wire.order(BED)])
    sale = wire.outpatient_visit("a", at=minute(-1), lines=[wire.line(BED)])
    steps = [wire.pharmacy_sale("x", at=wire.later(AT, hours=12 * n)) for n in range(1, 18)]
    within = [step for step in steps if step["request"]["inf_time"] < "2026-03-17"]
    assert [
        v["decision"] for v in replay([check, *sale, *within, check], reference=TABLES).verdicts_of(check)
    ] == [
        "pass",
        "pass",
    ]
    assert [
        v["decision"] for v in replay([check, *sale, *steps, check], reference=TABLES).verdicts_of(check)
    ] == [
        "pass",
        "reject",
    ]


def test_a_failed_face_check_speaks_at_a_3102_alone(replay: Replay) -> None:
    failed = wire.face_check("a", at=AT)
    pre = wire.orders_checked("a", at=minute(1), orders=[wire.order()], infno="3101")
    audit = wire.orders_checked("a", at=minute(2), orders=[wire.order()])
    outcome = replay([failed, pre, audit])
    assert outcome.verdict(pre)["decision"] == "pass"
    assert outcome.decision(audit) == ("reject", "10.00")
    finding = outcome.one(FACE)
    assert {each["infno"] for each in finding["evidence"]} == {"9601", "3102"}
    assert (finding["amount"], finding["kind"]) == ("10.00", "mismatch")


def test_rejections_and_reminders_speak_at_both(replay: Replay) -> None:
    records = [wire.insured_record("a", at=AT, status="2")]
    for n, infno in enumerate(("3101", "3102"), start=1):
        records.append(
            wire.orders_checked("a", at=minute(n), orders=[wire.order()], infno=infno, diagnoses=["O80.000"])
        )
    outcome = replay(records, reference=TABLES)
    assert all(result_rules(outcome.verdict(check)) == ["GZ10000204006000", COVER] for check in records[1:])


def test_leads_and_bursts_do_not_speak_to_the_window(replay: Replay) -> None:
    night = "2026-03-10 23:30:00"
    sales = [wire.pharmacy_sale("a", at=wire.later(night, minutes=n)) for n in range(3)]
    check = wire.orders_checked(
        "a", at=wire.later(night, minutes=4), orders=[wire.order()], provider=wire.PHARMACY
    )
    outcome = replay([*sales, check])
    assert outcome.open_of("LOC-CARD-REPEAT")
    assert outcome.open_of("LOC-OFF-HOURS")
    assert {(verdict["decision"], len(verdict["results"])) for verdict in outcome.verdicts} == {("pass", 0)}


@pytest.mark.parametrize("infno", ["3101", "3102"])
def test_more_than_one_patient_is_a_dead_letter(replay: Replay, infno: str) -> None:
    check = wire.orders_checked("a", at=AT, orders=[wire.order()], infno=infno)
    check["request"]["input"]["data"]["patient_dtos"].append(
        patient(wire.orders_checked("b", at=AT, orders=[wire.order()]))
    )
    outcome = replay([check])
    assert (len(outcome.dead_letters), outcome.verdicts) == (1, [])


def test_diagnoses_of_a_check_serve_that_call(replay: Replay) -> None:
    def check(*codes: str) -> wire.Record:
        return wire.orders_checked("a", at=AT, orders=[wire.order(DRUG)], diagnoses=codes)

    for record, decision in ((check("C50.100"), "pass"), (check("J00"), "reject"), (check(), "pass")):
        assert replay([record], reference=TABLES).verdict(record)["decision"] == decision


@pytest.mark.parametrize("infno", ["3101", "3102"])
def test_a_repeat_with_other_orders_is_a_conflict_and_gets_the_first_answer(
    replay: Replay, infno: str
) -> None:
    check = wire.orders_checked("a", at=AT, orders=[off("X1")], infno=infno)
    other = wire.orders_checked(
        "a", at=AT, orders=[wire.order()], infno=infno, msgid=check["request"]["msgid"]
    )
    outcome = replay([check, check, other])
    first, *repeats = outcome.verdicts_of(check)
    assert repeats == [first, first]
    assert re.findall(r"(duplicate|conflict): (\d+)", outcome.stderr) == [
        ("duplicate", "1"),
        ("conflict", "1"),
    ]


def test_a_repeat_that_came_late_is_no_conflict(replay: Replay) -> None:
    check = wire.orders_checked("a", at=AT, orders=[off("X1")], infno="3101")
    outcome = replay([check, wire.pharmacy_sale("b", at=wire.later(AT, hours=1)), check])
    assert "conflict" not in outcome.stderr
    assert "duplicate: 1" in outcome.stderr
