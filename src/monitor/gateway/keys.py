"""Who is calling: bearer tokens, kept as hashes only.

The file of hashes is a CSV table ``fixmedins_code,token_sha256``; several rows of one code let a token be
changed without a gap, and the code `platform` stands for the platform that feeds records. Tokens are 256
random bits, so a plain SHA-256 can't be guessed back.
"""

import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from secrets import token_urlsafe
from typing import Final

from monitor.tables import BadCellError, Row, Table, read, text

PLATFORM: Final = "platform"
TOKEN_BYTES: Final = 32
HEADER_CHARS_MAX: Final = 512
INDEX_BYTES: Final = 4

_HASH: Final = re.compile(r"[0-9a-f]{64}")


def _row(row: Row) -> tuple[str, bytes]:
    digest = row["token_sha256"].lower()
    if not _HASH.fullmatch(digest):
        raise BadCellError("token_sha256", "must be a SHA-256 in 64 hex characters")
    return text(row, "fixmedins_code"), bytes.fromhex(digest)


_TABLE: Final = Table(name="gateway_tokens", columns=("fixmedins_code", "token_sha256"), parse=_row)


class Keys:
    """Tells whose a token is."""

    def __init__(self, hashes: Iterable[tuple[str, bytes]] = ()) -> None:
        self._by_start: dict[bytes, list[tuple[bytes, str]]] = {}
        for code, digest in hashes:
            self._by_start.setdefault(digest[:INDEX_BYTES], []).append((digest, code))

    def holder(self, authorization: str | None) -> str | None:
        """The fixmedins_code (or `platform`) whose token an Authorization header brings; None for any other.

        The look-up goes by the first bytes of the hash, which tell nothing of the token; the whole is
        compared in constant time.
        """
        if authorization is None or len(authorization) > HEADER_CHARS_MAX:
            return None
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            return None
        given = sha256(token.strip().encode()).digest()
        found = None
        for digest, code in self._by_start.get(given[:INDEX_BYTES], ()):
            if compare_digest(digest, given):
                found = code
        return found


def load_keys(path: Path | None) -> Keys:
    """The keys of a file; none without one. ReferenceTableError names file and line of a bad row."""
    if path is None:
        return Keys()
    return Keys(row for _, row in read(_TABLE, path, path.read_bytes()))


def new_tokens(codes: Iterable[str]) -> dict[str, str]:
    """A fresh token for each code; to be handed over once and kept nowhere."""
    return {code: token_urlsafe(TOKEN_BYTES) for code in codes}


def as_file(tokens: Mapping[str, str]) -> str:
    """What the file of hashes holds for these tokens."""
    rows = (f"{code},{sha256(token.encode()).hexdigest()}" for code, token in tokens.items())
    return "\n".join(("fixmedins_code,token_sha256", *rows, ""))
