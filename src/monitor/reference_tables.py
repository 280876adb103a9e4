"""Reference tables as files, each one CSV (contract §1 'Reference tables').

A file found in the region's folder replaces the built-in one of rules/knowledge/. Every row is checked at start, so a rule
never meets a wrong one.
"""

from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from monitor.events import COUNT_UNIT
from monitor.privacy import Tokens
from monitor.reference import (
    HOSPITAL,
    PHARMACY,
    AgeRange,
    Frequency,
    Hook,
    PersonEntry,
    Provider,
    Reference,
    Scheme,
)
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

BUILT_IN: Final = Path(__file__).parent / "rules" / "knowledge"
AGE_MAX: Final = 150
DAYS_MAX: Final = 400
YEAR_MIN: Final = 2000
YEAR_MAX: Final = 2100
FEN: Final = 100
"""Of a yuan."""


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
