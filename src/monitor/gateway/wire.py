"""What OpenAPI says of bodies: shapes for readers; the calls themselves are decoded by monitor/interface."""

from dataclasses import dataclass
from typing import Annotated, TypedDict

from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIType
from msgspec import Struct, field

from monitor.forms import Amount, Appeal, Result, one_of
from monitor.outputs import Decision

_TEXT = Schema(type=OpenAPIType.STRING)


class WarningTaken(TypedDict):
    """A warning whose answer was taken down (3103)."""

    warn_rslt_id: str


class Output(TypedDict, total=False):
    """Of a check all members, of a 3103 `result` alone, else none; beside `result` stands what is ours."""

    result: list[Result | WarningTaken]
    decision: Annotated[str, one_of(Decision)]
    amount_refused: Amount
    rules_version: str
    appeal: Appeal | None


class Reply(TypedDict):
    """The national reply envelope."""

    infcode: int
    """0 answered, -1 not understood or not answered here."""
    inf_refmsgid: str
    refmsg_time: str
    respond_time: str
    err_msg: str
    output: Output


class RefusedRecord(Struct):
    """A record that was not taken: its number in the body (from 1) and a word why."""

    record: int
    reason: str


class Fed(Struct):
    """What became of the records of a body; at most 100 refusals are listed, `refused_count` counts all."""

    taken: int
    failed: int = 0
    """Could not be written now: send the whole body again, repeats do no harm."""
    refused_count: int = 0
    refused: list[RefusedRecord] = field(default_factory=list)


class Health(Struct):
    """`ok`, or why not."""

    status: str


class Problem(Struct):
    """Any answer outside of the national envelope."""

    status_code: int
    detail: str


def _envelope(infnos: list[str]) -> Schema:
    texts = ("msgid", "inf_time", "fixmedins_code", "fixmedins_name", "opter", "opter_type", "infver")
    return Schema(
        type=OpenAPIType.OBJECT,
        description="The national request envelope; every other field of it is accepted.",
        properties={
            "infno": Schema(type=OpenAPIType.STRING, enum=infnos),
            **dict.fromkeys(texts, _TEXT),
            "input": Schema(type=OpenAPIType.OBJECT),
        },
        required=["infno", "msgid", "inf_time", "fixmedins_code", "input"],
    )


def _json(schema: Schema, *more: str) -> RequestBody:
    types = ("application/json", *more)
    return RequestBody(content={each: OpenAPIMediaType(schema=schema) for each in types}, required=True)


@dataclass
class CallOperation(Operation):
    """POST /fsi/api."""

    def __post_init__(self) -> None:
        self.request_body = _json(_envelope(["3101", "3102", "3103"]))


@dataclass
class FeedOperation(Operation):
    """POST /feed."""

    def __post_init__(self) -> None:
        record = Schema(
            type=OpenAPIType.OBJECT,
            description="One feed record, or as NDJSON one a line.",
            properties={
                "request": Schema(type=OpenAPIType.OBJECT),
                "reply": Schema(type=[OpenAPIType.OBJECT, OpenAPIType.NULL]),
            },
            required=["request"],
        )
        self.request_body = _json(record, "application/x-ndjson")
