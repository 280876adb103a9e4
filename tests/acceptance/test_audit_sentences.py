"""Where two sentences of the contract meet: twice told, moved by a change of limits, taken back by another call."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import flat, msgid, msgids, rfc, settled, sns

T = "2026-03-10 09:00:00"
MIDNIGHT = "2026-03-11 00:00:00"


def at(**moved: int) -> str:
    return wire.later(T, **moved)


def cycle(person: str, when: str) -> list[wire.Record]:
    """A sale that is refunded after five minutes."""
    sale = wire.pharmacy_sale(person, at=when)
    return [sale, wire.reversal(sale, at=wire.later(when, minutes=5))]


def four_cards() -> list[wire.Record]:
    return [wire.pharmacy_sale(f"card{n}", at=at(seconds=n)) for n in range(4)]


def changed_at_midnight(rule: str, before: str, after: str) -> str:
    return (
        f'region = "430100"\n[[change]]\nfrom = 2026-01-01\nrules.{rule} = {before}\n'
        f"[[change]]\nfrom = 2026-03-11\nrules.{rule} = {after}\n"
    )


# -- the same settlement under two msgids ------------------------------------------------------------------------------


@pytest.mark.parametrize("others,found", [(1, 0), (2, 1)])
def test_a_settlement_under_two_msgids_is_one_refund(replay: Replay, others: int, found: int) -> None:
    first = wire.pharmacy_sale("zhao", at=T, setl_id="S-1", mdtrt_id="M-1")
    again = wire.pharmacy_sale("zhao", at=at(minutes=1), setl_id="S-1", mdtrt_id="M-1")
    more = [cycle(f"p{n}", at(days=n + 1)) for n in range(others)]
    outcome = replay(flat(first, again, wire.reversal(first, at=at(minutes=5)), *more))
    assert len(outcome.open_of("LOC-SETTLE-REFUND")) == found
    assert all(msgid(again) not in msgids(each) for each in outcome.open_of("LOC-SETTLE-REFUND"))


@pytest.mark.parametrize("turned", [False, True])
def test_the_smaller_msgid_may_move_a_settlement_before_a_rule_is_on(replay: Replay, turned: bool) -> None:
    region = changed_at_midnight("GZ10000201002000", '{ mode = "off" }', '{ mode = "block" }')
    wrong = [wire.line(amount="12.00")]
    calls = [
        wire.pharmacy_sale(
            "zhao", at=wire.later(MIDNIGHT, seconds=s), setl_id="S-1", mdtrt_id="M-1", lines=wrong
        )
        for s in (-1, 1)
    ]
    assert replay(calls[::-1] if turned else calls, region=region).open_of("GZ10000201002000") == []


# -- what takes back ---------------------------------------------------------------------------------------------------


def test_a_pharmacy_without_an_entry_may_be_reversed_by_another_infno(replay: Replay) -> None:
    sales = four_cards()
    undone = wire.reversal(sales[0], at=at(hours=1))
    undone["request"]["infno"] = "2208"
    assert len(replay(sales).open_of("LOC-PHARMACY-BURST")) == 1
    assert replay([*sales, undone]).open_of("LOC-PHARMACY-BURST") == []


def test_a_pharmacy_without_an_entry_may_undo_its_compensation(replay: Replay) -> None:
    sales = four_cards()
    undone = wire.compensation(sales[0], at=at(hours=1), person="card0")
    redone = wire.compensation(undone, at=at(hours=2), person="card0")
    assert replay([*sales, undone]).open_of("LOC-PHARMACY-BURST") == []
    assert len(replay([*sales, undone, redone]).open_of("LOC-PHARMACY-BURST")) == 1


def test_an_admission_that_is_withdrawn_takes_its_discharge_along(replay: Replay) -> None:
    first = [
        wire.admission("zhao", at=T, mdtrt_id="M-1"),
        wire.discharge("zhao", at=at(days=3), mdtrt_id="M-1"),
    ]
    second = wire.admission("zhao", at=at(days=5), mdtrt_id="M-2")
    withdrawn = wire.admission_withdrawn("zhao", at=at(days=3, hours=1), mdtrt_id="M-1")
    assert len(replay([*first, second]).open_of("GZ10000204001000")) == 1
    assert replay([*first, withdrawn, second]).open_of("GZ10000204001000") == []
    assert replay([*first, second, withdrawn]).open_of("GZ10000204001000") == []


def test_a_withdrawn_charge_does_not_make_a_stay_longer(replay: Replay) -> None:
    charged = wire.line(sn="D-1", at=at(days=200))
    records = [
        wire.admission("zhao", at=T, mdtrt_id="M-1"),
        wire.stay_charges("zhao", at=at(days=1), mdtrt_id="M-1", lines=[charged]),
        wire.pharmacy_sale("zhao", at=at(days=100)),
    ]
    taken_back = wire.stay_charges_withdrawn("zhao", at=at(days=1, hours=1), mdtrt_id="M-1", sns=["D-1"])
    assert len(replay(records).open_of("LOC-STAY-OVERLAP")) == 1
    assert replay([*records, taken_back]).open_of("LOC-STAY-OVERLAP") == []
    assert replay([records[0], taken_back, records[2], records[1]]).open_of("LOC-STAY-OVERLAP") == []


# -- changes of limits -------------------------------------------------------------------------------------------------

BURST = "LOC-PHARMACY-BURST"
SECONDS = (-240, -240, -10, -10, 60)


@pytest.mark.parametrize("first", [0, 4])
def test_a_burst_before_a_shorter_window_stays(replay: Replay, first: int) -> None:
    region = changed_at_midnight(BURST, "{ window_s = 300 }", "{ window_s = 120 }")
    sales = [wire.pharmacy_sale(f"p{n}", at=wire.later(MIDNIGHT, seconds=s)) for n, s in enumerate(SECONDS)]
    found = replay([*sales[first:], *sales[:first]], region=region).one(BURST)
    assert found["evidence_count"] == 4


def test_a_sale_on_a_day_without_the_rule_is_part_of_no_burst(replay: Replay) -> None:
    region = changed_at_midnight(BURST, '{ mode = "block" }', '{ mode = "off" }')
    sales = [
        wire.pharmacy_sale(f"p{n}", at=wire.later(MIDNIGHT, seconds=s))
        for n, s in enumerate((-9, -8, -7, -6, 9))
    ]
    assert replay(sales, region=region).one(BURST)["evidence_count"] == 4
    assert replay(sales[1:], region=region).open_of(BURST) == []


def test_a_finding_that_grows_into_a_shadow_leaves_its_incident(replay: Replay) -> None:
    region = changed_at_midnight("LOC-TRACE-REUSED", '{ mode = "block" }', '{ mode = "shadow" }')
    sales = [
        wire.pharmacy_sale(f"p{n}", at=at(hours=12 * n), traces=[wire.trace("81000000000000000017")])
        for n in range(3)
    ]
    outcome = replay(sales, region=region)
    assert outcome.one("LOC-TRACE-REUSED")["shadow"] is True
    assert [each["state"] for each in outcome.incidents] == ["withdrawn"]


# -- told in another order ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("late", [False, True])
def test_the_latest_word_of_the_register_counts_for_what_came_before(replay: Replay, late: bool) -> None:
    tables = {"drug_sex": "drug,gend\nXWOMEN0001,2\n"}
    said = [wire.insured_record("zhao", at=at(minutes=n), gend=gend) for n, gend in enumerate("212")]
    sale = wire.pharmacy_sale("zhao", at=at(minutes=1, seconds=30), lines=[wire.line("XWOMEN0001")], gend="")
    records = [*said[:2], sale, said[2]] if late else [*said, sale]
    assert replay(records, reference=tables).open_of("GZ10000301004000") == []


def test_lines_that_come_late_are_named_by_a_chain_of_purchases(replay: Replay) -> None:
    rows = [f"{wire.pharmacy(n)},n,2,,0,0,430100" for n in (1, 2)]
    head = "fixmedins_code,fixmedins_name,fixmedins_type,medins_lv,open_24h,face_check,admvs"
    tables = {"providers": "\n".join((head, *rows, ""))}
    shop = wire.pharmacy(1)
    charged = wire.charges(
        "zhao", at=at(minutes=-1), mdtrt_id="M-1", lines=[wire.line(sn="D-1")], provider=shop
    )
    paid = wire.outpatient_settlement("zhao", at=T, mdtrt_id="M-1", provider=shop)
    bought = wire.pharmacy_sale("zhao", at=at(minutes=2), provider=wire.pharmacy(2))
    in_order, late = (replay(x, reference=tables) for x in ([charged, paid, bought], [paid, bought, charged]))
    assert "D-1" in sns(in_order.one("LOC-CARD-HOPPING"), "involved")
    assert settled(late.open_of("LOC-CARD-HOPPING")) == settled(in_order.open_of("LOC-CARD-HOPPING"))


@pytest.mark.parametrize("late", [False, True])
def test_a_2203_tells_what_a_second_stay_is_for(replay: Replay, late: bool) -> None:
    first = [
        wire.admission("zhao", at=T, mdtrt_id="M-1"),
        wire.discharge("zhao", at=at(days=3), mdtrt_id="M-1"),
    ]
    second = wire.admission("zhao", at=at(days=5), mdtrt_id="M-2")
    details = wire.visit_details("zhao", at=at(days=5, minutes=1), mdtrt_id="M-2", diagnoses=["Z51.100"])
    records = [*first, second, details] if late else [*first, details, second]
    assert replay(records).open_of("GZ10000204001000") == []


# -- each line once ----------------------------------------------------------------------------------------------------


def test_a_line_that_was_refunded_in_part_is_involved_once(replay: Replay) -> None:
    tables = {"drug_group": "drug,group\nXA,statins\nXB,statins\n"}
    bought = wire.line("XA", cnt="3", sn="D-1", prd_days="20")
    returned = wire.line("XA", cnt="-1", sn="D-2", refunds="D-1")
    sale = wire.pharmacy_sale("zhao", at=at(days=2), lines=[wire.line("XB", prd_days="5") for _ in range(2)])
    visits = [
        wire.outpatient_visit("zhao", at=at(days=n), lines=[each], mdtrt_id="M-1")
        for n, each in enumerate((bought, returned))
    ]
    found = replay(flat(*visits, sale), reference=tables).one("GZ10000301006000")
    assert sns(found, "involved") == ["D-1"]
    assert found["occurred_at"] == rfc(at(days=2))


def test_an_order_that_stands_twice_in_a_check_is_one(replay: Replay) -> None:
    tables = {"once_per_day": "item\nBED\n"}
    twice = wire.orders_checked("zhao", at=T, orders=[wire.order("BED", rx_id="X-1", amount="12.00")] * 2)
    outcome = replay([twice], reference=tables)
    assert outcome.decision(twice) == ("reject", "12.00")
    (result,) = outcome.verdict(twice)["results"]
    assert result["rule_id"] == "GZ10000201002000"
    assert result["vola_amt"] == "12.00"


def test_the_diagnosis_of_one_sale_is_known_for_its_whole_visit(replay: Replay) -> None:
    tables = {"drug_indication": "drug,diagnosis_prefix\nXDRUG,I10\n"}
    drug = wire.pharmacy_sale("zhao", at=T, mdtrt_id="M-1", lines=[wire.line("XDRUG")])
    wrong, right = (
        wire.pharmacy_sale("zhao", at=at(hours=n), mdtrt_id="M-1", dise_codg=code)
        for n, code in enumerate(("E11.900", "I10.x00"), start=1)
    )
    assert replay([drug], reference=tables).open_of("GZ10000101008000") == []
    assert len(replay([drug, wrong], reference=tables).open_of("GZ10000101008000")) == 1
    assert replay([drug, wrong, right], reference=tables).open_of("GZ10000101008000") == []
