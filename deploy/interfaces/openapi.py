"""The OpenAPI document of the gateway, as the gateway itself serves it."""

import asyncio
from contextlib import AbstractAsyncContextManager
from functools import cache
from typing import Any

from prometheus_client import CollectorRegistry

from monitor.events import OrdersChecked
from monitor.forms import Feedback
from monitor.gateway.app import create_gateway
from monitor.gateway.callers import Callers
from monitor.gateway.keys import Keys
from monitor.gateway.notices import Found, Placed
from monitor.interface.intake import Intake
from monitor.metrics import Metrics
from monitor.privacy import Tokens
from monitor.settings import DEVELOPMENT_KEY, Settings


class _Nobody:
    """A mailbox that nobody asks: the application is made for its description alone."""

    async def ask(self, check: OrdersChecked, *, reply_within_s: float) -> dict[str, Any]:
        raise NotImplementedError

    async def tell(self, record: bytes, provider: str) -> None:
        raise NotImplementedError

    async def feedback(self, msgid: str, record: Feedback) -> None:
        raise NotImplementedError

    def ready(self) -> bool:
        return False


class _Nothing:
    """A log that nobody reads."""

    async def page(self, provider: str, *, after: int, limit: int, undelivered: bool = False) -> Found:
        raise NotImplementedError

    def live(self, provider: str) -> AbstractAsyncContextManager["asyncio.Queue[Placed | None]"]:
        raise NotImplementedError


@cache
def openapi() -> dict[str, Any]:
    """The document."""
    tokens = Tokens(DEVELOPMENT_KEY)
    application = create_gateway(
        Settings.model_construct(),
        mailbox=_Nobody(),
        notices=_Nothing(),
        intake=Intake(tokens=tokens, trace_ignore=frozenset()),
        tokens=tokens,
        keys=Keys(),
        callers=Callers(Metrics(CollectorRegistry()), {}),
        rules_version="",
    )
    return application.openapi_schema.to_schema()
