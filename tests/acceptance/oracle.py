"""The windows and sums of some rules the slow way: all facts on the table, no memory, no order of arrival."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Sale:
    """A counted pharmacy settlement; times in seconds, `undone` the time of its 2103."""

    at: int
    msgid: str
    person: str
    shop: str
    care: tuple[str, str]
    family: bool
    undone: int | None

    @property
    def live(self) -> bool:
        return self.undone is None


@dataclass(frozen=True)
class Line:
    """A charge line of a live settlement; days since some first day."""

    order: tuple[int, str, int, str]
    msgid: str
    sn: str
    person: str
    provider: str
    item: str
    day: int
    cnt: Decimal
    prd_days: int


Burst = tuple[frozenset[str], int]


def chains(windows: Iterable[tuple[Sequence[Sale], int]]) -> set[Burst]:
    """Firing windows (their sales and what was counted) that share a sale, as one burst each."""
    joined: list[tuple[set[str], int]] = []
    for sales, count in windows:
        names, highest = {each.msgid for each in sales}, count
        apart = []
        for known, known_count in joined:
            if known & names:
                names, highest = names | known, max(highest, known_count)
            else:
                apart.append((known, known_count))
        joined = [*apart, (names, highest)]
    return {(frozenset(names), count) for names, count in joined}


def sliding(
    sales: Sequence[Sale], seconds: int, least: int, count: Callable[[Sequence[Sale]], int]
) -> list[tuple[Sequence[Sale], int]]:
    """The windows that begin with a sale and count at least so much."""
    windows = [[x for x in sales if each.at <= x.at <= each.at + seconds] for each in sales]
    return [(window, count(window)) for window in windows if count(window) >= least]


def _by(sales: Iterable[Sale], key: Callable[[Sale], object]) -> list[list[Sale]]:
    groups: dict[object, list[Sale]] = defaultdict(list)
    for each in sales:
        groups[key(each)].append(each)
    return list(groups.values())


def persons(sales: Sequence[Sale]) -> int:
    return len({each.person for each in sales})


def pharmacy_bursts(sales: Iterable[Sale]) -> set[Burst]:
    live = [each for each in sales if each.live]
    return set().union(*(chains(sliding(group, 120, 4, persons)) for group in _by(live, lambda x: x.shop)))


def card_repeats(sales: Iterable[Sale]) -> set[Burst]:
    own = [each for each in sales if each.live and not each.family]
    found: set[Burst] = set()
    for group in _by(own, lambda x: (x.person, x.shop, x.care)):
        days = [(day, len(day)) for day in _by(group, lambda x: x.at // 86400) if len(day) >= 4]
        found |= chains([*sliding(group, 600, 3, len), *days])
    return found


def card_hopping(sales: Iterable[Sale]) -> set[Burst]:
    own = [each for each in sales if each.live and not each.family]

    def shops(window: Sequence[Sale]) -> int:
        return len({each.shop for each in window})

    return set().union(*(chains(sliding(group, 1800, 2, shops)) for group in _by(own, lambda x: x.person)))


def settle_refunds(sales: Sequence[Sale]) -> set[Burst]:
    """Within less than 30 days."""

    def corrected(cycle: Sale, undone: int) -> bool:
        return any(
            x.live and (x.person, x.shop) == (cycle.person, cycle.shop) and cycle.at < x.at <= undone + 1800
            for x in sales
        )

    cycles = [
        each
        for each in sales
        if each.undone is not None and each.undone - each.at <= 900 and not corrected(each, each.undone)
    ]
    return {
        (frozenset(each.msgid for each in group), len(group))
        for group in _by(cycles, lambda x: x.shop)
        if len(group) >= 3
    }


Breaches = dict[str, set[str]]


def _breaches(lines: Iterable[Line], breaching: Callable[[Line, list[Line]], bool]) -> Breaches:
    """By settlement the lines that breach, given the lines up to and with each in line order."""
    found: Breaches = defaultdict(set)
    before: list[Line] = []
    for line in sorted(lines, key=lambda x: x.order):
        before.append(line)
        if breaching(line, [x for x in before if (x.person, x.item) == (line.person, line.item)]):
            found[line.msgid].add(line.sn)
    return dict(found)


def once_per_day(lines: Iterable[Line]) -> Breaches:
    def breaching(line: Line, same: list[Line]) -> bool:
        return sum(x.cnt for x in same if (x.provider, x.day) == (line.provider, line.day)) > 1

    return _breaches(lines, breaching)


def item_frequency(lines: Iterable[Line], *, most: int, days: int) -> Breaches:
    def breaching(line: Line, same: list[Line]) -> bool:
        return sum(x.cnt for x in same if line.day - days < x.day <= line.day) > most

    return _breaches(lines, breaching)


def days_of_supply(lines: Iterable[Line], *, limit: int, early: int) -> Breaches:
    """For lines whose days of the fee rise with the line order."""

    def breaching(_: Line, same: list[Line]) -> bool:
        stock, day = 0, same[0].day
        for each in same:
            left = max(0, stock - (each.day - day))
            stock, day = (0 if left <= early else left) + each.prd_days, each.day
        return stock > limit

    return _breaches(lines, breaching)
