"""What Alertmanager calls: a web hook that keeps what it hears, and Alertmanager's configuration for it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from deploy.local.ports import HOST, free_port

ROUTE_OF_EACH = "group_by: ['...'], group_wait: 1s, group_interval: 1s, repeat_interval: 24h"
"""Every alert is a message of its own."""


class Hook:
    """Messages in the order in which they came."""

    def __init__(self) -> None:
        self.url = f"http://{HOST}:{free_port()}/"
        self.messages: list[dict[str, Any]] = []
        self._lock = Lock()

    def hear(self, message: dict[str, Any]) -> None:
        with self._lock:
            self.messages.append(message)

    def told(self, label: str) -> dict[str, list[str]]:
        """firing and resolved, in order, by a label of the alerts."""
        found: dict[str, list[str]] = {}
        with self._lock:
            for message in self.messages:
                for alert in message["alerts"]:
                    found.setdefault(alert["labels"][label], []).append(alert["status"])
        return found


class _Server(ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True


@contextmanager
def listening() -> Iterator[Hook]:
    """A hook that answers."""
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.hear(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    port = int(hook.url.rstrip("/").rpartition(":")[2])
    server = _Server((HOST, port), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()


def configuration(folder: Path, hook: Hook, route: str = ROUTE_OF_EACH) -> Path:
    """A file for Alertmanager: everything goes to the hook, by this route."""
    file = folder / "alertmanager.yml"
    file.write_text(
        f"route: {{receiver: hook, {route}}}\n"
        f"receivers: [{{name: hook, webhook_configs: [{{url: '{hook.url}', send_resolved: true}}]}}]\n"
    )
    return file
