"""GZ10000102012000: an item charged more than once on one day for one person at one provider."""

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import Outcome, flat, msgid, msgids, rfc, sns

RULE = "GZ10000102012000"
ITEM = "SVDAY00001"
TABLES = {"once_per_day": f"item\n{ITEM}\n"}
T = "2026-03-10 09:00:00"
NOON = "2026-03-10 12:00:00"


def once(cnt: str = "1", *, at: str = "", sn: str = "") -> wire.Record:
    return wire.line(ITEM, cnt=cnt, at=at, sn=sn)


def visits(replay: Replay, *parts: list[wire.Record]) -> Outcome:
    return replay(flat(*parts), reference=TABLES)


def test_the_second_charge_of_a_day_breaches_and_the_first_is_involved(replay: Replay) -> None:
    first, second = once(), once()
    one = wire.outpatient_visit("zhao", at=T, lines=[first])
    two = wire.outpatient_visit("zhao", at=NOON, lines=[second, wire.line("SV2", pric="5.00")])
    outcome = visits(replay, one, two)
    finding = outcome.one(RULE)
    assert (finding["kind"], finding["severity"], finding["amount"]) == ("rejection", 1, "10.00")
    assert sns(finding) == [second["feedetl_sn"]]
    assert sns(finding, "involved") == [first["feedetl_sn"]]
    assert msgids(finding) == {msgid(one[-1]), msgid(two[-1])}
    assert finding["evidence_count"] == 2
    assert finding["occurred_at"] == rfc(NOON)
    assert outcome.decision(one[-1]) == ("pass", "0.00")
    assert outcome.decision(two[-1]) == ("reject", "10.00")


def test_a_first_line_of_count_two_breaches_whole(replay: Replay) -> None:
    visit = wire.outpatient_visit("zhao", at=T, lines=[once("2")])
    outcome = visits(replay, visit)
    assert outcome.one(RULE)["amount"] == "20.00"
    assert outcome.decision(visit[-1]) == ("reject", "20.00")


@pytest.mark.parametrize(
    "counts, refused",
    [
        (("0.5", "0.5"), "0.00"),
        (("0.5", "0.5001"), "5.00"),
        (("0.5", "0.5", "0.5"), "5.00"),
        (("1", "0.1"), "1.00"),
        (("1.0000",), "0.00"),
        (("1.5",), "15.00"),
    ],
)
def test_the_line_that_brings_the_sum_above_one_breaches_whole(
    replay: Replay, counts: tuple[str, ...], refused: str
) -> None:
    visit = wire.outpatient_visit("zhao", at=T, lines=[once(cnt) for cnt in counts])
    outcome = visits(replay, visit)
    assert outcome.verdict(visit[-1])["amount_refused"] == refused
    assert bool(outcome.open_of(RULE)) is (refused != "0.00")


def test_two_days_two_providers_two_persons_and_two_items_are_quiet(replay: Replay) -> None:
    outcome = visits(
        replay,
        wire.outpatient_visit("zhao", at="2026-03-10 23:59:59", lines=[once()]),
        wire.outpatient_visit("zhao", at="2026-03-11 00:00:00", lines=[once()]),
        wire.outpatient_visit("qian", at="2026-03-11 08:00:00", lines=[once()]),
        wire.outpatient_visit("qian", at="2026-03-11 09:00:00", lines=[once()], provider=wire.hospital(2)),
        wire.outpatient_visit("sun", at="2026-03-11 09:00:00", lines=[wire.line("SV1"), wire.line("SV1")]),
    )
    assert outcome.open_of(RULE) == []


def test_the_day_is_that_of_the_fee(replay: Replay) -> None:
    same_day = [once(at="2026-03-09 10:00:00"), once(at="2026-03-10 08:00:00")]
    outcome = visits(
        replay,
        wire.outpatient_visit("zhao", at=T, lines=same_day),
        wire.outpatient_visit("qian", at="2026-03-09 12:00:00", lines=[once(at="2026-03-09 08:00:00")]),
        wire.outpatient_visit("qian", at=T, lines=[once(at="2026-03-09 10:00:00")]),
    )
    assert outcome.one(RULE)["person"] == outcome.verdicts[-1]["person"]


def test_in_one_settlement_lines_go_by_fee_time_then_number(replay: Replay) -> None:
    outcome = visits(
        replay,
        wire.outpatient_visit(
            "zhao", at=NOON, lines=[once(at="2026-03-10 11:00:00", sn="A1"), once(at=T, sn="B1")]
        ),
        wire.outpatient_visit("qian", at=NOON, lines=[once(sn="A9"), once(sn="A10")]),
    )
    assert sorted(sns(each) for each in outcome.open_of(RULE)) == [["A1"], ["A9"]]


def test_settlements_of_one_second_go_by_msgid(replay: Replay) -> None:
    one = wire.outpatient_visit(
        "zhao", at=T, lines=[once(sn="Z")], msgid=f"{wire.HOSPITAL}202603100900000001"
    )
    two = wire.outpatient_visit(
        "zhao", at=T, lines=[once(sn="A")], msgid=f"{wire.HOSPITAL}202603100900000002"
    )
    outcome = visits(replay, two, one)
    assert sns(outcome.one(RULE)) == ["A"]


def test_an_earlier_settlement_that_comes_late_is_involved_not_breaching(replay: Replay) -> None:
    one = wire.outpatient_visit("zhao", at="2026-03-10 11:58:00", lines=[once(sn="EARLY")])
    two = wire.outpatient_visit("zhao", at=NOON, lines=[once(sn="LATER")])
    outcome = visits(replay, two, one)
    assert sns(outcome.one(RULE)) == ["LATER"]
    assert sns(outcome.one(RULE), "involved") == ["EARLY"]
    assert outcome.decision(two[-1]) == ("pass", "0.00")
    assert outcome.decision(one[-1]) == ("pass", "0.00")


def test_each_later_settlement_has_its_own_finding(replay: Replay) -> None:
    third = "2026-03-10 15:00:00"
    parts = [wire.outpatient_visit("zhao", at=at, lines=[once()]) for at in (T, NOON, third)]
    outcome = visits(replay, *parts)
    assert [each["amount"] for each in outcome.open_of(RULE)] == ["10.00", "10.00"]
    assert [each["occurred_at"] for each in outcome.open_of(RULE)] == [rfc(NOON), rfc(third)]


def test_the_reversal_of_the_first_frees_the_day(replay: Replay) -> None:
    one = wire.outpatient_visit("zhao", at=T, lines=[once()])
    two = wire.outpatient_visit("zhao", at=NOON, lines=[once()])
    undone = wire.reversal(one[-1], at="2026-03-10 13:00:00")
    outcome = visits(replay, one, two, [undone])
    assert outcome.open_of(RULE) == []
    assert len(outcome.withdrawn_of(RULE)) == 1


def stay(*lines: wire.Record, admitted: str = "2026-03-10 16:00:00", known: bool = True) -> list[wire.Record]:
    """A stay from the 10th, settled on the 14th."""
    return flat(
        [wire.admission("zhao", at=admitted, mdtrt_id="M1")] if known else [],
        wire.stay_charges("zhao", at="2026-03-14 09:00:00", mdtrt_id="M1", lines=lines),
        wire.stay_settlement("zhao", at="2026-03-14 10:00:00", mdtrt_id="M1", amount="100.00"),
    )


@pytest.mark.parametrize("cnt, refused", [("3", "0.00"), ("3.1", "31.00"), ("4", "40.00")])
def test_a_stay_may_be_charged_once_for_each_of_its_days_so_far(
    replay: Replay, cnt: str, refused: str
) -> None:
    records = stay(once(cnt, at="2026-03-12 09:00:00"))
    outcome = visits(replay, records)
    assert outcome.verdict(records[-1])["amount_refused"] == refused


def test_days_of_a_stay_left_uncharged_may_be_charged_later(replay: Replay) -> None:
    quiet = stay(once(at="2026-03-10 18:00:00"), once("2", at="2026-03-12 09:00:00"))
    assert visits(replay, quiet).open_of(RULE) == []


def test_a_stay_charged_beyond_its_days_so_far_breaches(replay: Replay) -> None:
    twice = once(at="2026-03-11 09:00:00")
    records = stay(once(at="2026-03-10 18:00:00"), once(at="2026-03-11 08:00:00"), twice)
    assert sns(visits(replay, records).one(RULE)) == [twice["feedetl_sn"]]


def test_a_stay_charged_too_much_early_is_not_blamed_on_its_later_days(replay: Replay) -> None:
    early = once("2", at="2026-03-10 18:00:00")
    records = stay(early, once(at="2026-03-11 08:00:00"))
    assert sns(visits(replay, records).one(RULE)) == [early["feedetl_sn"]]


def test_a_stay_of_unknown_admission_follows_the_plain_rule(replay: Replay) -> None:
    records = stay(once("3", at="2026-03-12 09:00:00"), known=False)
    outcome = visits(replay, records)
    assert outcome.one(RULE)["amount"] == "30.00"
    assert outcome.decision(records[-1]) == ("reject", "30.00")


def test_an_order_for_what_was_charged_today_is_rejected(replay: Replay) -> None:
    visit = wire.outpatient_visit("zhao", at=T, lines=[once()])
    check = wire.orders_checked("zhao", at=NOON, orders=[wire.order(ITEM)])
    tomorrow = wire.orders_checked("zhao", at=NOON, orders=[wire.order(ITEM, at="2026-03-11 08:00:00")])
    outcome = visits(replay, visit, [check, tomorrow])
    assert outcome.decision(check) == ("reject", "10.00")
    assert outcome.decision(tomorrow) == ("pass", "0.00")


def test_two_orders_of_one_day_breach_once(replay: Replay) -> None:
    check = wire.orders_checked("zhao", at=T, orders=[wire.order(ITEM), wire.order(ITEM)])
    again = wire.orders_checked("zhao", at=NOON, orders=[wire.order(ITEM)])
    outcome = visits(replay, [check, again])
    assert outcome.decision(check) == ("reject", "10.00")
    assert outcome.decision(again) == ("pass", "0.00")
