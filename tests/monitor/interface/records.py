"""Feed records for these tests: the samples, changed in one place."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monitor.events import Event
from monitor.interface.intake import Accepted, Ignored, Intake, Outcome, Rejected
from monitor.privacy import Tokens

SAMPLES = Path(__file__).parent / "samples"
NAMES = tuple(sorted(path.stem for path in SAMPLES.glob("*.json")))
GONE = object()
TOKENS = Tokens("a key of tests")
INTAKE = Intake(tokens=TOKENS, trace_ignore=frozenset({"81999999990000000001"}))


def sample(name: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_bytes())
    return record


def as_bytes(record: object) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()


def changed(name: str, changes: Mapping[str, object]) -> dict[str, Any]:
    """The sample with values at dotted paths (numbers are positions in lists); GONE takes the key away."""
    record = sample(name)
    for path, value in changes.items():
        *outer, last = path.split(".")
        part: Any = record
        for step in outer:
            part = part[int(step)] if isinstance(part, list) else part[step]
        if value is GONE:
            del part[last]
        elif isinstance(part, list):
            part[int(last)] = value
        else:
            part[last] = value
    return record


def decoded(name: str, changes: Mapping[str, object] | None = None) -> Outcome:
    return INTAKE.decode(as_bytes(changed(name, changes or {})))


def accepted(name: str, changes: Mapping[str, object] | None = None) -> Accepted:
    outcome = decoded(name, changes)
    assert isinstance(outcome, Accepted), outcome
    return outcome


def only(name: str, changes: Mapping[str, object] | None = None) -> Any:
    """The only fact of the call."""
    (event,) = accepted(name, changes).events
    return event


def events(record: object) -> tuple[Event, ...]:
    outcome = INTAKE.decode(as_bytes(record))
    assert isinstance(outcome, Accepted), outcome
    return outcome.events


def refusal(name: str, changes: Mapping[str, object]) -> tuple[str, str]:
    outcome = decoded(name, changes)
    assert isinstance(outcome, Rejected), outcome
    return outcome.reason.value, outcome.detail


def ignored(name: str, changes: Mapping[str, object] | None = None) -> str:
    outcome = decoded(name, changes)
    assert isinstance(outcome, Ignored), outcome
    return outcome.reason
