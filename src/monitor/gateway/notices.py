"""Notices for those who fetch them: a list since a place, and a stream of events that goes on where it was broken off.

The place of a notice is its event id. Whoever asks again from the last place it has seen misses nothing within the
retention.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, NamedTuple, Protocol

import orjson
from litestar.response.sse import ServerSentEventMessage
from msgspec import Struct

LIMIT_MAX: Final = 500
ALIVE_S: Final = 15.0
"""How often a quiet stream says that it lives: proxies close what is silent."""
BEGINNING: Final = -1


class Placed(NamedTuple):
    """A notice as it is sent, and where it stands."""

    place: int
    body: bytes


class Found(NamedTuple):
    """Some notices; `next`: the place to ask on from; `ended`: there was no more then."""

    notices: list[Placed]
    next: int
    ended: bool


class NoticeLog(Protocol):
    """Where notices stand. Any exception means that they can't be read now."""

    async def page(self, provider: str, *, after: int, limit: int, undelivered: bool = False) -> Found:
        """Those of a provider behind a place; `undelivered`: of those that its web hook did not take."""
        ...

    def live(self, provider: str) -> AbstractAsyncContextManager["asyncio.Queue[Placed | None]"]:
        """Those that are committed from now on; None where too many wait."""
        ...


class NoticePage(Struct):
    """`next` is the `after` of the next question; `more`: ask at once."""

    notices: list[dict[str, Any]]
    next: int
    more: bool


def as_page(found: Found) -> NoticePage:
    """What a list answers: each notice with its place as `id`."""
    return NoticePage(
        [{"id": place, **orjson.loads(body)} for place, body in found.notices], found.next, not found.ended
    )


async def events(log: NoticeLog, provider: str, last: int | None) -> AsyncIterator[ServerSentEventMessage]:
    """What came since `last` (None: nothing of the past), then what comes; ends where the reader is too slow."""
    async with log.live(provider) as live:
        # From here on nothing is missed: what is in both is skipped by its place.
        while last is not None:
            found = await log.page(provider, after=last, limit=LIMIT_MAX)
            for each in found.notices:
                yield _event(each)
            last = found.next
            if found.ended:
                break
        while True:
            try:
                async with asyncio.timeout(ALIVE_S):
                    come = await live.get()
            except TimeoutError:
                yield ServerSentEventMessage(data=None, comment="alive")
                continue
            if come is None:
                return
            if last is None or come.place > last:
                yield _event(come)


def _event(notice: Placed) -> ServerSentEventMessage:
    return ServerSentEventMessage(data=notice.body, id=notice.place, event="notice")
