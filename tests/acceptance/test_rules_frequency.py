"""GZ10000102014000: the sum of cnt of an item over `max` in `days` calendar days, over all providers."""

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import Outcome, flat, measured, sns

RULE = "GZ10000102014000"
ITEM = "SVFREQ0001"
TABLES = {"item_frequency": f"item,max,days\n{ITEM},3,7\n"}


def day(number: int, clock: str = "09:00:00") -> str:
    return f"2026-03-{number:02d} {clock}"


def visit(
    number: int, *, cnt: str = "1", hospital: int = 1, fee: str = "", sn: str = ""
) -> list[wire.Record]:
    lines = [wire.line(ITEM, cnt=cnt, at=fee, sn=sn)]
    return wire.outpatient_visit("zhao", at=day(number), lines=lines, provider=wire.hospital(hospital))


def run(replay: Replay, *parts: list[wire.Record] | wire.Record) -> Outcome:
    return replay(flat(*parts), reference=TABLES)


def test_the_fourth_within_seven_days_breaches_over_all_providers(replay: Replay) -> None:
    last = visit(7, sn="FOURTH", hospital=3)
    outcome = run(replay, visit(1), visit(3, hospital=2), visit(5), last)
    finding = outcome.one(RULE)
    assert (finding["kind"], finding["severity"], finding["amount"]) == ("rejection", 1, "10.00")
    assert sns(finding) == ["FOURTH"]
    assert len(sns(finding, "involved")) == 3
    assert finding["evidence_count"] == 4
    assert finding["provider"] == wire.hospital(3)
    measured(finding, observed=4, limit=3)
    assert outcome.decision(last[-1]) == ("reject", "10.00")


def test_three_within_seven_days_are_quiet(replay: Replay) -> None:
    assert run(replay, visit(1), visit(3), visit(7)).open_of(RULE) == []


def test_the_eighth_day_begins_without_the_first(replay: Replay) -> None:
    assert run(replay, visit(1), visit(3), visit(5), visit(8)).open_of(RULE) == []


def test_the_window_is_of_calendar_days(replay: Replay) -> None:
    first = wire.outpatient_visit("zhao", at=day(1, "23:59:59"), lines=[wire.line(ITEM, cnt="3")])
    outcome = run(
        replay, first, wire.outpatient_visit("zhao", at=day(8, "00:00:00"), lines=[wire.line(ITEM)])
    )
    assert outcome.open_of(RULE) == []
    early = wire.outpatient_visit("zhao", at=day(1, "00:00:00"), lines=[wire.line(ITEM, cnt="3")])
    outcome = run(
        replay, early, wire.outpatient_visit("zhao", at=day(7, "23:59:59"), lines=[wire.line(ITEM)])
    )
    assert len(outcome.open_of(RULE)) == 1


def test_a_count_above_the_limit_breaches_alone(replay: Replay) -> None:
    records = visit(1, cnt="4")
    outcome = run(replay, records)
    assert outcome.one(RULE)["amount"] == "40.00"
    assert outcome.decision(records[-1]) == ("reject", "40.00")


def test_the_line_that_goes_beyond_breaches_whole(replay: Replay) -> None:
    records = visit(2, cnt="2")
    assert run(replay, visit(1, cnt="2"), records).decision(records[-1]) == ("reject", "20.00")


def test_every_later_line_of_the_window_breaches_too(replay: Replay) -> None:
    outcome = run(replay, visit(1, cnt="3"), visit(2, sn="B"), visit(3, sn="C"))
    assert [sns(each) for each in outcome.open_of(RULE)] == [["B"], ["C"]]


def test_other_items_and_persons_do_not_add_up(replay: Replay) -> None:
    other = wire.outpatient_visit("qian", at=day(2), lines=[wire.line(ITEM)])
    plain = wire.outpatient_visit("zhao", at=day(2), lines=[wire.line("SV1", cnt="9")])
    assert run(replay, visit(1, cnt="3"), other, plain).open_of(RULE) == []


def test_against_the_line_order_the_window_ends_at_the_lines_own_day(replay: Replay) -> None:
    newer_fee_first = visit(10, cnt="3")
    older_fee_later = visit(11, cnt="1", fee=day(9))
    assert run(replay, newer_fee_first, older_fee_later).open_of(RULE) == []


def test_the_day_is_that_of_the_fee(replay: Replay) -> None:
    outcome = run(replay, visit(8, cnt="3", fee=day(1)), visit(9, fee=day(8)))
    assert outcome.open_of(RULE) == []


def test_a_reversal_frees_the_window(replay: Replay) -> None:
    first, last = visit(1, cnt="3"), visit(2)
    outcome = run(replay, first, last, wire.reversal(first[-1], at=day(3)))
    assert outcome.open_of(RULE) == []
    assert len(outcome.withdrawn_of(RULE)) == 1


def test_an_order_counts_on_top_of_what_was_settled(replay: Replay) -> None:
    inside = wire.orders_checked("zhao", at=day(2), orders=[wire.order(ITEM)])
    beyond = wire.orders_checked("zhao", at=day(2), orders=[wire.order(ITEM, cnt="2")])
    outcome = run(replay, visit(1, cnt="2"), inside, beyond)
    assert outcome.decision(inside) == ("pass", "0.00")
    assert outcome.decision(beyond) == ("reject", "20.00")
