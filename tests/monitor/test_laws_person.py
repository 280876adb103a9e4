"""Laws over every rule about persons: what is found is a function of the facts, not of how they came.

A failure prints its history; `@reproduce_failure` or the `@example` that Hypothesis offers brings it back.
"""

from collections import Counter
from collections.abc import Sequence
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.audit import Outcome, audit_person
from monitor.events import Event, OrdersChecked, Settled, Undone
from monitor.memory.facts import Added
from monitor.memory.person import PersonMemory
from monitor.outputs import Finding
from monitor.rules.catalogue import RULES
from monitor.rules.rule import Subject
from monitor.watermark import BEGINNING
from tests.monitor import slowly
from tests.monitor.builders import a_knowledge, open_findings
from tests.monitor.histories import WORLD, by_chance, histories, told

KNOWLEDGE = a_knowledge(WORLD)
LAWS = settings(max_examples=250, deadline=None, print_blob=True)
SHUFFLES = st.integers(0, 1 << 32)

ABOUT_PERSONS = {
    rule.id
    for rule in RULES
    if rule.find or rule.find_stay or (rule.find_bursts and rule.subject is not Subject.PROVIDER)
}


class Person:
    """One person's memory, and what is open in it."""

    def __init__(self) -> None:
        self.memory = PersonMemory("p1")

    def tell(self, event: Event) -> Outcome:
        outcome = audit_person(self.memory, event, watermark=BEGINNING, knowledge=KNOWLEDGE)
        assert not outcome.failure, outcome.failure
        return outcome

    @property
    def open(self) -> dict[str, Finding]:
        return open_findings(f for said in self.memory.findings.by_anchor.values() for f in said.values())


def after(events: Sequence[Event]) -> dict[str, Finding]:
    """What is open when facts came in this order."""
    person = Person()
    for event in events:
        person.tell(event)
    return person.open


def shuffled(events: Sequence[Event], seed: int) -> list[Event]:
    return Random(seed).sample(events, len(events))


@given(histories())
@LAWS
def test_what_is_open_is_what_asking_every_rule_for_every_fact_gives(events: list[Event]) -> None:
    assert after(events) == slowly.of_person(events, KNOWLEDGE)


@given(histories())
@LAWS
def test_what_is_open_after_each_fact_is_what_asking_everything_gives(events: list[Event]) -> None:
    person = Person()
    for count, event in enumerate(told(events), start=1):
        person.tell(event)
        if count % 5 == 0:
            assert person.open == slowly.of_person(told(events)[:count], KNOWLEDGE)


@given(histories(), SHUFFLES)
@LAWS
def test_the_order_of_arrival_changes_nothing(events: list[Event], seed: int) -> None:
    in_order = after(told(events))
    assert after(shuffled(events, seed)) == in_order
    assert after(told(events)[::-1]) == in_order


def test_every_rule_about_persons_fires_in_histories_by_chance() -> None:
    """Or the laws above would say nothing about it."""
    fired: Counter[str] = Counter()
    for seed in range(250):
        for finding in slowly.of_person(by_chance(Random(seed), 25), KNOWLEDGE).values():
            fired[finding.rule_id] += 1
    assert {rule_id: fired[rule_id] for rule_id in ABOUT_PERSONS if fired[rule_id] < 3} == {}
