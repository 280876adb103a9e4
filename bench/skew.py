"""How evenly partitions share the work: the simulator's feed dealt out as Kafka deals it, by provider and by person."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

import orjson
from msgspec import Struct

from monitor.interface.intake import Accepted, Intake
from monitor.privacy import Tokens
from monitor.settings import DEVELOPMENT_KEY
from streams.topics import partition_of

PARTITIONS: Final = (4, 8, 24, 96)


class Skew(Struct, frozen=True):
    """One topic at one number of partitions; shares of all records."""

    topic: str
    partitions: int
    keys: int
    largest_key: float
    fullest: float
    """The fullest partition's share, in shares of an even one: 1.0 is even."""
    emptiest: float


def skew_of(lines: Iterable[bytes]) -> list[Skew]:
    """Of claims.raw (key: provider) and claims (key: person token)."""
    intake = Intake(tokens=Tokens(DEVELOPMENT_KEY), trace_ignore=frozenset())
    providers: Counter[str] = Counter()
    persons: Counter[str] = Counter()
    for line in lines:
        providers[orjson.loads(line)["request"]["fixmedins_code"]] += 1
        outcome = intake.decode(line)
        if isinstance(outcome, Accepted):
            persons.update(event.person for event in outcome.events)
    counted = (("claims.raw", providers), ("claims", persons))
    return [_skew(topic, counts, partitions) for topic, counts in counted for partitions in PARTITIONS]


def _skew(topic: str, counts: Counter[str], partitions: int) -> Skew:
    shares: Counter[int] = Counter()
    for key, count in counts.items():
        shares[partition_of(key, partitions)] += count
    total = sum(counts.values())
    even = total / partitions
    each = [shares[number] / even for number in range(partitions)]
    return Skew(topic, partitions, len(counts), max(counts.values()) / total, max(each), min(each))


def table(rows: Iterable[Skew]) -> str:
    """As Markdown."""
    head = "| topic | partitions | keys | largest key | fullest partition | emptiest |\n|---|---|---|---|---|---|\n"
    return head + "".join(
        f"| `{row.topic}` | {row.partitions} | {row.keys:,} | {row.largest_key:.2%} | {row.fullest:.2f} x even "
        f"| {row.emptiest:.2f} x |\n"
        for row in rows
    )
