"""Edges of call time, jumps, repeats and identities."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay

ARITHMETIC = "GZ10000201002000"
BURST = "LOC-PHARMACY-BURST"
REPEAT = "LOC-CARD-REPEAT"
TRACE = "LOC-TRACE-REUSED"
NOON = "2026-03-10 12:00:00"
CODE = "81000000000000000017"
AWAY = wire.pharmacy(2)


def hours(n: float) -> str:
    """So many hours after noon."""
    return wire.later(NOON, seconds=int(n * 3600))


def at(n: float, person: str = "x") -> wire.Record:
    """A good sale so many hours after noon."""
    return wire.pharmacy_sale(person, at=hours(n), provider=AWAY)


def wrong(time: str, **terms: str) -> wire.Record:
    """A sale whose line does not add up, so it makes a finding at its time."""
    return wire.pharmacy_sale("a", at=time, lines=[wire.line(amount="12.00", at=time)], **terms)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "before,late",
    [
        ([0, 30], False),
        ([0, 30, 31], True),
        ([0, 30, 900], False),
        ([0, 30, 900, 901], True),
        ([0, 900, 30, 901], True),
        ([0, 30, 7], True),
        ([0, 23], True),
        ([0, 23, 46, 69], True),
        ([900, 0], True),
        ([0, 30, 60, 90], False),
    ],
    ids=str,
)
def test_jumps_move_the_watermark_when_they_are_confirmed(
    replay: Replay, before: list[int], *, late: bool
) -> None:
    records = [*(at(n) for n in before), wrong(hours(0.02))]
    assert replay(records).one(ARITHMETIC)["late"] is late


@pytest.mark.parametrize("minutes,late", [(55, False), (54, True)])
def test_a_confirmed_jump_moves_to_the_later_of_the_two(replay: Replay, minutes: int, *, late: bool) -> None:
    records = [at(0), at(30), at(31), wrong(wire.later(hours(30), minutes=minutes))]
    assert replay(records).one(ARITHMETIC)["late"] is late


def test_the_call_time_of_a_settlement_is_not_its_inf_time(replay: Replay) -> None:
    old_call = wrong(hours(0), inf_time=hours(-2))
    assert replay([at(0), old_call]).one(ARITHMETIC)["late"] is False
    ahead = wire.pharmacy_sale("x", at=hours(0), inf_time=hours(20), provider=AWAY)
    assert replay([ahead, wrong(hours(0))]).one(ARITHMETIC)["late"] is False


def test_a_late_record_has_its_verdict(replay: Replay) -> None:
    sale = wrong(hours(-10))
    assert replay([at(0), sale]).decision(sale) == ("reject", "12.00")


def test_a_sale_that_comes_again_after_nine_days_is_still_one_sale(replay: Replay) -> None:
    sale = wrong(hours(0))
    steps = [at(20 * n) for n in range(12)]
    outcome = replay([sale, *steps, sale])
    assert len({row["verdict_id"] for row in outcome.verdicts_of(sale)}) == 1
    assert outcome.one(ARITHMETIC)["evidence_count"] == 1
    pair = [wire.pharmacy_sale("c", at=wire.later(NOON, minutes=n)) for n in range(2)]
    assert replay([*pair, *steps, *pair]).open_of(REPEAT) == []


@pytest.mark.parametrize("kind", ["2103", "2601"])
def test_a_settlement_whose_undoing_came_first_passes(replay: Replay, kind: str) -> None:
    sale = wrong(hours(0))
    undone = (
        wire.reversal(sale, at=hours(0.01))
        if kind == "2103"
        else wire.compensation(sale, at=hours(0.01), person="a")
    )
    outcome = replay([undone, sale])
    assert outcome.decision(sale) == ("pass", "0.00")
    assert outcome.open_findings == []


def test_a_reversal_undoes_a_settlement_of_two_messages(replay: Replay) -> None:
    line = wire.line(amount="12.00", at=NOON)
    one = wire.pharmacy_sale("a", at=NOON, lines=[line], setl_id="S1", mdtrt_id="M1", msgid="A" * 30)
    two = wire.pharmacy_sale("a", at=NOON, lines=[line], setl_id="S1", mdtrt_id="M1", msgid="B" * 30)
    undone = wire.reversal(one, at=hours(1))
    for order in ([one, two, undone], [undone, one, two], [one, undone, two]):
        assert replay(order).open_findings == []


def test_the_person_of_a_check_is_the_person_of_a_sale(replay: Replay) -> None:
    check = wire.orders_checked("a", at=NOON, orders=[wire.order()])
    one, two = replay([check, wire.pharmacy_sale("a", at=hours(1))]).verdicts
    assert one["person"] == two["person"]


def test_a_current_encounter_that_is_not_there_means_the_last(replay: Replay) -> None:
    check = wire.orders_checked("a", at=NOON, orders=[wire.order(amount="12.00")], mdtrt_id="M1")
    check["request"]["input"]["data"]["patient_dtos"][0]["curr_mdtrt_id"] = "M404"
    assert replay([check]).verdict(check)["mdtrt_id"] == "M1"


def test_codes_of_a_pre_settlement_or_of_two_messages_are_not_sold_twice(replay: Replay) -> None:
    line = wire.line("XA00000001", at=NOON)
    traces = [wire.trace(CODE, of=line)]
    terms = {"lines": [line], "traces": traces}
    sale = wire.pharmacy_sale("a", at=NOON, setl_id="S1", mdtrt_id="M1", msgid="A" * 30, **terms)  # type: ignore[arg-type]
    again = wire.pharmacy_sale("a", at=NOON, setl_id="S1", mdtrt_id="M1", msgid="B" * 30, **terms)  # type: ignore[arg-type]
    pre = wire.pharmacy_sale("a", at=hours(-1), infno="2101", **terms)  # type: ignore[arg-type]
    failed = wire.pharmacy_sale("a", at=hours(1), infcode=-1, **terms)  # type: ignore[arg-type]
    assert replay([pre, sale, again, failed]).open_of(TRACE) == []


def test_a_code_named_twice_in_one_sale_is_sold_once(replay: Replay) -> None:
    line = wire.line("XA00000001", cnt="2")
    traces = [wire.trace(CODE, of=line), wire.trace(CODE, of=line)]
    assert replay([wire.pharmacy_sale("a", at=NOON, lines=[line], traces=traces)]).findings == []


def test_one_person_is_not_several(replay: Replay) -> None:
    sales = [wire.pharmacy_sale("abc"[n % 3], at=wire.later(NOON, seconds=10 * n)) for n in range(6)]
    assert replay(sales).open_of(BURST) == []


def test_providers_and_persons_are_not_confused_by_blanks_or_case(replay: Replay) -> None:
    sales = [wire.pharmacy_sale("a", at=wire.later(NOON, minutes=n)) for n in range(3)]
    sales[1]["request"]["fixmedins_code"] = wire.PHARMACY.lower()
    outcome = replay(sales)
    assert outcome.dead_letters == []
    assert outcome.open_of(REPEAT) == []


def test_a_feed_of_one_provider_needs_no_other(replay: Replay) -> None:
    assert replay([]).text == ""
