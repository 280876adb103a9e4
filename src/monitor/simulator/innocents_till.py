"""Innocents at a pharmacy's till that look like frauds and are none."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from monitor.simulator import hospital, pharmacy, register, settlement
from monitor.simulator.acts import BRISK, Plan, admission, nights, repeated, sale, visit
from monitor.simulator.catalogue import one
from monitor.simulator.knowledge import SHOP_PLACEHOLDER
from monitor.simulator.people import Person
from monitor.simulator.pharmacy import Sale
from monitor.simulator.providers import DAY, HOUR, Provider
from monitor.simulator.settlement import Settled
from monitor.simulator.stage import Cast, Stage
from monitor.simulator.wire import Call, again, day_text

MINUTE = 60
_SMALL = ("banlangen", "huoxiang", "loratadine", "ambroxol", "smectite", "domperidone")
_FAMILY = Sale(steps=False, family=True)


def early_refill(stage: Stage, at: int) -> Iterator[Call]:
    """Twenty-eight days bought 22 days ago: the six that are left do not count."""
    person, shop = stage.adult(ages=(40, 90)), stage.counter(at, at)
    before = yield from sale(stage, person, shop, [one("valsartan")], at=at - 22 * DAY)
    sold = yield from sale(stage, person, shop, [one("valsartan")], at=at)
    stage.innocent("GZ10000101009000", "early refill", sold, calls=[before])


def family_shops_on_one_card(stage: Stage, at: int) -> Iterator[Call]:
    """Four things for four relatives, each paid from one family account."""
    person, shop = stage.adult(), stage.counter(at, at + 6 * MINUTE)
    sold = []
    for number in range(4):
        basket = [one(_SMALL[number])]
        sold.append((yield from sale(stage, person, shop, basket, at=at + 90 * number, way=_FAMILY)))
    stage.innocent("LOC-CARD-REPEAT", "family shops on one card", sold[-1], calls=sold[:-1])


def family_buys_often(stage: Stage, at: int) -> Iterator[Call]:
    """Six boxes of one drug in a month for several relatives, from the family account."""
    person, shop = stage.adult(healthy=True), stage.counter(at, at)
    times = [at - days * DAY for days in (25, 20, 15, 10, 5, 0)]
    sold = yield from repeated(stage, person, shop, "banlangen", times, way=_FAMILY)
    stage.innocent("GZ10000204003000", "family buys often", sold[-1], calls=sold[:-1])


def family_at_two_pharmacies(stage: Stage, at: int) -> Iterator[Call]:
    """Two relatives use one family account at two pharmacies within a quarter of an hour."""
    person = stage.adult()
    shop, other = stage.counter(at, at), stage.counter(at + 14 * MINUTE, at + 14 * MINUTE)
    first = yield from sale(stage, person, shop, [one("ambroxol")], at=at, way=_FAMILY)
    second = yield from sale(stage, person, other, [one("huoxiang")], at=at + 14 * MINUTE, way=_FAMILY)
    stage.innocent("LOC-CARD-HOPPING", "family at two pharmacies", second, calls=[first])


def relatives_shop_together(stage: Stage, at: int) -> Iterator[Call]:
    """Three of one household, half a minute apart."""
    people, shop = stage.pool.household(3, in_care=False), stage.counter(at, at + 60)
    yield from _queue(stage, people, shop, at=at, gap_s=30, scenario="relatives shop together")


def care_home_queues(stage: Stage, at: int) -> Iterator[Call]:
    """Six residents of a care home, one after the other: never four within 120 seconds."""
    people, shop = stage.pool.household(6, in_care=True), stage.counter(at, at + 225)
    yield from _queue(stage, people, shop, at=at, gap_s=45, scenario="care home queues")


def care_home_in_pairs(stage: Stage, at: int) -> Iterator[Call]:
    """Three residents in a minute, three more three minutes later."""
    people, shop = stage.pool.household(6, in_care=True), stage.counter(at, at + 300)
    first = yield from _sales(stage, people[:3], shop, at=at, gap_s=25)
    second = yield from _sales(stage, people[3:], shop, at=at + 230, gap_s=25)
    stage.innocent("LOC-PHARMACY-BURST", "care home in two groups", second[-1], calls=[*first, *second[:-1]])


def _queue(
    stage: Stage, people: list[Person], shop: Provider, *, at: int, gap_s: int, scenario: str
) -> Iterator[Call]:
    sold = yield from _sales(stage, people, shop, at=at, gap_s=gap_s)
    stage.innocent("LOC-PHARMACY-BURST", scenario, sold[-1], calls=sold[:-1])


def _sales(
    stage: Stage, people: list[Person], shop: Provider, *, at: int, gap_s: int
) -> Generator[Call, None, list[Settled]]:
    sold = []
    for number, person in enumerate(people):
        basket = [one(_SMALL[number % len(_SMALL)])]
        sold.append((yield from sale(stage, person, shop, basket, at=at + gap_s * number, way=BRISK)))
    return sold


def four_strangers_by_chance(stage: Stage, at: int) -> Iterator[Call]:
    """Four customers who do not know each other: the rule fires, rightly, and it means nothing."""
    people, shop = [stage.adult() for _ in range(4)], stage.counter(at, at + 114)
    sold = yield from _sales(stage, people, shop, at=at, gap_s=38)
    stage.chance("LOC-PHARMACY-BURST", "four strangers by chance", sold[-1], calls=sold[:-1])


def corrections_at_the_till(stage: Stage, at: int) -> Iterator[Call]:
    """Four sales taken back after minutes and rung up again at once, on three days."""
    people, shop = [stage.adult() for _ in range(4)], stage.counter(at, at + HOUR)
    told: list[Call | Settled] = []
    for person, days, shift in zip(people, (5, 2, 0, 0), (0, 0, 0, 25), strict=True):
        when = at - days * DAY + shift * MINUTE
        wrong = yield from sale(stage, person, shop, [one("danshen"), one("huoxiang")], at=when, way=BRISK)
        back = settlement.reversal(stage.desk, wrong, at=when + 5 * MINUTE)
        yield back
        right = yield from sale(stage, person, shop, [one("danshen")], at=when + 9 * MINUTE, way=BRISK)
        told += [wrong, back, right]
    stage.innocent("LOC-SETTLE-REFUND", "corrections at the till", told[-1], calls=told[:-1])


def night_pharmacy(stage: Stage, at: int) -> Iterator[Call]:
    """A sale at night where it is always open."""
    person, shop = stage.adult(), stage.counter(at, at, open_24h=True)
    sold = yield from sale(stage, person, shop, [one("smectite")], at=at)
    stage.innocent("LOC-OFF-HOURS", "pharmacy open at night", sold)


def machine_at_night(stage: Stage, at: int) -> Iterator[Call]:
    """The shop is closed, its vending machine is not (opter_type 2)."""
    person, shop = stage.adult(), stage.counter(at, at)
    sold = yield from sale(
        stage, person, shop, [one("lianhua")], at=at, way=Sale(steps=False, opter_type="2")
    )
    stage.innocent("LOC-OFF-HOURS", "machine at night", sold)


def order_by_phone_at_night(stage: Stage, at: int) -> Iterator[Call]:
    """A mobile order (opter_type 3) at night."""
    person, shop = stage.adult(), stage.counter(at, at)
    sold = yield from sale(
        stage, person, shop, [one("loratadine")], at=at, way=Sale(steps=False, opter_type="3")
    )
    stage.innocent("LOC-OFF-HOURS", "order by phone at night", sold)


def box_sold_in_parts(stage: Stage, at: int) -> Iterator[Call]:
    """One box opened for two customers, both sales marked trdn_flag 1."""
    first, second, shop = stage.adult(), stage.adult(), stage.counter(at, at + HOUR)
    way = Sale(boxes=(stage.desk.box(),), trdn="1")
    before = yield from sale(stage, first, shop, [one("ibuprofen")], at=at, way=way)
    sold = yield from sale(stage, second, shop, [one("ibuprofen")], at=at + HOUR, way=way)
    stage.innocent("LOC-TRACE-REUSED", "box sold in parts", sold, calls=[before])


def box_returned_and_sold_again(stage: Stage, at: int) -> Iterator[Call]:
    """Returned (3506A) with its sale taken back, then sold to somebody else."""
    first, second, shop = stage.adult(), stage.adult(), stage.counter(at - DAY, at)
    way = Sale(boxes=(stage.desk.box(),))
    before = yield from sale(stage, first, shop, [one("tiotropium")], at=at - DAY, way=way)
    given_back = pharmacy.goods(stage.desk, before, at=at - HOUR, returned=True)
    yield given_back
    undone = settlement.reversal(stage.desk, before, at=at - HOUR + 60)
    yield undone
    sold = yield from sale(stage, second, shop, [one("tiotropium")], at=at, way=way)
    stage.innocent(
        "LOC-TRACE-REUSED", "box returned and sold again", sold, calls=[before, given_back, undone]
    )


def placeholder_code(stage: Stage, at: int) -> Iterator[Call]:
    """Two tills print the same code for goods that have none (table trace_ignore)."""
    first, second = stage.adult(), stage.adult()
    shop, other = stage.counter(at, at), stage.counter(at + HOUR, at + HOUR)
    way = Sale(boxes=(SHOP_PLACEHOLDER,))
    before = yield from sale(stage, first, shop, [one("huoxiang")], at=at, way=way)
    sold = yield from sale(stage, second, other, [one("huoxiang")], at=at + HOUR, way=way)
    stage.innocent("LOC-TRACE-REUSED", "placeholder code", sold, calls=[before])


def sale_sent_twice(stage: Stage, at: int) -> Iterator[Call]:
    """The till sends one settlement three times: the msgid is the same, so is the sale."""
    person, shop = stage.adult(), stage.counter(at, at + MINUTE)
    sold = yield from sale(stage, person, shop, [one("domperidone")], at=at)
    yield again(sold.call, after_s=20)
    yield again(sold.call, after_s=50)
    stage.innocent("LOC-CARD-REPEAT", "sale sent three times", sold)


def outcome_unknown(stage: Stage, at: int) -> Iterator[Call]:
    """A settlement without an answer, undone by 2601, then one that went through."""
    person, shop = stage.adult(), stage.counter(at, at + 3 * MINUTE)
    sold = yield from sale(stage, person, shop, [one("rabeprazole")], at=at, hiccup="undone")
    stage.innocent("LOC-CARD-REPEAT", "outcome unknown, undone, sold", sold)


def cover_paid_for_late(stage: Stage, at: int) -> Iterator[Call]:
    """'Paused' at the till, so refused; an hour later the employer's payment is booked, back to before."""
    person, shop, where = stage.adult(), stage.counter(at, at), stage.hospital()
    today = at // DAY
    paused = register.read_register(
        stage.desk, shop, person, at=at - 90, status="2", paused=day_text(today - 12)
    )
    yield paused
    sold = yield from sale(stage, person, shop, [one("ambroxol")], at=at, way=BRISK)
    back = register.read_register(stage.desk, where, person, at=at + HOUR, since=day_text(today - 12))
    yield back
    stage.innocent("LOC-COVER-INACTIVE", "cover paid for late", sold, calls=[paused, back], must=[sold])


def shopping_on_leave(stage: Stage, at: int) -> Iterator[Call]:
    """A patient on leave (9601 biz 20 until 21) buys in town and returns to the ward."""
    person, where, shop = stage.adult(), stage.hospital(), stage.counter(at, at)
    stayed = yield from admission(stage, person, where, [("S72.000", "股骨颈骨折")], at=at - 4 * DAY)
    yield from nights(stage, stayed, until=at)
    gone = hospital.face(
        stage.desk, where, person, at=at - HOUR, biz="20", result="1", mdtrt_id=stayed.stay.mdtrt_id
    )
    yield gone
    sold = yield from sale(stage, person, shop, [one("huoxiang")], at=at)
    back = hospital.face(
        stage.desk, where, person, at=at + HOUR, biz="21", result="1", mdtrt_id=stayed.stay.mdtrt_id
    )
    yield back
    stage.innocent("LOC-STAY-OVERLAP", "shopping on leave", sold, calls=[*stayed.calls, gone, back])


def prescription_filled_outside(stage: Stage, at: int) -> Iterator[Call]:
    """The ward sends a prescription to a pharmacy (rx_circ_flag 1)."""
    person, where, shop = stage.adult(), stage.hospital(), stage.counter(at, at)
    stayed = yield from admission(stage, person, where, [("I50.900", "心力衰竭")], at=at - 3 * DAY)
    yield from nights(stage, stayed, until=at)
    sold = yield from sale(stage, person, shop, [one("clopidogrel")], at=at, way=Sale(rx_circ="1"))
    stage.innocent("LOC-STAY-OVERLAP", "prescription filled outside", sold, calls=stayed.calls)


def waiting_for_results(stage: Stage, at: int) -> Iterator[Call]:
    """The pharmacy after the doctor: two settlements, one of them in a hospital."""
    person, where, shop = (
        stage.adult(healthy=True),
        stage.hospital(),
        stage.counter(at + 25 * MINUTE, at + 25 * MINUTE),
    )
    cold = [("J00.x00", "急性鼻咽炎")]
    done = yield from visit(stage, person, where, cold, [one("consult")], at=at, plan=Plan(checks=False))
    sold = yield from sale(stage, person, shop, [one("ambroxol")], at=at + 25 * MINUTE, way=BRISK)
    stage.innocent("LOC-CARD-HOPPING", "pharmacy after the doctor", sold, calls=[done.settled])


TILL_INNOCENTS: tuple[Cast, ...] = (
    Cast("GZ10000101009000", "early refill", early_refill),
    Cast("LOC-CARD-REPEAT", "family shops on one card", family_shops_on_one_card),
    Cast("GZ10000204003000", "family buys often", family_buys_often),
    Cast("LOC-CARD-HOPPING", "family at two pharmacies", family_at_two_pharmacies),
    Cast("LOC-PHARMACY-BURST", "relatives shop together", relatives_shop_together),
    Cast("LOC-PHARMACY-BURST", "care home queues", care_home_queues),
    Cast("LOC-PHARMACY-BURST", "care home in two groups", care_home_in_pairs),
    Cast("LOC-PHARMACY-BURST", "four strangers by chance", four_strangers_by_chance),
    Cast("LOC-SETTLE-REFUND", "corrections at the till", corrections_at_the_till),
    Cast("LOC-OFF-HOURS", "pharmacy open at night", night_pharmacy, night=True),
    Cast("LOC-OFF-HOURS", "machine at night", machine_at_night, night=True),
    Cast("LOC-OFF-HOURS", "order by phone at night", order_by_phone_at_night, night=True),
    Cast("LOC-TRACE-REUSED", "box sold in parts", box_sold_in_parts),
    Cast("LOC-TRACE-REUSED", "box returned and sold again", box_returned_and_sold_again),
    Cast("LOC-TRACE-REUSED", "placeholder code", placeholder_code),
    Cast("LOC-CARD-REPEAT", "sale sent three times", sale_sent_twice),
    Cast("LOC-CARD-REPEAT", "outcome unknown, undone, sold", outcome_unknown),
    Cast("LOC-COVER-INACTIVE", "cover paid for late", cover_paid_for_late),
    Cast("LOC-STAY-OVERLAP", "shopping on leave", shopping_on_leave),
    Cast("LOC-STAY-OVERLAP", "prescription filled outside", prescription_filled_outside),
    Cast("LOC-CARD-HOPPING", "pharmacy after the doctor", waiting_for_results),
)
