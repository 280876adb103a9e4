"""Where the time of an answer goes is counted when it can be read, and of nothing that nobody waits for."""

from collections.abc import Mapping
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

import streams.persons
from monitor.memory.pieces import encode
from monitor.rules.examples import a_line, a_settlement
from monitor.settings import Settings
from streams.app import LOADERS, context_of
from streams.engine.records import CORRELATION, REPLY_TO, Record
from streams.engine.shelf import MemoryShelf
from streams.engine.state import Memories
from streams.engine.turn import Turn
from streams.persons import PersonsStage
from streams.topics import TableName

SETTINGS = Settings(partitions=1, token_key=SecretStr("5a" * 32))
ASKED_AT, TAKEN_AT, CLOSED_AT, COMMITTED_AT = 1000.0, 1000.03, 1000.05, 1000.1
QUESTION: Mapping[str, bytes] = {REPLY_TO: b"gateway", CORRELATION: b"1", "at": b"%d" % (ASKED_AT * 1000)}


class Clock:
    def __init__(self) -> None:
        self.now = TAKEN_AT

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(streams.persons, "time", clock.time)
    return clock


def counted(headers: Mapping[str, bytes], clock: Clock, *, undone: bool = False) -> dict[str, float]:
    """Seconds by part, of one settlement that came so and was written."""
    registry = CollectorRegistry()
    loaders: Any = LOADERS
    memories = Memories({table: MemoryShelf() for table in TableName}, loaders)
    stage = PersonsStage(context_of(SETTINGS, registry), 0, memories)
    turn = Turn(0, 1, memories)
    value = encode(a_settlement("S1", lines=[a_line()]))
    stage.take(Record("claims", 0, 0, int(ASKED_AT * 1000), None, value, headers), turn)
    if undone:
        turn.undo()
    turn.keep()
    turn.closed_at, clock.now = CLOSED_AT, COMMITTED_AT
    turn.committed()
    return {
        sample.labels["part"]: sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.name == "monitor_answer_part_seconds_sum"
    }


def test_the_parts_of_an_answer_are_all_of_its_time(clock: Clock) -> None:
    parts = counted(QUESTION, clock)
    assert parts == {
        "arriving": pytest.approx(0.03),
        "gathering": pytest.approx(0.02),
        "writing": pytest.approx(0.05),
    }


def test_what_was_undone_or_nobody_waits_for_is_not_counted(clock: Clock) -> None:
    assert counted(QUESTION, clock, undone=True) == {}
    assert counted({}, clock) == {}
