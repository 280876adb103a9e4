"""What one event leads to: who is answered, what is remembered, what is said again."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from monitor.audit import audit_person
from monitor.events import DAY, Diagnosis, Event, OrdersChecked
from monitor.knowledge import Knowledge
from monitor.memory.facts import Added
from monitor.memory.person import PersonMemory
from monitor.outputs import Decision, Status
from monitor.reference import Provider, Reference
from monitor.regions import load_region
from monitor.rules.catalogue import LIMITS
from monitor.rules.examples import (
    DRUG,
    HOSPITAL,
    PERSON,
    a_compensation,
    a_diagnosis_of,
    a_face_check,
    a_line,
    a_reversal,
    a_settlement,
    a_visit_settlement,
    charges,
    moment,
    orders,
)
from tests.monitor.builders import Monitor, a_knowledge

ARITHMETIC = "GZ10000201002000"
WRONG = a_settlement("S1", lines=[a_line(amount="12.00")])
KnownInRegion = Callable[[str], Knowledge]


@pytest.fixture
def in_a_region(tmp_path: Path) -> KnownInRegion:
    def known(limits: str) -> Knowledge:
        file = tmp_path / "region.toml"
        file.write_text(f"[[change]]\nfrom = 2026-01-01\nrules.{ARITHMETIC} = {limits}\n", encoding="utf-8")
        return a_knowledge(region=load_region(file, limits=LIMITS))

    return known


# -- answers -----------------------------------------------------------------------------------------------------------


def test_a_repeat_gets_the_same_answer_though_facts_have_changed() -> None:
    monitor = Monitor()
    first = monitor.tell(WRONG)
    monitor.tell(a_reversal("S1", at="10 09:30"))
    again = monitor.tell(WRONG)
    assert again.verdict == first.verdict
    assert (again.repeated, again.added, again.findings) == (True, Added.SAME, [])


def test_a_repeat_after_a_week_is_audited_anew_under_the_same_id() -> None:
    monitor = Monitor()
    first = monitor.tell(WRONG).verdict
    monitor.tell(a_reversal("S1", at="10 09:30"))
    monitor.watermark = WRONG.at + 7 * DAY
    assert monitor.tell(WRONG).verdict == first
    monitor.watermark += 1
    again = monitor.tell(WRONG)
    assert first is not None
    assert again.verdict is not None
    assert (first.decision, again.verdict.decision) == (Decision.REJECT, Decision.PASS)
    assert (again.verdict.verdict_id, again.repeated) == (first.verdict_id, False)
    assert again.findings == []


def test_a_settlement_passes_when_its_reversal_came_first() -> None:
    monitor = Monitor()
    monitor.tell(a_reversal("S1", at="10 09:30"))
    outcome = monitor.tell(WRONG)
    assert outcome.verdict is not None
    assert (outcome.verdict.decision, outcome.findings) == (Decision.PASS, [])


def test_each_msgid_of_one_settlement_is_answered_and_the_smaller_one_stands_for_both() -> None:
    monitor = Monitor()
    later = replace(WRONG, msgid="m-later", at=WRONG.at + 60)
    verdicts = [monitor.tell(event).verdict for event in (later, WRONG)]
    assert [verdict and verdict.decision for verdict in verdicts] == [Decision.REJECT] * 2
    assert [verdict and verdict.msgid for verdict in verdicts] == ["m-later", "m-S1"]
    (finding,) = monitor.fired(ARITHMETIC)
    assert [one.msgid for one in finding.evidence] == ["m-S1"]


def test_the_same_setl_id_at_another_provider_is_another_settlement() -> None:
    monitor = Monitor()
    monitor.tell(WRONG, replace(WRONG, provider="P43010000002"))
    assert len(monitor.fired(ARITHMETIC)) == 2


# -- checks ------------------------------------------------------------------------------------------------------------


def test_a_check_leaves_nothing_behind_but_its_answer() -> None:
    monitor = Monitor()
    check = orders(a_line(amount="12.00"), at="10 09:00")
    assert monitor.tell(check).findings == []
    assert monitor.open == {}
    assert monitor.persons[PERSON].history.settlements == []
    assert monitor.tell(a_settlement("S1", lines=[a_line(days=31)])).findings == []


@pytest.mark.parametrize("infno,decision", [("3101", Decision.REMIND), ("3102", Decision.REJECT)])
def test_before_the_order_a_doctor_is_reminded_and_before_the_charge_refused(
    infno: str, decision: Decision
) -> None:
    verdict = Monitor().tell(orders(a_line(amount="12.00"), at="10 09:00", infno=infno)).verdict
    assert verdict is not None
    assert (verdict.decision, len(verdict.results)) == (decision, 1)
    assert verdict.amount_refused == (1_200 if infno == "3102" else 0)


def test_a_check_asks_the_rules_that_it_names_only() -> None:
    both = [a_line(amount="12.00"), a_line(number="2", days=40)]
    named = orders(*both, at="10 09:00", rule_ids=(ARITHMETIC,))
    every = orders(*both, at="10 09:01")
    verdicts = [Monitor().tell(check).verdict for check in (named, every)]
    assert [[r["rule_id"] for r in v.results] for v in verdicts if v] == [
        [ARITHMETIC],
        [ARITHMETIC, "GZ10000101009000"],
    ]


def test_leads_are_not_for_the_doctor() -> None:
    monitor = Monitor()
    monitor.tell(*(a_settlement(f"S{day}", at=f"{day} 09:00") for day in ("02", "04", "06", "08")))
    verdict = monitor.tell(orders(a_line(), at="10 09:00")).verdict
    assert verdict is not None
    assert verdict.decision is Decision.PASS
    assert monitor.tell(a_settlement("S10", at="10 10:00")).findings != []


def test_a_face_that_does_not_match_is_a_finding_at_3102_and_nothing_at_3101() -> None:
    monitor = Monitor()
    monitor.tell(a_face_check("0", at="10 08:30", business="14", provider=HOSPITAL))
    before_order = monitor.tell(orders(a_line(), at="10 09:00", infno="3101"))
    before_charge = monitor.tell(orders(a_line(), at="10 09:01"))
    assert before_order.verdict is not None
    assert (before_order.verdict.decision, before_order.findings) == (Decision.PASS, [])
    (finding,) = before_charge.findings
    assert [one.infno for one in finding.evidence] == ["9601", "3102"]


def test_what_is_settled_under_an_orders_number_is_not_counted_beside_it() -> None:
    monitor = Monitor()
    monitor.tell(charges(a_line(number="RX1", days=30)), a_visit_settlement())
    same = monitor.tell(orders(a_line(number="RX1", at="10 11:00", days=30), at="10 11:00")).verdict
    other = monitor.tell(orders(a_line(number="RX2", at="10 11:00", days=30), at="10 11:01")).verdict
    assert [verdict and verdict.decision for verdict in (same, other)] == [Decision.PASS, Decision.REJECT]


def test_the_diagnoses_of_a_check_serve_that_check_only() -> None:
    monitor = Monitor(a_knowledge(Reference(drug_indication={DRUG: ("E11",)})))
    monitor.tell(a_diagnosis_of("I10"))

    def checked(minute: str, *codes: str) -> OrdersChecked:
        return orders(a_line(), at=f"10 09:{minute}", diagnoses=tuple(Diagnosis(code) for code in codes))

    decisions = [monitor.tell(checked(*said)).verdict for said in (("00",), ("01", "E11.9"), ("02",))]
    assert [v and v.decision for v in decisions] == [Decision.REJECT, Decision.PASS, Decision.REJECT]


# -- findings ----------------------------------------------------------------------------------------------------------


def test_a_finding_is_withdrawn_and_comes_back_under_its_own_id() -> None:
    monitor = Monitor()
    reversal = a_reversal("S1", at="10 09:30")
    told = (WRONG, reversal, a_compensation(reversal, at="10 09:40"))
    said = [finding for event in told for finding in monitor.tell(event).findings]
    assert [(one.revision, one.status) for one in said] == [
        (1, Status.OPEN),
        (2, Status.WITHDRAWN),
        (3, Status.OPEN),
    ]
    assert len({one.finding_id for one in said}) == 1


def test_a_finding_that_rests_on_a_late_record_says_so() -> None:
    monitor = Monitor()
    assert [one.late for one in monitor.tell(replace(WRONG, late=True)).findings] == [True]


def test_a_reversal_of_somebody_elses_settlement_does_nothing() -> None:
    monitor = Monitor()
    monitor.tell(WRONG, a_reversal("S1", at="10 09:30", person="person-2"))
    monitor.tell(a_reversal("S1", at="10 09:31", pharmacy="P43010000002", msgid="m-other"))
    assert len(monitor.fired(ARITHMETIC)) == 1


def test_a_relatives_account_makes_no_more_than_a_suspicion_of_what_is_about_the_patient() -> None:
    monitor = Monitor(a_knowledge(Reference(drug_sex={DRUG: "2"})))
    monitor.tell(a_settlement(gender="1", family=True, lines=[a_line(amount="12.00")]))
    assert {one.rule_id: one.severity for one in monitor.open.values()} == {
        "GZ10000301004000": 2,
        ARITHMETIC: 1,
    }


def test_a_sign_out_after_the_settlement_clears_the_treatment_of_its_day() -> None:
    tables = Reference(
        dialysis_items=frozenset({"DIALYSIS"}), providers={HOSPITAL: Provider(code=HOSPITAL, face_check=True)}
    )
    monitor = Monitor(a_knowledge(tables))
    monitor.tell(charges(a_line("DIALYSIS")), a_visit_settlement())
    assert len(monitor.fired("LOC-DIALYSIS-ABSENT")) == 1
    monitor.tell(a_face_check("1", at="10 13:00", business="17", provider=HOSPITAL))
    assert monitor.fired("LOC-DIALYSIS-ABSENT") == []


def test_a_check_that_was_undone_before_it_arrived_finds_nothing() -> None:
    monitor = Monitor()
    check = orders(a_line(), at="10 09:00")
    monitor.tell(a_face_check("0", at="10 08:30", business="14", provider=HOSPITAL))
    monitor.tell(a_compensation(check, at="10 09:05"))
    assert monitor.tell(check).findings == []


def test_windows_that_share_one_sale_are_one_chain() -> None:
    monitor = Monitor()
    monitor.tell(
        *(a_settlement(f"S{minute}", at=f"10 09:{minute}") for minute in ("00", "05", "10", "15", "20"))
    )
    assert [one.evidence_count for one in monitor.fired("LOC-CARD-REPEAT")] == [5]


# -- modes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mode,decision,severity",
    [("block", Decision.REJECT, [1]), ("suspect", Decision.REMIND, [2]), ("off", Decision.PASS, [])],
)
def test_a_region_decides_what_a_rule_may_do(
    in_a_region: KnownInRegion, mode: str, decision: Decision, severity: list[int]
) -> None:
    monitor = Monitor(in_a_region(f'{{ mode = "{mode}" }}'))
    verdict = monitor.tell(WRONG).verdict
    assert verdict is not None
    assert verdict.decision is decision
    assert [one.severity for one in monitor.fired(ARITHMETIC)] == severity


def test_a_shadow_is_found_and_not_spoken_of(in_a_region: KnownInRegion) -> None:
    monitor = Monitor(in_a_region('{ mode = "shadow" }'))
    verdict = monitor.tell(WRONG).verdict
    assert verdict is not None
    assert (verdict.decision, verdict.results) == (Decision.PASS, ())
    assert [(one.shadow, one.severity) for one in monitor.fired(ARITHMETIC)] == [(True, 1)]


def test_what_holds_is_decided_by_the_day_of_the_event(in_a_region: KnownInRegion) -> None:
    monitor = Monitor(in_a_region('{ mode = "off" }'))
    before = a_settlement("S0", at="2025-12-31 23:59", lines=[a_line(amount="12.00")])
    monitor.tell(WRONG, before)
    assert [one.evidence[0].at for one in monitor.fired(ARITHMETIC)] == [moment("2025-12-31 23:59")]


# -- a rule that fails ---------------------------------------------------------------------------------------------------


class Secret(Exception):  # noqa: N818 - what a rule raises is not ours to name
    pass


def failing(knowledge: Knowledge) -> Knowledge:
    def find(*_: object) -> None:
        raise Secret("person-1 bought DRUG")

    rules = tuple(replace(r, find=find, needs=None) if r.id == ARITHMETIC else r for r in knowledge.rules)
    return replace(knowledge, rules=rules, asking_in={})


def told_despite_failure(monitor: Monitor, *events: Event) -> list[Decision | None]:
    memory = monitor.persons.setdefault(PERSON, PersonMemory(PERSON))
    outcomes = [
        audit_person(memory, event, watermark=monitor.watermark, knowledge=monitor.knowledge)
        for event in events
    ]
    assert all("DRUG" not in outcome.failure for outcome in outcomes)
    assert all("Secret" in outcome.failure for outcome in outcomes if outcome.failure)
    return [outcome.verdict.decision if outcome.verdict else None for outcome in outcomes]


def test_a_rule_that_fails_leaves_a_call_unchecked_and_the_next_release_answers_its_repeat() -> None:
    monitor = Monitor(failing(a_knowledge()))
    assert told_despite_failure(monitor, WRONG, orders(a_line(), at="10 09:30")) == [Decision.UNCHECKED] * 2
    monitor.knowledge = a_knowledge()
    assert told_despite_failure(monitor, WRONG) == [Decision.REJECT]


def test_a_reversal_by_another_provider_is_told_as_a_misfit_and_takes_nothing_back() -> None:
    monitor = Monitor()
    monitor.tell(WRONG)
    assert monitor.tell(a_reversal("S1", at="10 10:00", pharmacy="P43010000009")).misfit
    assert len(monitor.fired(ARITHMETIC)) == 1


def test_a_reversal_that_fits_or_comes_first_is_no_misfit() -> None:
    monitor = Monitor()
    assert not monitor.tell(a_reversal("S1", at="10 10:00")).misfit
    monitor.tell(WRONG)
    assert not monitor.tell(a_reversal("S1", at="10 10:01", msgid="m-again")).misfit


def test_what_a_rule_failed_on_is_found_when_it_is_put_back_though_its_fact_is_known() -> None:
    monitor = Monitor(failing(a_knowledge()))
    told_despite_failure(monitor, WRONG)
    assert monitor.fired(ARITHMETIC) == []
    monitor.knowledge = a_knowledge()
    memory = monitor.persons[PERSON]
    repeat = audit_person(memory, WRONG, watermark=monitor.watermark, knowledge=monitor.knowledge, again=True)
    assert [finding.rule_id for finding in repeat.findings] == [ARITHMETIC]
    assert repeat.verdict is not None
    assert repeat.verdict.decision is Decision.REJECT


def test_what_was_put_back_without_need_changes_nothing() -> None:
    monitor = Monitor()
    monitor.tell(WRONG)
    memory = monitor.persons[PERSON]
    said = list(monitor.fired(ARITHMETIC))
    repeat = audit_person(memory, WRONG, watermark=monitor.watermark, knowledge=monitor.knowledge, again=True)
    assert repeat.findings == []
    assert list(monitor.fired(ARITHMETIC)) == said
