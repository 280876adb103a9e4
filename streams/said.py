"""How what a stage says becomes records: findings, failures; the same for every stage."""

from collections.abc import Iterable, Mapping

import msgspec
import orjson

from monitor.audit import Outcome
from monitor.interface.outcomes import Reason
from monitor.outputs import Finding
from monitor.pipeline import book_key
from streams.engine.records import FINDING, Record, at_header
from streams.engine.stage import Context
from streams.engine.turn import Turn
from streams.topics import Topic

_encode = msgspec.msgpack.Encoder().encode


def as_json(row: Mapping[str, object]) -> bytes:
    """A verdict, finding, incident or feedback as it stands in its topic."""
    return orjson.dumps(row)


def say_findings(findings: Iterable[Finding], record: Record, context: Context, turn: Turn) -> None:
    """Every revision, under rule and subject."""
    for finding in findings:
        shadow = "yes" if finding.shadow else "no"
        context.metrics.findings.labels(finding.rule_id, str(finding.status), shadow).inc()
        headers = [(FINDING, _encode(finding)), at_header(record.at_ms)]
        turn.send(Topic.FINDINGS, book_key(finding), as_json(finding.to_json()), headers)


def note_failure(outcome: Outcome, record: Record, stage: str, context: Context, turn: Turn) -> None:
    """A rule raised: the record goes to the dead letters with the stack; the audit has said what is owed."""
    if outcome.failure:
        context.metrics.stage_failures.labels(stage).inc()
        context.put_aside(
            record, stage=stage, reason=str(Reason.RULE_FAILED), detail=outcome.failure, turn=turn
        )
