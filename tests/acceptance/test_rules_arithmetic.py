"""GZ10000201002000: a line's amount differs from round_half_up(pric*cnt, 2) by more than 0.01."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import measured, msgid, result_rules, rfc, sns

RULE = "GZ10000201002000"
T = "2026-03-10 10:00:00"


def test_a_difference_of_two_fen_is_rejected_with_the_whole_line(replay: Replay) -> None:
    wrong = wire.line(amount="10.02")
    sale = wire.pharmacy_sale("zhao", at=T, lines=[wrong, wire.line()], fund="15.00")
    outcome = replay([sale])
    finding = outcome.one(RULE)
    assert (finding["kind"], finding["severity"], finding["amount"]) == ("rejection", 1, "10.02")
    assert (finding["provider"], finding["occurred_at"]) == (wire.PHARMACY, rfc(T))
    assert finding["person"] == outcome.verdict(sale)["person"]
    assert sns(finding) == [wrong["feedetl_sn"]]
    assert finding["evidence_count"] == len(finding["evidence"]) == 1
    evidence = finding["evidence"][0]
    assert evidence["msgid"] == msgid(sale)
    assert evidence["infno"] == "2102"
    assert evidence["setl_id"] == wire.setl_id_of(sale)
    assert evidence["at"] == rfc(T)
    assert evidence["person"] == finding["person"]
    assert outcome.decision(sale) == ("reject", "10.02")
    assert outcome.verdict(sale)["fund_at_issue"] == "10.02"
    assert result_rules(outcome.verdict(sale)) == [RULE]


@pytest.mark.parametrize("amount", ["9.99", "10.00", "10.01"])
def test_a_difference_of_one_fen_is_tolerated(replay: Replay, amount: str) -> None:
    sale = wire.pharmacy_sale("zhao", at=T, lines=[wire.line(amount=amount)])
    outcome = replay([sale])
    assert outcome.open_of(RULE) == []
    assert outcome.decision(sale) == ("pass", "0.00")
    assert outcome.verdict(sale)["results"] == []


def test_too_little_is_as_wrong_as_too_much(replay: Replay) -> None:
    sale = wire.pharmacy_sale("zhao", at=T, lines=[wire.line(amount="9.98")])
    assert replay([sale]).decision(sale) == ("reject", "9.98")


@pytest.mark.parametrize(
    "pric, cnt, amount, fires",
    [
        ("2.005", "1", "1.99", True),  # 2.01, where half-even says 2.00
        ("2.005", "1", "2.02", False),
        ("1.005", "1", "0.99", True),  # 1.01, where binary floats say 1.00
        ("0.005", "1", "0.02", False),  # 0.01
        ("0.333333", "3", "1.02", True),  # 0.999999 is 1.00
        ("30.000000", "0.3333", "10.01", False),  # 9.999 is 10.00
        ("0.004999", "1", "0.01", False),  # 0.00
        ("0.004999", "1", "0.02", True),
    ],
)
def test_products_are_rounded_half_away_from_zero(
    replay: Replay, pric: str, cnt: str, amount: str, fires: bool
) -> None:
    sale = wire.pharmacy_sale("zhao", at=T, lines=[wire.line(pric=pric, cnt=cnt, amount=amount)])
    assert bool(replay([sale]).open_of(RULE)) is fires


def test_two_wrong_lines_of_one_settlement_make_one_finding(replay: Replay) -> None:
    wrong = [wire.line(amount="11.00"), wire.line(amount="8.00")]
    sale = wire.pharmacy_sale("zhao", at=T, lines=[*wrong, wire.line()])
    outcome = replay([sale])
    assert outcome.one(RULE)["amount"] == "19.00"
    assert sns(outcome.one(RULE)) == [each["feedetl_sn"] for each in wrong]
    assert outcome.decision(sale) == ("reject", "19.00")


def test_two_settlements_make_two_findings(replay: Replay) -> None:
    sales = [
        wire.pharmacy_sale("zhao", at=at, lines=[wire.line(amount="11.00")])
        for at in (T, wire.later(T, hours=2))
    ]
    assert len(replay(sales).open_of(RULE)) == 2


def test_lines_of_an_outpatient_visit_are_judged_at_its_settlement(replay: Replay) -> None:
    visit = wire.outpatient_visit("zhao", at=T, lines=[wire.line(amount="10.50")])
    outcome = replay(visit)
    assert outcome.one(RULE)["provider"] == wire.HOSPITAL
    assert outcome.decision(visit[-1]) == ("reject", "10.50")
    assert len(outcome.verdicts) == 1


def test_lines_of_a_stay_are_judged_at_its_settlement(replay: Replay) -> None:
    records = [
        wire.stay_charges("zhao", at=T, mdtrt_id="M1", lines=[wire.line(amount="10.50")]),
        wire.stay_settlement("zhao", at=wire.later(T, hours=1), mdtrt_id="M1", amount="10.50"),
    ]
    outcome = replay(records)
    assert outcome.decision(records[-1]) == ("reject", "10.50")
    assert outcome.one(RULE)["evidence"][0]["infno"] == "2304"


def test_charge_lines_alone_are_judged_for_nothing(replay: Replay) -> None:
    outcome = replay([wire.charges("zhao", at=T, mdtrt_id="M1", lines=[wire.line(amount="10.50")])])
    assert outcome.findings == []
    assert outcome.verdicts == []


def test_a_presettlement_and_a_failed_settlement_get_no_verdict(replay: Replay) -> None:
    wrong = [wire.line(amount="10.50")]
    outcome = replay(
        [
            wire.pharmacy_presale("zhao", at=T, lines=wrong),
            wire.pharmacy_sale("zhao", at=T, lines=wrong, infcode=-1),
            wire.pharmacy_sale("zhao", at=T, lines=wrong, answered=False),
            wire.outpatient_presettlement("zhao", at=T, mdtrt_id="M1"),
            wire.stay_presettlement("zhao", at=T, mdtrt_id="M2"),
        ]
    )
    assert outcome.text.strip() == ""


def test_an_infcode_written_as_text_counts(replay: Replay) -> None:
    sale = wire.pharmacy_sale("zhao", at=T, lines=[wire.line(amount="10.50")], infcode="0")
    assert replay([sale]).decision(sale) == ("reject", "10.50")


def test_the_region_may_widen_the_tolerance(replay: Replay) -> None:
    region = '[[change]]\nfrom = 2026-01-01\nrules.GZ10000201002000 = { tolerance = "0.05" }\n'
    inside = wire.pharmacy_sale("zhao", at=T, lines=[wire.line(amount="10.05")])
    outside = wire.pharmacy_sale("qian", at=T, lines=[wire.line(amount="10.06")])
    outcome = replay([inside, outside], region=region)
    assert outcome.decision(inside) == ("pass", "0.00")
    assert outcome.decision(outside) == ("reject", "10.06")


def test_the_difference_is_what_was_observed(replay: Replay) -> None:
    """The unit of the limit is yuan; where several lines breach nothing says which one is shown."""
    outcome = replay([wire.pharmacy_sale("zhao", at=T, lines=[wire.line(amount="10.25")])])
    measured(outcome.one(RULE), observed=0.25, limit=0.01)


def test_a_family_account_does_not_excuse_arithmetic(replay: Replay) -> None:
    sale = wire.pharmacy_sale("zhao", at=T, lines=[wire.line(amount="10.02")], acct_used_flag="2")
    assert replay([sale]).decision(sale) == ("reject", "10.02")


def test_an_order_is_judged_as_if_settled(replay: Replay) -> None:
    check = wire.orders_checked("zhao", at=T, orders=[wire.order(amount="10.02"), wire.order()])
    preview = wire.orders_checked("zhao", at=T, orders=[wire.order(amount="10.02")], infno="3101")
    outcome = replay([check, preview])
    assert outcome.decision(check) == ("reject", "10.02")
    assert outcome.decision(preview) == ("remind", "0.00")
    assert outcome.findings == []
