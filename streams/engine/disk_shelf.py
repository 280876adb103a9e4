"""A shelf in RocksDB, for memories that are more than memory holds, or than may be read anew (MONITOR_STORE=rocksdb).

Rows reach the files when they are committed, those of a transaction and its end in the changelog at once or not at all. So
files say themselves up to where they are complete, whatever became of the process that wrote them, and only what the
changelog holds beyond that is read. Therefore RocksDB writes no log of its own: the changelog is one.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from time import time
from typing import Final

from rocksdict import Options, Rdict, WriteBatch, WriteOptions

from monitor.settings import MIB
from streams.engine.shelf import parse_row_key, row_key

STANDS_AT: Final = b"\x00"
"""The row of the files' own: "offset seconds", up to where they are complete and when that was written."""
AGE_S_MAX: Final = 12 * 3600.0
"""Files that are older are not gone on from: compaction takes tombstones away a day later (streams/topics.py)."""
WRITE_BUFFER_BYTES: Final = 8 * MIB
FLUSH_S: Final = 600.0
"""Where little is written a buffer would take days to fill, and what stands in it does not outlive a death."""
BUFFERS_MAX: Final = 2
"""By default 64 MiB each, for every partition of every table."""


class DiskShelf:
    """One database for one partition number of one table."""

    def __init__(self, folder: Path, end: int, now: Callable[[], float] = time) -> None:
        """`end`: where the changelog ends."""
        self.end = end
        self._now = now
        self._ahead: dict[str, dict[str, bytes | None]] = {}
        """What was put and is not committed."""
        self._unlogged = WriteOptions()
        self._unlogged.disable_wal = True  # type: ignore[method-assign,assignment]  # a setter; its stubs name the getter
        rows = _opened(folder)
        begin = None if rows is None else self._stands_at(rows)
        if rows is None or begin is None:
            if rows is not None:
                rows.close()
            shutil.rmtree(folder, ignore_errors=True)
            rows = _opened(folder)
            assert rows is not None  # noqa: S101 - there is nothing in it that could be damaged
        self._rows = rows
        self.begin = begin or 0
        self._flushed_at = 0.0

    def pieces(self, key: str) -> Mapping[str, bytes]:
        """The rows of a key, by piece."""
        prefix = row_key(key, "")
        found: dict[str, bytes] = {}
        rows = self._rows.iter()
        rows.seek(prefix)
        while rows.valid() and (row := rows.key()).startswith(prefix):
            found[parse_row_key(row)[1]] = rows.value()
            rows.next()
        for piece, value in self._ahead.get(key, {}).items():
            if value is None:
                found.pop(piece, None)
            else:
                found[piece] = value
        return found

    def put(self, key: str, piece: str, value: bytes | None) -> None:
        """Set a row, or forget it."""
        self._ahead.setdefault(key, {})[piece] = value

    def fill(self, rows: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Put rows of a changelog: they are kept under the same keys, and committed."""
        self._write(rows, [])

    def commit(self, rows: Mapping[bytes, bytes | None], end: int) -> None:
        """Write them, and that nothing before `end` is missing."""
        self.end = end
        now = self._now()
        self._write(rows.items(), [(STANDS_AT, f"{end} {now:.0f}".encode())])
        if not rows or now - self._flushed_at > FLUSH_S:
            self._flushed_at = now
            self._rows.flush(wait=False)
        for row, value in rows.items():
            key, piece = parse_row_key(row)
            ahead = self._ahead.get(key, {})
            # The next turn may have put another one meanwhile.
            if piece in ahead and ahead[piece] is value:
                del ahead[piece]
                if not ahead:
                    del self._ahead[key]

    def __iter__(self) -> Iterator[str]:
        """Every key that has a committed row."""
        last = None
        for row in self._rows.keys():  # noqa: SIM118 - not a dict
            key = parse_row_key(row)[0]  # type: ignore[arg-type]  # raw mode: bytes
            if key != last and row != STANDS_AT:
                yield key
            last = key

    def __len__(self) -> int:
        """How many rows there are, by RocksDB's own estimate: to count keys would read them all."""
        return self._rows.property_int_value("rocksdb.estimate-num-keys") or 0

    def close(self) -> None:
        """What is committed stays."""
        self._rows.flush()
        self._rows.close()

    def _write(self, *rows: Iterable[tuple[bytes, bytes | None]]) -> None:
        batch = WriteBatch(raw_mode=True)
        for some in rows:
            for row, value in some:
                if value is None:
                    batch.delete(row)
                else:
                    batch.put(row, value)
        self._rows.write(batch, self._unlogged)

    def _stands_at(self, rows: Rdict) -> int | None:
        """The changelog offset up to which files are complete; None where that can't be gone on from."""
        with suppress(AttributeError, ValueError):
            at, written = map(int, rows.get(STANDS_AT).split())  # type: ignore[union-attr]  # None where there is none
            young = self._now() - written < AGE_S_MAX
            return at if at == self.end or (at < self.end and young) else None
        return None


def _opened(folder: Path) -> Rdict | None:
    """The database in a folder, made if there is none; None where its files are damaged.

    OSError while another process has it open, or where the disk fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return Rdict(str(folder), _options())
    except Exception as error:
        if str(error).startswith("Corruption"):
            return None
        raise OSError(f"{folder}: {error}") from error


def _options() -> Options:
    options = Options(raw_mode=True)
    options.create_if_missing(True)  # noqa: FBT003 - RocksDB's own setters
    options.set_write_buffer_size(WRITE_BUFFER_BYTES)
    options.set_max_write_buffer_number(BUFFERS_MAX)
    return options
