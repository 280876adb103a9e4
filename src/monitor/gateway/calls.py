"""POST /fsi/api: a national envelope comes in, the reply envelope goes out, whatever happens behind."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from time import perf_counter
from typing import Any, Final

from msgspec import Struct

from monitor.events import DAY, OrdersChecked, WarningAnswered
from monitor.gateway import texts
from monitor.gateway.bodies import refusal
from monitor.gateway.callers import NO_DECISION, Callers
from monitor.gateway.mailbox import Mailbox
from monitor.gateway.questions import Questions
from monitor.gateway.warnings import NotTaken, feedback_of
from monitor.interface.intake import Accepted, GatewayCall, Intake, Reason, Rejected
from monitor.interface.replies import (
    check_output,
    encode_reply,
    feedback_output,
    unchecked_output,
    wire_time,
)
from monitor.privacy import Tokens

logger = logging.getLogger(__name__)

AHEAD_S_MAX: Final = DAY
"""What is further ahead of our clock the stream would put aside and never answer (contract §1)."""


class Said(Struct, frozen=True, kw_only=True):
    """What a reply envelope says beside its ids and times."""

    output: Mapping[str, Any] | None = None
    infcode: int = 0
    err_msg: str = ""


def _refused(text: str) -> Said:
    return Said(infcode=-1, err_msg=text)


class Calls:
    """Answers the calls of providers. `clock` gives milliseconds of China civil time."""

    def __init__(
        self,
        *,
        intake: Intake,
        mailbox: Mailbox,
        questions: Questions,
        tokens: Tokens,
        callers: Callers,
        clock: Callable[[], int],
        rules_version: str,
        language: str,
        budget_ms: int,
    ) -> None:
        self._intake = intake
        self._mailbox = mailbox
        self._questions = questions
        self._tokens = tokens
        self._callers = callers
        self._clock = clock
        self._rules_version = rules_version
        self._language = language
        self._budget_s = budget_ms / 1000

    async def answer(self, body: bytes, *, holder: str) -> bytes:
        """The reply envelope to a call of `holder`; HTTPException where there is none (400) or another's."""
        started, came_ms = perf_counter(), self._clock()
        call = self._intake.decode_call(body)
        if not call.infno:
            raise refusal(_status(call), f"no national envelope: {_why(call)}")
        if call.provider and call.provider != holder:
            raise refusal(HTTPStatus.FORBIDDEN, "the token is not that of fixmedins_code")
        said = await self._said(call, now_s=came_ms // 1000)
        self._callers.answered(
            holder,
            infno=call.infno,
            infcode=said.infcode,
            decision=NO_DECISION if said.output is None else said.output.get("decision", NO_DECISION),
            took_s=perf_counter() - started,
        )
        return encode_reply(
            msgid=call.msgid,
            refmsg_time=wire_time(came_ms),
            respond_time=wire_time(self._clock()),
            output=said.output,
            infcode=said.infcode,
            err_msg=said.err_msg,
        )

    async def _said(self, call: GatewayCall, *, now_s: int) -> Said:
        match call.outcome:
            case Rejected(reason=reason, detail=path):
                return _refused(texts.of_reason(reason, path, self._language))
            case Accepted(events=(fact, *_)):
                if fact.at > now_s + AHEAD_S_MAX:
                    return _refused(texts.of_reason(Reason.TIME_OUT_OF_RANGE, "inf_time", self._language))
                if isinstance(fact, OrdersChecked):
                    return await self._checked(fact, patn_id=call.patn_id)
                if isinstance(fact, WarningAnswered):
                    return await self._answered(fact)
        return _refused(texts.NOT_ANSWERED_HERE[self._language])

    async def _checked(self, check: OrdersChecked, *, patn_id: str) -> Said:
        verdict = await self._questions.verdict(check)
        if verdict is None:
            return Said(output=unchecked_output(rules_version=self._rules_version))
        # A msgid that was used for another patient keeps its first answer, which is not about this one.
        own = patn_id if verdict["person"] == check.person else verdict["person"]
        return Said(output=check_output(verdict, patn_id=own))

    async def _answered(self, fact: WarningAnswered) -> Said:
        records = feedback_of(fact, tokens=self._tokens)
        if isinstance(records, NotTaken):
            return _refused(texts.at(records.texts, records.path, self._language))
        try:
            async with asyncio.timeout(self._budget_s):
                for record in records:
                    await self._mailbox.feedback(fact.msgid, record)
                    self._callers.warned(record)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller may try again
            logger.warning("feedback could not be written: %s", type(error).__name__)
            return _refused(texts.TRY_AGAIN[self._language])
        return Said(output=feedback_output(record["jr_id"] for record in records))


def _status(call: GatewayCall) -> HTTPStatus:
    too_large = isinstance(call.outcome, Rejected) and call.outcome.reason is Reason.TOO_LARGE
    return HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_large else HTTPStatus.BAD_REQUEST


def _why(call: GatewayCall) -> str:
    outcome = call.outcome
    return (
        f"{outcome.reason.value} {outcome.detail}".strip() if isinstance(outcome, Rejected) else "unreadable"
    )
