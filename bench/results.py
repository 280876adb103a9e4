"""What was measured, kept as JSON beside the document that shows it."""

from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from bench import machine

DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "performance.md"
FOLDER: Final = DOCUMENT.with_suffix("")
ELSEWHERE: Final = {"week": DOCUMENT.with_name("alerting.md")}
"""Sections that stand in another document."""


class Result(Struct):
    """Of one command: where, how, and a row for each thing that was measured."""

    command: str
    machine: dict[str, str]
    rows: list[dict[str, Any]]


def save(section: str, command: str, rows: list[Any], *, busy: float) -> Result:
    """Keep rows (structs); what was there before is replaced. `busy`: share of the machine that others used."""
    FOLDER.mkdir(exist_ok=True)
    described = machine.described() | {"used by others": f"{busy:.0%}"}
    result = Result(command, described, msgspec.to_builtins(rows))
    (FOLDER / f"{section}.json").write_bytes(
        msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n"
    )
    return result


def load() -> dict[str, Result]:
    """All that is kept, by section."""
    return {
        file.stem: msgspec.json.decode(file.read_bytes(), type=Result)
        for file in sorted(FOLDER.glob("*.json"))
    }
