"""The notices of one provider that are under way: some at a time, those of one person in order, and how far all are done.

Whoever delivers takes a parcel, and says what became of it. A lane that waits for another attempt holds up nobody but
itself. The place up to which everything is done is what is remembered; what is done beyond it is repeated after a restart
under the same idempotency keys.
"""

from collections import deque
from typing import Final, NamedTuple
from zlib import crc32

LANES: Final = 4
"""Requests that one provider gets at a time."""


class Parcel(NamedTuple):
    """A notice and its place in the log."""

    offset: int
    notice_id: str
    person: str
    body: bytes
    at_ms: int
    """When it was committed."""


class Lanes:
    """Of one provider. Lanes are numbered from 0 to `LANES` - 1."""

    def __init__(self, done: int = 0) -> None:
        """`done`: everything before this place of the log was delivered or given up."""
        self.done = done
        self._lanes: list[deque[Parcel]] = [deque() for _ in range(LANES)]
        self._open: dict[int, None] = {}
        """Places that are not done, in order."""
        self._next = done

    def put(self, parcel: Parcel) -> int | None:
        """Queue it; its lane where that was idle, so that somebody has to begin. None also for what is done already."""
        if parcel.offset < self._next:
            return None
        self._next = parcel.offset + 1
        self._open[parcel.offset] = None
        lane = crc32(parcel.person.encode()) % LANES
        self._lanes[lane].append(parcel)
        return lane if len(self._lanes[lane]) == 1 else None

    def head(self, lane: int) -> Parcel | None:
        """What a lane has to deliver next."""
        queue = self._lanes[lane]
        return queue[0] if queue else None

    def finish(self, lane: int) -> None:
        """The head of a lane is delivered or given up."""
        parcel = self._lanes[lane].popleft()
        del self._open[parcel.offset]
        self.done = next(iter(self._open), self._next)

    def passed(self, offset: int) -> None:
        """The log was read up to there, and nothing more of it concerns this provider."""
        self._next = max(self._next, offset)
        self.done = next(iter(self._open), self._next)

    @property
    def waiting(self) -> int:
        """Notices that are not done."""
        return len(self._open)

    @property
    def oldest_ms(self) -> int | None:
        """When the oldest of them was committed."""
        heads = [queue[0].at_ms for queue in self._lanes if queue]
        return min(heads, default=None)
