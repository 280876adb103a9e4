"""Visits and stays, their diagnoses and charge lines: 2201-2205, 2301, 2302, 2401, 2402, 2404, 2405."""

from collections.abc import Sequence
from typing import Unpack

from tests.wire.envelope import HOSPITAL, Call, Record, next_id, psn_no, record


def registration(
    person: str, *, at: str, mdtrt_id: str, provider: str = HOSPITAL, **call: Unpack[Call]
) -> Record:
    """2201: registration of an outpatient visit."""
    data = {
        "psn_no": psn_no(person),
        "insutype": "310",
        "begntime": at,
        "mdtrt_cert_type": "02",
        "mdtrt_cert_no": "",
        "ipt_otp_no": "O000004",
        "atddr_no": "D430100000001",
        "dr_name": "某医师",
        "dept_code": "A03",
        "dept_name": "内科",
        "caty": "A03",
    }
    output = {"data": {"mdtrt_id": mdtrt_id, "psn_no": psn_no(person), "ipt_otp_no": "O000004"}}
    return record("2201", provider=provider, at=at, data={"data": data}, output=output, **call)


def registration_withdrawn(
    person: str, *, at: str, mdtrt_id: str, provider: str = HOSPITAL, **call: Unpack[Call]
) -> Record:
    """2202: a registration is withdrawn."""
    data = {"psn_no": psn_no(person), "mdtrt_id": mdtrt_id, "ipt_otp_no": "O000004"}
    return record("2202", provider=provider, at=at, data={"data": data}, **call)


def _diseinfo(codes: Sequence[str | Record], at: str) -> list[Record]:
    """Each diagnosis is a code, or the fields in which it differs from a valid Western one."""
    plain = {"diag_type": "1", "diag_name": "某诊断", "diag_dept": "内科", "dise_dor_no": "D430100000001"}
    given = [{"diag_code": code} if isinstance(code, str) else code for code in codes]
    return [
        plain | {"diag_srt_no": str(n), "diag_time": at, "vali_flag": "1"} | fields
        for n, fields in enumerate(given, start=1)
    ]


def visit_details(
    person: str,
    *,
    at: str,
    mdtrt_id: str,
    diagnoses: Sequence[str | Record] = (),
    med_type: str = "11",
    begntime: str = "",
    provider: str = HOSPITAL,
    **call: Unpack[Call],
) -> Record:
    """2203: what the visit is, with its diagnoses."""
    first = diagnoses[0] if diagnoses else ""
    info = {
        "mdtrt_id": mdtrt_id,
        "psn_no": psn_no(person),
        "med_type": med_type,
        "begntime": begntime or at,
        "main_cond_dscr": "",
        "dise_codg": first if isinstance(first, str) else "",
        "dise_name": "",
    }
    data = {"mdtrtinfo": info, "diseinfo": _diseinfo(diagnoses, at)}
    return record("2203", provider=provider, at=at, data=data, **call)


def charges(
    person: str,
    *,
    at: str,
    mdtrt_id: str,
    lines: Sequence[Record],
    provider: str = HOSPITAL,
    infno: str = "2204",
    **call: Unpack[Call],
) -> Record:
    """2204: charge lines of an outpatient visit."""
    rows = [
        each | {"fee_ocur_time": each["fee_ocur_time"] or at, "mdtrt_id": mdtrt_id, "psn_no": psn_no(person)}
        for each in lines
    ]
    kept = ("feedetl_sn", "det_item_fee_sumamt", "cnt", "pric")
    output = {"result": [{name: row[name] for name in kept} for row in rows]}
    return record(infno, provider=provider, at=at, data={"feedetail": rows}, output=output, **call)


def stay_charges(
    person: str,
    *,
    at: str,
    mdtrt_id: str,
    lines: Sequence[Record],
    provider: str = HOSPITAL,
    **call: Unpack[Call],
) -> Record:
    """2301: charge lines of a stay."""
    rows = [{k: v for k, v in each.items() if k != "chrg_bchno"} | {"drord_no": ""} for each in lines]
    return charges(person, at=at, mdtrt_id=mdtrt_id, lines=rows, provider=provider, infno="2301", **call)


def charges_withdrawn(
    person: str,
    *,
    at: str,
    mdtrt_id: str,
    batch: str = "0000",
    provider: str = HOSPITAL,
    **call: Unpack[Call],
) -> Record:
    """2205: a batch of charge lines is withdrawn; "0000" is all of the visit."""
    data = {"mdtrt_id": mdtrt_id, "chrg_bchno": batch, "psn_no": psn_no(person)}
    return record("2205", provider=provider, at=at, data={"data": data}, **call)


def stay_charges_withdrawn(
    person: str,
    *,
    at: str,
    mdtrt_id: str,
    sns: Sequence[str] = ("0000",),
    provider: str = HOSPITAL,
    **call: Unpack[Call],
) -> Record:
    """2302: charge lines of a stay are withdrawn; "0000" is all of the visit."""
    rows = [{"feedetl_sn": sn, "mdtrt_id": mdtrt_id, "psn_no": psn_no(person)} for sn in sns]
    return record("2302", provider=provider, at=at, data={"data": rows}, **call)


def admission(
    person: str,
    *,
    at: str,
    mdtrt_id: str = "",
    diagnosis: str = "K35.900",
    med_type: str = "2101",
    begntime: str = "",
    provider: str = HOSPITAL,
    **call: Unpack[Call],
) -> Record:
    """2401: a stay begins; `diagnosis` is its main one ("" for none)."""
    info = {
        "psn_no": psn_no(person),
        "insutype": "310",
        "begntime": begntime or at,
        "mdtrt_cert_type": "02",
        "mdtrt_cert_no": "",
        "med_type": med_type,
        "ipt_no": "Z000033",
        "atddr_no": "D430100000001",
        "adm_diag_dscr": "",
        "adm_dept_codg": "A04",
        "adm_bed": "12",
        "dscg_maindiag_code": diagnosis,
        "dscg_maindiag_name": "",
    }
    data = {"mdtrtinfo": info, "diseinfo": _main(person, diagnosis, at)}
    output = {"result": {"mdtrt_id": mdtrt_id or next_id("M")}}
    return record("2401", provider=provider, at=at, data=data, output=output, **call)


def discharge(
    person: str,
    *,
    at: str,
    mdtrt_id: str,
    diagnosis: str = "",
    endtime: str = "",
    dscg_way: str = "1",
    die_date: str = "",
    provider: str = HOSPITAL,
    **call: Unpack[Call],
) -> Record:
    """2402: a stay ends; dscg_way 5 is death. `diagnosis` is its main one, none by default."""
    info = {
        "mdtrt_id": mdtrt_id,
        "psn_no": psn_no(person),
        "insutype": "310",
        "endtime": endtime or at,
        "dscg_dept_codg": "A04",
        "dscg_bed": "12",
        "dscg_way": dscg_way,
        "die_date": die_date,
    }
    rows = [row | {"mdtrt_id": mdtrt_id} for row in _main(person, diagnosis, at)]
    return record("2402", provider=provider, at=at, data={"dscginfo": info, "diseinfo": rows}, **call)


def _main(person: str, diagnosis: str, at: str) -> list[Record]:
    if not diagnosis:
        return []
    row: Record = _diseinfo([diagnosis], at)[0] | {"psn_no": psn_no(person), "maindiag_flag": "1"}
    row.pop("vali_flag")
    return [row]


def _withdrawn(infno: str, person: str, *, at: str, mdtrt_id: str, provider: str, call: Call) -> Record:
    data = {"mdtrt_id": mdtrt_id, "psn_no": psn_no(person)}
    return record(infno, provider=provider, at=at, data={"data": data}, **call)


def admission_withdrawn(
    person: str, *, at: str, mdtrt_id: str, provider: str = HOSPITAL, **call: Unpack[Call]
) -> Record:
    """2404: an admission is withdrawn."""
    return _withdrawn("2404", person, at=at, mdtrt_id=mdtrt_id, provider=provider, call=call)


def discharge_withdrawn(
    person: str, *, at: str, mdtrt_id: str, provider: str = HOSPITAL, **call: Unpack[Call]
) -> Record:
    """2405: a discharge is withdrawn."""
    return _withdrawn("2405", person, at=at, mdtrt_id=mdtrt_id, provider=provider, call=call)
