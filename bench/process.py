"""A process under measurement: pinned to cores, with what it has used of them and of memory."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

from deploy.local import guard

STOP_S_MAX: Final = 12.0
_TICKS_S: Final = os.sysconf("SC_CLK_TCK")
_ERROR_CHARS: Final = 1500


class BenchError(Exception):
    """A measurement can't be taken, or came out wrong; the message says which and why."""


class Used(NamedTuple):
    """So far."""

    cpu_s: float
    rss_mib: float
    """The most that was resident at a time."""


class Process:
    """A command on some cores; ends with the block, or when this process does."""

    def __init__(
        self, command: Sequence[str], *, environment: Mapping[str, str], cores: Collection[int], log: Path
    ) -> None:
        self._log = log
        wanted = ",".join(map(str, sorted(cores)))
        with log.open("ab") as out:
            self._guard = subprocess.Popen(
                [sys.executable, "-I", guard.__file__, "", "taskset", "-c", wanted, *command],
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the command (and to its guard, which does not mind)."""
        if self._guard.poll() is None:
            os.killpg(self._guard.pid, number)

    def stop(self) -> None:
        """Ask it to end, then end it."""
        self.signal(signal.SIGTERM)
        try:
            self._guard.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            self._guard.wait()
        if self._guard.stdin is not None:
            self._guard.stdin.close()

    def wait(self) -> None:
        """Return when it has ended."""
        self._guard.wait(STOP_S_MAX)

    def must_live(self) -> None:
        """BenchError with its last words when it has ended."""
        code = self._guard.poll()
        if code is not None:
            raise BenchError(f"ended with {code}: {self._log.read_text(errors='replace')[-_ERROR_CHARS:]}")

    def pids(self) -> list[int]:
        """Of the command and what it has started."""
        return _descendants(self._guard.pid)

    def used(self) -> Used:
        """CPU seconds and memory of all that the command consists of."""
        cpu, rss = 0.0, 0.0
        for pid in self.pids():
            try:
                stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                peak = re.search(r"VmHWM:\s*(\d+)", Path(f"/proc/{pid}/status").read_text())
            except OSError:
                continue
            cpu += (int(stat[11]) + int(stat[12])) / _TICKS_S
            rss += int(peak[1]) / 1024 if peak else 0.0
        return Used(cpu, rss)


def _descendants(pid: int) -> list[int]:
    """All below a process; itself (the guard) does not count."""
    found = []
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(child) for child in tasks.read_text().split()]
        except OSError:
            continue
        for child in children:
            found += [child, *_descendants(child)]
    return found
