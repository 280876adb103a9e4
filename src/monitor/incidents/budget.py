"""How many people may be told a day of what is not grave by itself.

A book knows its own subject only, so the budget belongs to whoever owns a partition of books: one `Budget`
each, with its share of the region's daily number. `notify` is no part of what replay and Kafka must agree on
(contract §2), so the order of asking may matter.

**The bar** is what would have been enough on the days before: the lowest priority by which all that asked at
or above it would have had a place. So a quiet city tells of every suspicion and a busy one of its gravest, and
nobody has to know beforehand how much there will be. Over the last quarter of the places it rises, for what may come
on a day that is worse than those before.
"""

from typing import Any, Self

from msgspec import Struct, ValidationError, field, msgpack

from monitor.events import DAY

DAYS_KEPT = 8
PRIORITY_TOP = 60
"""The bar of the last place: what few reach (see `notice.priority`)."""
CHANCE = 4
"""So many more than had a place are chance and no reason to raise the bar, in a share of a place a day at least."""
LAST_PLACES = 4
"""One in so many is kept for the gravest."""


class Budget(Struct, kw_only=True):
    """`daily` notifications for each day of event time; none for days over a week behind the newest."""

    daily: int
    priority_min: int = 0
    """The bar until there is a day to learn from: an installation's first day tells whatever has a place."""
    spare: int = 0
    """Places that go to as many of `of` partitions, to others each day."""
    index: int = 0
    of: int = 1
    used: dict[int, int] = field(default_factory=dict)
    """Day -> notifications given."""
    asked: dict[int, dict[int, int]] = field(default_factory=dict)
    """Day -> priority -> incidents that asked with it."""

    @classmethod
    def share(cls, total: int, *, index: int, of: int) -> Self:
        """The budget of partition `index` of `of`; the places of a day add up to `total`."""
        return cls(daily=total // of, spare=total % of, index=index, of=of)

    def places(self, day: int) -> int:
        """How many may be told that day, without what was left over the day before."""
        return self.daily + ((self.index + day) % self.of < self.spare)

    def grant(self, *, at: int, priority: int, before: int | None = None) -> bool:
        """Whether an incident last seen at `at` may be told; if so a place of that day is used.

        `before`: the priority with which the same incident has asked on that day already.
        """
        day = at // DAY
        if self.asked and day <= max(self.asked) - DAYS_KEPT:
            return False
        places, used, bar = self._places(day), self.used.get(day, 0), self._learned(day)
        self._note(day, priority, before)
        kept = places // LAST_PLACES
        if used > places - kept:
            bar = max(bar, bar + (PRIORITY_TOP - bar) * (used - places + kept) // kept)
        if used >= places or priority < bar:
            return False
        self.used[day] = used + 1
        _forget(self.used)
        return True

    def _places(self, day: int) -> int:
        """A share is small and what asks does not fall evenly, so a share keeps what was left for one day."""
        if self.of == 1:
            return self.places(day)
        return self.places(day) + max(0, self.places(day - 1) - self.used.get(day - 1, 0))

    def _learned(self, day: int) -> int:
        past = [asked for other, asked in self.asked.items() if other < day]
        if not past:
            return self.priority_min
        room, bar = CHANCE + sum(self.places(other) for other in self.asked if other < day), 0
        for priority in sorted({each for asked in past for each in asked}, reverse=True):
            room -= sum(asked.get(priority, 0) for asked in past)
            if room < 0:
                return bar or priority
            bar = priority
        return 0

    def _note(self, day: int, priority: int, before: int | None) -> None:
        asked = self.asked.setdefault(day, {})
        if before is not None and asked.get(before):
            asked[before] -= 1
        asked[priority] = asked.get(priority, 0) + 1
        _forget(self.asked)

    def dump(self) -> bytes:
        """What was used and asked, for whoever wants it to survive a restart."""
        return msgpack.encode((self.used, self.asked))

    def load(self, raw: bytes) -> None:
        """Takes up what `dump` wrote, now or in a release that kept no more than what was used."""
        try:
            self.used, self.asked = msgpack.decode(raw, type=tuple[dict[int, int], dict[int, dict[int, int]]])
        except ValidationError:
            self.used = msgpack.decode(raw, type=dict[int, int])


def _forget(days: dict[int, Any]) -> None:
    while len(days) > DAYS_KEPT:
        del days[min(days)]
