"""Laws over every rule about persons: what is found is a function of the facts, not of how they came.

A failure prints its history; `@reproduce_failure` or the `@example` that Hypothesis offers brings it back.
"""

from collections import Counter
from collections.abc import Sequence
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.audit import Outcome, audit_person
from monitor.events import DAY, Event, OrdersChecked, Reversed, Settled, Undone
from monitor.memory.facts import Added
from monitor.memory.person import PersonMemory
from monitor.outputs import Finding
from monitor.rules.catalogue import RULES
from monitor.rules.examples import a_compensation
from monitor.rules.rule import Subject
from monitor.watermark import BEGINNING
from tests.monitor import slowly
from tests.monitor.builders import a_knowledge, all_of, open_findings
from tests.monitor.histories import MIDNIGHT, WORLD, by_chance, histories, told

KNOWLEDGE = a_knowledge(WORLD)
LAWS = settings(max_examples=120, deadline=None, print_blob=True)
SHUFFLES = st.integers(0, 1 << 32)
END = MIDNIGHT + 100 * DAY

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
        return open_findings(all_of(self.memory.findings))


def after(events: Sequence[Event]) -> dict[str, Finding]:
    """What is open when facts came in this order."""
    person = Person()
    for event in events:
        person.tell(event)
    return person.open


def shuffled(events: Sequence[Event], seed: int) -> list[Event]:
    return Random(seed).sample(events, len(events))


@given(histories())
@settings(LAWS, max_examples=300)
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
@settings(LAWS, max_examples=300)
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


@given(histories(), SHUFFLES)
@LAWS
def test_a_duplicate_changes_nothing_and_gets_the_same_verdict(events: list[Event], seed: int) -> None:
    person = Person()
    for event in shuffled(events, seed):
        first = person.tell(event)
        person.memory.changes()
        again = person.tell(replace(event, late=True))
        assert (again.verdict, again.added) == (first.verdict, Added.SAME)
        assert (again.findings, again.sales, person.memory.changes()) == ([], [], {})


@given(histories(), SHUFFLES)
@LAWS
def test_of_one_call_with_other_content_the_first_stays(events: list[Event], seed: int) -> None:
    person = Person()
    for event in shuffled(events, seed):
        first = person.tell(event)
        person.memory.changes()
        other = person.tell(replace(event, at=event.at + 7))
        assert (other.verdict, other.added) == (first.verdict, Added.CONFLICT)
        assert (other.findings, other.sales, person.memory.changes()) == ([], [], {})


@given(histories(), SHUFFLES)
@LAWS
def test_a_reversed_settlement_leaves_what_there_would_be_without_it(events: list[Event], seed: int) -> None:
    """Also when the reversal comes first."""
    named = {settlement_of(e) for e in events if type(e) is Settled and (seed >> int(e.msgid[1:])) & 1}
    reversals = [a_reversal_of(name, number) for number, name in enumerate(sorted(named))]
    without = [e for e in events if type(e) is not Settled or settlement_of(e) not in named]
    left = after(without)
    assert after([*events, *reversals]) == left
    assert after([*reversals, *events]) == left
    assert after(shuffled([*events, *reversals], seed)) == left


@given(histories(), SHUFFLES)
@LAWS
def test_a_compensated_call_leaves_what_there_would_be_without_it(events: list[Event], seed: int) -> None:
    """Whatever call it is, and also when the compensation comes first."""
    undone = [event for event in events if (seed >> int(event.msgid[1:])) & 1]
    compensations = [undoing(event, number) for number, event in enumerate(undone)]
    left = after([event for event in events if event not in undone])
    assert after([*events, *compensations]) == left
    assert after([*compensations, *events]) == left
    assert after(shuffled([*events, *compensations], seed)) == left


@given(histories())
@LAWS
def test_nothing_is_open_when_everything_was_compensated(events: list[Event]) -> None:
    assert after([*events, *(undoing(event, number) for number, event in enumerate(events))]) == {}


@given(histories(), SHUFFLES)
@LAWS
def test_a_compensation_that_is_compensated_changes_nothing(events: list[Event], seed: int) -> None:
    undone = [undoing(event, number) for number, event in enumerate(events)]
    restored = [undoing(event, number + len(events)) for number, event in enumerate(undone)]
    assert after(shuffled([*events, *undone, *restored], seed)) == after(events)


@given(histories(), SHUFFLES)
@LAWS
def test_a_memory_goes_on_from_its_pieces_as_if_it_had_never_been_written(
    events: list[Event], seed: int
) -> None:
    """And a piece is written only when it says something new."""
    kept, restarted, pieces = Person(), Person(), dict[str, bytes]()
    for number, event in enumerate(shuffled(events, seed)):
        assert restarted.tell(event) == kept.tell(event)
        for piece, written in restarted.memory.changes().items():
            assert pieces.get(piece) != written
            if written is None:
                del pieces[piece]
            else:
                pieces[piece] = written
        if (seed >> number % 30) & 1:
            restarted.memory = PersonMemory.load("p1", pieces)


@given(histories(), SHUFFLES)
@LAWS
def test_revisions_of_a_finding_count_up_by_one_and_each_says_something_new(
    events: list[Event], seed: int
) -> None:
    person, last = Person(), dict[str, Finding]()
    for event in shuffled(events, seed):
        for finding in person.tell(event).findings:
            said = last.get(finding.finding_id)
            assert finding.revision == (said.revision + 1 if said else 1)
            assert said is None or replace(said, revision=finding.revision) != finding
            last[finding.finding_id] = finding
    assert open_findings(last.values()) == person.open


@given(histories(), SHUFFLES)
@LAWS
def test_every_check_and_settlement_gets_one_verdict_and_nothing_else_does(
    events: list[Event], seed: int
) -> None:
    person = Person()
    answers = {event.call: person.tell(event).verdict for event in shuffled(events, seed)}
    owed = {event.call for event in events if isinstance(event, Settled | OrdersChecked)}
    assert {call for call, verdict in answers.items() if verdict is not None} == owed
    assert len({verdict.verdict_id for verdict in answers.values() if verdict is not None}) == len(owed)


def settlement_of(settled: Settled) -> tuple[str, str]:
    return (settled.provider, settled.settlement_id)


def a_reversal_of(name: tuple[str, str], number: int) -> Reversed:
    provider, settlement_id = name
    return Reversed(
        provider=provider,
        infno="2103",
        msgid=f"reversal{number:02}",
        person="p1",
        at=END,
        settlement_id=settlement_id,
    )


def undoing(event: Event, number: int) -> Undone:
    """Later than all it may name: of two compensations that name each other the later one counts."""
    return a_compensation(event, at=END + number, msgid=f"undoing{number:02}")
