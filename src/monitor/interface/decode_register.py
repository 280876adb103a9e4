"""What the register says of a person: 1101."""

from collections.abc import Callable, Mapping
from typing import Any

from monitor.events import Event, Insurance, RegisterRead
from monitor.interface import wire
from monitor.interface.call import Call
from monitor.interface.envelope import typed_decoder
from monitor.interface.fields import blame, code, day, ident, needed
from monitor.interface.outcomes import Fault, Reason

_REPLY = typed_decoder(wire.RegisterReply)

_BASE_READERS: Mapping[str, Callable[[Any], object]] = {
    "psn_no": ident,
    "gend": code,
    "brdy": day,
    "die_date": day,
}
_COVER_READERS: Mapping[str, Callable[[Any], object]] = {
    "insutype": code,
    "psn_insu_stas": code,
    "psn_insu_date": day,
    "paus_insu_date": day,
}


def insured_record(call: Call) -> tuple[Event, ...]:
    """1101: the person is the one whom the reply describes."""
    path = "output.baseinfo"
    reply = call.read_output(_REPLY)
    if reply is None:
        raise Fault(Reason.MISSING_FIELD, path)
    base = needed(reply.baseinfo, path)
    rows = call.rows(reply.insuinfo, "output.insuinfo")
    try:
        return (
            RegisterRead(
                provider=call.provider,
                infno=call.infno,
                msgid=call.msgid,
                person=call.door.person(ident(base.psn_no)),
                at=call.at,
                gender=code(base.gend),
                birth_day=day(base.brdy),
                death_day=day(base.die_date),
                insurances=tuple([_insurance(row) for row in rows]),
            ),
        )
    except (Fault, TypeError):
        blame(base, path, _BASE_READERS)
        for index, row in enumerate(rows):
            blame(row, f"output.insuinfo[{index}]", _COVER_READERS)
        raise


def _insurance(row: wire.Cover) -> Insurance:
    return Insurance(
        code(row.insutype), code(row.psn_insu_stas), day(row.psn_insu_date), day(row.paus_insu_date)
    )
