"""The ASGI application: doors for providers and the platform, health, metrics, OpenAPI."""

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Final, TypeAlias

from litestar import Litestar, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import Parameter, PathParameter
from litestar.response import ServerSentEvent
from msgspec import Struct

from monitor.clock import china_ms
from monitor.gateway.bodies import AnyRequest, read_body, refusal
from monitor.gateway.callers import Callers
from monitor.gateway.calls import Calls
from monitor.gateway.feed import Feed
from monitor.gateway.keys import PLATFORM, Keys
from monitor.gateway.mailbox import Mailbox
from monitor.gateway.notices import BEGINNING, LIMIT_MAX, Found, NoticeLog, NoticePage, as_page, events
from monitor.gateway.questions import Questions
from monitor.gateway.webhook import WEBHOOKS
from monitor.gateway.wire import CallOperation, Fed, FeedOperation, Health, Problem, Reply
from monitor.interface.intake import Intake
from monitor.metrics import OTHER, Metrics
from monitor.privacy import Tokens
from monitor.settings import Settings

logger = logging.getLogger(__name__)

DOORS: Final = frozenset({"/fsi/api", "/feed"})
JSON: Final = "application/json"
EXPOSITION: Final = "text/plain; version=0.0.4"
READ_S_MAX: Final = 5.0
Code: TypeAlias = Annotated[str, PathParameter(description="fixmedins_code.")]
Place: TypeAlias = Annotated[int, Parameter(ge=-1, le=2**62, description="The last place that was seen.")]
Limit: TypeAlias = Annotated[int, Parameter(ge=1, le=LIMIT_MAX)]
BEARER: Final = [{"bearer": list[str]()}]


def _problem(text: str) -> ResponseSpec:
    return ResponseSpec(data_container=Problem, generate_examples=False, description=text)


PROBLEMS: Final = {
    400: _problem("The body is none of these."),
    401: _problem("No token, or an unknown one."),
    403: _problem("A token of somebody else."),
    408: _problem("The body came too slowly."),
    413: _problem("The body is too large."),
    415: _problem("The body is compressed."),
}


class Doors(Struct, frozen=True):
    """What the handlers need."""

    settings: Settings
    keys: Keys
    calls: Calls
    feed: Feed
    mailbox: Mailbox
    notices: NoticeLog
    metrics: Metrics


@post(
    "/fsi/api",
    status_code=HTTPStatus.OK,
    summary="Check orders (3101, 3102) or answer a warning (3103)",
    operation_class=CallOperation,
    responses={
        200: ResponseSpec(data_container=Reply, generate_examples=False, description="The reply envelope."),
        **PROBLEMS,
    },
    security=BEARER,
)
async def _call(request: AnyRequest, state: State) -> Response[bytes]:
    doors: Doors = state.doors
    holder = _holder(request, doors.keys)
    settings = doors.settings
    body = await read_body(
        request, bytes_max=settings.gateway_body_bytes_max, within_ms=settings.gateway_body_ms
    )
    return Response(await doors.calls.answer(body, holder=holder), media_type=JSON)


@post(
    "/feed",
    status_code=HTTPStatus.OK,
    summary="Hand in feed records: one, or NDJSON",
    operation_class=FeedOperation,
    responses={
        **PROBLEMS,
        400: ResponseSpec(data_container=Fed, generate_examples=False, description="No record was taken."),
        503: ResponseSpec(
            data_container=Fed, generate_examples=False, description="Some could not be written."
        ),
    },
    security=BEARER,
)
async def _feed(request: AnyRequest, state: State) -> Response[Fed]:
    doors: Doors = state.doors
    if _holder(request, doors.keys) != PLATFORM:
        raise refusal(HTTPStatus.FORBIDDEN, "the token is not that of the platform")
    settings = doors.settings
    body = await read_body(
        request, bytes_max=settings.gateway_feed_bytes_max, within_ms=settings.gateway_body_ms
    )
    fed = await doors.feed.take(body)
    if fed.failed:
        return Response(fed, status_code=HTTPStatus.SERVICE_UNAVAILABLE, headers={"retry-after": "5"})
    nothing_good = fed.refused_count > 0 and fed.taken == 0
    return Response(fed, status_code=HTTPStatus.BAD_REQUEST if nothing_good else HTTPStatus.OK)


@get(
    "/providers/{code:str}/verdicts",
    summary="A provider's refusals and what became of them: a list, or with Accept: text/event-stream a stream",
    responses=PROBLEMS,
    security=BEARER,
)
async def _notices(
    request: AnyRequest, state: State, code: Code, after: Place = BEGINNING, limit: Limit = 100
) -> Response[NoticePage] | ServerSentEvent:
    doors: Doors = state.doors
    _must_be(code, request, doors.keys)
    if "text/event-stream" in request.headers.get("accept", ""):
        return ServerSentEvent(events(doors.notices, code, _last(request, after)))
    return Response(as_page(await _found(doors, code, after, limit)))


@get(
    "/providers/{code:str}/undelivered",
    summary="Notices that the provider's web hook did not take in time",
    responses=PROBLEMS,
    security=BEARER,
)
async def _undelivered(
    request: AnyRequest, state: State, code: Code, after: Place = BEGINNING, limit: Limit = 100
) -> Response[NoticePage]:
    doors: Doors = state.doors
    _must_be(code, request, doors.keys)
    return Response(as_page(await _found(doors, code, after, limit, undelivered=True)))


@get("/-/healthy", summary="The process answers")
async def _healthy() -> Health:
    return Health("ok")


@get("/-/ready", summary="Calls can be answered with a verdict")
async def _ready(state: State) -> Response[Health]:
    doors: Doors = state.doors
    if doors.mailbox.ready():
        return Response(Health("ok"))
    return Response(Health("not connected yet"), status_code=HTTPStatus.SERVICE_UNAVAILABLE)


@get("/metrics", media_type=EXPOSITION, summary="Metrics in Prometheus' text format")
async def _metrics(state: State) -> bytes:
    doors: Doors = state.doors
    return doors.metrics.exposition()


async def _found(doors: Doors, code: str, after: int, limit: int, *, undelivered: bool = False) -> Found:
    try:
        async with asyncio.timeout(READ_S_MAX):
            return await doors.notices.page(code, after=after, limit=limit, undelivered=undelivered)
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller asks again
        logger.warning("notices can't be read: %s", type(error).__name__)
        raise refusal(HTTPStatus.SERVICE_UNAVAILABLE, "notices can't be read now: ask again") from None


def _last(request: AnyRequest, after: int) -> int | None:
    """Where a stream goes on: what the browser saw last, or what was asked for; else only what comes."""
    seen = request.headers.get("last-event-id", "")
    if seen.isdecimal():
        return int(seen)
    return after if "after" in request.query_params else None


def _must_be(code: str, request: AnyRequest, keys: Keys) -> None:
    """Each provider sees its own alone."""
    if _holder(request, keys) != code:
        raise refusal(HTTPStatus.FORBIDDEN, "the token is not that of this provider")


def _holder(request: AnyRequest, keys: Keys) -> str:
    holder = keys.holder(request.headers.get("authorization"))
    if holder is None:
        raise refusal(HTTPStatus.UNAUTHORIZED, "a bearer token is needed")
    return holder


def _refused(request: AnyRequest, error: Exception) -> Response[Problem]:
    """The answer to whatever was raised; of what nobody expected the kind alone is said and logged."""
    if isinstance(error, ValidationException):
        # Its own words quote the address that was asked for, and what stands there is anybody's.
        status, detail, headers = error.status_code, f"can't be read: {_names(error)}", None
    elif isinstance(error, HTTPException):
        status, detail, headers = error.status_code, error.detail, error.headers
    else:
        status, detail, headers = HTTPStatus.INTERNAL_SERVER_ERROR, "the gateway failed", None
        logger.error("a call failed: %s", type(error).__name__)
    path = request.url.path if request.url.path in DOORS else OTHER
    doors: Doors = request.app.state.doors
    doors.metrics.gateway_refused.labels(path, str(int(status))).inc()
    return Response(Problem(int(status), detail), status_code=int(status), headers=headers, media_type=JSON)


def _names(error: ValidationException) -> str:
    """The parameters that are wrong, by our own names for them."""
    faults = error.extra if isinstance(error.extra, list) else []
    return ", ".join(sorted({str(fault.get("key", "")) for fault in faults if isinstance(fault, dict)}))


def create_gateway(
    settings: Settings,
    *,
    mailbox: Mailbox,
    notices: NoticeLog,
    intake: Intake,
    tokens: Tokens,
    keys: Keys,
    callers: Callers,
    rules_version: str,
    clock: Callable[[], int] = china_ms,
) -> Litestar:
    """The application; its maker starts and stops the mailbox. `clock`: milliseconds of China civil time."""
    metrics = callers.metrics
    questions = Questions(
        mailbox,
        budget_ms=settings.gateway_budget_ms,
        waiting_max=settings.gateway_waiting_max,
        metrics=metrics,
    )
    calls = Calls(
        intake=intake,
        mailbox=mailbox,
        questions=questions,
        tokens=tokens,
        callers=callers,
        clock=clock,
        rules_version=rules_version,
        language=settings.language,
        budget_ms=settings.gateway_budget_ms,
    )
    doors = Doors(
        settings=settings,
        keys=keys,
        calls=calls,
        feed=Feed(mailbox, within_ms=settings.gateway_body_ms, metrics=metrics),
        mailbox=mailbox,
        notices=notices,
        metrics=metrics,
    )
    return Litestar(
        route_handlers=[_call, _feed, _notices, _undelivered, _healthy, _ready, _metrics],
        state=State({"doors": doors}),
        exception_handlers={Exception: _refused},
        openapi_config=_openapi(),
        # Bodies are limited by bodies.py, which lets the sender of a large one hear of it.
        request_max_body_size=None,
        logging_config=None,
    )


def _openapi() -> OpenAPIConfig:
    """Served as /schema/openapi.json; no viewer, for those fetch their scripts from elsewhere."""
    return OpenAPIConfig(
        title="Claim monitor gateway",
        version="0.1.0",
        components=Components(security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer")}),
        render_plugins=[JsonRenderPlugin()],
        webhooks=WEBHOOKS,
    )
