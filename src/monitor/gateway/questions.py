"""Asking for a verdict: one question for each call however often it comes, never longer than the budget."""

import asyncio
import logging
from collections import OrderedDict
from enum import StrEnum
from typing import Any, Final

from monitor.events import CallKey, OrdersChecked
from monitor.gateway.mailbox import Mailbox
from monitor.metrics import Metrics
from monitor.outputs import Decision

logger = logging.getLogger(__name__)

REMEMBERED_MAX: Final = 10_000
"""Verdicts given that are kept at hand: a repeat gets its answer while the stream is away, too."""

Verdict = dict[str, Any]


class FailOpen(StrEnum):
    """Why a call was answered without a verdict."""

    BUDGET = "budget"
    """The verdict did not come in time."""
    KAFKA = "kafka"
    """The question could not be put."""
    BUSY = "busy"
    """Too many calls wait already."""


class Questions:
    """What is being asked, and what was answered lately."""

    def __init__(self, mailbox: Mailbox, *, budget_ms: int, waiting_max: int, metrics: Metrics) -> None:
        self._mailbox = mailbox
        self._budget_s = budget_ms / 1000
        self._waiting_max = waiting_max
        self._metrics = metrics
        self._asked: dict[CallKey, asyncio.Task[Verdict | FailOpen]] = {}
        self._answered: OrderedDict[CallKey, Verdict] = OrderedDict()

    async def verdict(self, check: OrdersChecked) -> Verdict | None:
        """The verdict on a check; None = the call fails open, counted by reason. Never raises."""
        if (answered := self._answered.get(check.call)) is not None:
            return answered
        answer = await self._shared(check)
        if isinstance(answer, FailOpen):
            self._metrics.fail_open.labels(answer.value).inc()
            return None
        return answer

    async def _shared(self, check: OrdersChecked) -> Verdict | FailOpen:
        task = self._asked.get(check.call)
        if task is not None:
            self._metrics.gateway_shared.inc()
        elif len(self._asked) >= self._waiting_max:
            return FailOpen.BUSY
        else:
            task = asyncio.create_task(self._ask(check))
            self._asked[check.call] = task
        # One caller that hangs up must not take the answer from the others.
        return await asyncio.shield(task)

    async def _ask(self, check: OrdersChecked) -> Verdict | FailOpen:
        self._metrics.gateway_waiting.inc()
        try:
            async with asyncio.timeout(self._budget_s):
                verdict = await self._mailbox.ask(check, reply_within_s=self._budget_s)
            if verdict["decision"] != Decision.UNCHECKED:
                self._remember(check.call, verdict)
        except TimeoutError:
            return FailOpen.BUDGET
        except Exception as error:  # noqa: BLE001 - whatever is broken behind the door, the call goes on
            # The name alone: a message could quote the question.
            logger.warning("a question could not be put: %s", type(error).__name__)
            return FailOpen.KAFKA
        finally:
            self._metrics.gateway_waiting.dec()
            del self._asked[check.call]
        return verdict

    def _remember(self, call: CallKey, verdict: Verdict) -> None:
        self._answered[call] = verdict
        if len(self._answered) > REMEMBERED_MAX:
            self._answered.popitem(last=False)
