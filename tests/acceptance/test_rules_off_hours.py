"""LOC-OFF-HOURS: a live pharmacy settlement from 23:00:00 to before 06:00:00, unless open 24 h."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import msgid, msgids, rfc

RULE = "LOC-OFF-HOURS"
HEAD = "fixmedins_code,fixmedins_name,fixmedins_type,medins_lv,open_24h,face_check,admvs"
NIGHT = "2026-03-10 23:30:00"


@pytest.mark.parametrize(
    "at, fires",
    [
        ("2026-03-10 22:59:59", False),
        ("2026-03-10 23:00:00", True),
        ("2026-03-11 00:00:00", True),
        ("2026-03-11 05:59:59", True),
        ("2026-03-11 06:00:00", False),
        ("2026-03-11 12:00:00", False),
    ],
)
def test_the_night_is_from_eleven_to_before_six(replay: Replay, at: str, fires: bool) -> None:
    assert bool(replay([wire.pharmacy_sale("zhao", at=at)]).open_of(RULE)) is fires


def test_a_sale_at_night_is_a_slight_lead(replay: Replay) -> None:
    sale = wire.pharmacy_sale("zhao", at=NIGHT)
    outcome = replay([sale])
    finding = outcome.one(RULE)
    assert (finding["kind"], finding["severity"], finding["amount"]) == ("lead", 3, "10.00")
    assert (finding["provider"], finding["occurred_at"]) == (wire.PHARMACY, rfc(NIGHT))
    assert msgids(finding) == {msgid(sale)}
    assert outcome.decision(sale) == ("pass", "0.00")
    assert outcome.verdict(sale)["results"] == []


def test_each_sale_at_night_has_its_finding(replay: Replay) -> None:
    sales = [wire.pharmacy_sale(each, at=NIGHT) for each in ("zhao", "qian")]
    assert len(replay(sales).open_of(RULE)) == 2


@pytest.mark.parametrize("opter_type, fires", [("1", True), ("2", False), ("3", False)])
def test_machines_and_phones_sell_at_night(replay: Replay, opter_type: str, fires: bool) -> None:
    sale = wire.pharmacy_sale("zhao", at=NIGHT, opter_type=opter_type)
    assert bool(replay([sale]).open_of(RULE)) is fires


@pytest.mark.parametrize("kind, open_24h, fires", [("2", "1", False), ("2", "0", True), ("1", "0", False)])
def test_the_table_of_providers_decides(replay: Replay, kind: str, open_24h: str, fires: bool) -> None:
    tables = {"providers": f"{HEAD}\n{wire.PHARMACY},某药房,{kind},,{open_24h},0,430100\n"}
    outcome = replay([wire.pharmacy_sale("zhao", at=NIGHT)], reference=tables)
    assert bool(outcome.open_of(RULE)) is fires


def test_hospitals_never_close(replay: Replay) -> None:
    assert replay(wire.outpatient_visit("zhao", at=NIGHT, lines=[wire.line()])).findings == []


def test_the_time_of_settling_decides_not_that_of_the_call(replay: Replay) -> None:
    evening = wire.pharmacy_sale("zhao", at="2026-03-10 22:59:59", inf_time="2026-03-10 23:00:05")
    night = wire.pharmacy_sale("qian", at="2026-03-10 23:00:00", inf_time="2026-03-10 22:59:55")
    outcome = replay([evening, night])
    assert msgids(outcome.one(RULE)) == {msgid(night)}


def test_the_reversal_withdraws_the_lead(replay: Replay) -> None:
    sale = wire.pharmacy_sale("zhao", at=NIGHT)
    outcome = replay([sale, wire.reversal(sale, at="2026-03-10 23:40:00")])
    assert outcome.open_of(RULE) == []
    assert len(outcome.withdrawn_of(RULE)) == 1


@pytest.mark.parametrize(
    "at, fires",
    [("2026-03-10 21:59:59", False), ("2026-03-10 22:00:00", True), ("2026-03-11 05:00:00", False)],
)
def test_the_region_may_change_the_hours(replay: Replay, at: str, fires: bool) -> None:
    region = '[[change]]\nfrom = 2026-01-01\nrules.LOC-OFF-HOURS = { from = "22:00", to = "05:00" }\n'
    assert bool(replay([wire.pharmacy_sale("zhao", at=at)], region=region).open_of(RULE)) is fires
