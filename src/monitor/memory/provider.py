"""What is remembered of a pharmacy: its settlements of some weeks and what took them back."""

from bisect import insort
from collections.abc import Mapping

from msgspec.structs import replace

from monitor.events import Reversed, Settled, Undone
from monitor.memory.facts import Added, Facts
from monitor.memory.findings import Findings
from monitor.memory.pieces import FACT, Changes, decode, kind_of

FACTS_MAX = 20_000
"""40 days of a pharmacy with 400 sales a day; the oldest go first, counted."""
FACTS_LEFT = 18_000


def sale_order(sale: Settled) -> tuple[int, str]:
    """(setl_time, msgid)."""
    return (sale.at, sale.msgid)


class ProviderMemory:
    """Sales of one pharmacy in order, without lines and trace codes: no rule about pharmacies reads them."""

    __slots__ = ("_changes", "_sales", "capped", "facts", "findings", "provider")

    def __init__(self, provider: str, changes: Changes | None = None) -> None:
        self.provider = provider
        self.facts = Facts()
        self._changes = Changes() if changes is None else changes
        self.findings = Findings(self._changes)
        self.capped = 0
        self._sales: list[Settled] | None = []

    @classmethod
    def load(cls, provider: str, pieces: Mapping[str, bytes]) -> "ProviderMemory":
        """The memory as it was written."""
        memory = cls(provider)
        for piece, raw in pieces.items():
            value = decode(kind_of(piece), raw)
            if kind_of(piece) == FACT:
                memory.facts.add(value)
            else:
                memory.findings.load(value)
        memory._sales = None
        return memory

    def changes(self) -> dict[str, bytes | None]:
        """Pieces touched since the last call; None: forgotten."""
        return self._changes.take()

    @property
    def sales(self) -> list[Settled]:
        """Live settlements by (setl_time, msgid); of one setl_id under two msgids the smaller stands for both."""
        if self._sales is None:
            first: dict[str, Settled] = {}
            for sale in self.facts.of(Settled):
                known = first.get(sale.settlement_id)
                if self.facts.stands(sale) and (known is None or sale_order(sale) < sale_order(known)):
                    first[sale.settlement_id] = sale
            self._sales = sorted(first.values(), key=sale_order)
        return self._sales

    def live(self, settlement_id: str) -> Settled | None:
        """The live settlement of a setl_id; under two msgids the smaller stands for both."""
        calls = self.facts.calls_of(self.provider, settlement_id)
        if len(calls) == 1:
            return calls[0] if self.facts.stands(calls[0]) else None
        return min((sale for sale in calls if self.facts.stands(sale)), key=sale_order, default=None)

    def refunds(self) -> list[tuple[Settled, Reversed]]:
        """Settlements that happened, and the reversal that took each back; of one setl_id the smaller call."""
        first: dict[str, tuple[Settled, Reversed]] = {}
        for sale in sorted(self.facts.reversed_sales(), key=sale_order):
            reversals = list(self.facts.reversals(sale))
            if reversals and sale.settlement_id not in first:
                first[sale.settlement_id] = sale, min(reversals, key=lambda one: (one.at, one.msgid))
        return list(first.values())

    def first_told(self, sale: Settled) -> Settled | None:
        """What was known before under the same call, else (where it holds) under the same setl_id."""
        known = self.facts.by_call.get(sale.call)
        if type(known) is Settled:
            return known
        calls = self.facts.calls_of(sale.provider, sale.settlement_id)
        return next(filter(self.facts.holds, calls), None) if calls else None

    def add(self, fact: Settled | Reversed | Undone) -> Added:
        """Remember a fact, without what no rule about pharmacies reads."""
        if type(fact) is Settled:
            fact = replace(fact, lines=None, traces=(), gender="", birth_day=None, begin=None, fund=0)
        added = self.facts.add(fact)
        if added is not Added.NEW:
            return added
        if self._changes.kept:
            self._changes.put((FACT, *fact.call), fact)
        if self._sales is not None:
            self._place(fact, self._sales)
        if len(self.facts.by_call) > FACTS_MAX:
            self._cap()
        return added

    def _place(self, fact: Settled | Reversed | Undone, sales: list[Settled]) -> None:
        """Keep the sales in order where that is simple: one more, or one less; else they are put together anew."""
        if isinstance(fact, Undone):
            if self.facts.named_by(fact) is not None:
                self._sales = None
            return
        calls = self.facts.calls_of(fact.provider, fact.settlement_id)
        if len(calls) > 1:
            self._sales = None
        elif type(fact) is Settled and self.facts.stands(fact):
            if not sales or sale_order(sales[-1]) < sale_order(fact):
                sales.append(fact)
            else:
                insort(sales, fact, key=sale_order)
        elif type(fact) is Reversed and calls and not self.facts.stands(calls[0]):
            self._sales = [sale for sale in sales if sale is not calls[0]]

    def forget(self, facts_before: int) -> None:
        """Forget what lies before the horizon."""
        self.findings.horizon = self.facts.reach(facts_before, FACTS_LEFT)
        if self.facts.oldest is None or self.facts.oldest >= facts_before:
            return
        for fact in self.facts.before(facts_before):
            self._drop(fact)  # type: ignore[arg-type]  # only such facts were added
        self.findings.forget(facts_before)

    @property
    def fill(self) -> float:
        """Facts over the hard cap: near 1 the oldest are about to be forgotten early."""
        return len(self.facts.by_call) / FACTS_MAX

    def _drop(self, fact: Settled | Reversed | Undone) -> None:
        self.facts.drop(fact)
        self._changes.drop((FACT, *fact.call))
        self._sales = None

    def _cap(self) -> None:
        for fact in self.facts.all_but(FACTS_LEFT):
            self._drop(fact)  # type: ignore[arg-type]  # only such facts were added
            self.capped += 1
        self.findings.horizon = self.facts.reach(self.findings.horizon, FACTS_LEFT)
