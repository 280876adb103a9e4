"""Questions that are asked once for several callers."""

import asyncio
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from monitor.events import OrdersChecked
from monitor.forms import Feedback
from monitor.gateway import questions
from monitor.gateway.questions import Questions
from monitor.metrics import Metrics


class HeldMailbox:
    """Answers once it is let go."""

    def __init__(self) -> None:
        self.asked: list[OrdersChecked] = []
        self.asked_one = asyncio.Event()
        self.let_go = asyncio.Event()
        self.verdict: dict[str, Any] = {"decision": "reject"}

    async def ask(self, check: OrdersChecked, *, reply_within_s: float) -> dict[str, Any]:
        assert reply_within_s == 5
        self.asked.append(check)
        self.asked_one.set()
        await self.let_go.wait()
        return self.verdict

    async def tell(self, record: bytes, provider: str) -> None:
        raise NotImplementedError

    async def feedback(self, msgid: str, record: Feedback) -> None:
        raise NotImplementedError

    def ready(self) -> bool:
        return True


def a_check(msgid: str = "1") -> OrdersChecked:
    return OrdersChecked(provider="H1", infno="3102", msgid=msgid, person="t", at=0)


class Asking:
    def __init__(self) -> None:
        self.mailbox = HeldMailbox()
        self.metrics = Metrics(CollectorRegistry())
        self.questions = Questions(self.mailbox, budget_ms=5_000, waiting_max=10, metrics=self.metrics)

    async def several(self, count: int) -> list[asyncio.Task[Any]]:
        """So many callers with one call, all of them waiting."""
        tasks = [asyncio.create_task(self.questions.verdict(a_check())) for _ in range(count)]
        await self.mailbox.asked_one.wait()
        return tasks


async def test_callers_that_wait_for_the_same_call_share_its_answer() -> None:
    asking = Asking()
    tasks = await asking.several(5)
    asking.mailbox.let_go.set()
    assert await asyncio.gather(*tasks) == [{"decision": "reject"}] * 5
    assert len(asking.mailbox.asked) == 1
    assert asking.metrics.registry.get_sample_value("monitor_gateway_shared_total") == 4


async def test_a_caller_that_hangs_up_does_not_take_the_answer_from_the_others() -> None:
    asking = Asking()
    first, second = await asking.several(2)
    first.cancel()
    asking.mailbox.let_go.set()
    assert await second == {"decision": "reject"}


async def test_another_call_is_another_question() -> None:
    asking = Asking()
    asking.mailbox.let_go.set()
    await asyncio.gather(*(asking.questions.verdict(a_check(msgid)) for msgid in "123"))
    assert [check.msgid for check in asking.mailbox.asked] == ["1", "2", "3"]


async def test_a_verdict_that_is_none_is_asked_for_again() -> None:
    asking = Asking()
    asking.mailbox.let_go.set()
    asking.mailbox.verdict = {"decision": "unchecked"}
    await asking.questions.verdict(a_check())
    await asking.questions.verdict(a_check())
    assert len(asking.mailbox.asked) == 2


async def test_only_so_many_answers_are_kept_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "REMEMBERED_MAX", 2)
    asking = Asking()
    asking.mailbox.let_go.set()
    for msgid in "1233":
        await asking.questions.verdict(a_check(msgid))
    assert len(asking.mailbox.asked) == 3
    await asking.questions.verdict(a_check("1"))
    assert len(asking.mailbox.asked) == 4


async def test_an_answer_that_is_no_verdict_lets_the_call_go_on() -> None:
    asking = Asking()
    asking.mailbox.let_go.set()
    asking.mailbox.verdict = {}
    assert await asking.questions.verdict(a_check()) is None
