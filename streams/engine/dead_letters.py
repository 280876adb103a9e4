"""Records that could not be used: kept, but readable only to a holder of the key (contract §2 'dead letter').

The value is a nonce of 12 bytes and the AES-256-GCM ciphertext of the original bytes; of a record over the size limit
of its first 64 KiB. `open_letter` is the way back.
"""

import os
import traceback
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from monitor.settings import KIB, MIB, Settings
from streams.engine.records import Headers, Record, replay_headers

NONCE_BYTES: Final = 12
HEAD_BYTES: Final = 64 * KIB
DETAIL_CHARS_MAX: Final = 4_000
FRAMES: Final = 12


class Sealer:
    """Encrypts under one key; its id goes into a header, so that keys can be changed."""

    def __init__(self, secret: str, key_id: str) -> None:
        self._key_id = key_id.encode()
        self._cipher = AESGCM(sha256(b"dead letters\x00" + secret.encode()).digest())

    def letter(
        self, record: Record, *, stage: str, reason: str, detail: str, at_ms: int, bytes_max: int = MIB
    ) -> tuple[bytes, Headers]:
        """Value and headers of a dead letter; `at_ms`: when it became one (ms since the epoch).

        One that was put back before keeps the count of that. Of a record of more than `bytes_max` bytes it holds the
        first 64 KiB, or less where not even that is allowed.
        """
        raw = record.value or b""
        headers: Headers = [
            ("reason", reason.encode()),
            ("stage", stage.encode()),
            ("detail", detail[: min(DETAIL_CHARS_MAX, bytes_max)].encode(errors="replace")),
            ("topic", record.topic.encode()),
            ("partition", b"%d" % record.partition),
            ("offset", b"%d" % record.offset),
            ("at", b"%d" % at_ms),
            ("key-id", self._key_id),
            *replay_headers(record),
        ]
        if len(raw) > bytes_max:
            headers += [("length", b"%d" % len(raw)), ("sha256", sha256(raw).hexdigest().encode())]
            raw = raw[: min(HEAD_BYTES, bytes_max // 2)]
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, raw, None), headers

    def open_letter(self, value: bytes) -> bytes:
        """The original bytes; cryptography.exceptions.InvalidTag under another key."""
        return self._cipher.decrypt(value[:NONCE_BYTES], value[NONCE_BYTES:], None)


def sealer_of(settings: Settings) -> Sealer:
    """The sealer of these settings; without a key of its own one derived from the token key."""
    key = settings.dead_letter_key
    return Sealer(
        settings.token_secret if key is None else key.get_secret_value(), settings.dead_letter_key_id
    )


def stack_of(error: BaseException) -> str:
    """Where it was raised and its kind; never its message, which may quote what stands in the record."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    rows = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
    return "\n".join([*rows, type(error).__name__])
