"""Which rules may have anything to say of a settlement: told from its lines, its diagnoses and its person's history.

Nearly every rule has nothing to say of nearly every settlement. What a rule needs is one bit each; what is there of a
settlement makes a number, and which rules to ask is put together once for each number that occurs.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from monitor.events import COUNT_UNIT, PRICE_UNIT
from monitor.memory.history import History
from monitor.memory.subjects import Settlement
from monitor.reference import Reference
from monitor.rules.rule import Limits, Need, Rule

Asked: TypeAlias = tuple[Rule, Limits]
"""A rule and what holds for it."""

PRODUCT_PER_FEN: Final = PRICE_UNIT * COUNT_UNIT // 100
_BITS: Final = {need: 1 << position for position, need in enumerate(Need)}
INEXACT, SUPPLY, DEATH, REGISTER, CHECKS, STAYS = (
    _BITS[need] for need in (Need.INEXACT, Need.SUPPLY, Need.DEATH, Need.REGISTER, Need.CHECKS, Need.STAYS)
)
DIAGNOSES_REMEMBERED: Final = 65_536


class Asking:
    """The rules about settlements and orders that are not off between two changes of the region."""

    __slots__ = ("_by_number", "_diagnosis_bits", "_item_bits", "_reference", "_required", "_rules")

    def __init__(self, rules: Sequence[Asked], reference: Reference) -> None:
        self._rules = rules
        self._reference = reference
        self._by_number: dict[int, tuple[Asked, ...]] = {}
        tables = [table for rule, _ in rules for table in (rule.table, rule.diagnoses) if table]
        bits = {table: 1 << len(Need) + position for position, table in enumerate(dict.fromkeys(tables))}
        self._required = [
            (_BITS[rule.needs] if rule.needs else 0) | bits.get(rule.table, 0) | bits.get(rule.diagnoses, 0)
            for rule, _ in rules
        ]
        self._item_bits: dict[str, int] = {}
        for table in {rule.table for rule, _ in rules if rule.table}:
            for item in getattr(reference, table):
                self._item_bits[item] = self._item_bits.get(item, 0) | bits[table]
        prefixes = [
            (tuple(prefix for prefix, _ in getattr(reference, table)), bits[table])
            for table in {rule.diagnoses for rule, _ in rules if rule.diagnoses}
        ]

        @lru_cache(DIAGNOSES_REMEMBERED)
        def diagnosis_bits(code: str) -> int:
            return sum(bit for listed, bit in prefixes if code.startswith(listed))

        self._diagnosis_bits = diagnosis_bits

    @property
    def rules(self) -> Iterable[Asked]:
        """All of them."""
        return self._rules

    def about(self, settlement: Settlement, history: History) -> tuple[Asked, ...]:
        """Those that may have something to say of a settlement, in the order of the catalogue."""
        there = self._of_lines(settlement)
        for diagnosis in history.diagnoses(settlement):
            there |= self._diagnosis_bits(diagnosis.code)
        if history.register:
            there |= REGISTER
        if history.checks:
            there |= CHECKS
        if history.stays:
            there |= STAYS
        if history.death_day is not None or settlement.fact.person in self._reference.died:
            there |= DEATH
        asked = self._by_number.get(there)
        if asked is None:
            asked = self._by_number[there] = tuple(
                one for one, bits in zip(self._rules, self._required, strict=True) if bits & there == bits
            )
        return asked

    def _of_lines(self, settlement: Settlement) -> int:
        there, listed = 0, self._item_bits
        for line in settlement.lines:
            if line.item in listed:
                there |= listed[line.item]
            if line.supply_days > 0:
                there |= SUPPLY
            if line.price * line.count != line.amount * PRODUCT_PER_FEN:
                there |= INEXACT
        return there
