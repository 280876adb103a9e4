"""How a receiver knows that a notice is ours and of now: HMAC-SHA256 over timestamp and body."""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

TIMESTAMP: Final = "X-Monitor-Timestamp"
SIGNATURE: Final = "X-Monitor-Signature"
IDEMPOTENCY_KEY: Final = "Idempotency-Key"
SCHEME: Final = "v1="
AGE_S_MAX: Final = 300
"""A receiver refuses what is older: somebody recorded it."""


def headers_of(body: bytes, *, notice_id: str, secret: str, at_s: int) -> dict[str, str]:
    """Of one attempt; `at_s`: Unix time. A repeat has the same idempotency key and a new timestamp."""
    return {
        "Content-Type": "application/json",
        IDEMPOTENCY_KEY: notice_id,
        TIMESTAMP: str(at_s),
        SIGNATURE: SCHEME + _mac(body, secret, at_s),
    }


def is_signed(body: bytes, headers: Mapping[str, str], *, secret: str, now_s: int) -> bool:
    """What a receiver checks."""
    written = headers.get(TIMESTAMP, "")
    if not written.isdecimal() or abs(now_s - int(written)) > AGE_S_MAX:
        return False
    return hmac.compare_digest(headers.get(SIGNATURE, ""), SCHEME + _mac(body, secret, int(written)))


def _mac(body: bytes, secret: str, at_s: int) -> str:
    return hmac.new(secret.encode(), b"%d.%b" % (at_s, body), sha256).hexdigest()
