"""A week of a city: the frauds and the innocents of every day among customers who know nothing of each other.

Where `City` keeps ordinary sales of a pharmacy apart, so that whatever is found was put there, here everybody comes when
they like: groups form by chance, as they do. So it shows whom a duty officer is told of, and how often for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from random import Random

import msgspec

from monitor.simulator import acts, crowd, day, knowledge, people, providers
from monitor.simulator.catalogue import STAY_DIAGNOSES, one
from monitor.simulator.frauds_claims import CLAIM_FRAUDS
from monitor.simulator.frauds_scenes import SCENE_FRAUDS
from monitor.simulator.innocents_till import TILL_INNOCENTS
from monitor.simulator.innocents_ward import WARD_INNOCENTS
from monitor.simulator.order import Timed, arrivals, begun, together
from monitor.simulator.providers import DAY, HOUR
from monitor.simulator.stage import ADULT, Cast, Stage
from monitor.simulator.truth import Row
from monitor.simulator.wire import Call, day_of

FRAUDS: tuple[Cast, ...] = (*CLAIM_FRAUDS, *SCENE_FRAUDS)
INNOCENTS: tuple[Cast, ...] = (*TILL_INNOCENTS, *WARD_INNOCENTS)
MONDAY = date(2026, 3, 9)
_SCENES = (9 * HOUR, 19 * HOUR)
_NIGHT = (1200, 5 * HOUR)
_PLAN_AHEAD_S = 900
"""So long before midnight the next day is planned: whoever buys at 00:01 shows the card before."""
_LONGEST_STAY = 9
_WARD_WEEK = (125, 112, 105, 102, 100, 80, 55)
"""Visits of a day in per cent of the mean, from Monday on."""
_SUNDAY = 6


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """How big the city is, and how much happens in it.

    `sales` and `visits`: mean of a day, for a pharmacy and for a hospital. `alone`: of the customers who stood in no
    group (see `crowd`) one in so many is told, because nothing can be seen in the others; 1 tells of all.
    `frauds` and `innocents`: how often a day each scene plays. `past`: days before, of which groups alone are told.
    """

    days: int = 7
    pharmacies: int = 319
    hospitals: int = 112
    sales: int = 100
    alone: int = 10
    visits: int = 2
    stays: int = 40
    frauds: int = 1
    innocents: int = 2
    past: int = 28


CITY = Shape()


class Week:
    """Same seed, shape and start: same bytes. Nobody has two stories, so who is innocent is known."""

    def __init__(self, *, seed: int, shape: Shape = CITY, start: date = MONDAY) -> None:
        self.seed = seed
        self.shape = shape
        self.start = start
        rng = Random(f"week {seed}")
        self.pharmacies, self.hospitals = providers.build(
            rng, pharmacies=shape.pharmacies, hospitals=shape.hospitals
        )
        self.crowds = crowd.sizes(rng, self.pharmacies, mean=shape.sales)
        played = shape.days * (shape.frauds + shape.innocents)
        self.cast = people.build(rng, count=3_000 + 600 * played, today=start)
        """Everybody who plays in a scene; who just buys is made up day by day."""
        self.persons = len(self.cast)
        self.truth: list[Row] = []

    def write_reference(self, folder: Path) -> None:
        """The CSV tables for MONITOR_REFERENCE; of persons only those of the scenes, whose deaths matter."""
        knowledge.write_reference(
            folder, providers=(*self.pharmacies, *self.hospitals), persons=self.cast, year=self.start.year
        )

    def feed(self) -> Iterator[bytes]:
        """The records in order of arrival, a day planned at a time; `truth` grows as they are taken."""
        rng = Random(f"week's feed {self.seed}")
        pool = people.Pool(rng, self.cast)
        monday = day_of(self.start)
        stage = Stage(rng, today=monday, pool=pool, pharmacies=self.pharmacies, hospitals=self.hospitals)
        self.truth, self.persons = stage.truth, len(self.cast)
        ahead: list[Timed] = []
        for number in range(self.shape.days):
            stage.today = monday + number * DAY
            ahead += self._scenes(stage)
            ahead += [day.withdrawn(stage, turn) for turn in range(self.shape.hospitals // 8)]
        yield from arrivals(together(ahead, self._days(stage, monday)))

    def _scenes(self, stage: Stage) -> Iterator[Timed]:
        for casts, turns in ((FRAUDS, self.shape.frauds), (INNOCENTS, self.shape.innocents)):
            for cast in casts * turns:
                first, last = _NIGHT if cast.night else _SCENES
                yield begun(iter(cast.play(stage, stage.today + stage.rng.randrange(first, last))))

    def _days(self, stage: Stage, monday: int) -> Iterator[tuple[int, list[Timed]]]:
        for number in range(-self.shape.past, self.shape.days):
            stage.today = monday + number * DAY
            plan = self._past_day(stage) if number < 0 else self._day(stage, number)
            if number == -min(self.shape.past, _LONGEST_STAY):
                plan += self._stays(stage, monday)
            yield stage.today - _PLAN_AHEAD_S, plan

    def _strangers(self, stage: Stage, count: int) -> people.Pool:
        # As old as they are on that day: nobody has a birthday between two acts of a story.
        today = date.fromordinal(self.start.toordinal() + (stage.today - day_of(self.start)) // DAY)
        fresh = people.build(stage.rng, count=count, today=today, first=self.persons)
        self.persons += len(fresh)
        return people.Pool(stage.rng, fresh)

    def _customers(self, stage: Stage, *, alone: int) -> list[tuple[providers.Provider, int]]:
        return [
            (shop, at)
            for shop, mean in self.crowds
            for at in crowd.told(stage.rng, crowd.customers(stage.rng, shop, mean, stage.today), alone=alone)
        ]

    def _past_day(self, stage: Stage) -> list[Timed]:
        stories: list[Timed] = []
        groups = self._customers(stage, alone=0)
        pool = self._strangers(stage, len(groups) + len(groups) // 50 + 9)
        for shop, at in groups:
            person = pool.next()
            if person is not None:
                basket = [one(stage.rng.choice(crowd.SMALL))]
                stories.append(
                    (at, acts.sale(stage, person, shop, basket, at=at, way=acts.BRISK)),
                )
        return stories

    def _day(self, stage: Stage, number: int) -> list[Timed]:
        rng, weekday = stage.rng, (self.start.weekday() + number) % 7
        seen = self.shape.visits * self.shape.hospitals * _WARD_WEEK[weekday] // 100
        open_today = [h for h in self.hospitals if weekday != _SUNDAY or h.level != "1"]
        arrived = self._customers(stage, alone=self.shape.alone)
        pool = self._strangers(stage, (len(arrived) + seen) * 102 // 100 + 9)
        stories = day.sign_ins(stage)
        for shop, at in arrived:
            person = pool.next()
            if person is not None:
                bought = day.purchase(stage, person, shop, at, steps=0.1, goods=0.05)
                stories.append((at - 200, day.varied(rng, bought)))
        for _ in range(seen):
            stories += self._visit(stage, pool, open_today)
        return stories

    def _visit(self, stage: Stage, pool: people.Pool, hospitals: Sequence[providers.Provider]) -> list[Timed]:
        rng, person = stage.rng, pool.next()
        complaint = None if person is None else day.complaint_of(rng, person)
        if person is None or complaint is None:
            return []
        at, where = stage.today + day.clock(rng, day.WARD_RUSH), rng.choice(hospitals)
        return [(at, day.varied(rng, day.consultation(stage, person, complaint, at, where=where)))]

    def _stays(self, stage: Stage, monday: int) -> list[Timed]:
        """Everybody who lies in a ward some time of the week, from up to nine days before it on."""
        first, end = monday - _LONGEST_STAY * DAY, monday + self.shape.days * DAY
        count = self.shape.stays * (self.shape.days + _LONGEST_STAY)
        pool = self._strangers(stage, count * 2)
        stories: list[Timed] = []
        for _ in range(count):
            person = pool.next()
            while person is not None and person.age < ADULT:
                person = pool.next()
            at = first + stage.rng.randrange((end - first) // DAY) * DAY + day.clock(stage.rng, day.WARD_RUSH)
            if person is not None:
                stories.append((at, day.varied(stage.rng, _stay(stage, person, at, end))))
        return stories


def _stay(stage: Stage, person: people.Person, at: int, end: int) -> Iterator[Call]:
    """A stay of one to nine days; after the week nothing more is told of it."""
    rng, where = stage.rng, stage.rng.choice(stage.hospitals)
    home = at - at % DAY + rng.randint(1, _LONGEST_STAY) * DAY + 8 * HOUR + rng.randrange(8 * HOUR)
    stayed = yield from acts.admission(stage, person, where, [rng.choice(STAY_DIAGNOSES)], at=at)
    yield from acts.nights(stage, stayed, until=min(home, end))
    if home < end:
        yield from acts.leaving(stage, stayed, at=home)
