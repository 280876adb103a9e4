"""Memories in Faust tables with changelogs: small records for each thing remembered, decoded when they are needed.

A changelog record's key is ``key<US>piece``, its value a versioned piece, null to forget it. The rows of a partition
number are held by key (that is the index of pieces), so that a memory is loaded by one look-up.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Protocol

import faust
from msgspec import Struct, field

from streams.topics import TableName

SEPARATOR: Final = "\x1f"
"""Between key and piece: no id holds a character that does not print."""
DECODED_MAX: Final = 20_000
"""Decoded memories of a table a worker keeps at hand; the rest stays encoded."""


class Memory(Protocol):
    """What the pure side calls a memory."""

    def changes(self) -> dict[str, bytes | None]:
        """Pieces touched since the last call; None: forgotten."""
        ...


class Shelf(Struct):
    """The rows of one partition number of one table."""

    rows: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """Key -> piece -> value."""
    end: int = 0
    """Changelog offset up to which they are complete."""

    def put(self, key: str, piece: str, value: bytes | None) -> None:
        """Set or forget a piece."""
        pieces = self.rows.get(key)
        if value is not None:
            if pieces is None:
                self.rows[key] = {piece: value}
            else:
                pieces[piece] = value
        elif pieces is not None and pieces.pop(piece, None) is not None and not pieces:
            del self.rows[key]


def row_key(key: str, piece: str) -> bytes:
    """The key of a changelog record."""
    return f"{key}{SEPARATOR}{piece}".encode(errors="surrogatepass")


def parse_row_key(raw: bytes) -> tuple[str, str]:
    """(key, piece) of a changelog record."""
    key, _, piece = raw.decode(errors="surrogatepass").partition(SEPARATOR)
    return key, piece


class PieceTable(faust.Table[str, bytes]):
    """A Faust table: Faust declares and assigns its changelog; rows are held by partition number.

    It is read and written through `Shelf`s alone: recovery and the unit of work know when a row is safe.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as its base class
        super().__init__(*args, **kwargs)
        self.shelves: dict[int, Shelf] = {}

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
            memory = decoded[key] = self._loaders[table](key, self.shelves[table].rows.get(key, {}))
        else:
            decoded.move_to_end(key)
        return memory

    def drop(self, table: TableName, key: str) -> None:
        """Forget what was decoded: the rows say what holds."""
        self._decoded[table].pop(key, None)

    def trim(self, share: int) -> None:
        """Let go what is beyond `share` decoded memories a table; only between records."""
        for decoded in self._decoded.values():
            while len(decoded) > share:
                decoded.popitem(last=False)

    def keys(self, table: TableName) -> Iterator[str]:
        """Every key that is remembered."""
        return iter(self.shelves[table].rows)

    def sizes(self) -> Iterator[tuple[TableName, int, int]]:
        """(table, keys, decoded ones)."""
        for table, shelf in self.shelves.items():
            yield table, len(shelf.rows), len(self._decoded[table])
