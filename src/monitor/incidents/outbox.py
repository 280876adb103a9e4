"""What is to be sent of stories, and when: as often as needed for a receiver that forgets, and no more.

The receiver (Alertmanager) keeps alerts in memory only, but remembers on disk of what it notified. So everything is sent
again every now and then, and at once when the receiver was restarted; to say the same twice does nothing there. An alert
that ended before anybody was notified of it would never be told, so a story stays open there at least `HOLD_MS` from when
it was first taken. Its end is sent for `RETAIN_MS`, then it is forgotten. Times are milliseconds of the wall clock.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from monitor.incidents.stories import NOTHING_TOLD, Story, Told

KEEP_MS: Final = 60_000
"""How often what holds is sent again."""
HOLD_MS: Final = 6 * 60_000
"""Longer than the longest `group_wait` of the receiver's routes."""
RETAIN_MS: Final = 2 * 3600_000
"""Longer than their longest `group_interval`: until then an end may not have been notified."""


class Due(NamedTuple):
    """A story to be sent, as open or as ended."""

    story: Story
    open: bool


class _Entry(Struct):
    story: Story
    told: Told
    since_ms: int
    """Since when it has something to tell; 0: nothing."""
    sent_ms: int = 0


class Outbox:
    """The stories of one partition number as they were committed; `hold_ms` instead of `HOLD_MS`."""

    def __init__(self, stories: Iterable[Story], now_ms: int, *, hold_ms: int = HOLD_MS) -> None:
        self._hold_ms = hold_ms
        self._entries = {story.key: _Entry(story, _still(story.told, story), now_ms) for story in stories}
        self._acknowledged: dict[str, Told | None] = {}
        # Whoever was here before may have died together with the receiver.
        self.receiver_restarted(now_ms, now_ms)

    def put(self, story: Story, now_ms: int) -> None:
        """The next revision of a story, committed. What was told of it is known better here."""
        entry = self._entries.get(story.key)
        if entry is None:
            self._entries[story.key] = _Entry(story, _still(story.told, story), now_ms)
            return
        entry.story, entry.told, entry.sent_ms = story, _still(entry.told, story), 0
        entry.since_ms = entry.since_ms or now_ms

    def due(self, now_ms: int) -> list[Due]:
        """What is to be sent now; stories whose end was told for long enough are forgotten."""
        found = []
        for key, entry in list(self._entries.items()):
            told = entry.told
            if told.ended_ms and now_ms - told.ended_ms >= RETAIN_MS:
                del self._entries[key]
                self._acknowledged[key] = None
                continue
            is_open = not entry.story.over or not told.opened_ms or now_ms - told.opened_ms < self._hold_ms
            if now_ms - entry.sent_ms >= KEEP_MS or not (is_open or told.ended_ms):
                found.append(Due(entry.story, is_open))
        return found

    def sent(self, dues: Iterable[Due], now_ms: int) -> list[int]:
        """These were taken; how many milliseconds each had waited that had something to tell."""
        waited = []
        for story, was_open in dues:
            entry = self._entries.get(story.key)
            if entry is None or entry.story is not story:
                continue  # a newer revision is due already, whatever was taken of this one
            told = entry.told
            if not told.opened_ms:
                told = Told(now_ms)
            elif not was_open and not told.ended_ms:
                told = replace(told, ended_ms=now_ms)
            if told is not entry.told:
                self._acknowledged[story.key] = entry.told = told
            entry.sent_ms = now_ms
            if entry.since_ms and was_open is not story.over:
                waited.append(now_ms - entry.since_ms)
                entry.since_ms = 0
        return waited

    def receiver_restarted(self, last_heard_ms: int, now_ms: int) -> None:
        """It forgot all alerts, so they are sent again, and those that it may not have notified as if for the first time.

        `last_heard_ms`: when it was last known to be alive.
        """
        for entry in self._entries.values():
            entry.sent_ms = 0
            told = entry.told
            if told.opened_ms and not told.ended_ms and last_heard_ms - told.opened_ms < self._hold_ms:
                entry.told = NOTHING_TOLD
                entry.since_ms = entry.since_ms or now_ms

    def take_acknowledged(self) -> dict[str, Told | None]:
        """What was told since the last call, to be remembered; None: the story is to be forgotten."""
        taken, self._acknowledged = self._acknowledged, {}
        return taken

    @property
    def has_acknowledged(self) -> bool:
        """Whether there is something to remember."""
        return bool(self._acknowledged)

    def waiting_since(self) -> list[int]:
        """Since when each story waits that has something to tell."""
        return [entry.since_ms for entry in self._entries.values() if entry.since_ms]


def _still(told: Told, story: Story) -> Told:
    """What is told of a story: one that goes on after its end was told is to be told anew."""
    return NOTHING_TOLD if told.ended_ms and not story.over else told
