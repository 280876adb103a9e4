"""One supervised worker process, as its supervisor sees it and as it sees its supervisor.

Two pipes join them. On its standard output a child says when it has loaded its code, and later its port. On its standard
input it is told who it is; after that nothing is written there, but the system closes the pipe on any kind of death of
the supervisor, a SIGKILL included, and the child ends at once.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from threading import Thread
from typing import Final

import msgspec
from msgspec import Struct

from streams.health import READY

HOST: Final = "127.0.0.1"
PAGE_S: Final = 1.5
"""A child that takes longer hangs, as far as whoever asks is concerned."""
ORPHANED: Final = 1
NOBODY: Final = (0, "")


class Role(Struct, frozen=True):
    """Who a child is."""

    number: int
    instance: str
    """Its name in the consumer group."""
    data_dir: str


class Child:
    """A process that was started, until it has ended."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._port = 0
        self._loaded = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, command: Sequence[str], environment: Mapping[str, str]) -> "Child":
        """Start it; OSError when the system does not."""
        return cls(
            await asyncio.create_subprocess_exec(
                *command,
                env=environment,
                stdin=PIPE,
                stdout=PIPE,
                # Ctrl-C in a terminal is for the supervisor, which then stops its children.
                start_new_session=True,
            )
        )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def loaded(self) -> None:
        """Return when it has loaded its code, or has ended."""
        await self._loaded.wait()

    def begin(self, role: Role) -> None:
        """Have it work as this one."""
        assert self._process.stdin is not None  # noqa: S101 - it was asked for
        self._process.stdin.write(msgspec.json.encode(role) + b"\n")

    @property
    def code(self) -> int | None:
        """How it ended; negative is a signal, None not yet."""
        return self._process.returncode

    async def ended(self) -> int:
        """Its exit code, when it has one."""
        code = await self._process.wait()
        self._reading.cancel()
        return code

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; nothing when it has ended."""
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def stop(self, within_s: float) -> None:
        """Tell it to stop, and kill it when it has not by then."""
        self.signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.ended(), within_s)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End it hard."""
        self.signal(signal.SIGKILL)
        await self.ended()

    async def page(self, path: str) -> tuple[int, str]:
        """Status and text of one of its pages; (0, "") when it does not answer in time."""
        if not self._port or self.code is not None:
            return NOBODY
        try:
            async with asyncio.timeout(PAGE_S):
                reader, writer = await asyncio.open_connection(HOST, self._port)
                try:
                    writer.write(f"GET {path} HTTP/1.1\r\n\r\n".encode())
                    head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
                    return int(head.split(b" ", 2)[1]), body.decode()
                finally:
                    writer.close()
        except (OSError, TimeoutError, IndexError, ValueError):
            return NOBODY

    async def fault(self, path: str) -> str:
        """What is wrong, in words: empty when the page says that it is ready or healthy."""
        status, text = await self.page(path)
        return "" if status == HTTPStatus.OK else text.strip() or "no answer"

    async def ready(self) -> bool:
        """Whether it works on all that it was assigned."""
        return not await self.fault(READY)

    async def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        await self._process.stdout.readline()
        self._loaded.set()
        with suppress(ValueError):
            self._port = int(await self._process.stdout.readline())


# What follows runs in the child.


def await_role() -> Role:
    """Say that the code is loaded, and wait to be told who this is; ends when the supervisor is gone."""
    os.write(1, b"loaded\n")
    said = b""
    while not said.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            raise SystemExit(ORPHANED)
        said += byte
    _end_with_supervisor()
    return msgspec.json.decode(said, type=Role)


def tell_port(port: int) -> None:
    """Say where it serves its pages. Whatever else it prints goes to the log."""
    os.write(1, f"{port}\n".encode())
    os.dup2(2, 1)


def _end_with_supervisor() -> None:
    def watch() -> None:
        while os.read(0, 1):
            pass
        sys.stderr.write("the supervisor is gone\n")
        os._exit(ORPHANED)

    Thread(target=watch, daemon=True).start()
