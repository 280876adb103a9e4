"""SM2 signatures (GB/T 32918.2) by GmSSL; the package comes with the extra `sm2`, for those alone who want them."""

from importlib import import_module
from types import ModuleType
from typing import Self

from msgspec import Struct

EXTRA = "pip install 'claim-monitor[sm2]'"
_PRIVATE_BYTES = 32
_PUBLIC_BYTES = 64
_TRIAL = b"a private and a public key that belong together"


class Sm2Error(ValueError):
    """A key that can't be used, or no package to use it with; quotes nothing of it."""


class Sm2Key(Struct, frozen=True):
    """Our key: the private number and the public point."""

    private: bytes
    public: bytes

    def __repr__(self) -> str:
        return "Sm2Key()"

    @classmethod
    def of(cls, *, private: str, public: str) -> Self:
        """From hex: 64 and 128 characters (x and y; 04 before them may stand there). Sm2Error unless they are a pair."""
        key = cls(_bytes(private, _PRIVATE_BYTES, "private"), _public(public))
        if not is_sm2_signed(_TRIAL, key.sign(_TRIAL), key.public.hex()):
            raise Sm2Error("the private and the public SM2 key are no pair")
        return key

    def sign(self, signed: bytes) -> bytes:
        """Both numbers of it in DER, of the SM3 digest of signer, key and bytes."""
        gmssl = _gmssl()
        try:
            signature: bytes = gmssl.sm2_sign(self.private, self.public, signed)
        except (gmssl.InvalidValueError, gmssl.GmsslInnerError):
            raise Sm2Error("the private SM2 key is none") from None
        return signature


def is_sm2_signed(signed: bytes, signature: bytes, public_key: str) -> bool:
    """Whether the holder of a public key (hex) signed it. Sm2Error for what is no key."""
    gmssl = _gmssl()
    public = _public(public_key)
    try:
        return bool(gmssl.sm2_verify(public, signed, signature))
    except (gmssl.InvalidValueError, gmssl.GmsslInnerError):
        return False


def _public(text: str) -> bytes:
    text = text.strip()
    bare = text[2:] if len(text) == 2 * _PUBLIC_BYTES + 2 and text.startswith("04") else text
    public = _bytes(bare, _PUBLIC_BYTES, "public")
    gmssl = _gmssl()
    try:
        point: bytes = gmssl.normalize_sm2_public_key(public)
    except gmssl.InvalidValueError:
        raise Sm2Error("the public SM2 key is no point of the curve") from None
    return point


def _bytes(text: str, size: int, which: str) -> bytes:
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != size:
        raise Sm2Error(f"the {which} SM2 key must be {2 * size} hex characters")
    return found


def _gmssl() -> ModuleType:
    try:
        return import_module("gmssl_pyx")
    except ImportError:
        raise Sm2Error(f"hook_sign sm2 needs a package: {EXTRA}") from None
