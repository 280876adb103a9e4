"""What findings are about, put together from the facts: settlements with their lines, visits, stays."""

from typing import TypeAlias

from msgspec import Struct, field

from monitor.events import (
    DAY,
    Admitted,
    Charged,
    ChargesWithdrawn,
    Diagnosis,
    Discharged,
    Line,
    OrdersChecked,
    Settled,
    Withdrawal,
)
from monitor.memory.lines import SettlementKey, VisitLines, line_order, visit_lines

HOME_BED = "71"
"""med_type 71 is no stay."""
SETTLEMENT = "settlement|"
"""How the anchor of a settlement begins."""


VisitKey: TypeAlias = tuple[str, str]
"""(provider, mdtrt_id): what another provider says of a visit does not concern it."""


class Settlement(Struct, gc=False):
    """A live settlement with its lines; or orders that are judged as if they were settled now (`fact` a check)."""

    fact: Settled | OrdersChecked
    key: SettlementKey
    lines: list[Line]
    anchor: str
    items: frozenset[str]
    at: int
    """setl_time; of a check its call time."""
    visit: VisitKey
    """Its visit at its provider."""
    is_check: bool
    """Whether these are orders, not a settlement."""
    family: bool
    """Paid from a family member's account, so another person may have been treated."""

    @property
    def fee(self) -> int:
        """medfee_sumamt, fen."""
        return self.fact.fee

    @property
    def judged(self) -> list[Line]:
        """The lines that a rule on lines is asked about: those that only take back lessen sums and break nothing."""
        return [line for line in self.lines if not line.takes_back]

    @property
    def takes_back(self) -> bool:
        """Whether it has lines, and all of them only take back: there is nothing to be refused."""
        return bool(self.lines) and not self.judged

    @property
    def total(self) -> int:
        """What a rule on the whole settlement refuses: all its lines, or medfee_sumamt when none is known."""
        return sum(line.amount for line in self.lines) if self.lines else self.fact.fee


def subject_of(fact: Settled | OrdersChecked, lines: list[Line]) -> Settlement:
    """What rules are asked about: a call and the lines that belong to it."""
    settled = type(fact) is Settled
    return Settlement(
        fact,
        (fact.at, fact.msgid),
        lines,
        settlement_anchor(fact) if settled else call_anchor(fact),  # type: ignore[arg-type]  # see `settled`
        frozenset([line.item for line in lines]),
        fact.at,
        (fact.provider, fact.visit),
        not settled,
        settled and fact.family,  # type: ignore[union-attr]  # see `settled`
    )


class Purchase(Struct, frozen=True, gc=False):
    """A line as it counts for somebody who looks from a later settlement (refunds netted)."""

    settlement: Settlement
    line: Line


class Stay(Struct, gc=False):
    """An inpatient stay. `end` is the 2402's endtime; None while it is open."""

    admitted: Admitted
    discharged: Discharged | None
    last_charge: int
    """The last fee time of its charges, else begntime."""
    uncharged: bool
    """Whether no charge is known yet."""

    @property
    def visit(self) -> VisitKey:
        """The stay at its provider."""
        return (self.admitted.provider, self.admitted.visit)

    @property
    def begin_day(self) -> int:
        """Calendar day of admission."""
        return self.admitted.begin // DAY

    def covers(self, day: int, open_days: int) -> bool:
        """Whether a day lies inside: not that of admission, not that of discharge; the last day of an open stay does."""
        last = self.discharged.end // DAY - 1 if self.discharged else self.end_day(open_days)
        return self.begin_day < day <= last

    def end_day(self, open_days: int) -> int:
        """Calendar day of discharge; of an open stay `open_days` after its last charge."""
        return self.discharged.end // DAY if self.discharged else self.last_charge // DAY + open_days


class Visit(Struct, gc=False):
    """What is known of one visit (mdtrt_id)."""

    begin: int | None = None
    diagnoses: list[Diagnosis] = field(default_factory=list)
    charges: list[tuple[Charged, Line]] = field(default_factory=list)
    withdrawals: list[tuple[ChargesWithdrawn, Withdrawal]] = field(default_factory=list)
    settlements: list[Settled] = field(default_factory=list)
    newborn_at: int | None = None
    """Earliest event time of what says that a newborn is treated on the mother's card."""

    def walked(self) -> tuple[VisitLines, dict[SettlementKey, list[Line]]]:
        """Its uploaded lines, and those that each of its settlements takes."""
        waiting = [settled for settled in self.settlements if settled.lines is None]
        return visit_lines(self.charges, self.withdrawals, waiting)

    def taken_by(self, settled: Settled) -> list[Line]:
        """The lines of a settlement; of an only one, where nothing was taken back, all that were charged until then."""
        if self.settlements == [settled] and not self.withdrawals and not settled.batch:
            lines = [line for fact, line in self.charges if fact.at <= settled.at and not line.refund_of]
            if len(lines) == len(self.charges) and len({line.number for line in lines}) == len(lines):
                lines.sort(key=line_order)
                return lines
        _, taken = self.walked()
        return taken.get((settled.at, settled.msgid), [])

    def charged(self) -> list[Line]:
        """The uploaded lines that were not withdrawn."""
        if not self.withdrawals:
            return [line for _, line in self.charges]
        lines, _ = self.walked()
        return [line for _, line in self.charges if lines.holds(line.number)]

    def signed(self, at: int) -> None:
        """Somebody says that a newborn is treated; the earliest counts."""
        self.newborn_at = at if self.newborn_at is None else min(at, self.newborn_at)

    def began(self, begin: int | None) -> None:
        """Somebody says when it began; the earliest counts."""
        if begin is not None and (self.begin is None or begin < self.begin):
            self.begin = begin


def agree(one: str, other: str) -> bool:
    """Two calls that both name a visit (mdtrt_id) must name the same."""
    return not one or not other or one == other


def anchor_of(provider: str, settlement_id: str) -> str:
    """What findings about a settlement are kept under."""
    return f"{SETTLEMENT}{provider}|{settlement_id}"


def is_settlement_anchor(anchor: str) -> bool:
    """Whether a finding is about a settlement."""
    return anchor.startswith(SETTLEMENT)


def settlement_anchor(settled: Settled) -> str:
    """The anchor of the settlement that a call names."""
    return anchor_of(settled.provider, settled.settlement_id)


def call_anchor(check: OrdersChecked) -> str:
    """What a finding about a 3102 is kept under."""
    return f"call|{check.provider}|{check.infno}|{check.msgid}"
