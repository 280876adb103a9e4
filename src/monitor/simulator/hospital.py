"""Calls of hospitals: registration, diagnoses, charges, checks, face checks, stays."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from monitor.simulator.people import Person
from monitor.simulator.providers import Provider
from monitor.simulator.settlement import Settled, answered, charge, cut, diagnosis_row, doctor, fee
from monitor.simulator.wire import Call, Desk, Json, Line, decimal, moment, yuan

Diagnoses = Sequence[tuple[str, str]]
"""(code, name), the main one first."""


class Visit(msgspec.Struct, frozen=True):
    """An out-patient visit or a stay: who, where, since when, with which med_type and diagnoses."""

    person: Person
    hospital: Provider
    mdtrt_id: str
    begun: int
    med_type: str
    diagnoses: Diagnoses

    @property
    def is_stay(self) -> bool:
        """Whether somebody lies in a bed for it."""
        return self.med_type in ("2101", "2102", "52")


def register(
    desk: Desk, hospital: Provider, person: Person, *, at: int, med_type: str, diagnoses: Diagnoses
) -> tuple[Call, Visit]:
    """2201."""
    visit = Visit(person, hospital, desk.number("M", at), at, med_type, diagnoses)
    number = desk.number("O", at)
    data = {"psn_no": person.psn_no, "insutype": person.insutype, "begntime": moment(at)}
    data |= {"mdtrt_cert_type": person.cert_type, "mdtrt_cert_no": person.card, "ipt_otp_no": number}
    data |= {
        "atddr_no": doctor(hospital),
        "dr_name": "某医师",
        "dept_code": "A03",
        "dept_name": "内科",
        "caty": "A03",
    }
    output = {
        "data": {"mdtrt_id": visit.mdtrt_id, "psn_no": person.psn_no, "ipt_otp_no": number, "exp_content": ""}
    }
    return desk.call("2201", hospital, person, at=at, data={"data": data}, output=output), visit


def examine(desk: Desk, visit: Visit, *, at: int) -> Call:
    """2203."""
    code, name = visit.diagnoses[0]
    info = {
        "mdtrt_id": visit.mdtrt_id,
        "psn_no": visit.person.psn_no,
        "med_type": visit.med_type,
        "begntime": moment(at),
    }
    info |= {
        "main_cond_dscr": "",
        "dise_codg": code,
        "dise_name": name,
        "birctrl_type": "",
        "birctrl_matn_date": "",
    }
    rows = [
        diagnosis_row(visit.hospital, *pair, at=at, number=n)
        for n, pair in enumerate(visit.diagnoses, start=1)
    ]
    data = {"mdtrtinfo": info, "diseinfo": rows}
    return desk.call("2203", visit.hospital, visit.person, at=at, data=data, output={})


def upload(desk: Desk, visit: Visit, lines: Sequence[Line], *, at: int, batch: str = "B0001") -> Call:
    """2204, or 2301 for a stay (without a batch number)."""
    if visit.is_stay:
        tie: Json = {
            "mdtrt_id": visit.mdtrt_id,
            "psn_no": visit.person.psn_no,
            "drord_no": "",
        }
    else:
        tie = {"mdtrt_id": visit.mdtrt_id, "psn_no": visit.person.psn_no, "chrg_bchno": batch}
    tie |= {
        "med_type": visit.med_type,
        "hosp_appr_flag": "1",
        "acord_dept_codg": "A03",
        "acord_dept_name": "内科",
        "memo": "",
    }
    rows = [charge(line, visit.hospital) | tie | _refunded(line) for line in lines]
    output = {"result": [cut(line) for line in lines]}
    infno = "2301" if visit.is_stay else "2204"
    return desk.call(infno, visit.hospital, visit.person, at=at, data={"feedetail": rows}, output=output)


def _refunded(line: Line) -> Json:
    return {"init_feedetl_sn": line.refund_of} if line.refund_of else {}


def withdraw_batch(desk: Desk, visit: Visit, *, at: int, batch: str) -> Call:
    """2205."""
    data = {"data": {"mdtrt_id": visit.mdtrt_id, "chrg_bchno": batch, "psn_no": visit.person.psn_no}}
    return desk.call("2205", visit.hospital, visit.person, at=at, data=data, output={})


def settle(
    desk: Desk,
    visit: Visit,
    lines: Sequence[Line],
    *,
    at: int,
    final: bool,
    batch: str = "B0001",
    family: bool = False,
) -> Settled:
    """2207 or 2304 over these lines; 2206 or 2303 when not `final`."""
    person = visit.person
    data = {"psn_no": person.psn_no, "mdtrt_cert_type": person.cert_type, "mdtrt_cert_no": person.card}
    data |= {"mdtrt_id": visit.mdtrt_id, "med_type": visit.med_type, "medfee_sumamt": yuan(fee(lines))}
    data |= {
        "psn_setlway": "01",
        "insutype": person.insutype,
        "acct_used_flag": "2" if family else "1",
        "invono": "",
    }
    data |= {"mid_setl_flag": "0"} if visit.is_stay else {"chrg_bchno": batch}
    infno = ("2304" if final else "2303") if visit.is_stay else ("2207" if final else "2206")
    setl_id = desk.number("S", at) if final else ""
    call = desk.call(infno, visit.hospital, person, at=at, data={"data": data}, output={})
    answered(
        call,
        person,
        mdtrt_id=visit.mdtrt_id,
        med_type=visit.med_type,
        amount=fee(lines),
        setl_id=setl_id,
        family=family,
    )
    return Settled(call, setl_id, visit.mdtrt_id, person, lines)


def check(desk: Desk, visit: Visit, lines: Sequence[Line], *, at: int, infno: str) -> Call:
    """3101 or 3102 over these lines as orders; the monitor answers, so there is no reply."""
    person, hospital = visit.person, visit.hospital
    code, name = visit.diagnoses[0]
    rows = [
        {"dise_id": f"{visit.mdtrt_id}{n}", "inout_dise_type": "1", "maindise_flag": "1" if n == 1 else "0",
         "dias_srt_no": str(n), "dise_codg": pair[0], "dise_name": pair[1], "dise_date": moment(at)}
        for n, pair in enumerate(visit.diagnoses, start=1)
    ]  # fmt: skip
    encounter: Json = {"mdtrt_id": visit.mdtrt_id, "medins_id": hospital.code, "medins_name": hospital.name}
    encounter |= {"medins_admdvs": hospital.admvs, "medins_type": "1", "medins_lv": hospital.level}
    encounter |= {"adm_date": moment(visit.begun), "dscg_date": moment(at), "dscg_main_dise_codg": code}
    encounter |= {"dscg_main_dise_name": name, "fsi_diagnose_dtos": rows, "dr_codg": doctor(hospital)}
    encounter |= {
        "adm_dept_codg": "A03",
        "adm_dept_name": "内科",
        "med_mdtrt_type": "2" if visit.is_stay else "1",
    }
    encounter |= {"med_type": visit.med_type, "fsi_order_dtos": [_order(line, hospital) for line in lines]}
    encounter |= {"matn_stas": "0", "medfee_sumamt": yuan(fee(lines)), "setl_totlnum": "1"}
    encounter |= {"insutype": person.insutype, "reim_flag": "0", "out_setl_flag": "0"}
    patient: Json = {
        "patn_id": person.psn_no,
        "patn_name": person.name,
        "gend": person.sex,
        "brdy": person.brdy,
    }
    patient |= {"poolarea": "430100", "curr_mdtrt_id": visit.mdtrt_id, "fsi_encounter_dtos": [encounter]}
    scene = {"3101": "4" if visit.is_stay else "2", "3102": "8" if visit.is_stay else "6"}[infno]
    data: Json = {
        "syscode": "HIS",
        "patient_dtos": [patient],
        "rule_ids": [],
        "task_id": "",
        "trig_scen": scene,
    }
    return desk.call(infno, hospital, person, at=at, data={"data": data}, output=None)


def _order(line: Line, hospital: Provider) -> Json:
    item, price, amount = line.item, decimal(line.item.price, 6), yuan(line.amount)
    row = {"rx_id": line.sn, "rxno": "R" + line.sn[1:], "long_drord_flag": "0", "hilist_type": item.list_type}
    row |= {
        "chrg_type": item.chrg_type,
        "drord_bhvr": "0",
        "hilist_code": item.code,
        "hilist_name": item.name,
    }
    row |= {
        "hilist_lv": "1",
        "hilist_pric": price,
        "hosplist_code": "L" + item.code[-12:],
        "hosplist_name": item.name,
    }
    row |= {
        "cnt": decimal(line.count, 4),
        "pric": price,
        "sumamt": amount,
        "ownpay_amt": "0.00",
        "selfpay_amt": "0.00",
    }
    row |= {"spec": item.spec, "spec_unt": "", "drord_begn_date": moment(line.at), "drord_stop_date": ""}
    row |= {"drord_dept_codg": "A03", "drord_dept_name": "内科", "drord_dr_codg": doctor(hospital)}
    extra = {"o_prdDays": str(line.days) if line.days else "", "o_sinDosDscr": "", "o_used_frqu_dscr": ""}
    return row | {"drord_dr_name": "某医师", "curr_drord_flag": "1", "extend_order_map": extra}


def feedback(desk: Desk, visit: Visit, *, at: int, jr_id: str) -> Call:
    """3103: the physician goes on, with a reason."""
    warn = {"warn_rslt_id": jr_id, "dspo_way": "1", "dspo_way_rea": "病情需要"}
    data = {"data": {"warn_type": "1", "warns": [warn]}}
    return desk.call("3103", visit.hospital, visit.person, at=at, data=data, output=None)


def face(
    desk: Desk, hospital: Provider, person: Person, *, at: int, biz: str, result: str, mdtrt_id: str = ""
) -> Call:
    """9601 with this recog_rslt; 9602 (special registration) for result 4."""
    info = {
        "medins_code": hospital.code,
        "psn_no": person.psn_no,
        "certno": person.certno,
        "psn_name": person.name,
    }
    info |= {"recog_biz": biz, "plan_id": "", "mdtrt_id": mdtrt_id, "recog_pic": ""}
    special = result == "4"
    if special:
        info["sp_dcla_rea"] = "面部受伤"
    told = {"recog_rslt": result, "recog_rslt_dscr": "" if result in "134" else "比对未通过"}
    output: Json = {"recogInfo": told, **told}
    return desk.call(
        "9602" if special else "9601", hospital, person, at=at, data={"recogInfo": info}, output=output
    )


def admit(
    desk: Desk, hospital: Provider, person: Person, *, at: int, diagnoses: Diagnoses, med_type: str = "2101"
) -> tuple[Call, Visit]:
    """2401."""
    stay = Visit(person, hospital, desk.number("M", at), at, med_type, diagnoses)
    code, name = diagnoses[0]
    info = {
        "psn_no": person.psn_no,
        "insutype": person.insutype,
        "coner_name": "",
        "tel": "",
        "begntime": moment(at),
    }
    info |= {"mdtrt_cert_type": person.cert_type, "mdtrt_cert_no": person.card, "med_type": med_type}
    info |= {
        "ipt_no": desk.number("O", at),
        "atddr_no": doctor(hospital),
        "chfpdr_name": "某医师",
        "adm_diag_dscr": name,
    }
    info |= {"adm_dept_codg": "A04", "adm_dept_name": "外科", "adm_bed": str(at // 60 % 48 + 1)}
    info |= {
        "dscg_maindiag_code": code,
        "dscg_maindiag_name": name,
        "main_cond_dscr": "",
        "dise_codg": "",
        "dise_name": "",
    }
    data = {"mdtrtinfo": info, "diseinfo": _stay_diagnoses(stay, at=at, known=False)}
    return desk.call(
        "2401", hospital, person, at=at, data=data, output={"result": {"mdtrt_id": stay.mdtrt_id}}
    ), stay


def _stay_diagnoses(stay: Visit, *, at: int, known: bool) -> list[Json]:
    tie = {"psn_no": stay.person.psn_no} | ({"mdtrt_id": stay.mdtrt_id} if known else {"adm_cond": ""})
    return [
        diagnosis_row(stay.hospital, *pair, at=at, number=n) | tie | {"maindiag_flag": "1" if n == 1 else "0"}
        for n, pair in enumerate(stay.diagnoses, start=1)
    ]


def discharge(desk: Desk, stay: Visit, *, at: int, ended: int, way: str = "1", died: str = "") -> Call:
    """2402; `ended` is endtime, `way` dscg_way (5 = died)."""
    info = {"mdtrt_id": stay.mdtrt_id, "psn_no": stay.person.psn_no, "insutype": stay.person.insutype}
    info |= {
        "endtime": moment(ended),
        "dise_codg": "",
        "dise_name": "",
        "dscg_dept_codg": "A04",
        "dscg_dept_name": "外科",
    }
    info |= {"dscg_bed": str(stay.begun // 60 % 48 + 1), "dscg_way": way, "die_date": died}
    data = {"dscginfo": info, "diseinfo": _stay_diagnoses(stay, at=at, known=True)}
    return desk.call("2402", stay.hospital, stay.person, at=at, data=data, output={})
