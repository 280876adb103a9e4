"""What a region and an installation decide about incidents; frozen."""

from collections.abc import Callable, Mapping

from msgspec import Struct, field

from monitor.events import DAY
from monitor.outputs import yuan

SUMMARY = "{provider}: {findings} / {persons} / {amount} / {since}"
"""Of a rule that brings no template of its own."""


class IncidentPolicy(Struct, frozen=True, kw_only=True):
    """Gaps, reaches, texts and bounds. Texts are those of the chosen language.

    Make one and keep it: a book that meets another policy groups its findings anew.
    """

    gap_s: Callable[[str, int], int]
    """(rule_id, event time) -> incident_gap in seconds: `region.limits(rule_id, at).incident_gap_s`."""
    reach_s: Callable[[str], int]
    """rule_id -> how long a finding may still change: reach of the memory behind it, plus the lateness."""
    max_s: int = 7 * DAY
    """incident_max: a finding that begins later than this after opened_at begins a new incident."""
    summaries: Mapping[str, str] = field(default_factory=dict)
    """rule_id -> Text.summary."""
    runbook_base: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    """Provider code -> name to show; the code stands in where there is none."""
    findings_max: int = 1_000
    """Live findings a book holds one by one; what is older is folded into its incident (see `book`)."""
    persons_max: int = 2_000
    """Persons remembered of findings that were folded; beyond, `persons` is a lower bound."""

    def runbook_url(self, rule_id: str) -> str:
        """Where the duty officer reads what to do about incidents of a rule."""
        return self.runbook_base + rule_id

    def summary(
        self, rule_id: str, *, provider: str, findings: int, persons: int, amount: int, since: str
    ) -> str:
        """One line for a duty officer; `amount` in fen, `since` as read by people."""
        text = self.summaries.get(rule_id, SUMMARY).format(
            provider=self.names.get(provider, provider),
            findings=findings,
            persons=persons,
            amount=yuan(amount),
            since=since,
        )
        return " ".join(text.split())
