"""The envelopes of a feed record and every check that looks at the bytes: size, depth, UTF-8, duplicate keys.

The checks are cheap for honest records and exact for all: each has a quick test that proves a record
harmless, and only what fails it is looked at closely.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec import Raw, Struct
from msgspec.json import Decoder
from msgspec.structs import astuple

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


class Opened(NamedTuple):
    """A feed record with both envelopes open."""

    request: wire.Request
    reply: wire.Reply | None


def _frame(shape: type[Struct], texts: int) -> int:
    """The bytes that a compact object has beside the contents of all its members, so many of them texts."""
    return len("{}") + len(",".join([f'"{name}":' for name in shape.__struct_fields__])) + texts * len('""')


_NULL = Raw(b"null")
_TEXTS = ("infno", "msgid", "opter_type", "inf_time", "fixmedins_code")
_RECORD_FRAME = _frame(wire.FullRecord, 0) + _frame(wire.FullRequest, len(_TEXTS))
_REPLY_FRAME = _frame(wire.FullReply, 0)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_PICTURE = re.compile(rb'"recog_pic"\s*:\s*("[^"\\]*(?:\\.[^"\\]*)*"|[^\s"n])', re.DOTALL)

_decode_full_record = Decoder(wire.FullRecord).decode
_decode_record = Decoder(wire.Record).decode
_decode_members = Decoder(dict[str, Raw]).decode
_decode_leaf = Decoder(Any, float_hook=plain).decode
_decode_leaves = Decoder(list[Any], float_hook=plain).decode


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


def decode_record(raw: bytes, limits: IntakeLimits) -> Opened | wire.FullRecord:
    """A feed record with its envelopes open; every check on the bytes is done."""
    check_bytes(raw, limits)
    try:
        record = _decode_full_record(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _decode_any_record(raw)
    return record if _is_surely_unique(raw, record) else _decode_any_record(raw)


def _is_surely_unique(raw: bytes, record: wire.FullRecord) -> bool:
    """Whether the record is as short as one with these members can be: a second one of any name would show.

    An escaped or non-ASCII key, an escape in a text and any white space make it longer.
    """
    reply = record.reply
    size = len("null") if reply is None else _REPLY_FRAME + sum(map(len, astuple(reply)))
    return _RECORD_FRAME + sum(map(len, astuple(record.request))) + size == len(raw)


def _decode_any_record(raw: bytes) -> Opened:
    """The exact way, for a record that is not compact, lacks members, has more of them, or is none."""
    try:
        record = _decode_record(raw)
    except msgspec.ValidationError as error:
        path = _path_of(error).removeprefix("$")
        raise Fault(Reason.WRONG_TYPE if path else Reason.NOT_OBJECT, path.partition("[")[0]) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Fault(Reason.NOT_JSON) from None
    except RecursionError:
        raise Fault(Reason.TOO_DEEP) from None
    if not _is_compact(raw, record) and not _is_as_its_members(raw, record):
        _find_duplicates(raw)
    if record.request is None:
        raise Fault(Reason.MISSING_FIELD, "request")
    reply = record.reply
    used = None if reply is None else wire.Reply(reply.get("infcode"), reply.get("output"))
    return Opened(_used_of(record.request), used)


def decode_request(raw: bytes, limits: IntakeLimits) -> wire.Request:
    """A request envelope that came alone, as a call at the gateway does."""
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
    return _used_of(members)


def _used_of(request: Mapping[str, Raw]) -> wire.Request:
    texts = _decode_leaves(b"[%b]" % b",".join([request.get(name, _NULL) for name in _TEXTS]))
    return wire.Request(**dict(zip(_TEXTS, texts, strict=True)), input=request.get("input"))


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
    # Replacing looks for one byte as fast as memory gives it; counting takes it five times as long.
    without = len(raw.replace(b"{", b"")) + len(raw.replace(b"[", b""))
    if 2 * len(raw) - without > limits.depth and _is_deeper(raw, limits.depth):
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
    return len("".join(members)) + sum(map(len, members.values())) + 4 * len(members) + 1


def _is_compact(raw: bytes, record: wire.Record) -> bool:
    """As `_is_surely_unique`, for envelopes with other members."""
    if record.request is None or record.reply is None:  # null or absent: their bytes are not known
        return False
    frame = len('{"request":,"reply":}')
    return frame + _compact_size(record.request) + _compact_size(record.reply) == len(raw)


def _is_as_its_members(raw: bytes, record: wire.Record) -> bool:
    """Whether the record is what its members make, with or without a blank behind comma and colon."""
    for blank in (b"", b" "):
        envelopes = {"request": _written(record.request, blank), "reply": _written(record.reply, blank)}
        if raw == _written(envelopes, blank):
            return True
    return False


def _written(members: Mapping[str, bytes | Raw] | None, blank: bytes) -> bytes:
    if members is None:
        return b"null"
    joint = b"," + blank
    return b"{%b}" % joint.join(
        [b'"%b":%b%b' % (key.encode(), blank, value) for key, value in members.items()]
    )


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
