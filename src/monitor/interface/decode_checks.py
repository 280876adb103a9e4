"""Checks before money moves, and faces: 3101, 3102, 3103, 9601, 9602."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from monitor.events import Diagnosis, Event, FaceChecked, FaceExcused, Line, OrdersChecked, WarningAnswered
from monitor.interface import wire_checks as wire
from monitor.interface.call import Call
from monitor.interface.decode_visits import is_valid
from monitor.interface.envelope import typed_decoder
from monitor.interface.fields import (
    begin_or_end,
    begin_or_none,
    blame,
    code,
    count,
    day,
    fen,
    fen_or_zero,
    ident,
    needed,
    needed_code,
    one,
    price,
    read,
    supply_days,
    text,
)
from monitor.interface.outcomes import Fault, Reason

_CHECK = typed_decoder(wire.CheckInput)
_FEEDBACK = typed_decoder(wire.FeedbackInput)
_FACE = typed_decoder(wire.FaceInput)
_FACE_REPLY = typed_decoder(wire.FaceReply)

JUDGED = ("1", "")
"""curr_drord_flag of an order to be judged; the others are context."""
RULES_MAX = 200

_ORDER_READERS: Mapping[str, Callable[[Any], object]] = {
    "rx_id": ident,
    "hilist_code": ident,
    "drord_begn_date": begin_or_none,
    "cnt": count,
    "pric": price,
    "sumamt": fen,
}
_DISEASE_READERS: Mapping[str, Callable[[Any], object]] = {
    "dise_codg": code,
    "vali_flag": code,
    "diag_type": code,
    "maindise_flag": code,
}


def orders(call: Call) -> tuple[Event, ...]:
    """3101 and 3102: the orders of one encounter of one patient."""
    check = needed(call.read_input(_CHECK).data, "input.data")
    path = "input.data.patient_dtos"
    patient = the_patient(call, check, path)
    encounter, path = _judged_encounter(call, patient, path)
    return (
        OrdersChecked(
            provider=call.provider,
            infno=call.infno,
            msgid=call.msgid,
            person=call.person(patient.patn_id, "input.data.patient_dtos.patn_id"),
            at=call.at,
            visit=read(text, encounter.mdtrt_id, f"{path}.mdtrt_id"),
            med_type=read(text, encounter.med_type, f"{path}.med_type"),
            insutype=read(text, encounter.insutype, f"{path}.insutype"),
            gender=read(text, patient.gend, "input.data.patient_dtos.gend"),
            birth_day=read(day, patient.brdy, "input.data.patient_dtos.brdy"),
            fee=read(fen_or_zero, encounter.medfee_sumamt, f"{path}.medfee_sumamt"),
            lines=_order_lines(call, encounter, f"{path}.fsi_order_dtos"),
            diagnoses=_diagnoses(call, encounter, path),
            rule_ids=_rule_ids(check),
            task_id=read(text, check.task_id, "input.data.task_id"),
        ),
    )


def the_patient(call: Call, check: wire.Check, path: str) -> wire.Patient:
    """The only patient of a check; the same one twice is one with the encounters of both."""
    patients = call.rows(check.patient_dtos, path)
    if not patients:
        raise Fault(Reason.MISSING_FIELD, path)
    if len(patients) == 1:
        return patients[0]
    if len({read(ident, patient.patn_id, f"{path}.patn_id") for patient in patients}) > 1:
        raise Fault(Reason.SEVERAL_PATIENTS, path)
    whole = patients[-1]
    whole.fsi_encounter_dtos = [
        encounter
        for patient in patients
        for encounter in call.rows(patient.fsi_encounter_dtos, f"{path}.fsi_encounter_dtos")
    ]
    return whole


def own_patient_id(call: Call) -> str:
    """The caller's own number of the patient of a 3101 or 3102; empty where none can be read."""
    try:
        check = needed(call.read_input(_CHECK).data, "input.data")
        return text(the_patient(call, check, "input.data.patient_dtos").patn_id)
    except Fault:
        return ""


def _judged_encounter(call: Call, patient: wire.Patient, path: str) -> tuple[wire.Encounter, str]:
    """That of curr_mdtrt_id, else the last."""
    where = f"{path}.fsi_encounter_dtos"
    encounters = call.rows(patient.fsi_encounter_dtos, where)
    if not encounters:
        raise Fault(Reason.MISSING_FIELD, where)
    current = read(text, patient.curr_mdtrt_id, f"{path}.curr_mdtrt_id")
    for encounter in reversed(encounters):
        if current and read(text, encounter.mdtrt_id, f"{where}.mdtrt_id") == current:
            return encounter, where
    return encounters[-1], where


def _order_lines(call: Call, encounter: wire.Encounter, path: str) -> tuple[Line, ...]:
    rows, at = call.rows(encounter.fsi_order_dtos, path), call.at
    try:
        return tuple([_order_line(row, at) for row in rows if code(row.curr_drord_flag) in JUDGED])
    except (Fault, TypeError):
        for index, row in enumerate(rows):
            _blame_order(row, f"{path}[{index}]")
        raise


def _order_line(row: wire.Order, at: int) -> Line:
    begun, extension = row.drord_begn_date, row.extend_order_map
    return Line(
        ident(row.rx_id),
        needed_code(row.hilist_code),
        at if begun is None or begun == "" else begin_or_end(begun),
        count(row.cnt),
        price(row.pric),
        fen(row.sumamt),
        supply_days(extension.o_prdDays if type(extension) is wire.OrderExtension else _supply(row, "")),
    )


def _supply(row: wire.Order, path: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    extension = one(row.extend_order_map, f"{path}.extend_order_map")
    return None if extension is None else extension.o_prdDays


def _blame_order(row: wire.Order, path: str) -> None:
    if read(code, row.curr_drord_flag, f"{path}.curr_drord_flag") in JUDGED:
        supply = _supply(row, path)
        blame(row, path, _ORDER_READERS)
        read(supply_days, supply, f"{path}.extend_order_map.o_prdDays")


def _diagnoses(call: Call, encounter: wire.Encounter, path: str) -> tuple[Diagnosis, ...]:
    where = f"{path}.fsi_diagnose_dtos"
    found: dict[str, bool] = {}
    main = read(text, encounter.dscg_main_dise_codg, f"{path}.dscg_main_dise_codg")
    if main:
        found[main] = True
    for row in call.rows(encounter.fsi_diagnose_dtos, where):
        try:
            diagnosis = code(row.dise_codg)
            if diagnosis and is_valid(row):
                found[diagnosis] = code(row.maindise_flag) == "1" or found.get(diagnosis, False)
        except (Fault, TypeError):
            blame(row, where, _DISEASE_READERS)
            raise
    return tuple([Diagnosis(*each) for each in found.items()])


def _rule_ids(check: wire.Check) -> tuple[str, ...]:
    """rule_ids: a list, or one text with commas between."""
    path = "input.data.rule_ids"
    given: Sequence[object] = (
        check.rule_ids.split(",") if isinstance(check.rule_ids, str) else check.rule_ids or ()
    )
    if len(given) > RULES_MAX:
        raise Fault(Reason.TOO_MANY_LINES, path)
    return tuple([rule_id for each in given if (rule_id := read(text, each, path).strip())])


def feedback(call: Call) -> tuple[Event, ...]:
    """3103: it names no person."""
    data = needed(call.read_input(_FEEDBACK).data, "input.data")
    path = "input.data.warns"
    warns = call.rows(data.warns, path)
    if not warns:
        raise Fault(Reason.MISSING_FIELD, path)
    answers = [
        (
            read(ident, warn.warn_rslt_id, f"{path}[{index}].warn_rslt_id"),
            read(ident, warn.dspo_way, f"{path}[{index}].dspo_way"),
            _is_given(warn.dspo_way_rea, f"{path}[{index}].dspo_way_rea"),
        )
        for index, warn in enumerate(warns)
    ]
    return (
        WarningAnswered(
            provider=call.provider,
            infno=call.infno,
            msgid=call.msgid,
            person="",
            at=call.at,
            answers=tuple(answers),
        ),
    )


def _is_given(reason: object, path: str) -> bool:
    """Whether a reason was written; it may be of any length, for it is not kept."""
    if isinstance(reason, str):
        return bool(reason.strip())
    if reason is None or type(reason) is int:
        return reason is not None
    raise Fault(Reason.WRONG_TYPE, path)


def face_check(call: Call) -> tuple[Event, ...]:
    """9601."""
    face = needed(call.read_input(_FACE).recogInfo, "input.recogInfo")
    return (
        FaceChecked(
            provider=call.provider,
            infno=call.infno,
            msgid=call.msgid,
            person=call.person(face.psn_no, "input.recogInfo.psn_no"),
            at=call.at,
            business=read(code, face.recog_biz, "input.recogInfo.recog_biz"),
            result=_result(call),
            visit=read(text, face.mdtrt_id, "input.recogInfo.mdtrt_id"),
        ),
    )


def _result(call: Call) -> str:
    """recog_rslt of the reply, in whichever of its two places it stands."""
    reply = call.read_output(_FACE_REPLY)
    inner = one(reply.recogInfo, "output.recogInfo") if reply else None
    for part, path in ((inner, "output.recogInfo"), (reply, "output")):
        if part is not None and (result := read(text, part.recog_rslt, f"{path}.recog_rslt")):
            return result
    raise Fault(Reason.MISSING_FIELD, "output.recogInfo.recog_rslt")


def face_registration(call: Call) -> tuple[Event, ...]:
    """9602."""
    path = "input.recogInfo"
    face = needed(call.read_input(_FACE).recogInfo, path)
    return (
        FaceExcused(
            provider=call.provider,
            infno=call.infno,
            msgid=call.msgid,
            person=call.person(face.psn_no, f"{path}.psn_no"),
            at=call.at,
            business=read(text, face.recog_biz, f"{path}.recog_biz"),
            visit=read(text, face.mdtrt_id, f"{path}.mdtrt_id"),
        ),
    )
