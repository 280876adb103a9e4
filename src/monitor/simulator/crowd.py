"""Customers who know nothing of each other: when they come, and which of them stand in a group by chance."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from monitor.simulator.day import NIGHT_RUSH, RUSH, clock
from monitor.simulator.providers import DAY, Provider

SMALL = ("banlangen", "huoxiang", "loratadine", "ambroxol", "smectite", "domperidone")
GROUP, GROUP_S = 4, 120
"""So many within so many seconds are what a rule may take for a group."""
_SHOP_WEEK = (104, 100, 98, 98, 102, 105, 93)
"""Sales of a day in per cent of the mean, from Monday on."""
_EPOCH_WEEKDAY = 3
"""1970-01-01 was a Thursday."""
_SPREAD = 0.5


def sizes(rng: Random, pharmacies: Sequence[Provider], *, mean: int) -> list[tuple[Provider, float]]:
    """Mean sales a day of each: log-normal, so that the tenth that sells most sells about twice the mean."""
    raw = [min(3.5, max(0.3, rng.lognormvariate(0, _SPREAD))) for _ in pharmacies]
    scale = mean * len(raw) / sum(raw)
    return [(pharmacy, size * scale) for pharmacy, size in zip(pharmacies, raw, strict=True)]


def customers(rng: Random, shop: Provider, mean: float, today: int) -> list[int]:
    """When customers of that day reach the till, in seconds, in order; nearly Poisson, by the hours of the day."""
    expected = mean * _SHOP_WEEK[(today // DAY + _EPOCH_WEEKDAY) % 7] / 100
    count = max(0, round(rng.gauss(expected, expected**0.5)))
    return sorted(today + _second(rng, shop) for _ in range(count))


def _second(rng: Random, shop: Provider) -> int:
    while True:
        second = clock(rng, NIGHT_RUSH if shop.open_24h and rng.random() < 0.1 else RUSH)
        if shop.open_24h or shop.opens + 300 <= second <= shop.closes - 900:
            return second


def grouped(times: Sequence[int]) -> list[bool]:
    """Of each of these times (in order) whether it lies in a window of GROUP_S seconds with at least GROUP of them."""
    kept = [False] * len(times)
    for last in range(GROUP - 1, len(times)):
        first = last - GROUP + 1
        if times[last] - times[first] <= GROUP_S:
            kept[first : last + 1] = [True] * GROUP
    return kept


def told(rng: Random, times: Sequence[int], *, alone: int) -> list[int]:
    """Who stood in a group, and of those who came alone one in `alone` (0: none of them)."""
    return [
        at
        for at, together in zip(times, grouped(times), strict=True)
        if together or (alone and not rng.randrange(alone))
    ]
