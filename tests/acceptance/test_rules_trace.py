"""LOC-TRACE-REUSED: one trace code in at least 2 live settlements."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import measured, msgid, msgids, rfc

RULE = "LOC-TRACE-REUSED"
CODE = "81000000000000000001"
OTHER = "81000000000000000002"


def day(number: int) -> str:
    return f"2026-03-{number:02d} 10:00:00"


def sale(
    number: int, code: str = CODE, *, trdn_flag: str = "0", person: str = "", shop: int = 1
) -> wire.Record:
    sold = wire.line(pric="30.00")
    return wire.pharmacy_sale(
        person or f"p{number}",
        at=day(number),
        lines=[sold],
        traces=[wire.trace(code, of=sold, trdn_flag=trdn_flag)] if code else [],
        provider=wire.pharmacy(shop),
    )


def test_a_box_sold_twice_is_a_lead(replay: Replay) -> None:
    sales = [sale(1), sale(5, shop=2)]
    outcome = replay(sales)
    finding = outcome.one(RULE)
    assert (finding["kind"], finding["severity"], finding["amount"]) == ("lead", 2, "60.00")
    assert (finding["provider"], finding["person"]) == (wire.pharmacy(2), None)
    measured(finding, observed=2, limit=2)
    assert msgids(finding) == {msgid(each) for each in sales}
    assert finding["occurred_at"] == rfc(day(5))
    assert outcome.decision(sales[1]) == ("pass", "0.00")


def test_a_code_is_remembered_for_two_years(replay: Replay) -> None:
    old = wire.pharmacy_sale("old", at="2024-04-01 10:00:00", traces=[wire.trace(CODE)])
    assert len(replay([old, sale(5)]).open_of(RULE)) == 1


def test_one_person_may_buy_it_twice(replay: Replay) -> None:
    outcome = replay([sale(1, person="zhao"), sale(2, person="zhao")])
    assert outcome.one(RULE)["person"] == outcome.verdicts[0]["person"]


def test_a_code_has_one_finding_that_grows(replay: Replay) -> None:
    sales = [sale(number) for number in range(1, 6)]
    outcome = replay(sales)
    finding = outcome.one(RULE)
    assert (finding["observed"], finding["evidence_count"], finding["amount"]) == (5, 5, "150.00")
    assert len({each["finding_id"] for each in outcome.revisions}) == 1
    assert finding["revision"] == max(each["revision"] for each in outcome.revisions)


def test_two_codes_have_two_findings(replay: Replay) -> None:
    outcome = replay([sale(1), sale(2), sale(3, OTHER), sale(4, OTHER)])
    assert len(outcome.open_of(RULE)) == 2


def test_different_codes_are_quiet(replay: Replay) -> None:
    assert replay([sale(1), sale(2, OTHER)]).open_of(RULE) == []


@pytest.mark.parametrize("flags", [("1", "0"), ("0", "1"), ("1", "1")])
def test_split_sales_are_exempt_on_either_side(replay: Replay, flags: tuple[str, str]) -> None:
    records = [sale(n, trdn_flag=flag) for n, flag in enumerate(flags, start=1)]
    assert replay(records).open_of(RULE) == []


def test_a_split_sale_between_two_whole_ones_is_no_evidence(replay: Replay) -> None:
    records = [sale(1), sale(2, trdn_flag="1"), sale(3)]
    assert msgids(replay(records).one(RULE)) == {msgid(records[0]), msgid(records[2])}


def test_a_code_twice_in_one_settlement_is_one_sale(replay: Replay) -> None:
    sold = wire.line()
    twice = [wire.trace(CODE, of=sold), wire.trace(CODE, of=sold)]
    assert replay([wire.pharmacy_sale("zhao", at=day(1), lines=[sold], traces=twice)]).open_of(RULE) == []


def test_a_resent_settlement_is_one_sale(replay: Replay) -> None:
    once = sale(1)
    assert replay([once, once]).findings == []


@pytest.mark.parametrize(
    "code",
    ["8100000000000000001", "810000000000000000011", "8100000000000000000A", "1" * 20, "0" * 20, "8" * 20],
)
def test_codes_that_are_none_are_not_used(replay: Replay, code: str) -> None:
    assert replay([sale(1, code), sale(2, code)]).open_of(RULE) == []


def test_codes_of_the_table_are_not_used(replay: Replay) -> None:
    tables = {"trace_ignore": f"drug_trac_codg\n{CODE}\n"}
    outcome = replay([sale(1), sale(2), sale(3, OTHER), sale(4, OTHER)], reference=tables)
    assert len(outcome.open_of(RULE)) == 1


@pytest.mark.parametrize("alias", ["durg_trac_info", "drugtracinfo"])
def test_codes_may_come_under_other_names(replay: Replay, alias: str) -> None:
    second = sale(2)
    carried = second["request"]["input"]
    carried[alias] = carried.pop("drug_trac_info")
    assert len(replay([sale(1), second]).open_of(RULE)) == 1


def test_any_settlement_may_carry_codes(replay: Replay) -> None:
    visit = wire.outpatient_visit("zhao", at=day(2), lines=[wire.line()])
    visit[-1]["request"]["input"]["drug_trac_info"] = [wire.trace(CODE)]
    assert len(replay([sale(1), *visit]).open_of(RULE)) == 1


def test_a_reversed_sale_does_not_count(replay: Replay) -> None:
    sales = [sale(1), sale(2)]
    outcome = replay([*sales, wire.reversal(sales[0], at=day(3))])
    assert outcome.open_of(RULE) == []
    assert len(outcome.withdrawn_of(RULE)) == 1
    assert replay([sale(4), wire.reversal(sales[0], at=day(5))]).open_of(RULE) == []


def goods(of: wire.Record, at: str, *, person: str, returned: bool = False) -> wire.Record:
    build = wire.goods_returned if returned else wire.goods_sold
    return build(person, at=at, setl_id=wire.setl_id_of(of), codes=[CODE])


def test_goods_sold_count_with_their_settlement(replay: Replay) -> None:
    plain = sale(2, "")
    said = goods(plain, "2026-03-02 10:05:00", person="p2")
    assert len(replay([sale(1), plain, said]).open_of(RULE)) == 1
    assert replay([sale(1), said]).open_of(RULE) == []


def test_goods_sold_may_be_said_before_their_settlement(replay: Replay) -> None:
    plain = sale(2, "")
    said = goods(plain, "2026-03-02 09:58:00", person="p2")
    assert len(replay([sale(1), said, plain]).open_of(RULE)) == 1


def test_goods_sold_repeat_the_codes_of_their_settlement(replay: Replay) -> None:
    first = sale(1)
    assert replay([first, goods(first, "2026-03-01 10:05:00", person="p1")]).open_of(RULE) == []


def test_goods_returned_take_the_code_back(replay: Replay) -> None:
    plain = sale(2, "")
    sold = goods(plain, "2026-03-02 10:05:00", person="p2")
    back = goods(plain, "2026-03-02 11:00:00", person="p2", returned=True)
    outcome = replay([sale(1), plain, sold, back])
    assert outcome.open_of(RULE) == []
    assert len(outcome.withdrawn_of(RULE)) == 1


def test_goods_returned_take_back_a_code_that_came_with_the_settlement(replay: Replay) -> None:
    first = sale(1)
    back = goods(first, "2026-03-01 11:00:00", person="p1", returned=True)
    assert replay([first, back, sale(2)]).open_of(RULE) == []


def test_a_failed_settlement_sells_nothing(replay: Replay) -> None:
    failed = sale(2)
    failed["reply"] = None
    assert replay([sale(1), failed]).open_of(RULE) == []


def test_the_region_may_ask_for_more_sales(replay: Replay) -> None:
    region = "[[change]]\nfrom = 2026-01-01\nrules.LOC-TRACE-REUSED = { sales = 3 }\n"
    assert replay([sale(1), sale(2)], region=region).open_of(RULE) == []
    assert len(replay([sale(1), sale(2), sale(3)], region=region).open_of(RULE)) == 1
