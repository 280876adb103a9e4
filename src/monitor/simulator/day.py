"""Ordinary life: who buys, sees a doctor or lies in a ward on the simulated day, and when.

Nobody in here breaches a rule: each person has one story, amounts multiply out, drugs fit their buyer.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import accumulate, chain
from random import Random

import msgspec

from monitor.simulator import acts, hospital, register, settlement, withdrawals
from monitor.simulator.catalogue import (
    ADD_ONS,
    CONDITIONS,
    ITEMS,
    ONE,
    ROUTINE,
    STAY_DIAGNOSES,
    Basket,
    Condition,
    herbs,
    medicines,
    more,
    one,
)
from monitor.simulator.order import Timed
from monitor.simulator.people import Person, fits
from monitor.simulator.pharmacy import Sale
from monitor.simulator.providers import DAY, HOUR, Provider
from monitor.simulator.stage import ADULT, Stage
from monitor.simulator.variants import vary
from monitor.simulator.wire import Call

RUSH = (0, 0, 0, 0, 0, 0, 0, 3, 9, 12, 11, 8, 5, 5, 6, 7, 8, 9, 10, 9, 7, 4, 0, 0)
WARD_RUSH = (0, 0, 0, 0, 0, 0, 0, 2, 12, 16, 13, 8, 3, 4, 10, 9, 6, 2, 0, 0, 0, 0, 0, 0)
NIGHT_RUSH = (4, 3, 2, 2, 2, 3, 5, 6, 7, 8, 8, 7, 6, 6, 6, 7, 7, 8, 9, 9, 8, 8, 7, 5)
_HOURS = range(24)
_HICCUPS = ("failed", "undone", "unknown", "resent")
_ACUTE = tuple(c for c in CONDITIONS.values() if not c.chronic and c.key != "uraemia")
_RETRY_S = 75


class Volume(msgspec.Struct, frozen=True):
    """How many stories of each kind a day holds."""

    sales: int
    visits: int
    refills: int
    stays: int
    admissions: int
    withdrawals: int
    reads: int


def plan(stage: Stage, volume: Volume) -> list[Timed]:
    """Every story of ordinary life, in no order. Counters of scenes must have been reserved before."""
    rng = stage.rng
    stories: list[Timed] = []
    stories += sign_ins(stage)
    stories += [story for _ in range(volume.stays) for story in _in_house(stage)]
    stories += [story for _ in range(volume.admissions) for story in _newly_admitted(stage)]
    stories += [withdrawn(stage, number) for number in range(volume.withdrawals)]
    stories += [story for _ in range(volume.refills) for story in monthly_refill(stage)]
    stories += [story for _ in range(volume.visits) for story in _seen_by_a_doctor(stage)]
    stories += [story for _ in range(volume.sales) for story in _customer(stage)]
    for _ in range(volume.reads):
        person = stage.pool.next()
        if person is not None:
            shop = rng.choice(stage.pharmacies)
            at = stage.today + clock(rng, RUSH)
            stories.append((at, iter((register.read_register(stage.desk, shop, person, at=at),))))
    return stories


def clock(rng: Random, rush: tuple[int, ...]) -> int:
    """A second of a day, more often in the hours that weigh more."""
    return rng.choices(_HOURS, cum_weights=_summed(rush))[0] * HOUR + rng.randrange(HOUR)


@cache
def _summed(rush: tuple[int, ...]) -> list[int]:
    return list(accumulate(rush))


def sign_ins(stage: Stage) -> list[Timed]:
    """Every provider's 9001 in the morning, and a few 1301."""
    stories: list[Timed] = []
    for number, provider in enumerate((*stage.pharmacies, *stage.hospitals)):
        at = stage.today + max(provider.opens, 6 * HOUR) + stage.rng.randrange(600)
        stories.append((at, iter((register.sign_in(stage.desk, provider, at=at),))))
        if number % 9 == 0:
            stories.append((at + 900, iter((register.download(stage.desk, provider, at=at + 900),))))
    return stories


def _open_shop(stage: Stage, at: int) -> tuple[Provider, int] | None:
    """A pharmacy that is open around `at` and the first free second of its till."""
    shop = stage.rng.choice(stage.pharmacies)
    second = at % DAY
    if not shop.open_24h and not shop.opens + 300 <= second <= shop.closes - 900:
        return None
    booked = stage.board.book(shop, at)
    return (shop, booked) if booked % DAY <= max(shop.closes - 120, second) else None


def _customer(stage: Stage) -> list[Timed]:
    rng, person = stage.rng, stage.pool.next()
    found = None
    while person is not None and found is None:
        # The first try is kept with its night hours for the shops that never close.
        found = _open_shop(stage, stage.today + clock(rng, NIGHT_RUSH if rng.random() < 0.1 else RUSH))
    if person is None or found is None:
        return []
    return [(found[1] - 200, varied(rng, purchase(stage, person, *found)))]


def complaint_of(rng: Random, person: Person) -> Condition | None:
    """What ails somebody today: something chronic, or something that fits age and sex."""
    if person.ailments and rng.random() < 0.6:
        return CONDITIONS[rng.choice(person.ailments)]
    fitting = [c for c in _ACUTE if fits(person, c.key)]
    return rng.choice(fitting) if fitting else None


def purchase(
    stage: Stage, person: Person, shop: Provider, at: int, *, steps: float = 0.93, goods: float = 0.25
) -> Iterator[Call]:
    """What somebody buys at `at`; shares of sales that are told with their 1101 and 2101, and with a 3505A."""
    rng = stage.rng
    complaint = complaint_of(rng, person)
    basket = [one("smectite")] if complaint is None else medicines(rng, complaint, most=4)
    if person.age >= ADULT and rng.random() < 0.04:
        basket, complaint = herbs(rng), None
    elif person.age >= ADULT:
        basket = more(rng, basket, ADD_ONS, most=2)
    way = Sale(
        steps=rng.random() < steps,
        family=person.age >= ADULT and complaint is None and rng.random() < 0.5,
        dise=(complaint.code, complaint.name) if complaint else ("", ""),
        by_goods=rng.random() < goods,
        opter_type=rng.choices("123", weights=(90, 6, 4))[0],
    )
    hiccup = rng.choice(_HICCUPS) if rng.random() < 0.012 else ""
    begun = at - _RETRY_S if hiccup in ("failed", "undone") else at
    sold = yield from acts.sale(stage, person, shop, basket, at=begun, way=way, hiccup=hiccup)
    if rng.random() < 0.004 and not hiccup:
        yield settlement.reversal(stage.desk, sold, at=at + rng.randrange(1200, 3000))


def monthly_refill(stage: Stage) -> list[Timed]:
    """Somebody chronically ill who bought for four weeks four weeks ago and comes back today."""
    rng, person = (
        stage.rng,
        stage.pool.find(lambda who: bool(who.ailments) and "prostate" not in who.ailments),
    )
    found, now = None, 0
    while found is None:
        now = stage.today + clock(rng, RUSH)
        found = _open_shop(stage, now)
    shop, at = found
    before = stage.board.book(shop, at - 28 * DAY)
    condition = CONDITIONS[person.ailments[0]]
    drugs = [ITEMS[key] for key in condition.drugs if key != "semaglutide"]
    basket: Basket = [(item, ONE * max(1, 28 // item.pack_days), 28) for item in (rng.choice(drugs),)]

    def twice() -> Iterator[Call]:
        yield from acts.sale(stage, person, shop, basket, at=before, way=acts.BRISK)
        yield from acts.sale(stage, person, shop, basket, at=at)

    return [(before, varied(rng, twice()))]


def _seen_by_a_doctor(stage: Stage) -> list[Timed]:
    rng, person = stage.rng, stage.pool.next()
    if person is None:
        return []
    complaint = complaint_of(rng, person)
    at = stage.today + clock(rng, WARD_RUSH)
    if complaint is None:
        return []
    return [(at, varied(rng, consultation(stage, person, complaint, at)))]


def consultation(
    stage: Stage, person: Person, complaint: Condition, at: int, *, where: Provider | None = None
) -> Iterator[Call]:
    """An out-patient visit that begins at `at`; in any hospital unless `where` names one."""
    rng = stage.rng
    where = where or rng.choice(stage.hospitals)
    services = rng.sample(complaint.services, k=rng.randint(0, len(complaint.services)))
    basket = [one("consult"), *(one(key) for key in services), *medicines(rng, complaint, most=4)]
    basket = more(rng, basket, ROUTINE, most=7)
    faces = rng.choices(("1", "01", "04", "03"), weights=(960, 25, 10, 5))[0] if where.face_check else ""
    plan = acts.Plan(
        med_type="14" if complaint.chronic else "11",
        checks=where.level != "1" or rng.random() < 0.5,
        faces=faces,
        slow=rng.randint(100, 300),
        withdrawn=[one("urine")] if rng.random() < 0.02 else None,
        remark=rng.random() < 0.03,
    )
    hiccup = rng.choice(_HICCUPS) if rng.random() < 0.012 else ""
    diagnoses = [(complaint.code, complaint.name)]
    done = yield from acts.visit(stage, person, where, diagnoses, basket, at=at, plan=plan, hiccup=hiccup)
    if rng.random() < 0.005 and not hiccup:
        yield settlement.reversal(
            stage.desk, done.settled, at=done.settled.call.sent + rng.randrange(600, 3000)
        )


def _in_house(stage: Stage) -> list[Timed]:
    """A stay that began up to nine days ago; one in four goes home today."""
    rng, person = stage.rng, stage.adult()
    where, home_today = rng.choice(stage.hospitals), rng.random() < 0.25
    begun = stage.today - rng.randint(1, 9) * DAY + clock(rng, WARD_RUSH)
    leaves = stage.today + 8 * HOUR + rng.randrange(8 * HOUR)

    def story() -> Iterator[Call]:
        stayed = yield from acts.admission(stage, person, where, [rng.choice(STAY_DIAGNOSES)], at=begun)
        yield from acts.nights(stage, stayed, until=leaves)
        if home_today:
            yield from acts.leaving(stage, stayed, at=leaves)
        else:
            yield from acts.nights(stage, stayed, until=leaves + DAY, since=leaves)

    return [(begun, varied(rng, story()))]


def _newly_admitted(stage: Stage) -> list[Timed]:
    rng, person, where = stage.rng, stage.adult(), stage.rng.choice(stage.hospitals)
    at = stage.today + clock(rng, WARD_RUSH)

    def story() -> Iterator[Call]:
        yield register.read_register(stage.desk, where, person, at=at - 120)
        if where.face_check:
            yield hospital.face(stage.desk, where, person, at=at - 60, biz="12", result="1")
        stayed = yield from acts.admission(stage, person, where, [rng.choice(STAY_DIAGNOSES)], at=at)
        yield from acts.nights(stage, stayed, until=at + DAY)

    return [(at - 120, varied(rng, story()))]


def withdrawn(stage: Stage, number: int) -> Timed:
    """Something a hospital takes back: each kind in its turn."""
    at = stage.today + 8 * HOUR + stage.rng.randrange(9 * HOUR)
    story = withdrawals.STORIES[number % len(withdrawals.STORIES)](stage, at)
    opening = next(story)
    return opening.sent, varied(stage.rng, chain((opening,), story))


def varied(rng: Random, story: Iterator[Call]) -> Iterator[Call]:
    """The story, with a tolerated change of form here and there; a repeated call keeps its bytes."""
    last: object = None
    for call in story:
        request = call.record["request"]
        if request is not last and rng.random() < 0.08:
            vary(rng, call.record)
        last = request
        yield call
