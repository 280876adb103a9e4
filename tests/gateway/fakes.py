"""A mailbox and notices without Kafka: it runs the real audit, remembers what it was given, and can be slow or broken."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson

from monitor.audit import audit_person
from monitor.events import OrdersChecked
from monitor.forms import Feedback
from monitor.gateway.notices import Found, Placed
from monitor.knowledge import Knowledge
from monitor.memory.person import PersonMemory


class InMemoryMailbox:
    """`answering` is set unless a test wants callers to wait; `broken` is like a Kafka that is away."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._memories: dict[str, PersonMemory] = {}
        self.answering = asyncio.Event()
        self.answering.set()
        self.asked_one = asyncio.Event()
        self.broken = False
        self.connected = True
        self.asked: list[OrdersChecked] = []
        self.told: list[tuple[str, bytes]] = []
        self.feedbacks: list[tuple[str, Feedback]] = []

    async def ask(self, check: OrdersChecked, *, reply_within_s: float) -> dict[str, Any]:
        self._must_be_there()
        self.asked.append(check)
        self.asked_one.set()
        async with asyncio.timeout(reply_within_s):
            await self.answering.wait()
        memory = self._memories.setdefault(check.person, PersonMemory(check.person))
        verdict = audit_person(memory, check, watermark=0, knowledge=self._knowledge).verdict
        assert verdict is not None
        return {**verdict.to_json()}

    async def tell(self, record: bytes, provider: str) -> None:
        self._must_be_there()
        self.told.append((provider, record))

    async def feedback(self, msgid: str, record: Feedback) -> None:
        self._must_be_there()
        self.feedbacks.append((msgid, record))

    def ready(self) -> bool:
        return self.connected

    def _must_be_there(self) -> None:
        if self.broken:
            raise ConnectionError("a message that must not be shown")


class InMemoryNotices:
    """Notices of all providers in one log; `broken` is like a Kafka that is away."""

    def __init__(self) -> None:
        self.log: list[tuple[str, bytes]] = []
        self.undelivered: list[tuple[str, bytes]] = []
        self.broken = False
        self.listening = asyncio.Event()
        self._listeners: dict[str, list[asyncio.Queue[Placed | None]]] = {}

    def say(self, provider: str, number: int) -> None:
        self.log.append((provider, orjson.dumps({"notice_id": f"n{number}"})))
        for queue in self._listeners.get(provider, ()):
            queue.put_nowait(Placed(len(self.log) - 1, self.log[-1][1]))

    async def page(self, provider: str, *, after: int, limit: int, undelivered: bool = False) -> Found:
        if self.broken:
            raise ConnectionError("a message that must not be shown")
        log = self.undelivered if undelivered else self.log
        places = [place for place, (owner, _) in enumerate(log) if owner == provider and place > after]
        found = [Placed(place, log[place][1]) for place in places[:limit]]
        ended = len(places) <= limit
        return Found(found, len(log) - 1 if ended else found[-1].place, ended)

    @asynccontextmanager
    async def live(self, provider: str) -> "AsyncIterator[asyncio.Queue[Placed | None]]":
        queue: asyncio.Queue[Placed | None] = asyncio.Queue()
        self._listeners.setdefault(provider, []).append(queue)
        self.listening.set()
        yield queue
        self._listeners[provider].remove(queue)

    def end(self, provider: str) -> None:
        for queue in self._listeners[provider]:
            queue.put_nowait(None)
