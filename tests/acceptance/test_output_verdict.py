"""The verdict: its fields, its decision, what it refuses, and its national results."""

import json
import re

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import Row, result_rules

ARITHMETIC = "GZ10000201002000"
ONCE = "GZ10000102012000"
AGE = "GZ10000301002000"
COVER = "LOC-COVER-INACTIVE"
AT = "2026-03-10 12:00:00"
MONEY = re.compile(r"-?\d+\.\d{2}\Z")
FIELDS = {
    *("type", "verdict_id", "msgid", "infno", "provider", "person", "mdtrt_id", "decision", "amount_refused"),
    *("results", "rules_version", "appeal", "fund_at_issue"),
}
RESULT_FIELDS = {
    *("jr_id", "rule_id", "rule_name", "vola_cont", "patn_id", "mdtrt_id", "judge_result_detail_dtos"),
    *("vola_amt", "vola_amt_stas", "sev_deg", "vola_evid", "vola_bhvr_type", "task_id"),
}
DETAIL_FIELDS = {"jrd_id", "patn_id", "mdtrt_id", "rx_id", "vola_item_type", "vola_amt"}
BED = "AB11000001"
CHILD_DRUG = "XB00000001"
TABLES = {
    "once_per_day": f"item\n{BED}\n",
    "drug_age": f"drug,min_age,max_age\n{CHILD_DRUG},0,14\n",
    "diagnosis_sex": "diagnosis_prefix,gend\nO80,2\n",
}


def minute(n: int) -> str:
    """So many minutes after noon."""
    return wire.later(AT, minutes=n)


def off(amount: str = "12.00", sn: str = "") -> wire.Record:
    """A line of 10.00 that says another amount."""
    return wire.line(amount=amount, sn=sn)


def uncovered(person: str = "a", at: str = "2026-03-10 11:00:00") -> wire.Record:
    """The register says that cover has ended."""
    return wire.insured_record(person, at=at, status="4")


def only(verdict: Row) -> Row:
    """The only result of a verdict."""
    (result,) = verdict["results"]
    return result  # type: ignore[no-any-return]


def test_a_verdict_has_its_fields(replay: Replay) -> None:
    sale = wire.pharmacy_sale("a", at=AT, lines=[off()], mdtrt_id="M1")
    verdict = replay([sale]).verdict(sale)
    assert set(verdict) >= FIELDS
    assert (verdict["type"], verdict["infno"], verdict["provider"]) == ("verdict", "2102", wire.PHARMACY)
    assert (verdict["msgid"], verdict["mdtrt_id"]) == (sale["request"]["msgid"], "M1")
    assert isinstance(verdict["rules_version"], str)
    assert verdict["verdict_id"]


def test_a_result_is_a_national_one(replay: Replay) -> None:
    check = wire.orders_checked("a", at=AT, orders=[wire.order(amount="12.00", rx_id="X1")], mdtrt_id="M1")
    verdict = replay([check]).verdict(check)
    result = only(verdict)
    assert set(result) >= RESULT_FIELDS
    assert (result["rule_id"], str(result["sev_deg"]), str(result["vola_bhvr_type"])) == (
        ARITHMETIC,
        "1",
        "2",
    )
    assert (result["vola_amt"], result["mdtrt_id"]) == ("12.00", "M1")
    (detail,) = result["judge_result_detail_dtos"]
    assert set(detail) >= DETAIL_FIELDS
    assert (detail["rx_id"], str(detail["vola_item_type"]), detail["vola_amt"]) == ("X1", "1", "12.00")
    for name, limit in {
        "jr_id": 50,
        "rule_id": 50,
        "rule_name": 200,
        "vola_cont": 500,
        "vola_evid": 500,
    }.items():
        assert 0 < len(result[name]) <= limit


def test_the_topic_carries_the_token_of_the_patient(replay: Replay) -> None:
    check = wire.orders_checked("a", at=AT, orders=[wire.order(amount="12.00")])
    outcome = replay([check])
    verdict = outcome.verdict(check)
    result = only(verdict)
    assert verdict["person"] == result["patn_id"] == result["judge_result_detail_dtos"][0]["patn_id"]
    assert wire.psn_no("a") not in outcome.text


def test_texts_keep_their_length_however_long_the_story(replay: Replay) -> None:
    lines = [off(sn=f"D{'X' * 40}{n:05d}") for n in range(400)]
    sale = wire.pharmacy_sale("a", at=AT, lines=lines)
    result = only(replay([sale]).verdict(sale))
    assert max(len(result["vola_cont"]), len(result["vola_evid"])) <= 500
    assert len(result["jr_id"]) <= 50
    assert result["vola_amt"] == "4800.00"


def test_breaching_and_involved_lines_are_told_apart(replay: Replay) -> None:
    orders = [wire.order(BED, rx_id="X1"), wire.order(BED, rx_id="X2")]
    check = wire.orders_checked("a", at=AT, orders=orders)
    verdict = replay([check], reference=TABLES).verdict(check)
    details = only(verdict)["judge_result_detail_dtos"]
    assert {each["rx_id"]: str(each["vola_item_type"]) for each in details} == {"X1": "2", "X2": "1"}
    assert (only(verdict)["vola_amt"], verdict["amount_refused"]) == ("10.00", "10.00")


def test_a_rule_on_the_whole_settlement_speaks_of_the_visit(replay: Replay) -> None:
    sale = wire.pharmacy_sale("a", at=AT)
    result = only(replay([uncovered(), sale]).verdict(sale))
    assert (result["rule_id"], str(result["vola_bhvr_type"])) == (COVER, "1")


def test_the_appeal_says_to_whom_and_until_when(replay: Replay) -> None:
    sale = wire.pharmacy_sale("a", at=AT, lines=[off()])
    verdict = replay([sale]).verdict(sale)
    assert set(verdict["appeal"]) >= {"text", "contact", "until", "reference"}
    assert verdict["appeal"]["reference"] == only(verdict)["jr_id"]
    assert verdict["appeal"]["text"]


def test_a_settlement_with_a_breach_of_severity_1_is_rejected(replay: Replay) -> None:
    sale = wire.pharmacy_sale("a", at=AT, lines=[off()])
    assert replay([sale]).decision(sale) == ("reject", "12.00")


def test_a_rejection_of_severity_2_reminds_and_refuses_nothing(replay: Replay) -> None:
    # Nobody has asked the register for more than a day.
    sale = wire.pharmacy_sale("a", at=AT)
    outcome = replay([uncovered(at="2026-03-09 11:59:59"), sale])
    assert outcome.decision(sale) == ("remind", "0.00")
    assert str(only(outcome.verdict(sale))["sev_deg"]) == "2"
    assert outcome.one(COVER)["amount"] == "10.00"


def test_a_reminder_reminds(replay: Replay) -> None:
    sale = wire.pharmacy_sale("a", at=AT, dise_codg="O80.000")
    outcome = replay([sale], reference=TABLES)
    assert outcome.decision(sale) == ("remind", "0.00")
    assert result_rules(outcome.verdict(sale)) == ["GZ10000204006000"]


def test_a_mismatch_of_severity_2_reminds(replay: Replay) -> None:
    failed = wire.face_check("a", at=minute(0), biz="10")
    visit = wire.outpatient_visit("a", at=minute(1), lines=[wire.line()])
    outcome = replay([failed, *visit])
    assert outcome.decision(visit[-1]) == ("remind", "0.00")
    assert outcome.one("LOC-FACE-MISMATCH")["severity"] == 2


def test_a_reminder_beside_a_refusal_is_a_refusal(replay: Replay) -> None:
    sale = wire.pharmacy_sale("a", at=AT, dise_codg="O80.000", lines=[off()])
    outcome = replay([sale], reference=TABLES)
    assert outcome.decision(sale) == ("reject", "12.00")
    assert len(outcome.verdict(sale)["results"]) == 2


def test_leads_and_bursts_pass(replay: Replay) -> None:
    sales = [wire.pharmacy_sale(f"p{n}", at=wire.later("2026-03-10 23:30:00", seconds=n)) for n in range(5)]
    outcome = replay(sales)
    assert outcome.open_of("LOC-OFF-HOURS")
    assert outcome.open_of("LOC-PHARMACY-BURST")
    assert {(row["decision"], row["amount_refused"], len(row["results"])) for row in outcome.verdicts} == {
        ("pass", "0.00", 0)
    }


def test_a_line_that_breaks_two_rules_is_refused_once(replay: Replay) -> None:
    lines = [wire.line(BED, sn="D1"), wire.line(BED, sn="D2", amount="12.00"), off("13.00", sn="D3")]
    sale = wire.pharmacy_sale("a", at=AT, lines=lines)
    outcome = replay([sale], reference=TABLES)
    assert result_rules(outcome.verdict(sale)) == [ONCE, ARITHMETIC]
    assert outcome.decision(sale) == ("reject", "25.00")


def test_a_rule_on_the_whole_refuses_all_lines_once(replay: Replay) -> None:
    sale = wire.pharmacy_sale("a", at=AT, lines=[off("12.00"), wire.line(pric="7.50")])
    outcome = replay([uncovered(), sale])
    assert outcome.decision(sale) == ("reject", "19.50")


def test_a_rule_on_the_whole_without_lines_refuses_the_fee(replay: Replay) -> None:
    sale = wire.outpatient_settlement("a", at=AT, amount="88.80")
    assert replay([uncovered(), sale]).decision(sale) == ("reject", "88.80")


def test_lines_of_severity_2_are_not_refused(replay: Replay) -> None:
    # The family account may have paid for a child: remind. The other line does not add up: refuse it alone.
    lines = [wire.line(CHILD_DRUG, sn="D1"), off(sn="D2")]
    sale = wire.pharmacy_sale("a", at=AT, lines=lines, acct_used_flag="2")
    outcome = replay([sale], reference=TABLES)
    assert outcome.decision(sale) == ("reject", "12.00")
    assert {row["rule_id"]: str(row["sev_deg"]) for row in outcome.verdict(sale)["results"]} == {
        AGE: "2",
        ARITHMETIC: "1",
    }


@pytest.mark.parametrize(
    "fund, at_issue",
    [
        ("7.00", "7.00"),
        ("12.00", "12.00"),
        ("12.01", "12.00"),
        ("0.00", "0.00"),
        ("", "0.00"),
        ("300.00", "12.00"),
    ],
)
def test_the_fund_at_issue_is_the_smaller_of_refused_and_fund_pay(
    replay: Replay, fund: str, at_issue: str
) -> None:
    sale = wire.pharmacy_sale("a", at=AT, lines=[off()])
    sale["reply"]["output"]["setlinfo"]["fund_pay_sumamt"] = fund
    assert replay([sale]).verdict(sale)["fund_at_issue"] == at_issue


def test_nothing_is_at_issue_when_nothing_is_refused(replay: Replay) -> None:
    sale = wire.pharmacy_sale("a", at=AT)
    assert replay([sale]).verdict(sale)["fund_at_issue"] == "0.00"


@pytest.mark.parametrize("infno", ["3101", "3102"])
def test_a_check_of_orders_has_no_fund_at_issue(replay: Replay, infno: str) -> None:
    check = wire.orders_checked("a", at=AT, orders=[wire.order(amount="12.00")], infno=infno)
    assert replay([check]).verdict(check)["fund_at_issue"] is None


def test_a_verdict_is_never_recalled(replay: Replay) -> None:
    # What comes later withdraws the finding; the answer stays the one that was given.
    sale = wire.pharmacy_sale("a", at=minute(0))
    paid = wire.insured_record("a", at=minute(60), status="1", since="2015-01-01")
    outcome = replay([uncovered(), sale, paid])
    assert [row["decision"] for row in outcome.verdicts_of(sale)] == ["reject"]
    assert outcome.open_of(COVER) == []


def test_a_verdict_says_what_was_known_on_arrival(replay: Replay) -> None:
    visit = wire.outpatient_visit("a", at=AT, lines=[off()])
    outcome = replay([visit[1], visit[0]])
    assert outcome.decision(visit[1])[0] == "pass"
    assert len(outcome.open_of(ARITHMETIC)) == 1


@pytest.mark.parametrize(
    "pric, cnt, amount, refused",
    [("0.333333", "3", "1.02", "1.02"), ("1234567.891234", "10", "12345678.95", "12345678.95")],
)
def test_amounts_are_written_with_two_digits(
    replay: Replay, pric: str, cnt: str, amount: str, refused: str
) -> None:
    sale = wire.pharmacy_sale("a", at=AT, lines=[wire.line(pric=pric, cnt=cnt, amount=amount)])
    outcome = replay([sale])
    assert outcome.decision(sale) == ("reject", refused)
    assert MONEY.match(outcome.verdict(sale)["fund_at_issue"])


def test_every_amount_of_every_row_is_a_text_with_two_digits(replay: Replay) -> None:
    sales = [wire.pharmacy_sale(f"p{n}", at=wire.later(AT, seconds=n), lines=[off()]) for n in range(5)]
    for row in map(json.loads, replay([uncovered("p1"), *sales]).text.splitlines()):
        for name in ("amount", "amount_refused", "fund_at_issue", "vola_amt"):
            assert name not in row or MONEY.match(row[name])
        for result in row.get("results", []):
            assert MONEY.match(result["vola_amt"])
        for line in row.get("lines", []):
            assert MONEY.match(line["amount"])
