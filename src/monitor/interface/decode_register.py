"""What the register says of a person: 1101."""

from monitor.events import Event, Insurance, RegisterRead
from monitor.interface import wire
from monitor.interface.call import Call
from monitor.interface.envelope import typed_decoder
from monitor.interface.fields import day, needed, read, text
from monitor.interface.outcomes import Fault, Reason

_REPLY = typed_decoder(wire.RegisterReply)


def insured_record(call: Call) -> tuple[Event, ...]:
    """1101: the person is the one whom the reply describes."""
    path = "output.baseinfo"
    reply = call.read_output(_REPLY)
    if reply is None:
        raise Fault(Reason.MISSING_FIELD, path)
    base = needed(reply.baseinfo, path)
    rows = call.rows(reply.insuinfo, "output.insuinfo")
    return (
        RegisterRead(
            provider=call.provider,
            infno=call.infno,
            msgid=call.msgid,
            person=call.person(base.psn_no, f"{path}.psn_no"),
            at=call.at,
            gender=read(text, base.gend, f"{path}.gend"),
            birth_day=read(day, base.brdy, f"{path}.brdy"),
            death_day=read(day, base.die_date, f"{path}.die_date"),
            insurances=tuple([_insurance(row, f"output.insuinfo[{n}]") for n, row in enumerate(rows)]),
        ),
    )


def _insurance(row: wire.Cover, path: str) -> Insurance:
    return Insurance(
        read(text, row.insutype, f"{path}.insutype"),
        read(text, row.psn_insu_stas, f"{path}.psn_insu_stas"),
        read(day, row.psn_insu_date, f"{path}.psn_insu_date"),
        read(day, row.paus_insu_date, f"{path}.paus_insu_date"),
    )
