"""How far a new fact reaches: which subjects may look different because of it, and have to be asked again.

The usual case needs no reach: a settlement that simply follows the others concerns itself only. Here is the rest. Asking
too many is slow, asking too few is wrong; the law test compares with asking everything.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct, field

from monitor.events import (
    DAY,
    AdmissionWithdrawn,
    Admitted,
    Charged,
    ChargesWithdrawn,
    Diagnosed,
    Discharged,
    DischargeWithdrawn,
    Event,
    FaceChecked,
    FaceExcused,
    RegisterRead,
    Reversed,
    Settled,
    Undone,
    VisitCancelled,
    VisitOpened,
)
from monitor.memory.history import registered
from monitor.memory.person import PersonMemory
from monitor.memory.subjects import Settlement
from monitor.newborns import is_newborn_sign
from monitor.rules.catalogue import COVER_RULE


class Reach(Struct, gc=False):
    """Subjects to be asked again."""

    settlements: list[Settlement] = field(default_factory=list)
    stays: bool = False
    checks: bool = False
    """The 3102 that are remembered."""
    purchases_since: int | None = None
    """Chains of purchases from this time on."""
    gone: list[str] = field(default_factory=list)
    """Anchors of settlements that do not stand."""


NOTHING = Reach()


def reach_of(memory: PersonMemory, event: Event) -> Reach:
    """For a fact that was just remembered."""
    if not memory.facts.has_subjects:
        return NOTHING
    of = OF.get(type(event))
    return NOTHING if of is None else of(memory, event)


def _of_money(memory: PersonMemory, event: Settled | Reversed | Undone) -> Reach:
    if memory.is_moot(event):
        return NOTHING
    history = memory.history
    standing = {settlement.anchor for settlement in history.settlements}
    gone = [a for a in history.reversed if a not in standing and memory.findings.about(a)]
    if type(event) is Settled and not memory.facts.stands(event):
        return Reach(gone=gone)
    return Reach(
        settlements=history.settlements,
        stays=True,
        checks=type(event) is Undone,
        purchases_since=0,
        gone=gone,
    )


def _of_visit(memory: PersonMemory, event: VisitOpened | VisitCancelled | Diagnosed) -> Reach:
    history = memory.history
    if type(event) is VisitCancelled or (
        type(event) is Diagnosed and is_newborn_sign(event.med_type, event.diagnoses)
    ):
        return Reach(settlements=history.settlements, stays=True)
    visit = history.visits.get((event.provider, event.visit))
    if visit is not None and visit.newborn_at is not None:
        return Reach(settlements=history.settlements, stays=True)
    key = (event.provider, event.visit)
    return Reach(
        settlements=[s for s in history.settlements if s.visit == key],
        # What a second stay is for may exempt it.
        stays=any(stay.visit == key for stay in history.stays),
    )


def _of_charges(memory: PersonMemory, event: Charged | ChargesWithdrawn) -> Reach:
    history = memory.history
    named = event.lines if isinstance(event, Charged) else event.withdrawals
    visits = {(event.provider, one.visit) for one in named}
    others = len(history.stays) > 1 or history.settlements
    if others and any(stay.discharged is None and stay.visit in visits for stay in history.stays):
        return Reach(settlements=history.settlements, stays=True, purchases_since=0)
    first = next(
        (n for n, s in enumerate(history.settlements) if s.visit in visits and s.at >= event.at), None
    )
    if first is None:
        return NOTHING
    changed = history.settlements[first:]
    # A chain of purchases names the lines of its settlements.
    return Reach(settlements=changed, purchases_since=changed[0].at)


def _of_stay(memory: PersonMemory, event: Admitted | Discharged) -> Reach:  # noqa: ARG001 - as the others
    return Reach(settlements=memory.history.settlements, stays=True)


def _of_check(memory: PersonMemory, event: FaceChecked | FaceExcused) -> Reach:
    """A check concerns what follows within a day, and the treatment of its own day."""
    since = event.at // DAY * DAY
    return Reach(settlements=[s for s in memory.history.settlements if s.at >= since], checks=True)


def _of_register(memory: PersonMemory, event: RegisterRead) -> Reach:
    history = memory.history
    others = [read for read in history.register if read is not event]
    if event.death_day is not None or registered(others) != registered(history.register):
        return Reach(settlements=history.settlements)
    return Reach(
        settlements=[
            s
            for s in history.settlements
            if s.at >= event.at or COVER_RULE in memory.findings.about(s.anchor)
        ]
    )


OF: dict[type[Event], Callable[[PersonMemory, Any], Reach]] = {
    Settled: _of_money,
    Reversed: _of_money,
    Undone: _of_money,
    VisitOpened: _of_visit,
    VisitCancelled: _of_visit,
    Diagnosed: _of_visit,
    Charged: _of_charges,
    ChargesWithdrawn: _of_charges,
    Admitted: _of_stay,
    Discharged: _of_stay,
    AdmissionWithdrawn: _of_stay,
    DischargeWithdrawn: _of_stay,
    FaceChecked: _of_check,
    FaceExcused: _of_check,
    RegisterRead: _of_register,
}
