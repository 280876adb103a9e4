"""Settlements, their charge lines and what undoes them.

2102, 2103, 2204, 2205, 2207, 2208, 2301, 2302, 2304, 2305, 2601.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from monitor.events import (
    Charged,
    ChargesWithdrawn,
    Event,
    Line,
    Reversed,
    Settled,
    TraceMark,
    Undone,
    Withdrawal,
)
from monitor.interface import wire
from monitor.interface.call import Call
from monitor.interface.envelope import typed_decoder
from monitor.interface.fields import (
    begin_or_none,
    blame,
    code,
    count,
    day,
    fen,
    fen_or_zero,
    given,
    ident,
    moment,
    needed,
    needed_code,
    one,
    price,
    read,
    supply_days,
    text,
)
from monitor.interface.outcomes import Fault, Reason, Skip

ALL = "0000"
"""As a chrg_bchno of a 2205 or a feedetl_sn of a 2302: everything of the visit."""

_SALE = typed_decoder(wire.Sale)
_VISIT_BILL = typed_decoder(wire.VisitBill)
_SETTLEMENT_REPLY = typed_decoder(wire.SettlementReply)
_CHARGES = typed_decoder(wire.ChargesInput)
_NAMED = typed_decoder(wire.NamedInput)

_DETAIL_READERS: Mapping[str, Callable[[Any], object]] = {
    "feedetl_sn": ident,
    "med_list_codg": ident,
    "fee_ocur_time": moment,
    "cnt": count,
    "pric": price,
    "det_item_fee_sumamt": fen,
    "prd_days": supply_days,
    "mdtrt_id": text,
    "chrg_bchno": text,
    "init_feedetl_sn": text,
    "rx_circ_flag": text,
}
_BILL_READERS: Mapping[str, Callable[[Any], object]] = {
    "med_type": text,
    "insutype": text,
    "acct_used_flag": text,
    "chrg_bchno": text,
}
_SALE_READERS: Mapping[str, Callable[[Any], object]] = {
    **_BILL_READERS,
    "dise_codg": text,
    "begntime": begin_or_none,
}
_INFO_READERS: Mapping[str, Callable[[Any], object]] = {
    "setl_time": moment,
    "setl_id": ident,
    "medfee_sumamt": fen,
    "fund_pay_sumamt": fen_or_zero,
    "psn_no": text,
    "med_type": text,
    "insutype": text,
    "gend": text,
    "brdy": day,
}


def pharmacy_sale(call: Call) -> tuple[Event, ...]:
    """2102."""
    info = _settlement_info(call)
    sale = call.read_input(_SALE)
    bill = needed(sale.druginfo, "input.druginfo")
    if sale.drugdetail is None:
        raise Fault(Reason.MISSING_FIELD, "input.drugdetail")
    rows = call.rows(sale.drugdetail, "input.drugdetail")
    return (
        _settled(
            call,
            bill,
            info,
            "input.druginfo",
            visit=read(text, info.mdtrt_id, "output.setlinfo.mdtrt_id"),
            lines=tuple(_lines(rows, "input.drugdetail")),
            traces=call.traces([sale, bill, *rows], "input"),
        ),
    )


def visit_settlement(call: Call) -> tuple[Event, ...]:
    """2207 and 2304: their lines are those uploaded for the visit."""
    info = _settlement_info(call)
    asked = call.read_input(_VISIT_BILL)
    bill = needed(asked.data, "input.data")
    visit = read(ident, bill.mdtrt_id, "input.data.mdtrt_id")
    traces = call.traces([asked, bill], "input")
    return (_settled(call, bill, info, "input.data", visit=visit, lines=None, traces=traces),)


def _settlement_info(call: Call) -> wire.SettlementInfo:
    """The setlinfo of a settlement that counts: one with a setl_id."""
    reply = call.read_output(_SETTLEMENT_REPLY)
    info = one(reply.setlinfo, "output.setlinfo") if reply else None
    if info is None or info.setl_id is None or info.setl_id == "":
        raise Skip("no_settlement_id")
    return info


def _settled(
    call: Call,
    bill: wire.Bill,
    info: wire.SettlementInfo,
    path: str,
    *,
    visit: str,
    lines: tuple[Line, ...] | None,
    traces: tuple[TraceMark, ...],
) -> Settled:
    sale = lines is not None
    try:
        return Settled(
            provider=call.provider,
            infno=call.infno,
            msgid=call.msgid,
            person=call.door.person(ident(info.psn_no if bill.psn_no == "" else bill.psn_no)),
            at=moment(info.setl_time),
            settlement_id=ident(info.setl_id),
            visit=visit,
            med_type=code(bill.med_type) or code(info.med_type),
            insutype=code(info.insutype) or code(bill.insutype),
            disease=code(bill.dise_codg) if sale else "",
            family=code(bill.acct_used_flag) == "2",
            terminal=call.terminal,
            fee=fen(info.medfee_sumamt),
            fund=fen_or_zero(info.fund_pay_sumamt),
            gender=code(info.gend),
            birth_day=day(info.brdy),
            begin=begin_or_none(bill.begntime) if sale else None,
            lines=lines,
            batch=code(bill.chrg_bchno) if call.infno == "2207" else "",
            traces=traces,
        )
    except (Fault, TypeError):
        if bill.psn_no != "":
            read(ident, bill.psn_no, f"{path}.psn_no")
        blame(bill, path, _SALE_READERS if sale else _BILL_READERS)
        blame(info, "output.setlinfo", _INFO_READERS)
        raise Fault(Reason.MISSING_FIELD, f"{path}.psn_no") from None


def _lines(rows: Sequence[wire.Detail], path: str) -> list[Line]:
    try:
        return [
            Line(
                ident(row.feedetl_sn),
                needed_code(row.med_list_codg),
                moment(row.fee_ocur_time),
                count(row.cnt),
                price(row.pric),
                fen(row.det_item_fee_sumamt),
                supply_days(row.prd_days),
                code(row.mdtrt_id),
                code(row.chrg_bchno),
                code(row.init_feedetl_sn),
                code(row.rx_circ_flag) == "1",
            )
            for row in rows
        ]
    except (Fault, TypeError):
        for index, row in enumerate(rows):
            blame(row, f"{path}[{index}]", _DETAIL_READERS)
        raise


def charges(call: Call) -> tuple[Event, ...]:
    """2204 and 2301: one fact for each person in the rows."""
    path = "input.feedetail"
    asked = call.read_input(_CHARGES)
    if asked.feedetail is None:
        raise Fault(Reason.MISSING_FIELD, path)
    rows = call.rows(asked.feedetail, path)
    if not rows:
        raise Skip("no_lines")
    return tuple(
        [
            Charged(
                provider=call.provider,
                infno=call.infno,
                msgid=call.msgid,
                person=person,
                at=call.at,
                lines=tuple(lines),
            )
            for person, lines in _lines_by_person(call, rows, path).items()
        ]
    )


def _lines_by_person(call: Call, rows: list[wire.Detail], path: str) -> dict[str, list[Line]]:
    by_person: dict[str, list[Line]] = {}
    mine: list[Line] | None = None
    last: object = None
    for index, (row, line) in enumerate(zip(rows, _lines(rows, path), strict=True)):
        if not line.visit:
            raise Fault(Reason.MISSING_FIELD, f"{path}[{index}].mdtrt_id")
        # Nearly always all rows are of one person.
        if mine is None or row.psn_no != last:
            last = row.psn_no
            mine = by_person.setdefault(call.person(last, f"{path}[{index}].psn_no"), [])
        mine.append(line)
    return by_person


def charges_withdrawn(call: Call) -> tuple[Event, ...]:
    """2205 (a batch) and 2302 (single lines); "0000" is all of the visit."""
    asked = call.read_input(_NAMED)
    if asked.data is None:
        raise Fault(Reason.MISSING_FIELD, "input.data")
    by_person: dict[str, list[Withdrawal]] = {}
    for index, row in enumerate(call.rows(asked.data, "input.data")):
        path = f"input.data[{index}]" if isinstance(asked.data, list) else "input.data"
        person = call.person(row.psn_no, f"{path}.psn_no")
        visit = read(ident, row.mdtrt_id, f"{path}.mdtrt_id")
        if call.infno == "2205":
            # Empty is all, but absent is a fault: it would take back more than was meant.
            what = read(given, row.chrg_bchno, f"{path}.chrg_bchno")
            withdrawal = Withdrawal(visit) if what in {"", ALL} else Withdrawal(visit, batch=what)
        else:
            what = read(ident, row.feedetl_sn, f"{path}.feedetl_sn")
            withdrawal = Withdrawal(visit) if what == ALL else Withdrawal(visit, number=what)
        by_person.setdefault(person, []).append(withdrawal)
    if not by_person:
        raise Skip("no_lines")
    return tuple(
        [
            ChargesWithdrawn(
                provider=call.provider,
                infno=call.infno,
                msgid=call.msgid,
                person=person,
                at=call.at,
                withdrawals=tuple(withdrawals),
            )
            for person, withdrawals in by_person.items()
        ]
    )


def reversal(call: Call) -> tuple[Event, ...]:
    """2103, 2208 and 2305."""
    row = needed(call.read_input(_NAMED).data, "input.data")
    return (
        Reversed(
            provider=call.provider,
            infno=call.infno,
            msgid=call.msgid,
            person=call.person(row.psn_no, "input.data.psn_no"),
            at=call.at,
            settlement_id=read(ident, row.setl_id, "input.data.setl_id"),
        ),
    )


def compensation(call: Call) -> tuple[Event, ...]:
    """2601."""
    row = needed(call.read_input(_NAMED).data, "input.data")
    return (
        Undone(
            provider=call.provider,
            infno=call.infno,
            msgid=call.msgid,
            person=call.person(row.psn_no, "input.data.psn_no"),
            at=call.at,
            of_msgid=read(ident, row.omsgid, "input.data.omsgid"),
            of_infno=read(ident, row.oinfno, "input.data.oinfno"),
        ),
    )
