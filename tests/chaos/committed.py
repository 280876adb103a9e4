"""What can be read, committed; and when there is nothing more to come."""

from collections.abc import Collection
from contextlib import AsyncExitStack
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from streams.engine.records import SOURCE, WATERMARK
from streams.engine.shelf import parse_row_key
from streams.topics import Admin, TableName, Topic, changelog_of, group_of, name_of
from tests.chaos.checks import Pieces, Place, Said
from tests.streams.day import Row
from tests.streams.world import SOURCES, TooLateError, World, as_rows, read_from, until

SETTLE_S = 120.0
TAIL_RECORDS = 300
"""Of a partition of findings: more than the ticks that come with the last watermark."""


class UnsettledError(AssertionError):
    """Workers stand still while there is work; says what is left."""


async def settled(world: World, watermark: int) -> None:
    """Return when all that was fed has gone all the way and event time has come so far in every stage."""
    left = ""

    async def done() -> bool:
        nonlocal left
        try:
            left = await what_is_left(world, watermark)
        except KafkaError as error:
            left = str(error)
        return not left

    try:
        await until(done, "everything is processed", SETTLE_S)
    except TooLateError:
        raise UnsettledError(f"after {SETTLE_S:.0f} s: {left}") from None


async def what_is_left(world: World, watermark: int) -> str:
    """An open transaction, a record that a stage has not done though it can read it, a watermark; else empty."""
    settings = world.settings
    names = {topic: name_of(topic, settings) for topic in (*SOURCES, Topic.VERDICTS)}
    tps = [TopicPartition(name, number) for name in names.values() for number in range(settings.partitions)]
    async with AsyncExitStack() as stack:
        clean = await stack.enter_async_context(_consumer(world, "read_committed"))
        dirty = await stack.enter_async_context(_consumer(world, "read_uncommitted"))
        admin = await stack.enter_async_context(Admin(settings.bootstrap))
        read = [tp for tp in tps if tp.topic != names[Topic.VERDICTS]]
        offsets = await admin.list_consumer_group_offsets(group_of(settings), partitions=read)
        ends = await clean.end_offsets(tps)
        if open_ := {tp: end for tp, end in (await dirty.end_offsets(tps)).items() if end != ends[tp]}:
            return f"open transactions, or records still coming: {open_}"
        # Offsets can't be compared with the ends of topics: control records lie behind the last record.
        done = {tp: max(0, offsets[tp].offset) if tp in offsets else 0 for tp in read}
        async for record in read_from(clean, done, ends):
            return f"{record.topic}/{record.partition}: {record.offset} is not done"
        findings = [tp for tp in read if tp.topic == names[Topic.FINDINGS]]
        told = {(tp.partition, source): 0 for tp in findings for source in range(settings.partitions)}
        async for record in read_from(clean, {tp: max(0, ends[tp] - TAIL_RECORDS) for tp in findings}, ends):
            headers = dict(record.headers)
            if WATERMARK in headers:
                told[record.partition, int(headers[SOURCE])] = int(headers[WATERMARK])
        if set(told.values()) != {watermark}:
            return f"the watermark is {told} (partition, source), not {watermark}"
    return ""


def _consumer(world: World, isolation: str) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        bootstrap_servers=world.settings.bootstrap,
        isolation_level=isolation,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=8 << 20,
    )


async def read_all(world: World, garbage: Collection[Place]) -> Said:
    """Everything that was said; `garbage` are records that faults put among it."""

    async def rows(topic: Topic) -> list[Row]:
        said = await world.said(topic)
        return as_rows(r for r in said if (topic, r.partition, r.offset) not in garbage)

    prefix = world.settings.topic_prefix
    letters = [_place(record.headers, prefix) for record in await world.said(Topic.DEAD_LETTERS)]
    memories = {table: await _pieces(world, table) for table in TableName}
    return Said(
        await rows(Topic.VERDICTS), await rows(Topic.FINDINGS), await rows(Topic.ALERTS), letters, memories
    )


def _place(headers: Any, prefix: str) -> Place:
    found = {name: value.decode() for name, value in headers}
    return found["topic"].removeprefix(prefix), int(found["partition"]), int(found["offset"])


async def _pieces(world: World, table: TableName) -> Pieces:
    pieces: dict[str, dict[str, bytes]] = {}
    async for record in world.read(changelog_of(table, world.settings)):
        if record.key is None:
            continue
        key, piece = parse_row_key(record.key)
        if record.value is None:
            pieces.get(key, {}).pop(piece, None)
        else:
            pieces.setdefault(key, {})[piece] = record.value
    return pieces
