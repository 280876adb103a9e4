"""The `monitor` command as its own process, and feeds as bytes: for what no builder would make."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from monitor.cli import app
from tests.acceptance.conftest import TOKEN_KEY
from tests.acceptance.outcome import Outcome

SECONDS_MAX = 120
COMMAND = str(Path(sys.executable).with_name("monitor"))


@dataclass(frozen=True)
class Ended:
    """How a process ended and what it said."""

    code: int
    stdout: str
    stderr: str

    @property
    def outcome(self) -> Outcome:
        """What it printed, as rows."""
        return Outcome.of(self.stdout, returncode=self.code, stderr=self.stderr)


def monitor(
    *arguments: str | Path,
    stdin: bytes | None = None,
    environment: dict[str, str] | None = None,
    cwd: Path | None = None,
) -> Ended:
    """Runs the command; of this process's own settings it inherits none."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MONITOR_")}
    given = {"MONITOR_TOKEN_KEY": TOKEN_KEY} if environment is None else environment
    ended = subprocess.run(
        [COMMAND, *map(str, arguments)],
        env=inherited | given,
        input=stdin if stdin is not None else b"",
        capture_output=True,
        timeout=SECONDS_MAX,
        check=False,
        cwd=cwd,
    )
    return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


def run_lines(lines: Sequence[bytes]) -> Outcome:
    """Replays a file of these lines within this process."""
    with tempfile.TemporaryDirectory() as name:
        feed, printed = Path(name, "feed.jsonl"), Path(name, "printed.jsonl")
        feed.write_bytes(b"".join(line + b"\n" for line in lines))
        unset = {name: None for name in os.environ if name.startswith("MONITOR_")}
        arguments = ["replay", str(feed), "--output", str(printed)]
        ended = CliRunner().invoke(
            app, arguments, env={**unset, "MONITOR_TOKEN_KEY": TOKEN_KEY}, catch_exceptions=False
        )
        return Outcome.of(
            printed.read_text(encoding="utf-8"), returncode=ended.exit_code, stderr=ended.stderr
        )
