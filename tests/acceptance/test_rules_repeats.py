"""Same events, repeats, retries, conflicts, reversals and the order of arrival."""

import pytest

from tests import wire
from tests.acceptance.city import busy_day, shuffled
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import flat, msgids, settled

MARK = "GZ10000201002000"
NIGHT_RULE = "LOC-OFF-HOURS"
T = "2026-03-10 10:00:00"
LATER = "2026-03-10 10:30:00"


def wrong(at: str = T, **terms: str) -> wire.Record:
    return wire.pharmacy_sale("zhao", at=at, lines=[wire.line(amount="12.00")], **terms)  # type: ignore[arg-type]


def test_a_repeat_gets_the_same_verdict_and_no_second_finding(replay: Replay) -> None:
    sale = wrong()
    outcome = replay([sale, sale, wire.pharmacy_sale("qian", at=LATER), sale])
    first, second, third = outcome.verdicts_of(sale)
    assert first == second == third
    assert len(outcome.revisions) == 1


@pytest.mark.parametrize("before", ["unknown", "failed"])
def test_a_retry_that_went_through_replaces_what_did_not(replay: Replay, before: str) -> None:
    sale = wrong()
    reply = None if before == "unknown" else sale["reply"] | {"infcode": -1, "output": {}}
    outcome = replay([sale | {"reply": reply}, sale])
    assert len(outcome.verdicts) == 1
    assert outcome.decision(sale) == ("reject", "12.00")
    assert len(outcome.open_of(MARK)) == 1


def test_an_unknown_outcome_does_not_undo_a_counted_one(replay: Replay) -> None:
    sale = wrong()
    assert len(replay([sale, sale | {"reply": None}]).open_of(MARK)) == 1


def test_one_setl_id_under_two_msgids_is_one_settlement(replay: Replay) -> None:
    tables = {"once_per_day": "item\nSVDAY00001\n"}
    lines = [wire.line("SVDAY00001", sn="A")]
    one = wire.pharmacy_sale("zhao", at=T, lines=lines, setl_id="S1", mdtrt_id="M1")
    two = wire.pharmacy_sale("zhao", at=T, lines=lines, setl_id="S1", mdtrt_id="M1")
    outcome = replay([two, one], reference=tables)
    assert outcome.open_findings == []
    assert [outcome.decision(each) for each in (one, two)] == [("pass", "0.00")] * 2
    assert len({each["verdict_id"] for each in outcome.verdicts}) == 2


def test_the_smallest_msgid_stands_for_both(replay: Replay) -> None:
    lines = [wire.line(amount="12.00", sn="A")]
    one, two = (wire.pharmacy_sale("zhao", at=T, lines=lines, setl_id="S1", mdtrt_id="M1") for _ in range(2))
    for order in ((one, two), (two, one)):
        outcome = replay(order)
        assert msgids(outcome.one(MARK)) == {one["request"]["msgid"]}
        assert {each["decision"] for each in outcome.verdicts} == {"reject"}


def test_one_setl_id_at_two_providers_is_two_settlements(replay: Replay) -> None:
    lines = [wire.line(amount="12.00")]
    sales = [
        wire.pharmacy_sale("zhao", at=T, lines=lines, setl_id="S1", provider=wire.pharmacy(n)) for n in (1, 2)
    ]
    assert len(replay(sales).open_of(MARK)) == 2


def test_of_one_identity_with_other_content_the_first_stays(replay: Replay) -> None:
    first = wire.pharmacy_sale("zhao", at=T, setl_id="S1")
    other = wrong(setl_id="S1", msgid=first["request"]["msgid"])
    assert replay([first, other]).open_of(MARK) == []
    assert len(replay([other, first]).open_of(MARK)) == 1


def test_a_reversal_withdraws_and_leaves_the_verdict(replay: Replay) -> None:
    sale = wrong()
    outcome = replay([sale, wire.reversal(sale, at=LATER)])
    assert outcome.open_findings == []
    assert [each["status"] for each in outcome.revisions] == ["open", "withdrawn"]
    assert len({each["finding_id"] for each in outcome.revisions}) == 1
    assert outcome.decision(sale) == ("reject", "12.00")
    assert len(outcome.verdicts) == 1


def undone_in_three_ways(sale: wire.Record, at: str) -> list[wire.Record]:
    return [
        wire.reversal(sale, at=at),
        wire.compensation(sale, at=at, person="zhao"),
        # by setl_id whatever its infno
        wire.record(
            "2208",
            provider=wire.PHARMACY,
            at=at,
            data={"data": {"setl_id": wire.setl_id_of(sale), "mdtrt_id": "", "psn_no": wire.psn_no("zhao")}},
        ),
    ]


@pytest.mark.parametrize("way", [0, 1, 2])
def test_a_reversal_counts_also_when_it_comes_first(replay: Replay, way: int) -> None:
    sale = wrong()
    undone = undone_in_three_ways(sale, wire.later(T, minutes=2))[way]
    assert replay([sale, undone]).open_findings == []
    outcome = replay([undone, sale])
    assert outcome.findings == []
    assert outcome.decision(sale) == ("pass", "0.00")
    assert outcome.verdict(sale)["results"] == []


@pytest.mark.parametrize("infno", ["2207", "2304"])
def test_other_settlements_are_reversed_too(replay: Replay, infno: str) -> None:
    lines = [wire.line(amount="12.00")]
    uploaded = wire.charges("zhao", at=T, mdtrt_id="M1", lines=lines)
    build = wire.outpatient_settlement if infno == "2207" else wire.stay_settlement
    settlement = build("zhao", at=T, mdtrt_id="M1")
    undone = wire.reversal(settlement, at=LATER)
    assert undone["request"]["infno"] in {"2208", "2305"}
    assert len(replay([uploaded, settlement]).open_of(MARK)) == 1
    assert replay([uploaded, settlement, undone]).open_findings == []
    assert replay([undone, uploaded, settlement]).open_findings == []


@pytest.mark.parametrize("first", [False, True])
def test_a_reversal_that_does_not_fit_is_ignored(replay: Replay, first: bool) -> None:
    sale = wrong()
    at = wire.later(T, minutes=2)
    elsewhere = wire.reversal(sale, at=at)
    elsewhere["request"]["fixmedins_code"] = wire.pharmacy(2)
    misfits = [
        wire.reversal(sale, at=at, person="qian"),
        wire.reversal(sale, at=at, setl_id="S-OTHER"),
        wire.compensation(sale, at=at, person="qian"),
        elsewhere,
        wire.reversal(sale, at=at, infcode=-1),
        wire.reversal(sale, at=at, answered=False),
    ]
    outcome = replay([*misfits, sale] if first else [sale, *misfits])
    assert len(outcome.open_of(MARK)) == 1


@pytest.mark.parametrize("way", [0, 1])
def test_a_compensated_reversal_did_not_happen(replay: Replay, way: int) -> None:
    sale = wrong()
    undone = undone_in_three_ways(sale, wire.later(T, minutes=1))[way]
    back = wire.compensation(undone, at=wire.later(T, minutes=2), person="zhao")
    assert len(replay([sale, undone, back]).open_of(MARK)) == 1
    assert len(replay([back, undone, sale]).open_of(MARK)) == 1


def test_a_repeated_reversal_is_one(replay: Replay) -> None:
    sale = wrong()
    undone = wire.reversal(sale, at=LATER)
    outcome = replay([sale, undone, undone])
    assert len(outcome.revisions) == 2


def test_what_comes_behind_the_watermark_is_late_but_counts(replay: Replay) -> None:
    others = [wire.pharmacy_sale("qian", at=T), wire.pharmacy_sale("sun", at="2026-03-10 10:06:00")]
    at_the_watermark, behind_it = wrong("2026-03-10 10:01:00"), wrong("2026-03-10 10:00:59")
    outcome = replay([*others, at_the_watermark, behind_it])
    assert [each["late"] for each in outcome.open_of(MARK)] == [True, False]
    assert [outcome.decision(each)[0] for each in (at_the_watermark, behind_it)] == ["reject", "reject"]


def test_the_busy_day_finds_every_kind(replay: Replay) -> None:
    records, tables = busy_day()
    found = {each["rule_id"] for each in replay(records, reference=tables).open_findings}
    assert len(found) >= 15


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_arrival_within_the_lateness_changes_nothing(replay: Replay, seed: int) -> None:
    records, tables = busy_day()
    straight = replay(records, reference=tables)
    mixed = replay(shuffled(records, seed), reference=tables)
    assert settled(mixed.open_findings) == settled(straight.open_findings)
    asked = {each["verdict_id"] for each in straight.verdicts}
    assert {each["verdict_id"] for each in mixed.verdicts} == asked
    assert not any(each["late"] for each in mixed.open_findings)


def test_sending_everything_twice_changes_nothing(replay: Replay) -> None:
    records, tables = busy_day()
    straight = replay(records, reference=tables)
    doubled = replay(flat(*[[each, each] for each in records]), reference=tables)
    assert settled(doubled.open_findings) == settled(straight.open_findings)
    again = replay([*records, *records], reference=tables)
    assert settled(again.open_findings) == settled(straight.open_findings)
    assert len(again.verdicts) == 2 * len(straight.verdicts)


def test_reversing_everything_leaves_nothing_that_rests_on_a_settlement(replay: Replay) -> None:
    records, tables = busy_day()
    known = [each for each in records if each["request"]["infno"] in {"2102", "2207", "2304"}]
    undone = [wire.compensation(each, at="2026-03-30 10:00:00", person="") for each in known]
    for each, of in zip(undone, known, strict=True):
        each["request"]["input"]["data"]["psn_no"] = of["reply"]["output"]["setlinfo"]["psn_no"]
    outcome = replay([*records, *undone], reference=tables)
    assert outcome.open_findings != []
    assert {each["rule_id"] for each in outcome.open_findings} <= {
        "GZ10000204001000",  # admission after discharge
        "LOC-STAY-OVERLAP",  # stay against stay
        "LOC-FACE-MISMATCH",  # a 3102
        "LOC-SETTLE-REFUND",  # what a 2103 reversed before
    }
