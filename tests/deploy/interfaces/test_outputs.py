"""What the monitor says of a simulated day is what is published: no member less, and none more."""

from typing import Any

import msgspec
import pytest

from deploy.interfaces.asyncapi import asyncapi
from monitor.events import TraceSale
from monitor.interface.intake import Accepted, Intake
from monitor.memory.pieces import VERSION, encode
from monitor.outputs import Decision, Incident, Kind, State
from monitor.privacy import Tokens
from streams import forms
from streams.engine.dead_letters import Sealer
from streams.engine.records import Record
from tests.deploy.interfaces.strictly import Strict, named_schema, topic_schema
from tests.streams.day import Day

TOPIC_OF = {"verdict": "verdicts", "finding": "findings", "incident": "alerts"}


@pytest.mark.parametrize("kind", TOPIC_OF)
def test_every_object_of_a_day_is_as_published(kind: str, small_day: Day) -> None:
    schema = Strict(topic_schema(TOPIC_OF[kind]))
    rows = small_day.of(kind)
    assert len(rows) > 30
    for row in rows:
        assert schema.faults(less_type(row)) == [], f"{kind} of rule {row.get('rule_id')}"


def test_the_day_has_findings_of_every_kind_and_verdicts_of_every_decision(small_day: Day) -> None:
    assert {row["kind"] for row in small_day.of("finding")} == set(Kind)
    assert {row["decision"] for row in small_day.of("verdict")} == set(Decision) - {Decision.UNCHECKED}


@pytest.mark.parametrize("kind", TOPIC_OF)
def test_an_object_with_a_member_more_or_less_is_not(kind: str, small_day: Day) -> None:
    schema = Strict(topic_schema(TOPIC_OF[kind]))
    row = less_type(small_day.of(kind)[0])
    assert schema.faults(row | {"more": 1}) == ["$: additionalProperties"]
    for name in row:
        assert schema.faults({other: value for other, value in row.items() if other != name}) == [
            "$: required"
        ], name


def test_an_incident_that_goes_on_in_another_names_it() -> None:
    schema = Strict(topic_schema("alerts"))
    incident = Incident(
        incident_id="0" * 24, rule_id="LOC-PHARMACY-BURST", provider="P1", person=None, severity=2,
        state=State.WITHDRAWN, opened_at=0, last_seen_at=0, resolved_at=None, findings=0, persons=0, amount=0,
        summary="", runbook_url="", revision=2, priority=1, notify=False, successor="1" * 24,
    )  # fmt: skip
    assert schema.faults(incident.to_json()) == []


def test_every_line_that_a_replay_prints_is_as_published(small_day: Day) -> None:
    schema = Strict(topic_schema("replay"))
    assert {row["type"] for row in small_day.rows} >= set(TOPIC_OF)
    for row in small_day.rows:
        assert schema.faults(row) == [], row["type"]
    dead = {"type": "dead_letter", "reason": "not_json", "detail": "", "file": "day", "line": 1}
    assert schema.faults(dead) == []
    assert schema.faults(dead | {"reason": "because"}) != []


def test_every_fact_of_a_day_is_as_published(small_day: Day) -> None:
    schema = Strict(topic_schema("claims"))
    intake = Intake(tokens=Tokens("a key of tests"), trace_ignore=frozenset())
    seen = set()
    for line in small_day.lines:
        outcome = intake.decode(line)
        for event in outcome.events if isinstance(outcome, Accepted) else ():
            fact = as_read(encode(event))
            seen.add(fact["type"])
            assert schema.faults(fact) == [], fact["type"]
    assert len(seen) >= 15


def test_every_sale_of_a_trace_code_is_as_published() -> None:
    schema = Strict(topic_schema("facts.trace"))
    sale = TraceSale(
        code="8" * 20, provider="P", infno="2102", msgid="m", settlement_id="s", person="p", at=1
    )
    for one in (sale, msgspec.structs.replace(sale, fee=1, split=True, live=False, late=True)):
        assert schema.faults(as_read(encode(one))) == []


@pytest.mark.parametrize("size", [10, 2_000_000])
def test_the_headers_of_a_dead_letter_are_as_published(size: int) -> None:
    record = Record("claims.raw", 1, 7, 0, b"k", b"x" * size, {})
    _, pairs = Sealer("secret", "k1").letter(
        record, stage="intake", reason="not_json", detail="request", at_ms=5
    )
    said = {name: value.decode() for name, value in pairs}
    assert Strict(named_schema("headers.Sealed")).faults(said) == []
    assert ("length" in said) == (size > 1_000_000)


def test_what_is_published_of_headers_is_what_the_forms_say() -> None:
    kinds = {
        kind.__name__
        for kind in vars(forms).values()
        if isinstance(kind, type) and kind.__module__ == forms.__name__ and kind.__name__[0] != "_"
    }
    published = {
        name.removeprefix("headers.")
        for name in asyncapi()["components"]["schemas"]
        if name.startswith("headers.")
    }
    assert published == kinds


def as_read(raw: bytes) -> Any:
    """A piece as somebody reads it who has MessagePack and this schema alone."""
    assert raw[:1] == VERSION
    return msgspec.msgpack.decode(raw[1:])


def less_type(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "type"}
