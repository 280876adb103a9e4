"""LOC-DIALYSIS-ABSENT: an item of `dialysis_items` on a day without a passed check of biz 16 or 17."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import Outcome, flat, sns

RULE = "LOC-DIALYSIS-ABSENT"
ITEM = "SVDIAL0001"
HEAD = "fixmedins_code,fixmedins_name,fixmedins_type,medins_lv,open_24h,face_check,admvs"
T = "2026-03-10 10:00:00"


def run(replay: Replay, *records: wire.Record | list[wire.Record], face_check: str = "1") -> Outcome:
    row = f"{wire.HOSPITAL},某医院,1,3,0,{face_check},430100"
    tables = {"providers": f"{HEAD}\n{row}\n", "dialysis_items": f"item\n{ITEM}\n"}
    return replay(flat(*records), reference=tables)


def visit(*, fee: str = "") -> list[wire.Record]:
    lines = [wire.line(ITEM, pric="400.00", at=fee, sn="DIALYSIS"), wire.line()]
    return wire.outpatient_visit("zhao", at=T, lines=lines)


def check(at: str = "2026-03-10 08:00:00", *, result: str = "1", biz: str = "16") -> wire.Record:
    return wire.face_check("zhao", at=at, result=result, biz=biz)


def test_dialysis_without_a_check_that_day_is_a_mismatch(replay: Replay) -> None:
    settled = visit()
    outcome = run(replay, settled)
    finding = outcome.one(RULE)
    assert (finding["kind"], finding["severity"], finding["amount"]) == ("mismatch", 2, "400.00")
    assert sns(finding) == ["DIALYSIS"]
    assert outcome.decision(settled[-1]) == ("remind", "0.00")


@pytest.mark.parametrize(
    "result, biz, fires",
    [
        ("1", "16", False),
        ("1", "17", False),
        ("3", "16", False),
        ("4", "17", False),
        ("0", "16", True),
        ("2", "16", True),
        ("1", "14", True),
        ("1", "11", True),
    ],
)
def test_a_passed_check_at_the_door_is_presence(replay: Replay, result: str, biz: str, fires: bool) -> None:
    assert bool(run(replay, check(result=result, biz=biz), visit()).open_of(RULE)) is fires


def test_a_special_registration_is_presence(replay: Replay) -> None:
    registered = wire.face_registration("zhao", at="2026-03-10 08:00:00", biz="16")
    assert run(replay, registered, visit()).open_of(RULE) == []


def test_the_check_must_be_of_the_day_of_the_fee(replay: Replay) -> None:
    yesterday = check("2026-03-09 23:59:59")
    assert len(run(replay, yesterday, visit()).open_of(RULE)) == 1
    assert run(replay, yesterday, visit(fee="2026-03-09 08:00:00")).open_of(RULE) == []


def test_a_check_later_that_day_withdraws_the_finding(replay: Replay) -> None:
    outcome = run(replay, visit(), check("2026-03-10 23:59:59", biz="17"))
    assert outcome.open_of(RULE) == []
    assert len(outcome.withdrawn_of(RULE)) == 1


def test_a_check_elsewhere_or_of_another_is_no_presence(replay: Replay) -> None:
    elsewhere = wire.face_check("zhao", at=T, result="1", biz="16", provider=wire.hospital(2))
    other = wire.face_check("qian", at=T, result="1", biz="16")
    assert len(run(replay, elsewhere, other, visit()).open_of(RULE)) == 1


def test_providers_that_do_not_check_faces_are_quiet(replay: Replay) -> None:
    assert run(replay, visit(), face_check="0").open_of(RULE) == []
    assert replay(visit(), reference={"dialysis_items": f"item\n{ITEM}\n"}).open_of(RULE) == []


def test_each_day_of_a_settlement_needs_its_check(replay: Replay) -> None:
    lines = [wire.line(ITEM, at=f"2026-03-0{day} 10:00:00", sn=f"DAY{day}") for day in (2, 4, 6)]
    visit_of_a_week = wire.outpatient_visit("zhao", at=T, lines=lines)
    finding = run(replay, check("2026-03-04 08:00:00"), visit_of_a_week).one(RULE)
    assert sns(finding) == ["DAY2", "DAY6"]
    assert finding["amount"] == "20.00"


def test_orders_are_not_asked_for_presence(replay: Replay) -> None:
    check_of_orders = wire.orders_checked("zhao", at=T, orders=[wire.order(ITEM)])
    assert run(replay, check_of_orders).decision(check_of_orders) == ("pass", "0.00")


def test_the_reversal_withdraws_the_finding(replay: Replay) -> None:
    settled = visit()
    assert run(replay, settled, wire.reversal(settled[-1], at="2026-03-10 11:00:00")).open_of(RULE) == []
