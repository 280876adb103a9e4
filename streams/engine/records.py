"""A Kafka record as the stages see it, and the headers that the monitor writes."""

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from msgspec import Struct

Headers: TypeAlias = list[tuple[str, bytes]]
Row: TypeAlias = tuple[bytes | None, bytes | None, Headers]
"""Key, value and headers of a record to be written."""
NO_HEADERS: Final[Headers] = []
"""Of rows of memories; shared, so nobody adds to it."""

AT: Final = "at"
"""When the call's record came in (ms since the epoch), carried through all stages: latency is measured from it."""
REPLY_TO: Final = "reply-to"
"""Which gateway waits for the verdict; never in a value, so that others can skip it undecoded."""
CORRELATION: Final = "correlation"
WATERMARK: Final = "watermark"
SOURCE: Final = "source"
"""Partition number that a watermark comes from."""
FINDING: Final = "finding"
"""The whole finding (msgpack): the topic's JSON holds what the contract names, incidents need its inner parts too."""
NOTICE_ID: Final = "notice-id"
PERSON: Final = "person"
"""Token of the person that a notice is about."""


REPLAYS: Final = "replays"
"""How often this record, or the one it follows from, was put back from the dead letters."""
REPLAY_OF: Final = "replay-of"
"""The dead letter that it was last, as partition:offset of claims.dlq."""


class Record(Struct, frozen=True, gc=False):
    """One record of a batch. `at_ms` is when the call came in, `timestamp_ms` the record's own."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes]

    @property
    def at_ms(self) -> int:
        """When the call's own record came in."""
        raw = self.headers.get(AT)
        return self.timestamp_ms if raw is None else _number(raw, self.timestamp_ms)

    @property
    def replays(self) -> int:
        """How often it was put back from the dead letters; 0 for one that never was."""
        raw = self.headers.get(REPLAYS)
        return 0 if raw is None else max(1, _number(raw, 1))


def headers_of(pairs: Iterable[tuple[str, bytes]] | None) -> dict[str, bytes]:
    """Headers by name; of several with one name the last."""
    return {name: value or b"" for name, value in pairs} if pairs else {}


def at_header(at_ms: int) -> tuple[str, bytes]:
    """When the call came in, for the next stage."""
    return (AT, b"%d" % at_ms)


def replay_headers(record: Record) -> Headers:
    """What says that a record was a dead letter before: whatever follows from it carries that on."""
    return [(name, record.headers[name]) for name in (REPLAYS, REPLAY_OF) if name in record.headers]


def passed_on(record: Record) -> Headers:
    """The headers that every record keeps from the one it follows from."""
    headers = [at_header(record.at_ms)]
    return headers + replay_headers(record) if record.headers else headers


def _number(raw: bytes, other: int) -> int:
    try:
        return int(raw)
    except ValueError:
        return other
