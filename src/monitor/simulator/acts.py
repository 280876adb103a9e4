"""What people do: buy at a pharmacy, see a doctor, lie in a ward. Each act is a few calls in time order."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from random import Random

import msgspec

from monitor.simulator import hospital, pharmacy, register, settlement
from monitor.simulator.catalogue import ITEMS, ONE, WARD_DRUGS, WARD_SERVICES, Basket, one
from monitor.simulator.hospital import Diagnoses, Visit
from monitor.simulator.people import Person
from monitor.simulator.pharmacy import Sale
from monitor.simulator.providers import DAY, HOUR, Provider
from monitor.simulator.settlement import Settled
from monitor.simulator.stage import Stage
from monitor.simulator.wire import Call, Line, again, failed, unanswered

Act = Generator[Call, None, Settled]


class Treated(msgspec.Struct, frozen=True):
    """A settled visit with its checks (3101, 3102)."""

    settled: Settled
    checks: Sequence[Call]


PLAIN = Sale()
BRISK = Sale(steps=False)


def sale(
    stage: Stage,
    person: Person,
    shop: Provider,
    basket: Basket,
    *,
    at: int,
    way: Sale = PLAIN,
    hiccup: str = "",
) -> Act:
    """A purchase settled at `at`; `hiccup` as in `ending`."""
    desk = stage.desk
    lines = desk.bill(basket, at=at, rx_circ=way.rx_circ)
    lines[0].amount += way.misprint
    for number, line in enumerate(lines):
        if way.boxes is not None:
            line.boxes = way.boxes if number == 0 else ()
        elif line.item.list_type == "101":
            line.boxes = tuple(desk.box() for _ in range(line.count // ONE))
    if way.steps:
        yield register.read_register(desk, shop, person, at=at - 95)
        yield pharmacy.drug_sale(desk, shop, person, lines, at=at - 32, settle=False, way=way).call
    boxes = [line.boxes for line in lines]
    if way.by_goods:
        for line in lines:
            line.boxes = ()

    def ring_up(when: int) -> Settled:
        return pharmacy.drug_sale(desk, shop, person, lines, at=when, settle=True, way=way)

    settled = yield from ending(stage, ring_up(at), ring_up, hiccup=hiccup)
    if way.by_goods and any(boxes):
        for line, codes in zip(lines, boxes, strict=True):
            line.boxes = codes
        yield pharmacy.goods(desk, settled, at=settled.call.sent + 45, trdn=way.trdn)
    return settled


def repeated(
    stage: Stage, person: Person, shop: Provider, key: str, times: Sequence[int], *, way: Sale
) -> Generator[Call, None, list[Settled]]:
    """One pack of the same drug at each of these times."""
    sold = []
    for at in times:
        settled = yield from sale(stage, person, shop, [one(key)], at=at, way=way)
        sold.append(settled)
    return sold


def ending(stage: Stage, settled: Settled, retry: Callable[[int], Settled], *, hiccup: str) -> Act:
    """How a settlement comes to its end.

    `""`: at once. `failed`: refused, then a new call. `unknown`: no answer, then the same call again.
    `undone`: no answer, a 2601, a new call. `resent`: the answer came, and the same call again.
    """
    call = settled.call
    if hiccup in ("failed", "undone"):
        if hiccup == "failed":
            yield failed(call, err_msg="结算失败: 系统繁忙, 请稍后重试")
        else:
            yield unanswered(call)
            yield settlement.compensation(stage.desk, call, settled.person, at=call.sent + 40)
        settled = retry(call.sent + 75)
        yield settled.call
        return settled
    if hiccup == "unknown":
        yield unanswered(call)
        yield again(call, after_s=50)
        return settled
    yield call
    if hiccup == "resent":
        yield again(call, after_s=20)
    return settled


class Plan(msgspec.Struct, frozen=True):
    """How an out-patient visit goes. `faces`: results of the 9601 or 9602 at the door, one character each."""

    med_type: str = "11"
    checks: bool = True
    faces: str = ""
    biz: str = "14"
    family: bool = False
    read: bool = True
    slow: int = 100
    misprint: int = 0
    withdrawn: Basket | None = None
    remark: bool = False


USUAL = Plan()


def visit(
    stage: Stage,
    person: Person,
    where: Provider,
    diagnoses: Diagnoses,
    basket: Basket,
    *,
    at: int,
    plan: Plan = USUAL,
    hiccup: str = "",
) -> Generator[Call, None, Treated]:
    """An out-patient visit that begins at `at`, settled a quarter of an hour later (times `slow` %)."""
    desk = stage.desk

    def later(seconds: int) -> int:
        return at + seconds * plan.slow // 100

    if plan.read:
        yield register.read_register(desk, where, person, at=at)
    for number, result in enumerate(plan.faces):
        yield hospital.face(desk, where, person, at=at + 30 + number * 15, biz=plan.biz, result=result)
    registered, seen = hospital.register(
        desk, where, person, at=later(90), med_type=plan.med_type, diagnoses=diagnoses
    )
    yield registered
    yield hospital.examine(desk, seen, at=later(400))
    if plan.withdrawn:
        yield hospital.upload(
            desk, seen, desk.bill(plan.withdrawn, at=later(420)), at=later(420), batch="B0009"
        )
        yield hospital.withdraw_batch(desk, seen, at=later(430), batch="B0009")
    lines = desk.bill(basket, at=later(450))
    lines[0].amount += plan.misprint
    checks: list[Call] = []
    if plan.checks:
        checks.append(hospital.check(desk, seen, lines, at=later(450), infno="3101"))
        yield checks[-1]
        if plan.remark:
            yield hospital.feedback(desk, seen, at=later(480), jr_id="JR" + checks[-1].msgid)
    yield hospital.upload(desk, seen, lines, at=later(520))
    yield hospital.settle(desk, seen, lines, at=later(790), final=False, family=plan.family).call
    if plan.checks:
        checks.append(hospital.check(desk, seen, lines, at=later(820), infno="3102"))
        yield checks[-1]

    def cashier(when: int) -> Settled:
        return hospital.settle(desk, seen, lines, at=when, final=True, family=plan.family)

    settled = yield from ending(stage, cashier(later(860)), cashier, hiccup=hiccup)
    return Treated(settled, checks)


def ward_basket(rng: Random, *, bed: str = "bed_three", nights: int = 1) -> Basket:
    """One day in a ward: bed, nursing, rounds, some drugs and services; no item of a frequency limit."""
    basket: Basket = [(ITEMS[key], ONE, 0) for key in (bed, "care_second") for _ in range(nights)]
    drugs = rng.sample(WARD_DRUGS, k=rng.randint(1, 3))
    return basket + [(item, rng.randint(1, 4) * ONE, 0) for item in (*drugs, *rng.sample(WARD_SERVICES, k=3))]


class Stayed(msgspec.Struct):
    """A stay while it lasts: its visit, the calls made for it and the lines that are not settled yet."""

    stay: Visit
    calls: list[Call]
    lines: list[Line]


def admission(
    stage: Stage, person: Person, where: Provider, diagnoses: Diagnoses, *, at: int, med_type: str = "2101"
) -> Generator[Call, None, Stayed]:
    """2401 at `at`."""
    call, stay = hospital.admit(stage.desk, where, person, at=at, diagnoses=diagnoses, med_type=med_type)
    yield call
    return Stayed(stay, [call], [])


def ward_day(
    stage: Stage, stayed: Stayed, *, at: int, basket: Basket | None = None, lines: Sequence[Line] = ()
) -> Generator[Call, None, None]:
    """2301 at `at` with `lines`, or with a day's `basket` that is charged at `at`."""
    if not lines:
        lines = stage.desk.bill(ward_basket(stage.rng) if basket is None else basket, at=at)
    call = hospital.upload(stage.desk, stayed.stay, lines, at=at)
    stayed.calls.append(call)
    stayed.lines += lines
    yield call


def nights(
    stage: Stage, stayed: Stayed, *, until: int, since: int = 0, evening: int | None = None
) -> Generator[Call, None, None]:
    """One 2301 in the evening of each day from admission (or `since`) to the day before `until`.

    `evening` is the second of the day, any between eight and nine when not given.
    """
    first = max(stayed.stay.begun, since)
    first -= first % DAY
    for day in range(first, until - until % DAY, DAY):
        clock = 20 * HOUR + stage.rng.randrange(HOUR) if evening is None else evening
        yield from ward_day(stage, stayed, at=max(day + clock, stayed.stay.begun + 600))


def leaving(
    stage: Stage, stayed: Stayed, *, at: int, way: str = "1", died: str = "", ended: int | None = None
) -> Act:
    """2402 at `at`, then 2303 and 2304 over all lines."""
    end = at if ended is None else ended
    stayed.calls.append(hospital.discharge(stage.desk, stayed.stay, at=at, ended=end, way=way, died=died))
    yield stayed.calls[-1]
    yield hospital.settle(stage.desk, stayed.stay, stayed.lines, at=at + 240, final=False).call
    settled = hospital.settle(stage.desk, stayed.stay, stayed.lines, at=at + 300, final=True)
    yield settled.call
    return settled
