"""Checks of orders, faces, the register; goods and trace codes: 1101, 3101-3103, 3505A, 3506A, 9601, 9602."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Unpack

from tests.wire.envelope import HOSPITAL, PHARMACY, Call, Record, certno, next_id, psn_no, record


def order(
    item: str = "SV00000001",
    *,
    cnt: str = "1",
    pric: str = "10.00",
    amount: str | None = None,
    at: str = "",
    rx_id: str = "",
    prd_days: str = "",
    current: str = "1",
) -> Record:
    """An order of a 3101 or 3102; its time is that of the call unless `at` is given."""
    product = (Decimal(pric) * Decimal(cnt)).quantize(Decimal("0.01"))
    return {
        "rx_id": rx_id or next_id("X"),
        "rxno": "RX1",
        "long_drord_flag": "0",
        "hilist_type": "101",
        "chrg_type": "09",
        "drord_bhvr": "0",
        "hilist_code": item,
        "hilist_name": "某项目",
        "hilist_lv": "1",
        "hilist_pric": pric,
        "hosplist_code": f"L{item}",
        "hosplist_name": "某项目",
        "cnt": cnt,
        "pric": pric,
        "sumamt": str(product) if amount is None else amount,
        "ownpay_amt": "",
        "selfpay_amt": "",
        "spec": "",
        "spec_unt": "",
        "drord_begn_date": at,
        "drord_stop_date": "",
        "drord_dept_codg": "A03",
        "drord_dr_codg": "D430100000001",
        "curr_drord_flag": current,
        "extend_order_map": {"o_prdDays": prd_days, "o_sinDosDscr": "", "o_used_frqu_dscr": ""},
    }


def diagnosis(code: str, *, number: int = 1) -> Record:
    """A diagnosis of a 3101 or 3102; the first is the main one."""
    return {
        "dise_id": next_id("E"),
        "inout_dise_type": "1",
        "maindise_flag": "1" if number == 1 else "0",
        "dias_srt_no": str(number),
        "dise_codg": code,
        "dise_name": "某诊断",
        "dise_date": "",
    }


def orders_checked(  # noqa: PLR0913 - all by name
    person: str,
    *,
    at: str,
    orders: Sequence[Record],
    infno: str = "3102",
    mdtrt_id: str = "",
    med_type: str = "11",
    insutype: str = "310",
    diagnoses: Sequence[str] = (),
    gend: str = "1",
    brdy: str = "1980-05-20",
    rule_ids: Sequence[str] = (),
    provider: str = HOSPITAL,
    **call: Unpack[Call],
) -> Record:
    """3102 (or 3101): the orders of a visit are put before the monitor; the reply is null."""
    mdtrt_id = mdtrt_id or next_id("M")
    rows = [each | {"drord_begn_date": each["drord_begn_date"] or at} for each in orders]
    stated = [diagnosis(code, number=n) | {"dise_date": at} for n, code in enumerate(diagnoses, start=1)]
    encounter = {
        "mdtrt_id": mdtrt_id,
        "medins_id": provider,
        "medins_name": "某定点机构",
        "medins_admdvs": "430100",
        "medins_type": "1",
        "medins_lv": "3",
        "adm_date": at,
        "dscg_date": at,
        "dscg_main_dise_codg": diagnoses[0] if diagnoses else "",
        "dscg_main_dise_name": "",
        "fsi_diagnose_dtos": stated,
        "dr_codg": "D430100000001",
        "adm_dept_codg": "A03",
        "med_mdtrt_type": "1",
        "med_type": med_type,
        "fsi_order_dtos": rows,
        "matn_stas": "0",
        "medfee_sumamt": str(sum((Decimal(each["sumamt"]) for each in rows), Decimal("0.00"))),
        "setl_totlnum": "1",
        "insutype": insutype,
        "reim_flag": "0",
        "out_setl_flag": "0",
    }
    patient = {
        "patn_id": psn_no(person),
        "patn_name": "某人",
        "gend": gend,
        "brdy": brdy,
        "poolarea": "430100",
        "curr_mdtrt_id": mdtrt_id,
        "fsi_encounter_dtos": [encounter],
    }
    data = {
        "syscode": "HIS",
        "patient_dtos": [patient],
        "rule_ids": list(rule_ids),
        "task_id": "",
        "trig_scen": "6" if infno == "3102" else "2",
    }
    call.setdefault("answered", False)
    return record(infno, provider=provider, at=at, data={"data": data}, **call)


def feedback(
    jr_id: str,
    *,
    at: str,
    dspo_way: str = "1",
    reason: str = "病情需要",
    provider: str = HOSPITAL,
    **call: Unpack[Call],
) -> Record:
    """3103: what the provider does about a warning."""
    warns = [{"warn_rslt_id": jr_id, "dspo_way": dspo_way, "dspo_way_rea": reason}]
    call.setdefault("answered", False)
    return record("3103", provider=provider, at=at, data={"data": {"warn_type": "1", "warns": warns}}, **call)


def insured_record(  # noqa: PLR0913 - all by name
    person: str,
    *,
    at: str,
    status: str = "1",
    insutype: str = "310",
    since: str = "2015-01-01",
    paused: str = "",
    die_date: str = "",
    gend: str = "1",
    brdy: str = "1980-05-20",
    provider: str = HOSPITAL,
    **call: Unpack[Call],
) -> Record:
    """1101: the register's answer; status is psn_insu_stas (1 normal, 2 paused), empty = none listed."""
    asked = {
        "mdtrt_cert_type": "02",
        "mdtrt_cert_no": certno(person),
        "begntime": at,
        "certno": certno(person),
    }
    base = {
        "psn_no": psn_no(person),
        "psn_cert_type": "01",
        "certno": certno(person),
        "psn_name": "某人",
        "gend": gend,
        "naty": "01",
        "brdy": brdy,
        "age": "",
    }
    cover = {
        "balc": "812.5",
        "insutype": insutype,
        "psn_type": "1101",
        "psn_insu_stas": status,
        "psn_insu_date": since,
        "paus_insu_date": paused,
        "cvlserv_flag": "0",
        "insuplc_admdvs": "430100",
        "emp_name": "",
    }
    output = {
        "baseinfo": base | ({"die_date": die_date} if die_date else {}),
        "insuinfo": [cover] if status else [],
        "idetinfo": [],
    }
    return record("1101", provider=provider, at=at, data={"data": asked}, output=output, **call)


def face_check(
    person: str,
    *,
    at: str,
    result: str = "0",
    biz: str = "14",
    mdtrt_id: str = "",
    provider: str = HOSPITAL,
    infno: str = "9601",
    **call: Unpack[Call],
) -> Record:
    """9601: a face check; result 0 and 2 failed, 1 passed, 3 under review, 4 special registration."""
    info = {
        "medins_code": provider,
        "psn_no": psn_no(person),
        "certno": certno(person),
        "psn_name": "某人",
        "recog_biz": biz,
        "plan_id": "",
        "mdtrt_id": mdtrt_id,
        "recog_pic": "",
    }
    if infno == "9602":
        info["sp_dcla_rea"] = "面部受伤"
    said = {"recog_rslt": result, "recog_rslt_dscr": ""}
    return record(
        infno, provider=provider, at=at, data={"recogInfo": info}, output={"recogInfo": said} | said, **call
    )


def face_registration(
    person: str,
    *,
    at: str,
    biz: str = "14",
    mdtrt_id: str = "",
    provider: str = HOSPITAL,
    **call: Unpack[Call],
) -> Record:
    """9602: a special registration instead of a face check."""
    return face_check(
        person, at=at, result="4", biz=biz, mdtrt_id=mdtrt_id, provider=provider, infno="9602", **call
    )


def goods_sold(
    person: str,
    *,
    at: str,
    setl_id: str,
    codes: Sequence[str],
    trdn_flag: str = "0",
    provider: str = PHARMACY,
    infno: str = "3505A",
    **call: Unpack[Call],
) -> Record:
    """3505A: goods sold with a settlement, by trace code."""
    goods = {
        "med_list_codg": "XZGOODS01",
        "fixmedins_hilist_id": "LXZGOODS01",
        "fixmedins_hilist_name": "某药",
        "setl_id": setl_id,
        "psn_no": psn_no(person),
        "sel_retn_cnt": "1",
        "sel_retn_time": at,
        "sel_retn_opter_name": "某经办人",
        "rx_flag": "0",
        "trdn_flag": trdn_flag,
        "mdtrt_setl_type": "1",
        "drugtracinfo": [{"drug_trac_codg": code} for code in codes],
    }
    output = {"result": {"retRslt": "1", "msgRslt": ""}}
    return record(infno, provider=provider, at=at, data={"selinfoDetail": [goods]}, output=output, **call)


def goods_returned(
    person: str,
    *,
    at: str,
    setl_id: str,
    codes: Sequence[str],
    provider: str = PHARMACY,
    **call: Unpack[Call],
) -> Record:
    """3506A: goods returned, by trace code."""
    return goods_sold(person, at=at, setl_id=setl_id, codes=codes, provider=provider, infno="3506A", **call)
