"""The facts of one key: what was said, and which of it holds.

A fact is remembered as it came; whether it *holds* is asked anew each time, so a reversal or a compensation works whatever
comes first, and taking it back works too. Nothing is ever changed in place.
"""

from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar

from msgspec.structs import replace

from monitor.events import Admitted, CallKey, Event, Fact, OrdersChecked, Reversed, Settled, Undone

E = TypeVar("E", bound=Event)
K = TypeVar("K")


SUBJECTS = frozenset({Settled, Admitted, OrdersChecked})
"""Kinds of facts that make what rules are asked about."""


class Added(StrEnum):
    """What became of a fact that was told."""

    NEW = "new"
    SAME = "duplicate"
    CONFLICT = "conflict"
    """Same identity, other content: the first stays."""


class Facts:
    """Facts by call. `holds` and `stands` are functions of the set of facts, never of the order in which they came."""

    __slots__ = ("_reversals", "_settled", "_undoers", "by_call", "kinds", "oldest")

    def __init__(self) -> None:
        self.by_call: dict[CallKey, Event] = {}
        self.oldest: int | None = None
        self._undoers: dict[CallKey, list[Undone]] = {}
        self._reversals: dict[tuple[str, str], list[Reversed]] = {}
        self._settled: dict[tuple[str, str], list[Settled]] = {}
        self.kinds: frozenset[type[Fact]] = frozenset()
        """What was ever remembered here, whether it holds or not; of a kind that is not in it there is nothing."""

    def add(self, fact: Event) -> Added:
        """Remember `fact`; a second one of the same call changes nothing."""
        key = fact.call
        known = self.by_call.get(key)
        if known is not None:
            return self.compare(fact)
        self.by_call[key] = fact
        if self.oldest is None or fact.at < self.oldest:
            self.oldest = fact.at
        kind = type(fact)
        if kind not in self.kinds:
            self.kinds = _with(self.kinds, kind)
        if type(fact) is Settled:
            self._settled.setdefault((fact.provider, fact.settlement_id), []).append(fact)
        elif type(fact) is Undone:
            self._undoers.setdefault((fact.provider, fact.of_infno, fact.of_msgid), []).append(fact)
        elif type(fact) is Reversed:
            self._reversals.setdefault((fact.provider, fact.settlement_id), []).append(fact)
        return Added.NEW

    def compare(self, fact: Event) -> Added:
        """What `add` would say, for a call whose answer is remembered; one that left no fact is the same."""
        known = self.by_call.get(fact.call)
        if known is None or known == fact or known == replace(fact, late=known.late):
            return Added.SAME
        return Added.CONFLICT

    def drop(self, fact: Event) -> None:
        """Forget `fact`."""
        self.by_call.pop(fact.call, None)
        if type(fact) is Settled:
            _take_out(self._settled, (fact.provider, fact.settlement_id), fact)
        elif type(fact) is Undone:
            _take_out(self._undoers, (fact.provider, fact.of_infno, fact.of_msgid), fact)
        elif type(fact) is Reversed:
            _take_out(self._reversals, (fact.provider, fact.settlement_id), fact)

    def all_but(self, kept: int) -> list[Event]:
        """The oldest facts, so that `kept` are left; afterwards `oldest` is exact for those."""
        facts = sorted(self.by_call.values(), key=lambda fact: (fact.at, fact.msgid))
        self.oldest = facts[-kept].at
        return facts[:-kept]

    def reach(self, horizon: int, kept: int) -> int:
        """Since when everything told is remembered: since `horizon`, unless there were too many facts."""
        full = self.oldest is not None and len(self.by_call) >= kept
        return max(horizon, self.oldest) if full and self.oldest is not None else horizon

    def before(self, horizon: int) -> list[Event]:
        """Facts older than `horizon`; afterwards `oldest` is exact for the rest."""
        if self.oldest is None or self.oldest >= horizon:
            return []
        old = [fact for fact in self.by_call.values() if fact.at < horizon]
        self.oldest = min((fact.at for fact in self.by_call.values() if fact.at >= horizon), default=None)
        return old

    def holds(self, fact: Event) -> bool:
        """Whether no compensation (2601) that itself holds names this call."""
        if not self._undoers:
            return True
        for undoer in self._undoers.get(fact.call, ()):
            if undoer.person != fact.person:
                continue
            # Two compensations that name each other: only the later can undo, or neither would ever end.
            if type(fact) is Undone and (undoer.at, undoer.msgid) <= (fact.at, fact.msgid):
                continue
            if self.holds(undoer):
                return False
        return True

    def reversals(self, settled: Settled) -> Iterator[Reversed]:
        """The reversals of a settlement that hold and fit in person and provider."""
        for reversal in self._reversals.get((settled.provider, settled.settlement_id), ()):
            if reversal.person == settled.person and self.holds(reversal):
                yield reversal

    def stands(self, settled: Settled) -> bool:
        """Whether a settlement is live: it holds, and no reversal of it does."""
        if self._undoers and not self.holds(settled):
            return False
        return not self._reversals or next(self.reversals(settled), None) is None

    def calls_of(self, provider: str, settlement_id: str) -> list[Settled]:
        """Every call that named a settlement, whether it stands or not."""
        return self._settled.get((provider, settlement_id), [])

    def misfits(self, reversal: Reversed) -> bool:
        """Whether the settlement it names is known here, but of another person or another provider."""
        known = [
            sale
            for (_, settlement_id), sales in self._settled.items()
            if settlement_id == reversal.settlement_id
            for sale in sales
        ]
        fits = any((s.provider, s.person) == (reversal.provider, reversal.person) for s in known)
        return bool(known) and not fits

    @property
    def settlement_count(self) -> int:
        """How many settlements were ever named."""
        return len(self._settled)

    def settlements(self) -> list[tuple[str, str]]:
        """(provider, setl_id) of every settlement that was ever named."""
        return list(self._settled)

    @property
    def has_subjects(self) -> bool:
        """Whether there is anything a rule may be asked about."""
        return not self.kinds.isdisjoint(SUBJECTS)

    @property
    def reversal_count(self) -> int:
        """How many settlements are named by a reversal."""
        return len(self._reversals)

    def reversed_sales(self) -> Iterator[Settled]:
        """Settlements that held until a reversal named them."""
        for key in self._reversals:
            for sale in self._settled.get(key, ()):
                if self.holds(sale):
                    yield sale

    def all_of(self, kind: type[E]) -> list[E]:
        """The facts of one kind, whether they hold or not."""
        return [fact for fact in self.by_call.values() if type(fact) is kind] if kind in self.kinds else []

    def of(self, kind: type[E]) -> Iterator[E]:
        """The facts of one kind that hold."""
        if kind not in self.kinds:
            return
        for fact in self.by_call.values():
            if type(fact) is kind and self.holds(fact):
                yield fact

    def named_by(self, undone: Undone) -> Event | None:
        """The fact that a compensation names, if it is known."""
        return self.by_call.get((undone.provider, undone.of_infno, undone.of_msgid))


@lru_cache
def _with(kinds: frozenset[type[Fact]], kind: type[Fact]) -> frozenset[type[Fact]]:
    """One object for each set that occurs: millions of persons share some dozens."""
    return kinds | {kind}


def _take_out(index: dict[K, list[E]], key: K, fact: E) -> None:
    left = [other for other in index.get(key, ()) if other is not fact]
    if left:
        index[key] = left
    else:
        index.pop(key, None)
