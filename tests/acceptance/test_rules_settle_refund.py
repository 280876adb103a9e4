"""LOC-SETTLE-REFUND: settlements reversed within 15 min, at least 3 at one pharmacy in 30 days."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import flat, measured, msgid, msgids

RULE = "LOC-SETTLE-REFUND"


def day(number: int) -> str:
    return wire.later("2026-03-01 10:00:00", days=number)


def cycle(
    number: int, *, refund_s: int = 600, person: str = "", shop: int = 1, amount: str = "10.00"
) -> list[wire.Record]:
    at = day(number)
    lines = [wire.line(pric=amount)]
    sale = wire.pharmacy_sale(person or f"p{number}", at=at, lines=lines, provider=wire.pharmacy(shop))
    return [sale, wire.reversal(sale, at=wire.later(at, seconds=refund_s))]


def correction(number: int, *, seconds: int, person: str = "") -> wire.Record:
    """A settlement of the person of that day's cycle, so long after the cycle's first one."""
    return wire.pharmacy_sale(person or f"p{number}", at=wire.later(day(number), seconds=seconds))


def test_three_cycles_are_a_burst(replay: Replay) -> None:
    cycles = [cycle(0, amount="10.00"), cycle(1, amount="20.00"), cycle(2, amount="30.00")]
    outcome = replay(flat(*cycles))
    finding = outcome.one(RULE)
    assert (finding["kind"], finding["severity"]) == ("burst", 2)
    assert (finding["provider"], finding["person"]) == (wire.PHARMACY, None)
    measured(finding, observed=3, limit=3)
    assert msgids(finding) >= {msgid(sale) for sale, _ in cycles}
    assert finding["amount"] == "60.00"
    assert [outcome.decision(sale) for sale, _ in cycles] == [("pass", "0.00")] * 3


def test_two_cycles_are_quiet(replay: Replay) -> None:
    assert replay(flat(cycle(0), cycle(1))).open_of(RULE) == []


@pytest.mark.parametrize("refund_s, fires", [(900, True), (901, False), (1, True)])
def test_a_cycle_is_of_fifteen_minutes(replay: Replay, refund_s: int, fires: bool) -> None:
    records = flat(cycle(0), cycle(1), cycle(2, refund_s=refund_s))
    assert bool(replay(records).open_of(RULE)) is fires


@pytest.mark.parametrize("last, fires", [(29, True), (31, False)])
def test_cycles_are_counted_over_thirty_days(replay: Replay, last: int, fires: bool) -> None:
    """At exactly 30 days '30 days' may be read both ways."""
    records = flat(cycle(0), cycle(15), cycle(last))
    assert bool(replay(records).open_of(RULE)) is fires


def test_other_pharmacies_do_not_add_up(replay: Replay) -> None:
    assert replay(flat(cycle(0), cycle(1), cycle(2, shop=2))).open_of(RULE) == []


def test_one_person_may_go_round_alone(replay: Replay) -> None:
    records = flat(*[cycle(number, person="zhao") for number in range(3)])
    assert len(replay(records).open_of(RULE)) == 1


def test_a_compensation_is_no_refund(replay: Replay) -> None:
    sale = cycle(2)[0]
    undone = wire.compensation(sale, at=wire.later(day(2), minutes=5), person="p2")
    assert replay(flat(cycle(0), cycle(1), sale, undone)).open_of(RULE) == []


@pytest.mark.parametrize(
    "seconds, fires",
    [
        (300, False),  # between the settlement and its reversal
        (700, False),
        (600 + 1800, False),
        (600 + 1801, True),
    ],
)
def test_a_correction_at_the_till_does_not_count(replay: Replay, seconds: int, fires: bool) -> None:
    sale, undone = cycle(2)
    records = sorted(
        [sale, undone, correction(2, seconds=seconds)], key=lambda each: str(each["request"]["inf_time"])
    )
    assert bool(replay(flat(cycle(0), cycle(1), records)).open_of(RULE)) is fires


def test_a_sale_before_or_to_another_is_no_correction(replay: Replay) -> None:
    before = correction(2, seconds=-60)
    other = correction(2, seconds=700, person="q")
    assert len(replay(flat(cycle(0), cycle(1), before, cycle(2), other)).open_of(RULE)) == 1


def test_a_correction_that_is_reversed_is_none(replay: Replay) -> None:
    again = correction(2, seconds=700)
    undone = wire.reversal(again, at=wire.later(day(2), hours=2))
    records = flat(cycle(0), cycle(1), cycle(2), again)
    assert replay(records).open_of(RULE) == []
    assert replay([*records, undone]).one(RULE)["observed"] == 3


def test_a_correction_withdraws_what_was_found(replay: Replay) -> None:
    outcome = replay(flat(cycle(0), cycle(1), cycle(2), correction(2, seconds=800)))
    assert outcome.open_of(RULE) == []
    assert len(outcome.withdrawn_of(RULE)) == 1


def test_cycles_grow_one_finding(replay: Replay) -> None:
    finding = replay(flat(*[cycle(number) for number in range(5)])).one(RULE)
    assert finding["observed"] == 5
    assert finding["amount"] == "50.00"


def test_a_reversal_that_comes_first_is_a_cycle_too(replay: Replay) -> None:
    sale, undone = cycle(2, refund_s=120)
    assert len(replay(flat(cycle(0), cycle(1), undone, sale)).open_of(RULE)) == 1


def test_a_compensated_reversal_is_no_cycle(replay: Replay) -> None:
    records = flat(cycle(0), cycle(1), cycle(2))
    undone = wire.compensation(records[-1], at=wire.later(day(2), hours=1), person="p2")
    assert replay([*records, undone]).open_of(RULE) == []


def test_refunds_at_hospitals_are_quiet(replay: Replay) -> None:
    records: list[wire.Record] = []
    for number in range(4):
        visit = wire.outpatient_visit("zhao", at=day(number), lines=[wire.line()])
        records += [*visit, wire.reversal(visit[-1], at=wire.later(day(number), minutes=5))]
    assert replay(records).findings == []


def test_the_region_may_change_the_limits(replay: Replay) -> None:
    limits = "cycles = 2, refund_s = 60, days = 5, correction_s = 120"
    region = f"[[change]]\nfrom = 2026-01-01\nrules.LOC-SETTLE-REFUND = {{ {limits} }}\n"
    assert len(replay(flat(cycle(0, refund_s=60), cycle(4, refund_s=60)), region=region).open_of(RULE)) == 1
    assert replay(flat(cycle(0, refund_s=60), cycle(4, refund_s=61)), region=region).open_of(RULE) == []
    assert replay(flat(cycle(0, refund_s=60), cycle(6, refund_s=60)), region=region).open_of(RULE) == []
    corrected = flat(cycle(0, refund_s=60), cycle(4, refund_s=60), correction(4, seconds=180))
    assert replay(corrected, region=region).open_of(RULE) == []
    too_late = flat(cycle(0, refund_s=60), cycle(4, refund_s=60), correction(4, seconds=181))
    assert len(replay(too_late, region=region).open_of(RULE)) == 1
