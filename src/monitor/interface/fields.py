"""Readers of single fields: from what JSON gave to text, ids, times and scaled integers.

A number may stand for a text everywhere. A reader raises `Fault` without a path; whoever called it knows
the path. No float is ever used: a number with a fraction arrives as its own plain digits (`plain`), so no
cent is lost.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from monitor.events import COUNT_UNIT, DAY, PRICE_UNIT
from monitor.interface.outcomes import Fault, Reason

T = TypeVar("T")

TEXT_CHARS_MAX = 128
YEAR_MIN, YEAR_MAX = 2000, 2100
DATE_CHARS = len("yyyy-MM-dd")
MIDNIGHT = " 00:00:00"
NUMBER_LIMIT = 10**16
"""Every number of the interface has 16 digits at most (16,2; 16,4; 16,6)."""
EXPONENT_MAX = 40
KEPT = 16_384
"""Texts whose reading is kept, for each reader; some 200 bytes each."""

_NUMBER = re.compile(r"(-?)(\d{0,40})(?:\.(\d{0,40}))?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_EPOCH = date(1970, 1, 1).toordinal()
_MOMENT_MIN = (date(YEAR_MIN, 1, 1).toordinal() - _EPOCH) * DAY
_MOMENT_MAX = (date(YEAR_MAX + 1, 1, 1).toordinal() - _EPOCH) * DAY - 1
# Every time of a day is looked up in two small tables, which takes a fifth of a regular expression.
_MINUTES = {f" {minute // 60:02}:{minute % 60:02}:": minute * 60 for minute in range(DAY // 60)}
_SECONDS = {f"{second:02}": second for second in range(60)}


class _Kept(dict[Any, T]):
    """What a reader made of the texts it saw last, and of nothing at all.

    Numbers are read anew, for True is a key as good as 1. All is forgotten at once: to look up which text was
    not used for longest, as an `lru_cache` does, takes more than to look up what it means.
    """

    def __init__(self, reader: Callable[[Any], T]) -> None:
        self._reader = reader

    def __missing__(self, value: Any) -> T:  # noqa: ANN401 - whatever JSON holds
        found = self._reader(value)
        if type(value) is str or value is None:
            if len(self) >= KEPT:
                self.clear()
            self[value] = found
        return found


def kept(reader: Callable[[Any], T]) -> Callable[[Any], T]:
    """`reader` for what comes again and again; TypeError for a list or an object, which can't be looked up."""
    return _Kept(reader).__getitem__


def plain(literal: str) -> str:
    """The digits of a JSON number with a fraction or an exponent; the latter is written out while short."""
    if "e" not in literal and "E" not in literal:
        return literal
    try:
        number = Decimal(literal)
    except InvalidOperation:  # an exponent that no Decimal holds
        return literal
    return format(number, "f") if abs(number.adjusted()) <= EXPONENT_MAX else literal


def text(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    """A code or text of at most 128 characters; absent, null and empty are all ''."""
    if type(value) is str:
        if len(value) <= TEXT_CHARS_MAX and value.isprintable():
            return value
        raise Fault(Reason.BAD_ID)
    if value is None:
        return ""
    if type(value) is int:
        return text(str(value))
    raise Fault(Reason.WRONG_TYPE)


def ident(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    """A text that must be there."""
    if type(value) is str and 0 < len(value) <= TEXT_CHARS_MAX and value.isprintable():
        return value
    if value is None or value == "":
        raise Fault(Reason.MISSING_FIELD)
    return text(value)


def given(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    """A text that must be there, though it may be empty."""
    if value is None:
        raise Fault(Reason.MISSING_FIELD)
    return text(value)


code = kept(text)
"""As `text`, for what comes again and again: codes, batches, visits."""
needed_code = kept(ident)
"""As `ident`, for what comes again and again: items."""


def _scaled(value: Any, digits: int) -> int:  # noqa: ANN401 - whatever JSON holds
    """`value` in units of 10**-digits, halves away from zero; empty is 0."""
    if value == "":
        return 0
    scaled: int
    if type(value) is int:
        scaled = value * 10**digits
    elif type(value) is str:
        match = _NUMBER.fullmatch(value)
        if match is None:
            raise Fault(Reason.BAD_AMOUNT)
        sign, whole, fraction = match[1], match[2], match[3] or ""
        if not whole and not fraction:
            raise Fault(Reason.BAD_AMOUNT)
        size = int((whole or "0") + fraction[:digits].ljust(digits, "0")) + (
            fraction[digits : digits + 1] >= "5"
        )
        scaled = -size if sign else size
    else:
        raise Fault(Reason.WRONG_TYPE)
    if not -NUMBER_LIMIT < scaled < NUMBER_LIMIT:
        raise Fault(Reason.BAD_AMOUNT)
    return scaled


@kept
def fen(value: Any) -> int:  # noqa: ANN401 - whatever JSON holds
    """An amount (16,2) that must be there, in fen."""
    if value is None:
        raise Fault(Reason.MISSING_FIELD)
    return _scaled(value, 2)


@kept
def fen_or_zero(value: Any) -> int:  # noqa: ANN401 - whatever JSON holds
    """An amount (16,2) that may be absent, in fen."""
    return 0 if value is None else _scaled(value, 2)


@kept
def count(value: Any) -> int:  # noqa: ANN401 - whatever JSON holds
    """A cnt (16,4) in `COUNT_UNIT`."""
    if value is None:
        raise Fault(Reason.MISSING_FIELD)
    return _scaled(value, len(str(COUNT_UNIT)) - 1)


@kept
def price(value: Any) -> int:  # noqa: ANN401 - whatever JSON holds
    """A pric (16,6) in `PRICE_UNIT`."""
    if value is None:
        raise Fault(Reason.MISSING_FIELD)
    return _scaled(value, len(str(PRICE_UNIT)) - 1)


@kept
def supply_days(value: Any) -> int:  # noqa: ANN401 - whatever JSON holds
    """The prd_days in whole days, never negative; empty is 0."""
    return 0 if value is None else max(0, _scaled(value, 0))


@kept
def _days(written: str) -> int:
    """The day of 'yyyy-MM-dd'."""
    if not _DATE.fullmatch(written):
        raise Fault(Reason.BAD_TIME)
    try:
        return date.fromisoformat(written).toordinal() - _EPOCH
    except ValueError:
        raise Fault(Reason.BAD_TIME) from None


def _clock(written: str) -> int:
    """The second of the day of ' HH:mm:ss'."""
    try:
        return _MINUTES[written[:7]] + _SECONDS[written[7:]]
    except KeyError:
        raise Fault(Reason.BAD_TIME) from None


def _time_text(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    if value is None:
        raise Fault(Reason.MISSING_FIELD)
    if type(value) is not str:
        raise Fault(Reason.BAD_TIME if type(value) is int else Reason.WRONG_TYPE)
    return value


@kept
def moment(value: Any) -> int:  # noqa: ANN401 - whatever JSON holds
    """A time that must be there, 'yyyy-MM-dd HH:mm:ss' of the years 2000-2100."""
    written = _time_text(value)
    at = _days(written[:DATE_CHARS]) * DAY + _clock(written[DATE_CHARS:])
    if not _MOMENT_MIN <= at <= _MOMENT_MAX:
        raise Fault(Reason.TIME_OUT_OF_RANGE)
    return at


@kept
def begin_or_end(value: Any) -> int:  # noqa: ANN401 - whatever JSON holds
    """A begntime or endtime that must be there: as `moment`, or a date alone (its first second)."""
    return moment(value + MIDNIGHT if type(value) is str and len(value) == DATE_CHARS else value)


@kept
def begin_or_none(value: Any) -> int | None:  # noqa: ANN401 - whatever JSON holds
    """A begntime that may be absent or empty."""
    return None if value is None or value == "" else begin_or_end(value)


@kept
def day(value: Any) -> int | None:  # noqa: ANN401 - whatever JSON holds
    """A date, or the date part of a time, in days since 1970-01-01; None where absent or empty."""
    if value is None or value == "":
        return None
    written = _time_text(value)
    if len(written) > DATE_CHARS:
        _clock(written[DATE_CHARS:])
    return _days(written[:DATE_CHARS])


def read(reader: Callable[[Any], T], value: Any, path: str) -> T:  # noqa: ANN401 - whatever JSON holds
    """What `reader` makes of `value`; its faults name `path`."""
    try:
        return reader(value)
    except Fault as fault:
        raise fault.inside(path) from None
    except TypeError:  # a list or an object can't be looked up in a cache
        raise Fault(Reason.WRONG_TYPE, path) from None


def blame(part: Any, path: str, readers: Mapping[str, Callable[[Any], object]]) -> None:  # noqa: ANN401 - any struct
    """Raise the fault of the first field of `part` that its reader refuses, with its path.

    The hot path reads without naming paths; only what failed is read again, by name.
    """
    for name, reader in readers.items():
        read(reader, getattr(part, name), f"{path}.{name}" if path else name)


def one(value: T | list[T] | str | None, path: str) -> T | None:
    """The object, or the only one of a list; None where there is none."""
    if value is None:
        return None
    if isinstance(value, list):
        if len(value) > 1:
            raise Fault(Reason.WRONG_TYPE, path)
        return value[0] if value else None
    if isinstance(value, str):
        if value:
            raise Fault(Reason.WRONG_TYPE, path)
        return None
    return value


def needed(value: T | list[T] | str | None, path: str) -> T:
    """As `one`, where the object must be there."""
    found = one(value, path)
    if found is None:
        raise Fault(Reason.MISSING_FIELD, path)
    return found


def many(value: T | list[T] | str | None, path: str, *, limit: int) -> list[T]:
    """The rows of a list, or the lone object that stands for a list of one; at most `limit` of them."""
    if value is None:
        return []
    if isinstance(value, list):
        if len(value) > limit:
            raise Fault(Reason.TOO_MANY_LINES, path)
        return value
    found = one(value, path)
    return [] if found is None else [found]
