"""What a rule is: frozen policy (who, why, how grave, which limits) and one pure function; it never stores anything.

A rule is asked about one subject (a settlement, a stay, the purchases of a person or a pharmacy) in the light of all that
is remembered, and answers with breaches. Everything else (ids, revisions, withdrawal, lateness) is done once, for all.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from monitor.outputs import Kind


class Mode(StrEnum):
    """What a region lets a rule do (contract §2 'Modes')."""

    OFF = "off"
    SHADOW = "shadow"
    SUSPECT = "suspect"
    BLOCK = "block"


class Subject(StrEnum):
    """What incidents of a rule are kept for (contract §2 'incident')."""

    PROVIDER = "provider"
    PERSON = "person"
    PERSON_AT_PROVIDER = "person_at_provider"
    TRACE = "trace"


class Need(StrEnum):
    """What must be there for a rule to have anything to say of a settlement; to ask it otherwise only takes time."""

    INEXACT = "inexact"
    """A line whose amount is not exactly price times count."""
    SUPPLY = "supply"
    """A line that says for how many days it lasts."""
    DEATH = "death"
    """A day of death, from a call or the register."""
    REGISTER = "register"
    """A 1101."""
    CHECKS = "checks"
    """A 9601 or 9602."""
    STAYS = "stays"
    """An admission."""


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The numbers of a rule that a region may change; each rule adds its own. Units stand last in the names."""

    mode: Mode = Mode.BLOCK
    incident_gap_s: int = 86_400


class Text(Struct, frozen=True, kw_only=True):
    """What people read of a rule, in one language; str.format templates over the facts of a breach.

    `content` becomes vola_cont (<= 500), `evidence` vola_evid (<= 500), `summary` the line a duty officer reads of an
    incident: it may use {provider} {findings} {persons} {amount} {since} and nothing else.
    """

    name: str
    content: str
    evidence: str
    summary: str


class Rule(Struct, frozen=True, kw_only=True):
    """One entry of the catalogue."""

    id: str
    version: str
    kind: Kind
    severity: int
    """The gravest it may reach."""
    law: str
    """Legal basis, in Chinese as cited."""
    zh: Text
    en: Text
    limits: type[Limits] = Limits
    subject: Subject = Subject.PROVIDER
    whole: bool = False
    """W: concerns the whole settlement."""
    about_patient: bool = False
    """About the patient's person: at most severity 2 when a family account paid (contract §3)."""
    find: Callable[..., Any] | None = None
    """(settlement, history, limits, reference) -> Breach | None"""
    find_stay: Callable[..., Any] | None = None
    """(stay, history, limits, reference) -> Breach | None"""
    find_bursts: Callable[..., Any] | None = None
    """(sales in order, limits_at, reference) -> [Burst]: of one person, or of one pharmacy"""
    fewest: Callable[..., int] | None = None
    """(limits) -> so many sales a burst has at least: of fewer the rule has nothing to say"""
    find_cycles: Callable[..., Any] | None = None
    """(refunds of one pharmacy, its live sales, limits_at) -> [Burst]"""
    find_sale: Callable[..., Any] | None = None
    """(a pharmacy's sale, limits, reference) -> Breach | None"""
    find_reuse: Callable[..., Any] | None = None
    """(live sales of one trace code, limits) -> Breach | None"""
    table: str = ""
    """The reference table of items without which the rule has nothing to say of a settlement."""
    diagnoses: str = ""
    """The reference table of prefixes without a diagnosis of which the rule has nothing to say of a settlement."""
    needs: Need | None = None
    with_lines: bool = False
    """Whether a burst names the lines of its settlements."""
    firing: tuple[Any, ...] = field(default_factory=tuple)
    quiet: tuple[Any, ...] = field(default_factory=tuple)

    @property
    def finder(self) -> Callable[..., Any]:
        """Its pure function, whatever it is asked about."""
        kinds = (
            self.find,
            self.find_stay,
            self.find_bursts,
            self.find_cycles,
            self.find_sale,
            self.find_reuse,
        )
        return next(function for function in kinds if function is not None)

    @property
    def is_about_pharmacies(self) -> bool:
        """Whether it is asked about one pharmacy, not about a person or a trace code."""
        at_one = self.find_bursts is not None and self.subject is Subject.PROVIDER
        return at_one or self.find_sale is not None or self.find_cycles is not None

    def text(self, language: str) -> Text:
        """The texts in `language`: zh or en."""
        return self.en if language == "en" else self.zh
