"""How a receiver knows that a notice is ours and of now: a signature over timestamp and body, in one of three schemes.

* `hmac-sha256` and `hmac-sm3`: by a secret that we share with the provider (hook_secret);
* `sm2`: SM2 over SM3 (GB/T 32918.2, signer id 1234567812345678, DER in base64), by our own key; the provider knows the
  public one, and nothing of its table lets anybody sign.

The header begins with the scheme, so a receiver refuses what is signed in another one than was agreed.
"""

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.hmac import HMAC

from monitor.notices.sm2 import Sm2Key, is_sm2_signed
from monitor.reference import Scheme

TIMESTAMP: Final = "X-Monitor-Timestamp"
SIGNATURE: Final = "X-Monitor-Signature"
IDEMPOTENCY_KEY: Final = "Idempotency-Key"
AGE_S_MAX: Final = 300
"""A receiver refuses what is older: somebody recorded it."""

Signer = Callable[[bytes], str]
"""Signed bytes -> the signature header."""


MARKS: Final = {Scheme.HMAC_SHA256: "v1=", Scheme.HMAC_SM3: "sm3=", Scheme.SM2: "sm2="}
"""What the header begins with; schemes as in the column hook_sign of the providers table."""


def by_secret(secret: str, scheme: Scheme = Scheme.HMAC_SHA256) -> Signer:
    """Signs with what we share with a provider."""
    if scheme is Scheme.HMAC_SM3:
        return lambda signed: MARKS[scheme] + _hmac_sm3(signed, secret).finalize().hex()
    return lambda signed: MARKS[scheme] + hmac.new(secret.encode(), signed, sha256).hexdigest()


def by_key(key: Sm2Key) -> Signer:
    """Signs with our own key."""
    return lambda signed: MARKS[Scheme.SM2] + base64.b64encode(key.sign(signed)).decode()


def headers_of(body: bytes, *, notice_id: str, sign: Signer, at_s: int) -> dict[str, str]:
    """Of one attempt; `at_s`: Unix time. A repeat has the same idempotency key and a new timestamp."""
    return {
        "Content-Type": "application/json",
        IDEMPOTENCY_KEY: notice_id,
        TIMESTAMP: str(at_s),
        SIGNATURE: sign(_signed(body, at_s)),
    }


def is_signed(
    body: bytes,
    headers: Mapping[str, str],
    *,
    secret: str = "",
    public_key: str = "",
    scheme: Scheme = Scheme.HMAC_SHA256,
    now_s: int,
) -> bool:
    """What a receiver checks; `secret` for the schemes by secret, `public_key` (128 hex characters) for sm2."""
    written = headers.get(TIMESTAMP, "")
    if not written.isdecimal() or abs(now_s - int(written)) > AGE_S_MAX:
        return False
    given, signed = headers.get(SIGNATURE, ""), _signed(body, int(written))
    if scheme is Scheme.HMAC_SHA256:
        return hmac.compare_digest(given.encode(), by_secret(secret)(signed).encode())
    try:
        if not given.startswith(MARKS[scheme]):
            return False
        value = given.removeprefix(MARKS[scheme])
        if scheme is Scheme.SM2:
            return is_sm2_signed(signed, base64.b64decode(value, validate=True), public_key)
        _hmac_sm3(signed, secret).verify(bytes.fromhex(value))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _signed(body: bytes, at_s: int) -> bytes:
    return b"%d.%b" % (at_s, body)


def _hmac_sm3(signed: bytes, secret: str) -> HMAC:
    made = HMAC(secret.encode(), SM3())
    made.update(signed)
    return made
