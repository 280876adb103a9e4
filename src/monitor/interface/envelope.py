"""The envelopes of a feed record and every check that looks at the bytes: size, depth, UTF-8, duplicate keys.

The checks are cheap for honest records and exact for all: each has a quick test that proves a record
harmless, and only what fails it is looked at closely.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct
from msgspec.json import Decoder

from monitor.interface import wire
from monitor.interface.fields import plain
from monitor.interface.outcomes import Fault, Reason

T = TypeVar("T")


class IntakeLimits(Struct, frozen=True):
    """Limits of one record (contract §1 'Dead letters')."""

    record_bytes: int = 1024 * 1024
    """recog_pic not counted."""
    record_bytes_hard: int = 8 * 1024 * 1024
    depth: int = 64
    lines: int = 2000
    """Rows in any list of a call: charge lines, orders, diagnoses, goods."""


class Head(Struct, frozen=True, gc=False, array_like=True):
    """The members of a request envelope that are used, undecided yet whether they are texts."""

    infno: Any
    msgid: Any
    fixmedins_code: Any
    inf_time: Any
    opter_type: Any


_HEAD_NAMES = ("infno", "msgid", "fixmedins_code", "inf_time", "opter_type")
_NULL = Raw(b"null")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_PICTURE = re.compile(rb'"recog_pic"\s*:\s*("[^"\\]*(?:\\.[^"\\]*)*"|[^\s"n])', re.DOTALL)

_decode_record = Decoder(wire.Record).decode
_decode_members = Decoder(dict[str, Raw]).decode
_decode_head = Decoder(Head, float_hook=plain).decode
_decode_leaf = Decoder(Any, float_hook=plain).decode


def typed_decoder(shape: type[T]) -> Decoder[T]:
    """A decoder of one input or output whose fractional numbers keep their own digits."""
    return Decoder(shape, float_hook=plain)


def fault_of(error: msgspec.DecodeError | UnicodeDecodeError) -> Fault:
    """What was wrong with an input or output, with the path from there on."""
    if isinstance(error, msgspec.ValidationError):
        return Fault(Reason.WRONG_TYPE, _path_of(error).removeprefix("$"))
    return Fault(Reason.NOT_JSON)


def _path_of(error: msgspec.ValidationError) -> str:
    """The path in a message of msgspec: our own names and positions, never a key or value of the record."""
    _, at, quoted = str(error).rpartition(" - at `")
    return quoted.removesuffix("`").replace("$.", "$") if at else ""


def decode_record(raw: bytes, limits: IntakeLimits) -> wire.Record:
    """Both envelopes of a feed record, their members undecoded; every check on the bytes is done."""
    check_bytes(raw, limits)
    try:
        record = _decode_record(raw)
    except msgspec.ValidationError as error:
        path = _path_of(error).removeprefix("$")
        raise Fault(Reason.WRONG_TYPE if path else Reason.NOT_OBJECT, path.partition("[")[0]) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Fault(Reason.NOT_JSON) from None
    except RecursionError:
        raise Fault(Reason.TOO_DEEP) from None
    if not _surely_unique(raw, record) and not _spaced_and_unique(raw, record):
        _find_duplicates(raw)
    return record


def decode_request(raw: bytes, limits: IntakeLimits) -> dict[str, Raw]:
    """The members of a request envelope that came alone, as a call at the gateway does."""
    check_bytes(raw, limits)
    try:
        members = _decode_members(raw)
    except msgspec.ValidationError:
        raise Fault(Reason.NOT_OBJECT) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Fault(Reason.NOT_JSON) from None
    except RecursionError:
        raise Fault(Reason.TOO_DEEP) from None
    if _compact_size(members) != len(raw):
        _check_keys(raw, "")
    return members


def decode_head(request: Mapping[str, Raw]) -> Head:
    """The used members of a request envelope in one go."""
    return _decode_head(b"[%b]" % b",".join([request.get(name, _NULL) for name in _HEAD_NAMES]))


def decode_leaf(raw: Raw | None) -> Any:  # noqa: ANN401 - whatever JSON holds
    """One member of an envelope."""
    return None if raw is None else _decode_leaf(raw)


def has_picture(raw: bytes) -> bool:
    """Whether a recog_pic stands in the record that is not empty."""
    return any(found[1] != b'""' for found in _PICTURE.finditer(raw))


def check_bytes(raw: bytes, limits: IntakeLimits) -> None:
    """Size, depth and UTF-8 of a whole record."""
    if len(raw) > limits.record_bytes:
        _check_size(raw, limits)
    if raw.count(b"{") + raw.count(b"[") > limits.depth and _is_deeper(raw, limits.depth):
        raise Fault(Reason.TOO_DEEP)
    if not raw.isascii():
        try:
            raw.decode()
        except UnicodeDecodeError:
            raise Fault(Reason.NOT_JSON) from None


def _check_size(raw: bytes, limits: IntakeLimits) -> None:
    if len(raw) > limits.record_bytes_hard:
        raise Fault(Reason.TOO_LARGE)
    pictures = sum(len(found[1]) - 2 for found in _PICTURE.finditer(raw))
    if len(raw) - pictures > limits.record_bytes:
        raise Fault(Reason.TOO_LARGE)


def _is_deeper(raw: bytes, limit: int) -> bool:
    """Whether brackets outside of texts nest deeper than `limit`."""
    if b"\\" in raw:
        # Backslashes pair up from the left, so these two in this order leave exactly the quotes that delimit.
        raw = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    brackets = b"".join(raw.split(b'"')[::2]).translate(None, _NOT_BRACKETS)
    depth = 0
    for bracket in brackets:
        if bracket in b"[{":
            depth += 1
            if depth > limit:
                return True
        else:
            depth -= 1
    return False


def _compact_size(members: Mapping[str, Raw]) -> int:
    """The bytes of the shortest object with these members: `{"k":v,"k":v}`."""
    return len("".join(members)) + len(b"".join(members.values())) + 4 * len(members) + 1


def _surely_unique(raw: bytes, record: wire.Record) -> bool:
    """Whether the record is as short as one with these members can be: a second one of any name would show.

    An escaped or non-ASCII key and any white space make it longer; then the exact way decides.
    """
    request, reply = record.request, record.reply
    if request is None:
        return False
    if reply is None:
        return _compact_size(request) + len('{"request":,"reply":null}') == len(raw)
    # Both in one go, because this is done for every record.
    keys = len("".join([*request, *reply]))
    values = len(b"".join([*request.values(), *reply.values()]))
    members = len(request) + len(reply)
    return keys + values + 4 * members + 2 + len('{"request":,"reply":}') == len(raw)


def _spaced_and_unique(raw: bytes, record: wire.Record) -> bool:
    """Whether the record is what its members make with a blank behind every comma and colon."""
    request = b"null" if record.request is None else _spaced(record.request)
    reply = b"null" if record.reply is None else _spaced(record.reply)
    return raw == b'{"request": %b, "reply": %b}' % (request, reply)


def _spaced(members: Mapping[str, Raw]) -> bytes:
    return b"{%b}" % b", ".join([b'"%b": %b' % (key.encode(), value) for key, value in members.items()])


def _find_duplicates(raw: bytes) -> None:
    """Refuse a record that has a key twice in itself or in one of its envelopes."""
    _check_keys(raw, "")
    members = _decode_members(raw)
    for name in ("request", "reply"):
        part = bytes(members.get(name, _NULL))
        if part != b"null":
            _check_keys(part, name)


def _check_keys(raw: bytes, path: str) -> None:
    outermost: list[tuple[str, object]] = []

    def keep(pairs: list[tuple[str, object]]) -> None:
        # Objects close from the inside out, so the last one seen is the outermost.
        nonlocal outermost
        outermost = pairs

    try:
        json.loads(raw, object_pairs_hook=keep, parse_int=len, parse_float=len)
    except (ValueError, RecursionError):
        raise Fault(Reason.NOT_JSON) from None
    if len({key for key, _ in outermost}) < len(outermost):
        raise Fault(Reason.DUPLICATE_KEY, path)
