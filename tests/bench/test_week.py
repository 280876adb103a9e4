"""Who was told for nothing, and which fraud nobody was told of, must be counted right before it is worth a figure."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from msgspec.structs import replace

from bench.told import CHANCE, NEVER, Count, Told, total
from bench.week import REGIONS, Heard, hear, judge, settings_of, tell_incidents
from monitor.compose import budget_of, knowledge_of, policy_of
from monitor.events import DAY, HOUR
from monitor.incidents import incident_name
from monitor.outputs import Finding, Incident, State
from monitor.pipeline import Pipeline
from monitor.simulator import Row, Shape, Week
from monitor.simulator.wire import day_of
from tests.monitor.incident_world import NOON, PROVIDER, RULE, a_finding, an_incident

MIDNIGHT = NOON - NOON % DAY
SMALL = Shape(days=1, pharmacies=48, hospitals=18, sales=20, visits=2, stays=2, past=3, innocents=1)
ROWS_OF_FRAUDS = 35


def a_row(finding: Finding, *, kind: str = "fraud", scenario: str = "a scene", rule_id: str = RULE) -> Row:
    call = finding.evidence[-1]
    return Row(
        kind=kind, rule_id=rule_id, scenario=scenario, provider=PROVIDER, msgid=call.msgid, setl_id=call.settlement_id,
        msgids=(call.msgid,), setl_ids=(), must_reject=(), may_reject=(),
    )  # fmt: skip


def its_incident(finding: Finding, *, notify: bool = True) -> Incident:
    name = incident_name(finding.rule_id, finding.subject, finding.finding_id)
    return an_incident(name, rule_id=finding.rule_id, opened_at=finding.occurred_at, notify=notify)


def counted(findings: Iterable[Finding], incidents: Iterable[Incident], truth: Iterable[Row]) -> Count:
    told = Told()
    for finding in findings:
        told.finding(finding)
    for incident in incidents:
        told.incident(incident, at=incident.last_seen_at)
    return told.count(truth, since=MIDNIGHT, days=2)


def test_an_incident_that_names_no_call_of_a_fraud_is_false() -> None:
    stray, fraud = a_finding("f1"), a_finding("f2")
    count = counted([stray], [its_incident(stray)], [a_row(fraud)])
    figures = count.rules[RULE]
    assert (figures.planted, figures.found, figures.notified) == (1, 0, 0)
    assert (figures.stories, figures.told, figures.false, figures.false_told) == (1, 1, 1, 1)
    assert (count.false_days, count.causes) == ([1, 0], {RULE: {CHANCE: 1}})


def test_a_false_incident_that_only_goes_to_lists_tells_nobody() -> None:
    stray = a_finding("f1")
    count = counted([stray], [its_incident(stray, notify=False)], [])
    assert (count.rules[RULE].false, count.rules[RULE].false_told, count.false_days) == (1, 0, [0, 0])


def test_a_fraud_that_was_found_and_told_to_nobody_is_not_notified() -> None:
    fraud = a_finding("f1")
    count = counted([fraud], [its_incident(fraud, notify=False)], [a_row(fraud)])
    assert total(count.frauds) == {"planted": 1, "found": 1, "notified": 0}
    assert count.rules[RULE].false == 0


def test_an_incident_that_holds_one_finding_of_a_fraud_is_true() -> None:
    stray, fraud = a_finding("f1"), a_finding("f2", at=NOON + HOUR // 2)
    count = counted([stray, fraud], [its_incident(stray)], [a_row(fraud)])
    assert total(count.frauds) == {"planted": 1, "found": 1, "notified": 1}
    assert (count.rules[RULE].told, count.rules[RULE].false) == (1, 0)


def test_a_finding_after_an_incident_is_no_part_of_it() -> None:
    stray, fraud = a_finding("f1"), a_finding("f2", at=NOON + 2 * HOUR)
    count = counted([stray, fraud], [its_incident(stray)], [a_row(fraud)])
    assert total(count.frauds) == {"planted": 1, "found": 1, "notified": 0}
    assert count.rules[RULE].false_told == 1


def test_what_another_rule_says_of_a_fraud_s_call_is_false() -> None:
    other = a_finding("f1", rule_id="LOC-DECEASED")
    count = counted([other], [its_incident(other)], [a_row(other)])
    assert count.rules["LOC-DECEASED"].false_told == 1
    assert total(count.frauds)["found"] == 0


def test_somebody_was_told_for_nothing_even_if_it_was_withdrawn_later() -> None:
    stray = a_finding("f1")
    said = its_incident(stray)
    count = counted([stray], [said, replace(said, state=State.WITHDRAWN, revision=2)], [])
    assert count.false_days == [1, 0]


def test_an_incident_and_its_successor_are_one_story() -> None:
    stray, earlier = a_finding("f1"), a_finding("f0", at=NOON - HOUR)
    first, heir = its_incident(stray), its_incident(earlier)
    gone = replace(first, state=State.WITHDRAWN, successor=heir.incident_id, revision=2)
    count = counted([stray, earlier], [first, heir, gone], [])
    assert (count.rules[RULE].stories, count.rules[RULE].false_told, sum(count.false_days)) == (1, 1, 1)


def test_a_false_incident_says_which_innocent_it_was() -> None:
    stray = a_finding("f1")
    count = counted([stray], [its_incident(stray)], [a_row(stray, kind="innocent", scenario="early refill")])
    assert count.causes == {RULE: {"early refill": 1}}
    assert total(count.innocents) == {"planted": 1, "found": 1, "notified": 1}
    assert total(count.frauds) == {}


def test_what_was_over_before_the_week_is_history() -> None:
    old = a_finding("f1", at=MIDNIGHT - DAY)
    count = counted([old], [its_incident(old)], [])
    assert (count.rules[RULE].stories, count.false_days) == (0, [0, 0])


def test_a_fraud_of_the_week_that_was_told_before_it_is_notified() -> None:
    early = a_finding("f1", at=MIDNIGHT - DAY)
    count = counted([early], [its_incident(early)], [a_row(early)])
    assert total(count.frauds) == {"planted": 1, "found": 1, "notified": 1}


def test_what_the_contract_tells_nobody_of_is_left_out_where_that_is_said() -> None:
    rule_id = next(iter(NEVER))
    silent = a_finding("f1", rule_id=rule_id)
    count = counted([silent], [], [a_row(silent, rule_id=rule_id), a_row(a_finding("f2"))])
    assert (total(count.frauds)["planted"], total(count.frauds, owed=True)["planted"]) == (2, 1)


@pytest.fixture(scope="module")
def heard() -> Heard:
    return hear(Week(seed=5, shape=SMALL))


def test_a_week_can_be_told_again() -> None:
    shape = Shape(days=1, pharmacies=48, hospitals=18, sales=1, visits=1, stays=1, past=1, innocents=1)
    week = Week(seed=3, shape=shape)
    once, truth = list(week.feed()), week.truth
    assert list(week.feed()) == once
    assert week.truth == truth
    assert list(Week(seed=4, shape=shape).feed()) != once


def test_every_scene_plays_every_day(heard: Heard) -> None:
    kinds = {(row.kind, row.scenario) for row in heard.truth}
    assert len([scenario for kind, scenario in kinds if kind == "fraud"]) == ROWS_OF_FRAUDS
    assert len([row for row in heard.truth if row.kind == "fraud"]) == ROWS_OF_FRAUDS
    assert {"innocent", "chance"} <= {kind for kind, _ in kinds}


@pytest.mark.parametrize("region", REGIONS)
def test_a_small_city_of_one_day_keeps_the_law(heard: Heard, region: str) -> None:
    count = judge(heard, region).count
    owed = total(count.frauds, owed=True)
    assert total(count.frauds)["found"] == total(count.frauds)["planted"], [
        kind.scenario for kind in count.frauds if kind.found < kind.planted
    ]
    assert sum(count.false_days) <= 5, (heard.seed, count.causes)
    assert owed["notified"] >= 0.9 * owed["planted"], (
        heard.seed,
        [kind.scenario for kind in count.frauds if kind.notified < kind.planted],
    )


def test_incidents_are_judged_as_a_replay_says_them(heard: Heard) -> None:
    week = Week(seed=5, shape=SMALL)
    settings = settings_of("production")
    with tempfile.TemporaryDirectory() as folder:
        week.write_reference(Path(folder))
        knowledge = knowledge_of(settings_of("production", reference=Path(folder)))
    policy = policy_of(settings, knowledge)
    pipeline = Pipeline(knowledge=knowledge, policy=policy, budget=budget_of(settings))
    replayed = Told()
    for raw in week.feed():
        said = pipeline.tell(raw)
        for finding in said.findings:
            replayed.finding(finding)
        for incident in said.incidents:
            replayed.incident(incident, at=pipeline.watermark.time)
    told = tell_incidents(heard.findings["production"], settings, policy, partitions=1)
    since = day_of(week.start)
    assert told.count(heard.truth, since=since, days=1) == replayed.count(week.truth, since=since, days=1)
