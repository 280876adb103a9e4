"""Orders before they are charged: 3101 and 3102, from the feed and from the gateway."""

from typing import Any

import pytest

from monitor.events import DAY, Diagnosis, OrdersChecked
from monitor.interface.intake import Accepted, Ignored, Reason, Rejected
from tests.monitor.interface.records import GONE, INTAKE, TOKENS, as_bytes, changed, only, refusal, sample

PATIENTS = "request.input.data.patient_dtos"
ENCOUNTERS = f"{PATIENTS}.0.fsi_encounter_dtos"
ORDERS = f"{ENCOUNTERS}.0.fsi_order_dtos"
NAMED = f"{PATIENTS}.fsi_encounter_dtos.fsi_order_dtos"


def encounter(**changes: object) -> dict[str, Any]:
    first: dict[str, Any] = sample("3102")["request"]["input"]["data"]["patient_dtos"][0][
        "fsi_encounter_dtos"
    ][0]
    return first | changes


def test_the_encounter_judged_is_the_current_one_else_the_last() -> None:
    several = [encounter(mdtrt_id="A"), encounter(mdtrt_id="B"), encounter(mdtrt_id="C")]
    assert only("3102", {ENCOUNTERS: several, f"{PATIENTS}.0.curr_mdtrt_id": "B"}).visit == "B"
    assert only("3102", {ENCOUNTERS: several, f"{PATIENTS}.0.curr_mdtrt_id": "D"}).visit == "C"
    assert only("3102", {ENCOUNTERS: several, f"{PATIENTS}.0.curr_mdtrt_id": ""}).visit == "C"


@pytest.mark.parametrize(
    "flag, judged", [("1", 2), (1, 2), ("", 2), (None, 2), (GONE, 2), ("0", 1), ("2", 1)]
)
def test_only_current_orders_are_judged(flag: object, judged: int) -> None:
    assert len(only("3102", {f"{ORDERS}.0.curr_drord_flag": flag}).lines) == judged


def test_context_orders_may_be_incomplete() -> None:
    assert len(only("3102", {f"{ORDERS}.0": {"curr_drord_flag": "0"}}).lines) == 1


@pytest.mark.parametrize("begun", ["", None, GONE])
def test_an_order_without_a_time_is_of_the_time_of_the_call(begun: object) -> None:
    checked = only("3102", {f"{ORDERS}.0.drord_begn_date": begun})
    assert checked.lines[0].at == checked.at


def test_an_order_may_begin_on_a_date() -> None:
    assert only("3102", {f"{ORDERS}.0.drord_begn_date": "2026-03-11"}).lines[0].at % DAY == 0


@pytest.mark.parametrize(
    "written, read",
    [([], ()), ("", ()), (None, ()), (GONE, ()), (["A", "B"], ("A", "B")), ("A,B", ("A", "B")),
     ("A, B,", ("A", "B")), ([1], ("1",))],
)  # fmt: skip
def test_rule_ids_are_a_list_or_a_text_with_commas(written: object, read: tuple[str, ...]) -> None:
    assert only("3102", {"request.input.data.rule_ids": written}).rule_ids == read


def test_diagnoses_are_the_main_one_and_the_list() -> None:
    rows = [
        {"dise_codg": "I10"},
        {"dise_codg": "J00.x00"},
        {"dise_codg": ""},
        {"dise_codg": "Z", "vali_flag": "0"},
    ]
    path = f"{ENCOUNTERS}.0"
    checked = only("3102", {f"{path}.fsi_diagnose_dtos": rows})
    assert checked.diagnoses == (Diagnosis("J00.x00", main=True), Diagnosis("I10"))
    assert only("3102", {f"{path}.fsi_diagnose_dtos": "", f"{path}.dscg_main_dise_codg": ""}).diagnoses == ()


@pytest.mark.parametrize("extension", ["", None, [], {}, {"o_prdDays": ""}, GONE])
def test_an_order_may_say_nothing_of_days(extension: object) -> None:
    assert only("3102", {f"{ORDERS}.0.extend_order_map": extension}).lines[0].supply_days == 0


def test_more_than_one_patient_is_refused() -> None:
    patient = sample("3102")["request"]["input"]["data"]["patient_dtos"][0]
    two = [patient, patient | {"patn_id": "2"}]
    assert refusal("3102", {PATIENTS: two}) == ("several_patients", PATIENTS)
    twice = only("3102", {PATIENTS: [patient, patient | {"fsi_encounter_dtos": encounter(mdtrt_id="Z")}]})
    assert twice.visit == patient["curr_mdtrt_id"]


@pytest.mark.parametrize(
    "path, told",
    [
        (PATIENTS, PATIENTS),
        (f"{PATIENTS}.0.patn_id", f"{PATIENTS}.patn_id"),
        (ENCOUNTERS, f"{PATIENTS}.fsi_encounter_dtos"),
        (f"{ORDERS}.1.rx_id", f"{NAMED}[1].rx_id"),
        (f"{ORDERS}.1.hilist_code", f"{NAMED}[1].hilist_code"),
        (f"{ORDERS}.1.cnt", f"{NAMED}[1].cnt"),
        (f"{ORDERS}.1.pric", f"{NAMED}[1].pric"),
        (f"{ORDERS}.1.sumamt", f"{NAMED}[1].sumamt"),
    ],
)
def test_a_check_needs_a_patient_an_encounter_and_whole_orders(path: str, told: str) -> None:
    assert refusal("3102", {path: GONE}) == ("missing_field", told)


def test_days_and_times_of_orders_are_read_strictly() -> None:
    assert refusal("3102", {f"{ORDERS}.0.drord_begn_date": "10:00"}) == (
        "bad_time",
        f"{NAMED}[0].drord_begn_date",
    )
    path = f"{NAMED}[0].extend_order_map.o_prdDays"
    assert refusal("3102", {f"{ORDERS}.0.extend_order_map.o_prdDays": "week"}) == ("bad_amount", path)
    assert refusal("3102", {f"{ORDERS}.0.extend_order_map.o_prdDays": []}) == ("wrong_type", path)


@pytest.mark.parametrize(
    "reason, given", [("because", True), ("", False), ("  ", False), (None, False), ("x" * 999, True)]
)
def test_feedback_tells_whether_a_reason_was_given(reason: object, *, given: bool) -> None:
    assert only("3103", {"request.input.data.warns.0.dspo_way_rea": reason}).answers == (("JR1", "1", given),)


def call(name: str, changes: dict[str, object] | None = None) -> bytes:
    return as_bytes(changed(name, changes or {})["request"])


@pytest.mark.parametrize("name", ["3101", "3102", "3103"])
def test_the_gateway_reads_the_same_fact_from_the_envelope_alone(name: str) -> None:
    gateway = INTAKE.decode_call(call(name))
    assert gateway.outcome == INTAKE.decode(as_bytes(sample(name)))
    assert (gateway.infno, gateway.provider) == (name, "H43010000092")
    assert gateway.msgid == sample(name)["request"]["msgid"]


def test_the_gateway_keeps_the_caller_s_own_number_of_the_patient() -> None:
    gateway = INTAKE.decode_call(call("3102"))
    assert gateway.patn_id == "43010000007317135019"
    assert isinstance(gateway.outcome, Accepted)
    (event,) = gateway.outcome.events
    assert isinstance(event, OrdersChecked)
    assert event.person == TOKENS.person(gateway.patn_id)
    assert INTAKE.decode_call(call("3103")).patn_id == ""


def test_the_gateway_is_told_what_is_wrong_by_the_caller_s_own_path() -> None:
    gateway = INTAKE.decode_call(call("3102", {f"{ORDERS}.0.cnt": "many"}))
    assert gateway.outcome == Rejected(Reason.BAD_AMOUNT, NAMED.removeprefix("request.") + "[0].cnt")
    assert gateway.msgid
    assert gateway.patn_id


@pytest.mark.parametrize("infno", ["2102", "9001", "x"])
def test_the_gateway_answers_no_other_call(infno: str) -> None:
    gateway = INTAKE.decode_call(call("3102", {"request.infno": infno}))
    assert gateway.infno == infno
    assert gateway.outcome == Ignored("not_answered_here")


@pytest.mark.parametrize(
    "raw, reason",
    [
        (b"", Reason.NOT_JSON),
        (b"[]", Reason.NOT_OBJECT),
        (b"{}", Reason.MISSING_FIELD),
        (b'{"infno":"3102","infno":"3102"}', Reason.DUPLICATE_KEY),
        (b"[" * 1000, Reason.TOO_DEEP),
        (b'{"a":"' + b"x" * 1024 * 1024 + b'"}', Reason.TOO_LARGE),
    ],
)
def test_what_is_no_envelope_is_refused_at_the_gateway_too(raw: bytes, reason: Reason) -> None:
    outcome = INTAKE.decode_call(raw).outcome
    assert isinstance(outcome, Rejected)
    assert outcome.reason is reason
