"""Runs a command that must not outlive whoever started it, however that one ended.

`guard.py SCRATCH COMMAND...` ends COMMAND at once when standard input reaches its end, and then removes
the directory SCRATCH (unless that is ""). The starter keeps the other end of that pipe and never writes to
it: the system closes it on any kind of death, a SIGKILL included. SIGTERM and SIGINT are meant for COMMAND,
which gets them through the process group; the guard stays until COMMAND has ended and exits as it did.
"""

import os
import shutil
import signal
import subprocess
import sys
from threading import Event, Thread


def _end_with_starter(child: "subprocess.Popen[bytes]", scratch: str, ending: Event) -> None:
    while os.read(0, 1):
        pass
    ending.set()
    child.kill()
    child.wait()
    if scratch:
        shutil.rmtree(scratch, ignore_errors=True)
    os._exit(1)


def main(scratch: str, *command: str) -> int:
    """Run the command to its end and return its exit code, 128 + n when signal n ended it."""
    # Handlers, unlike ignored signals, are not inherited by the command.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    ending = Event()
    ender = Thread(target=_end_with_starter, args=(child, scratch, ending), daemon=True)
    ender.start()
    code = child.wait()
    if ending.is_set():
        # The thread ends this process when SCRATCH is gone; an exit here would leave half of it behind.
        ender.join()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
