"""The settlement every kind of visit ends in: what its reply says, and how its lines look on the wire."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from monitor.simulator.people import Person
from monitor.simulator.providers import Provider
from monitor.simulator.wire import Call, Desk, Json, Line, decimal, moment, yuan

FUND_SHARE = {"310": 75, "390": 60}
"""Per cent of the fee that the fund pays, by insutype."""


class Settled(msgspec.Struct, frozen=True):
    """A settlement that was answered: what a reversal, a return or the truth file must name."""

    call: Call
    setl_id: str
    mdtrt_id: str
    person: Person
    lines: Sequence[Line]

    @property
    def msgid(self) -> str:
        """The message it was settled by."""
        return self.call.msgid


def doctor(provider: Provider, number: int = 1) -> str:
    """The code of one of the provider's physicians or pharmacists."""
    return f"D430100000{provider.code[-4:]}{number % 10}"


def fee(lines: Sequence[Line]) -> int:
    """The sum of the lines in fen."""
    return sum(line.amount for line in lines)


def setlinfo(
    person: Person,
    *,
    at: int,
    mdtrt_id: str,
    med_type: str,
    amount: int,
    msgid: str,
    setl_id: str,
    family: bool,
) -> Json:
    """The settlement's own part of a reply; medfee = fund + psn_part, psn_part = acct + cash."""
    fund = abs(amount) * FUND_SHARE[person.insutype] // 100
    part = abs(amount) - fund
    account = min(part, person.balance) if person.insutype == "310" or family else 0
    sign = -1 if amount < 0 else 1
    info = {"mdtrt_id": mdtrt_id, "psn_no": person.psn_no, "psn_name": person.name, "psn_cert_type": "01"}
    info |= {
        "certno": person.certno,
        "gend": person.sex,
        "naty": "01",
        "brdy": person.brdy,
        "age": str(person.age),
    }
    info |= {
        "insutype": person.insutype,
        "psn_type": person.psn_type,
        "cvlserv_flag": "0",
        "setl_time": moment(at),
    }
    info |= {"mdtrt_cert_type": person.cert_type, "med_type": med_type, "medfee_sumamt": yuan(amount)}
    info |= {"fulamt_ownpay_amt": "0.00", "overlmt_selfpay": "0.00", "preselfpay_amt": "0.00"}
    info |= {"inscp_scp_amt": yuan(amount), "act_pay_dedc": "0.00", "hifp_pay": yuan(sign * fund)}
    info |= {
        "pool_prop_selfpay": f"0.{FUND_SHARE[person.insutype]}",
        "cvlserv_pay": "0.00",
        "hifes_pay": "0.00",
    }
    info |= {"hifmi_pay": "0.00", "hifob_pay": "0.00", "maf_pay": "0.00", "oth_pay": "0.00"}
    info |= {
        "fund_pay_sumamt": yuan(sign * fund),
        "psn_part_amt": yuan(sign * part),
        "acct_pay": yuan(sign * account),
    }
    info |= {
        "psn_cash_pay": yuan(sign * (part - account)),
        "hosp_part_amt": "0.00",
        "balc": yuan(person.balance - account),
    }
    info |= {"acct_mulaid_pay": yuan(sign * account) if family else "0.00", "medins_setl_id": msgid}
    info |= {"clr_optins": "430100", "clr_way": "1", "clr_type": "41" if med_type == "41" else "11"}
    return info | {"setl_id": setl_id} if setl_id else info


def answered(
    call: Call,
    person: Person,
    *,
    mdtrt_id: str,
    med_type: str,
    amount: int,
    setl_id: str,
    family: bool = False,
    lines: Sequence[Line] = (),
) -> Call:
    """The call with the reply of a (pre-)settlement put into it; a pre-settlement has no setl_id."""
    info = setlinfo(
        person,
        at=call.sent,
        mdtrt_id=mdtrt_id,
        med_type=med_type,
        amount=amount,
        msgid=call.msgid,
        setl_id=setl_id,
        family=family,
    )
    fund = {
        "fund_pay_type": "310100" if person.insutype == "310" else "390100",
        "inscp_scp_amt": info["inscp_scp_amt"],
    }
    fund |= {"crt_payb_lmt_amt": "450000.00", "fund_payamt": info["fund_pay_sumamt"], "setl_proc_info": ""}
    call.record["reply"]["output"] = {
        "setlinfo": info,
        "setldetail": [fund],
        "detlcutinfo": [cut(line) for line in lines],
    }
    return call


def cut(line: Line) -> Json:
    """How the platform divided one line (detlcutinfo, and the result of a charge upload)."""
    amount = yuan(line.amount)
    row = {"feedetl_sn": line.sn, "det_item_fee_sumamt": amount, "cnt": decimal(line.count, 4)}
    row |= {"pric": decimal(line.item.price, 6), "pric_uplmt_amt": "999999.00", "selfpay_prop": "0"}
    row |= {
        "fulamt_ownpay_amt": "0.00",
        "overlmt_amt": "0.00",
        "preselfpay_amt": "0.00",
        "inscp_scp_amt": amount,
    }
    row |= {"chrgitm_lv": "01", "med_chrgitm_type": line.item.chrg_type, "bas_medn_flag": "0"}
    row |= {"hi_nego_drug_flag": "0", "chld_medc_flag": "0", "list_sp_item_flag": "0", "lmt_used_flag": "0"}
    return row | {"drt_reim_flag": "0", "memo": ""}


def charge(line: Line, provider: Provider) -> Json:
    """One row of drugdetail or feedetail, without what ties it to a visit."""
    item = line.item
    row = {
        "feedetl_sn": line.sn,
        "rxno": "R" + line.sn[1:],
        "rx_circ_flag": line.rx_circ,
        "fee_ocur_time": moment(line.at),
    }
    row |= {
        "med_list_codg": item.code,
        "medins_list_codg": "L" + item.code[-12:],
        "det_item_fee_sumamt": yuan(line.amount),
    }
    row |= {"cnt": decimal(line.count, 4), "pric": decimal(item.price, 6)}
    row |= {"sin_dos_dscr": item.spec if line.days else "", "used_frqu_dscr": "遵医嘱" if line.days else ""}
    row |= {"prd_days": str(line.days) if line.days else "", "medc_way_dscr": "口服" if line.days else ""}
    return row | {"bilg_dr_codg": doctor(provider), "bilg_dr_name": "某医师", "bilg_dept_codg": "A03"}


def diagnosis_row(
    provider: Provider, code: str, name: str, *, at: int, number: int = 1, diag_type: str = "1"
) -> Json:
    """One row of diseinfo."""
    row = {
        "diag_type": diag_type,
        "diag_srt_no": str(number),
        "diag_code": code,
        "diag_name": name,
        "diag_dept": "内科",
    }
    return row | {
        "dise_dor_no": doctor(provider),
        "dise_dor_name": "某医师",
        "diag_time": moment(at),
        "vali_flag": "1",
    }


def reversal(desk: Desk, settled: Settled, *, at: int) -> Call:
    """2103, 2208 or 2305, whichever takes this settlement back."""
    infno = {"2102": "2103", "2207": "2208", "2304": "2305"}[settled.call.record["request"]["infno"]]
    person = settled.person
    data = {"data": {"setl_id": settled.setl_id, "mdtrt_id": settled.mdtrt_id, "psn_no": person.psn_no}}
    call = desk.call(infno, settled.call.provider, person, at=at, data=data, output={})
    return answered(
        call,
        person,
        mdtrt_id=settled.mdtrt_id,
        med_type=_med_type(settled),
        amount=-fee(settled.lines),
        setl_id=desk.number("S", at),
    )


def _med_type(settled: Settled) -> str:
    return str(settled.call.record["reply"]["output"]["setlinfo"]["med_type"])


def compensation(desk: Desk, call: Call, person: Person, *, at: int) -> Call:
    """2601: undo a call whose outcome is unknown."""
    request = call.record["request"]
    data = {"data": {"psn_no": person.psn_no, "omsgid": request["msgid"], "oinfno": request["infno"]}}
    return desk.call("2601", call.provider, person, at=at, data=data, output={})
