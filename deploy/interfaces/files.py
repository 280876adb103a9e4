"""The files of docs/interfaces: what stands in them, what was released."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from deploy.interfaces import VERSION
from deploy.interfaces.asyncapi import asyncapi
from deploy.interfaces.bundles import bundle
from deploy.interfaces.openapi import openapi
from deploy.interfaces.replay import replay_schema
from streams.topics import Topic

FOLDER: Final = Path(__file__).parents[2] / "docs" / "interfaces"
RELEASED: Final = FOLDER / "released"
ASYNCAPI: Final = "asyncapi.json"
OPENAPI: Final = "openapi.json"
REPLAY: Final = "replay"
"""What `monitor replay` prints."""

Document = Mapping[str, Any]


def files() -> dict[str, str]:
    """The text of every generated file, by its path in docs/interfaces."""
    topics = {f"schemas/{topic}.json": bundle(asyncapi(), topic.value) for topic in Topic}
    documents: dict[str, Document] = {
        ASYNCAPI: asyncapi(),
        OPENAPI: openapi(),
        f"schemas/{REPLAY}.json": replay_schema(),
        **topics,
    }
    return {name: text_of(document) for name, document in documents.items()}


def text_of(document: Document) -> str:
    """A document as it stands in its file."""
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def write(folder: Path = FOLDER) -> list[str]:
    """Write what is not so yet, remove what is no longer generated; the names of both."""
    wanted = files()
    changed = [name for name, text in wanted.items() if _read(folder / name) != text]
    for name in changed:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(wanted[name])
    stale = [path for path in (folder / "schemas").glob("*.json") if f"schemas/{path.name}" not in wanted]
    for path in stale:
        path.unlink()
    return sorted([*changed, *(f"schemas/{path.name}" for path in stale)])


def drift(folder: Path = FOLDER) -> list[str]:
    """The files that are not as the code makes them."""
    wanted = files()
    there = {f"schemas/{path.name}" for path in (folder / "schemas").glob("*.json")}
    return sorted(
        {name for name, text in wanted.items() if _read(folder / name) != text} | there - wanted.keys()
    )


def release(folder: Path = RELEASED) -> Path:
    """Keep today's documents as those of VERSION: from now on they are a promise."""
    kept = folder / VERSION
    kept.mkdir(parents=True)
    for name, document in ((ASYNCAPI, asyncapi()), (OPENAPI, openapi())):
        (kept / name).write_text(text_of(document))
    return kept


def released(name: str, folder: Path = RELEASED) -> dict[str, Document]:
    """The document of this name of every release, by version."""
    return {
        path.parent.name: json.loads(path.read_text())
        for path in sorted(folder.glob(f"*/{name}"), key=lambda path: number_of(path.parent.name))
    }


def number_of(version: str) -> tuple[int, ...]:
    """1.10 comes after 1.9."""
    return tuple(int(part) for part in version.split("."))


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""
