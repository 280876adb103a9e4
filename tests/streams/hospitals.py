"""Hospitals that take notices by web hook: some hang, some answer 500, until they recover."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import orjson

from deploy.local.ports import HOST, free_port
from monitor.clock import CHINA_OFFSET_MS, china_ms
from monitor.notices import is_signed
from monitor.reference import Scheme

SECRET = "a secret of the hospital"


def unix_ms() -> int:
    return china_ms() - CHINA_OFFSET_MS


class Taken(NamedTuple):
    key: str
    notice: dict[str, Any]
    at_ms: int
    raw: bytes
    """Headers and body as they came."""


class Hospitals:
    """By code; `ill`: "hang" or "500" by code, until `recover`."""

    def __init__(self, ill: dict[str, str]) -> None:
        self.schemes: dict[str, Scheme] = {}
        """By code, what was agreed; the others have agreed on HMAC-SHA256."""
        self.public_key = ""
        self.port = free_port()
        self.taken: dict[str, list[Taken]] = {}
        self.forged = 0
        self._ill = ill
        self._well = threading.Event()
        self._lock = threading.Lock()

    def url(self, code: str) -> str:
        return f"http://{HOST}:{self.port}/{code}"

    def recover(self) -> None:
        self._ill = {}
        self._well.set()

    def keys(self, code: str) -> list[str]:
        with self._lock:
            return [taken.key for taken in self.taken.get(code, ())]

    def take(self, code: str, body: bytes, headers: Any) -> int | None:
        """The status of the answer; None for no answer."""
        trouble = self._ill.get(code)
        if trouble == "hang":
            self._well.wait(30)
            return None
        if trouble is not None:
            return int(trouble)
        with self._lock:
            scheme = self.schemes.get(code, Scheme.HMAC_SHA256)
            self.forged += not is_signed(
                body,
                headers,
                secret=SECRET,
                public_key=self.public_key,
                scheme=scheme,
                now_s=unix_ms() // 1000,
            )
            taken = Taken(headers["Idempotency-Key"], orjson.loads(body), unix_ms(), bytes(headers) + body)
            self.taken.setdefault(code, []).append(taken)
        return 200


class _Server(ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True


@contextmanager
def open_doors(ill: dict[str, str], grumble: str = "") -> Iterator[Hospitals]:
    """`grumble`: what those that are ill say instead of the status's own words."""
    hospitals = Hospitals(ill)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = hospitals.take(self.path.strip("/"), body, self.headers)
            if status is None:
                self.close_connection = True
                return
            said = b"" if status == HTTPStatus.OK else grumble.encode()
            self.send_response(status, said.decode("latin-1") or None)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    server = _Server((HOST, hospitals.port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hospitals
    finally:
        hospitals.recover()
        server.shutdown()
        server.server_close()
