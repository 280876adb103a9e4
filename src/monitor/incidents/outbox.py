"""What is to be sent of stories, and when: as often as needed for a receiver that forgets, and no more.

The receiver (Alertmanager) keeps alerts in memory only, but remembers on disk of what it notified. So everything is sent
again every now and then, and at once when the receiver was restarted; to say the same twice does nothing there. An alert
that ended before anybody was notified of it would never be told, so a story stays open there at least `HOLD_MS` from when
it was first taken. Its end is sent for `RETAIN_MS`; then it waits in silence until somebody acts on it, and is forgotten.

For the receiver a story also ends when somebody acts on it, and it opens anew when it has grown by a factor since: it is not
to wake those who know. Times are milliseconds of the wall clock.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from monitor.incidents.actions import NOBODY, ActionLog, must_send
from monitor.incidents.desk import is_overdue
from monitor.incidents.stories import NOTHING_TOLD, Story, Told
from monitor.outputs import State

KEEP_MS: Final = 60_000
"""How often what holds is sent again."""
HOLD_MS: Final = 6 * 60_000
"""Longer than the longest `group_wait` of the receiver's routes."""
RETAIN_MS: Final = 2 * 3600_000
"""Longer than their longest `group_interval`: until then an end may not have been notified."""


LEAD_MS: Final = 90 * 24 * 3600_000
"""What nobody has cared for in so long after its end is given up, so that leads are bounded."""


class Due(NamedTuple):
    """A story to be sent, as open or as ended."""

    story: Story
    open: bool


class _Entry(Struct):
    story: Story
    taken: Told
    """What the receiver took."""
    since_ms: int
    """Since when it has something to tell; 0: nothing."""
    known: bool = False
    """Somebody acted on it as it is now."""
    doubted: bool = False
    """The receiver was restarted before it need have notified of it."""
    sent_ms: int = 0

    @property
    def over(self) -> bool:
        """For the receiver."""
        return self.known or self.story.over

    @property
    def told(self) -> Told:
        """What counts as told. Of what somebody knows only the end is to be told, should it have been notified."""
        return NOTHING_TOLD if self.doubted and not self.known else self.taken


class Outbox:
    """The stories of one partition number as they were committed.

    `log`: all actions that were read; it goes on growing. `growth_factor`: setting `incident_growth_factor`. `hold_ms`:
    instead of `HOLD_MS`.
    """

    def __init__(
        self,
        stories: Iterable[Story],
        now_ms: int,
        log: ActionLog,
        *,
        growth_factor: float,
        hold_ms: int = HOLD_MS,
    ) -> None:
        self._log = log
        self._growth_factor = growth_factor
        self._hold_ms = hold_ms
        self._entries = {story.key: self._entry(story, now_ms) for story in stories}
        self._acknowledged: dict[str, Told | None] = {}
        # Whoever was here before may have died together with the receiver.
        self.receiver_restarted(now_ms, now_ms)

    def put(self, story: Story, now_ms: int) -> None:
        """The next revision of a story, committed. What was told of it is known better here."""
        entry = self._entries.get(story.key)
        if entry is None:
            self._entries[story.key] = self._entry(story, now_ms)
            return
        entry.story, entry.sent_ms = story, 0
        entry.since_ms = entry.since_ms or now_ms
        self._weigh(entry)

    def due(self, now_ms: int) -> list[Due]:
        """What is to be sent now; stories that nobody has to hear of any more are forgotten."""
        found = []
        for key, entry in list(self._entries.items()):
            self._weigh(entry)
            told, over = entry.told, entry.over
            if self._is_through(entry, now_ms):
                entry.since_ms = 0
                if self._is_settled(entry, now_ms):
                    del self._entries[key]
                    self._acknowledged[key] = None
                continue
            is_open = not over or not told.opened_ms or now_ms - told.opened_ms < self._hold_ms
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
            if told is not entry.taken:
                self._acknowledged[story.key] = entry.taken = told
                entry.doubted = False
            entry.sent_ms = now_ms
            if entry.since_ms and was_open is not entry.over:
                waited.append(now_ms - entry.since_ms)
                entry.since_ms = 0
        return waited

    def receiver_restarted(self, last_heard_ms: int, now_ms: int) -> None:
        """It forgot all alerts, so they are sent again, and those that it may not have notified as if for the first time.

        `last_heard_ms`: when it was last known to be alive.
        """
        for entry in self._entries.values():
            entry.sent_ms = 0
            taken = entry.taken
            if taken.opened_ms and not taken.ended_ms and last_heard_ms - taken.opened_ms < self._hold_ms:
                entry.doubted = True
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

    def overdue(self, now_s: int, due_s: Mapping[int, int]) -> list[Story]:
        """Those that nobody has acted on in time: see `monitor.incidents.desk.is_overdue`."""
        stories = [entry.story for entry in self._entries.values()]
        return [
            story
            for story in stories
            if is_overdue(story, NOBODY, now=now_s, due_s=due_s) and not self._log.of(story.names)
        ]

    def _entry(self, story: Story, now_ms: int) -> _Entry:
        entry = _Entry(story, story.told, now_ms)
        self._weigh(entry)
        return entry

    def _weigh(self, entry: _Entry) -> None:
        """Whether somebody knows it; one that goes on after its end was told is to be told anew."""
        story = entry.story
        actions = self._log.of(story.names)
        entry.known = bool(actions) and not must_send(story, actions, factor=self._growth_factor)
        if entry.taken.ended_ms and not entry.over:
            entry.taken = NOTHING_TOLD
            entry.sent_ms = 0

    def _is_through(self, entry: _Entry, now_ms: int) -> bool:
        """Nothing of it is to be told now."""
        told = entry.told
        if told.ended_ms:
            return now_ms - told.ended_ms >= RETAIN_MS
        return entry.known and not told.opened_ms

    def _is_settled(self, entry: _Entry, now_ms: int) -> bool:
        """Nobody has to act on it any more."""
        story, told = entry.story, entry.told
        return story.over and (
            story.state is State.WITHDRAWN
            or bool(self._log.of(story.names))
            or (bool(told.ended_ms) and now_ms - told.ended_ms >= LEAD_MS)
        )
