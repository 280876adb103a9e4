"""claims.raw: whoever writes by the published schema is read, and nothing else is read of a record."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from deploy.interfaces.calls import CALLS, NEEDED
from monitor.interface.intake import DECODERS, Accepted, Intake, Outcome, Reason, Rejected
from monitor.privacy import Tokens
from tests.deploy.interfaces.strictly import Schema, named_schema, topic_schema
from tests.monitor.interface.records import sample
from tests.streams.day import Day

INTAKE = Intake(tokens=Tokens("a key of tests"), trace_ignore=frozenset())
SCHEMAS = {infno: named_schema(f"feed.{infno}") for infno in CALLS}
VALIDATORS = {infno: Draft202012Validator(schema) for infno, schema in SCHEMAS.items()}
VALUES = ["1", 1, 1.5, "", None]


def decoded(record: Any) -> Outcome:
    return INTAKE.decode(orjson.dumps(record))


def told(record: Any) -> Any:
    """What a record says, its picture apart."""
    outcome = decoded(record)
    return (outcome.events, outcome.call_time) if isinstance(outcome, Accepted) else type(outcome)


def test_every_call_that_is_read_has_a_schema() -> None:
    assert CALLS.keys() == DECODERS.keys()


@pytest.mark.parametrize("infno", CALLS)
def test_a_sample_is_as_published(infno: str) -> None:
    assert [fault.json_path for fault in VALIDATORS[infno].iter_errors(sample(infno))] == []
    assert Draft202012Validator(topic_schema("claims.raw")).is_valid(sample(infno))


def test_every_record_of_a_day_that_is_used_is_as_published_and_nothing_else_of_it_is_read(
    small_day: Day,
) -> None:
    seen = set()
    for line in small_day.lines:
        record = orjson.loads(line)
        infno = record["request"]["infno"]
        if infno not in CALLS:
            continue
        seen.add(infno)
        assert VALIDATORS[infno].is_valid(record), infno
        assert told(record) == told(cut(record, SCHEMAS[infno], SCHEMAS[infno])), infno
    assert len(seen) > 20


@pytest.mark.parametrize("infno", CALLS)
def test_nothing_else_is_read_of_a_sample(infno: str) -> None:
    assert isinstance(decoded(sample(infno)), Accepted)
    assert told(sample(infno)) == told(cut(sample(infno), SCHEMAS[infno], SCHEMAS[infno]))


@pytest.mark.parametrize("infno", CALLS)
def test_without_a_member_that_is_needed_a_record_is_a_dead_letter(infno: str) -> None:
    for name in NEEDED:
        record = sample(infno)
        del record["request"][name]
        assert isinstance(decoded(record), Rejected), name
        assert not VALIDATORS[infno].is_valid(record), name


@pytest.mark.parametrize("infno", CALLS)
def test_no_value_that_the_schema_allows_is_refused_for_its_type(infno: str) -> None:
    for path in leaves(cut(sample(infno), SCHEMAS[infno], SCHEMAS[infno])):
        for value in VALUES:
            record = put(sample(infno), path, value)
            outcome = decoded(record)
            if isinstance(outcome, Rejected) and outcome.reason in {Reason.WRONG_TYPE, Reason.NOT_OBJECT}:
                assert not VALIDATORS[infno].is_valid(record), f"{path} = {value!r}"


def cut(value: Any, schema: Schema, root: Schema) -> Any:
    """The value with the members that its schema names, and no others."""
    if "$ref" in schema:
        return cut(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "anyOf" in schema:
        kind = "object" if isinstance(value, dict) else "array" if isinstance(value, list) else None
        for each in schema["anyOf"]:
            target = root["$defs"][each["$ref"].rpartition("/")[2]] if "$ref" in each else each
            if kind is not None and target.get("type") == kind:
                return cut(value, target, root)
        return value
    if isinstance(value, dict) and "properties" in schema:
        return {
            name: cut(each, schema["properties"][name], root)
            for name, each in value.items()
            if name in schema["properties"]
        }
    if isinstance(value, list) and "items" in schema:
        return [cut(each, schema["items"], root) for each in value]
    return value


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all that is neither object nor array."""
    if isinstance(value, dict | list):
        for name, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(each, (*path, name))
    else:
        yield path


def put(record: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The record with this value there."""
    *outer, last = path
    part = record
    for step in outer:
        part = part[step]
    part[last] = value
    return record
