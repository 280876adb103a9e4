"""What is remembered is bounded, and forgetting withdraws nothing."""

from collections.abc import Iterable, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from monitor.audit import audit_person, audit_provider, audit_trace
from monitor.events import (
    DAY,
    HOUR,
    MINUTE,
    Admitted,
    Diagnosis,
    Discharged,
    Event,
    RegisterRead,
    Reversed,
    Settled,
    TraceSale,
)
from monitor.knowledge import Knowledge
from monitor.memory import person as person_memory
from monitor.memory import provider as provider_memory
from monitor.memory import trace as trace_memory
from monitor.memory.person import PersonMemory
from monitor.memory.provider import ProviderMemory
from monitor.memory.trace import TraceMemory
from monitor.newborns import is_newborn_sign
from monitor.outputs import Finding, Status
from monitor.reference import Frequency, Reference
from monitor.rules.examples import (
    DRUG,
    PHARMACY,
    a_face_check,
    a_line,
    a_register,
    a_reversal,
    a_settlement,
    a_stay_settlement,
    a_visit_settlement,
    an_admission,
    charges,
    day_of,
    moment,
    orders,
)
from monitor.watermark import BEGINNING
from tests.monitor.builders import Monitor, a_knowledge, all_of, open_findings
from tests.monitor.histories import WORLD, Scene, histories_of, told

KNOWLEDGE = a_knowledge(WORLD)
REACH = KNOWLEDGE.region.person_memory_days
# The same examples each time: visits that last for years can be told apart from real ones by nobody.
LAWS = settings(max_examples=200, deadline=None, print_blob=True, derandomize=True)
OFTEN = {"sale": 4, "charged": 3, "admitted": 2, "discharged": 2}
# No 2601: one that is dated long before what it undoes is forgotten before it.
SELDOM = ("visit", "stay", "face", "checked", "register", "reversal")
YEARS = Scene(
    (*(kind for kind, often in OFTEN.items() for _ in range(often)), *SELDOM),
    (0, 1, 2, 4, 8, 14, REACH - 1, REACH, REACH + 1, REACH + 3, REACH + 9, REACH + 30, 2 * REACH, 3 * 365),
)


def withdrawals(findings: Iterable[Finding]) -> set[str]:
    return {finding.finding_id for finding in findings if finding.status is Status.WITHDRAWN}


def is_said_of_the_person(event: Event) -> bool:
    """The register and newborns: no finding names what says so, see the last test of persons."""
    if type(event) is RegisterRead or (type(event) is Discharged and event.death_day is not None):
        return True
    codes = [*getattr(event, "diagnoses", ()), Diagnosis(getattr(event, "disease", ""))]
    return is_newborn_sign(getattr(event, "med_type", ""), codes)


def plain(event: Event) -> Event:
    """Visits of these histories last for years, longer than what kind they are and what for is remembered."""
    if type(event) is Admitted:
        return replace(event, diagnoses=(), med_type="2101")
    return replace(event, diagnoses=()) if type(event) is Discharged else event


@given(histories_of(YEARS, size=30))
@LAWS
def test_nothing_is_withdrawn_because_something_was_forgotten(events: list[Event]) -> None:
    """Told in order, a memory that forgets withdraws nothing that one that keeps everything leaves open."""
    forgetful, faithful = PersonMemory("p1"), PersonMemory("p1")
    for event in told([plain(event) for event in events if not is_said_of_the_person(event)]):
        said = audit_person(forgetful, event, watermark=event.at, knowledge=KNOWLEDGE)
        kept = audit_person(faithful, event, watermark=BEGINNING, knowledge=KNOWLEDGE)
        assert (said.failure, kept.failure) == ("", "")
        assert withdrawals(said.findings).isdisjoint(open_findings(all_of(faithful.findings)))


@given(histories_of(YEARS, size=30))
@LAWS
def test_facts_and_findings_lie_within_the_reach(events: list[Event]) -> None:
    memory, pieces = PersonMemory("p1"), dict[str, bytes]()
    for event in told(events):
        audit_person(memory, event, watermark=event.at, knowledge=KNOWLEDGE)
        horizon, answers = event.at - REACH * DAY, event.at - KNOWLEDGE.region.answer_memory_days * DAY
        older = [fact for fact in memory.facts.by_call.values() if fact.at < horizon]
        # What the register said last, and deaths, are state: they stay.
        register = [f for f in older if type(f) is RegisterRead and f.death_day is None]
        deaths = [f for f in older if getattr(f, "death_day", None) is not None]
        assert len(register) <= 1
        assert len(register) + len(deaths) == len(older)
        assert all(answer.at >= answers for answer in memory.answers.values())
        # A stay is told up to three days after it began, and is remembered by when it was told.
        assert all(finding.occurred_at >= horizon - 3 * DAY for finding in all_of(memory.findings))
        for piece, written in memory.changes().items():
            if written is None:
                pieces.pop(piece)
            else:
                pieces[piece] = written
    remembered = len(memory.facts.by_call) + len(memory.answers) + len(memory.sales)
    assert len(pieces) == remembered + len(list(all_of(memory.findings)))


def test_a_lead_on_two_stays_outlives_the_memory_of_the_first() -> None:
    monitor = Monitor()
    monitor.tell(an_admission("V1", at="2025-01-01 09:00"), an_admission("V2", at="2025-01-10 09:00"))
    assert len(monitor.fired("LOC-STAY-OVERLAP")) == 1
    monitor.watermark = moment("2025-01-05 09:00") + REACH * DAY
    monitor.tell(an_admission("V3", at=monitor.watermark))
    assert len(monitor.fired("LOC-STAY-OVERLAP")) == 1


def test_what_a_check_found_outlives_the_week_in_which_the_check_is_remembered() -> None:
    monitor = Monitor()
    monitor.tell(
        a_settlement("S1", at="09 09:00"),
        a_face_check("0", at="10 08:30", business="14", provider="H43010000001"),
        orders(a_line(), at="10 09:00"),
    )
    assert len(monitor.fired("LOC-FACE-MISMATCH")) == 1
    monitor.watermark = moment("18 09:00")
    monitor.tell(a_face_check("1", at="18 09:00", business="14", provider="H43010000001"))
    assert len(monitor.fired("LOC-FACE-MISMATCH")) == 1


def test_a_settlement_is_taken_back_though_what_it_followed_is_forgotten() -> None:
    monitor = Monitor(a_knowledge(Reference(item_frequency={"ITEM": (Frequency(10_000, 365),)})))
    first, second = "2025-01-01 09:00", "2025-12-01 09:00"
    monitor.tell(a_settlement("S1", at=first, lines=[a_line("ITEM", at=first)]))
    monitor.tell(a_settlement("S2", at=second, lines=[a_line("ITEM", at=second)]))
    monitor.watermark = moment(first) + DAY + REACH * DAY
    monitor.tell(a_settlement("S9", at=monitor.watermark), an_admission(at=monitor.watermark))
    assert len(monitor.fired("GZ10000102014000")) == 1
    monitor.tell(a_reversal("S2", at=monitor.watermark + HOUR))
    assert monitor.fired("GZ10000102014000") == []


def test_a_stay_keeps_what_its_diagnoses_said() -> None:
    monitor = Monitor(a_knowledge(Reference(drug_indication={DRUG: ("E11",)})))
    monitor.tell(
        an_admission("V1", "I10", at="2025-01-01 09:00"),
        charges(a_line(at="2025-01-20 09:00"), at="2025-01-20 09:00"),
        a_stay_settlement("S1", at="2025-01-21 09:00"),
    )
    monitor.watermark = moment("2025-01-15 09:00") + REACH * DAY
    monitor.tell(an_admission("V2", at=monitor.watermark))
    assert len(monitor.fired("GZ10000101008000")) == 1


def test_a_long_stay_keeps_what_its_first_lines_broke() -> None:
    monitor = Monitor()
    monitor.tell(
        charges(a_line(number="1", at="2025-01-01 09:00", amount="12.00"), at="2025-01-01 09:00"),
        charges(a_line(number="2", at="2025-02-01 09:00", amount="12.00"), at="2025-02-01 09:00"),
        a_visit_settlement("S1", at="2025-02-02 09:00"),
    )
    monitor.watermark = moment("2025-01-15 09:00") + REACH * DAY
    monitor.tell(an_admission(at=monitor.watermark))
    assert [len(one.lines) for one in monitor.fired("GZ10000201002000")] == [2]


def test_what_the_register_said_outlives_the_memory_of_the_1101() -> None:
    monitor = Monitor()
    monitor.tell(a_register(at="2025-01-01 09:00", death_day=day_of("2025-01-01")))
    monitor.tell(a_settlement("S1", at="2025-12-01 09:00", lines=[a_line(at="2025-12-01 09:00")]))
    monitor.watermark = moment("2025-01-02 09:00") + REACH * DAY
    monitor.tell(an_admission(at=monitor.watermark))
    assert len(monitor.fired("LOC-DECEASED")) == 1


# -- pharmacies ------------------------------------------------------------------------------------------------------


def refunds(days: int, every: int) -> list[Settled | Reversed]:
    """A refund without a correction every so many days, each by another person."""
    told_: list[Settled | Reversed] = []
    for day in range(0, days, every):
        at, who = moment("2025-01-01 10:00") + day * DAY, f"p{day}"
        told_ += [a_settlement(f"S{day}", at=at, person=who), a_reversal(f"S{day}", at=at + 60, person=who)]
    return told_


def after(
    events: Sequence[Settled | Reversed], knowledge: Knowledge, *, forgetting: bool
) -> tuple[dict[str, Finding], list[Finding], ProviderMemory]:
    memory, said = ProviderMemory(PHARMACY), list[Finding]()
    for event in events:
        watermark = event.at if forgetting else BEGINNING
        outcome = audit_provider(memory, event, watermark=watermark, knowledge=knowledge)
        assert not outcome.failure
        said += outcome.findings
    return open_findings(all_of(memory.findings)), said, memory


@pytest.mark.parametrize("days,every", [(120, 9), (200, 1), (300, 1), (60, 15)])
def test_a_chain_of_refunds_that_outlives_the_memory_stays_one_finding(days: int, every: int) -> None:
    events = refunds(days, every)
    open_, said, memory = after(events, a_knowledge(), forgetting=True)
    assert withdrawals(said) == set()
    assert open_ == after(events, a_knowledge(), forgetting=False)[0]
    assert len(open_) == 1
    assert len(memory.facts.by_call) <= 2 * (40 // every + 1)


def test_a_chain_that_goes_on_still_shrinks_by_what_is_taken_back() -> None:
    events = refunds(120, 9)
    sale = events[-2]
    corrected = a_settlement("RIGHT", at=sale.at + 5 * MINUTE, person=sale.person)
    told_ = [*events, corrected]
    open_, said, _ = after(told_, a_knowledge(), forgetting=True)
    assert withdrawals(said) == set()
    assert open_ == after(told_, a_knowledge(), forgetting=False)[0]


# -- trace codes -----------------------------------------------------------------------------------------------------


def a_trace_sale(day: int, *, live: bool = True) -> TraceSale:
    return TraceSale(
        code="C",
        provider=PHARMACY,
        infno="2102",
        msgid=f"m{day}",
        settlement_id=f"s{day}",
        person=f"p{day}",
        at=day * DAY,
        fee=100,
        live=live,
    )


def told_of_code(*sales: TraceSale) -> tuple[list[Finding], TraceMemory]:
    memory, said = TraceMemory("C"), list[Finding]()
    latest = 0
    for sale in sales:
        latest = max(latest, sale.at)
        outcome = audit_trace(memory, sale, watermark=latest, knowledge=a_knowledge())
        assert not outcome.failure
        said += outcome.findings
    return said, memory


def test_a_code_is_forgotten_after_two_years() -> None:
    assert told_of_code(a_trace_sale(0), a_trace_sale(730))[0] != []
    assert told_of_code(a_trace_sale(0), a_trace_sale(731))[0] == []


def test_a_finding_about_a_code_grows_with_all_its_sales_while_it_is_remembered() -> None:
    said, memory = told_of_code(*(a_trace_sale(day) for day in (0, 400, 800, 1200)))
    assert [(one.revision, one.observed, one.status) for one in said] == [
        (1, 2, Status.OPEN),
        (2, 3, Status.OPEN),
        (3, 4, Status.OPEN),
    ]
    assert len(memory.sales) == 4
    said, memory = told_of_code(*(a_trace_sale(day) for day in (0, 400, 1200)))
    assert [one.observed for one in said] == [2]
    assert [sale.at for sale in memory.sales] == [1200 * DAY]


# -- caps ------------------------------------------------------------------------------------------------------------


def test_a_person_with_too_many_facts_loses_the_oldest_and_no_finding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(person_memory, "FACTS_MAX", 50)
    monkeypatch.setattr(person_memory, "FACTS_LEFT", 40)
    memory, said = PersonMemory("person-1"), list[Finding]()
    for number in range(200):
        at = moment("2025-01-01 09:00") + number * HOUR
        event = a_settlement(f"S{number}", at=at, lines=[a_line(number="1", at=at, days=20)])
        said += audit_person(memory, event, watermark=BEGINNING, knowledge=a_knowledge()).findings
        assert len(memory.facts.by_call) <= 50
    late = an_admission(at="2025-02-01 09:00")
    said += audit_person(memory, late, watermark=BEGINNING, knowledge=a_knowledge()).findings
    assert memory.capped > 100
    assert min(fact.at for fact in memory.facts.by_call.values()) > moment("2025-01-05 09:00")
    assert withdrawals(said) == set()


def test_a_pharmacy_with_too_many_sales_loses_the_oldest_and_no_finding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(provider_memory, "FACTS_MAX", 50)
    monkeypatch.setattr(provider_memory, "FACTS_LEFT", 40)
    memory, said = ProviderMemory(PHARMACY), list[Finding]()
    for number in range(300):
        at = moment("2025-01-01 09:00") + number * 30
        sale = a_settlement(f"S{number}", at=at, person=f"p{number % 7}")
        said += audit_provider(memory, sale, watermark=BEGINNING, knowledge=a_knowledge()).findings
        assert len(memory.facts.by_call) <= 50
    assert memory.capped > 200
    assert withdrawals(said) == set()


def test_a_code_that_is_sold_too_often_loses_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_memory, "SALES_MAX", 10)
    said, memory = told_of_code(*(a_trace_sale(day) for day in range(30)))
    assert len(memory.sales) == 10
    assert memory.capped == 20
    assert withdrawals(said) == set()


def test_an_event_of_a_heavy_patient_writes_little() -> None:
    """The aim of the design: at most 2 KB an event at 150 settlements."""
    memory, written = PersonMemory("person-1"), list[int]()
    random = Random(1)
    for number in range(150):
        at = moment("2025-01-01 09:00") + number * 2 * DAY
        lines = [a_line(f"X{random.randrange(40)}", str(n), at=at, days=7) for n in range(4)]
        event = a_settlement(f"S{number}", at=at, lines=lines)
        audit_person(memory, event, watermark=at, knowledge=KNOWLEDGE)
        pieces = memory.changes()
        written.append(sum(len(name) + len(piece or b"") for name, piece in pieces.items()))
    assert sorted(written)[len(written) // 2] < 2_048
