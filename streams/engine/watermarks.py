"""How far event time has come behind the door: the minimum over the watermarks of all sources.

A unit tells its watermark to every partition of the next topic, with its own number as the source. What was heard is
remembered like everything else: where nothing happens any more, nobody would tell it again.
"""

from typing import Final

import msgspec

from monitor.watermark import BEGINNING
from streams.engine.records import SOURCE, WATERMARK, Headers, Record
from streams.engine.shelf import OWN
from streams.engine.state import Memories
from streams.engine.turn import Turn
from streams.topics import TableName

TICK_S: Final = 1.0
"""A unit tells a new watermark at most so often."""
HEARD: Final = "heard"
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[int, int]).decode


class Sources:
    """The watermarks of `count` sources, kept in `table`; `time` is BEGINNING until each of them was heard."""

    __slots__ = ("_count", "_heard", "_memories", "_table", "furthest", "time")

    def __init__(self, count: int, table: TableName, memories: Memories) -> None:
        self._count = count
        self._table = table
        self._memories = memories
        self.recall()

    def recall(self) -> None:
        """What is remembered."""
        self._heard: dict[int, int] = {}
        self.time = BEGINNING
        self.furthest = BEGINNING
        kept = self._memories.shelves[self._table].pieces(OWN).get(HEARD)
        if kept is not None:
            self._heard = _decode(kept)
            self.furthest = max(self._heard.values())
            if len(self._heard) == self._count:
                self.time = min(self._heard.values())

    def hear(self, source: int, time: int, turn: Turn) -> bool:
        """Whether that moves the minimum on; a source never goes back."""
        if not 0 <= source < self._count or time <= self._heard.get(source, BEGINNING):
            return False
        self._heard[source] = time
        turn.piece(self._table, OWN, HEARD, _encode(self._heard))
        self.furthest = max(self.furthest, time)
        if len(self._heard) < self._count:
            return False
        before, self.time = self.time, min(self._heard.values())
        return self.time > before


class Ticker:
    """What a unit has told of one watermark."""

    __slots__ = ("_told", "_told_at")

    def __init__(self) -> None:
        self._told = BEGINNING
        self._told_at = -TICK_S

    def due(self, time: int, now: float) -> bool:
        """Whether there is something new to tell at `now` (monotonic seconds)."""
        return time > self._told and now - self._told_at >= TICK_S

    def told(self, time: int, now: float) -> None:
        """It was told."""
        self._told, self._told_at = time, now


def tick_headers(source: int, time: int) -> Headers:
    """The headers of a record that carries a watermark alone: no key, no value."""
    return [(WATERMARK, b"%d" % time), (SOURCE, b"%d" % source)]


def tick_of(record: Record) -> tuple[int, int] | None:
    """(source, watermark) of such a record."""
    raw = record.headers.get(WATERMARK)
    if raw is None:
        return None
    try:
        return int(record.headers[SOURCE]), int(raw)
    except (KeyError, ValueError):
        return None
