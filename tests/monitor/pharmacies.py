"""Days of one pharmacy by chance, and what its rules find in them the naive way: lists, all windows, no state."""

from collections.abc import Iterable, Sequence

from hypothesis import strategies as st
from msgspec import Struct

from monitor.events import DAY, HOUR, MINUTE, Reversed, Settled, Undone
from monitor.reference import Provider, Reference
from monitor.rules.examples import moment
from tests.monitor.histories import Dice

Event = Settled | Reversed | Undone

PHARMACY = "P1"
WORLD = Reference(providers={PHARMACY: Provider(code=PHARMACY, kind="2")}, digest="pharmacy")
START = moment("10 22:30")
MOMENTS = (
    *range(0, 400, 40),
    120,
    121,
    240,
    30 * MINUTE,
    31 * MINUTE,
    HOUR,
    DAY,
    3 * DAY,
    29 * DAY,
    31 * DAY,
)
PERSONS = ("p1", "p2", "p3", "p4", "p5")
AFTER = (0, 14 * MINUTE, 15 * MINUTE, 15 * MINUTE + 1, 30 * MINUTE, -MINUTE)
KINDS = ("sale",) * 6 + ("refund",) * 3 + ("undone",) * 2


class Days:
    """Facts of a pharmacy; refunds and compensations name facts before or after them."""

    def __init__(self, seeds: Sequence[tuple[str, int]]) -> None:
        self._seeds = seeds
        self._sold = [index for index, (kind, _) in enumerate(seeds) if kind == "sale"]

    def all(self) -> list[Event]:
        return [self._fact(index) for index in range(len(self._seeds))]

    def _fact(self, index: int) -> Event:
        kind, number = self._seeds[index]
        dice, msgid = Dice(number), f"m{index:02}"
        person, at = dice.of(PERSONS), START + dice.of(MOMENTS) + dice.of((0, 0, DAY, 1))
        if kind == "undone":
            which = dice.below(len(self._seeds))
            infno = {"sale": "2102", "refund": "2103", "undone": "2601"}[self._seeds[which][0]]
            whose = self._fact_person(which) if not dice.one_in(6) else person
            return Undone(
                provider=PHARMACY,
                infno="2601",
                msgid=msgid,
                person=whose,
                at=at,
                of_msgid=f"m{which:02}",
                of_infno=infno,
            )
        if kind == "refund" and self._sold:
            sale = self._fact(self._sold[dice.below(len(self._sold))])
            return Reversed(
                provider=PHARMACY,
                infno=dice.of(("2103", "2103", "2103", "2208")),
                msgid=msgid,
                person=sale.person if not dice.one_in(6) else person,
                at=sale.at + dice.of(AFTER),
                settlement_id=sale.settlement_id,  # type: ignore[union-attr]  # `_sold` are sales
            )
        twin = self._sold[0] if dice.one_in(8) and self._sold else index
        if twin != index:
            # One setl_id of two persons is a conflict: the first to come stays, so the order would matter.
            person = self._fact(twin).person
        return Settled(
            provider=PHARMACY,
            infno="2102",
            msgid=msgid,
            person=person,
            at=at,
            settlement_id=f"s{twin:02}",
            terminal=dice.of(("1", "1", "2")),
            fee=100 * (index + 1),
            lines=(),
        )

    def _fact_person(self, index: int) -> str:
        """Whose a fact is; of a compensation of a compensation the first in the table."""
        return PERSONS[0] if self._seeds[index][0] == "undone" else self._fact(index).person


days = (
    st.integers(1, 40)
    .flatmap(
        lambda least: st.lists(
            st.tuples(st.sampled_from(KINDS), st.integers(0, (1 << 48) - 1)), min_size=least, max_size=40
        )
    )
    .map(lambda seeds: Days(seeds).all())
)
"""The length is drawn first, or most days would be too short for facts to meet."""


class Found(Struct, frozen=True, order=True):
    """A finding as a list model knows it."""

    rule_id: str
    evidence: tuple[str, ...]
    observed: int | None
    amount: int


def naively(events: Iterable[Event]) -> list[Found]:
    """All three rules of pharmacies."""
    facts = list({event.call: event for event in events}.values())
    sales = _live(facts)
    found = [*_bursts(sales), *_refunds(facts, sales)]
    found += [
        Found("LOC-OFF-HOURS", (sale.msgid,), None, sale.fee)
        for sale in sales
        if (sale.at % DAY >= 23 * HOUR or sale.at % DAY < 6 * HOUR) and sale.terminal == "1"
    ]
    return sorted(found, key=lambda one: (one.rule_id, one.evidence))


def _holds(fact: Event, facts: Sequence[Event]) -> bool:
    undoers = [
        u
        for u in facts
        if type(u) is Undone and (u.of_infno, u.of_msgid, u.person) == (fact.infno, fact.msgid, fact.person)
    ]
    if type(fact) is Undone:
        undoers = [u for u in undoers if (u.at, u.msgid) > (fact.at, fact.msgid)]
    return not any(_holds(u, facts) for u in undoers)


def _reversals(sale: Settled, facts: Sequence[Event]) -> list[Reversed]:
    return [
        r
        for r in facts
        if type(r) is Reversed
        and (r.settlement_id, r.person) == (sale.settlement_id, sale.person)
        and _holds(r, facts)
    ]


def _live(facts: Sequence[Event]) -> list[Settled]:
    live = [f for f in facts if type(f) is Settled and _holds(f, facts) and not _reversals(f, facts)]
    live.sort(key=lambda sale: (sale.at, sale.msgid))
    first: dict[str, Settled] = {}
    for sale in live:
        first.setdefault(sale.settlement_id, sale)
    return list(first.values())


def _bursts(sales: Sequence[Settled]) -> list[Found]:
    windows = []
    for last in sales:
        window = [sale for sale in sales if last.at - 120 <= sale.at <= last.at]
        persons = len({sale.person for sale in window})
        if persons >= 4:
            windows.append(({sale.msgid for sale in window}, persons))
    return _chains("LOC-PHARMACY-BURST", windows, sales)


def _refunds(facts: Sequence[Event], live: Sequence[Settled]) -> list[Found]:
    refunded: dict[str, Settled] = {}
    settled = [f for f in facts if type(f) is Settled and _holds(f, facts) and _reversals(f, facts)]
    for sale in sorted(settled, key=lambda sale: (sale.at, sale.msgid)):
        refunded.setdefault(sale.settlement_id, sale)
    cycles = []
    for sale in refunded.values():
        reversals = sorted(_reversals(sale, facts), key=lambda r: (r.at, r.msgid))
        if reversals[0].infno != "2103" or not 0 <= reversals[0].at - sale.at <= 15 * MINUTE:
            continue
        until = reversals[0].at + 30 * MINUTE
        if not any(other.person == sale.person and sale.at < other.at <= until for other in live):
            cycles.append(sale)
    cycles.sort(key=lambda sale: (sale.at, sale.msgid))
    windows = []
    for last in cycles:
        window = {sale.msgid for sale in cycles if last.at - 30 * DAY <= sale.at <= last.at}
        if len(window) >= 3:
            windows.append((window, len(window)))
    return _chains("LOC-SETTLE-REFUND", windows, cycles)


def _chains(rule_id: str, windows: list[tuple[set[str], int]], sales: Sequence[Settled]) -> list[Found]:
    """Unite windows that share a settlement until none do."""
    left, found = list(windows), []
    while left:
        together, most = left.pop()
        while touching := [w for w in left if w[0] & together]:
            left = [w for w in left if not w[0] & together]
            together = together.union(*(w[0] for w in touching))
            most = max(most, *(w[1] for w in touching))
        named = [sale for sale in sales if sale.msgid in together]
        found.append(Found(rule_id, tuple(s.msgid for s in named), most, sum(s.fee for s in named)))
    return found
