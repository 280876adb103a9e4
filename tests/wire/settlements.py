"""Settlements, their lines and what undoes them: 2101-2103, 2206-2208, 2303-2305, 2601."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import TypedDict, Unpack

from tests.wire.envelope import HOSPITAL, PHARMACY, Call, Record, certno, new_msgid, next_id, psn_no, record
from tests.wire.visits import charges

CENT = Decimal("0.01")


def line(  # noqa: PLR0913 - a charge line has that many parts; all by name
    item: str = "SV00000001",
    *,
    cnt: str = "1",
    pric: str = "10.00",
    amount: str | None = None,
    at: str = "",
    sn: str = "",
    prd_days: str = "",
    rx_circ_flag: str = "0",
    batch: str = "B0001",
    refunds: str = "",
) -> Record:
    """A charge line; its time is that of the call that carries it unless `at` is given.

    `amount` is round_half_up(pric*cnt, 2) unless given; `refunds` names the feedetl_sn taken back.
    """
    product = (Decimal(pric) * Decimal(cnt)).quantize(CENT, ROUND_HALF_UP)
    sn = sn or next_id("D")
    wire = {
        "feedetl_sn": sn,
        "rxno": f"R{sn}",
        "rx_circ_flag": rx_circ_flag,
        "fee_ocur_time": at,
        "med_list_codg": item,
        "medins_list_codg": f"L{item}",
        "det_item_fee_sumamt": str(product) if amount is None else amount,
        "cnt": cnt,
        "pric": pric,
        "sin_dos_dscr": "",
        "used_frqu_dscr": "",
        "prd_days": prd_days,
        "bilg_dr_codg": "D430100000001",
        "bilg_dept_codg": "A03",
        "chrg_bchno": batch,
    }
    return wire | ({"init_feedetl_sn": refunds} if refunds else {})


def trace(code: str, *, of: Record | None = None, trdn_flag: str = "0") -> Record:
    """The trace code of a box sold with the line `of`; trdn_flag 1 is a split sale."""
    sn = of["feedetl_sn"] if of else ""
    return {"feedetl_sn": sn, "drug_trac_codg": code, "trdn_flag": trdn_flag, "min_prcunt_type": "1"}


class Bill(TypedDict, total=False):
    """What the reply of a settlement may say differently."""

    fund: str
    insutype: str
    gend: str
    brdy: str
    setl_id: str


def _setlinfo(
    person: str, *, at: str, amount: str, med_type: str, mdtrt_id: str, msgid: str, **bill: Unpack[Bill]
) -> Record:
    total = Decimal(amount)
    fund = bill.get("fund", str((total * Decimal("0.7")).quantize(CENT, ROUND_HALF_UP)))
    own = total - Decimal(fund)
    info = {
        "mdtrt_id": mdtrt_id,
        "psn_no": psn_no(person),
        "psn_name": "某人",
        "psn_cert_type": "01",
        "certno": certno(person),
        "gend": bill.get("gend", "1"),
        "brdy": bill.get("brdy", "1980-05-20"),
        "age": "",
        "insutype": bill.get("insutype", "310"),
        "psn_type": "1101",
        "setl_time": at,
        "mdtrt_cert_type": "03",
        "med_type": med_type,
        "medfee_sumamt": amount,
        "fulamt_ownpay_amt": "",
        "overlmt_selfpay": "",
        "preselfpay_amt": "",
        "inscp_scp_amt": amount,
        "act_pay_dedc": "",
        "hifp_pay": fund,
        "pool_prop_selfpay": "0.7",
        "fund_pay_sumamt": fund,
        "psn_part_amt": str(own),
        "acct_pay": "",
        "psn_cash_pay": str(own),
        "hosp_part_amt": "",
        "balc": "812.50",
        "acct_mulaid_pay": "",
        "medins_setl_id": msgid,
        "clr_optins": "430100",
        "clr_way": "1",
        "clr_type": "1",
    }
    return info | ({"setl_id": bill["setl_id"]} if "setl_id" in bill else {})


class Terms(Call, Bill, total=False):
    """What any settlement may override."""

    provider: str
    amount: str
    mdtrt_id: str
    med_type: str
    acct_used_flag: str


def _settle(
    infno: str,
    person: str,
    *,
    at: str,
    extra: Record,
    amount: str,
    med_type: str,
    provider: str,
    terms: Terms,
) -> Record:
    terms = terms.copy()
    amount = terms.pop("amount", amount)
    med_type = terms.pop("med_type", med_type)
    provider = terms.pop("provider", provider)
    mdtrt_id = terms.pop("mdtrt_id", "") or next_id("M")
    call: Call = {k: terms.pop(k) for k in Call.__annotations__ if k in terms}  # type: ignore[misc, assignment]
    bill: Bill = {k: terms.pop(k) for k in Bill.__annotations__ if k in terms}  # type: ignore[misc, assignment]
    if infno in {"2102", "2207", "2304"}:
        bill.setdefault("setl_id", next_id("S"))
    call.setdefault("msgid", new_msgid(provider, call.get("inf_time", at)))
    asked = {
        "psn_no": psn_no(person),
        "mdtrt_cert_type": "03",
        "mdtrt_cert_no": "C43010000C4906E16",
        "medfee_sumamt": amount,
        "insutype": bill.get("insutype", "310"),
        "acct_used_flag": terms.pop("acct_used_flag", "1"),
        "med_type": med_type,
    }
    info = _setlinfo(
        person, at=at, amount=amount, med_type=med_type, mdtrt_id=mdtrt_id, msgid=call["msgid"], **bill
    )
    output = {"setlinfo": info, "setldetail": [], "detlcutinfo": []}
    if infno in {"2101", "2102"}:
        details = extra.pop("drugdetail")
        patient = {"certno": certno(person), "psn_cert_type": "01", "psn_type": "1101", "psn_name": "某人"}
        disease = {"begntime": at, "dise_codg": extra.pop("dise_codg"), "dise_name": ""}
        data = {"druginfo": asked | patient | disease, "drugdetail": details} | extra
    else:
        data = {"data": asked | {"mdtrt_id": mdtrt_id} | extra}
    return record(infno, provider=provider, at=at, data=data, output=output, **call)


def _total(lines: Sequence[Record]) -> str:
    return str(sum((Decimal(each["det_item_fee_sumamt"]) for each in lines), Decimal("0.00")))


def pharmacy_sale(
    person: str,
    *,
    at: str,
    lines: Sequence[Record] | None = None,
    traces: Sequence[Record] = (),
    dise_codg: str = "",
    infno: str = "2102",
    **terms: Unpack[Terms],
) -> Record:
    """2102: a sale at a pharmacy (default `PHARMACY`) with the lines it carries (default one of 10.00)."""
    lines = [line()] if lines is None else lines
    details = [{k: v for k, v in each.items() if k != "chrg_bchno"} for each in lines]
    for detail in details:
        detail["fee_ocur_time"] = detail["fee_ocur_time"] or at
    extra: Record = {"drugdetail": details, "dise_codg": dise_codg}
    if traces:
        extra["drug_trac_info"] = list(traces)
    return _settle(
        infno,
        person,
        at=at,
        extra=extra,
        amount=_total(lines),
        med_type="41",
        provider=PHARMACY,
        terms=terms,
    )


def pharmacy_presale(
    person: str, *, at: str, lines: Sequence[Record] | None = None, **terms: Unpack[Terms]
) -> Record:
    """2101: the pre-settlement of a sale; it has no setl_id."""
    return pharmacy_sale(person, at=at, lines=lines, infno="2101", **terms)


def outpatient_settlement(
    person: str, *, at: str, batch: str = "", infno: str = "2207", **terms: Unpack[Terms]
) -> Record:
    """2207: an outpatient settlement of the lines uploaded for its visit, or of one batch of them."""
    extra = {"psn_setlway": "01", "invono": "", "chrg_bchno": batch}
    return _settle(
        infno, person, at=at, extra=extra, amount="10.00", med_type="11", provider=HOSPITAL, terms=terms
    )


def outpatient_presettlement(person: str, *, at: str, **terms: Unpack[Terms]) -> Record:
    """2206: the pre-settlement of an outpatient visit; it has no setl_id."""
    return outpatient_settlement(person, at=at, infno="2206", **terms)


def stay_settlement(
    person: str, *, at: str, mid: bool = False, infno: str = "2304", **terms: Unpack[Terms]
) -> Record:
    """2304: a settlement of a stay; `mid` for one before its end (mid_setl_flag 1)."""
    extra = {"psn_setlway": "01", "invono": "", "mid_setl_flag": "1" if mid else "0"}
    return _settle(
        infno, person, at=at, extra=extra, amount="10.00", med_type="2101", provider=HOSPITAL, terms=terms
    )


def stay_presettlement(person: str, *, at: str, **terms: Unpack[Terms]) -> Record:
    """2303: the pre-settlement of a stay; it has no setl_id."""
    return stay_settlement(person, at=at, infno="2303", **terms)


def outpatient_visit(
    person: str, *, at: str, lines: Sequence[Record], **terms: Unpack[Terms]
) -> list[Record]:
    """The 2204 and the 2207 of a visit, both at one time; the amount is the sum of the lines unless given."""
    mdtrt_id = terms.setdefault("mdtrt_id", next_id("M"))
    provider = terms.setdefault("provider", HOSPITAL)
    terms.setdefault("amount", _total(lines))
    return [
        charges(person, at=at, mdtrt_id=mdtrt_id, lines=lines, provider=provider),
        outpatient_settlement(person, at=at, **terms),
    ]


def reversal(
    settlement: Record, *, at: str, setl_id: str = "", person: str = "", **call: Unpack[Call]
) -> Record:
    """2103, 2208 or 2305, whichever undoes that settlement; another `person` or `setl_id` does not fit it."""
    request, info = settlement["request"], settlement["reply"]["output"]["setlinfo"]
    infno = {"2102": "2103", "2207": "2208", "2304": "2305"}[request["infno"]]
    data = {
        "setl_id": setl_id or info["setl_id"],
        "mdtrt_id": info["mdtrt_id"],
        "psn_no": psn_no(person) if person else info["psn_no"],
    }
    negated = {"medfee_sumamt": f"-{info['medfee_sumamt']}", "fund_pay_sumamt": f"-{info['fund_pay_sumamt']}"}
    output = {"setlinfo": info | negated | {"setl_time": at, "setl_id": next_id("S")}}
    return record(
        infno, provider=request["fixmedins_code"], at=at, data={"data": data}, output=output, **call
    )


def compensation(of: Record, *, at: str, person: str, provider: str = "", **call: Unpack[Call]) -> Record:
    """2601: whatever call it names is undone."""
    request = of["request"]
    data = {"psn_no": psn_no(person), "omsgid": request["msgid"], "oinfno": request["infno"]}
    return record("2601", provider=provider or request["fixmedins_code"], at=at, data={"data": data}, **call)
