"""The gateway under uvicorn, with a time limit on request heads, which uvicorn itself has not."""

from asyncio import TimerHandle, Transport
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_S_MAX: Final = 10
IDLE_S_MAX: Final = 30
CONNECTIONS_MAX: Final = 10_000
STOP_S_MAX: Final = 5


class PatientProtocol(HttpToolsProtocol):
    """Hangs up on a client that takes longer than `HEAD_S_MAX` to send the head of a request."""

    head_s_max: float = HEAD_S_MAX
    _head_timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as its base class
        """The first head is due."""
        super().connection_made(transport)
        self._head_is_due()

    def on_message_begin(self) -> None:
        """A head has begun."""
        super().on_message_begin()
        self._head_is_due()

    def on_headers_complete(self) -> None:
        """A head is there."""
        self._head_is_no_longer_due()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is due any more."""
        self._head_is_no_longer_due()
        super().connection_lost(exc)

    def _head_is_due(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_s_max, self._hang_up)

    def _head_is_no_longer_due(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _hang_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


def server(app: Any, *, host: str, port: int) -> uvicorn.Server:  # noqa: ANN401 - any ASGI application
    """A server ready to `run()` or to `await serve()`; logs neither paths nor bodies."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http=PatientProtocol,
            loop="uvloop",
            ws="none",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_keep_alive=IDLE_S_MAX,
            timeout_graceful_shutdown=STOP_S_MAX,
            # No address of a client is looked at.
            proxy_headers=False,
            limit_concurrency=CONNECTIONS_MAX,
        )
    )
