"""Settlements of pharmacies, seeded, and the findings that follow from them in plain Python.

The rule: count the settlements and the distinct persons of a pharmacy in windows of ten minutes of event time that
follow each other; the settlement that makes the count LIMIT is a finding.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from aiokafka.partitioner import murmur2

PARTITIONS: Final = 4
LIMIT: Final = 12
WINDOW_MS: Final = 600_000
LATE_MS_MAX: Final = 60_000
"""So far behind the newest a settlement may come: within any system's grace time."""
BYTES: Final = 626
FIRST, LAST = "FIRST", "LAST"
"""Pharmacies of the marks: each reaches the limit at the very beginning or end of its partition."""

_BEGIN_MS: Final = 1_773_100_800_000
_SKEW: Final = 1.5
_CUSTOMERS: Final = 40
_TEMPLATE: Final = (
    '{{"settlement_id":"{id}","person":"{person}","pharmacy":"{pharmacy}","ts":{ts},"infno":"2102","region":"430102",'
    '"insutype":"310","med_type":"41","medfee_sumamt":"86.40","fund_pay_sumamt":"51.84","acct_pay":"34.56",'
    '"psn_cash_pay":"0.00","lines":[{{"med_list_codg":"XC07ABA005A001010100005","cnt":"2","pric":"9.80","amount":"19.60"}},'
    '{{"med_list_codg":"XA02BCO012E001020101234","cnt":"1","pric":"66.80","amount":"66.80"}}],"signature":"{pad}"}}'
)


class Settlement(NamedTuple):
    """One sale; `ts`: milliseconds of event time."""

    id: str
    person: str
    pharmacy: str
    ts: int


@dataclass(frozen=True, order=True)
class Finding:
    """A pharmacy whose count reached the limit in a window, by which settlement, with how many persons until then."""

    pharmacy: str
    window: int
    settlement_id: str
    count: int
    persons: int


class Shape(NamedTuple):
    """What is generated. `per_window`: settlements in ten minutes of event time, all pharmacies together."""

    records: int
    pharmacies: int = 20_000
    per_window: int = 180_000
    seed: int = 1


def settlements(shape: Shape) -> Iterator[Settlement]:
    """Between the marks `shape.records` settlements, some a little late; the same seed gives the same."""
    drawn = random.Random(shape.seed)  # noqa: S311 - reproducible, not secret
    step = WINDOW_MS / shape.per_window
    yield from _marks(FIRST, _BEGIN_MS)
    for number in range(shape.records):
        pharmacy = int(shape.pharmacies * drawn.random() ** _SKEW)
        late = int(LATE_MS_MAX * drawn.random()) if number % 10 == 0 else 0
        yield Settlement(
            id=f"S{number:015}",
            person=f"P{pharmacy * 7 + int(_CUSTOMERS * drawn.random()):023x}",
            pharmacy=f"H{pharmacy:011}",
            ts=_BEGIN_MS + LATE_MS_MAX + int(number * step) - late,
        )
    yield from _marks(LAST, _BEGIN_MS + LATE_MS_MAX + int(shape.records * step))


def encode(settlement: Settlement) -> bytes:
    """JSON of BYTES bytes; the rule needs its first four members."""
    text = _TEMPLATE.format(**settlement._asdict(), pad="")
    return text.replace('"signature":""', f'"signature":"{"x" * (BYTES - len(text))}"').encode()


def partition_of(pharmacy: str) -> int:
    """Where a pharmacy's settlements go, as Kafka's own clients choose it."""
    return int(murmur2(pharmacy.encode()) & 0x7FFF_FFFF) % PARTITIONS


def mark_of(kind: str, partition: int) -> str:
    """The pharmacy of that name that belongs to a partition."""
    return next(
        name for name in (f"{kind}{number:07}" for number in range(1000)) if partition_of(name) == partition
    )


def expected(given: Iterable[Settlement]) -> set[Finding]:
    """The findings in plain Python."""
    counts: dict[tuple[str, int], int] = {}
    persons: dict[tuple[str, int], set[str]] = {}
    found = set()
    for settlement in given:
        window = settlement.ts // WINDOW_MS * WINDOW_MS
        key = settlement.pharmacy, window
        counts[key] = count = counts.get(key, 0) + 1
        seen = persons.setdefault(key, set())
        seen.add(settlement.person)
        if count == LIMIT:
            found.add(Finding(settlement.pharmacy, window, settlement.id, count, len(seen)))
    return found


def _marks(kind: str, ts: int) -> Iterator[Settlement]:
    for number in range(LIMIT):
        for partition in range(PARTITIONS):
            yield Settlement(
                f"{kind:M<9}{number:05}{partition:02}", f"P{number:023}", mark_of(kind, partition), ts
            )
