"""The `monitor` command as somebody types it, and feeds as bytes: for what no builder would make.

A process of its own takes a second to begin and a replay of two records a hundredth, so `monitor` runs within this one.
What only a process has (its streams, its exit code, its end) is tested with `monitor_process`.
"""

import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from streams.cli import app
from tests.acceptance.conftest import TOKEN_KEY
from tests.acceptance.outcome import Outcome

SECONDS_MAX = 120
COMMAND = str(Path(sys.executable).with_name("monitor"))


@dataclass(frozen=True)
class Ended:
    """How the command ended and what it said."""

    code: int
    stdout: str
    stderr: str

    @property
    def outcome(self) -> Outcome:
        """What it printed, as rows."""
        return Outcome.of(self.stdout, returncode=self.code, stderr=self.stderr)


def monitor(*arguments: str | Path, stdin: bytes = b"", environment: dict[str, str] | None = None) -> Ended:
    """Runs the command within this process; of its own settings it has none but `environment`.

    An error that nobody caught ends it as it ends a process: with 1, and the traceback on stderr.
    """
    unset = {name: None for name in os.environ if name.startswith("MONITOR_")}
    given = {"MONITOR_TOKEN_KEY": TOKEN_KEY} if environment is None else environment
    # As wide as what is no terminal.
    env = {**unset, "COLUMNS": "80", **given}
    ended = CliRunner().invoke(app, [*map(str, arguments)], prog_name="monitor", input=stdin, env=env)
    uncaught = None if isinstance(ended.exception, SystemExit) else ended.exception
    told = "".join(traceback.format_exception(uncaught)) if uncaught else ""
    return Ended(ended.exit_code, ended.stdout_bytes.decode(), ended.stderr + told)


def monitor_process(
    *arguments: str | Path, stdin: bytes = b"", environment: dict[str, str] | None = None
) -> Ended:
    """The same as a process of its own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MONITOR_")}
    given = {"MONITOR_TOKEN_KEY": TOKEN_KEY} if environment is None else environment
    ended = subprocess.run(
        [COMMAND, *map(str, arguments)],
        env=inherited | given,
        input=stdin,
        capture_output=True,
        timeout=SECONDS_MAX,
        check=False,
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
