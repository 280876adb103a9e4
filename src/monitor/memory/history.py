"""A person's history as rules see it: what holds, put in order. Derived from the facts, never stored.

`History` answers the questions rules ask (which purchases of a drug came before this settlement, which diagnoses are known
of its visit, was the person on leave); it is rebuilt when facts change, or grown when a settlement is simply the next one.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from monitor.events import (
    DAY,
    AdmissionWithdrawn,
    Admitted,
    Charged,
    ChargesWithdrawn,
    Diagnosed,
    Diagnosis,
    DischargeWithdrawn,
    Discharged,
    Event,
    FaceChecked,
    FaceExcused,
    Line,
    OrdersChecked,
    RegisterRead,
    Settled,
    VisitCancelled,
    VisitOpened,
    Withdrawal,
)
from monitor.memory.facts import Facts
from monitor.memory.lines import Refund, SettlementKey, carried, line_order, visit_lines

NEWBORN_DAYS = 90
BEFORE_ALL = -(1 << 62)
NEWBORN_MED_TYPES = frozenset({"51", "52"})
HOME_BED = "71"
"""med_type 71 is no stay."""


VisitKey: TypeAlias = tuple[str, str]
"""(provider, mdtrt_id): what another provider says of a visit does not concern it."""


class Settlement(Struct, gc=False):
    """A live settlement with its lines; or orders that are judged as if they were settled now (`fact` a check)."""

    fact: Settled | OrdersChecked
    key: SettlementKey
    lines: list[Line]
    anchor: str
    items: frozenset[str]

    @property
    def at(self) -> int:
        """setl_time; of a check its call time."""
        return self.key[0]

    @property
    def visit(self) -> VisitKey:
        """Its visit at its provider."""
        return (self.fact.provider, self.fact.visit)

    @property
    def is_check(self) -> bool:
        """Whether these are orders, not a settlement."""
        return type(self.fact) is OrdersChecked

    @property
    def family(self) -> bool:
        """Paid from a family member's account, so another person may have been treated."""
        return type(self.fact) is Settled and self.fact.family

    @property
    def fee(self) -> int:
        """medfee_sumamt, fen."""
        return self.fact.fee

    @property
    def total(self) -> int:
        """What a rule on the whole settlement refuses: all its lines, or medfee_sumamt when none is known."""
        return sum(line.amount for line in self.lines) if self.lines else self.fact.fee


class Purchase(NamedTuple):
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


class History:
    """All that holds of one person, in order."""

    def __init__(self, facts: Facts) -> None:
        self.settlements: list[Settlement] = []
        """Live, by (setl_time, msgid)."""
        self.visits: dict[VisitKey, Visit] = {}
        self.stays: list[Stay] = []
        """By (begntime, msgid); home beds are none."""
        self.discharges: list[Discharged] = []
        self.checks: list[FaceChecked | FaceExcused] = []
        """By (at, msgid)."""
        self.register: list[RegisterRead] = []
        """By (at, msgid)."""
        self.death_day: int | None = None
        self.death_visits: set[VisitKey] = set()
        self.newborn_days: list[tuple[int, int]] = []
        self.reversed: dict[str, Settled] = {}
        """Anchors of settlements that are known and do not stand."""
        self._facts = facts
        self._purchases: dict[str, list[Purchase]] = {}
        self._refunds: dict[tuple[VisitKey, str], list[Refund]] = {}
        _Build(self, facts).run()

    # -- questions of the rules -------------------------------------------------------------------------------------

    def purchases(self, item: str, upto: Settlement) -> list[Purchase]:
        """The lines of an item over all providers in line order, up to and with those of `upto`."""
        found = []
        own_visit = upto.visit if upto.is_check and upto.fact.visit else None
        numbers = {line.number for line in upto.lines} if upto.is_check else ()
        for bought in self._purchases.get(item, ()):
            settlement, line = bought
            if settlement.key > upto.key:
                break
            # An order that is settled already under its number in this visit is not counted again.
            if own_visit and settlement.visit == own_visit and line.number in numbers:
                continue
            if self._refunds and line.visit:
                left = self._left(settlement.visit, line, upto.key)
                if left is None:
                    continue
                bought = Purchase(settlement, left)
            found.append(bought)
        if upto.is_check:
            found += [Purchase(upto, line) for line in upto.lines if line.item == item]
        return found

    def before(self, upto: Settlement) -> list[Settlement]:
        """Live settlements up to and with `upto` (a check: up to its time), in order."""
        return self.settlements[: bisect_left(self.settlements, (upto.key[0], upto.key[1] + "\0"), key=_key)]

    def diagnoses(self, settlement: Settlement) -> list[Diagnosis]:
        """All known of its visit, whenever they were sent; those of a check serve that check only."""
        fact = settlement.fact
        visit = self.visits.get(settlement.visit) if fact.visit else None
        known = list(visit.diagnoses) if visit else []
        if type(fact) is OrdersChecked:
            known += fact.diagnoses
        elif type(fact) is Settled and fact.disease:
            known.append(Diagnosis(fact.disease))
        return known

    def stay_of(self, visit: VisitKey) -> Stay | None:
        """The stay that a visit is, if its admission is known."""
        return next((stay for stay in self.stays if stay.visit == visit), None)

    def is_newborn_time(self, settlement: Settlement) -> bool:
        """Whether a newborn may be billed on this card at that time (contract §3 'Newborns')."""
        day = settlement.at // DAY
        if any(first <= day <= last for first, last in self.newborn_days):
            return True
        return type(settlement.fact) is OrdersChecked and (
            settlement.fact.med_type in NEWBORN_MED_TYPES
            or any(is_newborn_code(d.code) for d in settlement.fact.diagnoses)
        )

    def gender(self, settlement: Settlement) -> str:
        """From the call itself, then 1101; empty when neither says male (1) or female (2)."""
        if settlement.fact.gender in ("1", "2"):
            return settlement.fact.gender
        return next((r.gender for r in reversed(self.register) if r.gender in ("1", "2")), "")

    def birth_day(self, settlement: Settlement) -> int | None:
        """From the call itself, then 1101."""
        if settlement.fact.birth_day is not None:
            return settlement.fact.birth_day
        return next((r.birth_day for r in reversed(self.register) if r.birth_day is not None), None)

    # -- growing ------------------------------------------------------------------------------------------------------

    def judged(self, check: OrdersChecked) -> Settlement:
        """Orders as if they were settled now; they are part of nothing."""
        lines = sorted(check.lines, key=line_order)
        return Settlement(
            fact=check,
            key=(check.at, check.msgid),
            lines=lines,
            anchor=call_anchor(check),
            items=frozenset([line.item for line in lines]),
        )

    def can_grow(self, settled: Settled) -> bool:
        """Whether `settled` is simply the next settlement: nothing that was said before looks different with it."""
        is_last = not self.settlements or self.settlements[-1].key < (settled.at, settled.msgid)
        return is_last and self._leaves_others_alone(settled)

    def _leaves_others_alone(self, settled: Settled) -> bool:
        visit = self.visits.get((settled.provider, settled.visit))
        return (
            self._is_only_call(settled)
            and not is_newborn_sign(settled.med_type, (Diagnosis(settled.disease),))
            # The 90 days of a newborn are counted from the begin of its visit.
            and not (settled.begin is not None and visit is not None and visit.newborn_at is not None)
            and not (
                settled.lines is None
                and visit is not None
                and any(line.refund_of for _, line in visit.charges)
            )
        )

    def _is_only_call(self, settled: Settled) -> bool:
        return len(self._facts.calls_of(settled.provider, settled.settlement_id)) == 1

    def is_next(self, settlement: Settlement) -> bool:
        """`can_grow`, asked after a history was built that holds the settlement at its end already."""
        return type(settlement.fact) is Settled and self._leaves_others_alone(settlement.fact)

    def grow(self, settled: Settled) -> Settlement:
        """Add the next settlement (see `can_grow`)."""
        visit = self.visits.setdefault((settled.provider, settled.visit), Visit()) if settled.visit else None
        if visit is not None:
            visit.settlements.append(settled)
            _begin(visit, settled.begin)
        if settled.lines is not None:
            lines = carried(settled.lines)
        elif visit is not None:
            waiting = [other for other in visit.settlements if other.lines is None]
            _, taken = visit_lines(visit.charges, visit.withdrawals, waiting)
            lines = taken.get((settled.at, settled.msgid), [])
        else:
            lines = []
        return self.append(settled, lines)

    def append(self, settled: Settled, lines: list[Line]) -> Settlement:
        """Put a settlement at the end."""
        settlement = Settlement(
            fact=settled,
            key=(settled.at, settled.msgid),
            lines=lines,
            anchor=settlement_anchor(settled),
            items=frozenset([line.item for line in lines]),
        )
        self.settlements.append(settlement)
        purchases = self._purchases
        for line in lines:
            if (bought := purchases.get(line.item)) is None:
                purchases[line.item] = [Purchase(settlement, line)]
            else:
                bought.append(Purchase(settlement, line))
        return settlement

    def absorb(self, fact: Event) -> bool:
        """Take in a fact that only adds to what was said; False when the history has to be built anew."""
        if not self._facts.holds(fact):
            return False
        match fact:
            case Charged():
                return self._absorb_charges(fact)
            case FaceChecked() | FaceExcused():
                insort(self.checks, fact, key=_told)
            case RegisterRead() if fact.death_day is None:
                insort(self.register, fact, key=_told)
            case VisitOpened() | Diagnosed() if not self._facts.kinds[VisitCancelled]:
                return self._absorb_visit(fact)
            case _:
                return False
        return True

    def _absorb_charges(self, fact: Charged) -> bool:
        keys = {(fact.provider, line.visit) for line in fact.lines}
        visits = [self.visits.get(key) for key in keys]
        if any(visit and any(s.at >= fact.at for s in visit.settlements) for visit in visits):
            return False
        for line in fact.lines:
            visit = self.visits.setdefault((fact.provider, line.visit), Visit())
            visit.charges.append((fact, line))
        for stay in self.stays:
            if stay.visit in keys:
                fees = [line.at for line in fact.lines if line.visit == stay.admitted.visit]
                stay.last_charge = max(fees) if stay.uncharged else max([stay.last_charge, *fees])
                stay.uncharged = False
        return True

    def _absorb_visit(self, fact: VisitOpened | Diagnosed) -> bool:
        visit = self.visits.setdefault((fact.provider, fact.visit), Visit())
        if visit.newborn_at is not None or (
            type(fact) is Diagnosed and is_newborn_sign(fact.med_type, fact.diagnoses)
        ):
            return False
        _begin(visit, fact.begin)
        if type(fact) is Diagnosed:
            visit.diagnoses += fact.diagnoses
        return True

    def _left(self, visit: VisitKey, line: Line, seen_from: SettlementKey) -> Line | None:
        """What is left of a settled line for somebody who looks from a later settlement."""
        count, amount = line.count, line.amount
        for key, less_count, less_amount in self._refunds.get((visit, line.number), ()):
            if key <= seen_from:
                count, amount = count - less_count, amount - less_amount
        if count == line.count:
            return line
        return replace(line, count=count, amount=amount) if count > 0 else None


def _key(settlement: Settlement) -> SettlementKey:
    return settlement.key


def settlement_anchor(settled: Settled) -> str:
    """What findings about a settlement are kept under."""
    return f"settlement|{settled.provider}|{settled.settlement_id}"


def call_anchor(check: OrdersChecked) -> str:
    """What a finding about a 3102 is kept under."""
    return f"call|{check.provider}|{check.infno}|{check.msgid}"


def is_newborn_code(code: str) -> bool:
    """P00-P96 or Z38."""
    return code.startswith("Z38") or (code[:1] == "P" and code[1:3].isdigit() and int(code[1:3]) <= 96)  # noqa: PLR2004 - the last code of the chapter


def is_newborn_sign(med_type: str, diagnoses: Iterable[Diagnosis]) -> bool:
    """Whether a visit says that a newborn may be treated on the mother's card."""
    return med_type in NEWBORN_MED_TYPES or any(is_newborn_code(d.code) for d in diagnoses)


class _Build:
    """One pass over the facts."""

    def __init__(self, history: History, facts: Facts) -> None:
        self.history = history
        self.facts = facts
        self.admitted: dict[VisitKey, Admitted] = {}
        self.discharged: dict[VisitKey, Discharged] = {}
        self.taken_back: dict[type[Event], dict[VisitKey, int]] = {}
        self.settled: dict[str, Settled] = {}

    def run(self) -> None:
        facts, history = self.facts, self.history
        for kind in (VisitCancelled, AdmissionWithdrawn, DischargeWithdrawn):
            self.taken_back[kind] = _latest(facts.of(kind))
        for fact in facts.by_call.values():
            if not facts.holds(fact):
                if type(fact) is Settled:
                    history.reversed.setdefault(settlement_anchor(fact), fact)
                continue
            match fact:
                case Settled():
                    self._settled(fact)
                case Charged():
                    for line in fact.lines:
                        self._visit(fact.provider, line.visit).charges.append((fact, line))
                case ChargesWithdrawn():
                    for what in fact.withdrawals:
                        self._visit(fact.provider, what.visit).withdrawals.append((fact, what))
                case VisitOpened() | Diagnosed():
                    self._opened(fact)
                case Admitted() | Discharged():
                    self._stay(fact)
                case FaceChecked() | FaceExcused():
                    history.checks.append(fact)
                case RegisterRead():
                    history.register.append(fact)
                    self._died(fact.death_day, None)
        history.checks.sort(key=_told)
        history.register.sort(key=_told)
        self._stays()
        self._lines()
        self._newborns()

    def _visit(self, provider: str, visit: str) -> Visit:
        return self.history.visits.setdefault((provider, visit), Visit())

    def _is_taken_back(self, fact: VisitOpened | Diagnosed | Admitted | Discharged, by: type[Event]) -> bool:
        """Whether a withdrawal of its visit came (by call time, 'not later') after it."""
        return fact.at <= self.taken_back[by].get((fact.provider, fact.visit), BEFORE_ALL)

    def _settled(self, fact: Settled) -> None:
        anchor = settlement_anchor(fact)
        if not self.facts.stands(fact):
            self.history.reversed.setdefault(anchor, fact)
            return
        known = self.settled.get(anchor)
        # Of one setl_id under two msgids the smallest (setl_time, msgid) stands for both.
        if known is None or (fact.at, fact.msgid) < (known.at, known.msgid):
            self.settled[anchor] = fact

    def _opened(self, fact: VisitOpened | Diagnosed) -> None:
        if self._is_taken_back(fact, VisitCancelled):
            return
        visit = self._visit(fact.provider, fact.visit)
        _begin(visit, fact.begin)
        if type(fact) is Diagnosed:
            visit.diagnoses += fact.diagnoses
            self._sign(visit, fact.at, fact.med_type, fact.diagnoses)

    def _stay(self, fact: Admitted | Discharged) -> None:
        if self._is_taken_back(fact, AdmissionWithdrawn if type(fact) is Admitted else DischargeWithdrawn):
            return
        key = (fact.provider, fact.visit)
        visit = self._visit(*key)
        visit.diagnoses += fact.diagnoses
        if type(fact) is Admitted:
            _begin(visit, fact.begin)
            self._sign(visit, fact.begin, fact.med_type, fact.diagnoses)
            known = self.admitted.get(key)
            if known is None or _told(fact) < _told(known):
                self.admitted[key] = fact
        elif type(fact) is Discharged:
            self._sign(visit, fact.at, "", fact.diagnoses)
            self._died(fact.death_day, key)
            latest = self.discharged.get(key)
            if latest is None or _told(fact) > _told(latest):
                self.discharged[key] = fact

    def _died(self, day: int | None, visit: VisitKey | None) -> None:
        if day is None:
            return
        history = self.history
        history.death_day = day if history.death_day is None else min(day, history.death_day)
        if visit is not None:
            history.death_visits.add(visit)

    def _sign(self, visit: Visit, at: int, med_type: str, diagnoses: Iterable[Diagnosis]) -> None:
        if is_newborn_sign(med_type, diagnoses):
            visit.newborn_at = at if visit.newborn_at is None else min(at, visit.newborn_at)

    def _stays(self) -> None:
        history = self.history
        home = {visit for visit, fact in self.admitted.items() if fact.med_type == HOME_BED}
        for visit, fact in self.admitted.items():
            if visit not in home:
                fees = [line.at for _, line in history.visits[visit].charges]
                last = max(fees, default=fact.begin)
                history.stays.append(Stay(fact, self.discharged.get(visit), last, not fees))
        history.stays.sort(key=lambda stay: (stay.admitted.begin, stay.admitted.msgid))
        history.discharges = [d for visit, d in self.discharged.items() if visit not in home]

    def _lines(self) -> None:
        history = self.history
        uploaded: dict[SettlementKey, list[Line]] = {}
        for fact in self.settled.values():
            if fact.visit:
                visit = self._visit(fact.provider, fact.visit)
                visit.settlements.append(fact)
                _begin(visit, fact.begin)
            self._signs_of(fact)
        for name, visit in history.visits.items():
            if visit.settlements and visit.charges:
                lines, taken = visit_lines(
                    visit.charges, visit.withdrawals, [f for f in visit.settlements if f.lines is None]
                )
                uploaded.update(taken)
                history._refunds.update({(name, number): r for number, r in lines.refunds.items()})  # noqa: SLF001 - the builder is part of its class
        for fact in sorted(self.settled.values(), key=_told):
            own = carried(fact.lines) if fact.lines is not None else uploaded.get((fact.at, fact.msgid), [])
            history.append(fact, own)

    def _signs_of(self, fact: Settled) -> None:
        codes = (Diagnosis(fact.disease),) if fact.disease else ()
        visit = self._visit(fact.provider, fact.visit) if fact.visit else Visit(begin=fact.begin)
        self._sign(visit, fact.at, fact.med_type, codes)
        if not fact.visit:
            self._newborn(visit)

    def _newborns(self) -> None:
        for visit in self.history.visits.values():
            self._newborn(visit)

    def _newborn(self, visit: Visit) -> None:
        if visit.newborn_at is not None:
            first = (visit.newborn_at if visit.begin is None else visit.begin) // DAY
            self.history.newborn_days.append((first, first + NEWBORN_DAYS))


def _told(
    fact: Settled | Admitted | Discharged | FaceChecked | FaceExcused | RegisterRead,
) -> tuple[int, str]:
    return (fact.at, fact.msgid)


def _begin(visit: Visit, begin: int | None) -> None:
    if begin is not None and (visit.begin is None or begin < visit.begin):
        visit.begin = begin


def _latest(
    facts: Iterable[VisitCancelled | AdmissionWithdrawn | DischargeWithdrawn],
) -> dict[VisitKey, int]:
    """The last withdrawal of each visit, by call time."""
    latest: dict[VisitKey, int] = {}
    for fact in facts:
        key = (fact.provider, fact.visit)
        latest[key] = max(latest.get(key, BEFORE_ALL), fact.at)
    return latest
