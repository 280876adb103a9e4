"""A shelf in RocksDB, for memories that are more than memory holds (MONITOR_STORE=rocksdb).

Its files are trusted only when they were closed at a commit and the changelog has not moved since: opening takes that mark
away, so files of a process that died are thrown away and built anew. Therefore it writes no log of its own.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from rocksdict import Options, Rdict, WriteOptions

from monitor.settings import MIB
from streams.engine.shelf import parse_row_key, row_key

MARK: Final = "closed-at"
"""Holds the changelog offset; beside the database, not in it."""
WRITE_BUFFER_BYTES: Final = 8 * MIB
BUFFERS_MAX: Final = 2
"""By default 64 MiB each, for every partition of every table."""


class DiskShelf:
    """One database for one partition number of one table."""

    def __init__(self, folder: Path, end: int) -> None:
        """`end`: where the changelog ends."""
        self.end = end
        self._mark = folder / MARK
        self.complete = self._take_mark() == end
        if not self.complete:
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        self._rows = Rdict(str(folder / "rows"), _options())
        unlogged = WriteOptions()
        unlogged.disable_wal = True  # type: ignore[method-assign,assignment]  # a setter; its stubs name the getter
        self._rows.set_write_options(unlogged)

    def pieces(self, key: str) -> Mapping[str, bytes]:
        """The rows of a key, by piece."""
        prefix = row_key(key, "")
        found: dict[str, bytes] = {}
        rows = self._rows.iter()
        rows.seek(prefix)
        while rows.valid() and (row := rows.key()).startswith(prefix):
            found[parse_row_key(row)[1]] = rows.value()
            rows.next()
        return found

    def put(self, key: str, piece: str, value: bytes | None) -> None:
        """Set a row, or forget it."""
        if value is None:
            self._rows.delete(row_key(key, piece))
        else:
            self._rows[row_key(key, piece)] = value

    def fill(self, rows: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Put rows of a changelog: they are kept under the same keys."""
        for row, value in rows:
            if value is None:
                self._rows.delete(row)
            else:
                self._rows[row] = value

    def __iter__(self) -> Iterator[str]:
        """Every key that has a row."""
        last = None
        for row in self._rows.keys():  # noqa: SIM118 - not a dict
            key = parse_row_key(row)[0]  # type: ignore[arg-type]  # raw mode: bytes
            if key != last:
                yield key
            last = key

    def __len__(self) -> int:
        """How many rows there are, by RocksDB's own estimate: to count keys would read them all."""
        return self._rows.property_int_value("rocksdb.estimate-num-keys") or 0

    def close(self, *, clean: bool) -> None:
        """Mark the files as complete when they are."""
        if clean:
            self._rows.flush()
        self._rows.close()
        if clean:
            self._mark.write_text(str(self.end))

    def _take_mark(self) -> int | None:
        with suppress(OSError, ValueError):
            at = int(self._mark.read_text())
            self._mark.unlink()
            return at
        return None


def _options() -> Options:
    options = Options(raw_mode=True)
    options.create_if_missing(True)  # noqa: FBT003 - RocksDB's own setters
    options.set_write_buffer_size(WRITE_BUFFER_BYTES)
    options.set_max_write_buffer_number(BUFFERS_MAX)
    return options
