"""CSV tables that are checked while they are read: a header, known columns, and rows that mean something.

An error names file, line and column and quotes no value: a register that stands in the wrong file must not
end up in a log.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from io import StringIO
from pathlib import Path
from typing import Final, Generic, TypeVar

from msgspec import Struct

Row = dict[str, str]
T = TypeVar("T")
V = TypeVar("V")

_EPOCH: Final = date(1970, 1, 1).toordinal()
_COLUMN_NAME: Final = re.compile(r"[a-z][a-z_]{0,40}")
_ICD_PREFIX: Final = re.compile(r"[A-Z][0-9A-Za-z.+*/]{0,20}")
_COUNT_MAX: Final = 10**16


class ReferenceTableError(ValueError):
    """A table that can't be used: ``file:line: column: what is wrong``; quotes no value of the table."""


class BadCellError(ValueError):
    """What is wrong with one cell; the reader adds file and line."""

    def __init__(self, column: str, problem: str) -> None:
        super().__init__(f"{column}: {problem}")


class Table(Struct, Generic[T], frozen=True, kw_only=True):
    """What a file must hold, and what one row of it means. `optional` columns may be missing."""

    name: str
    columns: tuple[str, ...]
    optional: tuple[str, ...] = ()
    parse: Callable[[Row], T]


def read(table: Table[T], path: Path, content: bytes) -> Iterator[tuple[int, T]]:
    """Each row with the line it ends on; ReferenceTableError at the first fault. Empty lines mean nothing."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ReferenceTableError(f"{path}:{line}: is not UTF-8") from None
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    try:
        for cells in reader:
            values = [cell.strip() for cell in cells]
            if not cells:
                continue
            if header is None:
                header = values
                _check_header(table, header)
            elif len(values) != len(header):
                raise ReferenceTableError(
                    f"{path}:{reader.line_num}: has {len(values)} cells, the header has {len(header)}"
                )
            else:
                yield reader.line_num, table.parse(dict(zip(header, values, strict=True)))
    except (csv.Error, BadCellError) as error:
        raise ReferenceTableError(f"{path}:{reader.line_num}: {error}") from None
    if header is None:
        raise ReferenceTableError(f"{path}:1: has no header; it must be {','.join(table.columns)}")


def _check_header(table: Table[T], header: list[str]) -> None:
    for position, name in enumerate(header, start=1):
        if name not in table.columns and name not in table.optional:
            # A file without a header would show its first row here.
            shown = f"'{name}' " if _COLUMN_NAME.fullmatch(name) else ""
            raise BadCellError("header", f"column {position} {shown}is unknown; known: {_names(table)}")
        if name in header[: position - 1]:
            raise BadCellError("header", f"column '{name}' stands twice")
    missing = [name for name in table.columns if name not in header]
    if missing:
        raise BadCellError("header", f"lacks {', '.join(missing)}")


def _names(table: Table[T]) -> str:
    return ", ".join((*table.columns, *table.optional))


class Folder:
    """Reads each table from `folder` where it holds one, else from `built_in`, and digests what it read."""

    def __init__(self, folder: Path | None, *, built_in: Path) -> None:
        if folder is not None and not folder.is_dir():
            raise ReferenceTableError(f"{folder}: there is no such folder of reference tables")
        self._folder = folder
        self._built_in = built_in
        self._digest = blake2b(digest_size=8)

    def path_of(self, name: str) -> Path:
        """The file that a table is read from."""
        path = self._built_in / f"{name}.csv"
        if self._folder is not None and (self._folder / path.name).is_file():
            return self._folder / path.name
        return path

    def rows(self, table: Table[T]) -> Iterable[tuple[str, T]]:
        """Each row with its place, for errors that concern several rows."""
        path = self.path_of(table.name)
        content = path.read_bytes()
        self._digest.update(f"{table.name}\n{len(content)}\n".encode())
        self._digest.update(content)
        for line, row in read(table, path, content):
            yield f"{path}:{line}", row

    def items(self, table: Table[T]) -> tuple[T, ...]:
        """The distinct rows, in order."""
        return tuple(dict.fromkeys(row for _, row in self.rows(table)))

    def one_each(self, table: Table[tuple[str, V]]) -> dict[str, V]:
        """A key with two different rows is a fault; the same row twice is not."""
        found: dict[str, V] = {}
        for place, (key, value) in self.rows(table):
            if found.setdefault(key, value) != value:
                raise ReferenceTableError(f"{place}: {table.columns[0]}: stands in two rows that differ")
        return found

    def several_each(self, table: Table[tuple[str, V]]) -> dict[str, tuple[V, ...]]:
        """All distinct values of each key, in order."""
        found: dict[str, dict[V, None]] = {}
        for _, (key, value) in self.rows(table):
            found.setdefault(key, {})[value] = None
        return {key: tuple(values) for key, values in found.items()}

    def unused_files(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """CSV files of the folder that are none of the tables `names`."""
        if self._folder is None:
            return ()
        return tuple(sorted(p.name for p in self._folder.glob("*.csv") if p.stem not in names))

    def digest(self) -> str:
        """16 hex characters that name the content of all tables read so far."""
        return self._digest.hexdigest()


def text(row: Row, column: str) -> str:
    """The cell, which must not be empty."""
    if not row[column]:
        raise BadCellError(column, "is empty")
    return row[column]


def one_of(row: Row, column: str, allowed: tuple[str, ...]) -> str:
    """The cell, which must be one of `allowed`."""
    if row[column] not in allowed:
        raise BadCellError(column, f"must be {' or '.join(a or 'empty' for a in allowed)}")
    return row[column]


def flag(row: Row, column: str) -> bool:
    """0 or empty is no, 1 is yes."""
    return one_of(row, column, ("0", "1", "")) == "1"


def whole(row: Row, column: str, *, low: int, high: int) -> int:
    """A whole number within the bounds (inclusive)."""
    value = row[column]
    digits = value.isascii() and value.isdigit() and len(value) <= len(str(high))
    if not (digits and low <= int(value) <= high):
        raise BadCellError(column, f"must be a whole number from {low} to {high}")
    return int(value)


def scaled(row: Row, column: str, *, unit: int) -> int:
    """A number that is not negative, in 1/unit; what does not come out whole is a fault."""
    try:
        value = Decimal(row[column]) * unit
    except ArithmeticError:
        value = Decimal("NaN")
    if not (value.is_finite() and 0 <= value <= _COUNT_MAX and value == int(value)):
        raise BadCellError(column, f"must be a number that is not negative, in steps of 1/{unit}")
    return int(value)


def day(row: Row, column: str) -> int | None:
    """A date yyyy-MM-dd as days since 1970-01-01; None when empty."""
    if not row[column]:
        return None
    try:
        return date.fromisoformat(row[column]).toordinal() - _EPOCH
    except ValueError:
        raise BadCellError(column, "must be a date yyyy-MM-dd or empty") from None


def icd_prefix(row: Row, column: str = "diagnosis_prefix") -> str:
    """The beginning of a code of ICD-10, e.g. C53 or Z51.1."""
    if not _ICD_PREFIX.fullmatch(row[column]):
        raise BadCellError(column, "must begin like a code of ICD-10, e.g. C53 or Z51.1")
    return row[column]
