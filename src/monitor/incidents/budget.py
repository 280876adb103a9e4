"""How many people may be told a day of what is not grave by itself.

A book knows its own subject only, so the budget belongs to whoever owns a partition of books: one `Budget`
each, with its share of the region's daily number. The bar rises as the share is used, so that the last
places are kept for the gravest. `notify` is no part of what replay and Kafka must agree on (contract §2),
so the order of asking may matter.
"""

from typing import Self

from msgspec import Struct, field, msgpack

from monitor.events import DAY

DAYS_KEPT = 8


class Budget(Struct, kw_only=True):
    """`daily` notifications for each day of event time; none for days over a week behind the newest."""

    daily: int
    priority_min: int = 30
    """The bar while nothing is used; it rises evenly to 100."""
    used: dict[int, int] = field(default_factory=dict)
    """Day -> notifications given."""

    @classmethod
    def share(cls, total: int, *, index: int, of: int, priority_min: int = 30) -> Self:
        """The budget of partition `index` of `of`; the shares add up to `total`."""
        return cls(daily=total // of + (index < total % of), priority_min=priority_min)

    def grant(self, *, at: int, priority: int) -> bool:
        """Whether an incident last seen at `at` may be told; if so a place of that day is used."""
        day = at // DAY
        if self.used and day <= max(self.used) - DAYS_KEPT:
            return False
        used = self.used.get(day, 0)
        if (
            used >= self.daily
            or priority < self.priority_min + (100 - self.priority_min) * used // self.daily
        ):
            return False
        self.used[day] = used + 1
        while len(self.used) > DAYS_KEPT:
            del self.used[min(self.used)]
        return True

    def dump(self) -> bytes:
        """What was used, for whoever wants it to survive a restart."""
        return msgpack.encode(self.used)

    def load(self, raw: bytes) -> None:
        """Takes up what `dump` wrote."""
        self.used = msgpack.decode(raw, type=dict[int, int])
