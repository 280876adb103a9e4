"""Dead letters as they lie in their topic: which there are, and what their headers tell. How they are opened: repair.py."""

from collections.abc import AsyncIterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple, Self

from aiokafka import TopicPartition
from msgspec import Struct

from monitor.settings import Settings
from streams.engine.dead_letters import NONCE_BYTES
from streams.engine.records import REPLAYS, Record
from streams.reading import Reader
from streams.topics import Topic, name_of

TAG_BYTES: Final = 16
NUMBER_CHARS_MAX: Final = 19
"""Of 64 bits."""


class Place(NamedTuple):
    """Where a dead letter stands in claims.dlq."""

    partition: int
    offset: int

    @classmethod
    def of(cls, text: str) -> Self:
        """``3:17``; ValueError for anything else."""
        partition, colon, offset = text.partition(":")
        if not (colon and partition.isdecimal() and offset.isdecimal()):
            raise ValueError(
                f"{text}: a dead letter is named by partition:offset, as `monitor dlq list` shows it"
            )
        return cls(int(partition), int(offset))

    def __str__(self) -> str:
        return f"{self.partition}:{self.offset}"


class Letter(Struct, frozen=True):
    """A dead letter, closed."""

    place: Place
    headers: Mapping[str, bytes]
    value: bytes
    timestamp_ms: int

    def text(self, name: str) -> str:
        """A header; empty where there is none."""
        return self.headers.get(name, b"").decode(errors="replace")

    def number(self, name: str, other: int = 0) -> int:
        """A header that is a number."""
        raw = self.headers.get(name, b"")
        return int(raw) if raw.isdigit() and len(raw) <= NUMBER_CHARS_MAX else other

    @property
    def at_ms(self) -> int:
        """When it became one (ms since the epoch)."""
        return self.number("at", self.timestamp_ms)

    @property
    def replays(self) -> int:
        """How often it had been put back before it came here again."""
        return self.number(REPLAYS, 1) if REPLAYS in self.headers else 0

    @property
    def is_cut(self) -> bool:
        """Whether it holds the head of its record alone."""
        return "length" in self.headers

    @property
    def content_bytes(self) -> int:
        """Size of what it holds."""
        return max(0, len(self.value) - NONCE_BYTES - TAG_BYTES)

    @property
    def name(self) -> tuple[Place, int]:
        """What tells it from any other, also when the topic was made anew."""
        return self.place, self.at_ms


class Wanted(Struct, frozen=True, kw_only=True):
    """Which dead letters; times in ms since the epoch, inclusive. Empty: all."""

    places: AbstractSet[Place] = frozenset()
    reason: str = ""
    stage: str = ""
    since_ms: int | None = None
    until_ms: int | None = None

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return self == Wanted()

    def takes(self, letter: Letter) -> bool:
        """Whether it is one of them."""
        return (
            (not self.places or letter.place in self.places)
            and self.reason in {"", letter.text("reason")}
            and self.stage in {"", letter.text("stage")}
            and (self.since_ms is None or letter.at_ms >= self.since_ms)
            and (self.until_ms is None or letter.at_ms <= self.until_ms)
        )


async def letters(reader: Reader, wanted: Wanted, settings: Settings) -> AsyncIterator[Letter]:
    """Those there are now; what becomes a dead letter meanwhile is not among them."""
    name = name_of(Topic.DEAD_LETTERS, settings)
    numbers = {place.partition for place in wanted.places} or set(range(settings.partitions))
    tps = [TopicPartition(name, number) for number in sorted(numbers) if number < settings.partitions]
    begins, ends = await reader.begins(tps, since_ms=wanted.since_ms), await reader.ends(tps)
    if wanted.places:
        for tp in tps:
            offsets = [place.offset for place in wanted.places if place.partition == tp.partition]
            begins[tp] = max(begins[tp], min(offsets))
            ends[tp] = min(ends[tp], max(offsets) + 1)
    async for record in reader.read(begins, ends):
        letter = _letter(record)
        if wanted.takes(letter):
            yield letter


def _letter(record: Record) -> Letter:
    place = Place(record.partition, record.offset)
    return Letter(place, record.headers, record.value or b"", record.timestamp_ms)
