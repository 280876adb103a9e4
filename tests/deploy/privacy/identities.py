"""Who is meant: every identity that a feed holds, and where in anything emitted one of them stands, in whatever form."""

import base64
import hashlib
import json
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import quote

PERSON_FIELDS: Final = frozenset({"psn_no", "patn_id"})
FIELDS: Final = PERSON_FIELDS | {
    *("certno", "mdtrt_cert_no", "card_sn", "psn_name", "patn_name", "coner_name", "emp_name"),
    *("brdy", "tel", "addr", "recog_pic", "ipt_no", "ipt_otp_no"),
    *("opter_name", "sel_retn_opter_name", "dspo_way_rea", "sp_dcla_rea"),
}
"""Fields of the national interface that say who somebody is, or are free text about them.

Numbers of a claim (setl_id, mdtrt_id, feedetl_sn, msgid, rx_id) are none of them: the provider has given them out, and
knows by them what a notice is about. Neither are codes of providers, doctors, drugs and boxes.
"""
HEAD_CHARS: Final = 32
"""A picture is known by its beginning and its end."""
GRAM_BYTES: Final = 6
"""No form is shorter: two Chinese characters."""


class Found(NamedTuple):
    """An identity that stands where it must not; told without itself."""

    kind: str
    where: str
    field: str
    form: str


def identities(lines: Iterable[bytes]) -> dict[str, str]:
    """Identity -> the field it came in."""
    found: dict[str, str] = {}
    others: set[str] = set()
    for line in lines:
        for name, value in _leaves(json.loads(line)):
            if name not in FIELDS:
                others.add(value)
            elif len(value.encode()) >= GRAM_BYTES:
                found.setdefault(value, name)
    # A birthday that is the day of something else, too, says nothing.
    return {value: name for value, name in found.items() if name != "brdy" or value not in others}


def _leaves(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping):
        for name, value in node.items():
            if isinstance(value, str):
                yield name, value
            else:
                yield from _leaves(value)
    elif isinstance(node, list):
        for each in node:
            yield from _leaves(each)


def forms(value: str) -> Iterator[tuple[str, bytes]]:
    """Every way in which it may stand there, with its name."""
    if len(value) > 2 * HEAD_CHARS:
        # Of a picture in base64 a part says enough.
        for part in (value[:HEAD_CHARS], value[-HEAD_CHARS:]):
            yield "part", part.encode()
        return
    raw = value.encode()
    yield "plain", raw
    yield "hex", raw.hex().encode()
    yield "HEX", raw.hex().upper().encode()
    yield from _base64(raw)
    yield "UTF-16", value.encode("utf-16-le")
    if not value.isascii():
        escaped = json.dumps(value)[1:-1]
        yield "escaped", escaped.encode()
        yield "ESCAPED", escaped.upper().replace("\\U", "\\u").encode()
        yield "bytes", repr(raw)[2:-1].encode()
        yield "percent", quote(value).encode()
        yield "GB18030", value.encode("gb18030")
    if value.isdecimal() and int(value) < 1 << 64:
        yield "number", struct.pack(">Q", int(value))
    # Anyone can make them of all numbers there are, so they say who it is.
    for name in ("md5", "sha1", "sha256", "blake2b"):
        digest = hashlib.new(name, raw).digest()
        yield name, digest
        yield name, digest.hex().encode()


def _base64(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Without the characters that depend on what stands before and behind it."""
    for lead in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(b"\0" * lead + raw)
            begin, end = (0, 2, 3)[lead], (lead + len(raw)) * 4 // 3
            if end - begin >= GRAM_BYTES:
                yield "base64", text[begin:end]


class Search:
    """Finds any of many identities in any of their forms, in one pass: by their last bytes, then by the whole."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._needles: dict[bytes, list[tuple[bytes, str, str]]] = defaultdict(list)
        for value, field in known.items():
            for form, needle in forms(value):
                if len(needle) >= GRAM_BYTES and any(needle):
                    self._needles[needle[-GRAM_BYTES:]].append((needle, field, form))
        self._needles = dict(self._needles)

    def __call__(self, kind: str, where: str, content: bytes) -> Iterator[Found]:
        """Each field and form once."""
        seen = set()
        needles = self._needles
        for end in range(GRAM_BYTES, len(content) + 1):
            for needle, field, form in needles.get(content[end - GRAM_BYTES : end], ()):
                if content[max(0, end - len(needle)) : end] == needle:
                    seen.add((field, form))
        for field, form in sorted(seen):
            yield Found(kind, where, field, form)
