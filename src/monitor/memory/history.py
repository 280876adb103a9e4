"""A person's history as rules see it: what holds, put in order. Derived from the facts, never stored.

`History` answers the questions rules ask (which purchases of a drug came before this settlement, which diagnoses are known
of its visit, was the person on leave). It is built when facts change (building.py), or grown when a fact only adds to it.
"""

from bisect import insort
from collections.abc import Sequence
from typing import TypeVar

from monitor.events import (
    DAY,
    Admitted,
    Charged,
    Diagnosed,
    Diagnosis,
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
)
from monitor.memory.facts import Facts
from monitor.memory.lines import Refund, SettlementKey, carried, left_of, refunded, refunds_of_others
from monitor.memory.subjects import Purchase, Settlement, Stay, Visit, VisitKey, subject_of
from monitor.newborns import NEWBORN_MED_TYPES, is_newborn_code, is_newborn_sign, says_newborn

T = TypeVar("T", bound=RegisterRead | FaceChecked | FaceExcused)


class History:
    """All that holds of one person, in order."""

    __slots__ = (
        "_facts",
        "_purchases",
        "checks",
        "death_day",
        "death_visits",
        "discharges",
        "newborn_days",
        "refunds",
        "register",
        "reversed",
        "settlements",
        "stays",
        "visits",
    )

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
        self.refunds: dict[tuple[VisitKey, SettlementKey, str], list[Refund]] = {}
        """Of a settled line (its visit, its settlement's key, its number)."""

    # -- questions of the rules -------------------------------------------------------------------------------------

    def purchases(self, item: str, upto: Settlement) -> list[Purchase]:
        """The lines of an item over all providers in line order, up to and with those of `upto`."""
        known = self._purchases.get(item, [])
        if known and not upto.is_check and not self.refunds and known[-1].settlement.key <= upto.key:
            return list(known)
        found = []
        own_visit = upto.visit if upto.is_check and upto.fact.visit else None
        numbers = {line.number for line in upto.lines} if own_visit and known else ()
        for one in known:
            settlement, line = one.settlement, one.line
            if settlement.key > upto.key:
                break
            # An order that is settled already under its number in this visit is not counted again.
            if own_visit and settlement.visit == own_visit and line.number in numbers:
                continue
            less = self.refunds.get((settlement.visit, settlement.key, line.number)) if self.refunds else None
            left = left_of(line, less, upto.key) if less else line
            if left is not None:
                found.append(one if left is line else Purchase(settlement, left))
        if upto.is_check:
            found += [Purchase(upto, line) for line in upto.lines if line.item == item]
        return found

    def settlement(self, anchor: str) -> Settlement | None:
        """The live settlement of an anchor, mostly the last one."""
        for settlement in reversed(self.settlements):
            if settlement.anchor == anchor:
                return settlement
        return None

    def diagnoses(self, settlement: Settlement) -> list[Diagnosis]:
        """All known of its visit, whenever they were sent; those of a check serve that check only."""
        fact = settlement.fact
        visit = self.visits.get(settlement.visit) if fact.visit else None
        if visit is None and type(fact) is Settled:
            return [Diagnosis(fact.disease)] if fact.disease else []
        known = [] if visit is None else list(visit.diagnoses)
        sales = [] if visit is None else list(visit.settlements)
        if type(fact) is OrdersChecked:
            known += fact.diagnoses
        elif type(fact) is Settled:
            sales.append(fact)
        named = [sale.disease for sale in sales if sale.disease]
        return known + [Diagnosis(code) for code in dict.fromkeys(named)] if named else known

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
        return registered(self.register)[0]

    def birth_day(self, settlement: Settlement) -> int | None:
        """From the call itself, then 1101."""
        if settlement.fact.birth_day is not None:
            return settlement.fact.birth_day
        return registered(self.register)[1]

    # -- growing ------------------------------------------------------------------------------------------------------

    def judged(self, check: OrdersChecked) -> Settlement:
        """Orders as if they were settled now, each number once; they are part of nothing."""
        return subject_of(check, carried(check.lines))

    def visit_of(self, key: VisitKey) -> Visit:
        """What is known of a visit, empty at first."""
        return self.visits.get(key) or self.visits.setdefault(key, Visit())

    def charge(self, fact: Charged) -> None:
        """Put the lines of an upload to their visits; mostly all are of one."""
        name, charges = None, []
        for line in fact.lines:
            if line.visit != name:
                name, charges = line.visit, self.visit_of((fact.provider, line.visit)).charges
            charges.append((fact, line))

    def can_grow(self, settled: Settled) -> bool:
        """Whether `settled` is simply the next settlement: nothing that was said before looks different with it."""
        is_last = not self.settlements or self.settlements[-1].key < (settled.at, settled.msgid)
        return is_last and self._leaves_others_alone(settled)

    def _leaves_others_alone(self, settled: Settled) -> bool:
        calls = self._facts.calls_of(settled.provider, settled.settlement_id)
        if len(calls) > 1 or says_newborn(settled):
            return False
        visit = self.visits.get((settled.provider, settled.visit))
        return visit is None or not (
            # A diagnosis counts for all of its visit.
            (settled.disease and any(other is not settled for other in visit.settlements))
            # The 90 days of a newborn are counted from the begin of its visit.
            or (settled.begin is not None and visit.newborn_at is not None)
            or (settled.lines is None and any(line.refund_of for _, line in visit.charges))
        )

    def is_next(self, settlement: Settlement) -> bool:
        """`can_grow`, asked after a history was built that holds the settlement at its end already."""
        return type(settlement.fact) is Settled and self._leaves_others_alone(settlement.fact)

    def grow(self, settled: Settled) -> Settlement:
        """Add the next settlement (see `can_grow`)."""
        visit = self.visit_of((settled.provider, settled.visit)) if settled.visit else None
        if visit is not None:
            visit.settlements.append(settled)
            visit.began(settled.begin)
        if settled.lines is not None:
            lines = carried(settled.lines)
        elif visit is not None:
            lines = visit.taken_by(settled)
        else:
            lines = []
        return self.append(settled, lines)

    def append(self, settled: Settled, lines: list[Line]) -> Settlement:
        """Put a settlement at the end."""
        settlement = subject_of(settled, lines)
        self.settlements.append(settlement)
        purchases = self._purchases
        for line in lines:
            if (bought := purchases.get(line.item)) is None:
                purchases[line.item] = [Purchase(settlement, line)]
            else:
                bought.append(Purchase(settlement, line))
        if settled.lines is not None and len(lines) < len(settled.lines):
            self._refund(settlement, refunds_of_others(settled.lines))
        return settlement

    def _refund(self, settlement: Settlement, refunds: list[Line]) -> None:
        """Refund lines that a settlement carries reduce lines of its visit's earlier ones; of equal numbers the last."""
        visit = settlement.visit
        earlier = [s for s in self.settlements[:-1] if s.visit == visit and s.fact.visit]
        for refund in refunds:
            number = refund.refund_of
            if held := [s.key for s in earlier if any(line.number == number for line in s.lines)]:
                line = (visit, held[-1], number)
                self.refunds.setdefault(line, []).append(refunded(settlement.key, refund))

    def absorb(self, fact: Event) -> bool:
        """Take in a fact that only adds to what was said; False when the history has to be built anew."""
        if not self._facts.holds(fact):
            return False
        if type(fact) is RegisterRead and fact.death_day is None:
            _put(self.register, fact)
        elif type(fact) is FaceChecked or type(fact) is FaceExcused:
            _put(self.checks, fact)
        elif type(fact) is Charged:
            return self._absorb_charges(fact)
        elif type(fact) is VisitOpened or type(fact) is Diagnosed:
            return VisitCancelled not in self._facts.kinds and self._absorb_visit(fact)
        else:
            return False
        return True

    def _absorb_charges(self, fact: Charged) -> bool:
        keys = {(fact.provider, line.visit) for line in fact.lines}
        visits = [self.visits.get(key) for key in keys]
        if any(
            visit and (visit.withdrawals or any(s.at >= fact.at for s in visit.settlements))
            for visit in visits
        ):
            return False
        self.charge(fact)
        for stay in self.stays:
            if stay.visit in keys:
                fees = [line.at for line in fact.lines if line.visit == stay.admitted.visit]
                stay.last_charge = max(fees) if stay.uncharged else max([stay.last_charge, *fees])
                stay.uncharged = False
        return True

    def _absorb_visit(self, fact: VisitOpened | Diagnosed) -> bool:
        visit = self.visit_of((fact.provider, fact.visit))
        if visit.newborn_at is not None or (
            type(fact) is Diagnosed and is_newborn_sign(fact.med_type, fact.diagnoses)
        ):
            return False
        visit.began(fact.begin)
        if type(fact) is Diagnosed:
            visit.diagnoses += fact.diagnoses
        return True


def registered(register: Sequence[RegisterRead]) -> tuple[str, int | None]:
    """Sex (male 1, female 2, else empty) and day of birth by the latest 1101 that says each; `register` in order."""
    gender = next((read.gender for read in reversed(register) if read.gender in ("1", "2")), "")
    return gender, next((read.birth_day for read in reversed(register) if read.birth_day is not None), None)


def told(fact: Settled | Admitted | Discharged | FaceChecked | FaceExcused | RegisterRead) -> tuple[int, str]:
    """The order of calls: (call time, msgid)."""
    return (fact.at, fact.msgid)


def _put(calls: list[T], fact: T) -> None:
    """In order of calls; mostly a call is the last."""
    if not calls or told(calls[-1]) < told(fact):
        calls.append(fact)
    else:
        insort(calls, fact, key=told)
