"""A gateway on a free port of this machine, asked over real HTTP.

One server runs for all tests and each test puts a fresh application behind it: a server needs a fifth of a
second to stop, an application is made in ten milliseconds.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from hashlib import sha256
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from msgspec import Struct
from prometheus_client import CollectorRegistry

from monitor.gateway.app import create_gateway
from monitor.gateway.callers import Callers
from monitor.gateway.keys import PLATFORM, Keys
from monitor.gateway.serve import server
from monitor.interface.intake import Intake
from monitor.knowledge import Knowledge
from monitor.metrics import Metrics
from monitor.privacy import Tokens
from monitor.reference import Provider
from monitor.reference_tables import load_reference
from monitor.regions import load_region
from monitor.rules.catalogue import LIMITS
from monitor.settings import Settings
from tests.gateway.fakes import InMemoryMailbox, InMemoryNotices
from tests.wire.envelope import HOSPITAL, PHARMACY, Record

TOKENS = {HOSPITAL: "hospital-token", PHARMACY: "pharmacy-token", PLATFORM: "platform-token"}
NOW = "2026-03-10 09:00:00"
NOW_MS = 1_773_133_200_000
"""NOW as the gateway's clock shows it."""

_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Spares each client the loading of certificates that it does not need."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The server lives in one event loop, so all tests of this folder do."""
    for item in items:
        ours = Path(__file__).parent in item.path.parents
        if ours and isinstance(item, pytest.Function) and iscoroutinefunction(item.function):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


class Stage:
    """The ASGI application that the server knows: whichever stands on it now."""

    def __init__(self) -> None:
        self.application: Any = None
        self.port = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.application(scope, receive, send)


class Door(Struct, kw_only=True):
    """A running gateway, and what stands behind it."""

    client: httpx.AsyncClient
    port: int
    mailbox: InMemoryMailbox
    notices: InMemoryNotices
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
async def opened(
    stage: Stage, *, providers: Mapping[str, Provider] | None = None, **changed: Any
) -> AsyncIterator[Door]:
    # A busy machine must not fail a test that is not about the budget.
    settings = Settings(**{"gateway_budget_ms": 10_000} | changed)
    tokens = Tokens("a key for tests")
    knowledge = Knowledge(
        reference=load_reference(None, tokens=tokens),
        region=load_region(None, limits=LIMITS),
        tokens=tokens,
        language=settings.language,
    )
    mailbox, metrics = InMemoryMailbox(knowledge), Metrics(CollectorRegistry())
    notices = InMemoryNotices()
    stage.application = create_gateway(
        settings,
        mailbox=mailbox,
        notices=notices,
        intake=Intake(tokens=tokens, trace_ignore=frozenset()),
        tokens=tokens,
        keys=Keys((code, sha256(token.encode()).digest()) for code, token in TOKENS.items()),
        callers=Callers(metrics, providers or {}),
        rules_version=knowledge.rules_version,
        clock=lambda: NOW_MS,
    )
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{stage.port}",
        limits=httpx.Limits(max_connections=300),
        timeout=20,
        trust_env=False,
        verify=_NO_TLS,
    ) as client:
        yield Door(
            client=client,
            port=stage.port,
            mailbox=mailbox,
            notices=notices,
            metrics=metrics,
            knowledge=knowledge,
        )


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stage() -> AsyncIterator[Stage]:
    each = Stage()
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
        each.port = listening.getsockname()[1]
        running = server(each, host="127.0.0.1", port=each.port)
        running.config.lifespan = "off"
        serving = asyncio.create_task(running.serve(sockets=[listening]))
        yield each
        running.should_exit = True
        await serving


@pytest.fixture
def open_door(stage: Stage) -> OpenDoor:
    """Opens a gateway with other settings than the usual."""
    return lambda **changed: opened(stage, **changed)


@pytest_asyncio.fixture(loop_scope="session")
async def door(stage: Stage) -> AsyncIterator[Door]:
    async with opened(stage) as each:
        yield each
