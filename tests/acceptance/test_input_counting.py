"""What counts, what moves nothing, and what a repeat, a retry and a conflict are."""

import copy
from collections.abc import Callable

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import Outcome, settled

ARITHMETIC = "GZ10000201002000"
REPEAT = "LOC-CARD-REPEAT"
COVER = "LOC-COVER-INACTIVE"
FACE = "LOC-FACE-MISMATCH"
AT = "2026-03-10 12:00:00"


def minute(n: int) -> str:
    """So many minutes after noon."""
    return wire.later(AT, minutes=n)


def thrice(*, third: wire.Record) -> list[wire.Record]:
    """Two sales to one person and a third record: three sales in ten minutes are a finding."""
    return [*(wire.pharmacy_sale("a", at=minute(n)) for n in (0, 1)), third]


@pytest.mark.parametrize("infcode", [0, "0"])
def test_a_settlement_with_infcode_0_and_a_setl_id_counts(replay: Replay, infcode: int | str) -> None:
    sale = wire.pharmacy_sale("a", at=minute(2), infcode=infcode)
    outcome = replay(thrice(third=sale))
    assert outcome.one(REPEAT)["evidence_count"] == 3
    assert len(outcome.verdicts) == 3


def without_setl_id() -> wire.Record:
    """A sale whose reply says nothing of a setl_id."""
    sale = wire.pharmacy_sale("a", at=minute(2))
    del sale["reply"]["output"]["setlinfo"]["setl_id"]
    return sale


UNCOUNTED = {
    "a pre-settlement": lambda: wire.pharmacy_presale("a", at=minute(2)),
    "a failure": lambda: wire.pharmacy_sale("a", at=minute(2), infcode=-1),
    "a failure as text": lambda: wire.pharmacy_sale("a", at=minute(2), infcode="-1"),
    "another code": lambda: wire.pharmacy_sale("a", at=minute(2), infcode=1),
    "no reply": lambda: wire.pharmacy_sale("a", at=minute(2), answered=False),
    "no setl_id": without_setl_id,
}


@pytest.mark.parametrize("third", UNCOUNTED.values(), ids=UNCOUNTED)
def test_what_does_not_count_moves_nothing_and_has_no_verdict(
    replay: Replay, third: Callable[[], wire.Record]
) -> None:
    outcome = replay(thrice(third=third()))
    assert outcome.findings == []
    assert len(outcome.verdicts) == 2
    assert outcome.dead_letters == []


@pytest.mark.parametrize("infno", ["2206", "2303"])
def test_a_pre_settlement_of_a_hospital_moves_nothing(replay: Replay, infno: str) -> None:
    lines = [wire.line(amount="12.00")]
    build = wire.outpatient_presettlement if infno == "2206" else wire.stay_presettlement
    upload = wire.charges if infno == "2206" else wire.stay_charges
    records = [upload("a", at=minute(0), mdtrt_id="M1", lines=lines), build("a", at=minute(1), mdtrt_id="M1")]
    outcome = replay(records)
    assert (outcome.verdicts, outcome.findings, outcome.dead_letters) == ([], [], [])


@pytest.mark.parametrize("failed", [{"infcode": -1}, {"answered": False}], ids=["failed", "unanswered"])
def test_any_call_that_failed_did_not_happen(replay: Replay, failed: dict[str, object]) -> None:
    records = [
        wire.face_check("a", at=minute(0), **failed),  # type: ignore[arg-type]
        wire.insured_record("a", at=minute(1), status="2", **failed),  # type: ignore[arg-type]
        wire.charges("a", at=minute(2), mdtrt_id="M1", lines=[wire.line(amount="12.00")], **failed),  # type: ignore[arg-type]
        wire.outpatient_settlement("a", at=minute(3), mdtrt_id="M1"),
    ]
    outcome = replay(records)
    assert outcome.findings == []
    assert outcome.verdict(records[3])["decision"] == "pass"


@pytest.mark.parametrize("failed", [{"infcode": -1}, {"answered": False}], ids=["failed", "unanswered"])
def test_a_reversal_that_failed_undoes_nothing(replay: Replay, failed: dict[str, object]) -> None:
    sale = wire.pharmacy_sale("a", at=minute(0), lines=[wire.line(amount="12.00")])
    records = [sale, wire.reversal(sale, at=minute(60), **failed)]  # type: ignore[arg-type]
    assert len(replay(records).open_of(ARITHMETIC)) == 1


def test_a_repeat_changes_nothing_and_prints_the_same_verdict_again(replay: Replay) -> None:
    sale = wire.pharmacy_sale("a", at=AT, lines=[wire.line(amount="12.00")])
    other = wire.pharmacy_sale("b", at=minute(1))
    outcome = replay([sale, other, copy.deepcopy(sale), sale])
    first, second, third = outcome.verdicts_of(sale)
    assert first == second == third
    assert len(outcome.revisions) == 1
    assert len(outcome.verdicts) == 4


def test_repeats_do_not_add_up(replay: Replay) -> None:
    sale = wire.pharmacy_sale("a", at=AT)
    assert replay([sale] * 5).findings == []


def test_a_repeat_in_another_dress_is_a_repeat(replay: Replay) -> None:
    sale = wire.pharmacy_sale("a", at=AT, lines=[wire.line(amount="12.00")])
    again = copy.deepcopy(sale)
    again["request"] |= {"opter_name": "另一人", "sign_no": "S2"}
    again["reply"] |= {"respond_time": "20260310120009999", "infcode": "0"}
    outcome = replay([sale, again])
    assert outcome.verdicts[0] == outcome.verdicts[1]


def test_one_msgid_of_two_calls_or_two_providers_is_two_events(replay: Replay) -> None:
    first = wire.pharmacy_sale("a", at=minute(0), msgid="M" * 30)
    other = wire.pharmacy_sale("a", at=minute(0), msgid="M" * 30, provider=wire.pharmacy(2))
    check = wire.face_check("a", at=minute(0), msgid="M" * 30, provider=wire.PHARMACY)
    outcome = replay([first, other, check])
    assert len({verdict["verdict_id"] for verdict in outcome.verdicts}) == 2


@pytest.mark.parametrize("before", [{"infcode": -1}, {"answered": False}], ids=["failed", "unknown"])
def test_a_counted_outcome_replaces_an_unknown_or_failed_one(
    replay: Replay, before: dict[str, object]
) -> None:
    lines = [wire.line(amount="12.00")]
    terms = {"msgid": "R" * 30, "mdtrt_id": "M1", "setl_id": "S1"}
    first = wire.pharmacy_sale("a", at=AT, lines=lines, **terms, **before)  # type: ignore[arg-type]
    retry = wire.pharmacy_sale("a", at=AT, lines=lines, **terms)  # type: ignore[arg-type]
    outcome = replay([first, retry])
    assert [verdict["decision"] for verdict in outcome.verdicts_of(retry)] == ["reject"]
    assert len(outcome.open_of(ARITHMETIC)) == 1
    assert outcome.dead_letters == []


@pytest.mark.parametrize("after", [{"infcode": -1}, {"answered": False}], ids=["failed", "unknown"])
def test_an_outcome_that_counts_is_not_replaced(replay: Replay, after: dict[str, object]) -> None:
    lines = [wire.line(amount="12.00")]
    terms = {"msgid": "R" * 30, "mdtrt_id": "M1", "setl_id": "S1"}
    first = wire.pharmacy_sale("a", at=AT, lines=lines, **terms)  # type: ignore[arg-type]
    again = wire.pharmacy_sale("a", at=AT, lines=lines, **terms, **after)  # type: ignore[arg-type]
    outcome = replay([first, again])
    assert len(outcome.open_of(ARITHMETIC)) == 1
    assert len({verdict["verdict_id"] for verdict in outcome.verdicts}) == 1


def test_a_retry_of_a_charge_upload_counts_once(replay: Replay) -> None:
    line = wire.line(amount="12.00")
    terms = {"msgid": "U" * 30}
    records = [
        wire.charges("a", at=minute(0), mdtrt_id="M1", lines=[line], answered=False, **terms),
        wire.charges("a", at=minute(0), mdtrt_id="M1", lines=[line], **terms),  # type: ignore[arg-type]
        wire.outpatient_settlement("a", at=minute(1), mdtrt_id="M1", amount="12.00"),
    ]
    outcome = replay(records)
    assert outcome.decision(records[2]) == ("reject", "12.00")
    assert len(outcome.one(ARITHMETIC)["lines"]) == 1


def test_of_the_same_identity_with_other_content_the_first_stays(replay: Replay) -> None:
    good = wire.pharmacy_sale("a", at=AT, msgid="C" * 30, setl_id="S1")
    other = wire.pharmacy_sale("a", at=AT, msgid="C" * 30, setl_id="S1", lines=[wire.line(amount="12.00")])
    assert replay([good, other]).open_findings == []
    assert len(replay([other, good]).open_of(ARITHMETIC)) == 1


@pytest.mark.parametrize("msgids", ["AA", "AB", "BA"], ids=["one msgid", "a later one", "an earlier one"])
def test_a_sale_that_is_claimed_for_two_persons_is_the_first_ones(replay: Replay, msgids: str) -> None:
    first, other = (
        wire.pharmacy_sale(who, at=AT, msgid=letter * 30, setl_id="S1", mdtrt_id="M1")
        for who, letter in zip("ab", msgids, strict=True)
    )
    more = [wire.pharmacy_sale("b", at=minute(n)) for n in (1, 2)]
    outcome = replay([first, other, *more])
    assert "conflict: 1" in outcome.stderr
    assert "duplicate" not in outcome.stderr
    assert {verdict["person"] for verdict in outcome.verdicts[:2]} == {outcome.verdict(first)["person"]}
    assert len(outcome.verdicts) == 4
    assert outcome.findings == []


def test_a_settlement_that_was_undone_may_be_told_of_another_person(replay: Replay) -> None:
    first, other = (wire.pharmacy_sale(who, at=minute(n), setl_id="S1") for n, who in enumerate("ab"))
    undone = wire.compensation(first, at=minute(0), person="a")
    outcome = replay([first, undone, other, *(wire.pharmacy_sale("b", at=minute(n)) for n in (2, 3))])
    assert "conflict" not in outcome.stderr
    assert outcome.one(REPEAT)["evidence_count"] == 3


def test_a_reversal_takes_back_what_was_told_first_only(replay: Replay) -> None:
    wrong = [wire.line(sn="D1", amount="12.00")]
    first, other = (
        wire.pharmacy_sale(who, at=minute(n), setl_id="S1", mdtrt_id="M1", lines=wrong)
        for n, who in enumerate("ab")
    )
    of_other, of_first = (wire.reversal(sale, at=minute(5)) for sale in (other, first))
    outcome = replay([first, other, of_other])
    assert outcome.one(ARITHMETIC)["person"] == outcome.verdict(first)["person"]
    assert "misfit ignored: 1" in outcome.stderr
    assert replay([first, other, of_first]).open_findings == []


def test_one_setl_id_under_two_msgids_is_one_settlement_with_two_verdicts(replay: Replay) -> None:
    terms = {"setl_id": "S1", "mdtrt_id": "M1"}
    line = wire.line(sn="D1", amount="12.00")
    one = wire.pharmacy_sale("a", at=AT, lines=[line], msgid="A" * 30, **terms)  # type: ignore[arg-type]
    two = wire.pharmacy_sale("a", at=AT, lines=[line], msgid="B" * 30, **terms)  # type: ignore[arg-type]
    third = wire.pharmacy_sale("a", at=minute(1))

    def check(outcome: Outcome) -> None:
        assert len(outcome.verdicts_of(one)) == len(outcome.verdicts_of(two)) == 1
        assert outcome.open_of(REPEAT) == []
        finding = outcome.one(ARITHMETIC)
        assert finding["evidence_count"] == 1
        assert finding["evidence"][0]["msgid"] == "A" * 30
        assert finding["amount"] == "12.00"

    forth, back = replay([one, two, third]), replay([two, one, third])
    check(forth)
    check(back)
    assert settled(forth.open_findings) == settled(back.open_findings)


def test_the_earlier_of_two_messages_of_one_setl_id_stands_for_both(replay: Replay) -> None:
    terms = {"setl_id": "S1", "mdtrt_id": "M1"}
    line = wire.line(sn="D1", amount="12.00", at=AT)
    early = wire.pharmacy_sale("a", at=minute(0), lines=[line], msgid="Z" * 30, **terms)  # type: ignore[arg-type]
    late = wire.pharmacy_sale("a", at=minute(2), lines=[line], msgid="A" * 30, **terms)  # type: ignore[arg-type]
    finding = replay([late, early]).one(ARITHMETIC)
    assert [each["msgid"] for each in finding["evidence"]] == ["Z" * 30]


def test_the_same_setl_id_at_two_providers_is_two_settlements(replay: Replay) -> None:
    sales = [
        wire.pharmacy_sale("a", at=minute(n), setl_id="S1", provider=wire.pharmacy(n + 1)) for n in (0, 1)
    ]
    assert len(replay(sales).open_of("LOC-CARD-HOPPING")) == 1


@pytest.mark.parametrize("infno", ["9001", "9002", "1301", "1102", "3401", "ZZZZ", "21020", "31"])
def test_an_unknown_or_unused_infno_is_ignored(replay: Replay, infno: str) -> None:
    record = wire.record(infno, provider=wire.PHARMACY, at=AT, data={"signIn": {"opter_no": "1"}})
    outcome = replay([record, wire.pharmacy_sale("a", at=AT)])
    assert outcome.dead_letters == []
    assert len(outcome.verdicts) == 1


def test_a_feedback_prints_nothing(replay: Replay) -> None:
    outcome = replay([wire.feedback("JR1", at=AT), wire.feedback("JR2", at=AT, dspo_way="2", reason="")])
    assert outcome.text == ""


def test_a_feedback_does_not_lift_a_refusal(replay: Replay) -> None:
    sale = wire.pharmacy_sale("a", at=AT, lines=[wire.line(amount="12.00")])
    jr_id = replay([sale]).verdict(sale)["results"][0]["jr_id"]
    outcome = replay([sale, wire.feedback(jr_id, at=minute(1), provider=wire.PHARMACY), sale])
    assert {verdict["decision"] for verdict in outcome.verdicts} == {"reject"}
    assert len(outcome.open_of(ARITHMETIC)) == 1
