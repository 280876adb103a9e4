"""Trace codes: where they come from, which are used, and when they count."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import msgids

TRACE = "LOC-TRACE-REUSED"
CODE = "81000000000000000017"
AT = "2026-03-10 12:00:00"


def sale(person: str, at: str, code: str = CODE, *, trdn_flag: str = "0") -> wire.Record:
    """A sale that carries the code of its box."""
    line = wire.line("XA00000001")
    return wire.pharmacy_sale(
        person, at=at, lines=[line], traces=[wire.trace(code, of=line, trdn_flag=trdn_flag)]
    )


def twice(code: str) -> list[wire.Record]:
    """One code in two sales to two persons, a week apart."""
    return [sale("a", AT, code), sale("b", "2026-03-17 12:00:00", code)]


def test_a_code_comes_with_a_sale(replay: Replay) -> None:
    records = twice(CODE)
    finding = replay(records).one(TRACE)
    assert msgids(finding) == {record["request"]["msgid"] for record in records}
    assert (finding["person"], finding["observed"]) == (None, 2)


@pytest.mark.parametrize(
    "code",
    [
        "8100000000000000001",
        "810000000000000000171",
        "8100000000000000001A",
        "",
        "8" * 20,
        "0" * 20,
        "８" * 19 + "1",
    ],
    ids=["19 digits", "21 digits", "a letter", "empty", "all eights", "all zeros", "wide digits"],
)
def test_a_code_that_is_none_is_not_used(replay: Replay, code: str) -> None:
    outcome = replay(twice(code))
    assert outcome.findings == []
    assert len(outcome.verdicts) == 2
    assert outcome.dead_letters == []


def test_a_code_that_is_to_be_ignored_is_not_used(replay: Replay) -> None:
    assert replay(twice(CODE), reference={"trace_ignore": f"drug_trac_codg\n{CODE}\n"}).findings == []


def test_a_settlement_of_a_hospital_may_carry_codes(replay: Replay) -> None:
    records = [
        wire.outpatient_settlement("a", at=AT),
        wire.stay_settlement("b", at="2026-03-12 12:00:00"),
    ]
    for record, name in zip(records, ("drug_trac_info", "drugtracinfo"), strict=True):
        record["request"]["input"][name] = [wire.trace(CODE)]
    assert replay(records).one(TRACE)["evidence_count"] == 2


def test_a_code_of_goods_counts_once_its_settlement_is_seen(replay: Replay) -> None:
    sold = wire.pharmacy_sale("b", at="2026-03-17 12:00:00")
    goods = wire.goods_sold("b", at="2026-03-17 12:01:00", setl_id=wire.setl_id_of(sold), codes=[CODE])
    assert replay([sale("a", AT), goods]).open_of(TRACE) == []
    assert len(replay([sale("a", AT), goods, sold]).open_of(TRACE)) == 1
    assert len(replay([sale("a", AT), sold, goods]).open_of(TRACE)) == 1


def test_the_same_code_by_sale_and_by_goods_of_it_is_one_sale(replay: Replay) -> None:
    first = sale("a", AT)
    goods = wire.goods_sold("a", at=AT, setl_id=wire.setl_id_of(first), codes=[CODE])
    assert replay([first, goods]).findings == []


@pytest.mark.parametrize("with_goods", [False, True], ids=["with the settlement", "with its goods"])
def test_returned_goods_take_their_code_back(replay: Replay, *, with_goods: bool) -> None:
    first, second = twice(CODE)
    setl_id = wire.setl_id_of(first)
    records = [first, second]
    if with_goods:
        del first["request"]["input"]["drug_trac_info"]
        records.append(wire.goods_sold("a", at=AT, setl_id=setl_id, codes=[CODE]))
    assert len(replay(records).open_of(TRACE)) == 1
    back = wire.goods_returned("a", at="2026-03-11 12:00:00", setl_id=setl_id, codes=[CODE])
    assert replay([*records, back]).open_of(TRACE) == []


@pytest.mark.parametrize("flags", [("1", "0"), ("0", "1"), ("1", "1")])
def test_a_split_sale_on_either_side_is_exempt(replay: Replay, flags: tuple[str, str]) -> None:
    records = [
        sale("a", AT, trdn_flag=flags[0]),
        sale("b", "2026-03-17 12:00:00", trdn_flag=flags[1]),
    ]
    assert replay(records).findings == []


def test_one_finding_a_code_that_grows(replay: Replay) -> None:
    records = [sale("a", wire.later(AT, days=n)) for n in range(4)]
    outcome = replay(records)
    finding = outcome.one(TRACE)
    assert (finding["evidence_count"], finding["observed"], finding["amount"]) == (4, 4, "40.00")
    assert len({row["finding_id"] for row in outcome.revisions if row["rule_id"] == TRACE}) == 1


def test_a_code_is_remembered_for_two_years(replay: Replay) -> None:
    near, far = wire.later(AT, days=729), wire.later(AT, days=735)
    assert len(replay([sale("a", AT), sale("b", near)]).open_of(TRACE)) == 1
    steps = [wire.pharmacy_sale("x", at=wire.later(AT, hours=12 + 23 * n)) for n in range(768)]
    assert replay([sale("a", AT), *steps, sale("b", far)]).open_of(TRACE) == []


def test_a_reversed_sale_frees_its_codes(replay: Replay) -> None:
    first, second = twice(CODE)
    outcome = replay([first, second, wire.reversal(first, at="2026-03-18 12:00:00")])
    assert outcome.open_of(TRACE) == []
