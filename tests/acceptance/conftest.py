"""The `replay` fixture: feed records go in as a file, what the command prints comes out as an `Outcome`."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import pytest
from typer.testing import CliRunner

from tests import wire
from tests.acceptance.outcome import Outcome

TOKEN_KEY = "5a" * 32


class Replay(Protocol):
    """`region` is the text of a region file, `reference` maps a table's name to its CSV text."""

    def __call__(
        self,
        records: Sequence[wire.Record],
        *,
        region: str | None = None,
        reference: dict[str, str] | None = None,
    ) -> Outcome: ...


@pytest.fixture(autouse=True)
def _ids_begin_again() -> None:
    wire.restart()


def prepare(
    folder: Path,
    records: Sequence[wire.Record],
    region: str | None,
    reference: dict[str, str] | None,
) -> tuple[list[str], dict[str, str]]:
    """The arguments and the environment of a replay of these records from files in that folder."""
    feed = folder / "feed.jsonl"
    feed.write_bytes(b"".join(wire.as_line(each) + b"\n" for each in records))
    arguments = ["replay", str(feed), "--output", str(folder / "printed.jsonl")]
    environment = {"MONITOR_TOKEN_KEY": TOKEN_KEY}
    if region is not None:
        (folder / "region.toml").write_text(region, encoding="utf-8")
        arguments += ["--rules", str(folder / "region.toml")]
    if reference is not None:
        tables = folder / "reference"
        tables.mkdir(exist_ok=True)
        for name, text in reference.items():
            (tables / f"{name}.csv").write_text(text, encoding="utf-8")
        environment["MONITOR_REFERENCE"] = str(tables)
    return arguments, environment


def collected(folder: Path, *, returncode: int, stderr: str) -> Outcome:
    """The outcome of a run that printed into that folder."""
    printed = folder / "printed.jsonl"
    text = printed.read_text(encoding="utf-8") if printed.exists() else ""
    return Outcome.of(text, returncode=returncode, stderr=stderr)


@pytest.fixture
def replay(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    """`monitor replay` within this process; it must end with 0."""
    from monitor.cli import app  # noqa: PLC0415 - the cases can be collected while the command is not there

    def run(
        records: Sequence[wire.Record],
        *,
        region: str | None = None,
        reference: dict[str, str] | None = None,
    ) -> Outcome:
        folder = tmp_path_factory.mktemp("replay")
        arguments, environment = prepare(folder, records, region, reference)
        unset = {name: None for name in os.environ if name.startswith("MONITOR_")}
        ended = CliRunner().invoke(app, arguments, env={**unset, **environment}, catch_exceptions=False)
        assert ended.exit_code == 0, ended.output
        return collected(folder, returncode=ended.exit_code, stderr=ended.stderr)

    return run


@pytest.fixture
def replay_process(tmp_path: Path) -> Replay:
    """`monitor replay` as its own process, whatever its return code."""

    def run(
        records: Sequence[wire.Record],
        *,
        region: str | None = None,
        reference: dict[str, str] | None = None,
    ) -> Outcome:
        arguments, environment = prepare(tmp_path, records, region, reference)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MONITOR_")}
        ended = subprocess.run(
            [str(Path(sys.executable).with_name("monitor")), *arguments],
            env={**inherited, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return collected(tmp_path, returncode=ended.returncode, stderr=ended.stderr)

    return run
