"""GZ10000204001000: admission at most 15 days after a discharge from the same provider."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import flat, msgid, msgids, rfc

RULE = "GZ10000204001000"
END = "2026-03-01 23:30:00"


def stay(
    begin: str, end: str, mdtrt_id: str, *, med_type: str = "2101", diagnosis: str = "K35.900"
) -> list[wire.Record]:
    return [
        wire.admission("zhao", at=begin, mdtrt_id=mdtrt_id, med_type=med_type, diagnosis=diagnosis),
        wire.discharge("zhao", at=end, mdtrt_id=mdtrt_id),
    ]


FIRST = ("2026-02-25 09:00:00", END, "M1")


def again(at: str, *, diagnosis: str = "K35.900", hospital: int = 1, med_type: str = "2101") -> wire.Record:
    return wire.admission(
        "zhao", at=at, mdtrt_id="M2", diagnosis=diagnosis, provider=wire.hospital(hospital), med_type=med_type
    )


@pytest.mark.parametrize(
    "at, severity",
    [
        ("2026-03-01 23:45:00", 2),
        ("2026-03-08 23:59:59", 2),
        ("2026-03-09 00:00:00", 3),
        ("2026-03-16 23:59:59", 3),
        ("2026-03-17 00:00:00", None),
    ],
)
def test_calendar_days_between_discharge_and_admission_decide(
    replay: Replay, at: str, severity: int | None
) -> None:
    outcome = replay([*stay(*FIRST), again(at)])
    assert [each["severity"] for each in outcome.open_of(RULE)] == ([severity] if severity else [])


def test_the_lead_names_both_stays(replay: Replay) -> None:
    second = again("2026-03-05 09:00:00")
    outcome = replay([*stay(*FIRST), second])
    finding = outcome.one(RULE)
    assert (finding["kind"], finding["amount"]) == ("lead", "0.00")
    assert finding["provider"] == wire.HOSPITAL
    assert finding["person"]
    assert finding["observed"] == 4
    assert finding["occurred_at"] == rfc("2026-03-05 09:00:00")
    assert msgid(second) in msgids(finding)
    assert outcome.verdicts == []


def test_another_provider_is_quiet(replay: Replay) -> None:
    assert replay([*stay(*FIRST), again("2026-03-05 09:00:00", hospital=2)]).open_of(RULE) == []


@pytest.mark.parametrize("diagnosis", ["Z51.100", "Z51.000", "Z51.800", "Z49.100", "N18.501"])
def test_chemotherapy_radiotherapy_and_dialysis_come_back_often(replay: Replay, diagnosis: str) -> None:
    records = [*stay(*FIRST), again("2026-03-05 09:00:00", diagnosis=diagnosis)]
    assert replay(records).open_of(RULE) == []


def test_only_the_second_stays_diagnosis_exempts(replay: Replay) -> None:
    records = [*stay(*FIRST, diagnosis="Z51.100"), again("2026-03-05 09:00:00")]
    assert len(replay(records).open_of(RULE)) == 1


def test_the_diagnosis_at_discharge_exempts_too(replay: Replay) -> None:
    second = again("2026-03-05 09:00:00", diagnosis="")
    ended = wire.discharge("zhao", at="2026-03-07 09:00:00", mdtrt_id="M2", diagnosis="Z51.100")
    outcome = replay([*stay(*FIRST), second, ended])
    assert outcome.open_of(RULE) == []
    assert len(outcome.withdrawn_of(RULE)) == 1


def test_the_table_of_exempt_diagnoses_may_be_replaced(replay: Replay) -> None:
    tables = {"split_exempt": "diagnosis_prefix\nK35\n"}
    quiet = replay([*stay(*FIRST), again("2026-03-05 09:00:00")], reference=tables)
    assert quiet.open_of(RULE) == []
    fires = replay([*stay(*FIRST), again("2026-03-05 09:00:00", diagnosis="Z51.1")], reference=tables)
    assert len(fires.open_of(RULE)) == 1


def test_home_beds_are_no_stays(replay: Replay) -> None:
    assert replay([*stay(*FIRST), again("2026-03-05 09:00:00", med_type="71")]).open_of(RULE) == []
    assert replay([*stay(*FIRST, med_type="71"), again("2026-03-05 09:00:00")]).open_of(RULE) == []


def test_a_withdrawn_admission_or_discharge_withdraws_the_lead(replay: Replay) -> None:
    second = again("2026-03-05 09:00:00")
    for undone in (
        wire.admission_withdrawn("zhao", at="2026-03-05 10:00:00", mdtrt_id="M2"),
        wire.discharge_withdrawn("zhao", at="2026-03-05 10:00:00", mdtrt_id="M1"),
        wire.compensation(second, at="2026-03-05 10:00:00", person="zhao"),
    ):
        outcome = replay(flat(stay(*FIRST), second, undone))
        assert outcome.open_of(RULE) == []
        assert len(outcome.withdrawn_of(RULE)) == 1


def test_an_admission_still_open_is_no_discharge(replay: Replay) -> None:
    records = [stay(*FIRST)[0], again("2026-03-05 09:00:00")]
    assert replay(records).open_of(RULE) == []


def test_the_region_may_change_the_days(replay: Replay) -> None:
    region = "[[change]]\nfrom = 2026-01-01\nrules.GZ10000204001000 = { days = 3, days_grave = 1 }\n"
    day4, day3, day2 = (f"2026-03-0{n} 09:00:00" for n in (5, 4, 3))
    assert replay([*stay(*FIRST), again(day4)], region=region).open_of(RULE) == []
    assert replay([*stay(*FIRST), again(day3)], region=region).one(RULE)["severity"] == 3
    assert replay([*stay(*FIRST), again(day2)], region=region).one(RULE)["severity"] == 3
