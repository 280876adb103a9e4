"""From the facts of a person to their history: one pass over what holds."""

from collections.abc import Callable, Iterable
from typing import Any

from monitor.events import (
    DAY,
    AdmissionWithdrawn,
    Admitted,
    Charged,
    ChargesWithdrawn,
    Diagnosed,
    Diagnosis,
    Discharged,
    DischargeWithdrawn,
    Event,
    FaceChecked,
    FaceExcused,
    Line,
    RegisterRead,
    Settled,
    VisitCancelled,
    VisitOpened,
)
from monitor.memory.facts import Facts
from monitor.memory.history import History, told
from monitor.memory.lines import SettlementKey, carried
from monitor.memory.subjects import HOME_BED, Stay, Visit, VisitKey, settlement_anchor
from monitor.newborns import NEWBORN_DAYS, is_newborn_sign, says_newborn

BEFORE_ALL = -(1 << 62)
TAKING_BACK = (VisitCancelled, AdmissionWithdrawn, DischargeWithdrawn)


def build(facts: Facts) -> History:
    """The history of all that holds now."""
    history = History(facts)
    _Builder(history, facts).run()
    return history


class _Builder:
    """One pass over the facts."""

    def __init__(self, history: History, facts: Facts) -> None:
        self.history = history
        self.facts = facts
        self.admitted: dict[VisitKey, Admitted] = {}
        self.discharged: dict[VisitKey, Discharged] = {}
        self.taken_back: dict[type[Event], dict[VisitKey, int]] = {}
        self.settled: dict[str, Settled] = {}

    def run(self) -> None:
        """Read every fact that holds, then put together what they make."""
        facts, history = self.facts, self.history
        for kind in TAKING_BACK:
            self.taken_back[kind] = _latest(facts.of(kind)) if kind in facts.kinds else {}
        for fact in facts.by_call.values():
            if not facts.holds(fact):
                if type(fact) is Settled:
                    history.reversed.setdefault(settlement_anchor(fact), fact)
                continue
            if (read := READERS.get(type(fact))) is not None:
                read(self, fact)
        history.checks.sort(key=told)
        history.register.sort(key=told)
        self._lines()
        self._stays()
        self._newborns()

    def charged(self, fact: Charged) -> None:
        """2204, 2301."""
        self.history.charge(fact)

    def withdrawn(self, fact: ChargesWithdrawn) -> None:
        """2205, 2302."""
        for what in fact.withdrawals:
            self._visit(fact.provider, what.visit).withdrawals.append((fact, what))

    def checked(self, fact: FaceChecked | FaceExcused) -> None:
        """9601, 9602."""
        self.history.checks.append(fact)

    def registered(self, fact: RegisterRead) -> None:
        """1101."""
        self.history.register.append(fact)
        self._died(fact.death_day, None)

    def _visit(self, provider: str, visit: str) -> Visit:
        return self.history.visit_of((provider, visit))

    def _is_taken_back(self, fact: VisitOpened | Diagnosed | Admitted | Discharged, by: type[Event]) -> bool:
        """Whether a withdrawal of its visit came (by call time, 'not later') after it."""
        return fact.at <= self.taken_back[by].get((fact.provider, fact.visit), BEFORE_ALL)

    def a_settlement(self, fact: Settled) -> None:
        """2102, 2207, 2304."""
        anchor = settlement_anchor(fact)
        if not self.facts.stands(fact):
            self.history.reversed.setdefault(anchor, fact)
            return
        known = self.settled.get(anchor)
        # Of one setl_id under two msgids the smallest (setl_time, msgid) stands for both.
        if known is None or (fact.at, fact.msgid) < (known.at, known.msgid):
            self.settled[anchor] = fact

    def opened(self, fact: VisitOpened | Diagnosed) -> None:
        """2201, 2203."""
        if self._is_taken_back(fact, VisitCancelled):
            return
        visit = self._visit(fact.provider, fact.visit)
        visit.began(fact.begin)
        if type(fact) is Diagnosed:
            visit.diagnoses += fact.diagnoses
            self._sign(visit, fact.at, fact.med_type, fact.diagnoses)

    def stay(self, fact: Admitted | Discharged) -> None:
        """2401, 2402."""
        # Without its admission there was no discharge either.
        if self._is_taken_back(fact, AdmissionWithdrawn) or (
            type(fact) is Discharged and self._is_taken_back(fact, DischargeWithdrawn)
        ):
            return
        key = (fact.provider, fact.visit)
        visit = self._visit(*key)
        visit.diagnoses += [diagnosis for diagnosis in fact.diagnoses if diagnosis.main]
        if type(fact) is Admitted:
            visit.began(fact.begin)
            self._sign(visit, fact.begin, fact.med_type, fact.diagnoses)
            known = self.admitted.get(key)
            if known is None or told(fact) < told(known):
                self.admitted[key] = fact
        elif type(fact) is Discharged:
            self._sign(visit, fact.at, "", fact.diagnoses)
            self._died(fact.death_day, key)
            latest = self.discharged.get(key)
            if latest is None or told(fact) > told(latest):
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
            visit.signed(at)

    def _stays(self) -> None:
        history = self.history
        home = {visit for visit, fact in self.admitted.items() if fact.med_type == HOME_BED}
        for visit, fact in self.admitted.items():
            if visit not in home:
                fees = [line.at for line in history.visits[visit].charged()]
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
                visit.began(fact.begin)
            self._signs_of(fact)
        for name, visit in history.visits.items():
            if visit.settlements and visit.charges:
                lines, taken = visit.walked()
                uploaded.update(taken)
                history.refunds.update({(name, *line): r for line, r in lines.refunds.items()})
        for fact in sorted(self.settled.values(), key=told):
            own = carried(fact.lines) if fact.lines is not None else uploaded.get((fact.at, fact.msgid), [])
            history.append(fact, own)

    def _signs_of(self, fact: Settled) -> None:
        visit = self._visit(fact.provider, fact.visit) if fact.visit else Visit(begin=fact.begin)
        if says_newborn(fact):
            visit.signed(fact.at)
        if not fact.visit:
            self._newborn(visit)

    def _newborns(self) -> None:
        for visit in self.history.visits.values():
            self._newborn(visit)

    def _newborn(self, visit: Visit) -> None:
        if visit.newborn_at is not None:
            first = (visit.newborn_at if visit.begin is None else visit.begin) // DAY
            self.history.newborn_days.append((first, first + NEWBORN_DAYS))


READERS: dict[type[Event], Callable[[_Builder, Any], None]] = {
    Settled: _Builder.a_settlement,
    Charged: _Builder.charged,
    ChargesWithdrawn: _Builder.withdrawn,
    VisitOpened: _Builder.opened,
    Diagnosed: _Builder.opened,
    Admitted: _Builder.stay,
    Discharged: _Builder.stay,
    FaceChecked: _Builder.checked,
    FaceExcused: _Builder.checked,
    RegisterRead: _Builder.registered,
}


def _latest(
    facts: Iterable[VisitCancelled | AdmissionWithdrawn | DischargeWithdrawn],
) -> dict[VisitKey, int]:
    """The last withdrawal of each visit, by call time."""
    latest: dict[VisitKey, int] = {}
    for fact in facts:
        key = (fact.provider, fact.visit)
        latest[key] = max(latest.get(key, BEFORE_ALL), fact.at)
    return latest
