"""LOC-DECEASED (W: lines after the day of death): setl_time and fee dates after the day of death."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import flat, result_rules, rfc, sns

RULE = "LOC-DECEASED"


def at(day: int, clock: str = "10:00:00") -> str:
    return f"2026-03-{day:02d} {clock}"


def died(on: str = "2026-03-05", *, known: str = at(6, "08:00:00")) -> wire.Record:
    return wire.insured_record("zhao", at=known, die_date=on)


def sale(when: str, *fees: str) -> wire.Record:
    lines = [wire.line(at=fee, sn=f"L{n}") for n, fee in enumerate(fees or ("",), start=1)]
    return wire.pharmacy_sale("zhao", at=when, lines=lines)


def test_a_settlement_after_the_day_of_death_is_rejected_whole(replay: Replay) -> None:
    record = sale(at(10), "", "")
    outcome = replay([died(), record])
    finding = outcome.one(RULE)
    assert (finding["kind"], finding["severity"], finding["amount"]) == ("rejection", 1, "20.00")
    assert (finding["provider"], finding["occurred_at"]) == (wire.PHARMACY, rfc(at(10)))
    assert sns(finding) == ["L1", "L2"]
    assert outcome.decision(record) == ("reject", "20.00")
    assert result_rules(outcome.verdict(record)) == [RULE]


@pytest.mark.parametrize("when, fires", [(at(5, "23:59:59"), False), (at(6, "00:00:00"), True)])
def test_the_day_of_death_itself_is_quiet(replay: Replay, when: str, fires: bool) -> None:
    assert bool(replay([died(known=at(1)), sale(when)]).open_of(RULE)) is fires


def test_fees_of_before_that_are_posted_late_are_quiet(replay: Replay) -> None:
    record = sale(at(10), at(4), at(5, "23:00:00"))
    outcome = replay([died(), record])
    assert outcome.open_of(RULE) == []
    assert outcome.decision(record) == ("pass", "0.00")


def test_only_the_lines_after_the_day_of_death_are_refused(replay: Replay) -> None:
    record = sale(at(10), at(4), at(6, "00:00:00"))
    outcome = replay([died(), record])
    assert outcome.one(RULE)["amount"] == "10.00"
    assert sns(outcome.one(RULE)) == ["L2"]
    assert outcome.decision(record) == ("reject", "10.00")


def test_a_settlement_without_known_lines_goes_by_its_time(replay: Replay) -> None:
    after = wire.outpatient_settlement("zhao", at=at(6), mdtrt_id="M1", amount="171.00")
    outcome = replay([died(), after])
    assert outcome.one(RULE)["amount"] == "171.00"
    assert outcome.decision(after) == ("reject", "171.00")
    that_day = wire.outpatient_settlement("zhao", at=at(5), mdtrt_id="M1", amount="171.00")
    assert replay([that_day, died()]).open_of(RULE) == []


def test_a_death_that_is_learnt_later_opens_the_finding(replay: Replay) -> None:
    record = sale(at(7))
    outcome = replay([record, died(known=at(9))])
    assert outcome.one(RULE)["amount"] == "10.00"
    assert outcome.decision(record) == ("pass", "0.00")


def test_the_table_of_persons_knows_deaths(replay: Replay) -> None:
    tables = {"persons": f"psn_no,gend,brdy,die_date\n{wire.psn_no('zhao')},1,1980-05-20,2026-03-05\n"}
    assert len(replay([sale(at(6))], reference=tables).open_of(RULE)) == 1
    assert replay([sale(at(5))], reference=tables).open_of(RULE) == []


def test_the_earliest_day_known_is_the_day_of_death(replay: Replay) -> None:
    tables = {"persons": f"psn_no,gend,brdy,die_date\n{wire.psn_no('zhao')},1,1980-05-20,2026-03-03\n"}
    assert len(replay([died(known=at(2)), sale(at(4))], reference=tables).open_of(RULE)) == 1
    assert len(replay([died("2026-03-05"), died("2026-03-08"), sale(at(6))]).open_of(RULE)) == 1


def stay(*, die_date: str = "", dscg_way: str = "5") -> list[wire.Record]:
    return [
        wire.admission("zhao", at=at(1), mdtrt_id="M1"),
        wire.stay_charges("zhao", at=at(7), mdtrt_id="M1", lines=[wire.line(at=at(7)), wire.line(at=at(4))]),
        wire.discharge("zhao", at=at(5), mdtrt_id="M1", dscg_way=dscg_way, die_date=die_date),
    ]


def test_lines_of_the_stay_that_ended_with_the_death_are_quiet(replay: Replay) -> None:
    ended = wire.stay_settlement("zhao", at=at(8), mdtrt_id="M1", amount="20.00")
    outcome = replay([*stay(), ended])
    assert outcome.open_of(RULE) == []
    assert outcome.decision(ended) == ("pass", "0.00")


@pytest.mark.parametrize(
    "die_date, dscg_way, first_refused",
    [("", "5", 6), ("2026-03-04", "5", 5), ("", "1", None)],
)
def test_a_discharge_by_death_says_the_day(
    replay: Replay, die_date: str, dscg_way: str, first_refused: int | None
) -> None:
    sales = [sale(at(day, "11:00:00")) for day in (4, 5, 6, 7)]
    outcome = replay(flat(stay(die_date=die_date, dscg_way=dscg_way), sales))
    expected = [rfc(at(day, "11:00:00")) for day in (5, 6, 7) if first_refused and day >= first_refused]
    assert [each["occurred_at"] for each in outcome.open_of(RULE)] == expected


def test_a_withdrawn_discharge_takes_the_death_back(replay: Replay) -> None:
    undone = wire.discharge_withdrawn("zhao", at=at(9), mdtrt_id="M1")
    outcome = replay([*stay(), sale(at(8)), undone])
    assert outcome.open_of(RULE) == []
    assert len(outcome.withdrawn_of(RULE)) == 1


def test_the_reversal_withdraws_the_finding(replay: Replay) -> None:
    record = sale(at(8))
    outcome = replay([died(), record, wire.reversal(record, at=at(9))])
    assert outcome.open_of(RULE) == []


def test_orders_for_the_deceased_are_rejected(replay: Replay) -> None:
    check = wire.orders_checked("zhao", at=at(8), orders=[wire.order(), wire.order()])
    outcome = replay([died(), check])
    assert outcome.decision(check) == ("reject", "20.00")
    assert outcome.findings == []


def test_a_second_discharge_does_not_take_a_death_back_its_withdrawal_does(replay: Replay) -> None:
    deceased = [
        wire.admission("zhao", at=at(1), mdtrt_id="M1"),
        wire.discharge("zhao", at=at(5), mdtrt_id="M1", dscg_way="5"),
    ]
    alive = wire.discharge("zhao", at=at(6), mdtrt_id="M1")
    later = wire.discharge("zhao", at=at(6), mdtrt_id="M1", dscg_way="5", die_date="2026-03-09")
    withdrawn = wire.discharge_withdrawn("zhao", at=at(5, "12:00:00"), mdtrt_id="M1")
    assert len(replay([*deceased, alive, sale(at(8))]).open_of(RULE)) == 1
    assert len(replay([*deceased, later, sale(at(8))]).open_of(RULE)) == 1
    assert replay([*deceased, withdrawn, alive, sale(at(8))]).open_of(RULE) == []
    assert replay([*deceased, withdrawn, later, sale(at(8))]).open_of(RULE) == []
