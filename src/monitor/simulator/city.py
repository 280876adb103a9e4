"""The city: a day of its claims as feed records, the truth about them, and the reference tables that fit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random

import orjson

from monitor.simulator import day, knowledge, people, providers
from monitor.simulator.frauds_claims import CLAIM_FRAUDS
from monitor.simulator.frauds_scenes import SCENE_FRAUDS
from monitor.simulator.innocents_till import TILL_INNOCENTS
from monitor.simulator.innocents_ward import WARD_INNOCENTS
from monitor.simulator.order import Timed, arrivals, begun, together
from monitor.simulator.providers import DAY, HOUR
from monitor.simulator.register import read_register, sign_in
from monitor.simulator.stage import Cast, Stage
from monitor.simulator.truth import Row
from monitor.simulator.wire import day_of

CASTS: tuple[Cast, ...] = (*CLAIM_FRAUDS, *SCENE_FRAUDS, *TILL_INNOCENTS, *WARD_INNOCENTS)
START = date(2026, 3, 10)
_OPENING = 7 * HOUR + 2100
_LATER = (9 * HOUR, 19 * HOUR)
_NIGHT = (1200, 5 * HOUR)
_RECORDS_PER_REPEAT = 25_000
_SCENE_RECORDS = 485
_SMALLEST = 3_000


class City:
    """A made-up city. `records` decides its size: 100,000 are a day of 320 pharmacies and 60 hospitals.

    Same seed, start and records: same bytes. Every scene plays once early in the morning, and again
    later in the day for each further 25,000 records. Up to 40 days of what the rules must know come first.
    `scenes_by_s`: the second of the day by which every scene has begun to come to a head.
    Below 3,000 records the day is cut off where the records end.
    """

    def __init__(
        self, *, seed: int, start: date = START, records: int = 20_000, scenes_by_s: int = 9 * HOUR
    ) -> None:
        self.seed = seed
        self.start = start
        self.records = records
        self.scenes_by_s = scenes_by_s
        size = max(records, _SMALLEST)
        rng = Random(f"city {seed}")
        self.pharmacies, self.hospitals = providers.build(
            rng, pharmacies=max(48, size * 320 // 100_000), hospitals=max(18, size * 60 // 100_000)
        )
        self.people = people.build(rng, count=max(2_500, size * 35 // 100), today=start)
        self.truth: list[Row] = []

    def write_reference(self, folder: Path) -> None:
        """The CSV tables for MONITOR_REFERENCE."""
        knowledge.write_reference(
            folder,
            providers=(*self.pharmacies, *self.hospitals),
            persons=self.people,
            year=self.start.year,
        )

    def feed(self) -> Iterator[bytes]:
        """The records, one JSON object each, in order of arrival; `truth` grows as they are taken.

        Call times rise but for delays under five minutes between providers, and for a few pharmacies that
        were cut off and send up to 40 minutes of sales at once. Each call of `feed` begins again.
        """
        rng = Random(f"feed {self.seed}")
        pool = people.Pool(rng, self.people)
        stage = Stage(
            rng, today=day_of(self.start), pool=pool, pharmacies=self.pharmacies, hospitals=self.hospitals
        )
        self.truth = stage.truth
        stories = _scenes(stage, repeats=self.records // _RECORDS_PER_REPEAT, by_s=self.scenes_by_s)
        stories += day.plan(stage, _volume(self.records, sign_ins=len(self.pharmacies) + len(self.hospitals)))
        left = self.records
        for line in arrivals(together(stories)):
            if not left:
                return
            left -= 1
            yield line
        yield from self._night_reads(stage, left)

    def _night_reads(self, stage: Stage, count: int) -> Iterator[bytes]:
        """Balance enquiries after midnight fill the feed up to its number of records."""
        for number in range(count):
            person, shop = stage.pool.next(), self.pharmacies[number % len(self.pharmacies)]
            at = stage.today + DAY + 600 + number // 4
            # Nobody of the day's stories: a record read later can clear what was found.
            if person is None:
                call = sign_in(stage.desk, shop, at=at)
            else:
                call = read_register(stage.desk, shop, person, at=at)
            yield orjson.dumps(call.record)


def _volume(records: int, *, sign_ins: int) -> day.Volume:
    """Stories for the rest of the records, at 3.1 calls a sale, 7.6 a visit, 4 a refill, 7.5 a stay."""
    ordinary = max(records - _SCENE_RECORDS * (1 + records // _RECORDS_PER_REPEAT) - sign_ins, 200)
    return day.Volume(
        sales=ordinary * 145 // 1000,
        visits=ordinary * 545 // 10_000,
        refills=ordinary * 6 // 1000,
        stays=ordinary * 7 // 1000,
        admissions=ordinary * 3 // 1000,
        withdrawals=max(7, ordinary * 7 // 10_000),
        reads=ordinary * 12 // 1000,
    )


def _scenes(stage: Stage, *, repeats: int, by_s: int) -> list[Timed]:
    """Every scene of the cast, its first call already made: it has reserved what it needs."""
    stories: list[Timed] = []
    for turn in range(repeats + 1):
        for cast in CASTS:
            first, last = _NIGHT if cast.night else _LATER if turn else (_OPENING, by_s)
            at = stage.today + stage.rng.randrange(first, last)
            stories.append(begun(cast.play(stage, at)))
    return stories
