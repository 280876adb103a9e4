"""LOC-STAY-OVERLAP: two stays share a night, or an outpatient or pharmacy settlement lies inside a stay."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import flat, msgid, msgids

RULE = "LOC-STAY-OVERLAP"


def at(day: int, clock: str = "10:00:00") -> str:
    return f"2026-03-{day:02d} {clock}"


def stay(
    begin: str, end: str, mdtrt_id: str = "M1", *, hospital: int = 1, med_type: str = "2101"
) -> list[wire.Record]:
    code = wire.hospital(hospital)
    begun = wire.admission("zhao", at=begin, mdtrt_id=mdtrt_id, med_type=med_type, provider=code)
    ended = wire.discharge("zhao", at=end, mdtrt_id=mdtrt_id, provider=code)
    return [begun, ended] if end else [begun]


def sale(when: str, *, fee: str = "", rx_circ_flag: str = "0") -> wire.Record:
    return wire.pharmacy_sale("zhao", at=when, lines=[wire.line(at=fee, rx_circ_flag=rx_circ_flag)])


STAY = stay(at(2), at(6))


@pytest.mark.parametrize(
    "begin, end, fires",
    [
        (at(5, "23:59:59"), at(9), True),
        (at(6, "00:00:00"), at(9), False),
        (at(6, "08:00:00"), at(9), False),
        (at(3), at(4), True),
        (at(2, "09:00:00"), at(8), True),
        (at(1), at(2, "23:00:00"), False),
        (at(3, "09:00:00"), at(3, "17:00:00"), False),
    ],
)
def test_two_stays_overlap_when_they_share_a_night(replay: Replay, begin: str, end: str, fires: bool) -> None:
    """A day case shares none: its end day, the earlier one, is the day it began."""
    outcome = replay(flat(STAY, stay(begin, end, "M2", hospital=2)))
    assert [each["severity"] for each in outcome.open_of(RULE)] == ([2] if fires else [])


def test_the_lead_names_both_stays_and_the_later_provider(replay: Replay) -> None:
    second = stay(at(4), at(9), "M2", hospital=2)
    outcome = replay(flat(STAY, second))
    finding = outcome.one(RULE)
    assert (finding["kind"], finding["amount"]) == ("lead", "0.00")
    assert finding["provider"] == wire.hospital(2)
    assert msgid(second[0]) in msgids(finding)
    assert finding["person"]


def test_each_later_stay_has_its_own_finding(replay: Replay) -> None:
    records = flat(
        stay(at(2), at(9)), stay(at(4), at(6), "M2", hospital=2), stay(at(5), at(8), "M3", hospital=3)
    )
    outcome = replay(records)
    assert sorted(each["provider"] for each in outcome.open_of(RULE)) == [wire.hospital(2), wire.hospital(3)]


@pytest.mark.parametrize(
    "when, fires",
    [
        (at(1), False),
        (at(2, "23:59:59"), False),
        (at(3, "00:00:00"), True),
        (at(5, "23:59:59"), True),
        (at(6, "00:00:00"), False),
        (at(7), False),
    ],
)
def test_a_pharmacy_sale_between_the_first_and_the_last_day_is_a_lead(
    replay: Replay, when: str, fires: bool
) -> None:
    record = sale(when)
    outcome = replay([*STAY, record])
    assert [each["severity"] for each in outcome.open_of(RULE)] == ([3] if fires else [])
    assert outcome.decision(record) == ("pass", "0.00")


def test_an_outpatient_settlement_inside_a_stay_is_a_lead(replay: Replay) -> None:
    visit = wire.outpatient_visit(
        "zhao", at=at(4), lines=[wire.line(pric="25.00")], provider=wire.hospital(2)
    )
    outcome = replay([*STAY, *visit])
    finding = outcome.one(RULE)
    assert (finding["kind"], finding["severity"], finding["amount"]) == ("lead", 3, "25.00")
    assert msgid(visit[-1]) in msgids(finding)


def test_fee_times_decide_not_the_time_of_settling(replay: Replay) -> None:
    assert replay([*STAY, sale(at(4), fee=at(2))]).open_of(RULE) == []
    assert len(replay([*STAY, sale(at(8), fee=at(4))]).open_of(RULE)) == 1


def test_a_prescription_filled_outside_is_quiet(replay: Replay) -> None:
    assert replay([*STAY, sale(at(4), rx_circ_flag="1")]).open_of(RULE) == []


def leave(out: str, back: str) -> list[wire.Record]:
    return [
        wire.face_check("zhao", at=out, biz="20", result="1"),
        wire.face_check("zhao", at=back, biz="21", result="1"),
    ]


@pytest.mark.parametrize(
    "when, fires", [(at(3, "11:00:00"), True), (at(4), False), (at(5, "11:00:00"), True)]
)
def test_leave_is_quiet(replay: Replay, when: str, fires: bool) -> None:
    records = [*STAY, *leave(at(3, "12:00:00"), at(5, "09:00:00")), sale(when)]
    assert bool(replay(records).open_of(RULE)) is fires


@pytest.mark.parametrize(
    "out, back, during, after",
    [("0", "1", True, True), ("2", "1", True, True), ("1", "0", False, False), ("3", "4", False, True)],
)
def test_a_failed_check_proves_neither_leave_nor_return(
    replay: Replay, out: str, back: str, during: bool, after: bool
) -> None:
    checks = [
        wire.face_check("zhao", at=at(3), biz="20", result=out),
        wire.face_check("zhao", at=at(5, "09:00:00"), biz="21", result=back),
    ]
    assert bool(replay([*STAY, *checks, sale(at(4))]).open_of(RULE)) is during
    assert bool(replay([*STAY, *checks, sale(at(5, "11:00:00"))]).open_of(RULE)) is after


def test_a_special_registration_stands_for_the_check_of_leave(replay: Replay) -> None:
    checks = [wire.face_registration("zhao", at=at(day), biz=biz) for day, biz in ((3, "20"), (5, "21"))]
    assert replay([*STAY, *checks, sale(at(4))]).open_of(RULE) == []
    assert len(replay([*STAY, *checks, sale(at(5, "11:00:00"))]).open_of(RULE)) == 1


def test_leave_does_not_exempt_stay_against_stay(replay: Replay) -> None:
    records = flat(
        stay(at(2), at(9)),
        leave(at(3), at(8)),
        stay(at(4), at(7), "M2", hospital=2),
    )
    assert len(replay(records).open_of(RULE)) == 1


def test_a_home_bed_is_no_stay(replay: Replay) -> None:
    home = stay(at(2), at(9), med_type="71")
    assert replay([*home, sale(at(4))]).open_of(RULE) == []
    assert replay([*home, *stay(at(4), at(6), "M2")]).open_of(RULE) == []


def test_a_stay_that_has_not_ended_is_open(replay: Replay) -> None:
    assert len(replay([*stay(at(2), ""), sale(at(20))]).open_of(RULE)) == 1
    assert len(replay(flat(stay(at(2), ""), stay(at(20), at(22), "M2", hospital=2))).open_of(RULE)) == 1


@pytest.mark.parametrize("days, fires", [(59, True), (61, False)])
def test_a_stay_without_discharge_ends_sixty_days_after_its_last_charge(
    replay: Replay, days: int, fires: bool
) -> None:
    """The sixtieth day may count as the day of discharge, which is exempt."""
    charged = wire.stay_charges("zhao", at=at(5), mdtrt_id="M1", lines=[wire.line()])
    outcome = replay([*stay(at(2), ""), charged, sale(wire.later(at(5), days=days))])
    assert bool(outcome.open_of(RULE)) is fires


def test_a_discharge_learnt_later_withdraws_the_finding(replay: Replay) -> None:
    ended = wire.discharge("zhao", at=at(12), endtime=at(8), mdtrt_id="M1")
    outcome = replay([*stay(at(2), ""), sale(at(10)), ended])
    assert outcome.open_of(RULE) == []
    assert len(outcome.withdrawn_of(RULE)) == 1


def test_a_withdrawn_discharge_opens_the_stay_again(replay: Replay) -> None:
    charged = wire.stay_charges("zhao", at=at(5), mdtrt_id="M1", lines=[wire.line()])
    undone = wire.discharge_withdrawn("zhao", at=at(12), mdtrt_id="M1")
    assert len(replay([STAY[0], charged, STAY[1], sale(at(10)), undone]).open_of(RULE)) == 1


def test_a_withdrawn_admission_is_no_stay(replay: Replay) -> None:
    undone = wire.admission_withdrawn("zhao", at=at(12), mdtrt_id="M1")
    outcome = replay([*stay(at(2), ""), sale(at(10)), undone])
    assert outcome.open_of(RULE) == []


def test_a_withdrawn_admission_that_came_first_is_no_stay(replay: Replay) -> None:
    undone = wire.admission_withdrawn("zhao", at=at(2, "10:04:00"), mdtrt_id="M1")
    outcome = replay([undone, *stay(at(2), ""), sale(at(10))])
    assert outcome.findings == []


def test_the_reversal_of_the_sale_withdraws_the_finding(replay: Replay) -> None:
    record = sale(at(4))
    assert replay([*STAY, record, wire.reversal(record, at=at(4, "11:00:00"))]).open_of(RULE) == []


def test_another_persons_stay_is_quiet(replay: Replay) -> None:
    other = wire.pharmacy_sale("qian", at=at(4))
    assert replay([*STAY, other]).open_of(RULE) == []


def test_the_stays_own_settlement_is_quiet(replay: Replay) -> None:
    charged = wire.stay_charges("zhao", at=at(4), mdtrt_id="M1", lines=[wire.line()])
    settled = wire.stay_settlement("zhao", at=at(6), mdtrt_id="M1")
    mid = wire.stay_settlement("zhao", at=at(4), mdtrt_id="M1", mid=True)
    assert replay([STAY[0], charged, mid, STAY[1], settled]).open_of(RULE) == []


def test_the_region_may_change_how_long_a_stay_is_open(replay: Replay) -> None:
    region = "[[change]]\nfrom = 2026-01-01\nrules.LOC-STAY-OVERLAP = { open_days = 10 }\n"
    charged = wire.stay_charges("zhao", at=at(5), mdtrt_id="M1", lines=[wire.line()])
    opened = [*stay(at(2), ""), charged]
    assert len(replay([*opened, sale(at(14))], region=region).open_of(RULE)) == 1
    assert replay([*opened, sale(at(16))], region=region).open_of(RULE) == []


def test_a_leave_ends_with_the_check_that_agrees_with_its_begin_whatever_stay_is_asked_about(
    replay: Replay,
) -> None:
    """The 20 names no visit, the 21 names that of the first stay: for the second one nobody is on leave."""
    out = wire.face_check("zhao", at=at(3), biz="20", result="1")
    back = wire.face_check("zhao", at=at(4), biz="21", result="1", mdtrt_id="M1")
    second = stay(at(20), at(28), "M2")
    assert len(replay(flat(STAY, out, back, second, sale(at(25)))).open_of(RULE)) == 1


def test_a_leave_without_return_ends_with_its_stay(replay: Replay) -> None:
    out = wire.face_check("zhao", at=at(3), biz="20", result="1")
    assert replay(flat(STAY, out, sale(at(4)))).open_of(RULE) == []
    assert len(replay(flat(STAY, out, stay(at(20), at(28), "M2"), sale(at(25)))).open_of(RULE)) == 1


def test_a_leave_that_names_another_visit_is_none_of_the_stay(replay: Replay) -> None:
    out = wire.face_check("zhao", at=at(3), biz="20", result="1", mdtrt_id="M9")
    assert len(replay(flat(STAY, out, sale(at(4)))).open_of(RULE)) == 1


def test_what_is_settled_for_a_home_bed_is_quiet_inside_a_stay(replay: Replay) -> None:
    """med_type 71 counts in no rule about stays."""
    home, usual = (
        wire.outpatient_visit(
            "zhao", at=at(4), lines=[wire.line()], med_type=med_type, provider=wire.hospital(2)
        )
        for med_type in ("71", "11")
    )
    assert replay(flat(STAY, home)).open_of(RULE) == []
    assert len(replay(flat(STAY, usual)).open_of(RULE)) == 1
