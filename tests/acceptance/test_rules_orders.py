"""3101 and 3102: orders are judged as if they were settled now, and nothing is remembered but the answer."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import Outcome, flat, result_rules

ARITHMETIC = "GZ10000201002000"
ONCE = "GZ10000102012000"
ITEM = "SVDAY00001"
TABLES = {"once_per_day": f"item\n{ITEM}\n"}
T = "2026-03-10 10:00:00"


def wrong(*, current: str = "1", rx_id: str = "") -> wire.Record:
    return wire.order(amount="12.00", current=current, rx_id=rx_id)


def checked(*orders: wire.Record, infno: str = "3102", at: str = T, mdtrt_id: str = "M1") -> wire.Record:
    return wire.orders_checked("zhao", at=at, orders=orders, infno=infno, mdtrt_id=mdtrt_id)


def run(replay: Replay, *records: wire.Record | list[wire.Record]) -> Outcome:
    return replay(flat(*records), reference=TABLES)


def test_a_check_gives_one_verdict_with_results_and_no_finding(replay: Replay) -> None:
    check = checked(wrong(rx_id="RX1"), wire.order())
    outcome = run(replay, check)
    verdict = outcome.verdict(check)
    assert (verdict["decision"], verdict["amount_refused"]) == ("reject", "12.00")
    assert verdict["fund_at_issue"] is None
    assert verdict["mdtrt_id"] == "M1"
    (result,) = verdict["results"]
    assert result["rule_id"] == ARITHMETIC
    assert str(result["sev_deg"]) == "1"
    assert result["patn_id"] == verdict["person"]
    assert result["mdtrt_id"] == "M1"
    assert str(result["vola_amt"]) == "12.00"
    assert [(each["rx_id"], str(each["vola_item_type"])) for each in result["judge_result_detail_dtos"]] == [
        ("RX1", "1")
    ]
    assert outcome.findings == []
    assert outcome.incidents == []


def test_a_preview_reminds_of_any_result(replay: Replay) -> None:
    preview = checked(wrong(), infno="3101")
    outcome = run(replay, preview)
    assert outcome.decision(preview) == ("remind", "0.00")
    assert result_rules(outcome.verdict(preview)) == [ARITHMETIC]
    assert outcome.findings == []


@pytest.mark.parametrize("infno", ["3101", "3102"])
def test_orders_without_fault_pass(replay: Replay, infno: str) -> None:
    check = checked(wire.order(), infno=infno)
    assert run(replay, check).decision(check) == ("pass", "0.00")


@pytest.mark.parametrize("current, decision", [("1", "reject"), ("", "reject"), ("0", "pass")])
def test_only_current_orders_are_judged(replay: Replay, current: str, decision: str) -> None:
    check = checked(wrong(current=current), wire.order())
    assert run(replay, check).verdict(check)["decision"] == decision


def test_context_orders_do_not_count(replay: Replay) -> None:
    check = checked(wire.order(ITEM, current="0"), wire.order(ITEM))
    assert run(replay, check).decision(check) == ("pass", "0.00")


def two_encounters(current: str) -> wire.Record:
    check = checked(wrong())
    patient = check["request"]["input"]["data"]["patient_dtos"][0]
    first = patient["fsi_encounter_dtos"][0]
    patient["fsi_encounter_dtos"].append(first | {"mdtrt_id": "M2", "fsi_order_dtos": [wire.order(at=T)]})
    patient["curr_mdtrt_id"] = current
    return check


@pytest.mark.parametrize("current, decision", [("M1", "reject"), ("M2", "pass"), ("", "pass")])
def test_the_current_encounter_is_judged_else_the_last(replay: Replay, current: str, decision: str) -> None:
    check = two_encounters(current)
    assert run(replay, check).verdict(check)["decision"] == decision


def test_lone_objects_are_lists_of_one(replay: Replay) -> None:
    check = checked(wrong())
    data = check["request"]["input"]["data"]
    data["patient_dtos"] = data["patient_dtos"][0]
    data["patient_dtos"]["fsi_encounter_dtos"] = data["patient_dtos"]["fsi_encounter_dtos"][0]
    assert run(replay, check).decision(check) == ("reject", "12.00")


def test_more_than_one_patient_is_a_dead_letter(replay: Replay) -> None:
    check = checked(wrong())
    patients = check["request"]["input"]["data"]["patient_dtos"]
    patients.append(patients[0] | {"patn_id": wire.psn_no("qian")})
    outcome = run(replay, check)
    assert outcome.verdicts == []
    assert len(outcome.dead_letters) == 1


def test_named_rules_are_the_only_ones_run(replay: Replay) -> None:
    orders = [wrong(), wire.order(ITEM, cnt="2")]
    every = checked(*orders)
    only = wire.orders_checked("zhao", at=T, orders=orders, rule_ids=[ONCE])
    none = wire.orders_checked("zhao", at=T, orders=orders, rule_ids=["LOC-DECEASED"])
    outcome = run(replay, every, only, none)
    assert result_rules(outcome.verdict(every)) == sorted([ARITHMETIC, ONCE])
    assert outcome.decision(every) == ("reject", "32.00")
    assert result_rules(outcome.verdict(only)) == [ONCE]
    assert outcome.decision(only) == ("reject", "20.00")
    assert outcome.decision(none) == ("pass", "0.00")


def test_an_order_without_a_time_is_of_the_time_of_the_call(replay: Replay) -> None:
    settled = wire.outpatient_visit("zhao", at=T, lines=[wire.line(ITEM)], mdtrt_id="M9")
    check = checked(wire.order(ITEM), at="2026-03-10 11:00:00")
    order = check["request"]["input"]["data"]["patient_dtos"][0]["fsi_encounter_dtos"][0]["fsi_order_dtos"][0]
    order["drord_begn_date"] = ""
    assert run(replay, settled, check).verdict(check)["decision"] == "reject"
    order["drord_begn_date"] = "2026-03-11 08:00:00"
    assert run(replay, settled, check).verdict(check)["decision"] == "pass"


def test_nothing_of_a_check_is_remembered(replay: Replay) -> None:
    first = checked(wire.order(ITEM))
    second = checked(wire.order(ITEM), at="2026-03-10 11:00:00")
    visit = wire.outpatient_visit("zhao", at="2026-03-10 12:00:00", lines=[wire.line(ITEM)], mdtrt_id="M1")
    outcome = run(replay, first, second, visit)
    assert [outcome.decision(each) for each in (first, second, visit[-1])] == [("pass", "0.00")] * 3
    assert outcome.findings == []


def test_what_is_settled_under_the_same_number_is_not_counted_again(replay: Replay) -> None:
    visit = wire.outpatient_visit("zhao", at=T, lines=[wire.line(ITEM, sn="RX1")], mdtrt_id="M1")
    late = "2026-03-10 11:00:00"
    same = checked(wire.order(ITEM, rx_id="RX1"), at=late)
    other = checked(wire.order(ITEM, rx_id="RX2"), at=late)
    other_visit = checked(wire.order(ITEM, rx_id="RX1"), at=late, mdtrt_id="M2")
    outcome = run(replay, visit, same, other, other_visit)
    assert outcome.decision(same) == ("pass", "0.00")
    assert outcome.decision(other) == ("reject", "10.00")
    assert outcome.decision(other_visit) == ("reject", "10.00")


def test_a_repeated_check_gets_the_same_answer(replay: Replay) -> None:
    visit = wire.outpatient_visit("zhao", at="2026-03-10 10:01:00", lines=[wire.line(ITEM)])
    check = checked(wire.order(ITEM))
    outcome = run(replay, check, visit, check)
    first, again = outcome.verdicts_of(check)
    assert first == again
    assert again["decision"] == "pass"


def test_leads_and_bursts_are_not_run_for_orders(replay: Replay) -> None:
    admitted = wire.admission("zhao", at="2026-03-08 10:00:00", mdtrt_id="M5")
    checks = [checked(wire.order("XZ1"), at=wire.later(T, minutes=n)) for n in range(6)]
    outcome = run(replay, admitted, *checks)
    assert {each["decision"] for each in outcome.verdicts} == {"pass"}
    assert outcome.findings == []


def test_feedback_in_a_feed_prints_nothing(replay: Replay) -> None:
    check = checked(wrong())
    jr_id = run(replay, check).verdict(check)["results"][0]["jr_id"]
    alone = run(replay, check)
    answered = run(replay, check, wire.feedback(jr_id, at="2026-03-10 10:05:00"))
    assert answered.text == alone.text


def test_orders_are_checked_against_a_settlement_of_the_same_moment(replay: Replay) -> None:
    """As if settled now: the line order puts what is settled already before the orders."""
    visit = wire.outpatient_visit("zhao", at=T, lines=[wire.line(ITEM)])
    check = checked(wire.order(ITEM, at="2026-03-10 08:00:00"))
    assert run(replay, visit, check).decision(check) == ("reject", "10.00")
