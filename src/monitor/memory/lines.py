"""Which charge lines belong to which settlement of a visit (contract §1 'Lines of a settlement', §4 'Lines').

Lines are uploaded (2204, 2301), withdrawn (2205, 2302), taken by the next live settlement, and reduced by refund lines.
All of it is a function of what holds, in order of call time; so a reversal frees its lines without anybody freeing them.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from msgspec.structs import replace

from monitor.events import Charged, ChargesWithdrawn, Line, Settled, Withdrawal

SettlementKey: TypeAlias = tuple[int, str]
Refund: TypeAlias = tuple[SettlementKey, int, int]
"""(key of the settlement it came with, count, amount), both positive."""

UPLOAD, WITHDRAW, SETTLE = range(3)
"""At the same second lines are there before they are withdrawn, and withdrawn before they are settled ('not later')."""


def line_order(line: Line) -> tuple[int, str]:
    """Order of the lines within one settlement."""
    return (line.at, line.number)


def carried(lines: Sequence[Line]) -> list[Line]:
    """The lines of a settlement that carries them (2102): each number once, refunds netted, in order."""
    if len(lines) == 1 and not lines[0].refund_of:
        return list(lines)
    return _net(_once(lines))


def refunds_of_others(lines: Sequence[Line]) -> list[Line]:
    """The refund lines of a settlement that carries them, each once, for lines that it does not carry itself."""
    once = _once(lines)
    numbers = {line.number for line in once}
    return [line for line in once if line.refund_of and line.refund_of not in numbers]


def refunded(key: SettlementKey, refund: Line) -> Refund:
    """What a refund line takes away from the settlement `key` on."""
    return (key, abs(refund.count), abs(refund.amount))


def left_of(line: Line, refunds: Iterable[Refund], seen_from: SettlementKey) -> Line | None:
    """What is left of a settled line for somebody who looks from a later settlement."""
    count, amount = line.count, line.amount
    for key, less_count, less_amount in refunds:
        if key <= seen_from:
            count, amount = count - less_count, amount - less_amount
    if count == line.count:
        return line
    return replace(line, count=count, amount=amount) if count > 0 else None


class VisitLines:
    """The lines of one visit, settled and not."""

    __slots__ = ("_pool", "refunds", "settled")

    def __init__(self) -> None:
        self._pool: dict[str, Line] = {}
        self.settled: dict[str, SettlementKey] = {}
        self.refunds: dict[tuple[SettlementKey, str], list[Refund]] = {}
        """Refunds of lines in earlier settlements (by its key and number): they count from the refund's own on."""

    def upload(self, line: Line) -> None:
        """A number that is known already is the same line."""
        if line.number not in self._pool and line.number not in self.settled:
            self._pool[line.number] = line

    def holds(self, number: str) -> bool:
        """Whether a line waits or is settled."""
        return number in self._pool or number in self.settled

    def withdraw(self, what: Withdrawal) -> None:
        """Take back lines that no live settlement holds."""
        if what.number is not None:
            self._pool.pop(what.number, None)
        elif what.batch is not None:
            self._pool = {n: line for n, line in self._pool.items() if line.batch != what.batch}
        else:
            self._pool.clear()

    def settle(self, key: SettlementKey, batch: str) -> list[Line]:
        """The lines that a settlement takes: all that wait, or those of its batch."""
        taken = [line for line in self._pool.values() if not batch or line.batch == batch]
        for line in taken:
            del self._pool[line.number]
            self.settled[line.number] = key
        for line in taken:
            if line.refund_of:
                self._refund(key, line, {one.number for one in taken})
        return _net(taken)

    def _refund(self, key: SettlementKey, refund: Line, together: set[str]) -> None:
        target = refund.refund_of
        if target in together:
            return
        if target in self.settled:
            self.refunds.setdefault((self.settled[target], target), []).append(refunded(key, refund))
        elif target in self._pool:
            reduced = _reduced(self._pool[target], refund)
            if reduced is None:
                del self._pool[target]
            else:
                self._pool[target] = reduced


def visit_lines(
    charges: Sequence[tuple[Charged, Line]],
    withdrawals: Sequence[tuple[ChargesWithdrawn, Withdrawal]],
    settlements: Sequence[Settled],
) -> tuple[VisitLines, dict[SettlementKey, list[Line]]]:
    """Walk through one visit in order of call time -> its lines, and those of each settlement (by (at, msgid))."""
    steps: list[tuple[int, int, str, int, Line | Withdrawal | Settled]] = []
    steps += [(fact.at, UPLOAD, fact.msgid, n, line) for n, (fact, line) in enumerate(charges)]
    steps += [(fact.at, WITHDRAW, fact.msgid, n, what) for n, (fact, what) in enumerate(withdrawals)]
    steps += [(fact.at, SETTLE, fact.msgid, n, fact) for n, fact in enumerate(settlements)]
    steps.sort(key=lambda step: step[:4])
    visit, taken = VisitLines(), {}
    for at, _, msgid, _, what in steps:
        if type(what) is Line:
            visit.upload(what)
        elif type(what) is Withdrawal:
            visit.withdraw(what)
        elif type(what) is Settled:
            taken[at, msgid] = visit.settle((at, msgid), what.batch)
    return visit, taken


def _once(lines: Iterable[Line]) -> list[Line]:
    first: dict[str, Line] = {}
    for line in lines:
        first.setdefault(line.number, line)
    return list(first.values())


def _net(lines: list[Line]) -> list[Line]:
    """Refund lines applied to the lines they name and gone; the rest in line order."""
    kept: dict[str, Line] = {line.number: line for line in lines if not line.refund_of}
    if len(kept) < len(lines):
        for refund in lines:
            target = kept.get(refund.refund_of) if refund.refund_of else None
            if target is None:
                continue
            reduced = _reduced(target, refund)
            if reduced is None:
                del kept[target.number]
            else:
                kept[target.number] = reduced
        lines = list(kept.values())
    if len(lines) > 1:
        lines.sort(key=line_order)
    return lines


def _reduced(line: Line, refund: Line) -> Line | None:
    """What is left of a line; None when its count is used up."""
    count = line.count - abs(refund.count)
    return replace(line, count=count, amount=line.amount - abs(refund.amount)) if count > 0 else None
