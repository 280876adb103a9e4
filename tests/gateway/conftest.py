"""A gateway on a free port of this machine, asked over real HTTP."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from hashlib import sha256
from typing import Any

import httpx
import pytest
from msgspec import Struct
from prometheus_client import CollectorRegistry

from monitor.gateway.app import create_gateway
from monitor.gateway.keys import PLATFORM, Keys
from monitor.gateway.serve import server
from monitor.interface.intake import Intake
from monitor.knowledge import Knowledge
from monitor.metrics import Metrics
from monitor.privacy import Tokens
from monitor.reference import load_reference
from monitor.regions import load_region
from monitor.rules.catalogue import LIMITS
from monitor.settings import Settings
from tests.gateway.fakes import InMemoryMailbox
from tests.wire.envelope import HOSPITAL, PHARMACY, Record

TOKENS = {HOSPITAL: "hospital-token", PHARMACY: "pharmacy-token", PLATFORM: "platform-token"}
NOW = "2026-03-10 09:00:00"
NOW_MS = 1_773_133_200_000
"""NOW as the gateway's clock shows it."""


class Door(Struct, kw_only=True):
    """A running gateway, and what stands behind it."""

    client: httpx.AsyncClient
    port: int
    mailbox: InMemoryMailbox
    metrics: Metrics
    knowledge: Knowledge

    async def call(self, request: Record | bytes, *, token: str = TOKENS[HOSPITAL]) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}"}
        if isinstance(request, bytes):
            return await self.client.post("/fsi/api", content=request, headers=headers)
        return await self.client.post("/fsi/api", json=request, headers=headers)

    async def feed(self, body: bytes, *, token: str = TOKENS[PLATFORM]) -> httpx.Response:
        return await self.client.post("/feed", content=body, headers={"authorization": f"Bearer {token}"})

    def count(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0.0


OpenDoor = Callable[..., AbstractAsyncContextManager[Door]]


@asynccontextmanager
async def opened(**changed: Any) -> AsyncIterator[Door]:
    settings = Settings(**changed)
    tokens = Tokens("a key for tests")
    knowledge = Knowledge(
        reference=load_reference(None, tokens=tokens),
        region=load_region(None, limits=LIMITS),
        tokens=tokens,
        language=settings.language,
    )
    mailbox, metrics = InMemoryMailbox(knowledge), Metrics(CollectorRegistry())
    app = create_gateway(
        settings,
        mailbox=mailbox,
        intake=Intake(tokens=tokens, trace_ignore=frozenset()),
        tokens=tokens,
        keys=Keys((code, sha256(token.encode()).digest()) for code, token in TOKENS.items()),
        metrics=metrics,
        rules_version=knowledge.rules_version,
        clock=lambda: NOW_MS,
    )
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
        port = listening.getsockname()[1]
        running = server(app, host="127.0.0.1", port=port)
        serving = asyncio.create_task(running.serve(sockets=[listening]))
        limits = httpx.Limits(max_connections=300)
        address = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=address, limits=limits, timeout=20, trust_env=False) as client:
            yield Door(client=client, port=port, mailbox=mailbox, metrics=metrics, knowledge=knowledge)
        running.should_exit = True
        await serving


@pytest.fixture
def open_door() -> OpenDoor:
    """Opens a gateway with other settings than the usual."""
    return opened


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    async with opened() as each:
        yield each
