"""The lines that `monitor replay` prints: the objects of the topics with a `type` before them."""

from typing import Final

from deploy.interfaces.asyncapi import asyncapi
from deploy.interfaces.bundles import bundled
from deploy.interfaces.described import Schema, components
from monitor import replay

KINDS: Final = {
    "verdict": "Verdict",
    "finding": "Finding",
    "incident": "Incident",
    "dead_letter": "DeadLetter",
}


def replay_schema() -> Schema:
    """One line."""
    schemas = asyncapi()["components"]["schemas"] | components([replay.DeadLetter], [replay])
    lines = {
        name: schemas[name]
        | {
            "properties": {"type": {"enum": [kind]}, **schemas[name]["properties"]},
            "required": ["type", *schemas[name]["required"]],
        }
        for kind, name in KINDS.items()
    }
    document = {"components": {"schemas": schemas | lines}}
    wanted = [{"$ref": f"#/components/schemas/{name}"} for name in KINDS.values()]
    return bundled(
        document, wanted, title="replay", description="`monitor replay` 输出的一行。 One line of it."
    )
