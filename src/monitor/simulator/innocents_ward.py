"""Innocents in hospitals that look like frauds and are none."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.simulator import hospital
from monitor.simulator.acts import BRISK, Plan, admission, leaving, nights, sale, visit, ward_basket, ward_day
from monitor.simulator.catalogue import CONDITIONS, one
from monitor.simulator.hospital import Diagnoses
from monitor.simulator.providers import DAY, HOUR
from monitor.simulator.stage import Cast, Stage
from monitor.simulator.wire import Call, day_text

PNEUMONIA: Diagnoses = [("J18.900", "肺炎")]
COLD: Diagnoses = [("J00.x00", "急性鼻咽炎")]


def twelve_week_prescription(stage: Stage, at: int) -> Iterator[Call]:
    """Eighty-four days at once for a chronic disease (med_type 14)."""
    person, where = stage.adult(ages=(45, 90)), stage.hospital()
    pressure = CONDITIONS["hypertension"]
    basket = [one("consult"), one("amlodipine", packs=3), one("irbesartan", packs=3)]
    done = yield from visit(
        stage, person, where, [(pressure.code, pressure.name)], basket, at=at, plan=Plan(med_type="14")
    )
    stage.innocent("GZ10000101009000", "twelve-week prescription", done.settled, calls=done.checks)


def newborn_on_the_mothers_card(stage: Stage, at: int) -> Iterator[Call]:
    """Delivery: two beds and two nursings a day, a child's medicine and diagnosis on the mother's card."""
    mother, where = stage.adult(sex="2", ages=(21, 42)), stage.hospital()
    diagnoses: Diagnoses = [("O80.000", "头位顺产"), ("Z38.000", "单胎活产婴儿")]
    stayed = yield from admission(stage, mother, where, diagnoses, at=at - 2 * DAY - HOUR, med_type="52")
    for day in (2, 1):
        evening = at - at % DAY - day * DAY + 20 * HOUR
        yield from ward_day(stage, stayed, at=evening, basket=ward_basket(stage.rng, nights=2))
    extra = [
        one("bed_three"),
        one("bed_three"),
        one("newborn_care"),
        one("delivery"),
        one("paediatric_cold", days=0),
    ]
    yield from ward_day(stage, stayed, at=at - 900, basket=extra)
    settled = yield from leaving(stage, stayed, at=at)
    stage.innocent("GZ10000102012000", "newborn on the mother's card", settled, calls=stayed.calls)
    stage.innocent("GZ10000301002000", "newborn on the mother's card", settled, calls=stayed.calls)


def masked_face_then_passed(stage: Stage, at: int) -> Iterator[Call]:
    """Failed with a mask on, passed without."""
    yield from _at_the_door(stage, at, faces="021", scenario="masked face, then passed")


def injured_face_then_registered(stage: Stage, at: int) -> Iterator[Call]:
    """Failed with a bandage, then a special registration (9602)."""
    yield from _at_the_door(stage, at, faces="04", scenario="injured face, then registered")


def face_under_review(stage: Stage, at: int) -> Iterator[Call]:
    """Failed, then sent to review (3)."""
    yield from _at_the_door(stage, at, faces="03", scenario="face under review")


def _at_the_door(stage: Stage, at: int, *, faces: str, scenario: str) -> Iterator[Call]:
    person, where = stage.adult(), stage.hospital(face_check=True)
    done = yield from visit(
        stage, person, where, COLD, [one("consult"), one("blood_count")], at=at, plan=Plan(faces=faces)
    )
    stage.innocent("LOC-FACE-MISMATCH", scenario, done.settled, calls=done.checks)


def dialysis_with_the_patient(stage: Stage, at: int) -> Iterator[Call]:
    """Signed in (16) and out (17) by face, then billed."""
    person, where = stage.adult(ages=(30, 90)), stage.hospital(face_check=True)
    uraemia = CONDITIONS["uraemia"]
    entered = hospital.face(stage.desk, where, person, at=at - 600, biz="16", result="1")
    yield entered
    plan = Plan(med_type="14", faces="1", biz="17", read=False)
    basket = [one("filtration"), one("dialyser"), one("epoetin")]
    done = yield from visit(stage, person, where, [(uraemia.code, uraemia.name)], basket, at=at, plan=plan)
    stage.innocent(
        "LOC-DIALYSIS-ABSENT", "dialysis with the patient", done.settled, calls=[entered, *done.checks]
    )


def bed_fee_at_midnight(stage: Stage, at: int) -> Iterator[Call]:
    """Admitted before midnight; one bed before and one at 00:00:00 are two days."""
    person, where = stage.adult(), stage.hospital()
    midnight = at - at % DAY
    stayed = yield from admission(stage, person, where, PNEUMONIA, at=midnight - 1800)
    yield from ward_day(stage, stayed, at=midnight - 600, basket=[one("bed_two"), one("infusion")])
    yield from ward_day(stage, stayed, at=midnight, basket=[one("bed_two"), one("care_first")])
    settled = yield from leaving(stage, stayed, at=at)
    stage.innocent("GZ10000102012000", "bed fee at midnight", settled, calls=stayed.calls)


def bed_fees_posted_together(stage: Stage, at: int) -> Iterator[Call]:
    """Three nights are posted on one day: no more than the days of the stay so far."""
    person, where = stage.adult(), stage.hospital()
    stayed = yield from admission(stage, person, where, PNEUMONIA, at=at - 2 * DAY)
    yield from ward_day(stage, stayed, at=at - 1200, basket=ward_basket(stage.rng, nights=3))
    settled = yield from leaving(stage, stayed, at=at)
    stage.innocent("GZ10000102012000", "bed fees posted together", settled, calls=stayed.calls)


def shopping_before_admission(stage: Stage, at: int) -> Iterator[Call]:
    """A purchase on the day of admission."""
    person, where, shop = stage.adult(), stage.hospital(), stage.counter(at, at)
    sold = yield from sale(stage, person, shop, [one("ambroxol")], at=at)
    stayed = yield from admission(stage, person, where, PNEUMONIA, at=at + HOUR)
    yield from nights(stage, stayed, until=at + DAY)
    stage.innocent("LOC-STAY-OVERLAP", "shopping before admission", sold, calls=stayed.calls)


def shopping_after_discharge(stage: Stage, at: int) -> Iterator[Call]:
    """The drugs to take home, bought an hour after discharge."""
    person, where, shop = stage.adult(), stage.hospital(), stage.counter(at, at)
    stayed = yield from admission(stage, person, where, PNEUMONIA, at=at - 4 * DAY)
    yield from nights(stage, stayed, until=at)
    settled = yield from leaving(stage, stayed, at=at - HOUR)
    sold = yield from sale(stage, person, shop, [one("ambroxol")], at=at, way=BRISK)
    stage.innocent("LOC-STAY-OVERLAP", "shopping after discharge", sold, calls=[*stayed.calls, settled])


def moved_to_another_hospital(stage: Stage, at: int) -> Iterator[Call]:
    """Discharged here and admitted there on the same day: two stays that share no night."""
    person, first = stage.adult(), stage.hospital()
    second = stage.hospital(other=first)
    one_stay = yield from admission(stage, person, first, [("I63.900", "脑梗死")], at=at - 3 * DAY)
    yield from nights(stage, one_stay, until=at)
    paid = yield from leaving(stage, one_stay, at=at)
    other = yield from admission(stage, person, second, [("I63.900", "脑梗死")], at=at + HOUR)
    yield from nights(stage, other, until=at + DAY)
    stage.innocent(
        "LOC-STAY-OVERLAP", "moved to another hospital", paid, calls=[*one_stay.calls, *other.calls]
    )


def next_course_of_chemotherapy(stage: Stage, at: int) -> Iterator[Call]:
    """Back in the same ward a week after the last course (Z51.1)."""
    person, where = stage.adult(), stage.hospital()
    course: Diagnoses = [("Z51.101", "恶性肿瘤化学治疗"), ("C34.900", "支气管恶性肿瘤")]
    first = yield from admission(stage, person, where, course, at=at - 9 * DAY)
    yield from nights(stage, first, until=at - 6 * DAY)
    paid = yield from leaving(stage, first, at=at - 6 * DAY)
    second = yield from admission(stage, person, where, course, at=at - DAY)
    yield from nights(stage, second, until=at)
    settled = yield from leaving(stage, second, at=at)
    stage.innocent(
        "GZ10000204001000", "next course of chemotherapy", settled, calls=[paid, *first.calls, *second.calls]
    )


def deathbed_posted_late(stage: Stage, at: int) -> Iterator[Call]:
    """Died in the ward two days ago; the last day's lines and the bill come today."""
    person, where = stage.adult(ages=(65, 99)), stage.hospital()
    died = at - 2 * DAY
    stayed = yield from admission(stage, person, where, [("I50.900", "心力衰竭")], at=at - 6 * DAY)
    yield from nights(stage, stayed, until=died)
    last = stage.desk.bill(ward_basket(stage.rng), at=died - HOUR)
    yield from ward_day(stage, stayed, at=at - 1200, lines=last)
    settled = yield from leaving(stage, stayed, at=at, way="5", died=day_text(died // DAY), ended=died)
    stage.innocent("LOC-DECEASED", "deathbed posted late", settled, calls=stayed.calls)


def bed_at_two_hospitals(stage: Stage, at: int) -> Iterator[Call]:
    """Observed at two hospitals on one day: once a day is meant for each provider."""
    person, first = stage.adult(healthy=True), stage.hospital()
    second = stage.hospital(other=first)
    basket, plan = [one("consult"), one("bed_watch")], Plan(med_type="13")
    before = yield from visit(stage, person, first, COLD, basket, at=at, plan=plan)
    done = yield from visit(stage, person, second, COLD, basket, at=at + HOUR, plan=plan)
    stage.innocent("GZ10000102012000", "bed at two hospitals", done.settled, calls=[before.settled])


def scanned_again_after_a_week(stage: Stage, at: int) -> Iterator[Call]:
    """The second head scan falls outside the seven days."""
    person, where = stage.adult(), stage.hospital()
    headache: Diagnoses = [("R51.x00", "头痛")]
    before = yield from visit(stage, person, where, headache, [one("mri_head")], at=at - 7 * DAY)
    done = yield from visit(stage, person, where, headache, [one("mri_head")], at=at)
    stage.innocent("GZ10000102014000", "scanned again after a week", done.settled, calls=[before.settled])


WARD_INNOCENTS: tuple[Cast, ...] = (
    Cast("GZ10000101009000", "twelve-week prescription", twelve_week_prescription),
    Cast("GZ10000102012000", "newborn on the mother's card", newborn_on_the_mothers_card),
    Cast("LOC-FACE-MISMATCH", "masked face, then passed", masked_face_then_passed),
    Cast("LOC-FACE-MISMATCH", "injured face, then registered", injured_face_then_registered),
    Cast("LOC-FACE-MISMATCH", "face under review", face_under_review),
    Cast("LOC-DIALYSIS-ABSENT", "dialysis with the patient", dialysis_with_the_patient),
    Cast("GZ10000102012000", "bed fee at midnight", bed_fee_at_midnight),
    Cast("GZ10000102012000", "bed fees posted together", bed_fees_posted_together),
    Cast("LOC-STAY-OVERLAP", "shopping before admission", shopping_before_admission),
    Cast("LOC-STAY-OVERLAP", "shopping after discharge", shopping_after_discharge),
    Cast("LOC-STAY-OVERLAP", "moved to another hospital", moved_to_another_hospital),
    Cast("GZ10000204001000", "next course of chemotherapy", next_course_of_chemotherapy),
    Cast("LOC-DECEASED", "deathbed posted late", deathbed_posted_late),
    Cast("GZ10000102012000", "bed at two hospitals", bed_at_two_hospitals),
    Cast("GZ10000102014000", "scanned again after a week", scanned_again_after_a_week),
)
