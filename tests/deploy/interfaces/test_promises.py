"""What was released stays true: every promise of docs/interfaces/released is kept by today's documents."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.interfaces import VERSION, __main__, files, promises
from deploy.interfaces.asyncapi import asyncapi
from deploy.interfaces.openapi import openapi
from deploy.interfaces.promises import broken, calls_broken, topics_broken

Document = dict[str, Any]
NEW: Document = {"type": "string", "title": "new"}
A_FACT: Document = {"type": "object", "properties": {"type": {"enum": ["new"]}}, "required": ["type"]}


def test_no_promise_of_a_release_is_broken() -> None:
    assert broken() == []


def test_there_is_a_release_to_be_held_to() -> None:
    assert VERSION.split(".")[0] in {release.split(".")[0] for release in files.released(files.ASYNCAPI)}
    assert files.released(files.ASYNCAPI).keys() == files.released(files.OPENAPI).keys()


def schema(name: str) -> Callable[[Document], Document]:
    return lambda document: document["components"]["schemas"][name]


def lose(name: str, member: str) -> Callable[[Document], object]:
    def change(document: Document) -> None:
        found = schema(name)(document)
        del found["properties"][member]
        found["required"] = [each for each in found["required"] if each != member]

    return change


def need(name: str, member: str) -> Callable[[Document], object]:
    def change(document: Document) -> None:
        schema(name)(document)["properties"].setdefault(member, {"type": "string"})
        schema(name)(document)["required"].append(member)

    return change


def may_be_missing(name: str, member: str) -> Callable[[Document], object]:
    return lambda document: schema(name)(document)["required"].remove(member)


def word(name: str, member: str, *, more: str = "", less: str = "") -> Callable[[Document], object]:
    def change(document: Document) -> None:
        known = schema(name)(document)["properties"][member]["enum"]
        known[:] = [each for each in known if each != less] + [more] * bool(more)

    return change


def set_in(*path: Any, value: Any) -> Callable[[Document], object]:
    def change(document: Document) -> None:
        *outer, last = path
        part = document
        for step in outer:
            part = part[step]
        part[last] = value

    return change


def append_to(*path: Any, value: Any) -> Callable[[Document], object]:
    def change(document: Document) -> None:
        part = document
        for step in path:
            part = part[step]
        part.append(value)  # type: ignore[attr-defined]  # a list, at the end of its path

    return change


def gone(*path: Any) -> Callable[[Document], object]:
    def change(document: Document) -> None:
        *outer, last = path
        part = document
        for step in outer:
            part = part[step]
        del part[last]

    return change


BREAKING: dict[str, tuple[Callable[[Document], object], str]] = {
    "a verdict loses a field": (lose("Verdict", "appeal"), "payload.appeal: is gone"),
    "a field of a finding may be missing": (may_be_missing("Finding", "law"), "law: need not be written"),
    "an incident may be in another state": (
        word("Incident", "state", more="muted"),
        "'muted', which its readers",
    ),
    "an amount becomes a number": (
        set_in("components", "schemas", "Incident", "properties", "amount", "type", value="number"),
        "amount: may be number",
    ),
    "a person may be null": (
        set_in(
            "components", "schemas", "Verdict", "properties", "person", value={"type": ["string", "null"]}
        ),
        "person",
    ),
    "a call needs a field more": (
        lambda d: schema("feed.2102")(d)["properties"]["request"]["required"].append("opter"),
        "opter: need not be written",
    ),
    "a call is read no more": (gone("channels", "claims.raw", "messages", "call-2102"), "call-2102: is gone"),
    "a field of a call is read no more": (lose("feed.Detail", "fee_ocur_time"), "fee_ocur_time: is gone"),
    "facts lose a place": (lambda d: schema("fact.Line")(d)["prefixItems"].pop(), "circulated is gone"),
    "facts get a place in between": (
        lambda d: schema("fact.Line")(d)["prefixItems"].insert(1, NEW),
        "was item and is new",
    ),
    "a fact of another kind": (
        lambda d: d["components"]["messages"]["fact"]["payload"]["schema"]["anyOf"].append(A_FACT),
        "'new', which its readers",
    ),
    "a default of facts is another": (
        set_in("components", "schemas", "fact.Settled", "properties", "fee", "default", value=1),
        "what is left out means 1",
    ),
    "a header is gone": (lose("headers.Sealed", "key-id"), "headers.key-id: is gone"),
    "a topic is gone": (gone("channels", "verdicts"), "verdicts: is gone"),
    "a topic carries something else beside": (
        set_in("channels", "verdicts", "messages", "other", value={"$ref": "#/components/messages/tick"}),
        "other: is a message that its readers do not know",
    ),
    "a topic is compacted no more": (
        set_in(
            "channels",
            "alerts",
            "bindings",
            "kafka",
            "topicConfiguration",
            "cleanup.policy",
            value=["delete"],
        ),
        "cleanup.policy",
    ),
    "a topic has another name": (
        set_in("channels", "alerts", "address", value="incidents"),
        "address was alerts",
    ),
    "values are encoded in another way": (
        set_in("components", "messages", "verdict", "contentType", value="application/x-msgpack"),
        "contentType",
    ),
}


@pytest.mark.parametrize("name", BREAKING)
def test_a_change_that_breaks_topics_is_told(name: str) -> None:
    change, told = BREAKING[name]
    assert any(told in fault for fault in topics_broken(asyncapi(), changed(asyncapi(), change))), name


HARMLESS: dict[str, Callable[[Document], object]] = {
    "a verdict has a field more": need("Verdict", "new"),
    "a decision is no longer given": word("Verdict", "decision", less="unchecked"),
    "a call may say more": set_in(
        "components", "schemas", "feed.Bill", "properties", "new", value={"type": "string"}
    ),
    "another call is read": set_in(
        "channels", "claims.raw", "messages", "call-9999", value={"$ref": "#/components/messages/call-2102"}
    ),
    "a topic more": set_in("channels", "more", value={}),
    "dead letters have a reason more": word("headers.Sealed", "reason", more="too_odd"),
    "facts have a place more": lambda d: schema("fact.Line")(d)["prefixItems"].append(NEW | {"default": ""}),
    "other words": set_in("components", "schemas", "Verdict", "description", value="other words"),
    "kept longer": set_in(
        "channels", "verdicts", "bindings", "kafka", "topicConfiguration", "retention.ms", value=1
    ),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_a_change_that_breaks_no_topic_is_not_told(name: str) -> None:
    assert topics_broken(asyncapi(), changed(asyncapi(), HARMLESS[name])) == []


CALL = ("paths", "/fsi/api", "post")
FEED = ("paths", "/feed", "post")
REQUEST = (*CALL, "requestBody", "content", "application/json", "schema")
BREAKING_CALLS: dict[str, tuple[Callable[[Document], object], str]] = {
    "a call is gone": (gone("paths", "/feed"), "POST /feed: is gone"),
    "a form of the body is gone": (
        gone(*FEED, "requestBody", "content", "application/x-ndjson"),
        "is no longer application/x-ndjson",
    ),
    "the body needs a field more": (
        append_to(*REQUEST, "required", value="opter"),
        "opter: need not be written",
    ),
    "a call is no longer answered": (
        set_in(*REQUEST, "properties", "infno", "enum", value=["3101", "3102"]),
        "'3103', which its readers do not know",
    ),
    "an answer loses a field": (lose("Reply", "err_msg"), "err_msg: is gone"),
    "an answer is gone": (gone(*CALL, "responses", "403"), "POST /fsi/api 403: is gone"),
    "a token is needed": (
        set_in("paths", "/metrics", "get", "security", value=[{"bearer": []}]),
        "needs a token",
    ),
    "a parameter is needed": (
        set_in(
            "paths",
            "/metrics",
            "get",
            "parameters",
            value=[{"in": "query", "name": "new", "required": True, "schema": {"type": "string"}}],
        ),
        "query new: is needed",
    ),
}


@pytest.mark.parametrize("name", BREAKING_CALLS)
def test_a_change_that_breaks_callers_is_told(name: str) -> None:
    change, told = BREAKING_CALLS[name]
    assert any(told in fault for fault in calls_broken(openapi(), changed(openapi(), change))), name


def test_a_call_more_breaks_nobody() -> None:
    more = changed(openapi(), set_in("paths", "/new", value={"get": {"responses": {}}}))
    assert calls_broken(openapi(), more) == []


def test_a_release_with_another_first_number_is_no_longer_a_promise(tmp_path: Path) -> None:
    kept = tmp_path / "1.0"
    kept.mkdir()
    (kept / files.ASYNCAPI).write_text(
        files.text_of(changed(asyncapi(), set_in("channels", "lost", value={})))
    )
    assert broken(tmp_path, "1.7") == ["1.0: lost: is gone"]
    assert broken(tmp_path, "2.0") == []


def test_releases_are_told_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for version in ("1.10", "1.9"):
        (tmp_path / version).mkdir()
        (tmp_path / version / files.ASYNCAPI).write_text("{}")
    assert list(files.released(files.ASYNCAPI, tmp_path)) == ["1.9", "1.10"]


def test_the_command_fails_when_a_promise_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promises, "topics_broken", lambda *_: ["verdicts: is gone"])
    result = CliRunner().invoke(__main__.app, ["--check"])
    assert result.exit_code == 1
    assert "verdicts: is gone" in result.output


def test_the_command_is_content_with_what_is_committed() -> None:
    assert CliRunner().invoke(__main__.app, ["--check"]).exit_code == 0


def changed(document: Document, change: Callable[[Document], object]) -> Document:
    new = deepcopy(document)
    change(new)
    return new
