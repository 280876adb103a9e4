"""POST /feed: records on their way to claims.raw. Intake judges them; what has no partition is refused."""

import asyncio
import logging
import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from monitor.gateway.mailbox import Mailbox
from monitor.gateway.wire import Fed, RefusedRecord
from monitor.metrics import Metrics

logger = logging.getLogger(__name__)

RECORD_BYTES_MAX: Final = 1024 * 1024
"""recog_pic not counted: it is blanked before."""
REFUSALS_TOLD_MAX: Final = 100

_PICTURE: Final = re.compile(rb'("recog_pic"\s*:\s*)"(?:[^"\\]|\\.)+"', re.DOTALL)


class Refused(StrEnum):
    """Why a record was not taken."""

    NOT_A_RECORD = "not_a_record"
    """No JSON object with a request."""
    NO_PROVIDER = "no_provider"
    """request.fixmedins_code is no text and no whole number, or empty."""
    TOO_LARGE = "too_large"


class Refusal(Struct, frozen=True):
    """Record `number` of the body (from 1) was not taken."""

    number: int
    reason: Refused


class FeedRecord(Struct, frozen=True):
    """A record that can be put on its provider's partition."""

    number: int
    raw: bytes
    provider: str
    picture_blanked: bool


class _Request(Struct, gc=False):
    fixmedins_code: str | int
    """A number may stand for a text, as at intake."""


class _Record(Struct, gc=False):
    request: _Request


_decode = msgspec.json.Decoder(_Record).decode
_decode_any = msgspec.json.Decoder(msgspec.Raw).decode


def records(body: bytes) -> Iterator[FeedRecord | Refusal]:
    """The records of a body: one JSON value, or one a line (NDJSON); empty lines are nothing."""
    whole = body.strip()
    if b"\n" in whole and not _is_one(whole):
        lines = [line for line in whole.split(b"\n") if line.strip()]
    else:
        lines = [whole]
    for number, line in enumerate(lines, start=1):
        yield _record(number, line)


def _is_one(body: bytes) -> bool:
    try:
        _decode_any(body)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _record(number: int, line: bytes) -> FeedRecord | Refusal:
    raw, pictures = _PICTURE.subn(rb'\1""', line) if b"recog_pic" in line else (line, 0)
    if len(raw) > RECORD_BYTES_MAX:
        return Refusal(number, Refused.TOO_LARGE)
    try:
        provider = str(_decode(raw).request.fixmedins_code)
    except msgspec.ValidationError as error:
        reason = Refused.NO_PROVIDER if "fixmedins_code" in str(error) else Refused.NOT_A_RECORD
        return Refusal(number, reason)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Refusal(number, Refused.NOT_A_RECORD)
    if not provider.strip():
        return Refusal(number, Refused.NO_PROVIDER)
    return FeedRecord(number, raw, provider, pictures > 0)


class Feed:
    """Takes feed records over."""

    def __init__(self, mailbox: Mailbox, *, within_ms: int, metrics: Metrics) -> None:
        self._mailbox = mailbox
        self._within_s = within_ms / 1000
        self._metrics = metrics

    async def take(self, body: bytes) -> Fed:
        """Every record that could be written, in the order of the body; a repeat of the body does no harm."""
        refused: list[RefusedRecord] = []
        refused_count = 0
        telling: list[asyncio.Task[None]] = []
        for each in records(body):
            if isinstance(each, Refusal):
                refused_count += 1
                if len(refused) < REFUSALS_TOLD_MAX:
                    refused.append(RefusedRecord(each.number, each.reason.value))
                continue
            if each.picture_blanked:
                self._metrics.pictures_dropped.inc()
            telling.append(asyncio.create_task(self._mailbox.tell(each.raw, each.provider)))
        taken = await self._told(telling)
        self._metrics.fed.inc(taken)
        return Fed(taken=taken, failed=len(telling) - taken, refused_count=refused_count, refused=refused)

    async def _told(self, telling: list[asyncio.Task[None]]) -> int:
        """How many were written in time; the others are given up."""
        if not telling:
            return 0
        done, pending = await asyncio.wait(telling, timeout=self._within_s)
        for task in pending:
            task.cancel()
        failures = [error for task in done if (error := task.exception()) is not None]
        if failures or pending:
            words = {type(error).__name__ for error in failures} or {"TimeoutError"}
            logger.warning("%d feed records could not be written: %s", len(failures) + len(pending), words)
        return len(done) - len(failures)
