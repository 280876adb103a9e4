"""Who gets Alertmanager's messages in a test: a web hook and a mail server on this machine."""

import asyncio
import email
import email.policy
import json
import re
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self

import yaml

from deploy.alertmanager.site import CONFIG
from deploy.local.ports import HOST, free_port


class Receivers:
    """Counts web hooks and keeps mails; an async context manager."""

    def __init__(self) -> None:
        self.hook_port, self.mail_port = free_port(), free_port()
        self.hooks: list[dict[str, Any]] = []
        self.mails: list[tuple[str, str, str]] = []
        """(to, subject, text)"""
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for answer, port in ((self._hook, self.hook_port), (self._mail, self.mail_port)):
            server = await asyncio.start_server(answer, HOST, port, limit=16 * 1024 * 1024)
            await self._stack.enter_async_context(server)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _hook(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(head.partition("content-length:")[2].split("\r\n", 1)[0])
        self.hooks.append(json.loads(await reader.readexactly(length)))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async def _mail(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test\r\n")
        to = ""
        while line := (await reader.readline()).decode().strip():
            verb = line.split(" ", 1)[0].upper()
            if verb == "RCPT":
                to = line.partition("<")[2].partition(">")[0]
            if verb == "DATA":
                writer.write(b"354 go on\r\n")
                self._keep(to, await reader.readuntil(b"\r\n.\r\n"))
            writer.write(b"221 bye\r\n" if verb == "QUIT" else b"250 ok\r\n")
            if verb == "QUIT":
                break
        writer.close()

    def _keep(self, to: str, raw: bytes) -> None:
        message = email.message_from_bytes(raw, policy=email.policy.default)
        body = message.get_body(("plain",))
        self.mails.append((to, str(message["Subject"]), "" if body is None else body.get_content()))


def local_configuration(receivers: Receivers, folder: Path) -> Path:
    """The committed configuration, its routes and groups as they are: with addresses of this machine, and in seconds
    instead of minutes."""
    config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    config["global"] = {
        "smtp_smarthost": f"{HOST}:{receivers.mail_port}",
        "smtp_from": "monitor@example.org",
        "smtp_require_tls": False,
    }
    config["templates"] = [f"{CONFIG.parent}/*.tmpl"]
    for receiver in config["receivers"]:
        for hook in receiver.get("webhook_configs", ()):
            hook["url"] = f"http://{HOST}:{receivers.hook_port}/{receiver['name']}"
            del hook["http_config"]
    _hurry(config["route"])
    path = folder / "alertmanager.yml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


def _hurry(route: dict[str, Any]) -> None:
    for name in ("group_wait", "group_interval"):
        if name in route:
            route[name] = re.sub(r"(\d+)m$", r"\1s", route[name].replace("1h", "60m"))
    if str(route.get("group_wait", "")).endswith("0s"):
        route["group_wait"] = "1s"
    for child in route.get("routes", ()):
        _hurry(child)
