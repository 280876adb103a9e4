"""2601 undoes whatever call it names, whether it comes after that call or before it."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests import wire
from tests.acceptance.conftest import Replay

ARITHMETIC = "GZ10000201002000"
INDICATION = "GZ10000101008000"
OVERLAP = "LOC-STAY-OVERLAP"
FACE = "LOC-FACE-MISMATCH"
COVER = "LOC-COVER-INACTIVE"
DECEASED = "LOC-DECEASED"
TRACE = "LOC-TRACE-REUSED"
CODE = "81000000000000000017"
TABLES = {"drug_indication": "drug,diagnosis_prefix\nXA00000001,C50\n"}
AT = "2026-03-10 12:00:00"
DAYS_LATER = "2026-03-20 12:00:00"


def minute(n: int) -> str:
    """So many minutes after noon."""
    return wire.later(AT, minutes=n)


@dataclass(frozen=True)
class Story:
    """Records, the compensated one, and how many open findings of a rule there are with and without it."""

    records: list[wire.Record]
    named: int
    rule: str
    found: tuple[int, int]
    person: str = "a"


def wrong_lines() -> list[wire.Record]:
    """One line that does not add up."""
    return [wire.line(amount="12.00")]


def a_2102() -> Story:
    return Story([wire.pharmacy_sale("a", at=AT, lines=wrong_lines())], 0, ARITHMETIC, (1, 0))


def a_2207() -> Story:
    return Story(wire.outpatient_visit("a", at=AT, lines=wrong_lines()), 1, ARITHMETIC, (1, 0))


def a_2204() -> Story:
    return Story(wire.outpatient_visit("a", at=AT, lines=wrong_lines()), 0, ARITHMETIC, (1, 0))


def a_2205() -> Story:
    records = [
        wire.charges("a", at=minute(0), mdtrt_id="M1", lines=wrong_lines()),
        wire.charges_withdrawn("a", at=minute(1), mdtrt_id="M1"),
        wire.outpatient_settlement("a", at=minute(2), mdtrt_id="M1"),
    ]
    return Story(records, 1, ARITHMETIC, (0, 1))


def a_2304() -> Story:
    records = [
        wire.stay_charges("a", at=minute(0), mdtrt_id="M1", lines=wrong_lines()),
        wire.stay_settlement("a", at=minute(2), mdtrt_id="M1"),
    ]
    return Story(records, 1, ARITHMETIC, (1, 0))


def a_2301() -> Story:
    story = a_2304()
    return Story(story.records, 0, ARITHMETIC, (1, 0))


def a_2302() -> Story:
    charges, settlement = a_2304().records
    withdrawn = wire.stay_charges_withdrawn("a", at=minute(1), mdtrt_id="M1")
    return Story([charges, withdrawn, settlement], 1, ARITHMETIC, (0, 1))


def a_2103() -> Story:
    sale = wire.pharmacy_sale("a", at=AT, lines=wrong_lines())
    return Story([sale, wire.reversal(sale, at=minute(60))], 1, ARITHMETIC, (0, 1))


def a_2208() -> Story:
    records = wire.outpatient_visit("a", at=AT, lines=wrong_lines())
    return Story([*records, wire.reversal(records[-1], at=minute(60))], 2, ARITHMETIC, (0, 1))


def a_2305() -> Story:
    records = a_2304().records
    return Story([*records, wire.reversal(records[-1], at=minute(60))], 2, ARITHMETIC, (0, 1))


def a_2601() -> Story:
    sale = wire.pharmacy_sale("a", at=AT, lines=wrong_lines())
    return Story([sale, wire.compensation(sale, at=minute(5), person="a")], 1, ARITHMETIC, (0, 1))


def a_1101() -> Story:
    records = [
        wire.insured_record("a", at=minute(0), status="4"),
        wire.pharmacy_sale("a", at=minute(1)),
    ]
    return Story(records, 0, COVER, (1, 0))


def a_1101_of_the_dead() -> Story:
    records = [
        wire.insured_record("a", at=minute(0), die_date="2026-03-01"),
        wire.pharmacy_sale("a", at=minute(1)),
    ]
    return Story(records, 0, DECEASED, (1, 0))


def a_2203() -> Story:
    details = wire.visit_details("a", at=AT, mdtrt_id="M1", diagnoses=["J00.x00"])
    visit = wire.outpatient_visit("a", at=AT, lines=[wire.line("XA00000001")], mdtrt_id="M1")
    return Story([details, *visit], 0, INDICATION, (1, 0))


def a_2401() -> Story:
    there, here = wire.hospital(1), wire.hospital(2)
    records = [
        wire.admission("a", at="2026-03-01 08:00:00", mdtrt_id="M1", provider=there),
        wire.admission("a", at="2026-03-02 08:00:00", mdtrt_id="M2", provider=here),
        wire.discharge("a", at="2026-03-04 08:00:00", mdtrt_id="M1", provider=there),
    ]
    return Story(records, 1, OVERLAP, (1, 0))


def a_2402() -> Story:
    there, here = wire.hospital(1), wire.hospital(2)
    records = [
        wire.admission("a", at="2026-03-01 08:00:00", mdtrt_id="M1", provider=there),
        wire.stay_charges("a", at="2026-03-01 09:00:00", mdtrt_id="M1", lines=[wire.line()], provider=there),
        wire.discharge("a", at="2026-03-02 08:00:00", mdtrt_id="M1", provider=there),
        wire.admission("a", at="2026-03-05 08:00:00", mdtrt_id="M2", provider=here),
        wire.discharge("a", at="2026-03-08 08:00:00", mdtrt_id="M2", provider=here),
    ]
    return Story(records, 2, OVERLAP, (0, 1))


def a_2402_of_the_dead() -> Story:
    records = [
        wire.admission("a", at="2026-03-01 08:00:00", mdtrt_id="M1"),
        wire.discharge("a", at="2026-03-02 08:00:00", mdtrt_id="M1", dscg_way="5", die_date="2026-03-02"),
        wire.pharmacy_sale("a", at="2026-03-05 08:00:00"),
    ]
    return Story(records, 1, DECEASED, (1, 0))


def a_2404() -> Story:
    records = a_2401().records
    undone = wire.admission_withdrawn("a", at="2026-03-02 09:00:00", mdtrt_id="M2", provider=wire.hospital(2))
    return Story([*records, undone], 3, OVERLAP, (0, 1))


def a_2405() -> Story:
    records = a_2402().records
    undone = wire.discharge_withdrawn("a", at="2026-03-02 09:00:00", mdtrt_id="M1", provider=wire.hospital(1))
    return Story([*records, undone], 5, OVERLAP, (1, 0))


def a_9601() -> Story:
    records = [
        wire.face_check("a", at=minute(0)),
        *wire.outpatient_visit("a", at=minute(9), lines=[wire.line()]),
    ]
    return Story(records, 0, FACE, (1, 0))


def a_9602() -> Story:
    failed, *visit = a_9601().records
    return Story([failed, wire.face_registration("a", at=minute(1)), *visit], 1, FACE, (0, 1))


def sold_twice() -> list[wire.Record]:
    """One box in two sales, by 3505A."""
    sales = [wire.pharmacy_sale("a", at=AT), wire.pharmacy_sale("a", at="2026-03-15 12:00:00")]
    goods = [
        wire.goods_sold("a", at=sale["request"]["inf_time"], setl_id=wire.setl_id_of(sale), codes=[CODE])
        for sale in sales
    ]
    return [sales[0], goods[0], sales[1], goods[1]]


def a_3505a() -> Story:
    return Story(sold_twice(), 3, TRACE, (1, 0))


def a_3506a() -> Story:
    records = sold_twice()
    back = wire.goods_returned(
        "a", at="2026-03-11 12:00:00", setl_id=wire.setl_id_of(records[0]), codes=[CODE]
    )
    return Story([*records, back], 4, TRACE, (0, 1))


STORIES: list[Callable[[], Story]] = [
    a_1101,
    a_1101_of_the_dead,
    a_2102,
    a_2103,
    a_2203,
    a_2204,
    a_2205,
    a_2207,
    a_2208,
    a_2301,
    a_2302,
    a_2304,
    a_2305,
    a_2401,
    a_2402,
    a_2402_of_the_dead,
    a_2404,
    a_2405,
    a_2601,
    a_3505a,
    a_3506a,
    a_9601,
    a_9602,
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_a_compensated_call_did_not_happen(replay: Replay, story: Callable[[], Story]) -> None:
    told = story()
    with_it, without = told.found
    assert len(replay(told.records, reference=TABLES).open_of(told.rule)) == with_it
    undone = wire.compensation(told.records[told.named], at=DAYS_LATER, person=told.person)
    assert len(replay([*told.records, undone], reference=TABLES).open_of(told.rule)) == without


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_a_compensation_may_come_before_its_call(replay: Replay, story: Callable[[], Story]) -> None:
    told = story()
    named = told.records[told.named]
    undone = wire.compensation(
        named, at=wire.later(named["request"]["inf_time"], seconds=1), person=told.person
    )
    records = [*told.records[: told.named], undone, *told.records[told.named :]]
    assert len(replay(records, reference=TABLES).open_of(told.rule)) == told.found[1]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_a_compensation_that_does_not_fit_is_ignored(replay: Replay, story: Callable[[], Story]) -> None:
    told = story()
    named = told.records[told.named]
    misfits = [
        wire.compensation(named, at=DAYS_LATER, person="stranger"),
        wire.compensation(named, at=DAYS_LATER, person=told.person, provider=wire.hospital(99)),
        wire.compensation(named, at=DAYS_LATER, person=told.person),
        wire.compensation(named, at=DAYS_LATER, person=told.person),
    ]
    misfits[2]["request"]["input"]["data"]["omsgid"] += "X"
    misfits[3]["request"]["input"]["data"]["oinfno"] = "2101"
    outcome = replay([*told.records, *misfits], reference=TABLES)
    assert len(outcome.open_of(told.rule)) == told.found[0]
    assert outcome.dead_letters == []


def test_a_compensation_of_an_unanswered_settlement_keeps_its_retry_out(replay: Replay) -> None:
    lines = wrong_lines()
    first = wire.pharmacy_sale("a", at=AT, lines=lines, msgid="R" * 30, answered=False)
    undone = wire.compensation(first, at=minute(1), person="a")
    late = wire.pharmacy_sale("a", at=AT, lines=lines, msgid="R" * 30)
    assert replay([first, undone, late]).open_findings == []


def test_a_compensation_that_failed_undoes_nothing(replay: Replay) -> None:
    sale = wire.pharmacy_sale("a", at=AT, lines=wrong_lines())
    undone = wire.compensation(sale, at=minute(1), person="a", infcode=-1)
    assert len(replay([sale, undone]).open_of(ARITHMETIC)) == 1


def test_a_compensation_of_a_compensation_of_a_compensation(replay: Replay) -> None:
    records = [wire.pharmacy_sale("a", at=AT, lines=wrong_lines())]
    for n in range(3):
        records.append(wire.compensation(records[-1], at=minute(n + 1), person="a"))
        assert len(replay(records).open_of(ARITHMETIC)) == n % 2
    assert len(replay(list(reversed(records))).open_of(ARITHMETIC)) == 0
