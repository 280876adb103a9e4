"""GZ10000301006000: two different drugs of one group in one settlement or overlapping in supply."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import Outcome, flat, msgid, msgids, result_rules

RULE = "GZ10000301006000"
A, B, C = "XZSTAT0001", "XZSTAT0002", "XZOTHER001"
TABLES = {"drug_group": f"drug,group\n{A},statins\n{B},statins\n{C},others\n"}


def day(number: int) -> str:
    return wire.later("2026-03-01 09:00:00", days=number)


def buy(number: int, *drugs: str, days: str = "10", family: bool = False) -> wire.Record:
    lines = [wire.line(drug, prd_days=days) for drug in drugs]
    return wire.pharmacy_sale("zhao", at=day(number), lines=lines, acct_used_flag="2" if family else "1")


def run(replay: Replay, *records: wire.Record) -> Outcome:
    return replay(flat(*records), reference=TABLES)


def test_two_of_a_group_in_one_settlement_are_a_reminder(replay: Replay) -> None:
    sale = buy(0, A, B)
    outcome = run(replay, sale)
    finding = outcome.one(RULE)
    assert (finding["kind"], finding["severity"], finding["amount"]) == ("reminder", 2, "0.00")
    assert outcome.decision(sale) == ("remind", "0.00")
    assert result_rules(outcome.verdict(sale)) == [RULE]


def test_two_of_a_group_in_one_settlement_need_no_days(replay: Replay) -> None:
    assert len(run(replay, buy(0, A, B, days="")).open_of(RULE)) == 1


@pytest.mark.parametrize("drugs", [(A, A), (A, C), (A,)])
def test_one_drug_twice_and_drugs_of_two_groups_are_quiet(replay: Replay, drugs: tuple[str, ...]) -> None:
    assert run(replay, buy(0, *drugs)).open_of(RULE) == []


@pytest.mark.parametrize("after, fires", [(1, True), (20, True), (30, False), (31, False)])
def test_supplies_that_overlap_are_a_reminder(replay: Replay, after: int, fires: bool) -> None:
    """In the last 7 days of a supply nothing says whether an early refill is exempt here too."""
    first, second = buy(0, A, days="30"), buy(after, B)
    outcome = run(replay, first, second)
    assert bool(outcome.open_of(RULE)) is fires
    if fires:
        assert msgids(outcome.one(RULE)) == {msgid(first), msgid(second)}
        assert outcome.decision(first) == ("pass", "0.00")
        assert outcome.decision(second) == ("remind", "0.00")


def test_another_person_may_have_the_other_drug(replay: Replay) -> None:
    other = wire.pharmacy_sale("qian", at=day(0), lines=[wire.line(B, prd_days="10")])
    assert run(replay, buy(0, A), other).open_of(RULE) == []


def test_the_reversal_of_the_first_withdraws_the_reminder(replay: Replay) -> None:
    first = buy(0, A)
    outcome = run(replay, first, buy(1, B), wire.reversal(first, at=day(2)))
    assert outcome.open_of(RULE) == []


def test_orders_are_reminded_of_what_was_settled(replay: Replay) -> None:
    check = wire.orders_checked("zhao", at=day(1), orders=[wire.order(B, prd_days="7")])
    both = wire.orders_checked("qian", at=day(1), orders=[wire.order(A), wire.order(B)], infno="3101")
    outcome = run(replay, buy(0, A), check, both)
    assert outcome.decision(check) == ("remind", "0.00")
    assert outcome.decision(both) == ("remind", "0.00")
    assert outcome.findings == []
