"""Memories in Faust tables with changelogs: small records for each thing remembered, decoded when they are needed.

A changelog record's key is ``key<US>piece``, its value a versioned piece, null to forget it. The rows of a partition
number stand on a shelf (shelf.py); what is at work now is kept decoded.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Protocol

import faust

from streams.engine.shelf import Shelf
from streams.topics import TableName

DECODED_MAX: Final = 20_000
"""Decoded memories of a table a worker keeps at hand; the rest stays encoded."""


class Memory(Protocol):
    """What the pure side calls a memory."""

    def changes(self) -> dict[str, bytes | None]:
        """Pieces touched since the last call; None: forgotten."""
        ...


class PieceTable(faust.Table[str, bytes]):
    """A Faust table: Faust declares and assigns its changelog. Its rows are not in it: see `Memories`."""

    @property
    def changelog(self) -> str:
        """The name of the changelog topic."""
        return str(self.changelog_topic.get_topic_name())


class Memories:
    """The decoded memories of all tables of one partition number; bounded, the longest unused are let go."""

    def __init__(
        self, shelves: Mapping[TableName, Shelf], loaders: Mapping[TableName, Callable[..., Memory]]
    ) -> None:
        self.shelves = shelves
        self._loaders = loaders
        self._decoded: dict[TableName, OrderedDict[str, Memory]] = {table: OrderedDict() for table in shelves}

    def get(self, table: TableName, key: str) -> Any:  # noqa: ANN401 - the table says which kind
        """The memory of a key; a new one where nothing is remembered."""
        decoded = self._decoded[table]
        memory = decoded.get(key)
        if memory is None:
            memory = decoded[key] = self._loaders[table](key, self.shelves[table].pieces(key))
        else:
            decoded.move_to_end(key)
        return memory

    def drop(self, table: TableName, key: str) -> None:
        """Forget what was decoded: the rows say what holds."""
        self._decoded[table].pop(key, None)

    def trim(self, share: int) -> None:
        """Let go what is beyond `share` decoded memories a table; only when all their changes are on the shelves."""
        for decoded in self._decoded.values():
            while len(decoded) > share:
                decoded.popitem(last=False)

    def sizes(self) -> Iterator[tuple[TableName, int, int]]:
        """(table, keys, decoded ones)."""
        for table, shelf in self.shelves.items():
            yield table, len(shelf), len(self._decoded[table])

    def close(self) -> None:
        """The end of their use."""
        for shelf in self.shelves.values():
            shelf.close()
