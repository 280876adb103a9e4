"""GZ10000101009000: days of supply of a drug, max(0, stock - days elapsed) + prd_days, above its limit."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import Outcome, flat, measured, msgid, msgids, sns

RULE = "GZ10000101009000"
DRUG = "XZSUP00001"


def day(number: int, clock: str = "09:00:00") -> str:
    return wire.later(f"2026-03-01 {clock}", days=number)


def buy(
    at: str | int, days: str, *, fee: str = "", med_type: str = "41", family: bool = False, shop: int = 1
) -> wire.Record:
    at = day(at) if isinstance(at, int) else at
    lines = [wire.line(DRUG, prd_days=days, at=fee), wire.line()]
    return wire.pharmacy_sale(
        "zhao",
        at=at,
        lines=lines,
        med_type=med_type,
        provider=wire.pharmacy(shop),
        acct_used_flag="2" if family else "1",
    )


def run(replay: Replay, *records: list[wire.Record] | wire.Record, limits: str | None = None) -> Outcome:
    reference = {"drug_supply": f"drug,max_days\n{limits}\n"} if limits else None
    return replay(flat(*records), reference=reference)


def test_thirty_two_days_are_rejected_with_the_whole_line(replay: Replay) -> None:
    sale = buy(0, "32")
    outcome = run(replay, sale)
    finding = outcome.one(RULE)
    assert (finding["kind"], finding["severity"], finding["amount"]) == ("rejection", 1, "10.00")
    measured(finding, observed=32, limit=31)
    assert outcome.decision(sale) == ("reject", "10.00")


@pytest.mark.parametrize("days", ["31", "0", "", "7"])
def test_thirty_one_days_and_none_are_quiet(replay: Replay, days: str) -> None:
    assert run(replay, buy(0, days)).open_of(RULE) == []


@pytest.mark.parametrize("after, days, fires", [(22, "23", False), (22, "24", True), (23, "31", False)])
def test_a_remnant_of_more_than_seven_days_counts(replay: Replay, after: int, days: str, fires: bool) -> None:
    """30 days bought: on day 22 eight are left, on day 23 seven, which count as none."""
    assert bool(run(replay, buy(0, "30"), buy(after, days)).open_of(RULE)) is fires


def test_stock_is_one_over_all_providers(replay: Replay) -> None:
    visit = wire.outpatient_visit("zhao", at=day(1), lines=[wire.line(DRUG, prd_days="3", sn="MORE")])
    first = buy(0, "30", shop=2)
    outcome = run(replay, first, visit)
    finding = outcome.one(RULE)
    assert sns(finding) == ["MORE"]
    assert len(sns(finding, "involved")) == 1
    assert msgids(finding) == {msgid(first), msgid(visit[-1])}
    measured(finding, observed=32, limit=31)


def test_a_remnant_that_counted_as_none_is_gone(replay: Replay) -> None:
    renewed = [buy(0, "30"), buy(23, "31")]
    assert run(replay, *renewed, buy(24, "1")).open_of(RULE) == []
    assert len(run(replay, *renewed, buy(24, "2")).open_of(RULE)) == 1


def test_what_was_too_much_stays_in_stock(replay: Replay) -> None:
    outcome = run(replay, buy(0, "40"), buy(9, "1"))
    assert [each["observed"] for each in outcome.open_of(RULE)] == [40, 32]


def test_evidence_goes_back_to_where_the_stock_was_last_none(replay: Replay) -> None:
    sales = [buy(0, "10"), buy(20, "20"), buy(22, "14")]
    finding = run(replay, *sales).one(RULE)
    assert msgids(finding) == {msgid(each) for each in sales[1:]}
    assert finding["evidence_count"] == 2


def test_days_go_by_the_calendar(replay: Replay) -> None:
    overnight = [buy(day(0, "23:59:00"), "31"), buy(day(1, "00:01:00"), "1")]
    assert run(replay, *overnight).open_of(RULE) == []
    same_day = [buy(day(0, "00:01:00"), "31"), buy(day(0, "23:59:00"), "1")]
    assert len(run(replay, *same_day).open_of(RULE)) == 1


@pytest.mark.parametrize("days, fires", [("11", False), ("12", True)])
def test_fee_dates_against_the_line_order_count_no_elapsed_days(
    replay: Replay, days: str, fires: bool
) -> None:
    records = [buy(10, "20"), buy(11, days, fee=day(5))]
    assert bool(run(replay, *records).open_of(RULE)) is fires


def test_two_lines_of_one_settlement_add_up(replay: Replay) -> None:
    lines = [wire.line(DRUG, prd_days="16", sn="A"), wire.line(DRUG, prd_days="16", sn="B")]
    sale = wire.pharmacy_sale("zhao", at=day(0), lines=lines)
    outcome = run(replay, sale)
    assert sns(outcome.one(RULE)) == ["B"]
    assert outcome.decision(sale) == ("reject", "10.00")


def test_other_drugs_and_persons_have_their_own_stock(replay: Replay) -> None:
    other = wire.pharmacy_sale("zhao", at=day(0), lines=[wire.line("XZOTHER001", prd_days="31")])
    person = wire.pharmacy_sale("qian", at=day(0), lines=[wire.line(DRUG, prd_days="31")])
    assert run(replay, buy(0, "31"), other, person).open_of(RULE) == []


@pytest.mark.parametrize("days, fires", [("93", False), ("94", True)])
def test_long_prescriptions_may_reach_93_days(replay: Replay, days: str, fires: bool) -> None:
    assert bool(run(replay, buy(0, days, med_type="14")).open_of(RULE)) is fires


@pytest.mark.parametrize("days, fires", [("14", False), ("15", True)])
def test_a_limit_of_the_table_beats_both(replay: Replay, days: str, fires: bool) -> None:
    for med_type in ("41", "14"):
        outcome = run(replay, buy(0, days, med_type=med_type), limits=f"{DRUG},14")
        assert bool(outcome.open_of(RULE)) is fires


def test_a_line_without_days_is_quiet_whatever_the_stock(replay: Replay) -> None:
    assert run(replay, buy(0, "60", med_type="14"), buy(1, "0"), buy(2, "")).open_of(RULE) == []


def test_a_stay_has_no_limit_and_adds_no_stock(replay: Replay) -> None:
    records = [
        wire.stay_charges("zhao", at=day(0), mdtrt_id="M1", lines=[wire.line(DRUG, prd_days="60")]),
        wire.stay_settlement("zhao", at=day(0), mdtrt_id="M1"),
    ]
    assert run(replay, *records, buy(1, "31")).open_of(RULE) == []


@pytest.mark.parametrize("med_type", ["2101", "2102", "21", "22", "28", "52"])
def test_some_kinds_of_care_have_no_limit(replay: Replay, med_type: str) -> None:
    visit = wire.outpatient_visit(
        "zhao", at=day(0), lines=[wire.line(DRUG, prd_days="60")], med_type=med_type
    )
    assert run(replay, visit).open_of(RULE) == []


def test_a_family_purchase_is_suspect_and_adds_to_the_holders_stock(replay: Replay) -> None:
    family = buy(day(0, "10:00:00"), "12", family=True)
    outcome = run(replay, buy(0, "20"), family)
    assert outcome.one(RULE)["severity"] == 2
    assert outcome.decision(family) == ("remind", "0.00")
    own = buy(day(0, "10:00:00"), "12")
    outcome = run(replay, buy(0, "20", family=True), own)
    assert outcome.one(RULE)["severity"] == 1
    assert outcome.decision(own) == ("reject", "10.00")


def test_the_reversal_of_the_stock_withdraws_the_finding(replay: Replay) -> None:
    first, second = buy(0, "31"), buy(1, "5")
    outcome = run(replay, first, second, wire.reversal(first, at=day(1, "10:00:00")))
    assert outcome.open_of(RULE) == []
    assert len(outcome.withdrawn_of(RULE)) == 1
    assert outcome.decision(second) == ("reject", "10.00")


def test_an_earlier_purchase_that_comes_late_is_in_its_place(replay: Replay) -> None:
    first, second = buy(day(0, "09:00:00"), "30"), buy(day(0, "09:04:00"), "5")
    finding = run(replay, second, first).one(RULE)
    assert finding["evidence"][-1]["msgid"] == msgid(second)
    measured(finding, observed=35, limit=31)


def order(days: str, *, med_type: str = "11", mdtrt_id: str = "", rx_id: str = "") -> wire.Record:
    orders = [wire.order(DRUG, prd_days=days, rx_id=rx_id)]
    return wire.orders_checked("zhao", at=day(1), orders=orders, med_type=med_type, mdtrt_id=mdtrt_id)


@pytest.mark.parametrize(
    "days, med_type, decision",
    [
        ("31", "11", "pass"),
        ("32", "11", "reject"),
        ("93", "14", "pass"),
        ("94", "14", "reject"),
        ("94", "2101", "pass"),
    ],
)
def test_an_order_follows_its_med_type(replay: Replay, days: str, med_type: str, decision: str) -> None:
    check = order(days, med_type=med_type)
    assert run(replay, check).verdict(check)["decision"] == decision


def test_an_order_counts_on_top_of_the_stock(replay: Replay) -> None:
    inside, beyond = order("11"), order("12")
    outcome = run(replay, buy(0, "21"), inside, beyond)
    assert outcome.decision(inside) == ("pass", "0.00")
    assert outcome.decision(beyond) == ("reject", "10.00")


def test_an_order_that_is_settled_already_is_not_counted_again(replay: Replay) -> None:
    lines = [wire.line(DRUG, prd_days="31", sn="RX1")]
    visit = wire.outpatient_visit("zhao", at=day(0), lines=lines, mdtrt_id="M1")
    same, other = order("31", mdtrt_id="M1", rx_id="RX1"), order("31", mdtrt_id="M1", rx_id="RX2")
    outcome = run(replay, visit, same, other)
    assert outcome.decision(same) == ("pass", "0.00")
    assert outcome.decision(other) == ("reject", "10.00")


@pytest.mark.parametrize(
    "limit, fires",
    [("days_max = 20", True), ("days_max = 25", False), ("early_refill_days = 0, days_max = 25", True)],
)
def test_the_region_may_change_the_limits(replay: Replay, limit: str, fires: bool) -> None:
    region = f"[[change]]\nfrom = 2026-01-01\nrules.GZ10000101009000 = {{ {limit} }}\n"
    outcome = replay([buy(0, "20"), buy(15, "21")], region=region)
    assert bool(outcome.open_of(RULE)) is fires
