"""LOC-CARD-REPEAT: one person at one pharmacy, 3 in 10 min or 4 a day. LOC-CARD-HOPPING: at 2 in 30 min."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import measured, msgid, msgids, rfc

REPEAT = "LOC-CARD-REPEAT"
HOPPING = "LOC-CARD-HOPPING"
T = "2026-03-10 10:00:00"


def sale(
    seconds: int, *, shop: int = 1, family: bool = False, dise_codg: str = "", med_type: str = "41"
) -> wire.Record:
    return wire.pharmacy_sale(
        "zhao",
        at=wire.later(T, seconds=seconds),
        provider=wire.pharmacy(shop),
        acct_used_flag="2" if family else "1",
        dise_codg=dise_codg,
        med_type=med_type,
    )


def sales(*seconds: int) -> list[wire.Record]:
    return [sale(each) for each in seconds]


def test_three_in_ten_minutes_are_a_burst(replay: Replay) -> None:
    records = sales(0, 300, 600)
    outcome = replay(records)
    finding = outcome.one(REPEAT)
    assert (finding["kind"], finding["severity"], finding["amount"]) == ("burst", 2, "30.00")
    assert finding["provider"] == wire.PHARMACY
    assert finding["person"] == outcome.verdict(records[0])["person"]
    measured(finding, observed=3, limit=3)
    assert [each["msgid"] for each in finding["evidence"]] == [msgid(each) for each in records]
    assert finding["occurred_at"] == rfc(wire.later(T, seconds=600))
    assert outcome.decision(records[-1]) == ("pass", "0.00")


def test_three_in_ten_minutes_and_a_second_are_quiet(replay: Replay) -> None:
    assert replay(sales(0, 300, 601)).open_of(REPEAT) == []


def test_four_on_one_day_are_a_burst(replay: Replay) -> None:
    hour = 3600
    records = sales(-9 * hour, 0, 5 * hour, 13 * hour + 3599)
    finding = replay(records).one(REPEAT)
    measured(finding, observed=4, limit=4)
    assert finding["evidence_count"] == 4


def test_four_over_midnight_are_quiet(replay: Replay) -> None:
    hour = 3600
    assert replay(sales(0, 5 * hour, 13 * hour, 14 * hour)).open_of(REPEAT) == []


def test_a_chain_of_both_is_one_finding(replay: Replay) -> None:
    records = sales(0, 300, 600, 5 * 3600)
    finding = replay(records).one(REPEAT)
    assert finding["evidence_count"] == 4
    assert finding["observed"] == 4
    assert finding["amount"] == "40.00"


def test_two_bursts_of_a_day_are_chained_by_the_day(replay: Replay) -> None:
    assert replay(sales(0, 60, 120, 18000, 18060, 18120)).one(REPEAT)["evidence_count"] == 6


def test_bursts_of_two_days_are_two_findings(replay: Replay) -> None:
    outcome = replay(sales(0, 60, 120, 86400, 86460, 86520))
    assert [each["evidence_count"] for each in outcome.open_of(REPEAT)] == [3, 3]


def test_other_persons_and_pharmacies_do_not_add_up(replay: Replay) -> None:
    other = wire.pharmacy_sale("qian", at=wire.later(T, seconds=20))
    assert replay([*sales(0, 10), other, sale(30, shop=2)]).open_of(REPEAT) == []


def test_family_purchases_do_not_count(replay: Replay) -> None:
    assert replay([*sales(0, 10), sale(20, family=True)]).findings == []


@pytest.mark.parametrize(
    "last, fires",
    [
        ({"dise_codg": "I10"}, True),
        ({"dise_codg": "E11"}, False),
        ({"dise_codg": "I10", "med_type": "14"}, False),
    ],
)
def test_different_kinds_of_care_do_not_add_up(replay: Replay, last: dict[str, str], fires: bool) -> None:
    records = [sale(0, dise_codg="I10"), sale(10, dise_codg="I10"), sale(20, **last)]  # type: ignore[arg-type]
    assert bool(replay(records).open_of(REPEAT)) is fires


def test_a_reversal_withdraws_or_shrinks_the_repetition(replay: Replay) -> None:
    records = sales(0, 100, 200)
    undone = wire.reversal(records[1], at=wire.later(T, hours=1))
    outcome = replay([*records, undone])
    assert outcome.open_of(REPEAT) == []
    assert len(outcome.withdrawn_of(REPEAT)) == 1
    records = sales(0, 100, 200, 300)
    undone = wire.reversal(records[3], at=wire.later(T, hours=1))
    assert replay([*records, undone]).one(REPEAT)["evidence_count"] == 3


def test_hospitals_do_not_repeat(replay: Replay) -> None:
    visits = [
        wire.outpatient_visit("zhao", at=wire.later(T, minutes=n), lines=[wire.line()]) for n in range(5)
    ]
    outcome = replay([each for visit in visits for each in visit])
    assert outcome.findings == []


def test_the_region_may_change_the_repetition(replay: Replay) -> None:
    region = (
        "[[change]]\nfrom = 2026-01-01\nrules.LOC-CARD-REPEAT = { times = 2, window_s = 60, times_day = 9 }\n"
    )
    assert len(replay(sales(0, 60), region=region).open_of(REPEAT)) == 1
    assert replay(sales(0, 61, 200, 400, 800), region=region).open_of(REPEAT) == []


def test_two_pharmacies_in_half_an_hour_are_a_burst(replay: Replay) -> None:
    records = [sale(0), sale(1800, shop=2)]
    outcome = replay(records)
    finding = outcome.one(HOPPING)
    assert (finding["kind"], finding["severity"], finding["amount"]) == ("burst", 3, "20.00")
    assert finding["provider"] == wire.pharmacy(2)
    assert finding["person"] == outcome.verdict(records[0])["person"]
    measured(finding, observed=2, limit=2)
    assert msgids(finding) == {msgid(each) for each in records}
    assert outcome.decision(records[-1]) == ("pass", "0.00")


def test_a_second_more_is_quiet(replay: Replay) -> None:
    assert replay([sale(0), sale(1801, shop=2)]).open_of(HOPPING) == []


def test_a_walk_through_the_city_is_one_chain(replay: Replay) -> None:
    records = [sale(n * 1500, shop=n + 1) for n in range(4)]
    finding = replay(records).one(HOPPING)
    assert finding["evidence_count"] == 4
    assert finding["observed"] == 2
    assert replay([sale(n * 600, shop=n + 1) for n in range(4)]).one(HOPPING)["observed"] == 4


def test_family_purchases_and_hospitals_are_no_hopping(replay: Replay) -> None:
    assert replay([sale(0), sale(60, shop=2, family=True)]).open_of(HOPPING) == []
    visit = wire.outpatient_visit("zhao", at=wire.later(T, seconds=60), lines=[wire.line()])
    assert replay([sale(0), *visit]).open_of(HOPPING) == []


def test_another_person_is_no_hopping(replay: Replay) -> None:
    other = wire.pharmacy_sale("qian", at=T, provider=wire.pharmacy(2))
    assert replay([sale(0), other]).open_of(HOPPING) == []


def test_a_reversal_withdraws_the_hopping(replay: Replay) -> None:
    records = [sale(0), sale(600, shop=2)]
    outcome = replay([*records, wire.reversal(records[0], at=wire.later(T, hours=1))])
    assert outcome.open_of(HOPPING) == []
    assert len(outcome.withdrawn_of(HOPPING)) == 1


def test_the_region_may_change_the_hopping(replay: Replay) -> None:
    region = "[[change]]\nfrom = 2026-01-01\nrules.LOC-CARD-HOPPING = { pharmacies = 3, window_s = 600 }\n"
    three = [sale(0), sale(300, shop=2), sale(600, shop=3)]
    assert len(replay(three, region=region).open_of(HOPPING)) == 1
    assert replay(three[:2], region=region).open_of(HOPPING) == []
    assert replay([*three[:2], sale(601, shop=3)], region=region).open_of(HOPPING) == []
