"""Identity at the door: keyed tokens instead of numbers.

A token is a keyed BLAKE2b, because an unkeyed hash of a number with 18 digits can be guessed by trying them
all (PIPL art. 28, GB/T 39725-2020). Tokens of one key are stable, so memories keep
their meaning over restarts.
"""

from functools import lru_cache
from hashlib import blake2b

TOKEN_BYTES = 16
KEY_BYTES_MAX = 64
CACHED_PERSONS = 65_536


class Tokens:
    """Tokens of 32 hex characters under one key; the two uses are kept apart, so they never meet."""

    def __init__(self, key: bytes | str) -> None:
        secret = key.encode() if isinstance(key, str) else key
        if not secret:
            raise ValueError("a token key must not be empty")
        if len(secret) > KEY_BYTES_MAX:
            secret = blake2b(secret).digest()
        self._person = blake2b(key=secret, digest_size=TOKEN_BYTES, person=b"person")
        self._mac = blake2b(key=secret, digest_size=TOKEN_BYTES, person=b"mac")
        self.person = lru_cache(maxsize=CACHED_PERSONS)(self._token_of_person)
        """psn_no -> the token that stands for the person everywhere behind the door."""

    def _token_of_person(self, psn_no: str) -> str:
        hashed = self._person.copy()
        hashed.update(psn_no.encode(errors="surrogatepass"))
        return hashed.hexdigest()

    def mac(self, text: str) -> str:
        """A seal on `text` that only a holder of the key can make."""
        hashed = self._mac.copy()
        hashed.update(text.encode(errors="surrogatepass"))
        return hashed.hexdigest()
