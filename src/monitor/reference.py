"""Reference tables: what the rules know beyond the feed (contract §1 'Reference tables').

Each table is one CSV file. A file found in the region's folder replaces the built-in one of rules/knowledge/.
Every row is checked at start, so a rule never meets a wrong one.
"""

from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import force_setattr

from monitor.events import COUNT_UNIT
from monitor.privacy import Tokens
from monitor.tables import (
    BadCellError,
    Folder,
    ReferenceTableError,
    Row,
    Table,
    day,
    flag,
    icd_prefix,
    one_of,
    read,
    scaled,
    text,
    whole,
)

__all__ = [
    "BUILT_IN",
    "TABLES",
    "AgeRange",
    "Frequency",
    "PersonEntry",
    "Provider",
    "Reference",
    "ReferenceTableError",
    "TableFile",
    "load_reference",
    "modified_at",
    "survey",
]

BUILT_IN: Final = Path(__file__).parent / "rules" / "knowledge"
HOSPITAL: Final = "1"
PHARMACY: Final = "2"
AGE_MAX: Final = 150
DAYS_MAX: Final = 400
YEAR_MIN: Final = 2000
YEAR_MAX: Final = 2100
FEN: Final = 100
"""Of a yuan."""


class Scheme(StrEnum):
    """How notices are signed (monitor/notices/signature.py)."""

    HMAC_SHA256 = "hmac-sha256"
    HMAC_SM3 = "hmac-sm3"
    SM2 = "sm2"


class Hook(Struct, frozen=True, gc=False):
    """A provider's web hook."""

    url: str
    secret: str
    """What notices are signed with, unless they are with our own key."""
    scheme: Scheme = Scheme.HMAC_SHA256

    def __repr__(self) -> str:
        return f"Hook({self.url!r})"


class Provider(Struct, frozen=True, gc=False, kw_only=True):
    """A designated institution. `kind` is fixmedins_type: 1 hospital, 2 pharmacy."""

    code: str
    name: str = ""
    kind: str = HOSPITAL
    level: str = ""
    """medins_lv."""
    open_24h: bool = False
    face_check: bool = False
    """Signs patients in by face."""
    admvs: str = ""
    group: str = ""
    """E.g. the lead unit of a medical group: for display and grouping, no rule uses it."""
    hook: Hook | None = None
    """Where it is told of refusals; None: not by web hook."""


class PersonEntry(Struct, frozen=True, gc=False, kw_only=True):
    """A row of the register. Days count from 1970-01-01; `gender` is gend 1 male, 2 female, empty unknown."""

    gender: str = ""
    birth_day: int | None = None
    death_day: int | None = None


_UNKNOWN: Final = PersonEntry()


class AgeRange(Struct, frozen=True, gc=False):
    """Completed years, inclusive; None = no bound."""

    min: int | None = None
    max: int | None = None

    def holds(self, age: int) -> bool:
        """Whether an age in completed years lies within."""
        return (self.min is None or age >= self.min) and (self.max is None or age <= self.max)


class Frequency(Struct, frozen=True, gc=False):
    """At most `max` (1/10,000) in `days` calendar days including that day."""

    max: int
    days: int


class Reference(Struct, frozen=True, kw_only=True):
    """All tables, ready to be asked. `digest` names the content of all files, whatever the token key."""

    providers: dict[str, Provider] = {}
    persons: dict[str, PersonEntry] = {}
    """By token of psn_no."""
    once_per_day: frozenset[str] = frozenset()
    item_frequency: dict[str, tuple[Frequency, ...]] = {}
    drug_indication: dict[str, tuple[str, ...]] = {}
    """Drug -> allowed prefixes of diagnoses."""
    drug_supply: dict[str, int] = {}
    """Drug -> days at most."""
    drug_age: dict[str, tuple[AgeRange, ...]] = {}
    drug_sex: dict[str, str] = {}
    """Drug -> the only gend allowed."""
    drug_group: dict[str, frozenset[str]] = {}
    """Drug -> the groups it is in."""
    diagnosis_sex: tuple[tuple[str, str], ...] = ()
    """(prefix, the only gend)."""
    diagnosis_age: tuple[tuple[str, AgeRange], ...] = ()
    dialysis_items: frozenset[str] = frozenset()
    split_exempt: tuple[str, ...] = ()
    trace_ignore: frozenset[str] = frozenset()
    fund_budget: dict[tuple[str, str], int] = {}
    """(provider, year) -> what the fund may pay it that year, fen: for display, no rule uses it."""
    digest: str = ""
    unused_files: tuple[str, ...] = ()
    """CSV files of the folder that are no table: worth a warning, a table may be misnamed."""

    drugs_of_group: dict[str, tuple[str, ...]] = {}
    """Derived: group -> its drugs, in order."""
    prefixes_of_sex: dict[str, tuple[str, ...]] = {}
    """Derived: gend -> prefixes of the diagnoses that only it can have."""
    died: frozenset[str] = frozenset()
    """Derived: of whom the register of persons gives a day of death."""

    def __post_init__(self) -> None:
        groups: dict[str, list[str]] = {}
        for drug in sorted(self.drug_group):
            for group in self.drug_group[drug]:
                groups.setdefault(group, []).append(drug)
        force_setattr(self, "drugs_of_group", {group: tuple(drugs) for group, drugs in groups.items()})
        sexes = {gender for _, gender in self.diagnosis_sex}
        prefixes = {sex: tuple(p for p, gender in self.diagnosis_sex if gender == sex) for sex in sexes}
        force_setattr(self, "prefixes_of_sex", prefixes)
        died = frozenset(token for token, entry in self.persons.items() if entry.death_day is not None)
        force_setattr(self, "died", died)

    def is_pharmacy(self, provider: str, infno: str) -> bool:
        """By its entry's fixmedins_type; without an entry a 21xx caller is a pharmacy (contract §1)."""
        entry = self.providers.get(provider)
        return infno.startswith("21") if entry is None else entry.kind == PHARMACY

    def gender(self, known: str, person: str) -> str:
        """What the calls say (gend 1, 2), else the register's; empty when neither does."""
        return known or self._register(person).gender

    def birth_day(self, known: int | None, person: str) -> int | None:
        """What the calls say, else the register's."""
        return self._register(person).birth_day if known is None else known

    def death_day(self, known: int | None, person: str) -> int | None:
        """The earlier of what the calls and the register say (contract §4 'Register')."""
        entry = self._register(person).death_day
        return known if entry is None else entry if known is None else min(known, entry)

    def _register(self, person: str) -> PersonEntry:
        return self.persons.get(person, _UNKNOWN)


def _hook(row: Row) -> Hook | None:
    url, secret = row.get("hook_url", ""), row.get("hook_secret", "")
    if not url or row.get("hook_on", "1") not in {"", "1"}:
        return None
    if not url.startswith(("https://", "http://")):
        raise BadCellError("hook_url", "must be an http or https address")
    written = one_of({"hook_sign": row.get("hook_sign", "")}, "hook_sign", ("", *Scheme))
    scheme = Scheme(written or Scheme.HMAC_SHA256)
    if not secret and scheme is not Scheme.SM2:
        raise BadCellError("hook_secret", "is needed: notices are signed with it")
    return Hook(url, secret, scheme)


def _age_range(row: Row) -> AgeRange:
    low, high = (
        whole(row, column, low=0, high=AGE_MAX) if row[column] else None for column in ("min_age", "max_age")
    )
    if low is not None and high is not None and low > high:
        raise BadCellError("max_age", "is below min_age")
    return AgeRange(low, high)


def _provider(row: Row) -> tuple[str, Provider]:
    code = text(row, "fixmedins_code")
    return code, Provider(
        code=code,
        name=row["fixmedins_name"],
        kind=one_of(row, "fixmedins_type", (HOSPITAL, PHARMACY)),
        level=row["medins_lv"],
        open_24h=flag(row, "open_24h"),
        face_check=flag(row, "face_check"),
        admvs=row["admvs"],
        group=row.get("group", ""),
        hook=_hook(row),
    )


def _person(row: Row) -> tuple[str, PersonEntry]:
    gender = one_of(row, "gend", ("1", "2", "0", "9", ""))
    return text(row, "psn_no"), PersonEntry(
        gender=gender if gender in {"1", "2"} else "",
        birth_day=day(row, "brdy"),
        death_day=day(row, "die_date"),
    )


def _frequency(row: Row) -> tuple[str, Frequency]:
    most = scaled(row, "max", unit=COUNT_UNIT)
    return text(row, "item"), Frequency(most, whole(row, "days", low=1, high=DAYS_MAX))


def _budget(row: Row) -> tuple[tuple[str, str], int]:
    year = str(whole(row, "year", low=YEAR_MIN, high=YEAR_MAX))
    return (text(row, "fixmedins_code"), year), scaled(row, "budget", unit=FEN)


def _days(row: Row) -> tuple[str, int]:
    return text(row, "drug"), whole(row, "max_days", low=1, high=DAYS_MAX)


def _items(name: str, column: str) -> Table[str]:
    return Table(name=name, columns=(column,), parse=lambda row: text(row, column))


PROVIDERS: Final = Table(
    name="providers",
    columns=(
        "fixmedins_code",
        "fixmedins_name",
        "fixmedins_type",
        "medins_lv",
        "open_24h",
        "face_check",
        "admvs",
    ),
    optional=("group", "hook_url", "hook_secret", "hook_on", "hook_sign"),
    parse=_provider,
)
PERSONS: Final = Table(name="persons", columns=("psn_no", "gend", "brdy", "die_date"), parse=_person)
ONCE_PER_DAY: Final = _items("once_per_day", "item")
ITEM_FREQUENCY: Final = Table(name="item_frequency", columns=("item", "max", "days"), parse=_frequency)
DRUG_INDICATION: Final = Table(
    name="drug_indication",
    columns=("drug", "diagnosis_prefix"),
    parse=lambda row: (text(row, "drug"), icd_prefix(row)),
)
DRUG_SUPPLY: Final = Table(name="drug_supply", columns=("drug", "max_days"), parse=_days)
DRUG_AGE: Final = Table(
    name="drug_age",
    columns=("drug", "min_age", "max_age"),
    parse=lambda row: (text(row, "drug"), _age_range(row)),
)
DRUG_SEX: Final = Table(
    name="drug_sex",
    columns=("drug", "gend"),
    parse=lambda row: (text(row, "drug"), one_of(row, "gend", ("1", "2"))),
)
DRUG_GROUP: Final = Table(
    name="drug_group",
    columns=("drug", "group"),
    parse=lambda row: (text(row, "drug"), text(row, "group")),
)
DIAGNOSIS_SEX: Final = Table(
    name="diagnosis_sex",
    columns=("diagnosis_prefix", "gend"),
    parse=lambda row: (icd_prefix(row), one_of(row, "gend", ("1", "2"))),
)
DIAGNOSIS_AGE: Final = Table(
    name="diagnosis_age",
    columns=("diagnosis_prefix", "min_age", "max_age"),
    parse=lambda row: (icd_prefix(row), _age_range(row)),
)
DIALYSIS_ITEMS: Final = _items("dialysis_items", "item")
SPLIT_EXEMPT: Final = Table(name="split_exempt", columns=("diagnosis_prefix",), parse=icd_prefix)
TRACE_IGNORE: Final = _items("trace_ignore", "drug_trac_codg")

FUND_BUDGET: Final = Table(name="fund_budget", columns=("fixmedins_code", "year", "budget"), parse=_budget)

_ALL: Final[tuple[Table[Any], ...]] = (
    *(PROVIDERS, PERSONS, ITEM_FREQUENCY, DRUG_INDICATION, DRUG_SUPPLY, DRUG_AGE),
    *(DRUG_SEX, DRUG_GROUP, DIAGNOSIS_SEX, DIAGNOSIS_AGE),
    *(ONCE_PER_DAY, DIALYSIS_ITEMS, SPLIT_EXEMPT, TRACE_IGNORE, FUND_BUDGET),
)
TABLES: Final[tuple[str, ...]] = tuple(table.name for table in _ALL)
"""Every table's name: its file is the name with .csv."""


def modified_at(folder: Path | None) -> dict[str, float]:
    """Table -> seconds since 1970 (UTC) when its file in `folder` was last written; built-in tables are not in it."""
    if folder is None:
        return {}
    files = {name: folder / f"{name}.csv" for name in TABLES}
    return {name: path.stat().st_mtime for name, path in files.items() if path.is_file()}


def load_reference(folder: Path | None, *, tokens: Tokens) -> Reference:
    """The tables of `folder` over the built-in ones (None: these alone); else ReferenceTableError."""
    source = Folder(folder, built_in=BUILT_IN)
    return Reference(
        providers=source.one_each(PROVIDERS),
        persons={tokens.person(psn_no): entry for psn_no, entry in source.one_each(PERSONS).items()},
        once_per_day=frozenset(source.items(ONCE_PER_DAY)),
        item_frequency=source.several_each(ITEM_FREQUENCY),
        drug_indication=source.several_each(DRUG_INDICATION),
        drug_supply=source.one_each(DRUG_SUPPLY),
        drug_age=source.several_each(DRUG_AGE),
        drug_sex=source.one_each(DRUG_SEX),
        drug_group={drug: frozenset(groups) for drug, groups in source.several_each(DRUG_GROUP).items()},
        diagnosis_sex=source.items(DIAGNOSIS_SEX),
        diagnosis_age=source.items(DIAGNOSIS_AGE),
        dialysis_items=frozenset(source.items(DIALYSIS_ITEMS)),
        split_exempt=source.items(SPLIT_EXEMPT),
        trace_ignore=frozenset(source.items(TRACE_IGNORE)),
        unused_files=source.unused_files(TABLES),
        digest=source.digest(),
        # After the digest: no verdict rests on it, so it is no new version of the rules.
        fund_budget=source.one_each(FUND_BUDGET),
    )


class TableFile(Struct, frozen=True, kw_only=True):
    """A table as its file stands there. `rows` up to the first fault; `modified_s`: seconds since the epoch."""

    name: str
    built_in: bool
    rows: int
    modified_s: float
    fault: str = ""


def survey(folder: Path | None) -> list[TableFile]:
    """Every table by itself, with its first fault; ReferenceTableError when there is no such folder.

    What concerns several rows of a table is found by `load_reference` alone.
    """
    source = Folder(folder, built_in=BUILT_IN)
    return [_surveyed(table, source.path_of(table.name)) for table in _ALL]


def _surveyed(table: Table[Any], path: Path) -> TableFile:
    rows, fault = 0, ""
    try:
        for _ in read(table, path, path.read_bytes()):
            rows += 1
    except ReferenceTableError as error:
        fault = str(error)
    return TableFile(
        name=table.name,
        built_in=path.parent == BUILT_IN,
        rows=rows,
        modified_s=path.stat().st_mtime,
        fault=fault,
    )
