"""How far back is remembered: a person 400 days, a provider 40 days, a trace code 2 years."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import flat, msgids, sns

MARK = "GZ10000201002000"
T = "2025-03-10 10:00:00"
CODE = "81000000000000000001"


def day(number: int) -> str:
    return wire.later(T, days=number)


def passing_days(*numbers: int) -> list[wire.Record]:
    """Sales of others that move the watermark along."""
    return [wire.pharmacy_sale("other", at=day(number), provider=wire.pharmacy(9)) for number in numbers]


@pytest.mark.parametrize("days", [1, 39, 41, 200, 390])
def test_a_reversal_after_so_many_days_withdraws_the_persons_finding(replay: Replay, days: int) -> None:
    sale = wire.pharmacy_sale("zhao", at=T, lines=[wire.line(amount="12.00")])
    others = passing_days(*range(10, days, 30))
    outcome = replay([sale, *others, wire.reversal(sale, at=day(days))])
    assert outcome.open_of(MARK) == []
    assert len(outcome.withdrawn_of(MARK)) == 1


def test_a_long_stay_is_settled_with_its_first_lines(replay: Replay) -> None:
    charged = [
        wire.stay_charges("zhao", at=day(n), mdtrt_id="M1", lines=[wire.line(amount="12.00", sn=f"D{n:03}")])
        for n in (0, 60, 150)
    ]
    settled = wire.stay_settlement("zhao", at=day(180), mdtrt_id="M1")
    outcome = replay(flat(charged, passing_days(100, 170), settled))
    assert sns(outcome.one(MARK)) == ["D000", "D060", "D150"]


def test_an_item_may_be_limited_over_a_year(replay: Replay) -> None:
    tables = {"item_frequency": "item,max,days\nSVYEAR0001,1,365\n"}
    for after, count in ((364, 1), (365, 0)):
        visits = [
            wire.outpatient_visit("zhao", at=day(n), lines=[wire.line("SVYEAR0001")]) for n in (0, after)
        ]
        outcome = replay(flat(*visits), reference=tables)
        assert len(outcome.open_of("GZ10000102014000")) == count


@pytest.mark.parametrize("days", [100, 390])
def test_a_box_is_known_long_after_and_taken_back_by_its_reversal(replay: Replay, days: int) -> None:
    sales = [wire.pharmacy_sale(f"p{n}", at=day(n), traces=[wire.trace(CODE)]) for n in (0, days)]
    assert len(replay([sales[0], *passing_days(50, 90), sales[1]]).open_of("LOC-TRACE-REUSED")) == 1
    undone = wire.reversal(sales[0], at=day(days + 1))
    assert replay([*sales, undone]).open_of("LOC-TRACE-REUSED") == []


def test_a_failed_check_is_forgotten_after_its_day(replay: Replay) -> None:
    failed = wire.face_check("zhao", at=T)
    visits = [wire.outpatient_visit("zhao", at=day(n), lines=[wire.line()]) for n in (1, 2)]
    outcome = replay(flat(failed, *visits))
    assert msgids(outcome.one("LOC-FACE-MISMATCH")) >= {visits[0][-1]["request"]["msgid"]}


def test_many_purchases_of_many_months_keep_the_last_thirty_days(replay: Replay) -> None:
    sales = [wire.pharmacy_sale("zhao", at=day(8 * n), lines=[wire.line("XZOFT00001")]) for n in range(40)]
    assert replay(sales).open_of("GZ10000204003000") == []
    sales = [wire.pharmacy_sale("zhao", at=day(7 * n), lines=[wire.line("XZOFT00001")]) for n in range(40)]
    found = replay(sales).open_of("GZ10000204003000")
    assert [each["observed"] for each in found] == [5] * 36
    assert {each["evidence_count"] for each in found} == {5}


def test_a_cycle_of_refunds_of_forty_days_ago_is_not_counted(replay: Replay) -> None:
    records: list[wire.Record] = []
    for number, at in enumerate((day(0), day(1), day(41), day(42))):
        sale = wire.pharmacy_sale(f"p{number}", at=at)
        records += [sale, wire.reversal(sale, at=wire.later(at, minutes=5))]
    assert replay(records).open_of("LOC-SETTLE-REFUND") == []


@pytest.mark.parametrize("days, open_", [(370, False), (390, False), (399, False), (402, True)])
@pytest.mark.parametrize(
    "rule, shops", [("LOC-CARD-REPEAT", (1, 1, 1)), ("LOC-CARD-HOPPING", (1, 2))], ids=["repeat", "hopping"]
)
def test_a_reversal_takes_back_a_burst_as_long_as_the_person_is_remembered(
    replay: Replay, rule: str, shops: tuple[int, ...], days: int, open_: bool
) -> None:
    """A burst rests on nothing but the settlements in it."""
    sales = [
        wire.pharmacy_sale("zhao", at=wire.later(T, minutes=n), provider=wire.pharmacy(shop))
        for n, shop in enumerate(shops)
    ]
    now = wire.pharmacy_sale("zhao", at=day(days), provider=wire.pharmacy(9))
    taken_back = wire.reversal(sales[1], at=wire.later(day(days), minutes=1))
    outcome = replay([*sales, *passing_days(*range(10, days, 10)), now, taken_back])
    assert bool(outcome.open_of(rule)) is open_
