"""What regions write differently and mean the same (contract §1, domain §2)."""

from typing import Any

import pytest

from monitor import events
from monitor.events import Diagnosis, Line, TraceMark, Withdrawal
from monitor.interface.intake import Accepted
from tests.monitor.interface.records import (
    GONE,
    INTAKE,
    TOKENS,
    accepted,
    as_bytes,
    changed,
    decoded,
    ignored,
    only,
    sample,
)

CODE = "81000000000000000002"


def numbers_for_texts(part: Any) -> Any:
    """Every text that writes an integer, as that integer."""
    if isinstance(part, dict):
        return {key: numbers_for_texts(value) for key, value in part.items()}
    if isinstance(part, list):
        return [numbers_for_texts(value) for value in part]
    if isinstance(part, str) and part.isdigit() and str(int(part)) == part:
        return int(part)
    return part


@pytest.mark.parametrize(
    "name", ["1101", "2102", "2103", "2203", "2204", "2207", "2304", "2402", "3102", "3505A", "9601"]
)
def test_numbers_may_stand_for_texts_also_beyond_64_bits(name: str) -> None:
    record = numbers_for_texts(sample(name))
    assert record != sample(name)
    assert INTAKE.decode(as_bytes(record)) == decoded(name)


@pytest.mark.parametrize("infcode", [0, "0"])
def test_infcode_0_is_a_number_or_a_text(infcode: object) -> None:
    assert accepted("2207", {"reply.infcode": infcode}).events


@pytest.mark.parametrize("infcode", [-1, "-1", 1, "00", " 0"])
def test_any_other_infcode_means_it_did_not_happen(infcode: object) -> None:
    assert ignored("2207", {"reply.infcode": infcode, "request.input": {"data": 5}}) == "failed"


@pytest.mark.parametrize("name", ["2102", "2203", "1101", "9601", "2601"])
def test_without_a_reply_nobody_knows_and_nothing_moves(name: str) -> None:
    assert ignored(name, {"reply": None}) == "unanswered"
    assert ignored(name, {"reply": GONE}) == "unanswered"


@pytest.mark.parametrize("name", ["3101", "3102", "3103"])
def test_checks_need_no_reply_and_mind_none(name: str) -> None:
    for reply in ({"infcode": -1, "output": 7}, {}, None):
        assert accepted(name, {"reply": reply}) == accepted(name)


@pytest.mark.parametrize("setl_id", ["", None, GONE])
def test_a_settlement_without_setl_id_does_not_count(setl_id: object) -> None:
    assert ignored("2304", {"reply.output.setlinfo.setl_id": setl_id}) == "no_settlement_id"
    assert ignored("2304", {"reply.output": ""}) == "no_settlement_id"
    assert ignored("2304", {"reply.output": GONE}) == "no_settlement_id"


@pytest.mark.parametrize(
    "infno, reason", [("9001", "unused_infno"), ("1301", "unused_infno"), ("hello", "unknown_infno")]
)
def test_an_infno_that_is_none_of_ours_is_ignored_whatever_it_brings(infno: str, reason: str) -> None:
    changes = {"request.infno": infno, "request.input": 5, "request.msgid": [], "reply": {"infcode": []}}
    assert ignored("2102", changes) == reason


def test_empty_numbers_are_zero() -> None:
    line = only(
        "2102", {"request.input.drugdetail.0.prd_days": "", "request.input.drugdetail.0.pric": ""}
    ).lines[0]
    assert (line.supply_days, line.price) == (0, 0)
    assert only("2102", {"reply.output.setlinfo.fund_pay_sumamt": ""}).fund == 0
    assert only("2102", {"reply.output.setlinfo.fund_pay_sumamt": GONE}).fund == 0
    assert only("2102", {"reply.output.setlinfo.medfee_sumamt": ""}).fee == 0


def test_a_fractional_number_keeps_its_digits() -> None:
    raw = as_bytes(changed("2102", {"reply.output.setlinfo.medfee_sumamt": "MARK"}))
    raw = raw.replace(b'"MARK"', b"12345678901234.67")
    outcome = INTAKE.decode(raw)
    assert isinstance(outcome, Accepted)
    (event,) = outcome.events
    assert isinstance(event, events.Settled)
    assert event.fee == 1_234_567_890_123_467


@pytest.mark.parametrize("spelling", ["drug_trac_info", "durg_trac_info", "drugtracinfo"])
@pytest.mark.parametrize("place", ["request.input", "request.input.druginfo", "request.input.drugdetail.0"])
def test_trace_codes_have_three_spellings_and_three_places(spelling: str, place: str) -> None:
    items = [{"drug_trac_codg": CODE, "trdn_flag": 1}]
    changes = {"request.input.drug_trac_info": GONE, f"{place}.{spelling}": items}
    assert only("2102", changes).traces == (TraceMark(CODE, split=True),)


@pytest.mark.parametrize("name", ["2207", "2304"])
@pytest.mark.parametrize("place", ["request.input", "request.input.data"])
def test_visits_carry_trace_codes_too(name: str, place: str) -> None:
    lone = {"drug_trac_codg": int(CODE)}
    assert only(name, {f"{place}.drugtracinfo": lone}).traces == (TraceMark(CODE),)


def test_one_code_in_two_places_of_a_settlement_is_one() -> None:
    items = [{"drug_trac_codg": CODE}, {"drug_trac_codg": CODE, "trdn_flag": "1"}]
    assert only("2102", {"request.input.drug_trac_info": items}).traces == (TraceMark(CODE, split=True),)


@pytest.mark.parametrize(
    "code",
    ["", None, "8100000000000000000", "810000000000000000011", "8100000000000000000A", "1" * 20, "８" * 20,
     "81999999990000000001"],
)  # fmt: skip
def test_unusable_trace_codes_are_counted_and_not_used(code: object) -> None:
    changes = {"request.input.drug_trac_info.0.drug_trac_codg": code}
    assert accepted("2102", changes).notes == ("trace_unusable",)
    assert only("2102", changes).traces == ()


@pytest.mark.parametrize(
    "name, path",
    [
        ("2102", "request.input.druginfo"),
        ("2102", "reply.output.setlinfo"),
        ("2103", "request.input.data"),
        ("2203", "request.input.mdtrtinfo"),
        ("2207", "request.input.data"),
        ("2201", "reply.output.data"),
        ("2401", "reply.output.result"),
        ("2402", "request.input.dscginfo"),
        ("2601", "request.input.data"),
        ("1101", "reply.output.baseinfo"),
        ("3102", "request.input.data"),
        ("3103", "request.input.data"),
        ("9601", "request.input.recogInfo"),
        ("9601", "reply.output.recogInfo"),
    ],
)
def test_an_object_may_be_a_list_of_one(name: str, path: str) -> None:
    part = sample(name)
    for step in path.split("."):
        part = part[step]
    assert decoded(name, {path: [part]}) == decoded(name)


@pytest.mark.parametrize(
    "name, path",
    [
        ("2102", "request.input.drugdetail"),
        ("2102", "request.input.drug_trac_info"),
        ("2301", "request.input.feedetail"),
        ("2302", "request.input.data"),
        ("2401", "request.input.diseinfo"),
        ("1101", "reply.output.insuinfo"),
        ("3102", "request.input.data.patient_dtos"),
        ("3102", "request.input.data.patient_dtos.0.fsi_encounter_dtos"),
        ("3102", "request.input.data.patient_dtos.0.fsi_encounter_dtos.0.fsi_diagnose_dtos"),
        ("3103", "request.input.data.warns"),
        ("3505A", "request.input.selinfoDetail"),
        ("3505A", "request.input.selinfoDetail.0.drugtracinfo"),
    ],
)
def test_a_list_may_be_a_lone_object(name: str, path: str) -> None:
    part: Any = sample(name)
    for step in path.split("."):
        part = part[int(step)] if isinstance(part, list) else part[step]
    assert decoded(name, {path: part[0]}) == decoded(name)


@pytest.mark.parametrize(
    "output", [{"result": {"mdtrt_id": "M9"}}, {"data": {"mdtrt_id": "M9"}}, {"mdtrt_id": "M9"}]
)
def test_the_id_of_a_new_visit_stands_in_three_places(output: object) -> None:
    assert only("2201", {"reply.output": output}).visit == "M9"
    assert only("2401", {"reply.output": output}).visit == "M9"


@pytest.mark.parametrize("output", [{"recogInfo": {"recog_rslt": 0}}, {"recog_rslt": "0"}])
def test_the_result_of_a_face_check_stands_in_two_places(output: object) -> None:
    assert only("9601", {"reply.output": output}).result == "0"


def test_a_discharge_may_say_dscgtime_and_dates_alone() -> None:
    path = "request.input.dscginfo"
    said = only("2402", {f"{path}.endtime": GONE, f"{path}.dscgTime": "2026-03-13 11:00:00"})
    assert said == only("2402")
    assert only("2402", {f"{path}.endtime": "2026-03-13"}).end == said.end // 86_400 * 86_400


def test_death_is_the_die_date_or_else_the_day_of_discharge() -> None:
    path = "request.input.dscginfo"
    dated = only("2402", {f"{path}.dscg_way": 5, f"{path}.die_date": "2026-03-12 23:00:00"})
    undated = only("2402", {f"{path}.dscg_way": "5"})
    assert (dated.death_day, undated.death_day) == (20_524, 20_525)
    assert only("2402", {f"{path}.die_date": "2026-03-12"}).death_day is None


def test_the_person_of_a_settlement_is_the_input_s_else_the_reply_s() -> None:
    other = only("2102", {"reply.output.setlinfo.psn_no": "2"})
    assert other.person == TOKENS.person("43010000007317142938")
    given = only("2102", {"request.input.druginfo.psn_no": "", "reply.output.setlinfo.psn_no": 2})
    assert given.person == TOKENS.person("2")


def test_rows_of_several_persons_are_taken_apart() -> None:
    charged = accepted("2204", {"request.input.feedetail.1.psn_no": "2"}).events
    assert [(event.person, len(event.lines)) for event in charged if isinstance(event, events.Charged)] == [
        (TOKENS.person("43010000007317135019"), 1),
        (TOKENS.person("2"), 1),
    ]
    rows = [
        {"feedetl_sn": "A", "mdtrt_id": "M1", "psn_no": "1"},
        {"feedetl_sn": "0000", "mdtrt_id": "M2", "psn_no": "2"},
    ]
    withdrawn = accepted("2302", {"request.input.data": rows}).events
    assert [event.withdrawals for event in withdrawn if isinstance(event, events.ChargesWithdrawn)] == [
        (Withdrawal("M1", number="A"),),
        (Withdrawal("M2"),),
    ]


@pytest.mark.parametrize("batch", ["", "0000"])
def test_a_withdrawal_without_a_batch_takes_back_all(batch: str) -> None:
    assert only("2205", {"request.input.data.chrg_bchno": batch}).withdrawals == (
        Withdrawal("M26031000000003"),
    )


def test_a_refund_line_names_the_line_that_it_reduces() -> None:
    path = "request.input.feedetail.0"
    line: Line = only(
        "2301",
        {f"{path}.init_feedetl_sn": "X1", f"{path}.cnt": "-3", f"{path}.det_item_fee_sumamt": "-29.70"},
    ).lines[0]
    assert (line.refund_of, line.count, line.amount) == ("X1", -30_000, -2970)


def test_only_valid_western_diagnoses_get_in() -> None:
    path = "request.input.diseinfo"
    assert only("2203", {f"{path}.0.vali_flag": 0}).diagnoses == (Diagnosis("I10.x00"),)
    assert only("2203", {f"{path}.0.diag_type": "2"}).diagnoses == (Diagnosis("I10.x00"),)
    assert len(only("2203", {f"{path}.0.diag_type": "", f"{path}.1.vali_flag": GONE}).diagnoses) == 2
    assert only("2203", {path: GONE}).diagnoses == ()


def test_only_the_main_diagnoses_of_a_stay_get_in() -> None:
    path = "request.input.diseinfo.0"
    other = only("2401", {f"{path}.diag_code": "J18.900", f"{path}.maindiag_flag": "0"})
    assert other.diagnoses == (Diagnosis("K35.900", main=True),)
    assert only("2401", {"request.input.mdtrtinfo.dscg_maindiag_code": ""}).diagnoses == other.diagnoses
    assert only("2401", {f"{path}.vali_flag": "0"}).diagnoses == ()


def test_a_diagnosis_of_somebody_else_is_left_out() -> None:
    changes = {"request.input.diseinfo.0.psn_no": "2", "request.input.diseinfo.0.diag_code": "Z38.000"}
    assert only("2401", changes).diagnoses == (Diagnosis("K35.900", main=True),)


def test_goods_that_were_paid_privately_are_none_of_ours() -> None:
    path = "request.input.selinfoDetail.0"
    assert ignored("3505A", {f"{path}.psn_no": "", f"{path}.setl_id": GONE}) == "self_pay_goods"
    split = only("3505A", {f"{path}.trdn_flag": 1})
    assert split.articles[0].traces[0].split


def test_a_code_that_no_dictionary_knows_is_kept() -> None:
    assert only("2207", {"request.input.data.med_type": "9901"}).med_type == "9901"
    assert only("9601", {"request.input.recogInfo.recog_biz": "88"}).business == "88"


def test_what_nobody_needs_may_be_missing_or_anything() -> None:
    changes = {
        "request.opter_name": GONE,
        "request.sign_no": {"any": [1, 2.5, None]},
        "request.input.druginfo.certno": GONE,
        "request.input.druginfo.psn_name": 5,
        "reply.output.setldetail": "none",
    }
    assert decoded("2102", changes) == decoded("2102")
