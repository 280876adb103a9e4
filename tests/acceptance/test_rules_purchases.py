"""GZ10000204003000: more than 4 purchases of one drug in 30 days, over all providers."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import measured, msgid, msgids

RULE = "GZ10000204003000"
DAYS = (0, 7, 14, 21, 29)


def day(number: int) -> str:
    return wire.later("2026-03-01 09:00:00", days=number)


def buy(number: int, *, item: str = "XZOFT00001", shop: int = 1, family: bool = False) -> wire.Record:
    flag = "2" if family else "1"
    return wire.pharmacy_sale(
        "zhao", at=day(number), lines=[wire.line(item)], provider=wire.pharmacy(shop), acct_used_flag=flag
    )


def test_the_fifth_purchase_within_thirty_days_is_a_lead(replay: Replay) -> None:
    sales = [buy(number, shop=number + 1) for number in DAYS]
    outcome = replay(sales)
    finding = outcome.one(RULE)
    assert (finding["kind"], finding["severity"], finding["amount"]) == ("lead", 2, "50.00")
    assert msgids(finding) == {msgid(each) for each in sales}
    assert finding["provider"] == wire.pharmacy(30)
    measured(finding, observed=5, limit=4)
    assert outcome.decision(sales[-1]) == ("pass", "0.00")
    assert outcome.verdict(sales[-1])["results"] == []


def test_four_purchases_are_quiet(replay: Replay) -> None:
    assert replay([buy(number) for number in DAYS[:4]]).open_of(RULE) == []


def test_the_fifth_after_thirty_one_days_is_quiet(replay: Replay) -> None:
    """At exactly 30 days '30 days' may be read both ways."""
    assert replay([buy(number) for number in (0, 7, 14, 21, 31)]).open_of(RULE) == []


@pytest.mark.parametrize("item, fires", [("ZA00000001", True), ("T000000001", True), ("SV00000001", False)])
def test_only_codes_of_drugs_count(replay: Replay, item: str, fires: bool) -> None:
    assert bool(replay([buy(number, item=item) for number in DAYS]).open_of(RULE)) is fires


def test_several_lines_of_one_settlement_are_one_purchase(replay: Replay) -> None:
    twice = wire.pharmacy_sale("zhao", at=day(29), lines=[wire.line("XZOFT00001"), wire.line("XZOFT00001")])
    assert replay([*[buy(number) for number in DAYS[:3]], twice]).open_of(RULE) == []


def test_family_purchases_do_not_count(replay: Replay) -> None:
    sales = [buy(number, family=number == 14) for number in DAYS]
    assert replay(sales).open_of(RULE) == []


def test_outpatient_settlements_count_and_stays_do_not(replay: Replay) -> None:
    sales = [buy(number) for number in DAYS[:4]]
    lines = [wire.line("XZOFT00001")]
    visit = wire.outpatient_visit("zhao", at=day(28), lines=lines)
    assert len(replay([*sales, *visit]).open_of(RULE)) == 1
    stay = [
        wire.stay_charges("zhao", at=day(28), mdtrt_id="M9", lines=lines),
        wire.stay_settlement("zhao", at=day(28), mdtrt_id="M9"),
    ]
    assert replay([*sales, *stay]).open_of(RULE) == []


def test_a_reversed_purchase_does_not_count(replay: Replay) -> None:
    sales = [buy(number) for number in DAYS]
    outcome = replay([*sales, wire.reversal(sales[1], at=day(30))])
    assert outcome.open_of(RULE) == []
    assert len(outcome.withdrawn_of(RULE)) == 1


def test_different_drugs_do_not_add_up(replay: Replay) -> None:
    sales = [buy(number, item="XZ1" if number % 2 else "XZ2") for number in DAYS]
    assert replay(sales).open_of(RULE) == []


def test_the_region_may_change_the_limits(replay: Replay) -> None:
    region = "[[change]]\nfrom = 2026-01-01\nrules.GZ10000204003000 = { purchases = 2, days = 10 }\n"
    assert len(replay([buy(0), buy(5), buy(9)], region=region).open_of(RULE)) == 1
    assert replay([buy(0), buy(5), buy(11)], region=region).open_of(RULE) == []
