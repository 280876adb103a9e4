"""Validation with nothing left open: what a schema does not name must not be there."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from deploy.interfaces.asyncapi import asyncapi
from deploy.interfaces.bundles import bundled
from deploy.interfaces.files import FOLDER

Schema = dict[str, Any]


def topic_schema(topic: str) -> Schema:
    """The committed schema of a topic."""
    schema: Schema = json.loads((FOLDER / "schemas" / f"{topic}.json").read_text())
    return schema


def named_schema(name: str) -> Schema:
    """One schema of the document, self-contained."""
    return bundled(asyncapi(), [{"$ref": f"#/components/schemas/{name}"}])


def closed(schema: Any) -> Any:
    """The same, where objects have no other members than those named and arrays no other places."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    shut = {name: closed(each) for name, each in schema.items()}
    if isinstance(schema.get("properties"), Mapping) and schema.get("type") == "object":
        shut.setdefault("additionalProperties", False)
    if isinstance(schema.get("prefixItems"), list):
        shut.setdefault("items", False)
    return shut


class Strict:
    """A schema, closed."""

    def __init__(self, schema: Schema) -> None:
        Draft202012Validator.check_schema(schema)
        self._validator = Draft202012Validator(closed(schema))

    def faults(self, value: Any) -> list[str]:
        """What is wrong with a value: where and against which keyword, never the value itself."""
        return [f"{fault.json_path}: {fault.validator}" for fault in self._validator.iter_errors(value)]


def read(path: Path) -> Any:
    return json.loads(path.read_text())
