"""Places where two sentences of the rules meet."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import flat, measured, msgid, msgids, result_rules, sns

ARITHMETIC = "GZ10000201002000"
SUPPLY = "GZ10000101009000"
T = "2026-03-10 10:00:00"
LATER = "2026-03-10 10:30:00"


def wrong(sn: str = "") -> wire.Record:
    return wire.line(amount="12.00", sn=sn)


def test_a_settlement_resent_after_its_reversal_stays_reversed(replay: Replay) -> None:
    sale = wire.pharmacy_sale("zhao", at=T, lines=[wrong()])
    undone = wire.reversal(sale, at=LATER)
    for order in ([sale, undone, sale], [undone, sale, sale], [undone, undone, sale]):
        assert replay(order).open_findings == []
    first, again = replay([sale, undone, sale]).verdicts_of(sale)
    assert first == again
    assert again["decision"] == "reject"


def test_an_upload_that_went_through_at_the_second_attempt_counts(replay: Replay) -> None:
    upload = wire.charges("zhao", at=T, mdtrt_id="M1", lines=[wrong()])
    settled = wire.outpatient_settlement("zhao", at=LATER, mdtrt_id="M1")
    for before in (None, upload["reply"] | {"infcode": -1, "output": {}}):
        outcome = replay([upload | {"reply": before}, upload, settled])
        assert len(outcome.open_of(ARITHMETIC)) == 1


def test_one_msgid_in_two_kinds_of_call_is_two_events(replay: Replay) -> None:
    visit = wire.outpatient_visit("zhao", at=T, lines=[wrong()])
    visit[0]["request"]["msgid"] = visit[1]["request"]["msgid"]
    assert replay(visit).decision(visit[1]) == ("reject", "12.00")


def test_a_setl_id_under_two_msgids_is_reversed_once(replay: Replay) -> None:
    lines = [wrong("A")]
    one, two = (wire.pharmacy_sale("zhao", at=T, lines=lines, setl_id="S1", mdtrt_id="M1") for _ in range(2))
    outcome = replay([one, two, wire.reversal(one, at=LATER)])
    assert outcome.open_findings == []
    burst = [wire.pharmacy_sale(f"p{n}", at=T) for n in range(2)]
    assert replay([one, two, *burst]).open_of("LOC-PHARMACY-BURST") == []


def test_cover_is_looked_up_by_kind(replay: Replay) -> None:
    register = wire.insured_record("zhao", at="2026-03-10 09:00:00", status="1", insutype="310")
    rows = register["reply"]["output"]["insuinfo"]
    rows.append(rows[0] | {"insutype": "390", "psn_insu_stas": "2"})
    employees = wire.pharmacy_sale("zhao", at=T)
    residents = wire.pharmacy_sale("zhao", at=LATER, insutype="390")
    outcome = replay([register, employees, residents])
    assert outcome.decision(employees) == ("pass", "0.00")
    assert outcome.decision(residents) == ("reject", "10.00")


def test_a_register_record_that_arrives_late_opens_the_finding(replay: Replay) -> None:
    sale = wire.pharmacy_sale("zhao", at=T)
    register = wire.insured_record("zhao", at="2026-03-10 09:58:00", status="2")
    outcome = replay([sale, register])
    assert outcome.one("LOC-COVER-INACTIVE")["severity"] == 1
    assert outcome.decision(sale) == ("pass", "0.00")


@pytest.mark.parametrize("at, fires", [("2026-02-28 10:00:00", True), ("2026-03-01 10:00:00", False)])
def test_who_is_born_on_a_leap_day_is_older_in_march(replay: Replay, at: str, fires: bool) -> None:
    tables = {"drug_age": "drug,min_age,max_age\nXZADULT001,18,\n"}
    sale = wire.pharmacy_sale("zhao", at=at, lines=[wire.line("XZADULT001")], brdy="2008-02-29")
    assert bool(replay([sale], reference=tables).open_of("GZ10000301002000")) is fires


def test_four_a_day_of_two_kinds_of_care_do_not_add_up(replay: Replay) -> None:
    kinds = ("I10", "E11", "I10", "E11")
    sales = [
        wire.pharmacy_sale("zhao", at=wire.later(T, hours=n), dise_codg=code) for n, code in enumerate(kinds)
    ]
    assert replay(sales).open_of("LOC-CARD-REPEAT") == []


def test_every_return_is_measured_from_the_last_discharge(replay: Replay) -> None:
    records: list[wire.Record] = []
    for number, (begin, end) in enumerate([("03-01", "03-03"), ("03-08", "03-10"), ("03-20", "03-22")]):
        mdtrt_id = f"M{number}"
        records.append(wire.admission("zhao", at=f"2026-{begin} 10:00:00", mdtrt_id=mdtrt_id))
        records.append(wire.discharge("zhao", at=f"2026-{end} 10:00:00", mdtrt_id=mdtrt_id))
    found = replay(records).open_of("GZ10000204001000")
    assert [(each["severity"], each["observed"]) for each in found] == [(2, 5), (3, 10)]


def test_goods_sold_by_halves_are_exempt(replay: Replay) -> None:
    code = "81000000000000000001"
    whole = wire.pharmacy_sale("zhao", at=T, traces=[wire.trace(code)])
    half = wire.pharmacy_sale("qian", at=LATER)
    for flag, count in (("1", 0), ("0", 1)):
        setl_id = wire.setl_id_of(half)
        sold = wire.goods_sold("qian", at=LATER, setl_id=setl_id, codes=[code], trdn_flag=flag)
        assert len(replay([whole, half, sold]).open_of("LOC-TRACE-REUSED")) == count


def test_a_face_that_is_not_asked_for_is_not_judged(replay: Replay) -> None:
    failed = wire.face_check("zhao", at="2026-03-10 09:00:00")
    other = wire.orders_checked("zhao", at=T, orders=[wire.order()], rule_ids=[ARITHMETIC])
    named = wire.orders_checked("zhao", at=T, orders=[wire.order()], rule_ids=["LOC-FACE-MISMATCH"])
    outcome = replay([failed, other])
    assert outcome.decision(other) == ("pass", "0.00")
    assert outcome.findings == []
    outcome = replay([failed, named])
    assert outcome.decision(named) == ("reject", "10.00")
    assert len(outcome.open_of("LOC-FACE-MISMATCH")) == 1


def test_an_unnoticed_camera_only_reminds_a_check_of_orders(replay: Replay) -> None:
    failed = wire.face_check("zhao", at="2026-03-10 09:00:00", biz="11")
    check = wire.orders_checked("zhao", at=T, orders=[wire.order()])
    outcome = replay([failed, check])
    assert outcome.decision(check) == ("remind", "0.00")
    assert outcome.one("LOC-FACE-MISMATCH")["severity"] == 2
    assert outcome.one("LOC-FACE-MISMATCH")["amount"] == "10.00"


def test_a_check_and_its_settlement_have_a_finding_each(replay: Replay) -> None:
    failed = wire.face_check("zhao", at="2026-03-10 09:00:00")
    check = wire.orders_checked("zhao", at=T, orders=[wire.order(rx_id="X1")], mdtrt_id="M1")
    visit = wire.outpatient_visit("zhao", at=LATER, lines=[wire.line(sn="X1")], mdtrt_id="M1")
    found = replay([failed, check, *visit]).open_of("LOC-FACE-MISMATCH")
    assert [msgids(each) for each in found] == [
        {msgid(failed), msgid(check)},
        {msgid(failed), msgid(visit[-1])},
    ]


def test_a_pass_that_arrives_late_withdraws_the_finding_of_a_check(replay: Replay) -> None:
    failed = wire.face_check("zhao", at="2026-03-10 09:00:00")
    check = wire.orders_checked("zhao", at=T, orders=[wire.order()])
    passed = wire.face_check("zhao", at="2026-03-10 09:59:00", result="1")
    outcome = replay([failed, check, passed])
    assert outcome.open_of("LOC-FACE-MISMATCH") == []
    assert outcome.decision(check) == ("reject", "10.00")


def test_a_lead_of_a_stay_names_the_lines_inside_it(replay: Replay) -> None:
    stay = [
        wire.admission("zhao", at="2026-03-02 10:00:00", mdtrt_id="M1"),
        wire.discharge("zhao", at="2026-03-06 10:00:00", mdtrt_id="M1"),
    ]
    lines = [wire.line(at="2026-03-04 10:00:00", sn="IN"), wire.line(at="2026-03-07 10:00:00", sn="OUT")]
    sale = wire.pharmacy_sale("zhao", at="2026-03-07 10:00:00", lines=lines)
    finding = replay([*stay, sale]).one("LOC-STAY-OVERLAP")
    assert finding["amount"] == "20.00"  # a lead: the whole medfee_sumamt
    assert "OUT" not in sns(finding)


def test_supply_of_two_kinds_of_care_shares_the_stock(replay: Replay) -> None:
    """A long prescription within its limit leaves no room for an ordinary one."""
    drug = [wire.line("XZSUP00001", prd_days="60")]
    long = wire.pharmacy_sale("zhao", at=T, lines=drug, med_type="14")
    short = wire.pharmacy_sale("zhao", at=LATER, lines=[wire.line("XZSUP00001", prd_days="1")])
    outcome = replay([long, short])
    assert outcome.decision(long) == ("pass", "0.00")
    measured(outcome.one(SUPPLY), observed=61, limit=31)
    more = wire.pharmacy_sale("zhao", at=LATER, lines=[wire.line("XZSUP00001", prd_days="33")], med_type="14")
    assert replay([long, more]).open_of(SUPPLY) == []


def test_a_refund_of_one_line_leaves_the_supply_of_the_others(replay: Replay) -> None:
    lines = [wire.line("XZSUP00001", prd_days="20", sn=sn) for sn in ("A", "B")]
    back = wire.line("XZSUP00001", cnt="-1", prd_days="20", refunds="A")
    settled = wire.outpatient_settlement("zhao", at=LATER, mdtrt_id="M1")
    upload = wire.charges("zhao", at=T, mdtrt_id="M1", lines=lines)
    refund = wire.charges("zhao", at=wire.later(T, minutes=5), mdtrt_id="M1", lines=[back])
    assert len(replay([upload, settled]).open_of(SUPPLY)) == 1
    assert replay([upload, refund, settled]).open_of(SUPPLY) == []


def test_withdrawn_lines_leave_their_sum(replay: Replay) -> None:
    """Two settlements share a day; the first one's line was withdrawn before it was settled."""
    tables = {"once_per_day": "item\nSVDAY00001\n"}
    first = wire.outpatient_visit("zhao", at=T, lines=[wire.line("SVDAY00001")], mdtrt_id="M1")
    withdrawn = wire.charges_withdrawn("zhao", at=T, mdtrt_id="M1")
    second = wire.outpatient_visit("zhao", at=LATER, lines=[wire.line("SVDAY00001")], mdtrt_id="M2")
    early = wire.later(T, minutes=-5)
    first[0]["request"]["inf_time"] = early
    assert replay(flat(first[0], withdrawn, first[1], second), reference=tables).open_findings == []
    assert len(replay(flat(first, second), reference=tables).open_findings) == 1


def test_a_death_and_a_pause_refuse_the_same_lines_once(replay: Replay) -> None:
    register = wire.insured_record("zhao", at="2026-03-10 09:00:00", status="4", die_date="2026-03-01")
    sale = wire.pharmacy_sale("zhao", at=T, lines=[wrong("A"), wire.line(sn="B")])
    outcome = replay([register, sale])
    assert outcome.decision(sale) == ("reject", "22.00")
    assert result_rules(outcome.verdict(sale)) == [ARITHMETIC, "LOC-COVER-INACTIVE", "LOC-DECEASED"]


def test_a_whole_settlement_without_lines_is_refused_once(replay: Replay) -> None:
    register = wire.insured_record("zhao", at="2026-03-10 09:00:00", status="4", die_date="2026-03-01")
    bare = wire.outpatient_settlement("zhao", at=T, mdtrt_id="M1", amount="171.00", fund="100.00")
    outcome = replay([register, bare])
    assert outcome.decision(bare) == ("reject", "171.00")
    assert outcome.verdict(bare)["fund_at_issue"] == "100.00"


def test_a_compensated_check_leaves_no_finding_in_either_order(replay: Replay) -> None:
    failed = wire.face_check("zhao", at="2026-03-10 09:00:00")
    check = wire.orders_checked("zhao", at=T, orders=[wire.order()])
    undone = wire.compensation(check, at=wire.later(T, minutes=1), person="zhao")
    for order in ([failed, check, undone], [failed, undone, check]):
        assert replay(order).open_findings == []
