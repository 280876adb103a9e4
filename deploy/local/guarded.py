"""Ending a process that guard.py runs: its whole group gets the signal, and what does not heed it is killed."""

import os
import signal
import subprocess
from typing import Final

STOP_S_MAX: Final = 15.0


def end(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    """Return when it has ended; nothing happens when it has already."""
    _signal_group(process, number)
    try:
        process.wait(STOP_S_MAX)
    except subprocess.TimeoutExpired:
        _signal_group(process, signal.SIGKILL)
        process.wait()
    # Closing the pipe earlier would tell the guard that this process has died.
    if process.stdin is not None:
        process.stdin.close()


def drop(process: "subprocess.Popen[bytes]") -> None:
    """End it at once, and its scratch with it: what the death of its starter does. Return when both are gone."""
    if process.stdin is not None:
        process.stdin.close()
    process.wait()


def _signal_group(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    # The group of a process that has ended and was waited for may belong to someone else.
    if process.poll() is None:
        os.killpg(process.pid, number)
