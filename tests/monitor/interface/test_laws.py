"""Laws of the door: it never raises, it quotes nothing, and how JSON was written changes nothing."""

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.interface.intake import Accepted, Ignored, Rejected
from tests.monitor.interface.records import INTAKE, NAMES, as_bytes, decoded, sample

RAW = {name: as_bytes(sample(name)) for name in NAMES}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=5), part, max_size=3),
    max_leaves=5,
)
CANARY = "8613912345678"


def said_nothing_of(outcome: object, *secrets: str) -> bool:
    return not any(secret in repr(outcome) for secret in secrets)


@given(st.binary(max_size=200))
def test_any_bytes_have_an_outcome(raw: bytes) -> None:
    assert isinstance(INTAKE.decode(raw), Ignored | Rejected)
    assert isinstance(INTAKE.decode_call(raw).outcome, Ignored | Rejected)


@given(st.lists(st.sampled_from([*RAW.values(), b"", b"{}", b'{"request":{"infno":"9001"}}'])))
def test_many_records_have_the_outcomes_of_each_in_their_order(raws: list[bytes]) -> None:
    assert INTAKE.decode_all(raws) == [INTAKE.decode(raw) for raw in raws]


@settings(max_examples=200)
@given(st.sampled_from(NAMES), st.data())
def test_a_damaged_record_has_an_outcome(name: str, data: st.DataObject) -> None:
    raw = bytearray(RAW[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    outcome = INTAKE.decode(bytes(raw))
    assert isinstance(outcome, Accepted | Ignored | Rejected)
    if not isinstance(outcome, Accepted):
        assert said_nothing_of(outcome, "4301000000731", "430102198", "某")


def leaves(part: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The paths of all parts of a record, itself left out."""
    items = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    return [found for key, value in items for found in [(*path, key), *leaves(value, (*path, key))]]


PLACES = [(name, path) for name in NAMES for path in leaves(sample(name))]


@settings(max_examples=200)
@given(st.sampled_from(PLACES), JSON)
def test_any_value_anywhere_has_an_outcome(place: tuple[str, tuple[str | int, ...]], value: object) -> None:
    name, path = place
    record: Any = sample(name)
    part = record
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    outcome = INTAKE.decode(as_bytes(record))
    assert isinstance(outcome, Accepted | Ignored | Rejected)


@pytest.mark.parametrize("name", NAMES)
def test_a_refusal_quotes_no_value_and_no_key(name: str) -> None:
    for path in leaves(sample(name)):
        for value in (CANARY, [CANARY], {CANARY: {CANARY: CANARY}}, f"\x00{CANARY}"):
            record: Any = sample(name)
            part = record
            for step in path[:-1]:
                part = part[step]
            part[path[-1]] = value
            outcome = INTAKE.decode(as_bytes(record))
            if not isinstance(outcome, Accepted):
                assert said_nothing_of(outcome, CANARY, "4301000000731", "430102198")


@settings(max_examples=100)
@given(st.sampled_from(NAMES), st.randoms(use_true_random=False), st.booleans(), st.sampled_from([None, 1]))
def test_order_of_members_escapes_and_white_space_change_nothing(
    name: str,
    chance: random.Random,
    ascii_only: bool,
    indent: int | None,
) -> None:
    def shuffled(part: Any) -> Any:
        if isinstance(part, list):
            return [shuffled(value) for value in part]
        if not isinstance(part, dict):
            return part
        items = list(part.items())
        chance.shuffle(items)
        return {key: shuffled(value) for key, value in items}

    raw = json.dumps(shuffled(sample(name)), ensure_ascii=ascii_only, indent=indent).encode()
    assert INTAKE.decode(raw) == decoded(name)
