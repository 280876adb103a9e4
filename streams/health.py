"""/metrics, /-/healthy and /-/ready of a worker or a supervisor: three pages, on the address of the settings alone.

Faust's own one binds to every address and shows tables.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Final, TypeAlias

Answer: TypeAlias = tuple[HTTPStatus, bytes]
Page: TypeAlias = Callable[[], Awaitable[Answer]]

REQUEST_S_MAX: Final = 5.0
REQUEST_BYTES_MAX: Final = 8 * 1024
PLAIN: Final = "text/plain; version=0.0.4; charset=utf-8"


METRICS: Final = "/metrics"
READY: Final = "/-/ready"
HEALTHY: Final = "/-/healthy"


def word(fault: str) -> Answer:
    """200 and ok, or 503 and what is wrong."""
    if fault:
        return HTTPStatus.SERVICE_UNAVAILABLE, f"{fault}\n".encode()
    return HTTPStatus.OK, b"ok\n"


class HealthServer:
    """Answers GET for a few paths; anything else is 404."""

    def __init__(self, pages: Mapping[str, Page]) -> None:
        self._pages = pages
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; the port, which port 0 leaves to the system. OSError when it is taken."""
        self._server = await asyncio.start_server(self._answer, host, port, limit=REQUEST_BYTES_MAX)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), REQUEST_S_MAX)
            status, body = await self._page(head.split(b"\r\n", 1)[0])
            writer.write(
                f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {PLAIN}\r\n"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
                + body
            )
            await asyncio.wait_for(writer.drain(), REQUEST_S_MAX)
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            with suppress(OSError):
                writer.close()

    async def _page(self, line: bytes) -> Answer:
        match line.decode("latin-1").split(" "):
            case ["GET", path, *_] if page := self._pages.get(path.partition("?")[0]):
                return await page()
            case ["GET", *_]:
                return HTTPStatus.NOT_FOUND, b"no such page\n"
        return HTTPStatus.METHOD_NOT_ALLOWED, b"GET alone\n"
