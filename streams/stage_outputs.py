"""How what a stage says becomes records: findings, failures; the same for every stage."""

from collections.abc import Iterable, Mapping
from functools import partial

import msgspec
import orjson

from monitor.audit import Outcome
from monitor.interface.outcomes import Reason
from monitor.notices import Notice, of_finding
from monitor.outputs import Finding
from monitor.pipeline import book_key
from streams.counting import count_finding
from streams.engine.records import FINDING, NOTICE_ID, PERSON, Record, at_header, passed_on
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
        turn.afterwards(partial(count_finding, finding, context))
        headers = [(FINDING, _encode(finding)), *passed_on(record)]
        turn.send(Topic.FINDINGS, book_key(finding), as_json(finding.to_json()), headers)
        say_notice(of_finding(finding), record, turn)


def say_notice(notice: Notice | None, record: Record, turn: Turn) -> None:
    """What a provider is told, under its code: notices of one person come from one unit, so they stay in order."""
    if notice is not None:
        headers = [(NOTICE_ID, notice.notice_id.encode()), (PERSON, notice.person.encode())]
        turn.send(Topic.NOTICES, notice.provider, notice.to_bytes(), [*headers, at_header(record.at_ms)])


def note_failure(outcome: Outcome, record: Record, stage: str, context: Context, turn: Turn) -> None:
    """A rule raised: the record goes to the dead letters with the stack; the audit has said what is owed."""
    if outcome.failure:
        context.metrics.stage_failures.labels(stage).inc()
        context.put_aside(
            record, stage=stage, reason=str(Reason.RULE_FAILED), detail=outcome.failure, turn=turn
        )
