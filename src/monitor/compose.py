"""From settings to what the stages need: tables, limits, texts; the same for replay, workers and gateway."""

from monitor.events import DAY
from monitor.incidents import Budget, IncidentPolicy
from monitor.knowledge import Appeal, Knowledge
from monitor.privacy import Tokens
from monitor.reference_tables import load_reference
from monitor.regions import Region, load_region
from monitor.rules.catalogue import BY_ID, LIMITS, RULES
from monitor.rules.rule import Subject
from monitor.settings import Settings


def knowledge_of(settings: Settings) -> Knowledge:
    """RegionError or ReferenceTableError when a file can't be used."""
    tokens = Tokens(settings.token_secret)
    return Knowledge(
        reference=load_reference(settings.reference, tokens=tokens),
        region=load_region(settings.region, limits=LIMITS),
        tokens=tokens,
        language=settings.language,
        appeal=Appeal(contact=settings.appeal_contact, days=settings.appeal_days),
    )


def policy_of(settings: Settings, knowledge: Knowledge) -> IncidentPolicy:
    """Gaps and reaches of the region, texts in the chosen language."""
    region = knowledge.region
    return IncidentPolicy(
        gap_s=lambda rule_id, at: region.limits(rule_id, at).incident_gap_s,
        reach_s=lambda rule_id: _memory_days(rule_id, region) * DAY + region.lateness_s,
        max_s=region.incident_max_days * DAY,
        summaries={rule.id: rule.text(knowledge.language).summary for rule in RULES},
        runbook_base=settings.runbook_url,
        names={code: entry.name for code, entry in knowledge.reference.providers.items() if entry.name},
    )


def budget_of(settings: Settings, *, index: int = 0, of: int = 1) -> Budget:
    """One partition's share of the daily number of notifications."""
    return Budget.share(settings.incident_budget, index=index, of=of)


def _memory_days(rule_id: str, region: Region) -> int:
    rule = BY_ID[rule_id]
    if rule.subject is Subject.TRACE:
        return region.trace_memory_days
    return region.provider_memory_days if rule.is_about_pharmacies else region.person_memory_days
