"""Each sample of a call becomes the fact that it is."""

import json

import pytest

from monitor import events
from monitor.events import Article, Diagnosis, Insurance, Line, TraceMark, Withdrawal
from monitor.interface.intake import DECODERS, PRE_SETTLEMENTS
from tests.monitor.interface.records import INTAKE, NAMES, TOKENS, accepted, as_bytes, ignored, only, sample

FACTS: dict[str, type[events.Fact]] = {
    "1101": events.RegisterRead,
    "2102": events.Settled,
    "2103": events.Reversed,
    "2201": events.VisitOpened,
    "2202": events.VisitCancelled,
    "2203": events.Diagnosed,
    "2204": events.Charged,
    "2205": events.ChargesWithdrawn,
    "2207": events.Settled,
    "2208": events.Reversed,
    "2301": events.Charged,
    "2302": events.ChargesWithdrawn,
    "2304": events.Settled,
    "2305": events.Reversed,
    "2401": events.Admitted,
    "2402": events.Discharged,
    "2404": events.AdmissionWithdrawn,
    "2405": events.DischargeWithdrawn,
    "2601": events.Undone,
    "3101": events.OrdersChecked,
    "3102": events.OrdersChecked,
    "3103": events.WarningAnswered,
    "3505A": events.GoodsSold,
    "3506A": events.GoodsReturned,
    "9601": events.FaceChecked,
    "9602": events.FaceExcused,
}
# 2026-03-10 00:00:00 in seconds of China civil time.
MIDNIGHT = 20_522 * 86_400


def test_every_call_that_we_use_has_a_sample_and_a_decoder() -> None:
    assert set(DECODERS) == set(FACTS)
    assert set(NAMES) == set(FACTS) | PRE_SETTLEMENTS


@pytest.mark.parametrize("name", FACTS)
def test_a_sample_becomes_one_fact_of_its_kind(name: str) -> None:
    outcome = accepted(name)
    (event,) = outcome.events
    request = sample(name)["request"]
    assert type(event) is FACTS[name]
    assert event.call == (request["fixmedins_code"], name, request["msgid"])
    assert outcome.call_time == event.at
    assert event.late is False


@pytest.mark.parametrize("name", NAMES)
def test_white_space_between_members_changes_nothing(name: str) -> None:
    record = sample(name)
    compact = INTAKE.decode(as_bytes(record))
    for indent in (None, 1):
        assert INTAKE.decode(json.dumps(record, indent=indent).encode()) == compact


@pytest.mark.parametrize("name", sorted(PRE_SETTLEMENTS))
def test_a_pre_settlement_moves_nothing(name: str) -> None:
    assert ignored(name) == "pre_settlement"


def test_a_pharmacy_sale_is_read_whole() -> None:
    assert only("2102") == events.Settled(
        provider="P43010000091",
        infno="2102",
        msgid="P43010000091202603100901000026",
        person=TOKENS.person("43010000007317142938"),
        at=MIDNIGHT + 9 * 3600 + 60,
        settlement_id="S26031000000027",
        visit="M26031000000024",
        med_type="41",
        insutype="310",
        terminal="1",
        fee=1000,
        fund=700,
        gender="1",
        birth_day=3792,
        begin=MIDNIGHT + 9 * 3600 + 60,
        lines=(
            Line(
                number="D260310090100000025",
                item="XZSAMPLE000000000001",
                at=MIDNIGHT + 9 * 3600 + 60,
                count=10_000,
                price=10_000_000,
                amount=1000,
                supply_days=7,
            ),
        ),
        traces=(TraceMark("81000000000000000001"),),
    )


def test_an_outpatient_settlement_takes_a_batch_and_carries_no_lines() -> None:
    settled = only("2207")
    assert (settled.batch, settled.lines, settled.visit) == ("B0001", None, "M26031000000003")
    assert (settled.fee, settled.fund, settled.med_type) == (17_100, 11_970, "11")
    assert settled.begin is None


def test_uploaded_lines_name_their_visit_and_batch() -> None:
    first, second = only("2204").lines
    assert (first.visit, first.batch, first.amount, first.price) == (
        "M26031000000003",
        "B0001",
        5100,
        25_500_000,
    )
    assert (second.item, second.supply_days) == ("SVSAMPLE000000000002", 0)


def test_withdrawals_name_a_batch_or_all_of_the_visit() -> None:
    assert only("2205").withdrawals == (Withdrawal("M26031000000003", batch="B0002"),)
    assert only("2302").withdrawals == (Withdrawal("M26031000000001"),)


def test_a_reversal_and_a_compensation_name_what_they_undo() -> None:
    assert only("2103").settlement_id == "S26031000000027"
    undone = only("2601")
    assert (undone.of_msgid, undone.of_infno) == ("H43010000092202603100821000017", "2207")


def test_visits_and_stays_carry_their_times_and_diagnoses() -> None:
    assert only("2201").visit == "M26031000000003"
    assert only("2203").diagnoses == (Diagnosis("J00.x00"), Diagnosis("I10.x00"))
    admitted = only("2401")
    assert (admitted.visit, admitted.begin) == ("M26031000000032", MIDNIGHT + 36_000)
    assert admitted.diagnoses == (Diagnosis("K35.900", main=True),)
    discharged = only("2402")
    assert (discharged.end, discharged.death_day) == (MIDNIGHT + 3 * 86_400 + 39_600, None)
    assert discharged.diagnoses == (Diagnosis("K35.900", main=True),)


def test_the_register_is_read_from_the_reply() -> None:
    read = only("1101")
    assert read.person == TOKENS.person("43010000007317135019")
    assert (read.gender, read.birth_day, read.death_day) == ("1", 3792, None)
    assert read.insurances == (Insurance("310", "1", since=16_436),)


def test_orders_are_read_with_the_diagnoses_of_their_call() -> None:
    checked = only("3101")
    assert [(line.number, line.amount, line.supply_days) for line in checked.lines] == [
        ("X00000007", 5100, 7),
        ("X00000008", 12_000, 0),
    ]
    assert checked.diagnoses == (Diagnosis("J00.x00", main=True),)
    assert (checked.visit, checked.fee, checked.insutype) == ("M26031000000003", 17_100, "310")


def test_an_answer_to_a_warning_names_no_person() -> None:
    answered = only("3103")
    assert (answered.person, answered.answers) == ("", (("JR1", "1", True),))


def test_goods_name_their_settlement() -> None:
    article = Article("S26031000000027", (TraceMark("81000000000000000001"),))
    assert only("3505A").articles == (article,)
    assert only("3506A").articles == (article,)


def test_faces_are_read_and_their_picture_is_dropped_and_told() -> None:
    checked = accepted("9601")
    assert checked.picture_dropped
    (event,) = checked.events
    assert isinstance(event, events.FaceChecked)
    assert (event.business, event.result, event.visit) == ("14", "1", "")
    assert only("9602").business == "12"
    assert not accepted("9601", {"request.input.recogInfo.recog_pic": ""}).picture_dropped


@pytest.mark.parametrize("name", FACTS)
def test_no_identity_gets_in(name: str) -> None:
    said = str(accepted(name))
    for word in ("4301000000731", "4301021980", "某", "甲", "91仟", "C43010000C4906E16", "iVBOR"):
        assert word not in said
