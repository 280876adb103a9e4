"""Memories in great number: rows of a changelog, as a worker would have written them."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.monitor import Monitor
from streams.engine.shelf import parse_row_key, row_key
from streams.topics import TableName, changelog_of, partition_of

_BATCH_BYTES: Final = 512 << 10
_FUTURES_MAX: Final = 64
_TOKEN_CHARS: Final = 32

Pieces = dict[str, bytes]
"""The rows of one key."""


class Ballast(NamedTuple):
    """What was written."""

    keys: int
    rows: int
    mb: float


def plain(size: int) -> list[Pieces]:
    """A key with one row of that many bytes."""
    return [{"x": b"\x00" * size}]


async def persons_of(monitor: Monitor) -> list[Pieces]:
    """What a monitor remembers of each person."""
    found: dict[str, Pieces] = {}
    topic = changelog_of(TableName.PERSONS, monitor.settings)
    tps = [TopicPartition(topic, number) for number in range(monitor.settings.partitions)]
    reader = AIOKafkaConsumer(
        bootstrap_servers=monitor.settings.bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
    )
    await reader.start()
    try:
        reader.assign(tps)
        ends = await reader.end_offsets(tps)
        await reader.seek_to_beginning(*tps)
        while any([await reader.position(tp) < ends[tp] for tp in tps]):
            for records in (await reader.getmany(timeout_ms=200)).values():
                for record in records:
                    _put(found, record.key, record.value)
    finally:
        await reader.stop()
    return [pieces for key, pieces in found.items() if len(key) == _TOKEN_CHARS and pieces]


def _put(found: dict[str, Pieces], key: bytes, value: bytes | None) -> None:
    person, piece = parse_row_key(key)
    pieces = found.setdefault(person, {})
    if value is None:
        pieces.pop(piece, None)
    else:
        pieces[piece] = value


async def write(monitor: Monitor, keys: int, like: Sequence[Pieces]) -> Ballast:
    """So many persons, each a copy of one of these, into the monitor's changelog."""
    topic, partitions = changelog_of(TableName.PERSONS, monitor.settings), monitor.settings.partitions
    producer = monitor.producer(max_batch_size=_BATCH_BYTES)
    await producer.start()
    rows, size = 0, 0
    try:
        batches = {number: producer.create_batch() for number in range(partitions)}
        sent: set[asyncio.Future[object]] = set()
        for number, key, value in _rows(keys, like, partitions):
            rows, size = rows + 1, size + len(value)
            if batches[number].append(key=key, value=value, timestamp=None) is None:
                sent.add(await producer.send_batch(batches[number], topic, partition=number))
                batches[number] = producer.create_batch()
                batches[number].append(key=key, value=value, timestamp=None)
            if len(sent) >= _FUTURES_MAX:
                await asyncio.gather(*sent)
                sent.clear()
        sent |= {
            await producer.send_batch(batch, topic, partition=number) for number, batch in batches.items()
        }
        await asyncio.gather(*sent)
    finally:
        await producer.stop()
    return Ballast(keys, rows, size / 1e6)


def _rows(keys: int, like: Sequence[Pieces], partitions: int) -> Iterator[tuple[int, bytes, bytes]]:
    for number in range(keys):
        person = f"{number:0{_TOKEN_CHARS}x}"
        partition = partition_of(person, partitions)
        for piece, value in like[number % len(like)].items():
            yield partition, row_key(person, piece), value
