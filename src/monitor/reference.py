"""Reference tables: what the rules know beyond the feed (contract §1 'Reference tables').

How they are read from files: reference_tables.py.
"""

from enum import StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import force_setattr

HOSPITAL: Final = "1"
PHARMACY: Final = "2"


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
