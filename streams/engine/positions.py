"""Where a unit goes on in its sources: a row beside its memories, written in every transaction that read something.

So it is committed with what was made of the records, and it comes back with the memories. Kafka's own place for it, the
group's offsets, would cost each transaction two requests, a partition and a marker more; the group is told afterwards, for
people and tools (group_offsets.py).
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from streams.engine.shelf import OWN
from streams.engine.state import Memories
from streams.engine.turn import Turn
from streams.topics import TableName

TABLE: Final = TableName.PERSONS
"""Changed by nearly every transaction anyway."""
READ: Final = "read"
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, int]).decode


def positions_in(memories: Memories) -> dict[str, int]:
    """The next offset of each source topic, by name; those that were never read are missing."""
    kept = memories.shelves[TABLE].pieces(OWN).get(READ)
    return {} if kept is None else _decode(kept)


def keep_positions(positions: Mapping[str, int], turn: Turn) -> None:
    """Remember them in this turn."""
    turn.piece(TABLE, OWN, READ, _encode(positions))
    turn.keep()
