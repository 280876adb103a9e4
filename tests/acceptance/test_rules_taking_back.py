"""A line of negative count that names no other takes back: it lessens sums and is judged for nothing (contract §1)."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import flat

T = "2026-03-10 09:00:00"
TABLES = {
    "drug_sex": "drug,gend\nXWOMAN0001,2\n",
    "drug_age": "drug,min_age,max_age\nXCHILD0001,,17\n",
    "drug_indication": "drug,diagnosis_prefix\nXDIABETES1,E11\n",
    "drug_group": "drug,group\nXSTATIN001,statin\nXSTATIN002,statin\n",
    "item_frequency": "item,max,days\nXOFTEN0001,2,7\n",
    "once_per_day": "item\nSVDAY00001\n",
}


def bought(*lines: wire.Record, at: str = T) -> wire.Record:
    return wire.pharmacy_sale("zhao", at=at, lines=list(lines), dise_codg="I10.000")


def back(item: str, **more: str) -> wire.Record:
    return wire.line(item, cnt="-1", pric="10.00", amount="-10.00", **more)


@pytest.mark.parametrize(
    "item, rule",
    [
        ("XWOMAN0001", "GZ10000301004000"),
        ("XCHILD0001", "GZ10000301002000"),
        ("XDIABETES1", "GZ10000101008000"),
    ],
)
def test_it_is_no_drug_that_the_patient_got(replay: Replay, item: str, rule: str) -> None:
    assert len(replay([bought(wire.line(item))], reference=TABLES).open_of(rule)) == 1
    outcome = replay([bought(back(item))], reference=TABLES)
    assert outcome.open_findings == []
    assert [(each["decision"], each["amount_refused"]) for each in outcome.verdicts] == [("pass", "0.00")]


def test_it_is_no_duplicate(replay: Replay) -> None:
    both = [wire.line("XSTATIN001"), wire.line("XSTATIN002")]
    assert len(replay([bought(*both)], reference=TABLES).open_of("GZ10000301006000")) == 1
    for lines in ([both[0], back("XSTATIN002")], [back("XSTATIN001"), both[1]]):
        assert replay([bought(*lines)], reference=TABLES).open_findings == []


def test_it_is_no_purchase(replay: Replay) -> None:
    days = [wire.later(T, days=day) for day in range(5)]
    four = [bought(wire.line("X000000001"), at=at) for at in days[:4]]
    rule = "GZ10000204003000"
    assert len(replay([*four, bought(wire.line("X000000001"), at=days[4])]).open_of(rule)) == 1
    assert replay([*four, bought(back("X000000001"), at=days[4])]).open_of(rule) == []
    assert replay([*four, bought(wire.line("X000000001"), back("X000000001"), at=days[4])]).open_of(rule)


def test_it_is_no_supply(replay: Replay) -> None:
    first = bought(wire.line("X000000001", prd_days="30"))
    rule = "GZ10000101009000"
    later = wire.later(T, days=1)
    assert len(replay([first, bought(wire.line("X000000001", prd_days="30"), at=later)]).open_of(rule)) == 1
    assert replay([first, bought(back("X000000001", prd_days="30"), at=later)]).open_of(rule) == []


def test_it_is_no_presence_inside_a_stay(replay: Replay) -> None:
    stay = [
        wire.admission("zhao", at="2026-03-05 09:00:00", mdtrt_id="M1"),
        wire.discharge("zhao", at="2026-03-15 09:00:00", mdtrt_id="M1"),
    ]
    rule = "LOC-STAY-OVERLAP"
    assert len(replay(flat(stay, bought(wire.line("X000000001")))).open_of(rule)) == 1
    assert replay(flat(stay, bought(back("X000000001")))).open_of(rule) == []


def test_it_lessens_the_sums_of_its_item(replay: Replay) -> None:
    twice = wire.line("XOFTEN0001", cnt="2")
    more = wire.line("XOFTEN0001")
    rule = "GZ10000102014000"
    later, last = (wire.later(T, hours=hours) for hours in (1, 2))
    assert len(replay([bought(twice), bought(more, at=last)], reference=TABLES).open_of(rule)) == 1
    taken_back = bought(back("XOFTEN0001"), at=later)
    assert replay([bought(twice), taken_back, bought(more, at=last)], reference=TABLES).open_of(rule) == []


def test_a_settlement_that_only_takes_back_is_not_refused(replay: Replay) -> None:
    """Not for a face that did not match either: there is nothing to be refused."""
    failed = wire.face_check("zhao", at=wire.later(T, minutes=-5), biz="15", provider=wire.PHARMACY)
    rule = "LOC-FACE-MISMATCH"
    assert len(replay([failed, bought(wire.line("X000000001"))]).open_of(rule)) == 1
    outcome = replay([failed, bought(back("X000000001"))])
    assert outcome.open_of(rule) == []
    assert [each["decision"] for each in outcome.verdicts] == ["pass"]
