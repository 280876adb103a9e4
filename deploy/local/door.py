"""A small HTTP client for a server on this machine: connections that stay open, and little work a call.

A general client spends about a millisecond of a core on a call, which a machine of two cores that also runs
Kafka, workers and gateway would show as latency of theirs.
"""

import asyncio
import re
from contextlib import suppress
from types import TracebackType
from typing import Final, NamedTuple, Self
from urllib.parse import urlsplit

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_LAST: Final = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


class Answer(NamedTuple):
    """Status and body."""

    status: int
    body: bytes


class Door:
    """One server, asked over as many connections as there are calls at a time; an async context manager.

    Not for servers that answer in chunks. A call raises OSError or EOFError when the server is gone.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _, writer in self._free:
            writer.close()
        self._free.clear()

    async def get(self, path: str) -> Answer:
        """Ask for a page."""
        return await self._call(f"GET {path} HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode())

    async def post(self, path: str, body: bytes, *, authorization: str) -> Answer:
        """Send a JSON body."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nAuthorization: {authorization}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return await self._call(head.encode() + body)

    def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """A connection that is free and that the server has not closed: it closes those that nobody used for a while."""
        while self._free:
            reader, writer = self._free.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return None

    async def _call(self, request: bytes) -> Answer:
        reader, writer = self._open() or await asyncio.open_connection(self._host, self._port)
        try:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            body = await reader.readexactly(int(length[1]) if length else 0)
        except BaseException:
            with suppress(OSError):
                writer.close()
            raise
        if _LAST.search(head):
            writer.close()
        else:
            self._free.append((reader, writer))
        return Answer(int(head.split(b" ", 2)[1]), body)
