"""One self-contained JSON Schema for the values of each topic, for whoever validates without AsyncAPI."""

import re
from collections.abc import Mapping
from typing import Any, Final

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_REFERENCE: Final = re.compile(r"^#/components/schemas/(.+)$")

Schema = dict[str, Any]


def bundle(document: Mapping[str, Any], topic: str) -> Schema:
    """Whatever a value of this topic may be; `{}` with a note for bytes that only a key opens."""
    channel = document["channels"][topic]
    names = [reference["$ref"].rpartition("/")[2] for reference in channel["messages"].values()]
    payloads = [document["components"]["messages"][name].get("payload") for name in names]
    return bundled(
        document,
        [payload["schema"] for payload in payloads if payload is not None],
        title=topic,
        description=channel["description"],
    )


def bundled(document: Mapping[str, Any], schemas: list[Schema], **head: str) -> Schema:
    """One schema that accepts what one of these does, with all that they refer to inside."""
    known = document["components"]["schemas"]
    used: dict[str, Schema] = {}
    waiting = [name for schema in schemas for name in references(schema)]
    while waiting:
        name = waiting.pop()
        if name not in used:
            used[name] = known[name]
            waiting += references(known[name])
    inside = [moved(schema) for schema in schemas]
    body = inside[0] if len(inside) == 1 else {"anyOf": inside} if inside else {}
    kept = {name: moved(used[name]) for name in sorted(used)}
    return {"$schema": DIALECT, **head, **body, **({"$defs": kept} if kept else {})}


def references(schema: Any) -> list[str]:  # noqa: ANN401 - any part of a schema
    """The schemas of the document that a schema names directly."""
    if isinstance(schema, list):
        return [name for each in schema for name in references(each)]
    if not isinstance(schema, dict):
        return []
    found = _REFERENCE.match(schema["$ref"]) if isinstance(schema.get("$ref"), str) else None
    return [*([found[1]] if found else []), *(name for each in schema.values() for name in references(each))]


def moved(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """The same with references to `$defs`; without OpenAPI's discriminator, which repeats the union."""
    if isinstance(schema, list):
        return [moved(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: moved(value) for key, value in schema.items() if key != "discriminator"}
    if isinstance(kept.get("$ref"), str):
        kept["$ref"] = _REFERENCE.sub(r"#/$defs/\1", kept["$ref"])
    return kept
