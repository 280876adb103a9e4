"""The door: the bytes of a feed record become typed facts, or a reason why not (contract §1).

`DECODERS` is the list of calls that we use. What a decoder does not read does not get in: no name, no card,
no picture.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Raw, Struct

from monitor.events import Event, Settled
from monitor.interface import decode_checks, decode_goods, decode_register, decode_settlements, decode_visits
from monitor.interface.call import NOTHING_BYTES_MAX, Call, Door
from monitor.interface.envelope import (
    IntakeLimits,
    decode_leaf,
    decode_record,
    decode_request,
    has_picture,
)
from monitor.interface.fields import blame, ident, moment, read, text
from monitor.interface.outcomes import Accepted, Fault, Ignored, Reason, Rejected, Skip
from monitor.interface.wire import FullReply, FullRequest, Reply, Request
from monitor.privacy import Tokens

__all__ = ["Accepted", "GatewayCall", "Ignored", "Intake", "IntakeLimits", "Outcome", "Reason", "Rejected"]

Outcome = Accepted | Ignored | Rejected

DECODERS: Mapping[str, Callable[[Call], tuple[Event, ...]]] = {
    "1101": decode_register.insured_record,
    "2102": decode_settlements.pharmacy_sale,
    "2103": decode_settlements.reversal,
    "2201": decode_visits.registration,
    "2202": decode_visits.registration_withdrawn,
    "2203": decode_visits.visit_details,
    "2204": decode_settlements.charges,
    "2205": decode_settlements.charges_withdrawn,
    "2207": decode_settlements.visit_settlement,
    "2208": decode_settlements.reversal,
    "2301": decode_settlements.charges,
    "2302": decode_settlements.charges_withdrawn,
    "2304": decode_settlements.visit_settlement,
    "2305": decode_settlements.reversal,
    "2401": decode_visits.admission,
    "2402": decode_visits.discharge,
    "2404": decode_visits.admission_withdrawn,
    "2405": decode_visits.discharge_withdrawn,
    "2601": decode_settlements.compensation,
    "3101": decode_checks.orders,
    "3102": decode_checks.orders,
    "3103": decode_checks.feedback,
    "3505A": decode_goods.goods_sold,
    "3506A": decode_goods.goods_returned,
    "9601": decode_checks.face_check,
    "9602": decode_checks.face_registration,
}
PRE_SETTLEMENTS = frozenset({"2101", "2206", "2303"})
CHECKS = frozenset({"3101", "3102", "3103"})
"""The monitor answers these itself, so whatever reply stands there says nothing."""
FACES = frozenset({"9601", "9602"})
"""The calls that may bring a picture."""

DEFAULT_LIMITS = IntakeLimits()

_KIND = slice(len('{"request":{"infno":"'), len('{"request":{"infno":"2102'))
"""Where the infno of nearly all records stands."""
_INFNO = re.compile(r"\d{4}[A-Z]?", re.ASCII)
_NO_INPUT = (b"null", b'""')
_SUCCEEDED = (b"0", b'"0"')
_REQUEST_READERS: Mapping[str, Callable[[Any], object]] = {
    "fixmedins_code": ident,
    "msgid": ident,
    "inf_time": moment,
    "opter_type": text,
}


class GatewayCall(Struct, frozen=True, kw_only=True):
    """A request envelope that came alone; texts that can't be read are empty, `outcome` says why."""

    infno: str = ""
    msgid: str = ""
    provider: str = ""
    patn_id: str = ""
    """The caller's own number of the patient, for the answer to the caller alone."""
    outcome: Outcome


class Intake:
    """Decodes records; holds nothing but its settings, so one serves all."""

    def __init__(
        self, *, tokens: Tokens, trace_ignore: frozenset[str], limits: IntakeLimits = DEFAULT_LIMITS
    ) -> None:
        self._limits = limits
        self._door = Door(tokens.person, trace_ignore, limits.lines)

    def decode(self, raw: bytes) -> Outcome:
        """The facts of one feed record. Never raises and never quotes what stands in the record."""
        try:
            return self._record(raw)
        except Skip as skip:
            return Ignored(skip.reason, _picture(raw))
        except Fault as fault:
            return Rejected(fault.reason, _in_record(fault.path), _picture(raw))
        except RecursionError:
            return Rejected(Reason.TOO_DEEP)

    def decode_all(self, raws: Sequence[bytes]) -> list[Outcome]:
        """As `decode` for each, in their order.

        Those of one kind are decoded together, so that their code stays in the processor's cache: one decides
        nothing for another. Where infno does not stand first, only the speed is another.
        """
        decode = self.decode
        by_kind = sorted(range(len(raws)), key=lambda index: raws[index][_KIND])
        decoded = {index: decode(raws[index]) for index in by_kind}
        return [decoded[index] for index in range(len(raws))]

    def _record(self, raw: bytes) -> Accepted | Ignored:
        record = decode_record(raw, self._limits)
        request = record.request
        infno = request.infno
        if type(infno) is not str or infno not in DECODERS:
            infno = read(ident, infno, "infno")
            if infno not in DECODERS:
                return Ignored(_why_unused(infno), _picture(raw))
        output = None
        if infno not in CHECKS:
            _must_have_succeeded(record.reply)
            output = record.reply.output if record.reply else None
        return self._accept(raw, self._call(infno, request, output))

    def decode_call(self, raw: bytes) -> GatewayCall:
        """A request envelope alone, as the gateway gets it: a check or feedback. Never raises."""
        infno = msgid = provider = patn_id = ""
        outcome: Outcome
        try:
            request = decode_request(raw, self._limits)
            infno, msgid, provider = (
                _or_empty(each) for each in (request.infno, request.msgid, request.fixmedins_code)
            )
            if read(ident, request.infno, "infno") not in CHECKS:
                raise Skip("not_answered_here")  # noqa: TRY301 - as any other call that is none of ours
            call = self._call(infno, request, None)
            patn_id = decode_checks.own_patient_id(call)
            outcome = self._accept(raw, call)
        except Skip as skip:
            outcome = Ignored(skip.reason)
        except Fault as fault:
            outcome = Rejected(fault.reason, fault.path)
        except RecursionError:
            outcome = Rejected(Reason.TOO_DEEP)
        return GatewayCall(infno=infno, msgid=msgid, provider=provider, patn_id=patn_id, outcome=outcome)

    def _call(self, infno: str, request: Request | FullRequest, output: Raw | None) -> Call:
        asked = request.input
        if asked is None or (len(asked) <= NOTHING_BYTES_MAX and bytes(asked) in _NO_INPUT):
            raise Fault(Reason.MISSING_FIELD, "input")
        try:
            return Call(
                infno,
                ident(request.fixmedins_code),
                ident(request.msgid),
                moment(request.inf_time),
                text(request.opter_type),
                asked,
                output,
                self._door,
                [],
            )
        except (Fault, TypeError):
            blame(request, "", _REQUEST_READERS)
            raise

    def _accept(self, raw: bytes, call: Call) -> Accepted:
        events = DECODERS[call.infno](call)
        first = events[0]
        return Accepted(
            events,
            first.at if type(first) is Settled else call.at,
            call.infno in FACES and has_picture(raw),
            tuple(call.notes),
            call.at,
        )


def _why_unused(infno: str) -> str:
    if infno in PRE_SETTLEMENTS:
        return "pre_settlement"
    return "unused_infno" if _INFNO.fullmatch(infno) else "unknown_infno"


def _must_have_succeeded(reply: Reply | FullReply | None) -> None:
    """Stop at a call that did not happen, or of which nobody knows whether it did."""
    if reply is None:
        raise Skip("unanswered")
    infcode = reply.infcode
    if infcode is None or bytes(infcode) not in _SUCCEEDED:
        read(ident, decode_leaf(infcode), "reply.infcode")
        raise Skip("failed")


def _in_record(path: str) -> str:
    """Where a part of a call stands in the feed record."""
    if path.startswith("output"):
        return f"reply.{path}"
    return path if not path or path.startswith(("request", "reply")) else f"request.{path}"


def _picture(raw: bytes) -> bool:
    # Looking from the end is twice as fast: fewer bytes are like the first of these than like the last.
    return raw.rfind(b'"recog_pic"') >= 0 and has_picture(raw)


def _or_empty(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    try:
        return text(value)
    except Fault:
        return ""
