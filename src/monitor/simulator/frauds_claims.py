"""Frauds that one patient's claims give away: arithmetic, repetition, quantity, age, sex, diagnosis.

Each scene breaches its own rule clearly and no other.
"""

from __future__ import annotations

from collections.abc import Iterator

from monitor.simulator.acts import (
    BRISK,
    Plan,
    admission,
    leaving,
    nights,
    repeated,
    sale,
    visit,
    ward_basket,
    ward_day,
)
from monitor.simulator.catalogue import CONDITIONS, Basket, one
from monitor.simulator.hospital import Diagnoses
from monitor.simulator.pharmacy import Sale
from monitor.simulator.providers import DAY, HOUR
from monitor.simulator.stage import Cast, Stage
from monitor.simulator.wire import Call

COLD: Diagnoses = [("J00.x00", "急性鼻咽炎")]
MISPRINT_FEN = 500


def sum_too_high_at_the_till(stage: Stage, at: int) -> Iterator[Call]:
    """A pharmacy bills five yuan more than price times count."""
    person, shop = stage.adult(), stage.counter(at, at)
    basket = [one("lianhua"), one("banlangen")]
    sold = yield from sale(stage, person, shop, basket, at=at, way=Sale(misprint=MISPRINT_FEN))
    stage.fraud("GZ10000201002000", "sum too high at the till", sold, must=[sold])


def sum_too_high_at_the_window(stage: Stage, at: int) -> Iterator[Call]:
    """The same in a hospital, where the checks see it first."""
    person, where = stage.adult(), stage.hospital()
    plan = Plan(misprint=MISPRINT_FEN)
    done = yield from visit(stage, person, where, COLD, [one("ct_chest"), one("consult")], at=at, plan=plan)
    stage.fraud(
        "GZ10000201002000",
        "sum too high at the window",
        done.settled,
        calls=done.checks,
        must=[done.settled],
        may=done.checks,
    )


def bed_charged_twice(stage: Stage, at: int) -> Iterator[Call]:
    """An observation bed counted twice on one day."""
    person, where = stage.adult(), stage.hospital()
    basket = [one("consult"), one("bed_watch", packs=2), one("infusion")]
    done = yield from visit(stage, person, where, COLD, basket, at=at)
    stage.fraud(
        "GZ10000102012000",
        "bed charged twice",
        done.settled,
        calls=done.checks,
        must=[done.settled],
        may=done.checks,
    )


def bed_charged_three_times_in_a_stay(stage: Stage, at: int) -> Iterator[Call]:
    """A stay of two calendar days is billed four beds, three of them on the last day."""
    person, where = stage.adult(), stage.hospital()
    stayed = yield from admission(stage, person, where, [("J18.900", "肺炎")], at=at - at % DAY - 14 * HOUR)
    yield from nights(stage, stayed, until=at)
    beds: Basket = [one("bed_three"), one("bed_three"), one("bed_three"), one("infusion")]
    yield from ward_day(stage, stayed, at=at, basket=beds)
    settled = yield from leaving(stage, stayed, at=at + 600)
    stage.fraud("GZ10000102012000", "bed charged three times", settled, calls=stayed.calls, must=[settled])


def scanned_again_too_soon(stage: Stage, at: int) -> Iterator[Call]:
    """One head scan in seven days is payable; another hospital does the second after three."""
    person, first = stage.adult(), stage.hospital()
    second = stage.hospital(other=first)
    basket = [one("mri_head"), one("consult")]
    before = yield from visit(stage, person, first, [("R51.x00", "头痛")], basket, at=at - 3 * DAY)
    done = yield from visit(stage, person, second, [("R51.x00", "头痛")], basket, at=at)
    stage.fraud(
        "GZ10000102014000", "scanned again too soon", done.settled, calls=[before.settled, *done.checks],
        must=[done.settled], may=done.checks,
    )  # fmt: skip


def slimming_drug_without_diabetes(stage: Stage, at: int) -> Iterator[Call]:
    """Semaglutide is paid for diabetes; here the back hurts."""
    person, where = stage.adult(healthy=True), stage.hospital()
    done = yield from visit(
        stage, person, where, [("M54.500", "下背痛")], [one("semaglutide"), one("consult")], at=at
    )
    stage.fraud(
        "GZ10000101008000",
        "slimming drug without diabetes",
        done.settled,
        calls=done.checks,
        must=[done.settled],
        may=done.checks,
    )


def stocked_up_at_two_pharmacies(stage: Stage, at: int) -> Iterator[Call]:
    """Twenty-eight days bought ten days ago, twenty-eight more elsewhere today."""
    person = stage.adult(ages=(40, 90))
    first, second = stage.counter(at - 10 * DAY, at - 10 * DAY), stage.counter(at, at)
    before = yield from sale(stage, person, first, [one("nifedipine")], at=at - 10 * DAY)
    sold = yield from sale(stage, person, second, [one("nifedipine")], at=at)
    stage.fraud("GZ10000101009000", "stocked up at two pharmacies", sold, calls=[before], must=[sold])


def adult_drug_for_a_child(stage: Stage, at: int) -> Iterator[Call]:
    """A quinolone for somebody of six to twelve."""
    child, shop = stage.adult(ages=(6, 12)), stage.counter(at, at)
    sold = yield from sale(stage, child, shop, [one("levofloxacin")], at=at)
    stage.fraud("GZ10000301002000", "adult drug for a child", sold, must=[sold])


def childrens_syrup_for_an_adult(stage: Stage, at: int) -> Iterator[Call]:
    """A children's medicine in an adult's visit."""
    person, where = stage.adult(ages=(30, 60)), stage.hospital()
    done = yield from visit(stage, person, where, COLD, [one("consult"), one("paediatric_cough")], at=at)
    stage.fraud(
        "GZ10000301002000",
        "children's syrup for an adult",
        done.settled,
        calls=done.checks,
        must=[done.settled],
        may=done.checks,
    )


def mens_drug_for_a_woman(stage: Stage, at: int) -> Iterator[Call]:
    """A drug for the prostate on a woman's card, and not from the family account."""
    woman, shop = stage.adult(sex="2"), stage.counter(at, at)
    sold = yield from sale(stage, woman, shop, [one("finasteride")], at=at)
    stage.fraud("GZ10000301004000", "men's drug for a woman", sold, must=[sold])


def mens_disease_of_a_woman(stage: Stage, at: int) -> Iterator[Call]:
    """A woman is treated for an enlarged prostate."""
    woman, where = stage.adult(sex="2"), stage.hospital()
    prostate = CONDITIONS["prostate"]
    basket = [one("consult"), one("ultrasound")]
    done = yield from visit(stage, woman, where, [(prostate.code, prostate.name)], basket, at=at)
    stage.fraud("GZ10000204006000", "men's disease of a woman", done.settled, calls=done.checks)


def childrens_disease_of_an_adult(stage: Stage, at: int) -> Iterator[Call]:
    """Attention deficit of childhood at forty and over."""
    person, where = stage.adult(ages=(40, 90)), stage.hospital()
    done = yield from visit(stage, person, where, [("F90.900", "多动性障碍")], [one("consult_chief")], at=at)
    stage.fraud("GZ10000204007000", "children's disease of an adult", done.settled, calls=done.checks)


def two_painkillers_at_once(stage: Stage, at: int) -> Iterator[Call]:
    """Two drugs of one pharmacological group in one basket."""
    person, shop = stage.adult(healthy=True), stage.counter(at, at)
    sold = yield from sale(stage, person, shop, [one("ibuprofen"), one("diclofenac")], at=at)
    stage.fraud("GZ10000301006000", "two painkillers at once", sold)


def two_statins_overlapping(stage: Stage, at: int) -> Iterator[Call]:
    """A second statin while the first still lasts for more than a week."""
    person = stage.adult(ages=(40, 90))
    first, second = stage.counter(at - 5 * DAY, at - 5 * DAY), stage.counter(at, at)
    before = yield from sale(stage, person, first, [one("atorvastatin")], at=at - 5 * DAY)
    sold = yield from sale(stage, person, second, [one("rosuvastatin")], at=at)
    stage.fraud("GZ10000301006000", "two statins overlapping", sold, calls=[before])


def stay_split_in_two(stage: Stage, at: int) -> Iterator[Call]:
    """Sent home on day five and back in the same ward four days later."""
    person, where = stage.adult(), stage.hospital()
    diagnoses: Diagnoses = [("J18.900", "肺炎")]
    first = yield from admission(stage, person, where, diagnoses, at=at - 10 * DAY)
    yield from nights(stage, first, until=at - 5 * DAY)
    paid = yield from leaving(stage, first, at=at - 5 * DAY)
    second = yield from admission(stage, person, where, diagnoses, at=at - DAY)
    yield from nights(stage, second, until=at)
    settled = yield from leaving(stage, second, at=at)
    stage.fraud("GZ10000204001000", "stay split in two", settled, calls=[paid, *first.calls, *second.calls])


def five_purchases_in_a_month(stage: Stage, at: int) -> Iterator[Call]:
    """The fifth box of one drug in 26 days, no two of them overlapping."""
    person, shop = stage.adult(healthy=True), stage.counter(at, at)
    times = [at - days * DAY for days in (26, 20, 14, 8, 0)]
    sold = yield from repeated(stage, person, shop, "celecoxib", times, way=BRISK)
    stage.fraud("GZ10000204003000", "five purchases in a month", sold[-1], calls=sold[:-1])


def ward_bill_with_wrong_sum(stage: Stage, at: int) -> Iterator[Call]:
    """A line of a stay that does not multiply out."""
    person, where = stage.adult(), stage.hospital()
    stayed = yield from admission(stage, person, where, [("K80.200", "胆囊结石")], at=at - 2 * DAY)
    yield from nights(stage, stayed, until=at)
    wrong = stage.desk.bill(ward_basket(stage.rng)[2:], at=at - 600)
    wrong[0].amount += MISPRINT_FEN
    yield from ward_day(stage, stayed, at=at - 600, lines=wrong)
    settled = yield from leaving(stage, stayed, at=at)
    stage.fraud("GZ10000201002000", "ward bill with a wrong sum", settled, calls=stayed.calls, must=[settled])


CLAIM_FRAUDS: tuple[Cast, ...] = (
    Cast("GZ10000201002000", "sum too high at the till", sum_too_high_at_the_till),
    Cast("GZ10000201002000", "sum too high at the window", sum_too_high_at_the_window),
    Cast("GZ10000201002000", "ward bill with a wrong sum", ward_bill_with_wrong_sum),
    Cast("GZ10000102012000", "bed charged twice", bed_charged_twice),
    Cast("GZ10000102012000", "bed charged three times", bed_charged_three_times_in_a_stay),
    Cast("GZ10000102014000", "scanned again too soon", scanned_again_too_soon),
    Cast("GZ10000101008000", "slimming drug without diabetes", slimming_drug_without_diabetes),
    Cast("GZ10000101009000", "stocked up at two pharmacies", stocked_up_at_two_pharmacies),
    Cast("GZ10000301002000", "adult drug for a child", adult_drug_for_a_child),
    Cast("GZ10000301002000", "children's syrup for an adult", childrens_syrup_for_an_adult),
    Cast("GZ10000301004000", "men's drug for a woman", mens_drug_for_a_woman),
    Cast("GZ10000204006000", "men's disease of a woman", mens_disease_of_a_woman),
    Cast("GZ10000204007000", "children's disease of an adult", childrens_disease_of_an_adult),
    Cast("GZ10000301006000", "two painkillers at once", two_painkillers_at_once),
    Cast("GZ10000301006000", "two statins overlapping", two_statins_overlapping),
    Cast("GZ10000204001000", "stay split in two", stay_split_in_two),
    Cast("GZ10000204003000", "five purchases in a month", five_purchases_in_a_month),
)
