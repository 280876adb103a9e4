"""The port behind which a partition number's rows are kept: in memory, or in RocksDB where they are more than memory holds.

A row is a piece of a key's memory (bytes). A shelf is complete up to `end` of its changelog. What stands in it may be ahead
of what is committed; so whoever ends without a commit closes it, and opens another one.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Protocol

SEPARATOR: Final = "\x1f"
"""Between key and piece: no id holds a character that does not print."""
_SEPARATOR: Final = SEPARATOR.encode()
OWN: Final = ""
"""Key of what a unit remembers of itself, its clocks and how far it has read; no provider, person or code has it."""


class Shelf(Protocol):
    """The rows of one partition number of one table."""

    begin: int
    """Changelog offset from which it has to be filled, as it was opened; `end` where nothing is missing."""
    end: int
    """Changelog offset up to which it is complete, once it is filled."""

    def pieces(self, key: str) -> Mapping[str, bytes]:
        """The rows of a key, by piece; not to be changed."""
        ...

    def put(self, key: str, piece: str, value: bytes | None) -> None:
        """Set a row, or forget it."""
        ...

    def fill(self, rows: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Put rows as they stand in a changelog (key and value of its records), in its order."""
        ...

    def commit(self, rows: Mapping[bytes, bytes | None], end: int) -> None:
        """These rows, which were put before, are committed, and the changelog ends here; without rows: it is filled."""
        ...

    def __iter__(self) -> Iterator[str]:
        """Every key that has a committed row."""
        ...

    def __len__(self) -> int:
        """How many keys there are, about."""
        ...

    def close(self) -> None:
        """The end of its use; what was put and not committed is forgotten."""
        ...


class MemoryShelf:
    """Rows in a dict of dicts."""

    __slots__ = ("_rows", "begin", "end")

    def __init__(self, end: int = 0) -> None:
        self.begin = 0
        self.end = end
        self._rows: dict[str, dict[str, bytes]] = {}

    def pieces(self, key: str) -> Mapping[str, bytes]:
        """The rows of a key, by piece; not to be changed."""
        return self._rows.get(key) or {}

    def put(self, key: str, piece: str, value: bytes | None) -> None:
        """Set a row, or forget it."""
        pieces = self._rows.get(key)
        if value is not None:
            if pieces is None:
                self._rows[key] = {piece: value}
            else:
                pieces[piece] = value
        elif pieces is not None and pieces.pop(piece, None) is not None and not pieces:
            del self._rows[key]

    def fill(self, rows: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Put rows of a changelog. What a turn changed of a key stands together there, so it is looked up once."""
        last: bytes | None = None
        pieces: dict[str, bytes] = {}
        for row, value in rows:
            name, _, piece = row.partition(_SEPARATOR)
            if value is None:
                self.put(*parse_row_key(row), None)
                last = None
                continue
            if name != last:
                last = name
                pieces = self._rows.setdefault(_text(name), {})
            pieces[_text(piece)] = value

    def commit(self, rows: Mapping[bytes, bytes | None], end: int) -> None:
        """They stand here already."""
        del rows
        self.end = end

    def __iter__(self) -> Iterator[str]:
        """Every key that has a row."""
        return iter(self._rows)

    def __len__(self) -> int:
        """How many keys there are."""
        return len(self._rows)

    def close(self) -> None:
        """Nothing is left of it."""


def row_key(key: str, piece: str) -> bytes:
    """The key of a changelog record."""
    return f"{key}{SEPARATOR}{piece}".encode(errors="surrogatepass")


def parse_row_key(raw: bytes) -> tuple[str, str]:
    """(key, piece) of a changelog record."""
    key, _, piece = raw.partition(_SEPARATOR)
    return _text(key), _text(piece)


def _text(raw: bytes) -> str:
    # Nearly all of it is ASCII, which needs no handler of errors.
    return raw.decode() if raw.isascii() else raw.decode(errors="surrogatepass")
