"""The demo's processes: each has a guard, so it ends when the demo does, whatever ends that."""

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Final

from deploy.local import guard
from deploy.local.ports import HOST

START_S_MAX: Final = 60.0
STOP_S_MAX: Final = 3.0
"""Nothing is lost by a hard end: the data of a demo go with it."""
_POLL_S: Final = 0.05
_ANSWER_S_MAX: Final = 2.0
_LOG_CHARS: Final = 600


class DemoError(Exception):
    """The demo can't go on; the message is one sentence for the person at the terminal."""


class Child:
    """A server of ours as a process; its output goes to a file."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        port: int,
        environment: Mapping[str, str],
        log: Path,
        scratch: Path | None = None,
    ) -> None:
        """`scratch`: a directory that its guard removes when the demo is killed."""
        self.name = name
        self.port = port
        self._log = log
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-I", guard.__file__, str(scratch or ""), *command],
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                # Ctrl-C in a terminal is for the demo, which then stops its processes in order.
                start_new_session=True,
            )

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://{self.address}"

    @property
    def address(self) -> str:
        """host:port."""
        return f"{HOST}:{self.port}"

    @property
    def lives(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def wait_until_ready(self) -> None:
        """Return when /-/ready says so; DemoError when the process ends, or takes too long."""
        give_up = monotonic() + START_S_MAX
        while not self._ready():
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_POLL_S)
            if not self.lives:
                raise self.ended()
            if monotonic() > give_up:
                raise DemoError(
                    f"the {self.name} was not ready within {START_S_MAX:.0f} s: {self._last_words()}"
                )

    def wait(self, within_s: float) -> bool:
        """Whether it has ended within a time."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(within_s)
        return not self.lives

    def output(self) -> str:
        """What it has written so far."""
        return self._log.read_text(errors="replace")

    def ended(self) -> DemoError:
        """The sentence about a process that should still run."""
        return DemoError(f"the {self.name} ended by itself: {self._last_words()}")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process and its guard."""
        if self.lives:
            os.killpg(self._process.pid, number)

    def reap(self, give_up: float) -> None:
        """Wait until `give_up` (monotonic) for the end, then enforce it."""
        try:
            self._process.wait(max(0.0, give_up - monotonic()))
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _last_words(self) -> str:
        said = [line for line in self.output().splitlines() if line.strip()]
        # What follows an error is often the tidy end of what still ran.
        grave = [line for line in said if " ERROR " in line or "Error: " in line]
        return (grave or said or ["it gave no reason."])[-1].strip()[:_LOG_CHARS]

    def _ready(self) -> bool:
        asking = http.client.HTTPConnection(HOST, self.port, timeout=_ANSWER_S_MAX)
        try:
            asking.request("GET", "/-/ready")
            return asking.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            asking.close()


def stop_all(children: Sequence[Child]) -> None:
    """End them all, at the same time."""
    for child in children:
        child.signal(signal.SIGTERM)
    give_up = monotonic() + STOP_S_MAX
    for child in children:
        child.reap(give_up)
