"""The answer that a hospital reads: decision, amount, national result objects, appeal."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from monitor.events import Event
from monitor.ids import parse_jr_id
from monitor.knowledge import Appeal
from monitor.outputs import Decision, Verdict
from monitor.reference import Reference
from monitor.rules.examples import (
    DRUG,
    PERSON,
    PHARMACY,
    a_face_check,
    a_line,
    a_register,
    a_settlement,
    a_visit_settlement,
    charges,
    day_of,
    orders,
)
from tests.monitor.builders import TOKENS, Monitor, a_knowledge

RIGHT = a_settlement("S1")
WRONG = a_settlement("S1", lines=[a_line(amount="12.00"), a_line(number="2")])


def verdict_on(*events: Event, language: str = "zh", **tables: Any) -> Verdict:
    knowledge = a_knowledge(Reference(**tables), language=language)
    knowledge = replace(knowledge, appeal=Appeal(contact="12393", days=10), asking_in={})
    verdict = Monitor(knowledge).tell(*events).verdict
    assert verdict is not None
    return verdict


# -- decision and amount ---------------------------------------------------------------------------------------------


def test_nothing_found_is_a_pass_that_refuses_nothing() -> None:
    row = verdict_on(RIGHT).to_json()
    assert (row["decision"], row["amount_refused"], row["results"]) == ("pass", "0.00", [])
    assert (row["appeal"], row["fund_at_issue"]) == (None, "0.00")


def test_the_breaching_lines_are_refused() -> None:
    row = verdict_on(WRONG).to_json()
    assert (row["decision"], row["amount_refused"]) == ("reject", "12.00")


def test_a_line_that_breaks_two_rules_is_refused_once() -> None:
    line = a_line(amount="12.00", days=40)
    verdict = verdict_on(a_settlement(lines=[line, a_line(number="2")]))
    assert [result["vola_amt"] for result in verdict.results] == ["12.00", "12.00"]
    assert verdict.to_json()["amount_refused"] == "12.00"


def test_lines_that_break_different_rules_add_up() -> None:
    lines = [a_line(amount="12.00"), a_line(number="2", days=40), a_line(number="3")]
    assert verdict_on(a_settlement(lines=lines)).to_json()["amount_refused"] == "22.00"


def test_a_suspicion_reminds_and_refuses_nothing() -> None:
    verdict = verdict_on(a_settlement(gender="1", family=True), drug_sex={DRUG: "2"})
    assert (verdict.decision, verdict.amount_refused, verdict.appeal) == (Decision.REMIND, 0, None)
    assert verdict.results[0]["vola_amt"] == "10.00"


def test_a_rule_on_the_whole_settlement_refuses_all_its_lines() -> None:
    died = a_register(at="08 09:00", death_day=day_of("08"))
    assert verdict_on(died, a_settlement(lines=[a_line(), a_line(number="2")])).amount_refused == 2_000


def test_a_rule_on_the_whole_settlement_refuses_its_fee_when_no_line_is_known() -> None:
    died = a_register(at="08 09:00", death_day=day_of("08"))
    verdict = verdict_on(died, a_visit_settlement(fee="33.00"))
    assert verdict.amount_refused == 3_300
    assert verdict.results[0]["judge_result_detail_dtos"] == []


def test_after_a_death_only_the_lines_after_it_are_refused() -> None:
    died = a_register(at="09 09:00", death_day=day_of("09"))
    lines = charges(a_line(at="08 09:00"), a_line(number="2", at="10 09:00"))
    assert verdict_on(died, lines, a_visit_settlement()).amount_refused == 1_000


@pytest.mark.parametrize("fund,at_issue", [("5.00", "5.00"), ("12.00", "12.00"), ("20.00", "12.00")])
def test_the_fund_has_at_issue_what_it_would_have_paid_of_it(fund: str, at_issue: str) -> None:
    settled = replace(WRONG, fund=int(float(fund) * 100))
    assert verdict_on(settled).to_json()["fund_at_issue"] == at_issue


def test_orders_have_no_fund_at_issue() -> None:
    assert verdict_on(orders(a_line(amount="12.00"), at="10 09:00")).to_json()["fund_at_issue"] is None


# -- results -----------------------------------------------------------------------------------------------------------


def test_a_result_has_every_field_of_the_interface() -> None:
    (result,) = verdict_on(WRONG).results
    assert sorted(result) == sorted(
        [
            *(
                "jr_id",
                "rule_id",
                "rule_name",
                "vola_cont",
                "patn_id",
                "mdtrt_id",
                "judge_result_detail_dtos",
            ),
            *("vola_amt", "vola_amt_stas", "sev_deg", "vola_evid", "vola_bhvr_type", "task_id"),
        ]
    )
    assert (result["rule_id"], result["sev_deg"], result["vola_amt_stas"]) == ("GZ10000201002000", "1", "1")
    assert (result["patn_id"], result["vola_bhvr_type"]) == (PERSON, "2")


def test_lines_that_breach_are_told_from_those_that_are_only_involved() -> None:
    first = a_settlement("S1", at="09 09:00", lines=[a_line(number="1", at="09 09:00", days=30)])
    verdict = verdict_on(first, a_settlement("S2", lines=[a_line(number="7", days=30)]))
    details = verdict.results[0]["judge_result_detail_dtos"]
    assert [(one["rx_id"], one["vola_item_type"]) for one in details] == [("1", "2"), ("7", "1")]
    assert len({one["jrd_id"] for one in details}) == 2


def test_what_concerns_the_whole_settlement_is_a_breach_of_the_visit() -> None:
    verdict = verdict_on(a_face_check("0", at="10 08:30"), RIGHT)
    assert [result["vola_bhvr_type"] for result in verdict.results] == ["1"]


def test_a_reminder_about_a_diagnosis_names_no_amount() -> None:
    verdict = verdict_on(a_settlement(disease="O80", gender="1"), diagnosis_sex=(("O", "2"),))
    assert [(one["vola_amt"], one["vola_amt_stas"]) for one in verdict.results] == [("0.00", "0")]


def test_a_check_hands_its_task_back() -> None:
    verdict = verdict_on(orders(a_line(amount="12.00"), at="10 09:00", task_id="T-7"))
    assert [result["task_id"] for result in verdict.results] == ["T-7"]


def test_a_jr_id_finds_its_rule_for_the_provider_that_got_it_and_for_no_other() -> None:
    jr_id = verdict_on(WRONG).results[0]["jr_id"]
    assert len(jr_id) <= 50
    assert parse_jr_id(jr_id, provider=PHARMACY, tokens=TOKENS) == "GZ10000201002000"
    assert parse_jr_id(jr_id, provider="P43010000002", tokens=TOKENS) is None
    assert parse_jr_id(jr_id.upper(), provider=PHARMACY, tokens=TOKENS) is None


def test_texts_are_cut_at_the_length_of_their_fields() -> None:
    codes = tuple(f"{letter * 100}" for letter in "ABCDEFGHIJ")
    verdict = verdict_on(a_settlement(disease="I10"), drug_indication={DRUG: codes})
    assert [len(one["vola_cont"]) for one in verdict.results] == [500]
    assert all(len(one["vola_evid"]) <= 500 for one in verdict.results)


@pytest.mark.parametrize("language,name", [("zh", "明细金额计算错误"), ("en", "Line arithmetic wrong")])
def test_people_read_their_own_language(language: str, name: str) -> None:
    verdict = verdict_on(WRONG, language=language)
    assert verdict.results[0]["rule_name"] == name
    assert verdict.appeal is not None
    assert ("appeal" in verdict.appeal["text"]) is (language == "en")


# -- appeal and identity -------------------------------------------------------------------------------------------------


def test_a_refusal_says_how_to_appeal_until_the_end_of_the_tenth_day() -> None:
    verdict = verdict_on(WRONG)
    assert verdict.appeal is not None
    assert verdict.appeal["until"] == "2026-03-20T23:59:59+08:00"
    assert (verdict.appeal["contact"], verdict.appeal["reference"]) == ("12393", verdict.results[0]["jr_id"])


def test_the_appeal_refers_to_the_result_that_refuses_money() -> None:
    settled = a_settlement(
        gender="1", family=True, lines=[a_line(days=40), a_line("XB2", "2", amount="99.00")]
    )
    verdict = verdict_on(settled, drug_sex={DRUG: "2"})
    assert verdict.appeal is not None
    refusing = [result["jr_id"] for result in verdict.results if result["sev_deg"] == "1"]
    assert verdict.appeal["reference"] == refusing[0]


def test_a_verdict_is_named_by_its_call() -> None:
    ids = [
        verdict_on(event).verdict_id
        for event in (RIGHT, WRONG, replace(RIGHT, msgid="m-2"), replace(RIGHT, provider="P43010000002"))
    ]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_the_rules_version_changes_with_the_tables() -> None:
    versions = {
        verdict_on(RIGHT).rules_version,
        verdict_on(RIGHT, digest="other").rules_version,
        verdict_on(WRONG).rules_version,
    }
    assert len(versions) == 2


def test_a_verdict_is_json() -> None:
    row = verdict_on(WRONG).to_json()
    assert json.loads(json.dumps(row)) == row
    assert row["person"] == PERSON
