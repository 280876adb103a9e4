"""Hospitals and pharmacies: when they are open, how fast their calls arrive, where they belong."""

from __future__ import annotations

from bisect import bisect_left, insort
from random import Random

import msgspec

HOUR = 3_600
DAY = 86_400
SPACING_S = 41
"""Ordinary sales of one pharmacy keep this distance: four persons then never fall into 120 s by chance."""
DELAY_MAX_S = 240
"""How much later than its call time a record may arrive when its provider is not cut off."""

_DISTRICTS = ("430102", "430103", "430104", "430105", "430111", "430112")
_CITY = "晴川"
_SHOPS = ("益康", "同仁", "百草", "仁济", "惠民", "康源", "福寿", "杏林", "安泰", "和顺")
_WARDS = ("人民医院", "中医医院", "妇幼保健院", "骨科医院", "社区卫生服务中心")


class Provider(msgspec.Struct, frozen=True):
    """A designated institution. `kind` 1 hospital, 2 pharmacy; opening in seconds of the day; `delay` in s.

    Between `cut_off` and `back` (seconds of the day, 0 0 = never) its line is down: what it did then arrives
    at `back`.
    """

    code: str
    name: str
    kind: str
    level: str
    admvs: str
    group: str
    clerk: str
    open_24h: bool
    face_check: bool
    opens: int
    closes: int
    delay: int
    cut_off: int = 0
    back: int = 0

    def arrival(self, sent: int) -> int:
        """When a call sent at `sent` reaches the platform's log; keeps the order of the provider's calls."""
        due = sent + self.delay
        clock = sent % DAY
        if self.cut_off <= clock < self.back:
            return max(due, sent - clock + self.back)
        return due


def build(rng: Random, *, pharmacies: int, hospitals: int) -> tuple[list[Provider], list[Provider]]:
    """Pharmacies and hospitals; one pharmacy in eight never closes, two hospitals in three have cameras."""
    shops = [_pharmacy(rng, number) for number in range(1, pharmacies + 1)]
    wards = [_hospital(rng, number) for number in range(1, hospitals + 1)]
    return shops, wards


def _pharmacy(rng: Random, number: int) -> Provider:
    open_24h = number % 8 == 0
    offline = number % 29 == 5
    opens = rng.choice((7 * HOUR, 7 * HOUR + 1800))
    down = rng.randrange(13 * HOUR, 17 * HOUR, 60) if offline else 0
    return Provider(
        code=f"P430100{number:05d}",
        name=f"{_CITY}市{_SHOPS[number % 10]}大药房第{number}店",
        kind="2",
        level="",
        admvs=_DISTRICTS[number % 6],
        group="",
        clerk=f"收银员{number:03d}",
        open_24h=open_24h,
        face_check=False,
        opens=0 if open_24h else opens,
        closes=DAY if open_24h else rng.choice((21 * HOUR, 21 * HOUR + 1800, 22 * HOUR)),
        delay=_delay(rng, number),
        cut_off=down,
        back=down + rng.randrange(900, 2400) if offline else 0,
    )


def _hospital(rng: Random, number: int) -> Provider:
    level = "3" if number % 5 == 1 else "2" if number % 5 in (2, 3) else "1"
    lead = number - number % 5 + 1
    return Provider(
        code=f"H430100{number:05d}",
        name=f"{_CITY}市第{number}{_WARDS[number % 5]}",
        kind="1",
        level=level,
        admvs=_DISTRICTS[number % 6],
        group=f"H430100{lead:05d}",
        clerk=f"结算员{number:03d}",
        open_24h=True,
        face_check=number % 3 != 0,
        opens=7 * HOUR + 1800,
        closes=18 * HOUR,
        delay=_delay(rng, number),
    )


def _delay(rng: Random, number: int) -> int:
    """Most lines are prompt; every seventh lags by up to four minutes."""
    return rng.randrange(30, DELAY_MAX_S) if number % 7 == 3 else rng.randrange(4)


class Board:
    """Which seconds of which pharmacy are taken, so that ordinary customers do not form groups by chance."""

    def __init__(self) -> None:
        self._booked: dict[str, list[int]] = {}
        self._blocks: dict[str, list[tuple[int, int]]] = {}

    def block(self, provider: Provider, *, start: int, end: int) -> bool:
        """Keep [start, end] for one scene; False when another scene is there already."""
        blocks = self._blocks.setdefault(provider.code, [])
        if any(start <= taken_end and taken_start <= end for taken_start, taken_end in blocks):
            return False
        blocks.append((start, end))
        return True

    def book(self, provider: Provider, at: int) -> int:
        """The first free second from `at` on, SPACING_S from other sales there and outside all scenes."""
        booked = self._booked.setdefault(provider.code, [])
        blocks = self._blocks.get(provider.code, [])
        while True:
            end = next((end for start, end in blocks if start <= at <= end), None)
            if end is not None:
                at = end + 1
                continue
            index = bisect_left(booked, at - SPACING_S + 1)
            if index < len(booked) and booked[index] < at + SPACING_S:
                at = booked[index] + SPACING_S
                continue
            insort(booked, at)
            return at
