"""What was undone in the last stage is forgotten everywhere: in books, clocks, plans and stories."""

from collections.abc import Callable
from typing import Any

import msgspec
import orjson
import pytest
from msgspec.structs import replace
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

import streams.incidents
from monitor import incidents
from monitor.settings import Settings
from streams.app import LOADERS, context_of
from streams.engine.records import FINDING, Record
from streams.engine.shelf import MemoryShelf
from streams.engine.state import Memories
from streams.engine.turn import Turn
from streams.incidents import IncidentsStage
from streams.topics import TableName, Topic
from tests.monitor.incident_world import NOON, RULE, a_finding

SETTINGS = Settings(partitions=1, token_key=SecretStr("5a" * 32), alertmanager_url="http://127.0.0.1:9")
A, B, C = (f"H{number:011}" for number in range(3))
YEAR_S = 365 * 86_400
BROKEN = f"{RULE}|{B}"


def finding_of(provider: str, at: int = NOON) -> Record:
    finding = replace(a_finding(f"f-{provider}-{at}", at=at, severity=1, provider=provider), subject=provider)
    return Record("findings", 0, 0, 0, None, b"{}", {FINDING: msgspec.msgpack.encode(finding)})


class Kept:
    """The stage, and turns of its own as the runner makes them."""

    def __init__(self) -> None:
        loaders: Any = LOADERS
        self.context = context_of(SETTINGS, CollectorRegistry())
        self.memories = Memories({table: MemoryShelf() for table in TableName}, loaders)
        self.stage = IncidentsStage(self.context, 0, self.memories)

    def does(self, work: Callable[[Turn], None]) -> list[dict[str, Any]] | None:
        """Alerts that come of it; None when it raised and was undone."""
        turn = Turn(0, 1, self.memories)
        turn.stage = self.stage.name
        try:
            work(turn)
            turn.keep()
        except ZeroDivisionError:
            _, keys = turn.undo()
            self.stage.recall(keys.get(self.stage.name, ()))
            return None
        turn.committed()
        return [
            orjson.loads(value or b"{}")
            for _, topic, _, (_, value, _) in turn._outputs
            if topic is Topic.ALERTS
        ]

    def state(self) -> Any:
        """All that the stage holds beside its books."""
        stage = self.stage
        return (
            stage.watermark,
            stage._due_of,
            stage._open_of,
            stage._budget.dump(),
            stage.stories._carried,
            stage.stories._carrier,
        )


def fails_on(key: str) -> Callable[..., Any]:
    def tick(book: Any, **rest: Any) -> Any:
        said = incidents.tick(book, **rest)
        return said if f"{book.rule_id}|{book.subject}" != key else 1 / 0

    return tick


@pytest.fixture
def kept() -> Kept:
    made = Kept()
    for provider in (A, B, C):
        assert made.does(lambda turn, of=provider: made.stage.take(finding_of(of), turn))  # type: ignore[misc]
    return made


def test_what_was_undone_is_as_if_it_had_not_been(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams.incidents, "tick", fails_on(BROKEN))
    assert kept.does(lambda turn: kept.stage.hear(0, NOON + YEAR_S, turn)) is None
    # A new one would try again.
    kept.stage._stuck.clear()
    kept.stage.recall([BROKEN])
    ours = kept.state()
    kept.stage = IncidentsStage(kept.context, 0, kept.memories)
    assert ours == kept.state()


def test_a_book_that_time_fails_on_holds_up_no_other(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams.incidents, "tick", fails_on(BROKEN))
    assert kept.does(lambda turn: kept.stage.hear(0, NOON + YEAR_S, turn)) is None
    resolved = kept.does(lambda turn: kept.stage.hear(0, NOON + YEAR_S + 1, turn))
    assert resolved is not None
    assert {(alert["provider"], alert["state"]) for alert in resolved} == {(A, "resolved"), (C, "resolved")}
    assert kept.stage.open_incidents() == {RULE: 1}
    assert kept.context.metrics.stage_failures.labels("incidents")._value.get() == 1

    monkeypatch.undo()
    ended = kept.does(lambda turn: kept.stage.take(finding_of(B, NOON + 60), turn))
    assert ended is not None
    assert [(alert["provider"], alert["state"]) for alert in ended][-1:] == [(B, "resolved")]
    assert kept.stage.open_incidents() == {}


def test_a_finding_that_can_not_be_read_leaves_no_trace(kept: Kept) -> None:
    before = kept.state()
    with pytest.raises(KeyError):
        kept.does(lambda turn: kept.stage.take(Record("findings", 0, 0, 0, None, b"", {}), turn))
    kept.stage.recall(())
    assert kept.state() == before
