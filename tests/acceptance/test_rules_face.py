"""LOC-FACE-MISMATCH (W): a failed face check, then a settlement or 3102 of that person there within 24 h."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import flat, msgid, msgids, result_rules, rfc, sns

RULE = "LOC-FACE-MISMATCH"
FAILED_AT = "2026-03-10 09:00:00"
T = "2026-03-10 10:00:00"


def check(at: str = FAILED_AT, result: str = "0", *, biz: str = "14", mdtrt_id: str = "") -> wire.Record:
    return wire.face_check("zhao", at=at, result=result, biz=biz, mdtrt_id=mdtrt_id)


def special(at: str) -> wire.Record:
    return wire.face_registration("zhao", at=at)


def visit(at: str = T, *, mdtrt_id: str = "M1", person: str = "zhao", hospital: int = 1) -> list[wire.Record]:
    lines = [wire.line(), wire.line(pric="15.00")]
    return wire.outpatient_visit(
        person, at=at, lines=lines, mdtrt_id=mdtrt_id, provider=wire.hospital(hospital)
    )


def test_a_settlement_after_a_failed_check_is_rejected_whole(replay: Replay) -> None:
    failed, settled = check(), visit()
    outcome = replay([failed, *settled])
    finding = outcome.one(RULE)
    assert (finding["kind"], finding["severity"], finding["amount"]) == ("mismatch", 1, "25.00")
    assert msgids(finding) == {msgid(failed), msgid(settled[-1])}
    assert finding["occurred_at"] == rfc(T)
    assert len(sns(finding)) == 2
    assert (finding["provider"], finding["person"]) == (wire.HOSPITAL, outcome.verdicts[0]["person"])
    assert outcome.decision(settled[-1]) == ("reject", "25.00")
    assert result_rules(outcome.verdict(settled[-1])) == [RULE]


@pytest.mark.parametrize(
    "result, fires", [("0", True), ("2", True), ("1", False), ("3", False), ("4", False)]
)
def test_results_0_and_2_are_failures(replay: Replay, result: str, fires: bool) -> None:
    assert bool(replay([check(result=result), *visit()]).open_of(RULE)) is fires


@pytest.mark.parametrize("at, fires", [("2026-03-11 09:00:00", True), ("2026-03-11 09:00:01", False)])
def test_a_failure_is_held_against_the_person_for_a_day(replay: Replay, at: str, fires: bool) -> None:
    assert bool(replay([check(), *visit(at)]).open_of(RULE)) is fires


def test_a_failure_after_the_settlement_is_quiet(replay: Replay) -> None:
    assert replay([*visit(), check("2026-03-10 11:00:00")]).open_of(RULE) == []


@pytest.mark.parametrize("result", ["1", "3", "4"])
def test_a_later_pass_clears(replay: Replay, result: str) -> None:
    assert replay([check(), check("2026-03-10 09:30:00", result), *visit()]).open_of(RULE) == []


def test_an_earlier_pass_does_not_clear(replay: Replay) -> None:
    assert len(replay([check("2026-03-10 08:30:00", "1"), check(), *visit()]).open_of(RULE)) == 1


@pytest.mark.parametrize(
    "at, fires",
    [
        ("2026-03-10 09:30:00", False),
        ("2026-03-10 08:30:00", False),
        ("2026-03-09 10:00:00", False),
        ("2026-03-09 09:59:59", True),
        ("2026-03-10 10:30:00", True),
    ],
)
def test_a_special_registration_of_the_day_before_clears(replay: Replay, at: str, fires: bool) -> None:
    records = sorted([special(at), check(), *visit()], key=lambda each: str(each["request"]["inf_time"]))
    assert bool(replay(records).open_of(RULE)) is fires


def test_a_pass_that_arrives_late_withdraws_the_finding(replay: Replay) -> None:
    outcome = replay([check(), *visit(), check("2026-03-10 09:58:00", "1")])
    assert outcome.open_of(RULE) == []
    assert len(outcome.withdrawn_of(RULE)) == 1


@pytest.mark.parametrize(
    "checked, settled, fires", [("M1", "M1", True), ("M2", "M1", False), ("", "M1", True)]
)
def test_visits_must_agree_where_both_are_named(
    replay: Replay, checked: str, settled: str, fires: bool
) -> None:
    assert bool(replay([check(mdtrt_id=checked), *visit(mdtrt_id=settled)]).open_of(RULE)) is fires


@pytest.mark.parametrize("passed, fires", [("M2", True), ("M1", False), ("", False)])
def test_a_pass_of_another_visit_does_not_clear(replay: Replay, passed: str, fires: bool) -> None:
    records = [check(mdtrt_id="M1"), check("2026-03-10 09:30:00", "1", mdtrt_id=passed), *visit()]
    assert bool(replay(records).open_of(RULE)) is fires


@pytest.mark.parametrize("registered, fires", [("M2", True), ("M1", False), ("", False)])
@pytest.mark.parametrize("at", ["2026-03-10 08:30:00", "2026-03-10 09:30:00"])
def test_a_special_registration_of_another_visit_does_not_clear(
    replay: Replay, registered: str, fires: bool, at: str
) -> None:
    excuse = wire.face_registration("zhao", at=at, mdtrt_id=registered, provider=wire.PHARMACY)
    failed = wire.face_check("zhao", at=FAILED_AT, biz="15", mdtrt_id="M1", provider=wire.PHARMACY)
    sale = wire.pharmacy_sale("zhao", at=T)
    del sale["reply"]["output"]["setlinfo"]["mdtrt_id"]
    assert bool(replay([excuse, failed, sale]).open_of(RULE)) is fires


@pytest.mark.parametrize("biz, severity", [("12", 1), ("14", 1), ("15", 1), ("10", 2), ("11", 2), ("16", 2)])
def test_only_checks_that_people_notice_refuse(replay: Replay, biz: str, severity: int) -> None:
    settled = visit()
    outcome = replay([check(biz=biz), *settled])
    assert (outcome.one(RULE)["severity"], outcome.one(RULE)["amount"]) == (severity, "25.00")
    expected = ("reject", "25.00") if severity == 1 else ("remind", "0.00")
    assert outcome.decision(settled[-1]) == expected


@pytest.mark.parametrize("order", [("14", "11"), ("11", "14")])
def test_of_several_failures_the_noticed_one_counts(replay: Replay, order: tuple[str, str]) -> None:
    records = [check(biz=order[0]), check("2026-03-10 09:30:00", biz=order[1]), *visit()]
    assert replay(records).one(RULE)["severity"] == 1


def test_the_settlement_of_a_stay_is_only_reminded(replay: Replay) -> None:
    settled = wire.stay_settlement("zhao", at=T, mdtrt_id="M1", amount="500.00")
    outcome = replay([check(biz="12"), settled])
    assert (outcome.one(RULE)["severity"], outcome.one(RULE)["amount"]) == (2, "500.00")
    assert outcome.decision(settled) == ("remind", "0.00")


def test_another_person_or_provider_is_quiet(replay: Replay) -> None:
    outcome = replay(flat(check(), visit(person="qian", mdtrt_id="M3"), visit(hospital=2, mdtrt_id="M4")))
    assert outcome.open_of(RULE) == []


def test_a_purchase_after_a_failed_check_is_rejected(replay: Replay) -> None:
    failed = wire.face_check("zhao", at=FAILED_AT, biz="15", provider=wire.PHARMACY)
    sale = wire.pharmacy_sale("zhao", at=T)
    assert replay([failed, sale]).decision(sale) == ("reject", "10.00")


def test_each_settlement_has_its_own_finding(replay: Replay) -> None:
    records = flat(check(), visit(), visit("2026-03-10 15:00:00", mdtrt_id="M2"))
    assert len(replay(records).open_of(RULE)) == 2


def test_a_check_of_orders_is_rejected_and_leaves_a_finding(replay: Replay) -> None:
    failed = check()
    orders = wire.orders_checked("zhao", at=T, orders=[wire.order(), wire.order()])
    outcome = replay([failed, orders])
    assert outcome.decision(orders) == ("reject", "20.00")
    finding = outcome.one(RULE)
    assert (finding["kind"], finding["severity"], finding["amount"]) == ("mismatch", 1, "20.00")
    assert msgids(finding) == {msgid(failed), msgid(orders)}
    assert [each["setl_id"] for each in finding["evidence"]] == [None, None]


def test_a_preview_of_orders_is_not_asked_for_faces(replay: Replay) -> None:
    preview = wire.orders_checked("zhao", at=T, orders=[wire.order()], infno="3101")
    outcome = replay([check(), preview])
    assert outcome.decision(preview) == ("pass", "0.00")
    assert outcome.findings == []


def test_a_failed_or_compensated_call_is_no_check(replay: Replay) -> None:
    unanswered = wire.face_check("zhao", at=FAILED_AT, infcode=-1)
    assert replay([unanswered, *visit()]).open_of(RULE) == []
    failed = check()
    undone = wire.compensation(failed, at="2026-03-10 11:00:00", person="zhao")
    outcome = replay([failed, *visit(), undone])
    assert outcome.open_of(RULE) == []
    assert len(outcome.withdrawn_of(RULE)) == 1


@pytest.mark.parametrize("place", ["outer", "inner"])
def test_the_result_may_stand_in_either_place(replay: Replay, place: str) -> None:
    failed = check()
    output = failed["reply"]["output"]
    if place == "outer":
        del output["recogInfo"]
    else:
        del output["recog_rslt"], output["recog_rslt_dscr"]
    assert len(replay([failed, *visit()]).open_of(RULE)) == 1


def test_the_reversal_withdraws_the_finding(replay: Replay) -> None:
    settled = visit()
    outcome = replay([check(), *settled, wire.reversal(settled[-1], at="2026-03-10 11:00:00")])
    assert outcome.open_of(RULE) == []


def test_the_region_may_change_how_long_it_is_held(replay: Replay) -> None:
    region = "[[change]]\nfrom = 2026-01-01\nrules.LOC-FACE-MISMATCH = { within_s = 3600 }\n"
    assert len(replay([check(), *visit()], region=region).open_of(RULE)) == 1
    assert replay([check(), *visit("2026-03-10 10:00:01")], region=region).open_of(RULE) == []


@pytest.mark.parametrize("days", [6, 8, 300])
@pytest.mark.parametrize("by", ["2601", "pass"])
def test_the_finding_of_a_3102_is_withdrawn_however_long_after(replay: Replay, by: str, days: int) -> None:
    """Answers are remembered for seven days, findings as long as the person."""
    failed = check()
    asked = wire.orders_checked("zhao", at=T, orders=[wire.order()], mdtrt_id="M1")
    later = wire.later(T, days=days)
    meanwhile = visit(wire.later(later, hours=-1), mdtrt_id="M2")
    last = (
        wire.compensation(failed, at=later, person="zhao")
        if by == "2601"
        else check("2026-03-10 09:30:00", "1")
    )
    said = replay([failed, asked]).one(RULE)
    outcome = replay(flat(failed, asked, meanwhile, last))
    assert outcome.open_of(RULE) == []
    (withdrawn,) = [each for each in outcome.findings if each["status"] == "withdrawn"]
    assert withdrawn["finding_id"] == said["finding_id"]


def test_a_3102_whose_answer_is_forgotten_is_audited_anew(replay: Replay) -> None:
    asked = wire.orders_checked("zhao", at=T, orders=[wire.order()], mdtrt_id="M1")
    meanwhile = visit(wire.later(T, days=8), mdtrt_id="M2")
    outcome = replay(flat(check(), asked, meanwhile, asked))
    assert [each["decision"] for each in outcome.verdicts if each["infno"] == "3102"] == ["reject"] * 2
    assert len(outcome.open_of(RULE)) == 1


def test_a_3102_with_other_content_after_its_answer_is_forgotten_is_a_conflict(replay: Replay) -> None:
    """The first stays: what was found at it is not said of the other content, nor back and forth."""
    asked, other = (
        wire.orders_checked("zhao", at=T, orders=[wire.order(amount=amount)], mdtrt_id="M1", msgid="H-3102-1")
        for amount in ("10.00", "99.00")
    )
    meanwhile = visit(wire.later(T, days=8), mdtrt_id="M2")
    outcome = replay(flat(check(), asked, meanwhile, other))
    finding = outcome.one(RULE)
    assert (finding["revision"], finding["amount"]) == (1, "10.00")
