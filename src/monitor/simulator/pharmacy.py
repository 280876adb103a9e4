"""Calls of a pharmacy: its sales and the boxes that went with them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from monitor.simulator.people import Person
from monitor.simulator.providers import Provider
from monitor.simulator.settlement import Settled, answered, charge, fee
from monitor.simulator.wire import Call, Desk, Json, Line, decimal, moment, yuan


class Sale(msgspec.Struct, frozen=True):
    """How a sale is rung up.

    `steps`: 1101 and 2101 come before it. `family`: from the family account. `rx_circ`: prescribed elsewhere.
    `boxes` None: a fresh trace code for every pack. `by_goods`: the codes come with a 3505A. `misprint`: so
    many fen too much on the first line.
    """

    steps: bool = True
    family: bool = False
    rx_circ: str = "0"
    dise: tuple[str, str] = ("", "")
    boxes: tuple[str, ...] | None = None
    trdn: str = "0"
    opter_type: str = "1"
    by_goods: bool = False
    misprint: int = 0


def drug_sale(
    desk: Desk,
    pharmacy: Provider,
    person: Person,
    lines: Sequence[Line],
    *,
    at: int,
    settle: bool,
    way: Sale,
) -> Settled:
    """2102 with the trace codes of its lines, or 2101 when not `settle`."""
    info = {"psn_no": person.psn_no, "mdtrt_cert_type": person.cert_type, "mdtrt_cert_no": person.card}
    info |= {
        "certno": person.certno,
        "psn_cert_type": "01",
        "psn_type": person.psn_type,
        "psn_name": person.name,
    }
    info |= {
        "begntime": moment(at),
        "medfee_sumamt": yuan(fee(lines)),
        "invono": "",
        "insutype": person.insutype,
    }
    info |= {
        "dise_codg": way.dise[0],
        "dise_name": way.dise[1],
        "acct_used_flag": "2" if way.family else "1",
        "med_type": "41",
    }
    data: Json = {"druginfo": info, "drugdetail": [charge(line, pharmacy) for line in lines]}
    boxes = [
        {"feedetl_sn": line.sn, "drug_trac_codg": box, "trdn_flag": way.trdn, "min_prcunt_type": "1"}
        for line in lines
        for box in line.boxes
    ]
    if settle and boxes:
        data["drug_trac_info"] = boxes
    infno = "2102" if settle else "2101"
    call = desk.call(infno, pharmacy, person, at=at, data=data, output={}, opter_type=way.opter_type)
    mdtrt_id = desk.number("M", at)
    setl_id = desk.number("S", at) if settle else ""
    answered(
        call,
        person,
        mdtrt_id=mdtrt_id,
        med_type="41",
        amount=fee(lines),
        setl_id=setl_id,
        family=way.family,
        lines=lines,
    )
    return Settled(call, setl_id, mdtrt_id, person, lines)


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
    return desk.call(
        "3506A" if returned else "3505A",
        settled.call.provider,
        settled.person,
        at=at,
        data=data,
        output=output,
    )
