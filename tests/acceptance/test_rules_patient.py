"""GZ10000301002000 and GZ10000301004000 (drug against age and sex), GZ10000204006000 and GZ10000204007000
(diagnosis against sex and age)."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import flat, result_rules, sns

AGE = "GZ10000301002000"
SEX = "GZ10000301004000"
DIAGNOSIS_SEX = "GZ10000204006000"
DIAGNOSIS_AGE = "GZ10000204007000"
T = "2026-03-10 09:00:00"
CHILD, ADULT, FEMALE = "XZCHILD001", "XZADULT001", "XZFEMAL001"
TABLES = {
    "drug_age": f"drug,min_age,max_age\n{CHILD},,17\n{ADULT},18,\n",
    "drug_sex": f"drug,gend\n{FEMALE},2\n",
    "diagnosis_sex": "diagnosis_prefix,gend\nO,2\nN40,1\n",
    "diagnosis_age": "diagnosis_prefix,min_age,max_age\nF03,40,\nP,,1\n",
}


def sale(drug: str, *, gend: str = "1", brdy: str = "1980-05-20", family: bool = False) -> wire.Record:
    lines = [wire.line(drug, sn="DRUG"), wire.line()]
    flag = "2" if family else "1"
    return wire.pharmacy_sale("zhao", at=T, lines=lines, gend=gend, brdy=brdy, acct_used_flag=flag)


@pytest.mark.parametrize(
    "drug, brdy, fires",
    [
        (CHILD, "2008-03-11", False),  # 17 until tomorrow
        (CHILD, "2008-03-10", True),  # 18 today
        (ADULT, "2008-03-10", False),
        (ADULT, "2008-03-11", True),
        (CHILD, "2026-03-01", False),
        (ADULT, "1920-01-01", False),
    ],
)
def test_ages_are_completed_years_and_limits_inclusive(
    replay: Replay, drug: str, brdy: str, fires: bool
) -> None:
    assert bool(replay([sale(drug, brdy=brdy)], reference=TABLES).open_of(AGE)) is fires


def test_a_drug_against_the_age_rejects_its_line(replay: Replay) -> None:
    record = sale(CHILD)
    outcome = replay([record], reference=TABLES)
    finding = outcome.one(AGE)
    assert (finding["kind"], finding["severity"], finding["amount"]) == ("rejection", 1, "10.00")
    assert sns(finding) == ["DRUG"]
    assert outcome.decision(record) == ("reject", "10.00")


@pytest.mark.parametrize("gend, fires", [("1", True), ("2", False), ("", False)])
def test_a_drug_for_one_sex_only_rejects_its_line(replay: Replay, gend: str, fires: bool) -> None:
    record = sale(FEMALE, gend=gend)
    outcome = replay([record], reference=TABLES)
    assert bool(outcome.open_of(SEX)) is fires
    assert outcome.decision(record) == (("reject", "10.00") if fires else ("pass", "0.00"))


@pytest.mark.parametrize("drug, rule_id", [(CHILD, AGE), (FEMALE, SEX)])
def test_on_a_family_account_these_are_only_suspect(replay: Replay, drug: str, rule_id: str) -> None:
    record = sale(drug, family=True)
    outcome = replay([record], reference=TABLES)
    assert (outcome.one(rule_id)["severity"], outcome.one(rule_id)["amount"]) == (2, "10.00")
    assert outcome.decision(record) == ("remind", "0.00")


def test_a_line_that_breaches_two_rules_is_refused_once(replay: Replay) -> None:
    tables = TABLES | {"drug_sex": f"drug,gend\n{CHILD},2\n"}
    record = sale(CHILD)
    outcome = replay([record], reference=tables)
    assert outcome.decision(record) == ("reject", "10.00")
    assert result_rules(outcome.verdict(record)) == [AGE, SEX]


def test_the_settlement_is_believed_before_the_register(replay: Replay) -> None:
    early = "2026-03-10 08:00:00"
    register = wire.insured_record("zhao", at=early, gend="2", brdy="2015-01-01")
    assert len(replay([register, sale(FEMALE, gend="1")], reference=TABLES).open_of(SEX)) == 1
    assert replay([register, sale(FEMALE, gend="")], reference=TABLES).open_of(SEX) == []
    assert len(replay([register, sale(CHILD)], reference=TABLES).open_of(AGE)) == 1
    assert replay([register, sale(CHILD, brdy="")], reference=TABLES).open_of(AGE) == []


def test_the_register_is_believed_before_the_table_of_persons(replay: Replay) -> None:
    row = f"{wire.psn_no('zhao')},1,1980-05-20,"
    tables = TABLES | {"persons": f"psn_no,gend,brdy,die_date\n{row}\n"}
    assert len(replay([sale(FEMALE, gend="")], reference=tables).open_of(SEX)) == 1
    assert len(replay([sale(CHILD, brdy="")], reference=tables).open_of(AGE)) == 1
    register = wire.insured_record("zhao", at="2026-03-10 08:00:00", gend="2")
    assert replay([register, sale(FEMALE, gend="")], reference=tables).open_of(SEX) == []


def test_orders_go_by_their_patient(replay: Replay) -> None:
    check = wire.orders_checked(
        "zhao", at=T, orders=[wire.order(FEMALE), wire.order(CHILD)], gend="1", brdy="2000-01-01"
    )
    outcome = replay([check], reference=TABLES)
    assert outcome.decision(check) == ("reject", "20.00")
    assert result_rules(outcome.verdict(check)) == [AGE, SEX]


def visit(
    diagnosis: str | wire.Record, *, gend: str = "1", brdy: str = "1980-05-20", details_at: str = T
) -> list[wire.Record]:
    return flat(
        wire.visit_details("zhao", at=details_at, mdtrt_id="M1", diagnoses=[diagnosis]),
        wire.outpatient_visit("zhao", at=T, lines=[wire.line()], mdtrt_id="M1", gend=gend, brdy=brdy),
    )


@pytest.mark.parametrize(
    "diagnosis, gend, fires",
    [
        ("O80.900", "1", True),
        ("O80.900", "2", False),
        ("N40.x00", "2", True),
        ("N40.x00", "1", False),
        ("N39.000", "2", False),
        ("O80.900", "", False),
    ],
)
def test_a_diagnosis_against_the_sex_is_a_reminder(
    replay: Replay, diagnosis: str, gend: str, fires: bool
) -> None:
    records = visit(diagnosis, gend=gend)
    outcome = replay(records, reference=TABLES)
    assert bool(outcome.open_of(DIAGNOSIS_SEX)) is fires
    assert outcome.decision(records[-1]) == ("remind" if fires else "pass", "0.00")


def test_a_reminder_has_no_amount_and_makes_no_incident(replay: Replay) -> None:
    outcome = replay(visit("O80.900"), reference=TABLES)
    finding = outcome.one(DIAGNOSIS_SEX)
    assert (finding["kind"], finding["severity"], finding["amount"]) == ("reminder", 2, "0.00")
    assert finding["evidence_count"] >= 1
    assert outcome.incidents == []


@pytest.mark.parametrize(
    "brdy, fires", [("1986-03-10", False), ("1986-03-11", True), ("", False), ("1930-01-01", False)]
)
def test_a_diagnosis_against_the_age_is_a_reminder(replay: Replay, brdy: str, fires: bool) -> None:
    records = visit("F03.x00", brdy=brdy)
    outcome = replay(records, reference=TABLES)
    assert bool(outcome.open_of(DIAGNOSIS_AGE)) is fires
    assert outcome.verdict(records[-1])["decision"] == ("remind" if fires else "pass")


@pytest.mark.parametrize("fields", [{"vali_flag": "0"}, {"diag_type": "2"}])
def test_an_invalid_or_other_diagnosis_reminds_of_nothing(replay: Replay, fields: wire.Record) -> None:
    records = visit({"diag_code": "O80.900"} | fields)
    assert replay(records, reference=TABLES).open_of(DIAGNOSIS_SEX) == []


def test_a_diagnosis_sent_after_the_settlement_reminds_too(replay: Replay) -> None:
    details, *settled = visit("O80.900", details_at="2026-03-10 11:00:00")
    outcome = replay([*settled, details], reference=TABLES)
    assert len(outcome.open_of(DIAGNOSIS_SEX)) == 1
    assert outcome.verdict(settled[-1])["decision"] == "pass"


def test_orders_remind_of_their_diagnoses(replay: Replay) -> None:
    checks = [
        wire.orders_checked("zhao", at=T, orders=[wire.order()], diagnoses=["O80.900"], infno=infno)
        for infno in ("3101", "3102")
    ]
    outcome = replay(checks, reference=TABLES)
    assert [outcome.decision(each) for each in checks] == [("remind", "0.00")] * 2
    assert result_rules(outcome.verdict(checks[0])) == [DIAGNOSIS_SEX]
    assert outcome.findings == []


def test_a_stay_is_reminded_of_its_main_diagnosis(replay: Replay) -> None:
    records = [
        wire.admission("zhao", at=T, mdtrt_id="M1", diagnosis="O80.900"),
        wire.stay_settlement("zhao", at=wire.later(T, days=2), mdtrt_id="M1"),
    ]
    assert len(replay(records, reference=TABLES).open_of(DIAGNOSIS_SEX)) == 1
