"""What is a dead letter, and that its reason names a place and never a value (contract §1 'Dead letters')."""

import pytest

from monitor.interface.intake import Ignored, Intake, IntakeLimits, Reason, Rejected
from tests.monitor.interface.records import GONE, INTAKE, TOKENS, accepted, as_bytes, changed, refusal, sample

DETAIL = "request.input.drugdetail"
INFO = "reply.output.setlinfo"


def test_an_object_without_a_request_is_refused() -> None:
    assert INTAKE.decode(b"{}") == Rejected(Reason.MISSING_FIELD, "request")
    assert INTAKE.decode(b'{"request":null,"reply":null}') == Rejected(Reason.MISSING_FIELD, "request")
    assert INTAKE.decode(b'{"request":[],"reply":null}') == Rejected(Reason.WRONG_TYPE, "request")
    assert INTAKE.decode(b'{"request":{},"reply":null}') == Rejected(Reason.MISSING_FIELD, "request.infno")
    assert INTAKE.decode(b'{"request":{},"reply":"no"}') == Rejected(Reason.WRONG_TYPE, "reply")


NEEDED = {
    "2102": [
        "request.infno", "request.msgid", "request.fixmedins_code", "request.inf_time", "request.input",
        "request.input.druginfo", "request.input.druginfo.psn_no", "request.input.drugdetail",
        f"{DETAIL}[0].feedetl_sn", f"{DETAIL}[0].fee_ocur_time", f"{DETAIL}[0].med_list_codg",
        f"{DETAIL}[0].det_item_fee_sumamt", f"{DETAIL}[0].cnt", f"{DETAIL}[0].pric",
        "reply.infcode", f"{INFO}.setl_time", f"{INFO}.medfee_sumamt",
    ],
    "2103": ["request.input.data", "request.input.data.setl_id", "request.input.data.psn_no"],
    "2201": ["request.input.data.psn_no", "reply.output.data.mdtrt_id"],
    "2202": ["request.input.data.psn_no", "request.input.data.mdtrt_id"],
    "2203": ["request.input.mdtrtinfo", "request.input.mdtrtinfo.psn_no", "request.input.mdtrtinfo.mdtrt_id"],
    "2204": [
        "request.input.feedetail", "request.input.feedetail[1].psn_no", "request.input.feedetail[1].mdtrt_id",
        "request.input.feedetail[1].feedetl_sn", "request.input.feedetail[1].cnt",
    ],
    "2205": ["request.input.data.psn_no", "request.input.data.mdtrt_id", "request.input.data.chrg_bchno"],
    "2207": [
        "request.input.data.psn_no", "request.input.data.mdtrt_id", f"{INFO}.setl_time",
        f"{INFO}.medfee_sumamt",
    ],
    "2302": [
        "request.input.data", "request.input.data[0].psn_no", "request.input.data[0].mdtrt_id",
        "request.input.data[0].feedetl_sn",
    ],
    "2304": [
        "request.input.data.psn_no", "request.input.data.mdtrt_id", f"{INFO}.setl_time",
        f"{INFO}.medfee_sumamt",
    ],
    "2401": [
        "request.input.mdtrtinfo.psn_no", "request.input.mdtrtinfo.begntime", "reply.output.result.mdtrt_id",
    ],
    "2402": [
        "request.input.dscginfo.psn_no", "request.input.dscginfo.mdtrt_id", "request.input.dscginfo.endtime",
    ],
    "2404": ["request.input.data.psn_no", "request.input.data.mdtrt_id"],
    "2601": ["request.input.data.psn_no", "request.input.data.omsgid", "request.input.data.oinfno"],
    "1101": ["reply.output.baseinfo", "reply.output.baseinfo.psn_no"],
    "3103": [
        "request.input.data.warns", "request.input.data.warns[0].warn_rslt_id",
        "request.input.data.warns[0].dspo_way",
    ],
    "3505A": [
        "request.input.selinfoDetail", "request.input.selinfoDetail[0].psn_no",
        "request.input.selinfoDetail[0].setl_id",
    ],
    "9601": ["request.input.recogInfo", "request.input.recogInfo.psn_no"],
    "9602": ["request.input.recogInfo.psn_no"],
}  # fmt: skip


@pytest.mark.parametrize("name, path", [(name, path) for name, paths in NEEDED.items() for path in paths])
def test_a_needed_field_that_is_absent_or_null_is_named(name: str, path: str) -> None:
    dotted = path.replace("[", ".").replace("]", "")
    for nothing in (GONE, None):
        assert refusal(name, {dotted: nothing}) == ("missing_field", path)


IDS = ("psn_no", "setl_id", "mdtrt_id", "feedetl_sn", "med_list_codg", "msgid", "omsgid", "oinfno")


@pytest.mark.parametrize(
    "name, path",
    [
        (name, path)
        for name, paths in NEEDED.items()
        for path in paths
        if path.endswith(IDS) and not path.endswith("druginfo.psn_no")
    ],
)
def test_an_empty_id_is_as_good_as_none_and_a_long_one_is_no_id(name: str, path: str) -> None:
    dotted = path.replace("[", ".").replace("]", "")
    if not (name in {"2207", "2304"} and path.endswith("psn_no")):
        assert refusal(name, {dotted: ""}) == ("missing_field", path)
    assert refusal(name, {dotted: "X" * 129}) == ("bad_id", path)
    assert refusal(name, {dotted: "X\x1fY"}) == ("bad_id", path)


def test_a_settlement_of_nobody_is_refused() -> None:
    changes = {"request.input.data.psn_no": "", f"{INFO}.psn_no": ""}
    assert refusal("2207", changes) == ("missing_field", "request.input.data.psn_no")


def test_a_face_check_without_a_result_is_refused() -> None:
    assert refusal("9601", {"reply.output": {}}) == ("missing_field", "reply.output.recogInfo.recog_rslt")


@pytest.mark.parametrize("value", [True, False, [], ["1"], {}, {"a": 1}])
@pytest.mark.parametrize(
    "name, path",
    [
        ("2102", "request.msgid"),
        ("2102", "request.inf_time"),
        ("2102", "request.opter_type"),
        ("2102", "request.input.druginfo.psn_no"),
        ("2102", "request.input.druginfo.acct_used_flag"),
        ("2102", "request.input.druginfo.begntime"),
        ("2102", f"{DETAIL}[0].feedetl_sn"),
        ("2102", f"{DETAIL}[0].fee_ocur_time"),
        ("2102", f"{DETAIL}[0].cnt"),
        ("2102", f"{DETAIL}[0].prd_days"),
        ("2102", "request.input.drug_trac_info[0].drug_trac_codg"),
        ("2102", f"{INFO}.medfee_sumamt"),
        ("2102", f"{INFO}.fund_pay_sumamt"),
        ("2102", f"{INFO}.setl_time"),
        ("2102", f"{INFO}.setl_id"),
        ("2102", f"{INFO}.brdy"),
        ("2102", f"{INFO}.gend"),
        ("2102", "reply.infcode"),
        ("2203", "request.input.diseinfo[0].vali_flag"),
        ("1101", "reply.output.insuinfo[0].psn_insu_stas"),
        ("1101", "reply.output.insuinfo[0].paus_insu_date"),
        ("3505A", "request.input.selinfoDetail[0].setl_id"),
        ("9601", "request.input.recogInfo.recog_biz"),
    ],
)
def test_a_value_of_another_type_is_refused_with_its_path(name: str, path: str, value: object) -> None:
    dotted = path.replace("[", ".").replace("]", "")
    told = path.replace("drug_trac_info[0]", "drug_trac_info")
    assert refusal(name, {dotted: value}) == ("wrong_type", told)


@pytest.mark.parametrize("value", [5, 1.5, True, "text", [1], ["x"]])
@pytest.mark.parametrize(
    "name, path",
    [
        ("2102", "request.input"),
        ("2102", "request.input.druginfo"),
        ("2102", "request.input.drugdetail"),
        ("2102", "reply.output"),
        ("2102", "reply.output.setlinfo"),
        ("2204", "request.input.feedetail"),
        ("2203", "request.input.diseinfo"),
        ("1101", "reply.output.insuinfo"),
        ("3102", "request.input.data.patient_dtos"),
        ("3103", "request.input.data.warns"),
        ("3505A", "request.input.selinfoDetail"),
    ],
)
def test_something_else_than_an_object_or_list_is_refused(name: str, path: str, value: object) -> None:
    reason, detail = refusal(name, {path: value})
    assert reason == "wrong_type"
    assert detail in {path, f"{path}[0]"}


BAD_TIMES = [
    "2026-03-10T09:01:00",
    "2026-03-10 09:01:00+08:00",
    "2026-03-10 09:01:00Z",
    "2026-03-10 09:01:00 ",
    "2026/03/10 09:01:00",
    "2026-3-10 9:01:00",
    "20260310090100",
    "2026-03-10 09:01",
    "2026-03-10 09:01:00.000",
    "2026-02-29 09:01:00",
    "2026-13-10 09:01:00",
    "2026-03-32 09:01:00",
    "2026-03-10 24:00:00",
    "2026-03-10 23:59:60",
    "0000-00-00 00:00:00",
    "２０２６-03-10 09:01:00",
    "yesterday",
    20260310090100,
    1773133260.5,
]
TIMES = [
    ("2102", "request.inf_time"),
    ("2102", f"{INFO}.setl_time"),
    ("2102", f"{DETAIL}[0].fee_ocur_time"),
    ("2102", "request.input.druginfo.begntime"),
    ("2204", "request.input.feedetail[1].fee_ocur_time"),
    ("2401", "request.input.mdtrtinfo.begntime"),
    ("2402", "request.input.dscginfo.endtime"),
    ("9601", "request.inf_time"),
]


@pytest.mark.parametrize("value", BAD_TIMES)
@pytest.mark.parametrize("name, path", TIMES)
def test_a_time_has_one_form_and_no_zone(name: str, path: str, value: object) -> None:
    assert refusal(name, {path.replace("[", ".").replace("]", ""): value}) == ("bad_time", path)


@pytest.mark.parametrize(
    "value", ["1999-12-31 23:59:59", "2101-01-01 00:00:00", "9999-12-31 00:00:00", "0001-01-01 00:00:00"]
)
@pytest.mark.parametrize("name, path", TIMES)
def test_a_time_of_another_age_is_refused(name: str, path: str, value: str) -> None:
    assert refusal(name, {path.replace("[", ".").replace("]", ""): value}) == ("time_out_of_range", path)


@pytest.mark.parametrize("value", ["2000-01-01 00:00:00", "2100-12-31 23:59:59"])
def test_the_first_and_the_last_second_are_in_range(value: str) -> None:
    assert accepted("2102", {f"{INFO}.setl_time": value}).events


@pytest.mark.parametrize("name, path", [("2102", "request.inf_time"), ("2102", f"{INFO}.setl_time")])
def test_an_empty_call_time_is_a_bad_time(name: str, path: str) -> None:
    assert refusal(name, {path: ""}) == ("bad_time", path)


@pytest.mark.parametrize("value", ["1926-02-29", "1980-5-20", "19800520", "1980-05-20T00:00:00", "unknown"])
@pytest.mark.parametrize(
    "name, path",
    [
        ("2102", f"{INFO}.brdy"),
        ("1101", "reply.output.baseinfo.brdy"),
        ("1101", "reply.output.insuinfo[0].psn_insu_date"),
        ("3102", "request.input.data.patient_dtos.brdy"),
    ],
)
def test_a_bad_date_is_refused(name: str, path: str, value: str) -> None:
    dotted = path.replace("[", ".").replace("]", "").replace("patient_dtos.", "patient_dtos.0.")
    assert refusal(name, {dotted: value}) == ("bad_time", path)


@pytest.mark.parametrize(
    "value",
    ["NaN", "inf", "-Infinity", "1e999", "1e3", "abc", "1,000.00", " 1", "1 ", "１０.00", "0x10", "1_000",
     "+1", "--1", "-", ".", "1.2.3", "¥10", "9" * 17, 10**15, 10**40, "99999999999999.999"],
)  # fmt: skip
@pytest.mark.parametrize(
    "name, path", [("2102", f"{INFO}.medfee_sumamt"), ("2102", f"{DETAIL}[0].det_item_fee_sumamt")]
)
def test_an_amount_is_a_plain_finite_number(name: str, path: str, value: object) -> None:
    assert refusal(name, {path.replace("[", ".").replace("]", ""): value}) == ("bad_amount", path)


@pytest.mark.parametrize("literal", ["1e999", "-1e999", "1e99999999999999999999", "1e16"])
def test_a_number_without_end_is_no_amount(literal: str) -> None:
    raw = as_bytes(changed("2102", {f"{INFO}.medfee_sumamt": "MARK"})).replace(b'"MARK"', literal.encode())
    assert INTAKE.decode(raw) == Rejected(Reason.BAD_AMOUNT, f"{INFO}.medfee_sumamt")


@pytest.mark.parametrize("name, path", [("2102", DETAIL), ("2204", "request.input.feedetail")])
def test_a_claim_has_at_most_so_many_lines(name: str, path: str) -> None:
    key = path.rpartition(".")[2]
    row = sample(name)["request"]["input"][key][0]
    rows = [row | {"feedetl_sn": f"X{n}"} for n in range(2001)]
    assert refusal(name, {path: rows}) == ("too_many_lines", path)
    assert accepted(name, {path: rows[:2000]}).events
    few = Intake(tokens=TOKENS, trace_ignore=frozenset(), limits=IntakeLimits(lines=3))
    assert few.decode(as_bytes(changed(name, {path: rows[:4]}))) == Rejected(Reason.TOO_MANY_LINES, path)


def test_a_failed_call_is_ignored_however_bad_the_rest_is() -> None:
    record = changed("2102", {"reply.infcode": -1, "request.inf_time": "never", "request.input": None})
    assert INTAKE.decode(as_bytes(record)) == Ignored("failed")


def test_a_picture_is_told_also_when_the_call_is_refused_or_ignored() -> None:
    refused = INTAKE.decode(as_bytes(changed("9601", {"request.inf_time": "never"})))
    ignored = INTAKE.decode(as_bytes(changed("9601", {"reply": None})))
    assert refused.picture_dropped
    assert ignored.picture_dropped
