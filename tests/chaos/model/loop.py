"""An event loop in virtual time: it never waits, its clock jumps to whatever is due next."""

import asyncio
from collections.abc import Mapping
from selectors import BaseSelector, SelectorKey
from typing import Any


class StuckError(RuntimeError):
    """Nothing is due, and nothing ever will be."""


class _Jump(BaseSelector):
    """Nothing ever comes from outside; waiting moves the clock instead."""

    def __init__(self) -> None:
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        if timeout is None:
            raise StuckError
        self.now += max(0.0, timeout)
        return []

    def register(self, fileobj: Any, events: int, data: Any = None) -> SelectorKey:
        return SelectorKey(fileobj, 0, events, data)

    def unregister(self, fileobj: Any) -> SelectorKey:
        return SelectorKey(fileobj, 0, 0, None)

    def get_map(self) -> Mapping[Any, SelectorKey]:
        return {}

    def get_key(self, fileobj: Any) -> SelectorKey:
        raise KeyError(fileobj)


class VirtualLoop(asyncio.SelectorEventLoop):
    """`time()` is virtual; all else is asyncio's own."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)
        # Comparing clock readings, so that what is due now is not put off by the grain of a real clock.
        self._clock_resolution = 1e-9

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._jump.now
