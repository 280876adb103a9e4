"""GZ10000101008000: a drug of `drug_indication` without an allowed diagnosis among the visit's known ones."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import Outcome, flat, sns

RULE = "GZ10000101008000"
DRUG = "XZIND00001"
TABLES = {"drug_indication": f"drug,diagnosis_prefix\n{DRUG},I10\n{DRUG},E11.9\n"}
T = "2026-03-10 09:00:00"
NOON = "2026-03-10 12:00:00"


def details(*diagnoses: str | wire.Record, at: str = T, mdtrt_id: str = "M1") -> wire.Record:
    return wire.visit_details("zhao", at=at, mdtrt_id=mdtrt_id, diagnoses=diagnoses)


def visit(*, at: str = NOON, mdtrt_id: str = "M1", acct_used_flag: str = "1") -> list[wire.Record]:
    lines = [wire.line(DRUG, sn="DRUG"), wire.line()]
    return wire.outpatient_visit("zhao", at=at, lines=lines, mdtrt_id=mdtrt_id, acct_used_flag=acct_used_flag)


def run(replay: Replay, *parts: list[wire.Record] | wire.Record) -> Outcome:
    return replay(flat(*parts), reference=TABLES)


def test_a_drug_against_all_known_diagnoses_is_rejected(replay: Replay) -> None:
    settled = visit()
    outcome = run(replay, details("J00.x00", "K35.900"), settled)
    finding = outcome.one(RULE)
    assert (finding["kind"], finding["severity"], finding["amount"]) == ("rejection", 1, "10.00")
    assert sns(finding) == ["DRUG"]
    assert outcome.decision(settled[-1]) == ("reject", "10.00")


@pytest.mark.parametrize(
    "diagnoses, fires",
    [
        (["I10.x00"], False),
        (["I10"], False),
        (["J00.x00", "E11.900"], False),
        (["E11.800"], True),
        (["E11"], True),
        (["J00", {"diag_code": "I10", "vali_flag": "0"}], True),
        (["J00", {"diag_code": "I10", "diag_type": "2"}], True),
        (["J00", {"diag_code": "I10", "diag_type": ""}], False),
        ([{"diag_code": "J00", "vali_flag": "0"}], False),
        ([{"diag_code": "J00", "diag_type": "3"}], False),
        ([], False),
    ],
)
def test_one_allowed_valid_western_diagnosis_is_enough_and_none_known_is_quiet(
    replay: Replay, diagnoses: list[str | wire.Record], fires: bool
) -> None:
    record = details(*diagnoses)
    record["request"]["input"]["mdtrtinfo"]["dise_codg"] = ""
    assert bool(run(replay, record, visit()).open_of(RULE)) is fires


@pytest.mark.parametrize("dise_codg, fires", [("J00.x00", True), ("I10.x00", False), ("", False)])
def test_a_pharmacy_sale_goes_by_the_disease_it_names(replay: Replay, dise_codg: str, fires: bool) -> None:
    sale = wire.pharmacy_sale("zhao", at=T, lines=[wire.line(DRUG)], dise_codg=dise_codg)
    assert bool(run(replay, sale).open_of(RULE)) is fires


def test_diagnoses_of_another_visit_do_not_count(replay: Replay) -> None:
    outcome = run(replay, details("I10"), details("J00", mdtrt_id="M2"), visit(mdtrt_id="M2"))
    assert len(outcome.open_of(RULE)) == 1


def test_an_allowed_diagnosis_sent_afterwards_withdraws_the_finding(replay: Replay) -> None:
    settled = visit()
    after = details("I10.x00", at="2026-03-10 15:00:00")
    outcome = run(replay, details("J00"), settled, after)
    assert outcome.open_of(RULE) == []
    assert len(outcome.withdrawn_of(RULE)) == 1
    assert outcome.decision(settled[-1]) == ("reject", "10.00")


def test_a_diagnosis_sent_afterwards_may_open_the_finding(replay: Replay) -> None:
    settled = visit()
    outcome = run(replay, settled, details("J00", at="2026-03-10 15:00:00"))
    assert outcome.one(RULE)["amount"] == "10.00"
    assert outcome.decision(settled[-1]) == ("pass", "0.00")


@pytest.mark.parametrize(
    "admitted, discharged, fires", [("K35.900", "", True), ("K35.900", "I10.x00", False), ("I10", "", False)]
)
def test_the_main_diagnosis_of_a_stay_counts(
    replay: Replay, admitted: str, discharged: str, fires: bool
) -> None:
    end = "2026-03-12 09:00:00"
    outcome = run(
        replay,
        wire.admission("zhao", at=T, mdtrt_id="M1", diagnosis=admitted),
        wire.stay_charges("zhao", at=NOON, mdtrt_id="M1", lines=[wire.line(DRUG)]),
        wire.discharge("zhao", at=end, mdtrt_id="M1", diagnosis=discharged),
        wire.stay_settlement("zhao", at=wire.later(end, hours=1), mdtrt_id="M1"),
    )
    # A 2402 that names another main diagnosis adds to what the 2401 named: 'all of the visit whenever sent'.
    assert bool(outcome.open_of(RULE)) is fires


@pytest.mark.parametrize("diagnoses, decision", [(["J00"], "reject"), (["J00", "I10"], "pass"), ([], "pass")])
def test_orders_go_by_the_diagnoses_of_their_call(
    replay: Replay, diagnoses: list[str], decision: str
) -> None:
    check = wire.orders_checked("zhao", at=T, orders=[wire.order(DRUG)], diagnoses=diagnoses)
    assert run(replay, check).verdict(check)["decision"] == decision


def test_orders_go_by_the_diagnoses_of_their_visit_too(replay: Replay) -> None:
    check = wire.orders_checked("zhao", at=NOON, orders=[wire.order(DRUG)], diagnoses=["J00"], mdtrt_id="M1")
    assert run(replay, details("I10"), check).verdict(check)["decision"] == "pass"


def test_diagnoses_of_a_check_serve_that_check_only(replay: Replay) -> None:
    check = wire.orders_checked("zhao", at=T, orders=[wire.order()], diagnoses=["I10"], mdtrt_id="M1")
    assert len(run(replay, check, details("J00"), visit()).open_of(RULE)) == 1
    against = wire.orders_checked("zhao", at=T, orders=[wire.order()], diagnoses=["J00"], mdtrt_id="M1")
    assert run(replay, against, visit()).open_of(RULE) == []


def test_on_a_family_account_the_finding_is_only_suspect(replay: Replay) -> None:
    settled = visit(acct_used_flag="2")
    outcome = run(replay, details("J00"), settled)
    assert (outcome.one(RULE)["severity"], outcome.one(RULE)["amount"]) == (2, "10.00")
    assert outcome.decision(settled[-1]) == ("remind", "0.00")


def test_the_withdrawal_of_the_diagnoses_call_undoes_it(replay: Replay) -> None:
    wrong = details("J00")
    outcome = run(replay, wrong, visit(), wire.compensation(wrong, at="2026-03-10 15:00:00", person="zhao"))
    assert outcome.open_of(RULE) == []
