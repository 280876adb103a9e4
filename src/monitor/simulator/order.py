"""Many stories told together, in order of time, as bytes in the order in which they reach the platform's log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from itertools import chain, count

import orjson

from monitor.simulator.wire import Call

Timed = tuple[int, Iterator[Call]]
"""A story and the time before which it makes no call."""


def begun(story: Iterator[Call]) -> Timed:
    """The story with its first call already made: it has reserved what it needs."""
    opening = next(story)
    return opening.sent, chain((opening,), story)


def together(stories: Iterable[Timed], days: Iterable[tuple[int, Iterable[Timed]]] = ()) -> Iterator[Call]:
    """All stories in order of the time their calls were sent.

    `days`: (from when on, stories of that day), in order; a day is asked for when all before it is told, so that
    nobody plans or holds more than one.
    """
    number = count()
    queue: list[tuple[int, int, Call | None, Iterator[Call]]] = []
    for at, story in stories:
        heappush(queue, (at, next(number), None, story))
    for start, fresh in days:
        yield from _told(queue, until=start)
        for at, story in fresh:
            heappush(queue, (at, next(number), None, story))
    yield from _told(queue, until=None)


def _told(queue: list[tuple[int, int, Call | None, Iterator[Call]]], *, until: int | None) -> Iterator[Call]:
    while queue and (until is None or queue[0][0] < until):
        _, number, call, story = heappop(queue)
        if call is not None:
            yield call
        following = next(story, None)
        if following is not None:
            heappush(queue, (following.sent, number, following, story))


def arrivals(calls: Iterable[Call]) -> Iterator[bytes]:
    """The calls as bytes, in the order in which they reach the log."""
    waiting: list[tuple[int, int, bytes]] = []
    for number, call in enumerate(calls):
        heappush(waiting, (call.provider.arrival(call.sent), number, orjson.dumps(call.record)))
        while waiting and waiting[0][0] <= call.sent:
            yield heappop(waiting)[2]
    while waiting:
        yield heappop(waiting)[2]
