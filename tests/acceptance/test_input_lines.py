"""Which lines a settlement has: carried or uploaded, in batches, withdrawn, refunded, and of several persons.

Every line here is off by the same sum, so the finding about arithmetic lists just the lines of a settlement.
"""

import itertools

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import Outcome, sns

ARITHMETIC = "GZ10000201002000"
AT = "2026-03-10 12:00:00"


def minute(n: int) -> str:
    """So many minutes after noon."""
    return wire.later(AT, minutes=n)


def off(sn: str, *, cnt: str = "1", batch: str = "B0001", refunds: str = "") -> wire.Record:
    """A line of that name that does not add up: 2.00 above 10.00 each."""
    return wire.line(sn=sn, cnt=cnt, amount=f"{12 * int(cnt)}.00", batch=batch, refunds=refunds)


def upload(n: int, *lines: wire.Record, person: str = "a", mdtrt_id: str = "M1") -> wire.Record:
    """A 2204 of these lines."""
    return wire.charges(person, at=minute(n), mdtrt_id=mdtrt_id, lines=lines)


def settle(n: int, *, batch: str = "", person: str = "a", mdtrt_id: str = "M1") -> wire.Record:
    """A 2207 of the visit."""
    return wire.outpatient_settlement(person, at=minute(n), mdtrt_id=mdtrt_id, batch=batch, amount="50.00")


def withdraw(n: int, batch: str) -> wire.Record:
    """A 2205 of a batch."""
    return wire.charges_withdrawn("a", at=minute(n), mdtrt_id="M1", batch=batch)


def lines_of(outcome: Outcome, settlement: wire.Record) -> list[str]:
    """The lines that the settlement has at the end."""
    found = [
        f for f in outcome.open_of(ARITHMETIC) if f["evidence"][-1]["msgid"] == settlement["request"]["msgid"]
    ]
    return [sn for finding in found for sn in sns(finding)]


def test_a_sale_has_the_lines_that_it_carries(replay: Replay) -> None:
    sale = wire.pharmacy_sale("a", at=AT, lines=[off("D1"), off("D2")])
    outcome = replay([sale])
    assert lines_of(outcome, sale) == ["D1", "D2"]
    assert outcome.decision(sale) == ("reject", "24.00")


def test_a_settlement_has_the_lines_uploaded_for_its_visit_before_it(replay: Replay) -> None:
    first = settle(3)
    records = [upload(1, off("D1")), upload(3, off("D2")), first, upload(4, off("D3"))]
    assert lines_of(replay(records), first) == ["D1", "D2"]


def test_lines_of_another_visit_or_person_are_not_its_lines(replay: Replay) -> None:
    last = settle(5)
    records = [
        upload(1, off("D1")),
        upload(1, off("D2"), mdtrt_id="M2"),
        upload(1, off("D3"), person="b"),
        last,
    ]
    assert lines_of(replay(records), last) == ["D1"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_order_of_arrival_does_not_matter(replay: Replay, order: tuple[int, ...]) -> None:
    settlement = settle(3)
    records = [upload(1, off("D1")), upload(2, off("D2")), settlement]
    assert lines_of(replay([records[n] for n in order]), settlement) == ["D1", "D2"]


def test_a_settlement_with_a_batch_takes_that_batch_only(replay: Replay) -> None:
    one, rest = settle(3, batch="B2"), settle(4)
    records = [upload(1, off("D1", batch="B1"), off("D2", batch="B2"), off("D3", batch="B2")), one, rest]
    outcome = replay(records)
    assert lines_of(outcome, one) == ["D2", "D3"]
    assert lines_of(outcome, rest) == ["D1"]


def test_a_line_in_a_live_settlement_is_not_counted_again(replay: Replay) -> None:
    first, second = settle(2), settle(4)
    outcome = replay([upload(1, off("D1")), first, upload(3, off("D2")), second])
    assert (lines_of(outcome, first), lines_of(outcome, second)) == (["D1"], ["D2"])


def test_a_reversal_gives_the_lines_to_the_next_settlement(replay: Replay) -> None:
    first, second = settle(2), settle(4)
    reversal = wire.reversal(first, at=minute(6))
    outcome = replay([upload(1, off("D1")), first, upload(3, off("D2")), second, reversal])
    assert lines_of(outcome, second) == ["D1", "D2"]


@pytest.mark.parametrize("batch, left", [("B1", ["D2"]), ("B2", ["D1"]), ("0000", []), ("B9", ["D1", "D2"])])
def test_a_withdrawal_takes_a_batch_or_all(replay: Replay, batch: str, left: list[str]) -> None:
    settlement = settle(3)
    records = [upload(1, off("D1", batch="B1"), off("D2", batch="B2")), withdraw(2, batch), settlement]
    assert lines_of(replay(records), settlement) == left


def test_a_withdrawal_acts_on_lines_before_it_only(replay: Replay) -> None:
    settlement = settle(4)
    records = [upload(1, off("D1")), withdraw(2, "0000"), upload(3, off("D2")), settlement]
    assert lines_of(replay(records), settlement) == ["D2"]


def test_a_withdrawal_does_not_touch_a_live_settlement(replay: Replay) -> None:
    settlement = settle(2)
    records = [upload(1, off("D1")), settlement, withdraw(3, "0000")]
    assert lines_of(replay(records), settlement) == ["D1"]


def test_a_line_may_be_uploaded_again_after_its_withdrawal(replay: Replay) -> None:
    settlement = settle(4)
    records = [upload(1, off("D1")), withdraw(2, "0000"), upload(3, off("D1")), settlement]
    assert lines_of(replay(records), settlement) == ["D1"]


def test_a_line_uploaded_twice_in_a_visit_is_one_line(replay: Replay) -> None:
    settlement = settle(3)
    outcome = replay([upload(1, off("D1")), upload(2, off("D1")), settlement])
    assert lines_of(outcome, settlement) == ["D1"]
    assert outcome.decision(settlement) == ("reject", "12.00")


@pytest.mark.parametrize("sns_withdrawn, left", [(["D1"], ["D2"]), (["0000"], []), (["D1", "D2"], [])])
def test_lines_of_a_stay_are_withdrawn_by_name_or_all(
    replay: Replay, sns_withdrawn: list[str], left: list[str]
) -> None:
    settlement = wire.stay_settlement("a", at=minute(9), mdtrt_id="M1")
    records = [
        wire.stay_charges("a", at=minute(1), mdtrt_id="M1", lines=[off("D1"), off("D2")]),
        wire.stay_charges_withdrawn("a", at=minute(2), mdtrt_id="M1", sns=sns_withdrawn),
        settlement,
    ]
    assert lines_of(replay(records), settlement) == left


def test_a_refund_to_nothing_takes_both_lines_away(replay: Replay) -> None:
    settlement = settle(3)
    outcome = replay(
        [upload(1, off("D1", cnt="2"), off("D2")), upload(2, off("D9", cnt="-2", refunds="D1")), settlement]
    )
    assert lines_of(outcome, settlement) == ["D2"]
    assert outcome.decision(settlement) == ("reject", "12.00")


def test_a_refund_reduces_the_line_that_it_names(replay: Replay) -> None:
    settlement = settle(3)
    outcome = replay(
        [upload(1, off("D1", cnt="3")), upload(2, off("D9", cnt="-1", refunds="D1")), settlement]
    )
    (line,) = outcome.one(ARITHMETIC)["lines"]
    assert (line["feedetl_sn"], float(line["cnt"]), line["amount"]) == ("D1", 2.0, "24.00")


def test_a_refund_line_is_judged_for_nothing_itself(replay: Replay) -> None:
    settlement = settle(3)
    fine = wire.line(sn="D1", cnt="3", pric="10.00")
    refund = wire.line(sn="D9", cnt="-1", pric="10.00", amount="-10.00", refunds="D1")
    assert replay([upload(1, fine, refund), settlement]).decision(settlement) == ("pass", "0.00")


def test_a_refund_of_a_settled_line_works_from_its_own_settlement_on(replay: Replay) -> None:
    first, second = settle(2), settle(5)
    refund = off("D9", cnt="-1", refunds="D1")
    records = [upload(1, off("D1", cnt="2")), first, upload(4, refund)]
    (line,) = replay(records).one(ARITHMETIC)["lines"]
    assert line["amount"] == "24.00"
    assert replay([*records, second]).decision(second)[0] == "pass"


ITEM = "SVFREQ0001"
TWICE_A_WEEK = {"item_frequency": f"item,max,days\n{ITEM},2,7\n"}


def sold(n: int, *lines: wire.Record, mdtrt_id: str = "M1") -> wire.Record:
    """A 2102 of the visit that carries these lines."""
    return wire.pharmacy_sale("a", at=minute(n), mdtrt_id=mdtrt_id, lines=lines)


def taken_back(sn: str, cnt: str = "-1") -> wire.Record:
    """A refund line of the item that is allowed twice a week."""
    return wire.line(ITEM, cnt=cnt, refunds=sn)


@pytest.mark.parametrize(
    "refund, fires",
    [
        (taken_back("D1"), False),
        (taken_back("D1", "-2"), False),
        (taken_back("D7"), True),
        (wire.line("SVOTHER001"), True),
    ],
    ids=["one", "all", "of no line", "none"],
)
def test_a_refund_that_a_sale_carries_reduces_the_line_of_an_earlier_sale(
    replay: Replay, refund: wire.Record, fires: bool
) -> None:
    first, last = sold(1, wire.line(ITEM, cnt="2", sn="D1")), sold(9, wire.line(ITEM), mdtrt_id="M2")
    outcome = replay([first, sold(5, refund), last], reference=TWICE_A_WEEK)
    assert outcome.decision(last) == (("reject", "10.00") if fires else ("pass", "0.00"))


def test_it_reduces_from_its_own_settlement_on_whatever_comes_first(replay: Replay) -> None:
    records = [
        sold(1, wire.line(ITEM, cnt="2", sn="D1")),
        sold(3, wire.line(ITEM, sn="D2"), mdtrt_id="M2"),
        sold(5, taken_back("D1")),
        sold(9, wire.line(ITEM, sn="D3"), mdtrt_id="M3"),
    ]
    for order in itertools.permutations(records):
        finding = replay(order, reference=TWICE_A_WEEK).open_of("GZ10000102014000")
        assert [sns(each) for each in finding] == [["D2"], ["D3"]]
        counts = {line["feedetl_sn"]: line["cnt"] for line in finding[1]["lines"]}
        assert counts == {"D1": 1, "D2": 1, "D3": 1}


def test_a_reversal_of_the_sale_that_carries_the_refund_gives_the_line_back(replay: Replay) -> None:
    refund, last = sold(5, taken_back("D1")), sold(9, wire.line(ITEM), mdtrt_id="M2")
    records = [sold(1, wire.line(ITEM, cnt="2", sn="D1")), refund, last]
    assert replay(records, reference=TWICE_A_WEEK).open_of("GZ10000102014000") == []
    undone = wire.reversal(refund, at=minute(12))
    assert len(replay([*records, undone], reference=TWICE_A_WEEK).open_of("GZ10000102014000")) == 1


def test_a_refund_of_another_visit_reduces_nothing(replay: Replay) -> None:
    records = [
        sold(1, wire.line(ITEM, cnt="2", sn="D1")),
        sold(5, taken_back("D1"), mdtrt_id="M9"),
        sold(9, wire.line(ITEM), mdtrt_id="M2"),
    ]
    assert len(replay(records, reference=TWICE_A_WEEK).open_of("GZ10000102014000")) == 1


def test_a_settlement_without_lines_has_a_verdict(replay: Replay) -> None:
    settlement = settle(1)
    assert replay([settlement]).decision(settlement) == ("pass", "0.00")


def two_persons(record: wire.Record, path: str) -> wire.Record:
    """The last row of the call belongs to another person."""
    record["request"]["input"][path][-1]["psn_no"] = wire.psn_no("b")
    return record


@pytest.mark.parametrize("infno", ["2204", "2301"])
def test_charge_rows_of_several_persons_are_taken_apart(replay: Replay, infno: str) -> None:
    build = wire.charges if infno == "2204" else wire.stay_charges
    finish = wire.outpatient_settlement if infno == "2204" else wire.stay_settlement
    rows = two_persons(build("a", at=minute(1), mdtrt_id="M1", lines=[off("D1"), off("D2")]), "feedetail")
    rows["request"]["input"]["feedetail"][-1]["mdtrt_id"] = "M2"
    ends = [finish("a", at=minute(2), mdtrt_id="M1"), finish("b", at=minute(3), mdtrt_id="M2")]
    outcome = replay([rows, *ends])
    assert outcome.dead_letters == []
    assert [lines_of(outcome, end) for end in ends] == [["D1"], ["D2"]]


def test_withdrawn_rows_of_several_persons_are_taken_apart(replay: Replay) -> None:
    rows = two_persons(
        wire.stay_charges_withdrawn("a", at=minute(2), mdtrt_id="M1", sns=["D1", "D2"]), "data"
    )
    rows["request"]["input"]["data"][-1]["mdtrt_id"] = "M2"
    records = [
        wire.stay_charges("a", at=minute(1), mdtrt_id="M1", lines=[off("D1"), off("D3")]),
        wire.stay_charges("b", at=minute(1), mdtrt_id="M2", lines=[off("D2"), off("D4")]),
        rows,
        wire.stay_settlement("a", at=minute(5), mdtrt_id="M1"),
        wire.stay_settlement("b", at=minute(5), mdtrt_id="M2"),
    ]
    outcome = replay(records)
    assert [lines_of(outcome, records[n]) for n in (3, 4)] == [["D3"], ["D4"]]


def test_a_compensation_of_an_upload_for_several_persons_undoes_the_named_ones_rows(replay: Replay) -> None:
    rows = two_persons(
        wire.charges("a", at=minute(1), mdtrt_id="M1", lines=[off("D1"), off("D2")]), "feedetail"
    )
    rows["request"]["input"]["feedetail"][-1]["mdtrt_id"] = "M2"
    ends = [settle(3), settle(3, person="b", mdtrt_id="M2")]
    outcome = replay([rows, *ends, wire.compensation(rows, at=minute(4), person="a")])
    assert [lines_of(outcome, end) for end in ends] == [[], ["D2"]]


def test_goods_of_several_persons_are_taken_apart(replay: Replay) -> None:
    code = "81000000000000000017"
    sales = [wire.pharmacy_sale(who, at=minute(n * 60)) for n, who in enumerate("ab")]
    goods = wire.goods_sold("a", at=minute(70), setl_id=wire.setl_id_of(sales[0]), codes=[code])
    (row,) = goods["request"]["input"]["selinfoDetail"]
    other = row | {"psn_no": wire.psn_no("b"), "setl_id": wire.setl_id_of(sales[1])}
    goods["request"]["input"]["selinfoDetail"] = [row, other]
    assert replay([*sales, goods]).one("LOC-TRACE-REUSED")["evidence_count"] == 2


def test_lines_are_judged_in_the_order_of_settlement_message_fee_time_and_number(replay: Replay) -> None:
    # The first in line order is involved, the later one breaches, whatever stands first in the call.
    table = {"once_per_day": "item\nAB11000001\n"}
    lines = [
        wire.line("AB11000001", sn="D1", at="2026-03-10 09:00:00"),
        wire.line("AB11000001", sn="D2", at="2026-03-10 08:00:00"),
    ]
    finding = replay(wire.outpatient_visit("a", at=AT, lines=lines), reference=table).one("GZ10000102012000")
    assert (sns(finding), sns(finding, "involved")) == (["D1"], ["D2"])
