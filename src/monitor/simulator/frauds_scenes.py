"""Frauds that show in who was where and when: register, stays, faces, a pharmacy's till."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.simulator import hospital, register, settlement
from monitor.simulator.acts import BRISK, Plan, admission, leaving, nights, sale, visit
from monitor.simulator.catalogue import CONDITIONS, one
from monitor.simulator.pharmacy import Sale
from monitor.simulator.providers import DAY, HOUR
from monitor.simulator.stage import Cast, Stage
from monitor.simulator.wire import Call, day_text

MINUTE = 60
_SMALL = ("banlangen", "huoxiang", "loratadine", "ambroxol", "smectite", "domperidone")


def card_of_the_dead_at_a_pharmacy(stage: Stage, at: int) -> Iterator[Call]:
    """The register has known of the death for weeks."""
    person, shop = stage.pool.find(lambda _: True, dead=True), stage.counter(at, at)
    sold = yield from sale(stage, person, shop, [one("danshen"), one("dihuang")], at=at, way=BRISK)
    stage.fraud("LOC-DECEASED", "card of the dead at a pharmacy", sold, must=[sold])


def card_used_after_death_in_hospital(stage: Stage, at: int) -> Iterator[Call]:
    """Only the hospital's own discharge (dscg_way 5) tells of the death."""
    person, where, shop = stage.adult(ages=(60, 99)), stage.hospital(), stage.counter(at, at)
    stayed = yield from admission(stage, person, where, [("I50.900", "心力衰竭")], at=at - 8 * DAY)
    yield from nights(stage, stayed, until=at - 5 * DAY)
    died = day_text((at - 5 * DAY) // DAY)
    yield from leaving(stage, stayed, at=at - 5 * DAY, way="5", died=died)
    sold = yield from sale(stage, person, shop, [one("xuezhikang")], at=at, way=BRISK)
    stage.fraud("LOC-DECEASED", "card used after death in hospital", sold, calls=stayed.calls, must=[sold])


def settled_on_paused_cover(stage: Stage, at: int) -> Iterator[Call]:
    """The till has just read 'paused' and settles all the same."""
    person, shop = stage.adult(), stage.counter(at, at)
    read = register.read_register(
        stage.desk, shop, person, at=at - 100, status="2", paused=day_text(at // DAY - 30)
    )
    yield read
    sold = yield from sale(stage, person, shop, [one("lianhua"), one("huoxiang")], at=at, way=BRISK)
    stage.fraud("LOC-COVER-INACTIVE", "settled on paused cover", sold, calls=[read], must=[sold])


def settled_on_cover_read_long_ago(stage: Stage, at: int) -> Iterator[Call]:
    """'Ended' was read three days ago: a suspicion, no refusal."""
    person, shop, where = stage.adult(), stage.counter(at, at), stage.hospital()
    read = register.read_register(
        stage.desk, where, person, at=at - 3 * DAY, status="4", paused=day_text(at // DAY - 40)
    )
    yield read
    sold = yield from sale(stage, person, shop, [one("banlangen")], at=at, way=BRISK)
    stage.fraud("LOC-COVER-INACTIVE", "settled on cover read long ago", sold, calls=[read])


def in_two_beds_at_once(stage: Stage, at: int) -> Iterator[Call]:
    """A stay that never ended here, a whole stay elsewhere in the meantime."""
    person, first = stage.adult(), stage.hospital()
    second = stage.hospital(other=first)
    open_stay = yield from admission(stage, person, first, [("S72.000", "股骨颈骨折")], at=at - 5 * DAY)
    yield from nights(stage, open_stay, until=at - 3 * DAY)
    other = yield from admission(stage, person, second, [("J18.900", "肺炎")], at=at - 3 * DAY + HOUR)
    for day in (3, 2, 1):
        since, until = at - day * DAY, at - (day - 1) * DAY
        yield from nights(stage, open_stay, since=since, until=until, evening=20 * HOUR)
        yield from nights(stage, other, since=since, until=until, evening=21 * HOUR)
    settled = yield from leaving(stage, other, at=at)
    stage.fraud("LOC-STAY-OVERLAP", "in two beds at once", settled, calls=[*open_stay.calls, *other.calls])


def shopping_from_a_hospital_bed(stage: Stage, at: int) -> Iterator[Call]:
    """Three nights in a ward, no leave, and today's purchase across town."""
    person, where, shop = stage.adult(), stage.hospital(), stage.counter(at, at)
    stayed = yield from admission(stage, person, where, [("S72.000", "股骨颈骨折")], at=at - 3 * DAY)
    yield from nights(stage, stayed, until=at)
    sold = yield from sale(stage, person, shop, [one("danshen")], at=at)
    stage.fraud("LOC-STAY-OVERLAP", "shopping from a hospital bed", sold, calls=stayed.calls)


def impostor_at_the_window(stage: Stage, at: int) -> Iterator[Call]:
    """The camera says no twice, the window settles."""
    person, where = stage.adult(), stage.hospital(face_check=True)
    done = yield from visit(
        stage,
        person,
        where,
        [("K29.500", "慢性胃炎")],
        [one("consult"), one("ultrasound")],
        at=at,
        plan=Plan(faces="02"),
    )
    seen = done.checks[1]
    stage.fraud(
        "LOC-FACE-MISMATCH",
        "impostor at the window",
        done.settled,
        calls=done.checks,
        must=[done.settled],
        may=[seen],
    )
    stage.fraud("LOC-FACE-MISMATCH", "impostor at the check", seen, calls=[done.settled, *done.checks])


def impostor_at_the_till(stage: Stage, at: int) -> Iterator[Call]:
    """A pharmacy with a camera sells although the face did not fit."""
    person, shop = stage.adult(), stage.counter(at, at)
    checked = hospital.face(stage.desk, shop, person, at=at - 120, biz="15", result="0")
    yield checked
    sold = yield from sale(stage, person, shop, [one("dihuang")], at=at, way=Sale(steps=False))
    stage.fraud("LOC-FACE-MISMATCH", "impostor at the till", sold, calls=[checked], must=[sold])


def dialysis_without_the_patient(stage: Stage, at: int) -> Iterator[Call]:
    """Dialysis is billed where everybody signs in by face, and nobody signed in."""
    person, where = stage.adult(ages=(30, 90)), stage.hospital(face_check=True)
    uraemia = CONDITIONS["uraemia"]
    basket = [one("dialysis"), one("dialyser"), one("epoetin")]
    plan = Plan(med_type="14", checks=False)
    done = yield from visit(stage, person, where, [(uraemia.code, uraemia.name)], basket, at=at, plan=plan)
    stage.fraud("LOC-DIALYSIS-ABSENT", "dialysis without the patient", done.settled)


def cards_swiped_in_a_row(stage: Stage, at: int) -> Iterator[Call]:
    """Six strangers' cards within a minute and a half."""
    people = [stage.adult() for _ in range(6)]
    shop = stage.counter(at, at + 90)
    sold = []
    for number, person in enumerate(people):
        basket = [one(_SMALL[number])]
        sold.append((yield from sale(stage, person, shop, basket, at=at + 15 * number, way=BRISK)))
    stage.fraud("LOC-PHARMACY-BURST", "cards swiped in a row", sold[-1], calls=sold[:-1])


def the_same_cards_on_three_days(stage: Stage, at: int) -> Iterator[Call]:
    """Five cards come together within a minute, on three days: whoever keeps them swipes them all."""
    people = [stage.adult(healthy=True) for _ in range(5)]
    shop = stage.counter(at, at + 48)
    sold = []
    for turn, days in enumerate((6, 3, 0)):
        for number, person in enumerate(people):
            basket, when = [one(_SMALL[(number + turn) % 6])], at - days * DAY + 12 * number
            sold.append((yield from sale(stage, person, shop, basket, at=when, way=BRISK)))
    stage.fraud("LOC-PHARMACY-BURST", "the same cards on three days", sold[-1], calls=sold[:-1])


def one_card_again_and_again(stage: Stage, at: int) -> Iterator[Call]:
    """Three settlements of one card within six minutes."""
    person, shop = stage.adult(healthy=True), stage.counter(at, at + 8 * MINUTE)
    sold = []
    for number in range(3):
        basket = [one(_SMALL[number])]
        sold.append((yield from sale(stage, person, shop, basket, at=at + 3 * MINUTE * number, way=BRISK)))
    stage.fraud("LOC-CARD-REPEAT", "one card again and again", sold[-1], calls=sold[:-1])


def one_card_four_times_a_day(stage: Stage, at: int) -> Iterator[Call]:
    """Four settlements of one card, a quarter of an hour apart."""
    person, shop = stage.adult(healthy=True), stage.counter(at, at + 48 * MINUTE)
    sold = []
    for number in range(4):
        basket = [one(_SMALL[number])]
        sold.append((yield from sale(stage, person, shop, basket, at=at + 15 * MINUTE * number, way=BRISK)))
    stage.fraud("LOC-CARD-REPEAT", "one card four times a day", sold[-1], calls=sold[:-1])


def one_card_across_town(stage: Stage, at: int) -> Iterator[Call]:
    """Three pharmacies within 25 minutes."""
    person = stage.adult(healthy=True)
    shops = [stage.counter(at + n * 12 * MINUTE, at + n * 12 * MINUTE) for n in range(3)]
    sold = []
    for number, (shop, key) in enumerate(zip(shops, ("banlangen", "ambroxol", "huoxiang"), strict=True)):
        sold.append(
            (yield from sale(stage, person, shop, [one(key)], at=at + 12 * MINUTE * number, way=BRISK))
        )
    stage.fraud("LOC-CARD-HOPPING", "one card across town", sold[-1], calls=sold[:-1])


def settled_and_refunded(stage: Stage, at: int) -> Iterator[Call]:
    """Three sales taken back within minutes, the last of them today; the goods never came back."""
    people = [stage.adult() for _ in range(4)]
    shop = stage.counter(at, at + 30 * MINUTE)
    told: list[Call] = []
    sold = []
    for person, days, shift in zip(people, (6, 3, 0, 0), (0, 0, 0, 12), strict=True):
        when = at - days * DAY + shift * MINUTE
        sold.append((yield from sale(stage, person, shop, [one("dihuang")], at=when, way=BRISK)))
        told.append(settlement.reversal(stage.desk, sold[-1], at=when + 7 * MINUTE))
        yield told[-1]
    stage.fraud("LOC-SETTLE-REFUND", "settled and refunded", sold[-1], calls=[*sold[:-1], *told])


def sale_in_the_dead_of_night(stage: Stage, at: int) -> Iterator[Call]:
    """A pharmacy that is closed sells over the counter."""
    person, shop = stage.adult(), stage.counter(at, at)
    sold = yield from sale(stage, person, shop, [one("dihuang"), one("danshen")], at=at)
    stage.fraud("LOC-OFF-HOURS", "sale in the dead of night", sold)


def one_box_sold_twice(stage: Stage, at: int) -> Iterator[Call]:
    """The same trace code in another pharmacy's settlement three days later."""
    first, second = stage.adult(), stage.adult()
    shop, other = stage.counter(at - 3 * DAY, at - 3 * DAY), stage.counter(at, at)
    box = (stage.desk.box(),)
    before = yield from sale(stage, first, shop, [one("clopidogrel")], at=at - 3 * DAY, way=Sale(boxes=box))
    sold = yield from sale(
        stage, second, other, [one("clopidogrel")], at=at, way=Sale(boxes=box, by_goods=True)
    )
    stage.fraud("LOC-TRACE-REUSED", "one box sold twice", sold, calls=[before])


SCENE_FRAUDS: tuple[Cast, ...] = (
    Cast("LOC-DECEASED", "card of the dead at a pharmacy", card_of_the_dead_at_a_pharmacy),
    Cast("LOC-DECEASED", "card used after death in hospital", card_used_after_death_in_hospital),
    Cast("LOC-COVER-INACTIVE", "settled on paused cover", settled_on_paused_cover),
    Cast("LOC-COVER-INACTIVE", "settled on cover read long ago", settled_on_cover_read_long_ago),
    Cast("LOC-STAY-OVERLAP", "in two beds at once", in_two_beds_at_once),
    Cast("LOC-STAY-OVERLAP", "shopping from a hospital bed", shopping_from_a_hospital_bed),
    Cast("LOC-FACE-MISMATCH", "impostor at the window", impostor_at_the_window),
    Cast("LOC-FACE-MISMATCH", "impostor at the till", impostor_at_the_till),
    Cast("LOC-DIALYSIS-ABSENT", "dialysis without the patient", dialysis_without_the_patient),
    Cast("LOC-PHARMACY-BURST", "cards swiped in a row", cards_swiped_in_a_row),
    Cast("LOC-PHARMACY-BURST", "the same cards on three days", the_same_cards_on_three_days),
    Cast("LOC-CARD-REPEAT", "one card again and again", one_card_again_and_again),
    Cast("LOC-CARD-REPEAT", "one card four times a day", one_card_four_times_a_day),
    Cast("LOC-CARD-HOPPING", "one card across town", one_card_across_town),
    Cast("LOC-SETTLE-REFUND", "settled and refunded", settled_and_refunded),
    Cast("LOC-OFF-HOURS", "sale in the dead of night", sale_in_the_dead_of_night, night=True),
    Cast("LOC-TRACE-REUSED", "one box sold twice", one_box_sold_twice),
)
