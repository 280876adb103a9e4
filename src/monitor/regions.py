"""A region's rules: limits and modes with the day from which they hold, in event time (contract §2 'Modes').

A region file names what differs from the rules' own limits, which are the contract's. Its `[[change]]`
entries come in order of their day; each overrides only what it names, from 00:00 China time of its day on.
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct, structs

from monitor.events import DAY
from monitor.rules.rule import Limits

FOLDER: Final = Path(__file__).parent / "rules" / "regions"
BUILT_IN: Final = FOLDER / "builtin.toml"
PRODUCTION: Final = FOLDER / "production.toml"

_EPOCH: Final = date(1970, 1, 1).toordinal()
_TIME_OF_DAY: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_YEARS: Final = (2000, 2100)

Epoch = dict[str, Limits]


class RegionError(ValueError):
    """A region file that can't be used: names the file and the key, and says what it expects there."""


class Scope(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What holds for the region as a whole. `lateness_s`: how far the watermark stays behind call times."""

    region: str = ""
    """Administrative division of the region, e.g. 430100."""
    lateness_s: int = 300
    incident_max_days: int = 7
    """A longer incident goes on as a new one."""
    person_memory_days: int = 400
    provider_memory_days: int = 40
    trace_memory_days: int = 730
    answer_memory_days: int = 7
    """So long a repeat gets the remembered answer, in call time."""


class Region:
    """Limits of every rule at every time, ready to be looked up. Immutable."""

    __slots__ = ("_epochs", "_only", "_starts", "digest", "scope")

    def __init__(self, *, scope: Scope, starts: tuple[int, ...] = (), epochs: tuple[Epoch, ...]) -> None:
        if len(epochs) != len(starts) + 1:
            raise ValueError("one epoch more than starts: the first holds since ever")
        self.scope = scope
        self._starts = starts
        self._epochs = epochs
        self._only = epochs[0] if len(epochs) == 1 else None
        self.digest = _digest(scope, starts, epochs)

    @property
    def region(self) -> str:
        """Administrative division, e.g. 430100."""
        return self.scope.region

    @property
    def lateness_s(self) -> int:
        """Seconds that the watermark stays behind the highest call time."""
        return self.scope.lateness_s

    @property
    def incident_max_days(self) -> int:
        """Days after which a new incident begins."""
        return self.scope.incident_max_days

    @property
    def person_memory_days(self) -> int:
        """Days that facts of a person are remembered."""
        return self.scope.person_memory_days

    @property
    def provider_memory_days(self) -> int:
        """Days that facts of a provider are remembered."""
        return self.scope.provider_memory_days

    @property
    def trace_memory_days(self) -> int:
        """Days that sales of a trace code are remembered."""
        return self.scope.trace_memory_days

    @property
    def answer_memory_days(self) -> int:
        """Days of call time that answers are remembered."""
        return self.scope.answer_memory_days

    def epoch(self, at: int) -> int:
        """Which stretch of unchanged limits an event time lies in: 0 before the first change."""
        return 0 if self._only is not None else bisect_right(self._starts, at)

    def limits(self, rule_id: str, at: int) -> Limits:
        """What holds for a rule at event time `at`; KeyError for a rule the region was not loaded with."""
        if self._only is not None:
            return self._only[rule_id]
        return self._epochs[bisect_right(self._starts, at)][rule_id]

    def ever(self, rule_id: str) -> list[Limits]:
        """All that ever holds for a rule: what spans a change is looked at with the widest of them."""
        return [epoch[rule_id] for epoch in self._epochs]


def load_region(path: Path | None, *, limits: Mapping[str, type[Limits]]) -> Region:
    """The region file at `path` (None: the built-in one) over the rules' own limits; else RegionError."""
    path = BUILT_IN if path is None else path
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RegionError(f"{path}: can't be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RegionError(f"{path}: is no TOML: {error}") from None
    try:
        return _region(document, limits)
    except RegionError as error:
        raise RegionError(f"{path}: {error}") from None


def _region(document: dict[str, Any], limits: Mapping[str, type[Limits]]) -> Region:
    changes = document.pop("change", [])
    scope = _struct(Scope, document, "")
    if not isinstance(changes, list):
        raise RegionError("change: must be written [[change]]")
    starts: list[int] = []
    merged: dict[str, dict[str, Any]] = {rule_id: {} for rule_id in limits}
    epochs: list[Epoch] = [{rule_id: kind() for rule_id, kind in limits.items()}]
    for number, change in enumerate(changes, start=1):
        where = f"change {number}"
        if not isinstance(change, dict):
            raise RegionError(f"{where}: must be written [[change]]")
        start = _start(change.pop("from", None), where)
        if starts and start < starts[-1]:
            raise RegionError(f"{where}.from: lies before the day of the entry above it")
        named = _named(change, where, limits)
        epoch = dict(epochs[-1])
        for rule_id, values in named.items():
            merged[rule_id] |= values
            epoch[rule_id] = _struct(limits[rule_id], merged[rule_id], f"{where}.rules.{rule_id}")
        starts.append(start)
        epochs.append(epoch)
    return Region(scope=scope, starts=tuple(starts), epochs=tuple(epochs))


def _start(value: object, where: str) -> int:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise RegionError(f"{where}.from: must be a day without quotes, e.g. 2026-01-01")
    if not _YEARS[0] <= value.year <= _YEARS[1]:
        raise RegionError(f"{where}.from: must lie in the years {_YEARS[0]} to {_YEARS[1]}")
    return (value.toordinal() - _EPOCH) * DAY


def _named(
    change: dict[str, Any], where: str, limits: Mapping[str, type[Limits]]
) -> dict[str, dict[str, Any]]:
    rules = change.pop("rules", {})
    if change:
        raise RegionError(f"{where}.{min(change)}: is unknown; known: from, rules")
    if not isinstance(rules, dict):
        raise RegionError(f"{where}.rules: must be a table")
    for rule_id, values in rules.items():
        if rule_id not in limits:
            raise RegionError(f"{where}.rules.{rule_id}: there is no such rule")
        if not isinstance(values, dict):
            raise RegionError(f'{where}.rules.{rule_id}: must be a table, e.g. {{ mode = "suspect" }}')
    return rules


def _struct(kind: type[Any], values: dict[str, Any], where: str) -> Any:  # noqa: ANN401 - an instance of `kind`
    fields = {field.encode_name: field for field in structs.fields(kind)}
    prefix = f"{where}." if where else ""
    for name, value in values.items():
        if name not in fields:
            raise RegionError(f"{prefix}{name}: is unknown; known: {', '.join(sorted(fields))}")
        _check(fields[name], value, f"{prefix}{name}")
        try:
            msgspec.convert(value, fields[name].type)
        except msgspec.ValidationError as error:
            raise RegionError(f"{prefix}{name}: {_words(error)}") from None
    try:
        return msgspec.convert(values, kind)
    except (msgspec.ValidationError, ValueError) as error:
        raise RegionError(f"{where or 'region'}: {error}") from None


def _check(field: structs.FieldInfo, value: object, where: str) -> None:
    """Refuses what msgspec would bend silently, and text that is no time of day where the default is one."""
    if isinstance(value, float):
        raise RegionError(f'{where}: write a decimal as text, e.g. "0.01"')
    if isinstance(value, int) and not isinstance(value, bool) and value < 0:
        raise RegionError(f"{where}: must not be negative")
    if field.type is Decimal and isinstance(value, str):
        number = _decimal(value)
        if number is None or number < 0:
            raise RegionError(f'{where}: must be a decimal that is not negative, e.g. "0.01"')
    if _is_time(field.default) and isinstance(value, str) and not _is_time(value):
        raise RegionError(f'{where}: must be a time of day, e.g. "23:00"')


def _is_time(value: object) -> bool:
    return isinstance(value, str) and _TIME_OF_DAY.fullmatch(value) is not None


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def _words(error: msgspec.ValidationError) -> str:
    """``Expected `int`, got `str``` without the path, which the key has already named."""
    return str(error).split(" - at ", maxsplit=1)[0]


def _digest(scope: Scope, starts: tuple[int, ...], epochs: tuple[Epoch, ...]) -> str:
    content = msgspec.json.encode((scope, starts, epochs), order="sorted")
    return blake2b(content, digest_size=8).hexdigest()
