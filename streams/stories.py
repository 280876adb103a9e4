"""The stories of one partition number: what is to be delivered of its incidents, kept beside them.

A story is written in the transaction that says its incident, and reaches the outbox when that is committed. What was
delivered (streams/delivery.py) comes back as a note in a later transaction. So whoever has the number next goes on with
both.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import msgspec
from msgspec.structs import replace

from monitor.clock import unix_ms
from monitor.incidents import Book, Outbox, Story, follow, standing
from monitor.outputs import Incident
from streams.engine.shelf import OWN
from streams.engine.stage import Context
from streams.engine.turn import Turn
from streams.topics import TableName

PREFIX: Final = "story|"
"""Of the pieces, before the story's key."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Story).decode


class Stories:
    """What the incidents stage tells people; of incidents that nobody is notified of it holds nothing."""

    def __init__(self, context: Context, pieces: Mapping[str, bytes]) -> None:
        self._policy = context.policy
        self._regions = context.knowledge.reference.providers
        self._region = context.knowledge.region.region
        self._on = bool(context.settings.alertmanager_url)
        self.load(pieces)
        settings = context.settings
        self.outbox = Outbox(
            self._carried.values(),
            unix_ms(),
            context.actions,
            growth_factor=settings.incident_growth_factor,
            hold_ms=settings.alert_hold_s * 1000,
        )

    def load(self, pieces: Mapping[str, bytes]) -> None:
        """What is carried is what the rows say. The outbox holds only what was committed, so it stays as it is."""
        known = [_decode(value) for piece, value in pieces.items() if piece.startswith(PREFIX)]
        self._carried = {story.incident_id: story for story in known}
        self._carrier = {story.key: story.incident_id for story in known}

    def recall(self, book: Book) -> None:
        """Begin the stories of open incidents that have none: they are older than the delivery."""
        said = [each for each in standing(book, self._policy) if each.incident_id not in self._carried]
        for story in follow({}, said, self._region_of) if self._on else ():
            self._carry(story)
            self._post(story)

    def tell(self, said: Sequence[Incident], turn: Turn) -> None:
        """Revisions of incidents that were said in one go."""
        for story in follow(self._carried, said, self._region_of) if self._on else ():
            self._keep(story, turn)
            turn.afterwards(partial(self._post, story))

    def note(self, turn: Turn) -> None:
        """What was delivered."""
        for key, told in self.outbox.take_acknowledged().items():
            story = self._carried.get(self._carrier.get(key, ""))
            if story is None or story.key != key:
                continue  # another incident carries another story under that name now
            if told is not None:
                self._keep(replace(story, told=told), turn)
            elif story.over:
                del self._carried[self._carrier.pop(key)]
                turn.piece(TableName.INCIDENTS, OWN, PREFIX + key, None)

    def _region_of(self, provider: str) -> str:
        """As in the metrics of providers; of one that the table does not know it is the region that is monitored."""
        entry = self._regions.get(provider)
        return (entry.admvs if entry else "") or self._region

    def _keep(self, story: Story, turn: Turn) -> None:
        self._carry(story)
        turn.piece(TableName.INCIDENTS, OWN, PREFIX + story.key, _encode(story))

    def _carry(self, story: Story) -> None:
        before = self._carrier.get(story.key, "")
        if before in self._carried and self._carried[before].key == story.key:
            del self._carried[before]
        self._carrier[story.key] = story.incident_id
        self._carried[story.incident_id] = story

    def _post(self, story: Story) -> None:
        self.outbox.put(story, unix_ms())
