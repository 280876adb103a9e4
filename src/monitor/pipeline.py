"""The path of one record through all stages, in one process: what the agents do over Kafka, without Kafka.

intake -> providers -> persons -> traces -> incidents. Replay, tests and benchmarks go this way; the stages call the same
functions, so both find the same.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from monitor.audit import Outcome, audit_person, audit_provider, audit_trace
from monitor.audit.provider import concerns_pharmacies
from monitor.events import Event, TraceSale, WarningAnswered
from monitor.incidents import Book, Budget, IncidentPolicy, apply, due, tick
from monitor.interface.intake import Accepted, Ignored, Intake, IntakeLimits, Rejected
from monitor.interface.intake import Outcome as Decoded
from monitor.interface.outcomes import Reason
from monitor.knowledge import Knowledge
from monitor.memory.facts import Added
from monitor.memory.person import PersonMemory
from monitor.memory.pieces import UNTRACKED
from monitor.memory.provider import ProviderMemory
from monitor.memory.trace import TraceMemory
from monitor.outputs import Finding, Incident, Kind, Verdict
from monitor.watermark import Watermark

NO_INCIDENT = frozenset({Kind.REMINDER})


class DeadLetter(Struct, frozen=True):
    """A record that could not be used: why, and which field; nothing of its content."""

    reason: str
    detail: str


class Said(Struct):
    """What one record leads to, in the order in which it is said."""

    verdicts: list[Verdict] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    dead_letter: DeadLetter | None = None


NOTHING_SAID = Said()
"""Of most records; nobody adds to it."""


def book_key(finding: Finding) -> str:
    """Incidents are kept by rule and subject; also the key of the topic `findings`."""
    return f"{finding.rule_id}|{finding.subject}"


def makes_incident(finding: Finding) -> bool:
    """Reminders and shadows do not; but what turned into a shadow later has to leave its incident."""
    return finding.kind not in NO_INCIDENT and (not finding.shadow or finding.revision > 1)


class Pipeline:
    """All stages and their memories in one process. `tell` takes records in order of arrival."""

    def __init__(
        self,
        *,
        knowledge: Knowledge,
        policy: IncidentPolicy,
        budget: Budget,
        limits: IntakeLimits | None = None,
    ) -> None:
        self.knowledge = knowledge
        self.watermark = Watermark(knowledge.region.lateness_s)
        self.counts: Counter[str] = Counter()
        self._intake = Intake(
            tokens=knowledge.tokens,
            trace_ignore=knowledge.reference.trace_ignore,
            limits=limits or IntakeLimits(),
        )
        self._policy = policy
        self._budget = budget
        self._providers: dict[str, ProviderMemory] = {}
        self._persons: dict[str, PersonMemory] = {}
        self._traces: dict[str, TraceMemory | TraceSale] = {}
        self._books: dict[str, Book] = {}

    def tell(self, raw: bytes) -> Said:
        """One feed record through all stages."""
        return self.take(self._intake.decode(raw))

    def tell_all(self, raws: Sequence[bytes]) -> Iterator[Said]:
        """Records in order. All are decoded first, which needs no memory: each half stays in the processor's cache."""
        return map(self.take, self._intake.decode_all(raws))

    def take(self, outcome: Decoded) -> Said:
        """The same of a record that was decoded elsewhere, by an intake with the same tokens and tables."""
        self.counts["records"] += 1
        if outcome.picture_dropped:
            self.counts["pictures_dropped"] += 1
        if type(outcome) is Accepted:
            return self._accepted(outcome)
        if type(outcome) is Rejected:
            return Said(dead_letter=DeadLetter(str(outcome.reason), outcome.detail))
        if type(outcome) is Ignored:
            self.counts[f"ignored_{outcome.reason}"] += 1
        return NOTHING_SAID

    def _accepted(self, accepted: Accepted) -> Said:
        said = Said()
        late = self.watermark.is_late(accepted.call_time)
        self.watermark.follow(accepted.call_time)
        if accepted.notes:
            self.counts.update(accepted.notes)
        if late:
            self.counts["late"] += 1
        for event in accepted.events:
            if type(event) is WarningAnswered:
                self.counts["feedback"] += 1
            else:
                self._event(replace(event, late=True) if late else event, self.watermark.time, said)
        return said

    def _event(self, event: Event, time: int, said: Said) -> None:
        knowledge, first_told = self.knowledge, True
        if concerns_pharmacies(event, knowledge):
            provider = self._providers.get(event.provider)
            if provider is None:
                provider = self._providers[event.provider] = ProviderMemory(event.provider, UNTRACKED)
            heard = audit_provider(provider, event, watermark=time, knowledge=knowledge)  # type: ignore[arg-type]  # that is what it asks
            self._hear(heard, time, said)
            if heard.first_told_of:
                self.counts[Added.CONFLICT.value] += 1
                event = replace(event, person=heard.first_told_of)
                first_told = False
        person = self._persons.get(event.person)
        if person is None:
            person = self._persons[event.person] = PersonMemory(event.person, UNTRACKED)
        outcome = audit_person(person, event, watermark=time, knowledge=knowledge)
        if first_told and outcome.added is not Added.NEW:
            self.counts[outcome.added.value] += 1
        if outcome.verdict is not None:
            said.verdicts.append(outcome.verdict)
        self._hear(outcome, time, said)
        for sale in outcome.sales:
            self._sale(sale, time, said)

    def _sale(self, sale: TraceSale, time: int, said: Said) -> None:
        memory = self._traces.get(sale.code)
        if memory is None:
            # What nearly every code is: sold once. There is nothing to say of it, and its sale is all to be remembered.
            if sale.live:
                self._traces[sale.code] = sale
            return
        if type(memory) is TraceSale:
            first, memory = memory, TraceMemory(sale.code, UNTRACKED)
            memory.put(first)
            self._traces[sale.code] = memory
        self._hear(audit_trace(memory, sale, watermark=time, knowledge=self.knowledge), time, said)  # type: ignore[arg-type]  # see above

    def _hear(self, outcome: Outcome, time: int, said: Said) -> None:
        if outcome.misfit:
            self.counts["ignored_misfit"] += 1
        if outcome.failure:
            self.counts["rule_failed"] += 1
            said.dead_letter = DeadLetter(
                str(Reason.RULE_FAILED), " < ".join(reversed(outcome.failure.splitlines()))
            )
        for finding in outcome.findings:
            said.findings.append(finding)
            if makes_incident(finding):
                key = book_key(finding)
                book = self._books.get(key)
                if book is None:
                    book = self._books[key] = Book(key)
                said.incidents += apply(
                    book, finding, watermark=time, policy=self._policy, budget=self._budget
                )

    def end(self) -> Iterator[Incident]:
        """The end of a feed: incidents resolve by the watermark, which the end of a file has moved."""
        time = self.watermark.time
        for book in self._books.values():
            when = due(book, self._policy)
            if when is not None and when <= time:
                yield from tick(book, watermark=time, policy=self._policy, budget=self._budget)

    @property
    def keys(self) -> dict[str, int]:
        """Keys in memory by stage."""
        return {
            "providers": len(self._providers),
            "persons": len(self._persons),
            "traces": len(self._traces),
            "incidents": len(self._books),
        }
