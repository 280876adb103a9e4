"""Which lines are a settlement's own: uploads before it, withdrawals, refunds, batches, mid settlements.

A line whose amount is not its product (GZ10000201002000) marks what was judged.
"""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import Outcome, flat, msgids, sns

MARK = "GZ10000201002000"
ONCE = "GZ10000102012000"
DAY = "2026-03-10"
ITEM = "SVDAY00001"
TABLES = {"once_per_day": f"item\n{ITEM}\n"}


def at(clock: str) -> str:
    return f"{DAY} {clock}:00"


def wrong(sn: str, *, batch: str = "B0001") -> wire.Record:
    return wire.line(sn=sn, amount="12.00", batch=batch)


def charged(clock: str, *lines: wire.Record) -> wire.Record:
    return wire.charges("zhao", at=at(clock), mdtrt_id="M1", lines=lines)


def settled(clock: str, *, batch: str = "") -> wire.Record:
    return wire.outpatient_settlement("zhao", at=at(clock), mdtrt_id="M1", batch=batch, amount="12.00")


def judged(outcome: Outcome, rule_id: str = MARK) -> list[str]:
    """feedetl_sn of every breaching line of an open finding."""
    return sorted(sn for finding in outcome.open_of(rule_id) for sn in sns(finding))


def test_lines_uploaded_before_the_settlement_are_its_own(replay: Replay) -> None:
    outcome = replay([charged("10:00", wrong("A")), charged("10:05", wrong("B")), settled("10:10")])
    assert judged(outcome) == ["A", "B"]


def test_a_line_of_the_settlements_second_is_its_own_and_a_later_one_is_not(replay: Replay) -> None:
    outcome = replay([charged("10:10", wrong("A")), settled("10:10"), charged("10:11", wrong("B"))])
    assert judged(outcome) == ["A"]


def test_a_line_that_arrives_late_is_put_in_its_place(replay: Replay) -> None:
    paid = settled("10:10")
    outcome = replay([paid, charged("10:08", wrong("A"))])
    assert judged(outcome) == ["A"]
    assert outcome.decision(paid) == ("pass", "0.00")


def test_lines_of_another_visit_are_not_its_own(replay: Replay) -> None:
    other = wire.charges("zhao", at=at("10:00"), mdtrt_id="M2", lines=[wrong("A")])
    assert judged(replay([other, settled("10:10")])) == []


def test_rows_of_several_persons_are_taken_apart(replay: Replay) -> None:
    upload = charged("10:00", wrong("A"), wrong("B"))
    rows = upload["request"]["input"]["feedetail"]
    rows[1] |= {"psn_no": wire.psn_no("qian"), "mdtrt_id": "M2"}
    assert judged(replay([upload, settled("10:10")])) == ["A"]


def test_lines_of_a_failed_upload_are_not_there(replay: Replay) -> None:
    failed = wire.charges("zhao", at=at("10:00"), mdtrt_id="M1", lines=[wrong("A")], infcode=-1)
    assert judged(replay([failed, settled("10:10")])) == []


@pytest.mark.parametrize("batch, left", [("B0001", ["B"]), ("0000", []), ("B0009", ["A", "B"])])
def test_a_batch_may_be_withdrawn(replay: Replay, batch: str, left: list[str]) -> None:
    undone = wire.charges_withdrawn("zhao", at=at("10:05"), mdtrt_id="M1", batch=batch)
    upload = charged("10:00", wrong("A"), wrong("B", batch="B0002"))
    assert judged(replay([upload, undone, settled("10:10")])) == left


def test_a_withdrawal_acts_on_what_was_uploaded_before_it(replay: Replay) -> None:
    undone = wire.charges_withdrawn("zhao", at=at("10:05"), mdtrt_id="M1")
    outcome = replay([charged("10:00", wrong("A")), undone, charged("10:06", wrong("B")), settled("10:10")])
    assert judged(outcome) == ["B"]


def test_a_withdrawal_that_arrives_first_acts_all_the_same(replay: Replay) -> None:
    undone = wire.charges_withdrawn("zhao", at=at("10:05"), mdtrt_id="M1")
    assert replay([undone, charged("10:03", wrong("A")), settled("10:10")]).findings == []


def test_a_withdrawal_does_not_touch_a_live_settlement(replay: Replay) -> None:
    undone = wire.charges_withdrawn("zhao", at=at("10:15"), mdtrt_id="M1")
    assert judged(replay([charged("10:00", wrong("A")), settled("10:10"), undone])) == ["A"]


def test_a_compensated_upload_or_withdrawal_did_not_happen(replay: Replay) -> None:
    upload = charged("10:00", wrong("A"))
    undone = wire.compensation(upload, at=at("10:05"), person="zhao")
    assert replay([upload, undone, settled("10:10")]).findings == []
    withdrawal = wire.charges_withdrawn("zhao", at=at("10:02"), mdtrt_id="M1")
    undone = wire.compensation(withdrawal, at=at("10:05"), person="zhao")
    assert judged(replay([upload, withdrawal, undone, settled("10:10")])) == ["A"]


def test_a_settlement_of_a_batch_takes_that_batch_only(replay: Replay) -> None:
    upload = charged("10:00", wrong("A"), wrong("B", batch="B0002"))
    one, two = settled("10:10", batch="B0002"), settled("10:20", batch="B0001")
    outcome = replay([upload, one])
    assert judged(outcome) == ["B"]
    outcome = replay([upload, one, two])
    assert [sns(each) for each in outcome.open_of(MARK)] == [["B"], ["A"]]


def test_a_line_is_not_counted_again_in_the_visits_next_settlement(replay: Replay) -> None:
    one, two = settled("10:10"), settled("10:20")
    outcome = replay([charged("10:00", wrong("A")), one, charged("10:15", wrong("B")), two])
    assert [sns(each) for each in outcome.open_of(MARK)] == [["A"], ["B"]]
    assert outcome.decision(two) == ("reject", "12.00")


def test_a_reversal_frees_its_lines(replay: Replay) -> None:
    one, two = settled("10:10"), settled("10:30")
    undone = wire.reversal(one, at=at("10:20"))
    outcome = replay([charged("10:00", wrong("A")), one, undone, two])
    assert msgids(outcome.one(MARK)) == {two["request"]["msgid"]}
    assert len(outcome.withdrawn_of(MARK)) == 1
    assert outcome.decision(two) == ("reject", "12.00")


def test_freed_lines_may_be_withdrawn(replay: Replay) -> None:
    one, two = settled("10:10"), settled("10:30")
    records = [charged("10:00", wrong("A")), one, wire.reversal(one, at=at("10:20"))]
    undone = wire.charges_withdrawn("zhao", at=at("10:25"), mdtrt_id="M1")
    assert replay([*records, undone, two]).open_of(MARK) == []


def test_a_line_uploaded_twice_is_one(replay: Replay) -> None:
    once = wire.line(ITEM, sn="A")
    outcome = replay([charged("10:00", once), charged("10:01", once), settled("10:10")], reference=TABLES)
    assert outcome.open_of(ONCE) == []


def stay(clock: str, *lines: wire.Record) -> wire.Record:
    return wire.stay_charges("zhao", at=at(clock), mdtrt_id="M1", lines=lines)


def stay_settled(clock: str, *, mid: bool = False) -> wire.Record:
    return wire.stay_settlement("zhao", at=at(clock), mdtrt_id="M1", mid=mid, amount="12.00")


@pytest.mark.parametrize(
    "sns_, left", [(("A",), ["B"]), (("0000",), []), (("Z",), ["A", "B"]), (("A", "B"), [])]
)
def test_lines_of_a_stay_may_be_withdrawn(replay: Replay, sns_: tuple[str, ...], left: list[str]) -> None:
    undone = wire.stay_charges_withdrawn("zhao", at=at("10:05"), mdtrt_id="M1", sns=sns_)
    assert judged(replay([stay("10:00", wrong("A"), wrong("B")), undone, stay_settled("10:10")])) == left


def test_a_mid_settlement_takes_the_lines_so_far(replay: Replay) -> None:
    mid, last = stay_settled("10:10", mid=True), stay_settled("10:30")
    outcome = replay([stay("10:00", wrong("A")), mid, stay("10:20", wrong("B")), last])
    assert [sns(each) for each in outcome.open_of(MARK)] == [["A"], ["B"]]
    assert [outcome.decision(each) for each in (mid, last)] == [("reject", "12.00")] * 2


def refund(sn: str, *, cnt: str, amount: str | None = None) -> wire.Record:
    return wire.line(ITEM, cnt=cnt, amount=amount, refunds=sn)


def test_a_refund_line_reduces_the_line_it_names(replay: Replay) -> None:
    two = wire.line(ITEM, cnt="2", sn="A")
    kept = replay([stay("10:00", two), stay_settled("10:10")], reference=TABLES)
    assert kept.one(ONCE)["amount"] == "20.00"
    outcome = replay(
        [stay("10:00", two), stay("10:05", refund("A", cnt="-1")), stay_settled("10:10")], reference=TABLES
    )
    assert outcome.open_of(ONCE) == []


def test_what_is_left_of_a_refunded_line_is_its_amount(replay: Replay) -> None:
    records = [
        stay("10:00", wire.line(ITEM, cnt="3", sn="A")),
        stay("10:05", refund("A", cnt="-1")),
        stay_settled("10:10"),
    ]
    outcome = replay(records, reference=TABLES)
    assert outcome.one(ONCE)["amount"] == "20.00"
    assert outcome.decision(records[-1]) == ("reject", "20.00")


def test_a_line_refunded_to_nothing_vanishes_with_its_refund(replay: Replay) -> None:
    gone = wire.line(ITEM, cnt="2", sn="A", amount="25.00")
    records = [
        stay("10:00", gone),
        stay("10:05", refund("A", cnt="-2", amount="-25.00")),
        stay_settled("10:10"),
    ]
    outcome = replay(records, reference=TABLES)
    assert outcome.findings == []
    assert outcome.decision(records[-1]) == ("pass", "0.00")


def test_a_refund_line_is_judged_for_nothing_itself(replay: Replay) -> None:
    paid = wire.line(sn="A", cnt="2")
    back = wire.line(cnt="-1", amount="-10.00", refunds="A", pric="11.00")
    assert replay([stay("10:00", paid, back), stay_settled("10:10")]).open_of(MARK) == []


def test_a_refund_of_a_settled_line_counts_from_its_own_settlement_on(replay: Replay) -> None:
    tables = {"item_frequency": f"item,max,days\n{ITEM},1,7\n"}
    rule = "GZ10000102014000"
    bought = [stay("10:00", wire.line(ITEM, sn="A")), stay_settled("10:10", mid=True)]
    again = wire.outpatient_visit("zhao", at="2026-03-12 10:00:00", lines=[wire.line(ITEM, sn="B")])
    uploaded = stay("11:00", refund("A", cnt="-1"))
    assert judged(replay(flat(bought, again), reference=tables), rule) == ["B"]
    assert judged(replay(flat(bought, uploaded, again), reference=tables), rule) == ["B"]
    refunded = flat(bought, uploaded, stay_settled("11:10"), again)
    assert judged(replay(refunded, reference=tables), rule) == []


def test_the_lines_of_a_rejection_name_item_count_amount_and_time(replay: Replay) -> None:
    outcome = replay([charged("10:00", wrong("A")), settled("10:10")])
    assert outcome.one(MARK)["lines"] == [
        {
            "feedetl_sn": "A",
            "item": "SV00000001",
            "cnt": outcome.one(MARK)["lines"][0]["cnt"],  # its form is not fixed
            "amount": "12.00",
            "at": f"{DAY}T10:00:00+08:00",
            "role": "breaching",
        }
    ]
