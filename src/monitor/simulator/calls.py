"""Calls of pharmacies and out-patient windows, and the settlement every kind of visit ends in."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from monitor.simulator.catalogue import Condition
from monitor.simulator.people import Person
from monitor.simulator.providers import DAY, Provider
from monitor.simulator.wire import Call, Desk, Json, Line, day_text, decimal, moment, yuan

FUND_SHARE = {"310": 75, "390": 60}
"""Per cent of the fee that the fund pays, by insutype."""

DOCTOR = "D430100000"


class Settled(msgspec.Struct, frozen=True):
    """A settlement that was answered: what a reversal, a return or the truth file must name."""

    call: Call
    setl_id: str
    mdtrt_id: str
    person: Person
    lines: Sequence[Line]

    @property
    def msgid(self) -> str:
        return self.call.msgid


def doctor(provider: Provider, number: int = 1) -> str:
    """The code of one of the provider's physicians or pharmacists."""
    return f"{DOCTOR}{provider.code[-4:]}{number % 10}"


def fee(lines: Sequence[Line]) -> int:
    """The sum of the lines in fen."""
    return sum(line.amount for line in lines)


def read_register(
    desk: Desk, provider: Provider, person: Person, *, at: int, status: str = "1", since: str = "2015-01-01", paused: str = ""
) -> Call:
    """1101: the person's record; `since` and `paused` are dates, `status` is psn_insu_stas."""
    cert = {"mdtrt_cert_type": person.cert_type, "mdtrt_cert_no": person.card, "card_sn": "", "begntime": moment(at)}
    data = {"data": {**cert, "psn_cert_type": "01", "certno": person.certno, "psn_name": person.name}}
    base = {"psn_no": person.psn_no, "psn_cert_type": "01", "certno": person.certno, "psn_name": person.name}
    base |= {"gend": person.sex, "naty": "01", "brdy": person.brdy, "age": str(person.age), "exp_content": ""}
    cover = {
        "balc": yuan(person.balance),
        "insutype": person.insutype,
        "psn_type": person.psn_type,
        "psn_insu_stas": status,
        "psn_insu_date": since,
        "paus_insu_date": paused,
        "cvlserv_flag": "0",
        "insuplc_admdvs": "430100",
        "emp_name": "",
    }
    return desk.call("1101", provider, person, at=at, data=data, output={"baseinfo": base, "insuinfo": [cover], "idetinfo": []})


def setlinfo(
    person: Person, *, at: int, mdtrt_id: str, med_type: str, amount: int, msgid: str, setl_id: str, family: bool
) -> Json:
    """The settlement's own part of a reply; medfee = fund + psn_part, psn_part = acct + cash."""
    fund = abs(amount) * FUND_SHARE[person.insutype] // 100
    part = abs(amount) - fund
    account = min(part, person.balance) if person.insutype == "310" or family else 0
    sign = -1 if amount < 0 else 1
    info = {"mdtrt_id": mdtrt_id, "psn_no": person.psn_no, "psn_name": person.name, "psn_cert_type": "01"}
    info |= {"certno": person.certno, "gend": person.sex, "naty": "01", "brdy": person.brdy, "age": str(person.age)}
    info |= {"insutype": person.insutype, "psn_type": person.psn_type, "cvlserv_flag": "0", "setl_time": moment(at)}
    info |= {"mdtrt_cert_type": person.cert_type, "med_type": med_type, "medfee_sumamt": yuan(amount)}
    info |= {"fulamt_ownpay_amt": "0.00", "overlmt_selfpay": "0.00", "preselfpay_amt": "0.00"}
    info |= {"inscp_scp_amt": yuan(amount), "act_pay_dedc": "0.00", "hifp_pay": yuan(sign * fund)}
    info |= {"pool_prop_selfpay": f"0.{FUND_SHARE[person.insutype]}", "cvlserv_pay": "0.00", "hifes_pay": "0.00"}
    info |= {"hifmi_pay": "0.00", "hifob_pay": "0.00", "maf_pay": "0.00", "oth_pay": "0.00"}
    info |= {"fund_pay_sumamt": yuan(sign * fund), "psn_part_amt": yuan(sign * part), "acct_pay": yuan(sign * account)}
    info |= {"psn_cash_pay": yuan(sign * (part - account)), "hosp_part_amt": "0.00", "balc": yuan(person.balance - account)}
    info |= {"acct_mulaid_pay": yuan(sign * account) if family else "0.00", "medins_setl_id": msgid}
    info |= {"clr_optins": "430100", "clr_way": "1", "clr_type": "41" if med_type == "41" else "11"}
    return info | {"setl_id": setl_id} if setl_id else info


def answered(
    call: Call, person: Person, *, mdtrt_id: str, med_type: str, amount: int, setl_id: str, family: bool = False,
    lines: Sequence[Line] = (),
) -> Call:
    """The call with the reply of a (pre-)settlement put into it; a pre-settlement has no setl_id."""
    info = setlinfo(
        person, at=call.sent, mdtrt_id=mdtrt_id, med_type=med_type, amount=amount, msgid=call.msgid, setl_id=setl_id, family=family
    )
    fund = {"fund_pay_type": "310100" if person.insutype == "310" else "390100", "inscp_scp_amt": info["inscp_scp_amt"]}
    fund |= {"crt_payb_lmt_amt": "450000.00", "fund_payamt": info["fund_pay_sumamt"], "setl_proc_info": ""}
    call.record["reply"]["output"] = {"setlinfo": info, "setldetail": [fund], "detlcutinfo": [cut(line) for line in lines]}
    return call


def cut(line: Line) -> Json:
    """How the platform divided one line (detlcutinfo, and the result of a charge upload)."""
    amount = yuan(line.amount)
    row = {"feedetl_sn": line.sn, "det_item_fee_sumamt": amount, "cnt": decimal(line.count, 4)}
    row |= {"pric": decimal(line.item.price, 6), "pric_uplmt_amt": "999999.00", "selfpay_prop": "0"}
    row |= {"fulamt_ownpay_amt": "0.00", "overlmt_amt": "0.00", "preselfpay_amt": "0.00", "inscp_scp_amt": amount}
    row |= {"chrgitm_lv": "01", "med_chrgitm_type": line.item.chrg_type, "bas_medn_flag": "0"}
    row |= {"hi_nego_drug_flag": "0", "chld_medc_flag": "0", "list_sp_item_flag": "0", "lmt_used_flag": "0"}
    return row | {"drt_reim_flag": "0", "memo": ""}


def charge(line: Line, provider: Provider) -> Json:
    """One row of drugdetail or feedetail, without what ties it to a visit."""
    item = line.item
    row = {"feedetl_sn": line.sn, "rxno": "R" + line.sn[1:], "rx_circ_flag": line.rx_circ, "fee_ocur_time": moment(line.at)}
    row |= {"med_list_codg": item.code, "medins_list_codg": "L" + item.code[-12:], "det_item_fee_sumamt": yuan(line.amount)}
    row |= {"cnt": decimal(line.count, 4), "pric": decimal(item.price, 6)}
    row |= {"sin_dos_dscr": item.spec if line.days else "", "used_frqu_dscr": "遵医嘱" if line.days else ""}
    row |= {"prd_days": str(line.days) if line.days else "", "medc_way_dscr": "口服" if line.days else ""}
    return row | {"bilg_dr_codg": doctor(provider), "bilg_dr_name": "某医师", "bilg_dept_codg": "A03"}


def drug_sale(
    desk: Desk, pharmacy: Provider, person: Person, lines: Sequence[Line], *, at: int, settle: bool, family: bool = False,
    dise: tuple[str, str] = ("", ""), trdn: str = "0", opter_type: str = "1",
) -> Settled:
    """2102 (or 2101 when not `settle`): druginfo, drugdetail and, in a settlement, the trace codes of the lines."""
    info = {"psn_no": person.psn_no, "mdtrt_cert_type": person.cert_type, "mdtrt_cert_no": person.card}
    info |= {"certno": person.certno, "psn_cert_type": "01", "psn_type": person.psn_type, "psn_name": person.name}
    info |= {"begntime": moment(at), "medfee_sumamt": yuan(fee(lines)), "invono": "", "insutype": person.insutype}
    info |= {"dise_codg": dise[0], "dise_name": dise[1], "acct_used_flag": "2" if family else "1", "med_type": "41"}
    data: Json = {"druginfo": info, "drugdetail": [charge(line, pharmacy) for line in lines]}
    boxes = [
        {"feedetl_sn": line.sn, "drug_trac_codg": box, "trdn_flag": trdn, "min_prcunt_type": "1"}
        for line in lines
        for box in line.boxes
    ]
    if settle and boxes:
        data["drug_trac_info"] = boxes
    infno = "2102" if settle else "2101"
    call = desk.call(infno, pharmacy, person, at=at, data=data, output={}, opter_type=opter_type)
    mdtrt_id = desk.number("M", at)
    setl_id = desk.number("S", at) if settle else ""
    answered(
        call, person, mdtrt_id=mdtrt_id, med_type="41", amount=fee(lines), setl_id=setl_id, family=family, lines=lines
    )
    return Settled(call, setl_id, mdtrt_id, person, lines)


def reversal(desk: Desk, settled: Settled, *, at: int) -> Call:
    """2103, 2208 or 2305, whichever takes this settlement back."""
    infno = {"2102": "2103", "2207": "2208", "2304": "2305"}[settled.call.record["request"]["infno"]]
    person = settled.person
    data = {"data": {"setl_id": settled.setl_id, "mdtrt_id": settled.mdtrt_id, "psn_no": person.psn_no}}
    call = desk.call(infno, settled.call.provider, person, at=at, data=data, output={})
    return answered(
        call, person, mdtrt_id=settled.mdtrt_id, med_type=_med_type(settled), amount=-fee(settled.lines), setl_id=desk.number("S", at)
    )


def _med_type(settled: Settled) -> str:
    return str(settled.call.record["reply"]["output"]["setlinfo"]["med_type"])


def compensation(desk: Desk, call: Call, person: Person, *, at: int) -> Call:
    """2601: undo a call whose outcome is unknown."""
    request = call.record["request"]
    data = {"data": {"psn_no": person.psn_no, "omsgid": request["msgid"], "oinfno": request["infno"]}}
    return desk.call("2601", call.provider, person, at=at, data=data, output={})


def goods(desk: Desk, settled: Settled, *, at: int, returned: bool = False, trdn: str = "0") -> Call:
    """3505A (sold) or 3506A (`returned`): the boxes of a settlement."""
    rows = [
        {
            "med_list_codg": line.item.code,
            "fixmedins_hilist_id": "L" + line.item.code[-12:],
            "fixmedins_hilist_name": line.item.name,
            "fixmedins_bchno": "B" + line.sn[-6:],
            "setl_id": settled.setl_id,
            "psn_no": settled.person.psn_no,
            "psn_cert_type": "01",
            "certno": settled.person.certno,
            "manu_date": "2025-01-01",
            "expy_end": "2027-12-31",
            "finl_trns_pric": decimal(line.item.price, 6),
            "sel_retn_cnt": decimal(line.count, 4),
            "sel_retn_time": moment(at),
            "sel_retn_opter_name": settled.call.provider.clerk,
            "rx_flag": "0",
            "trdn_flag": trdn,
            "mdtrt_setl_type": "1",
            "drugtracinfo": [{"drug_trac_codg": box} for box in line.boxes],
        }
        for line in settled.lines
        if line.boxes
    ]
    data = {"selinfoDetail": rows}
    output = {"result": {"retRslt": "1", "msgRslt": ""}}
    return desk.call("3506A" if returned else "3505A", settled.call.provider, settled.person, at=at, data=data, output=output)


def diagnosis_row(provider: Provider, code: str, name: str, *, at: int, number: int = 1, diag_type: str = "1") -> Json:
    """One row of diseinfo."""
    row = {"diag_type": diag_type, "diag_srt_no": str(number), "diag_code": code, "diag_name": name, "diag_dept": "内科"}
    return row | {"dise_dor_no": doctor(provider), "dise_dor_name": "某医师", "diag_time": moment(at), "vali_flag": "1"}


def sign_in(desk: Desk, provider: Provider, *, at: int) -> Call:
    """9001: the provider's daily sign-in, which no rule needs."""
    data = {"signIn": {"opter_no": provider.code[-5:], "mac": "00-16-3E-10-20-30", "ip": "10.20.30.40"}}
    output = {"signinoutb": {"sign_time": moment(at), "sign_no": f"SN{provider.code}{day_text(at // DAY)}"}}
    return desk.call("9001", provider, None, at=at, data=data, output=output)


def download(desk: Desk, provider: Provider, *, at: int) -> Call:
    """1301: a catalogue download, which no rule needs."""
    output = {"file_qury_no": f"fsi/1301/{provider.code}", "filename": "drug.txt.zip", "dld_end_time": moment(at), "data_cnt": "0"}
    return desk.call("1301", provider, None, at=at, data={"data": {"ver": "F20260101"}}, output=output)


def condition_of(person: Person, conditions: dict[str, Condition]) -> Condition | None:
    """The person's first chronic disease."""
    return conditions[person.ailments[0]] if person.ailments else None
