"""What tests of the domain are made of: facts with defaults (the rules' own examples use the same), and who hears them."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from monitor.audit import Outcome, audit_person, audit_provider, audit_trace
from monitor.audit.provider import concerns_pharmacies
from monitor.events import Event, TraceSale
from monitor.knowledge import Knowledge
from monitor.memory.findings import Findings
from monitor.memory.person import PersonMemory
from monitor.memory.provider import ProviderMemory
from monitor.memory.trace import TraceMemory
from monitor.outputs import Finding, Status
from monitor.privacy import Tokens
from monitor.reference import Reference
from monitor.regions import Region, load_region
from monitor.rules.catalogue import LIMITS
from monitor.watermark import BEGINNING

TOKENS = Tokens("tests")
REGION = load_region(None, limits=LIMITS)


def a_knowledge(
    reference: Reference | None = None, *, region: Region = REGION, language: str = "zh"
) -> Knowledge:
    """Built-in limits over the tables that a test names; none unless it does."""
    return Knowledge(reference=reference or Reference(), region=region, tokens=TOKENS, language=language)


def open_findings(findings: Iterable[Finding]) -> dict[str, Finding]:
    """What is open, by id, as it is compared: without revision and lateness."""
    return {one.finding_id: plain(one) for one in findings if one.status is Status.OPEN}


def all_of(findings: Findings) -> Iterator[Finding]:
    """The last revisions of one memory."""
    for said in findings.by_anchor.values():
        yield from said.values()


def plain(finding: Finding) -> Finding:
    """A finding without what may differ between two orders of arrival."""
    evidence = tuple(replace(one, late=False) for one in finding.evidence)
    return replace(finding, revision=0, late=False, evidence=evidence)


class Monitor:
    """All memories that one feed fills: what the pipeline does behind intake."""

    def __init__(self, knowledge: Knowledge | None = None, *, watermark: int = BEGINNING) -> None:
        self.knowledge = knowledge or a_knowledge()
        self.watermark = watermark
        self.persons: dict[str, PersonMemory] = {}
        self.providers: dict[str, ProviderMemory] = {}
        self.traces: dict[str, TraceMemory] = {}

    def tell(self, *events: Event) -> Outcome:
        """Facts in order of arrival -> what the person's memory said to the last."""
        outcome = Outcome()
        for event in events:
            if concerns_pharmacies(event, self.knowledge):
                self._provider(event)
            person = self.persons.setdefault(event.person, PersonMemory(event.person))
            outcome = audit_person(person, event, watermark=self.watermark, knowledge=self.knowledge)
            assert not outcome.failure, outcome.failure
            for sale in outcome.sales:
                self._sale(sale)
        return outcome

    def _provider(self, event: Event) -> None:
        memory = self.providers.setdefault(event.provider, ProviderMemory(event.provider))
        outcome = audit_provider(memory, event, watermark=self.watermark, knowledge=self.knowledge)  # type: ignore[arg-type]  # `concerns_pharmacies` says so
        assert not outcome.failure, outcome.failure

    def _sale(self, sale: TraceSale) -> None:
        memory = self.traces.setdefault(sale.code, TraceMemory(sale.code))
        outcome = audit_trace(memory, sale, watermark=self.watermark, knowledge=self.knowledge)
        assert not outcome.failure, outcome.failure

    @property
    def open(self) -> dict[str, Finding]:
        """Open findings of all memories by id."""
        kept = [
            *(memory.findings for memory in self.persons.values()),
            *(memory.findings for memory in self.providers.values()),
            *(memory.findings for memory in self.traces.values()),
        ]
        return open_findings(one for findings in kept for one in all_of(findings))

    def fired(self, rule_id: str) -> list[Finding]:
        """The open findings of one rule."""
        return [finding for finding in self.open.values() if finding.rule_id == rule_id]
