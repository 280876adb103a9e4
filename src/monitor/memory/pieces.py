"""How memories are kept: one small versioned record for each thing remembered, so an event rewrites only what it touched.

A person with 150 settlements would be 144 KB as one value; as pieces an event writes its own fact and its answer. A piece is
one version byte and msgpack; `decode` reads every version ever released.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, TypeVar

import msgspec

from monitor.events import Event, TraceSale
from monitor.outputs import Finding, Verdict

VERSION: Final = b"\x01"
SEPARATOR: Final = "|"

FACT, ANSWER, FINDING, SALES, SALE = "fact", "answer", "finding", "sales", "sale"

_encode = msgspec.msgpack.Encoder().encode
_DECODERS: Final[Mapping[str, msgspec.msgpack.Decoder[Any]]] = {
    FACT: msgspec.msgpack.Decoder(Event),
    ANSWER: msgspec.msgpack.Decoder(Verdict),
    FINDING: msgspec.msgpack.Decoder(Finding),
    SALES: msgspec.msgpack.Decoder(tuple[TraceSale, ...]),
    SALE: msgspec.msgpack.Decoder(TraceSale),
}

T = TypeVar("T")


class UnknownVersionError(ValueError):
    """A piece that was written by a newer release."""


def kind_of(piece: str) -> str:
    """What a piece is, by its key."""
    return piece.partition(SEPARATOR)[0]


def encode(value: object) -> bytes:
    """A piece in today's version."""
    return VERSION + _encode(value)


def decode(kind: str, raw: bytes) -> Any:  # noqa: ANN401 - the kind says which type
    """What a piece holds; UnknownVersionError for one of a newer release."""
    if raw[:1] != VERSION:
        raise UnknownVersionError(f"a {kind} piece of version {raw[0] if raw else None}")
    return _DECODERS[kind].decode(raw[1:])


class Changes:
    """The pieces touched since they were last asked for."""

    __slots__ = ("_came", "_raw", "_touched")

    kept: ClassVar[bool] = True
    """Whether anybody will ask: else a piece need not be named."""

    def __init__(self) -> None:
        self._touched: dict[tuple[str, ...], object | None] = {}
        self._came: object | None = None
        self._raw = b""

    def came(self, value: object, raw: bytes) -> None:
        """What this record brings, and the bytes it came as: what is remembered of it as it is need not be encoded again."""
        if raw[:1] == VERSION:
            self._came, self._raw = value, raw

    def put(self, piece: tuple[str, ...], value: object) -> None:
        """A piece has a new value; it is named and encoded when the changes are taken."""
        self._touched[piece] = value

    def drop(self, piece: tuple[str, ...]) -> None:
        """A piece is forgotten."""
        self._touched[piece] = None

    def take(self) -> dict[str, bytes | None]:
        """Encoded pieces (None: forgotten), and start anew."""
        touched, self._touched = self._touched, {}
        came, self._came = self._came, None
        written: dict[str, bytes | None] = {}
        for piece, value in touched.items():
            raw = self._raw if value is came and value is not None else None
            written[SEPARATOR.join(piece)] = encode(value) if raw is None and value is not None else raw
        return written


class Untracked(Changes):
    """For memories that nobody writes down: a replay keeps them in the process and lets them go with it."""

    __slots__ = ()

    kept: ClassVar[bool] = False

    def put(self, piece: tuple[str, ...], value: object) -> None:
        """Nothing is kept."""

    def drop(self, piece: tuple[str, ...]) -> None:
        """Nothing is kept."""


UNTRACKED: Final = Untracked()
