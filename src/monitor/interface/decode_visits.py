"""Visits and stays: 2201, 2202, 2203, 2401, 2402, 2404, 2405."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from monitor.events import (
    DAY,
    AdmissionWithdrawn,
    Admitted,
    Diagnosed,
    Diagnosis,
    Discharged,
    DischargeWithdrawn,
    Event,
    VisitCancelled,
    VisitOpened,
)
from monitor.interface import wire
from monitor.interface.call import Call
from monitor.interface.envelope import typed_decoder
from monitor.interface.fields import (
    begin_or_end,
    begin_or_none,
    blame,
    code,
    day,
    ident,
    needed,
    one,
    read,
    text,
)
from monitor.interface.outcomes import Fault, Reason
from monitor.newborns import is_newborn_code

_NAMED = typed_decoder(wire.NamedInput)
_VISIT = typed_decoder(wire.VisitInput)
_REPLY = typed_decoder(wire.VisitReply)

WESTERN = ("1", "")
"""diag_type of a Western diagnosis, or none given."""
DIED = "5"
"""dscg_way."""

_DISEASE_READERS: Mapping[str, Callable[[Any], object]] = {
    "diag_code": code,
    "vali_flag": code,
    "diag_type": code,
    "maindiag_flag": code,
}


def registration(call: Call) -> tuple[Event, ...]:
    """2201; the reply gives the visit its id."""
    row = needed(call.read_input(_NAMED).data, "input.data")
    return (
        VisitOpened(
            provider=call.provider,
            infno=call.infno,
            msgid=call.msgid,
            person=call.person(row.psn_no, "input.data.psn_no"),
            at=call.at,
            visit=_visit_given(call, "output.data.mdtrt_id"),
            begin=read(begin_or_none, row.begntime, "input.data.begntime"),
        ),
    )


def _visit_given(call: Call, official: str) -> str:
    """mdtrt_id of the reply, in whichever of its three places it stands."""
    reply = call.read_output(_REPLY)
    if reply is not None:
        for part, path in (
            (one(reply.data, "output.data"), "output.data"),
            (one(reply.result, "output.result"), "output.result"),
            (reply, "output"),
        ):
            if part is not None and part.mdtrt_id is not None and part.mdtrt_id != "":
                return read(ident, part.mdtrt_id, f"{path}.mdtrt_id")
    raise Fault(Reason.MISSING_FIELD, official)


class _Withdrawn(Protocol):
    def __call__(
        self, *, provider: str, infno: str, msgid: str, person: str, at: int, visit: str
    ) -> Event: ...


def _withdrawal(fact: _Withdrawn) -> Callable[[Call], tuple[Event, ...]]:
    def decode(call: Call) -> tuple[Event, ...]:
        row = needed(call.read_input(_NAMED).data, "input.data")
        return (
            fact(
                provider=call.provider,
                infno=call.infno,
                msgid=call.msgid,
                person=call.person(row.psn_no, "input.data.psn_no"),
                at=call.at,
                visit=read(ident, row.mdtrt_id, "input.data.mdtrt_id"),
            ),
        )

    return decode


registration_withdrawn = _withdrawal(VisitCancelled)
"""2202."""
admission_withdrawn = _withdrawal(AdmissionWithdrawn)
"""2404."""
discharge_withdrawn = _withdrawal(DischargeWithdrawn)
"""2405."""


def visit_details(call: Call) -> tuple[Event, ...]:
    """2203: the diagnoses are those of diseinfo."""
    asked = call.read_input(_VISIT)
    info = needed(asked.mdtrtinfo, "input.mdtrtinfo")
    rows = call.rows(asked.diseinfo, "input.diseinfo")
    return (
        Diagnosed(
            provider=call.provider,
            infno=call.infno,
            msgid=call.msgid,
            person=call.person(info.psn_no, "input.mdtrtinfo.psn_no"),
            at=call.at,
            visit=read(ident, info.mdtrt_id, "input.mdtrtinfo.mdtrt_id"),
            med_type=read(code, info.med_type, "input.mdtrtinfo.med_type"),
            begin=read(begin_or_none, info.begntime, "input.mdtrtinfo.begntime"),
            diagnoses=tuple(_diagnoses(rows)),
        ),
    )


def admission(call: Call) -> tuple[Event, ...]:
    """2401; the reply gives the stay its id."""
    asked = call.read_input(_VISIT)
    path = "input.mdtrtinfo"
    info = needed(asked.mdtrtinfo, path)
    return (
        Admitted(
            provider=call.provider,
            infno=call.infno,
            msgid=call.msgid,
            person=call.person(info.psn_no, f"{path}.psn_no"),
            at=call.at,
            visit=_visit_given(call, "output.result.mdtrt_id"),
            begin=read(begin_or_end, info.begntime, f"{path}.begntime"),
            med_type=read(text, info.med_type, f"{path}.med_type"),
            diagnoses=_stay_diagnoses(call, asked, info, path),
        ),
    )


def discharge(call: Call) -> tuple[Event, ...]:
    """2402; a region may write dscgTime for endtime."""
    asked = call.read_input(_VISIT)
    path = "input.dscginfo"
    info = needed(asked.dscginfo, path)
    if info.endtime is None or info.endtime == "":
        end = read(
            begin_or_end, info.dscgTime, f"{path}.{'endtime' if info.dscgTime is None else 'dscgTime'}"
        )
    else:
        end = read(begin_or_end, info.endtime, f"{path}.endtime")
    death_day = None
    if read(text, info.dscg_way, f"{path}.dscg_way") == DIED:
        death_day = read(day, info.die_date, f"{path}.die_date")
        death_day = end // DAY if death_day is None else death_day
    return (
        Discharged(
            provider=call.provider,
            infno=call.infno,
            msgid=call.msgid,
            person=call.person(info.psn_no, f"{path}.psn_no"),
            at=call.at,
            visit=read(ident, info.mdtrt_id, f"{path}.mdtrt_id"),
            end=end,
            death_day=death_day,
            diagnoses=_stay_diagnoses(call, asked, info, path),
        ),
    )


def _stay_diagnoses(call: Call, asked: wire.VisitInput, info: wire.Visit, path: str) -> tuple[Diagnosis, ...]:
    """The main ones: those of diseinfo with maindiag_flag 1, and dscg_maindiag_code unless its own row voids it.

    And those that tell of a newborn: on the mother's card these are hardly ever the main ones.
    """
    person = read(text, info.psn_no, f"{path}.psn_no")
    rows = [row for row in call.rows(asked.diseinfo, "input.diseinfo") if _is_of(row, person)]
    stated = _diagnoses(rows)
    mains = [each for each in stated if each.main]
    main = read(text, info.dscg_maindiag_code, f"{path}.dscg_maindiag_code")
    is_void = any(text(row.diag_code) == main for row in rows) and all(each.code != main for each in stated)
    if main and not is_void and all(each.code != main for each in mains):
        mains.insert(0, Diagnosis(main, main=True))
    return (*mains, *(each for each in stated if not each.main and is_newborn_code(each.code)))


def _is_of(row: wire.Disease, person: str) -> bool:
    """Whether a row of diseinfo is of this person: most name none."""
    return read(text, row.psn_no, "input.diseinfo.psn_no") in {"", person}


def _diagnoses(rows: list[wire.Disease]) -> list[Diagnosis]:
    found: list[Diagnosis] = []
    for index, row in enumerate(rows):
        try:
            diagnosis = code(row.diag_code)
            if diagnosis and is_valid(row):
                found.append(Diagnosis(diagnosis, code(row.maindiag_flag) == "1"))
        except (Fault, TypeError):
            blame(row, f"input.diseinfo[{index}]", _DISEASE_READERS)
            raise
    return found


class _Stated(Protocol):
    vali_flag: Any
    diag_type: Any


def is_valid(row: _Stated) -> bool:
    """Whether a diagnosis counts: not declared void, and a Western one."""
    return code(row.vali_flag) != "0" and code(row.diag_type) in WESTERN
