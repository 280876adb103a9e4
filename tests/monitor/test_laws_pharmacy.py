"""Laws over the rules about pharmacies: bursts, refunds, nights, against lists without state."""

from collections import Counter
from collections.abc import Sequence
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.audit import Outcome, audit_provider
from monitor.memory.facts import Added
from monitor.memory.provider import ProviderMemory
from monitor.outputs import Finding
from monitor.rules.catalogue import RULES
from monitor.watermark import BEGINNING
from tests.monitor.builders import a_knowledge, all_of, open_findings
from tests.monitor.pharmacies import KINDS, PHARMACY, WORLD, Days, Event, Found, days, naively

KNOWLEDGE = a_knowledge(WORLD)
LAWS = settings(max_examples=120, deadline=None, print_blob=True)
SHUFFLES = st.integers(0, 1 << 32)


class Pharmacy:
    """One pharmacy's memory, and what is open in it."""

    def __init__(self) -> None:
        self.memory = ProviderMemory(PHARMACY)

    def tell(self, event: Event) -> Outcome:
        outcome = audit_provider(self.memory, event, watermark=BEGINNING, knowledge=KNOWLEDGE)
        assert not outcome.failure, outcome.failure
        return outcome

    @property
    def open(self) -> dict[str, Finding]:
        return open_findings(all_of(self.memory.findings))


def after(events: Sequence[Event]) -> dict[str, Finding]:
    pharmacy = Pharmacy()
    for event in events:
        pharmacy.tell(event)
    return pharmacy.open


def as_lists(findings: dict[str, Finding]) -> list[Found]:
    found = [
        Found(
            one.rule_id,
            tuple(e.msgid for e in one.evidence),
            one.observed,  # type: ignore[arg-type]  # counts of sales and persons
            one.amount,
        )
        for one in findings.values()
    ]
    return sorted(found, key=lambda one: (one.rule_id, one.evidence))


def shuffled(events: Sequence[Event], seed: int) -> list[Event]:
    return Random(seed).sample(events, len(events))


@given(days, SHUFFLES)
@LAWS
def test_what_is_open_is_what_lists_without_state_give(events: list[Event], seed: int) -> None:
    assert as_lists(after(shuffled(events, seed))) == naively(events)


@given(days, SHUFFLES)
@LAWS
def test_the_order_of_arrival_changes_nothing(events: list[Event], seed: int) -> None:
    assert after(shuffled(events, seed)) == after(sorted(events, key=lambda event: (event.at, event.msgid)))


@given(days, SHUFFLES)
@LAWS
def test_a_duplicate_changes_nothing(events: list[Event], seed: int) -> None:
    pharmacy = Pharmacy()
    for event in shuffled(events, seed):
        pharmacy.tell(event)
        pharmacy.memory.changes()
        again = pharmacy.tell(replace(event, late=True))
        assert (again.added, again.findings, pharmacy.memory.changes()) == (Added.SAME, [], {})


@given(days, SHUFFLES)
@LAWS
def test_revisions_of_a_finding_count_up_by_one_and_each_says_something_new(
    events: list[Event], seed: int
) -> None:
    pharmacy = Pharmacy()
    last: dict[str, Finding] = {}
    for event in shuffled(events, seed):
        for finding in pharmacy.tell(event).findings:
            said = last.get(finding.finding_id)
            assert finding.revision == (said.revision + 1 if said else 1)
            assert said is None or replace(said, revision=finding.revision) != finding
            last[finding.finding_id] = finding
    assert open_findings(last.values()) == pharmacy.open


@given(days, SHUFFLES)
@LAWS
def test_a_memory_goes_on_from_its_pieces_as_if_it_had_never_been_written(
    events: list[Event], seed: int
) -> None:
    kept, restarted, pieces = Pharmacy(), Pharmacy(), dict[str, bytes]()
    for number, event in enumerate(shuffled(events, seed)):
        assert restarted.tell(event) == kept.tell(event)
        for piece, written in restarted.memory.changes().items():
            assert pieces.get(piece) != written
            pieces |= {piece: written} if written is not None else {}
        if (seed >> number % 30) & 1:
            restarted.memory = ProviderMemory.load(PHARMACY, pieces)


def test_every_rule_about_pharmacies_fires_in_days_by_chance() -> None:
    fired: Counter[str] = Counter()
    for seed in range(200):
        random = Random(seed)
        found = naively(Days([(random.choice(KINDS), random.randrange(1 << 48)) for _ in range(30)]).all())
        fired.update(one.rule_id for one in found)
    assert {rule.id for rule in RULES if rule.is_about_pharmacies and fired[rule.id] < 20} == set()
