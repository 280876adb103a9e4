"""claims.raw: what is read of each call of the national interface, put together from the wire models of the door."""

from typing import Any, Final

from msgspec import Struct

from deploy.interfaces.described import Schema, components, schema_of
from monitor.interface import wire, wire_checks

PREFIX: Final = "feed."
NEEDED: Final = ("infno", "msgid", "inf_time", "fixmedins_code", "input")
"""Members of a request without which a record is a dead letter."""
EMPTY: Final[Schema] = {"type": ["null", "string"], "maxLength": 0}
"""Ways to write that a reply says nothing, beside `{}` and `[]`."""

_LEAF: Final = schema_of(wire.Leaf)


class Read(Struct, frozen=True):
    """What is read of a call."""

    input: Any = None
    output: Any = None


_NAMED: Final = Read(wire.NamedInput)
_CHARGES: Final = Read(wire.ChargesInput)
_VISIT_BILL: Final = Read(wire.VisitBill, wire.SettlementReply)
_CHECK: Final = Read(wire_checks.CheckInput)
_GOODS: Final = Read(wire.GoodsInput)

CALLS: Final = {
    "1101": Read(output=wire.RegisterReply),
    "2102": Read(wire.Sale, wire.SettlementReply),
    "2103": _NAMED,
    "2201": Read(wire.NamedInput, wire.VisitReply),
    "2202": _NAMED,
    "2203": Read(wire.VisitInput),
    "2204": _CHARGES,
    "2205": _NAMED,
    "2207": _VISIT_BILL,
    "2208": _NAMED,
    "2301": _CHARGES,
    "2302": _NAMED,
    "2304": _VISIT_BILL,
    "2305": _NAMED,
    "2401": Read(wire.VisitInput, wire.VisitReply),
    "2402": Read(wire.VisitInput),
    "2404": _NAMED,
    "2405": _NAMED,
    "2601": _NAMED,
    "3101": _CHECK,
    "3102": _CHECK,
    "3103": Read(wire_checks.FeedbackInput),
    "3505A": _GOODS,
    "3506A": _GOODS,
    "9601": Read(wire_checks.FaceInput, wire_checks.FaceReply),
    "9602": Read(wire_checks.FaceInput),
}


def feed_components() -> dict[str, Schema]:
    """A schema for the record of each call, and those of its parts."""
    shapes = {shape for read in CALLS.values() for shape in (read.input, read.output) if shape is not None}
    made = components(
        [wire.Request, wire.Reply, *sorted(shapes, key=lambda one: str(one.__name__))],
        [wire, wire_checks],
        prefix=PREFIX,
    )
    request, reply = made.pop(f"{PREFIX}Request"), made.pop(f"{PREFIX}Reply")
    for infno, read in CALLS.items():
        made[f"{PREFIX}{infno}"] = _record(infno, read, request, reply)
    return made


def _record(infno: str, read: Read, request: Schema, reply: Schema) -> Schema:
    asked = request["properties"] | {"infno": {"enum": [infno]}}
    for name in NEEDED[1:-1]:
        asked[name] = {key: value for key, value in asked[name].items() if key != "default"}
        asked[name]["type"] = ["string", "integer"] if name != "inf_time" else "string"
    asked["input"] = {"type": "object"} if read.input is None else schema_of(read.input, prefix=PREFIX)
    answered = dict(reply["properties"])
    answered["infcode"] = _LEAF | {"description": answered["infcode"]["description"]}
    if read.output is not None:
        answered["output"] = {"anyOf": [schema_of(read.output, prefix=PREFIX), EMPTY]}
    return {
        "title": infno,
        "type": "object",
        "properties": {
            "request": {"type": "object", "properties": asked, "required": list(NEEDED)},
            "reply": {"anyOf": [{"type": "object", "properties": answered}, {"type": "null"}]},
        },
        "required": ["request"],
    }
