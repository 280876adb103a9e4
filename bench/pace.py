"""Times that were fixed beforehand, so that a pause of the sender's or of the system's is not left out."""

from collections.abc import Callable
from time import sleep, time
from typing import Final, NamedTuple

_TICK_S: Final = 0.001


class Load(NamedTuple):
    """What is to be sent: `rate` records a second, `rows` are partition, key and value."""

    bootstrap: str
    topic: str
    rate: float
    rows: list[tuple[int, bytes, bytes]]


class Pace:
    """When each of `count` things is due, at `rate` a second, from `began` on (seconds of the clock)."""

    def __init__(self, *, count: int, rate: float, began: float = 0.0, behind_s: float = 0.0) -> None:
        self.count = count
        self.rate = rate
        self.began = began
        self.behind_s = behind_s
        """The most that a sending was late: what the load generator itself adds."""

    def due(self, number: int) -> float:
        """The time of one of them."""
        return self.began + number / self.rate

    def run(self, send: Callable[[int], object]) -> None:
        """Call `send` for each when it is due; those that are overdue at once."""
        self.began = time() + _TICK_S
        number = 0
        while number < self.count:
            now = time()
            if self.due(number) > now:
                sleep(max(_TICK_S, self.due(number) - now))
                continue
            self.behind_s = max(self.behind_s, now - self.due(number))
            send(number)
            number += 1
