"""What is remembered of one trace code: the settlements that carry it."""

from collections.abc import Mapping

from monitor.events import TraceSale
from monitor.memory.findings import Findings
from monitor.memory.pieces import FINDING, SALE, Changes, decode, kind_of

NEVER = 1 << 62
SALES_MAX = 1_000
"""A code that is sold more often is no code; the oldest go first, counted."""


class TraceMemory:
    """Live sales of one code by settlement. What is no longer live is not kept: its persons' memories know."""

    __slots__ = ("_by_settlement", "_changes", "_oldest", "capped", "code", "findings")

    def __init__(self, code: str, changes: Changes | None = None) -> None:
        self.code = code
        self._changes = Changes() if changes is None else changes
        self.findings = Findings(self._changes)
        self.capped = 0
        self._by_settlement: dict[tuple[str, str], TraceSale] = {}
        self._oldest = NEVER

    @classmethod
    def load(cls, code: str, pieces: Mapping[str, bytes]) -> "TraceMemory":
        """The memory as it was written."""
        memory = cls(code)
        for piece, raw in pieces.items():
            value = decode(kind_of(piece), raw)
            if kind_of(piece) == FINDING:
                memory.findings.load(value)
            else:
                memory._by_settlement[value.provider, value.settlement_id] = value
                memory._oldest = min(memory._oldest, value.at)
        return memory

    def came(self, sale: TraceSale, raw: bytes) -> None:
        """The bytes of what is told next: it is kept as it came."""
        self._changes.came(sale, raw)

    def changes(self) -> dict[str, bytes | None]:
        """Pieces touched since the last call; None: forgotten."""
        return self._changes.take()

    @property
    def is_single(self) -> bool:
        """One sale and nothing ever said: what nearly every code is, and no rule has anything to say of it."""
        return len(self._by_settlement) == 1 and not self.findings.by_anchor

    @property
    def sales(self) -> list[TraceSale]:
        """Live sales by (setl_time, msgid)."""
        return sorted(self._by_settlement.values(), key=lambda sale: (sale.at, sale.msgid))

    def put(self, sale: TraceSale) -> bool:
        """Take up what is known now of one settlement's claim to the code; False when that is known already."""
        key = (sale.provider, sale.settlement_id)
        if not sale.live:
            if self._by_settlement.pop(key, None) is None:
                return False
            self._changes.drop((SALE, *key))
            return True
        if self._by_settlement.get(key) == sale:
            return False
        self._by_settlement[key] = sale
        self._oldest = min(self._oldest, sale.at)
        self._changes.put((SALE, *key), sale)
        if len(self._by_settlement) > SALES_MAX:
            self._forget(self.sales[0])
            self.capped += 1
        return True

    def forget(self, before: int) -> None:
        """Forget sales and findings before the horizon; nothing is withdrawn by that."""
        if before <= self._oldest:
            return
        self.findings.forget(before)
        # A finding that is told of still grows, so what it rests on is kept as long as it is.
        if self.findings.by_anchor:
            return
        for sale in list(self._by_settlement.values()):
            if sale.at < before:
                self._forget(sale)
        self._oldest = min((sale.at for sale in self._by_settlement.values()), default=NEVER)

    @property
    def fill(self) -> float:
        """Sales over the hard cap: near 1 the oldest are about to be forgotten early."""
        return len(self._by_settlement) / SALES_MAX

    def _forget(self, sale: TraceSale) -> None:
        del self._by_settlement[sale.provider, sale.settlement_id]
        self._changes.drop((SALE, sale.provider, sale.settlement_id))
