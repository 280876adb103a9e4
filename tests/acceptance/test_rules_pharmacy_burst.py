"""LOC-PHARMACY-BURST: at least 4 different persons with live settlements at one pharmacy within 120 s."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import flat, measured, msgid, msgids, rfc

RULE = "LOC-PHARMACY-BURST"
T = "2026-03-10 10:00:00"
HEAD = "fixmedins_code,fixmedins_name,fixmedins_type,medins_lv,open_24h,face_check,admvs"


def sale(seconds: int, person: str = "", *, shop: int = 1) -> wire.Record:
    return wire.pharmacy_sale(
        person or f"p{seconds}", at=wire.later(T, seconds=seconds), provider=wire.pharmacy(shop)
    )


def sales(*seconds: int) -> list[wire.Record]:
    return [sale(each) for each in seconds]


def test_four_persons_in_two_minutes_are_a_burst(replay: Replay) -> None:
    records = sales(0, 40, 80, 120)
    outcome = replay(records)
    finding = outcome.one(RULE)
    assert (finding["kind"], finding["severity"], finding["amount"]) == ("burst", 2, "40.00")
    assert (finding["provider"], finding["person"]) == (wire.PHARMACY, None)
    measured(finding, observed=4, limit=4)
    assert finding["occurred_at"] == rfc(wire.later(T, seconds=120))
    assert [each["msgid"] for each in finding["evidence"]] == [msgid(each) for each in records]
    assert finding["evidence_count"] == 4
    if finding["window"]:  # the contract does not say whose window; it holds what was observed
        assert finding["window"]["from"] <= rfc(T)
        assert finding["window"]["to"] >= rfc(wire.later(T, seconds=120))
    assert [outcome.decision(each) for each in records] == [("pass", "0.00")] * 4


def test_one_second_more_is_quiet(replay: Replay) -> None:
    assert replay(sales(0, 40, 80, 121)).open_of(RULE) == []


def test_three_persons_are_quiet_however_often(replay: Replay) -> None:
    records = [sale(n * 10, f"p{n % 3}") for n in range(9)]
    assert replay(records).open_of(RULE) == []


def test_one_person_twice_is_one_person_but_both_are_evidence(replay: Replay) -> None:
    records = [*sales(0, 10, 20), sale(30, "p0"), sale(40)]
    finding = replay(records).one(RULE)
    assert finding["observed"] == 4
    assert finding["evidence_count"] == 5


def test_other_pharmacies_and_hospitals_do_not_add_up(replay: Replay) -> None:
    outcome = replay([*sales(0, 10, 20), sale(30, shop=2)])
    assert outcome.open_of(RULE) == []
    visits = [wire.outpatient_visit(f"p{n}", at=T, lines=[wire.line()]) for n in range(5)]
    assert replay(flat(*visits)).open_of(RULE) == []


def test_a_provider_listed_as_a_hospital_is_no_pharmacy(replay: Replay) -> None:
    tables = {"providers": f"{HEAD}\n{wire.PHARMACY},某医院,1,3,0,0,430100\n"}
    assert replay(sales(0, 10, 20, 30), reference=tables).open_of(RULE) == []
    tables = {"providers": f"{HEAD}\n{wire.PHARMACY},某药房,2,,0,0,430100\n"}
    assert len(replay(sales(0, 10, 20, 30), reference=tables).open_of(RULE)) == 1


def test_windows_that_share_a_settlement_are_one_burst(replay: Replay) -> None:
    records = sales(*range(0, 600, 30))
    finding = replay(records).one(RULE)
    assert finding["evidence_count"] == 20
    measured(finding, observed=5, limit=4)
    assert finding["amount"] == "200.00"


def test_windows_that_share_none_are_two(replay: Replay) -> None:
    outcome = replay(sales(0, 30, 60, 90, 180, 200, 220, 240))
    assert [each["evidence_count"] for each in outcome.open_of(RULE)] == [4, 4]


def test_lone_sales_beside_a_burst_are_no_evidence(replay: Replay) -> None:
    records = sales(0, 300, 310, 320, 330, 600)
    assert msgids(replay(records).one(RULE)) == {msgid(each) for each in records[1:5]}


def test_a_late_settlement_joins_two_and_the_younger_is_withdrawn(replay: Replay) -> None:
    records = sales(0, 30, 60, 90, 180, 200, 220, 240)
    before = replay(records).open_of(RULE)
    outcome = replay([*records, sale(150)])
    joined = outcome.one(RULE)
    assert joined["finding_id"] == before[0]["finding_id"]
    assert joined["evidence_count"] == 9
    assert [each["finding_id"] for each in outcome.withdrawn_of(RULE)] == [before[1]["finding_id"]]


def test_a_late_first_settlement_begins_another_burst(replay: Replay) -> None:
    """The id comes from the first settlement, so the burst that began later is withdrawn."""
    records = sales(30, 60, 90, 120)
    outcome = replay([*records, sale(10)])
    assert outcome.one(RULE)["evidence_count"] == 5
    assert len(outcome.withdrawn_of(RULE)) == 1


def test_the_reversal_of_the_joint_splits_the_burst_again(replay: Replay) -> None:
    joint = sale(150)
    records = [*sales(0, 30, 60, 90), joint, *sales(180, 200, 220, 240)]
    undone = wire.reversal(joint, at=wire.later(T, minutes=30))
    outcome = replay([*records, undone])
    assert [each["evidence_count"] for each in outcome.open_of(RULE)] == [4, 4]


def test_the_reversal_of_one_of_four_withdraws_the_burst(replay: Replay) -> None:
    records = sales(0, 40, 80, 120)
    outcome = replay([*records, wire.reversal(records[2], at=wire.later(T, minutes=30))])
    assert outcome.open_of(RULE) == []
    assert len(outcome.withdrawn_of(RULE)) == 1


def test_the_reversal_of_one_of_five_shrinks_it(replay: Replay) -> None:
    records = sales(0, 20, 40, 60, 80)
    outcome = replay([*records, wire.reversal(records[2], at=wire.later(T, minutes=30))])
    finding = outcome.one(RULE)
    assert (finding["observed"], finding["evidence_count"], finding["amount"]) == (4, 4, "40.00")
    assert finding["revision"] > 1


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("after", [130, 240, 580])
def test_the_reversal_of_any_of_five_leaves_the_other_four(replay: Replay, place: int, after: int) -> None:
    """The four that are left are within 120 s, whatever was sold before and since."""
    records = sales(0, 10, 40, 70, 120)
    undone = wire.reversal(records[place], at=wire.later(T, hours=1))
    before, since = sale(-600, "before"), sale(after + 120, "since")
    finding = replay([before, *records, since, undone]).one(RULE)
    assert msgids(finding) == {msgid(each) for each in records if each is not records[place]}


def test_a_reversal_that_comes_first_counts(replay: Replay) -> None:
    records = sales(0, 40, 80, 120)
    undone = wire.reversal(records[3], at=wire.later(T, seconds=130))
    assert replay([*records[:3], undone, records[3]]).findings == []


def test_resent_settlements_count_once(replay: Replay) -> None:
    records = sales(0, 40, 80)
    assert replay([*records, *records, records[0]]).findings == []


@pytest.mark.parametrize("count, fires", [(4, False), (5, True)])
def test_the_region_may_ask_for_more_persons(replay: Replay, count: int, fires: bool) -> None:
    region = "[[change]]\nfrom = 2026-01-01\nrules.LOC-PHARMACY-BURST = { persons = 5 }\n"
    outcome = replay(sales(*range(0, count * 10, 10)), region=region)
    assert bool(outcome.open_of(RULE)) is fires


def test_the_region_may_narrow_the_window(replay: Replay) -> None:
    region = "[[change]]\nfrom = 2026-01-01\nrules.LOC-PHARMACY-BURST = { window_s = 60 }\n"
    assert len(replay(sales(0, 20, 40, 60), region=region).open_of(RULE)) == 1
    assert replay(sales(0, 20, 40, 61), region=region).open_of(RULE) == []
