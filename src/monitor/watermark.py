"""Event time: how far the feed has come, by its own clocks (contract §1 'Allowed lateness', 'Time out of range').

The watermark is the highest call time so far less the lateness. One hospital whose clock is days ahead must not carry the
others along, so a jump has to be confirmed (replay) or is bounded by the record's own timestamp (Kafka).
"""

from monitor.events import DAY

JUMP_S = DAY
PENDING_MAX = 64
"""Unconfirmed jumps that are remembered; more of them are noise."""
BEGINNING = -(1 << 62)


class Watermark:
    """Running state of the clock of one feed."""

    __slots__ = ("_highest", "_lateness_s", "_pending")

    def __init__(self, lateness_s: int) -> None:
        self._lateness_s = lateness_s
        self._highest: int | None = None
        self._pending: list[int] = []

    @property
    def time(self) -> int:
        """A record whose call time lies before it is late."""
        return BEGINNING if self._highest is None else self._highest - self._lateness_s

    def is_late(self, call_time: int) -> bool:
        """Whether a call time lies before the watermark."""
        return self._highest is not None and call_time < self._highest - self._lateness_s

    def follow(self, call_time: int) -> None:
        """A record of a file: a jump of more than 24 h waits until a later record within 24 h of it confirms it."""
        highest = self._highest
        if highest is None:
            self._highest = call_time
            return
        if call_time <= highest + JUMP_S:
            if call_time > highest:
                self._highest = call_time
            if self._pending:
                self._confirm(call_time)
        elif not self._confirm(call_time):
            self._pending = [*self._pending, call_time][-PENDING_MAX:]

    def follow_until(self, call_time: int, bound: int) -> None:
        """A record of Kafka: it moves the watermark to its own timestamp at most (plus what the caller allows)."""
        moved = min(call_time, bound)
        if self._highest is None or moved > self._highest:
            self._highest = moved

    def end(self) -> None:
        """The end of a file confirms what still waits."""
        if self._pending:
            self._highest = max([self._highest or 0, *self._pending])
            self._pending = []

    def _confirm(self, call_time: int) -> bool:
        """Whether `call_time` confirms a jump that waits."""
        confirmed = [jump for jump in self._pending if abs(jump - call_time) <= JUMP_S]
        if not confirmed:
            return False
        self._highest = max([self._highest or 0, call_time, *confirmed])
        self._pending = [jump for jump in self._pending if jump > self._highest + JUMP_S]
        return True
