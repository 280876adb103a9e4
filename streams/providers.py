"""All facts of one pharmacy in its own order -> findings: bursts, settle-refund cycles, off-hours (contract §3)."""

from typing import Final

from msgspec.structs import replace

from monitor.audit import audit_provider
from monitor.audit.provider import concerns_pharmacies
from monitor.events import Event
from streams.engine.records import REPLAYS, Record
from streams.engine.stage import Context
from streams.engine.turn import Turn
from streams.stage_outputs import note_failure, say_findings
from streams.topics import TableName

NAME: Final = "providers"


def audit_at_provider(event: Event, record: Record, watermark: int, context: Context, turn: Turn) -> Event:
    """Part of the unit of intake: claims.raw has the same key. The event goes on, to whom its call was told of first."""
    if not concerns_pharmacies(event, context.knowledge):
        return event
    memory = turn.memory(TableName.PROVIDERS, event.provider)
    outcome = audit_provider(
        memory,
        event,  # type: ignore[arg-type]  # that is what it asks
        watermark=watermark,
        knowledge=context.knowledge,
        again=REPLAYS in record.headers,
    )
    if outcome.misfit:
        context.metrics.ignored.labels("misfit").inc()
    say_findings(outcome.findings, record, context, turn)
    note_failure(outcome, record, NAME, context, turn)
    if not outcome.first_told_of:
        return event
    context.metrics.conflicts.labels(NAME).inc()
    return replace(event, person=outcome.first_told_of)
