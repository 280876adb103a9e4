"""A mailbox without Kafka: it runs the real audit, remembers what it was given, and can be slow or broken."""

import asyncio
from typing import Any

from monitor.audit import audit_person
from monitor.events import OrdersChecked
from monitor.forms import Feedback
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
