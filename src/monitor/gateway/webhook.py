"""What providers with a web hook are sent, as the gateway's OpenAPI document describes it: see monitor/notices."""

from typing import Final

from litestar.openapi.spec import (
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Parameter,
    PathItem,
    Reference,
    RequestBody,
    Schema,
)

from monitor.notices.signature import AGE_S_MAX, IDEMPOTENCY_KEY, MARKS, SIGNATURE, TIMESTAMP

_FORM: Final = "docs/interfaces/schemas/notices.json"


def _header(name: str, description: str) -> Parameter:
    return Parameter(
        name=name,
        param_in="header",
        required=True,
        description=description,
        schema=Schema(type=OpenAPIType.STRING),
    )


_BODY: Final = Schema(
    type=OpenAPIType.OBJECT,
    required=["kind", "notice_id", "provider"],
    properties={
        "notice_id": Schema(type=OpenAPIType.STRING),
        "kind": Schema(type=OpenAPIType.STRING, enum=["verdict", "finding"]),
        "provider": Schema(type=OpenAPIType.STRING),
        "verdict": Schema(type=OpenAPIType.OBJECT),
        "finding": Schema(type=OpenAPIType.OBJECT),
    },
)

WEBHOOKS: Final[dict[str, PathItem | Reference]] = {
    "notice": PathItem(
        post=Operation(
            summary="A refusal, or a revision of what one rests on",
            description=(
                "Sent to hook_url of the table of providers until it is answered with 2xx, for a day at most; "
                f"those about one person come in order. The whole form: {_FORM}."
            ),
            parameters=[
                _header(IDEMPOTENCY_KEY, "The same in every attempt: take each once."),
                _header(
                    TIMESTAMP, f"Unix time in seconds; refuse what is more than {AGE_S_MAX} seconds off."
                ),
                _header(
                    SIGNATURE,
                    "Over the timestamp, a dot and the body; it begins with the scheme: "
                    + ", ".join(f"{mark} ({scheme})" for scheme, mark in MARKS.items()),
                ),
            ],
            request_body=RequestBody(
                content={"application/json": OpenAPIMediaType(schema=_BODY)}, required=True
            ),
            responses={"2XX": OpenAPIResponse(description="Taken; anything else is tried again.")},
        )
    )
}
