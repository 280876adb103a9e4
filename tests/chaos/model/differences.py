"""What must hold when a play is over: what can be read, committed, is what the events say in their order."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeAlias

import msgspec
from aiokafka import TopicPartition
from msgspec import Struct

from streams.engine.positions import READ, TABLE
from streams.engine.records import WATERMARK
from streams.engine.shelf import OWN, parse_row_key, row_key
from streams.topics import TableName, Topic, changelog_of, name_of
from tests.chaos.model.broker import Broker, Fate
from tests.chaos.model.stages import EVERY, GOOD, HIGHEST, NEVER, PARTITIONS, WORST, context

Memory: TypeAlias = dict[str, set[str]]


class Fed(Struct, frozen=True):
    """A record of the feed."""

    value: str
    provider: str
    person: str

    @property
    def event(self) -> str:
        """Its id, if it is an event."""
        return self.value.partition("|")[0]

    @property
    def is_event(self) -> bool:
        """Whether the door can read it."""
        return "|" in self.value and not self.value.endswith(WORST)

    @property
    def is_good(self) -> bool:
        """Whether all stages can."""
        return self.value.endswith(GOOD)


def partition_at(topic: Topic, number: int) -> TopicPartition:
    """A partition by topic and number."""
    return TopicPartition(name_of(topic, context().settings), number)


def positions(broker: Broker, number: int) -> dict[str, int]:
    """Where a number goes on in its sources, by the last transaction that was committed."""
    name = row_key(OWN, READ)
    log = broker.log(TopicPartition(changelog_of(TABLE, context().settings), number))
    kept = (each.value for each in reversed(log) if each.key == name and each.fate is Fate.COMMITTED)
    value = next(kept, None)
    return {} if value is None else msgspec.msgpack.decode(value, type=dict[str, int])


def differences(broker: Broker, fed: Sequence[Fed]) -> list[str]:
    """In words; empty when there are none."""
    good = [each for each in fed if each.is_good]
    counts = Counter(each.person for each in good)
    nth = [(person, n) for person, count in counts.items() for n in range(1, count + 1)]
    found = [(person, n) for person, n in nth if n % EVERY == 0]
    verdicts = [value.split("|") for value in values(broker, Topic.VERDICTS)]
    compared: list[tuple[str, Counter[Any], Counter[Any]]] = [
        ("verdicts", Counter(v[0] for v in verdicts), Counter(each.event for each in good)),
        ("their counts", Counter((v[1], int(v[2])) for v in verdicts), Counter(nth)),
        ("findings", Counter(values(broker, Topic.FINDINGS)), Counter(f"{p} {n}" for p, n in found)),
        ("alerts", Counter(values(broker, Topic.ALERTS)), Counter(f"{p} {n}|{n // EVERY}" for p, n in found)),
        (
            "dead letters",
            Counter(values(broker, Topic.DEAD_LETTERS)),
            Counter(each.value for each in fed if not each.is_good),
        ),
    ]
    persons = {person: {e.event for e in good if e.person == person} for person in counts}
    events = [each for each in fed if each.is_event]
    providers = {each.provider: {e.event for e in events if e.provider == each.provider} for each in events}
    return [
        *(
            f"{what}: lost {dict(wanted - ours)}, surplus {dict(ours - wanted)}"
            for what, ours, wanted in compared
            if ours != wanted
        ),
        *_other_memory(broker, TableName.PERSONS, persons),
        *_other_memory(broker, TableName.PROVIDERS, providers),
        *_ahead(broker),
        *_out_of_order(good, {event: int(n) for event, _, n in verdicts}),
    ]


def values(broker: Broker, topic: Topic) -> list[str]:
    """What can be read of a topic; ticks say nothing."""
    return [
        (entry.value or b"").decode()
        for number in range(PARTITIONS)
        for entry in broker.committed(partition_at(topic, number))
        if entry.value
    ]


def _other_memory(broker: Broker, table: TableName, wanted: Memory) -> list[str]:
    name = changelog_of(table, context().settings)
    ours: Memory = {}
    for number in range(PARTITIONS):
        for entry in broker.committed(TopicPartition(name, number)):
            key, piece = parse_row_key(entry.key or b"")
            if key:
                ours.setdefault(key, set()).add(piece)
    return [
        f"memory of {table}, {key}: {ours.get(key)} instead of {wanted.get(key)}"
        for key in {**ours, **wanted}
        if ours.get(key) != wanted.get(key)
    ]


def _ahead(broker: Broker) -> list[str]:
    """No clock is where only a record that failed has been."""
    kept, told = row_key(OWN, HIGHEST), [(WATERMARK, b"%d" % NEVER)]
    table = changelog_of(TableName.PROVIDERS, context().settings)
    for number in range(PARTITIONS):
        rows = broker.committed(TopicPartition(table, number))
        ticks = broker.committed(partition_at(Topic.CLAIMS, number))
        if any(each.key == kept and each.value == b"%d" % NEVER for each in rows):
            return [f"the clock of number {number} is kept ahead of all events"]
        if any(list(each.headers)[:1] == told for each in ticks):
            return [f"number {number} heard a clock that is ahead of all events"]
    return []


def _out_of_order(good: Sequence[Fed], place: dict[str, int]) -> list[str]:
    """Events of one provider about one person are judged in their order."""
    last: dict[tuple[str, str], int] = {}
    for each in good:
        at = place.get(each.event, 0)
        if at < last.get((each.provider, each.person), 0):
            return [f"event {each.event} of {each.provider} about {each.person} came too early"]
        last[each.provider, each.person] = at
    return []
