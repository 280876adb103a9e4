"""Reading a body: never more than its limit is held, and never longer than its time is waited for."""

import asyncio
from http import HTTPStatus
from typing import Any, Final

from litestar import Request
from litestar.exceptions import HTTPException

DISCARDED_TIMES_MAX: Final = 4
"""So many limits of a body that is too large are read and dropped, so that its sender gets to hear of it."""

AnyRequest = Request[Any, Any, Any]


def refusal(status: HTTPStatus, detail: str) -> HTTPException:
    """An answer outside of the national envelope; the connection ends with it, for the body may be unread."""
    headers = {"connection": "close"}
    if status is HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = 'Bearer realm="claim-monitor"'
    return HTTPException(detail=detail, status_code=status, headers=headers)


async def read_body(request: AnyRequest, *, bytes_max: int, within_ms: int) -> bytes:
    """The whole body; 413 over the limit (chunked too), 408 when too slow, 415 when compressed."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a compressed body is not read")
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(within_ms / 1000):
            async for chunk in request.stream():
                size += len(chunk)
                if size <= bytes_max:
                    chunks.append(chunk)
                elif size > DISCARDED_TIMES_MAX * bytes_max:
                    break
                else:
                    chunks.clear()
    except TimeoutError:
        raise refusal(HTTPStatus.REQUEST_TIMEOUT, f"the body took longer than {within_ms} ms") from None
    if size > bytes_max:
        raise refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body of at most {bytes_max} bytes is read")
    return b"".join(chunks)
