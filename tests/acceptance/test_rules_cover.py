"""LOC-COVER-INACTIVE (W): the register says 0, 2, 3 or 4 for the settlement's insutype at setl_time."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import result_rules, sns

RULE = "LOC-COVER-INACTIVE"
T = "2026-03-10 10:00:00"
EARLY = "2026-03-10 08:00:00"


def paused(at: str = EARLY, *, status: str = "2", insutype: str = "310", since: str = "") -> wire.Record:
    return wire.insured_record("zhao", at=at, status=status, insutype=insutype, paused=since)


def active(at: str, *, since: str = "2015-01-01") -> wire.Record:
    return wire.insured_record("zhao", at=at, since=since)


def sale(at: str = T, *, brdy: str = "1980-05-20") -> wire.Record:
    return wire.pharmacy_sale("zhao", at=at, lines=[wire.line(), wire.line()], brdy=brdy)


def test_a_settlement_on_paused_cover_is_rejected_whole(replay: Replay) -> None:
    record = sale()
    outcome = replay([paused(), record])
    finding = outcome.one(RULE)
    assert (finding["kind"], finding["severity"], finding["amount"]) == ("rejection", 1, "20.00")
    assert len(sns(finding)) == 2
    assert outcome.decision(record) == ("reject", "20.00")
    assert result_rules(outcome.verdict(record)) == [RULE]


@pytest.mark.parametrize("status, fires", [("0", True), ("1", False), ("2", True), ("3", True), ("4", True)])
def test_every_status_but_normal_fires(replay: Replay, status: str, fires: bool) -> None:
    assert bool(replay([paused(status=status), sale()]).open_of(RULE)) is fires


def test_an_unknown_register_and_another_kind_of_cover_are_quiet(replay: Replay) -> None:
    assert replay([sale()]).open_of(RULE) == []
    assert replay([paused(insutype="390"), sale()]).open_of(RULE) == []


def test_the_latest_record_counts(replay: Replay) -> None:
    assert replay([paused(), active("2026-03-10 09:00:00"), sale()]).open_of(RULE) == []
    assert len(replay([active(EARLY), paused("2026-03-10 09:00:00"), sale()]).open_of(RULE)) == 1
    unlisted = wire.insured_record("zhao", at="2026-03-10 09:00:00", status="")
    assert replay([paused(), unlisted, sale()]).open_of(RULE) == []


@pytest.mark.parametrize(
    "known, severity", [("2026-03-09 10:00:00", 1), ("2026-03-09 09:59:59", 2), ("2026-01-01 10:00:00", 2)]
)
def test_a_record_of_more_than_a_day_before_makes_it_only_suspect(
    replay: Replay, known: str, severity: int
) -> None:
    record = sale()
    outcome = replay([paused(known), record])
    assert (outcome.one(RULE)["severity"], outcome.one(RULE)["amount"]) == (severity, "20.00")
    assert outcome.decision(record) == (("reject", "20.00") if severity == 1 else ("remind", "0.00"))


@pytest.mark.parametrize(
    "since, fires", [("2026-03-10", True), ("2026-03-11", False), ("2026-03-09", True), ("2026-03-15", False)]
)
def test_a_pause_begins_on_its_date(replay: Replay, since: str, fires: bool) -> None:
    assert bool(replay([paused(since=since), sale()]).open_of(RULE)) is fires


def test_of_a_stay_only_the_lines_from_the_pause_on_are_refused(replay: Replay) -> None:
    lines = [
        wire.line(at="2026-03-07 23:59:59", sn="BEFORE"),
        wire.line(at="2026-03-08 00:00:00", sn="THAT-DAY"),
        wire.line(at="2026-03-09 10:00:00", sn="AFTER"),
    ]
    settled = wire.stay_settlement("zhao", at=T, mdtrt_id="M1", amount="30.00")
    records = [
        wire.stay_charges("zhao", at="2026-03-09 11:00:00", mdtrt_id="M1", lines=lines),
        paused(since="2026-03-08"),
        settled,
    ]
    outcome = replay(records)
    assert sns(outcome.one(RULE)) == ["AFTER", "THAT-DAY"]
    assert outcome.decision(settled) == ("reject", "20.00")


@pytest.mark.parametrize(
    "since, open_still",
    [("2015-01-01", False), ("2026-03-10", False), ("2026-03-11", True), ("", True)],
)
def test_cover_paid_for_late_withdraws_the_finding(replay: Replay, since: str, open_still: bool) -> None:
    record = sale()
    outcome = replay([paused(), record, active("2026-03-20 09:00:00", since=since)])
    assert bool(outcome.open_of(RULE)) is open_still
    assert outcome.decision(record) == ("reject", "20.00")


def test_cover_paid_for_and_paused_again_withdraws_it_too(replay: Replay) -> None:
    outcome = replay([paused(), sale(), active("2026-03-20 09:00:00"), paused("2026-03-25 09:00:00")])
    assert outcome.open_of(RULE) == []
    assert len(outcome.withdrawn_of(RULE)) == 1


def test_a_later_record_of_an_earlier_pause_does_nothing(replay: Replay) -> None:
    record = sale()
    outcome = replay([active(EARLY), record, paused("2026-03-20 09:00:00", since="2026-03-01")])
    assert outcome.open_of(RULE) == []
    assert replay([sale(), paused("2026-03-20 09:00:00", since="2026-03-01")]).open_of(RULE) == []


@pytest.mark.parametrize("brdy, fires", [("2025-12-10", False), ("2025-12-08", True)])
def test_infants_of_up_to_ninety_days_are_quiet(replay: Replay, brdy: str, fires: bool) -> None:
    """90 days after the 10th of December it is the 10th of March."""
    assert bool(replay([paused(), sale(brdy=brdy)]).open_of(RULE)) is fires


def test_a_failed_register_call_says_nothing(replay: Replay) -> None:
    failed = wire.insured_record("zhao", at=EARLY, status="2", infcode=-1)
    assert replay([failed, sale()]).open_of(RULE) == []


def test_a_compensated_register_call_says_nothing(replay: Replay) -> None:
    said = paused()
    undone = wire.compensation(said, at="2026-03-10 11:00:00", person="zhao")
    outcome = replay([said, sale(), undone])
    assert outcome.open_of(RULE) == []


def test_the_reversal_withdraws_the_finding(replay: Replay) -> None:
    record = sale()
    assert replay([paused(), record, wire.reversal(record, at="2026-03-10 11:00:00")]).open_of(RULE) == []


def test_a_settlement_without_known_lines_is_rejected_by_its_sum(replay: Replay) -> None:
    record = wire.outpatient_settlement("zhao", at=T, mdtrt_id="M1", amount="171.00", fund="119.70")
    outcome = replay([paused(), record])
    assert outcome.one(RULE)["amount"] == "171.00"
    assert outcome.decision(record) == ("reject", "171.00")
    assert outcome.verdict(record)["fund_at_issue"] == "119.70"


def test_orders_on_paused_cover_are_rejected(replay: Replay) -> None:
    check = wire.orders_checked("zhao", at=T, orders=[wire.order()])
    other = wire.orders_checked("zhao", at=T, orders=[wire.order()], insutype="390")
    outcome = replay([paused(), check, other])
    assert outcome.decision(check) == ("reject", "10.00")
    assert outcome.decision(other) == ("pass", "0.00")


def test_the_region_may_change_the_age_of_the_record(replay: Replay) -> None:
    region = "[[change]]\nfrom = 2026-01-01\nrules.LOC-COVER-INACTIVE = { register_age_s = 3600 }\n"
    assert replay([paused(EARLY), sale()], region=region).one(RULE)["severity"] == 2
    assert replay([paused("2026-03-10 09:00:00"), sale()], region=region).one(RULE)["severity"] == 1
