"""What a rule failed on is repaired by putting it back: each stage asks anew though it knows the fact."""

from typing import Any

import pytest
from msgspec.structs import replace
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from monitor.events import TraceSale
from monitor.interface.outcomes import Reason
from monitor.memory.pieces import encode
from monitor.rules.examples import PERSON, TRACE_CODE, a_line, a_settlement, moment
from monitor.settings import Settings
from streams.app import LOADERS, context_of
from streams.engine.records import REPLAY_OF, REPLAYS, Record
from streams.engine.shelf import MemoryShelf
from streams.engine.stage import Context, Stage
from streams.engine.state import Memories
from streams.engine.turn import Turn
from streams.intake import IntakeStage
from streams.persons import PersonsStage
from streams.topics import TableName, Topic
from streams.traces import TracesStage
from tests import wire

SETTINGS = Settings(partitions=1, token_key=SecretStr("5a" * 32))
MARKS = {REPLAYS: b"2", REPLAY_OF: b"0:17"}
AT_MS = 1_773_155_400_000
"""2026-03-10 23:10 in China."""


class Secret(Exception):  # noqa: N818 - what a rule raises is not ours to name
    pass


def raising(*_: object, **__: object) -> None:
    raise Secret("person-1 bought DRUG")


def failing(context: Context, rule_id: str, finder: str) -> Context:
    """The same, with one rule broken."""
    changed: Any = {finder: raising, "needs": None}
    rules = tuple(
        replace(each, **changed) if each.id == rule_id else each for each in context.knowledge.rules
    )
    return replace(context, knowledge=replace(context.knowledge, rules=rules, asking_in={}))


def nothing_remembered() -> Memories:
    loaders: Any = LOADERS
    return Memories({table: MemoryShelf() for table in TableName}, loaders)


def a_trace_sale(number: int) -> bytes:
    return encode(
        TraceSale(
            code=TRACE_CODE,
            provider="P43010000001",
            infno="2102",
            msgid=f"m{number}",
            settlement_id=f"S{number}",
            person=PERSON,
            at=moment(f"10 09:0{number}"),
        )
    )


STAGES: list[tuple[type[Stage], str, str, list[bytes]]] = [
    (
        IntakeStage,
        "LOC-OFF-HOURS",
        "find_sale",
        [wire.as_line(wire.pharmacy_sale("p", at="2026-03-10 23:05:00", lines=[wire.line()]))],
    ),
    (
        PersonsStage,
        "GZ10000201002000",
        "find",
        [encode(a_settlement("S1", lines=[a_line(amount="12.00")]))],
    ),
    (TracesStage, "LOC-TRACE-REUSED", "find_reuse", [a_trace_sale(1), a_trace_sale(2)]),
]


def take(
    stage: Stage, memories: Memories, values: list[bytes], marks: dict[str, bytes]
) -> dict[Topic, list[Any]]:
    """The rows that come of these records, by topic: (key, value, headers by name)."""
    turn = Turn(0, 1, memories)
    for offset, value in enumerate(values):
        stage.take(Record(str(stage.reads[-1]), 0, offset, AT_MS, None, value, marks), turn)
        turn.keep()
    said: dict[Topic, list[Any]] = {}
    for _, topic, _, (key, content, headers) in turn._outputs:
        said.setdefault(topic, []).append((key, content, dict(headers)))
    return said


@pytest.mark.parametrize("kind,rule_id,finder,values", STAGES, ids=lambda each: getattr(each, "name", None))
def test_what_a_rule_failed_on_is_found_when_it_comes_back_marked_and_only_then(
    kind: type[Stage], rule_id: str, finder: str, values: list[bytes]
) -> None:
    context = context_of(SETTINGS, CollectorRegistry())
    memories = nothing_remembered()
    broken = kind(failing(context, rule_id, finder), 0, memories)
    mended = kind(context, 0, memories)

    failed = take(broken, memories, values, {})
    (letter,) = failed[Topic.DEAD_LETTERS]
    assert letter[2]["reason"] == str(Reason.RULE_FAILED).encode()
    assert REPLAYS not in letter[2]
    assert _found(failed, rule_id) == []

    repeated = take(mended, memories, values[-1:], {})
    assert _found(repeated, rule_id) == []

    put_back = take(mended, memories, values[-1:], MARKS)
    (finding,) = _found(put_back, rule_id)
    assert (finding[2][REPLAYS], finding[2][REPLAY_OF]) == (MARKS[REPLAYS], MARKS[REPLAY_OF])

    assert _found(take(mended, memories, values[-1:], MARKS), rule_id) == []


@pytest.mark.parametrize("kind,rule_id,finder,values", STAGES, ids=lambda each: getattr(each, "name", None))
def test_what_fails_again_is_a_letter_that_says_how_often_it_came_back(
    kind: type[Stage], rule_id: str, finder: str, values: list[bytes]
) -> None:
    context = context_of(SETTINGS, CollectorRegistry())
    memories = nothing_remembered()
    broken = kind(failing(context, rule_id, finder), 0, memories)
    take(broken, memories, values, {})
    (letter,) = take(broken, memories, values[-1:], MARKS)[Topic.DEAD_LETTERS]
    assert (letter[2][REPLAYS], letter[2][REPLAY_OF]) == (b"2", b"0:17")
    assert b"DRUG" not in letter[2]["detail"]


def _found(said: dict[Topic, list[Any]], rule_id: str) -> list[Any]:
    return [row for row in said.get(Topic.FINDINGS, []) if row[0].startswith(rule_id.encode())]
