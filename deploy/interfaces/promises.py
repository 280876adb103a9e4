"""What was released is a promise: the changes of today's documents that break it."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from deploy.interfaces import VERSION, files
from deploy.interfaces.asyncapi import asyncapi
from deploy.interfaces.channels import Role
from deploy.interfaces.compatibility import Sides, breaks
from deploy.interfaces.openapi import openapi

Document = Mapping[str, Any]


def broken(folder: Path = files.RELEASED, version: str = VERSION) -> list[str]:
    """Each promise of a release with the same first number that today's documents break."""
    faults = []
    for name, today, compare in (
        (files.ASYNCAPI, asyncapi(), topics_broken),
        (files.OPENAPI, openapi(), calls_broken),
    ):
        for release, document in files.released(name, folder).items():
            if files.number_of(release)[0] == files.number_of(version)[0]:
                faults += [f"{release}: {fault}" for fault in compare(document, today)]
    return faults


def topics_broken(old: Document, new: Document) -> list[str]:
    """What breaks writers or readers of topics, of two AsyncAPI documents."""
    return [
        fault
        for name, channel in old["channels"].items()
        for fault in (
            _channel_broken(name, channel, new["channels"][name], old, new)
            if name in new["channels"]
            else [f"{name}: is gone"]
        )
    ]


def _channel_broken(
    topic: str, before: Document, after: Document, old: Document, new: Document
) -> Iterator[str]:
    role = Role(before["x-role"])
    for what, values in (
        ("address", (before["address"], after["address"])),
        ("x-role", (before["x-role"], after["x-role"])),
        ("cleanup.policy", (_cleanup(before), _cleanup(after))),
    ):
        if values[0] != values[1]:
            yield f"{topic}: {what} was {values[0]} and is {values[1]}"
    for name in sorted(before["messages"].keys() - after["messages"].keys()):
        yield f"{topic} {name}: is gone"
    if role is not Role.TAKEN:
        for name in sorted(after["messages"].keys() - before["messages"].keys()):
            yield f"{topic} {name}: is a message that its readers do not know"
    for name in sorted(before["messages"].keys() & after["messages"].keys()):
        messages = (old["components"]["messages"][name], new["components"]["messages"][name])
        yield from _message_broken(f"{topic} {name}", *messages, Sides(old, new, role))


def _cleanup(channel: Document) -> Any:  # noqa: ANN401 - a list of words
    return channel["bindings"]["kafka"]["topicConfiguration"]["cleanup.policy"]


def _message_broken(where: str, before: Document, after: Document, sides: Sides) -> Iterator[str]:
    if before["contentType"] != after["contentType"]:
        yield f"{where}: contentType was {before['contentType']} and is {after['contentType']}"
    if _key(before) != _key(after):
        yield f"{where}: its key has changed"
    for part in ("headers", "payload"):
        if (part in before) != (part in after):
            # Headers that readers do not know are left aside, as fields are.
            if part in before or part == "payload":
                yield f"{where}: its {part} {'is gone' if part in before else 'is new'}"
        elif part in before:
            schemas = (before[part]["schema"], after[part]["schema"])
            yield from breaks(*schemas, sides, f"{where} {part}")


def _key(message: Document) -> Any:  # noqa: ANN401 - a type, or None
    return message.get("bindings", {}).get("kafka", {}).get("key", {}).get("type")


def calls_broken(old: Document, new: Document) -> list[str]:
    """What breaks callers, of two OpenAPI documents."""
    faults: list[str] = []
    for path, methods in old["paths"].items():
        for method, before in methods.items():
            where = f"{method.upper()} {path}"
            after = new["paths"].get(path, {}).get(method)
            faults += [f"{where}: is gone"] if after is None else _call_broken(where, before, after, old, new)
    return faults


def _call_broken(
    where: str, before: Document, after: Document, old: Document, new: Document
) -> Iterator[str]:
    taken, given = Sides(old, new, Role.TAKEN), Sides(old, new, Role.GIVEN)
    if after.get("security") and not before.get("security"):
        yield f"{where}: needs a token"
    yield from _parameters_broken(where, before.get("parameters", ()), after.get("parameters", ()), taken)
    asked, asks = before.get("requestBody", {}), after.get("requestBody", {})
    if asks.get("required") and not asked.get("required"):
        yield f"{where}: needs a body"
    yield from _contents_broken(f"{where} body", asked, asks, taken)
    answers = after.get("responses", {})
    for status, response in before.get("responses", {}).items():
        if status not in answers:
            yield f"{where} {status}: is gone"
        else:
            yield from _contents_broken(f"{where} {status}", response, answers[status], given)


def _contents_broken(where: str, before: Document, after: Document, sides: Sides) -> Iterator[str]:
    contents = after.get("content", {})
    for kind, content in before.get("content", {}).items():
        if kind not in contents:
            yield f"{where}: is no longer {kind}"
        else:
            yield from breaks(content.get("schema", {}), contents[kind].get("schema", {}), sides, where)


def _parameters_broken(
    where: str, before: Iterable[Document], after: Iterable[Document], sides: Sides
) -> Iterator[str]:
    known = {(each["in"], each["name"]): each for each in before}
    wanted = {(each["in"], each["name"]): each for each in after}
    for place, name in sorted(known.keys() - wanted.keys()):
        yield f"{where} {place} {name}: is gone"
    for key, parameter in sorted(wanted.items()):
        at = f"{where} {' '.join(key)}"
        if parameter.get("required") and not known.get(key, {}).get("required"):
            yield f"{at}: is needed"
        if key in known:
            yield from breaks(known[key].get("schema", {}), parameter.get("schema", {}), sides, at)
