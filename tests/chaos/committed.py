"""What can be read, committed; and when there is nothing more to come."""

import asyncio
from collections.abc import Collection
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams.engine.state import parse_row_key
from streams.topics import TableName, Topic, changelog_of, name_of
from tests.chaos.checks import Pieces, Place, Said
from tests.chaos.fleet import Fleet
from tests.streams.day import Row
from tests.streams.world import SOURCES, WATERMARK, Worker, World, as_rows, until

SETTLE_S = 150.0


async def settled(world: World, fleet: Fleet, watermark: int) -> None:
    """Return when all that was fed has gone all the way and event time has come so far in every stage."""

    async def done() -> bool:
        workers = [slot.worker for slot in fleet.slots]
        shown = [{} if worker is None else await _watermarks(worker) for worker in workers]
        if any(set(times.values()) != {watermark} for times in shown):
            return False
        try:
            return not await is_anything_left(world)
        except KafkaError:
            return False

    await until(done, f"everything is processed up to {watermark}", SETTLE_S)


async def is_anything_left(world: World) -> bool:
    """Whether a transaction is open, or a stage has not done a record that it can read.

    Offsets cannot be compared with the ends of topics: control records lie behind the last record.
    """
    names = [name_of(topic, world.settings) for topic in (*SOURCES, Topic.VERDICTS)]
    tps = [TopicPartition(name, number) for name in names for number in range(world.settings.partitions)]
    admin = AIOKafkaAdminClient(bootstrap_servers=world.settings.bootstrap)
    dirty = AIOKafkaConsumer(bootstrap_servers=world.settings.bootstrap)
    clean = AIOKafkaConsumer(
        bootstrap_servers=world.settings.bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
    )
    await admin.start()
    await dirty.start()
    await clean.start()
    try:
        group = f"{world.settings.topic_prefix}{world.settings.app}"
        offsets = await admin.list_consumer_group_offsets(group, partitions=tps)
        ends = await clean.end_offsets(tps)
        if ends != await dirty.end_offsets(tps):
            return True
        read = [tp for tp in tps if tp.topic != name_of(Topic.VERDICTS, world.settings)]
        clean.assign(read)
        for tp in read:
            clean.seek(tp, max(0, offsets[tp].offset if tp in offsets else 0))
        while any([await clean.position(tp) < ends[tp] for tp in read]):
            if await clean.getmany(timeout_ms=200):
                return True
    finally:
        await clean.stop()
        await dirty.stop()
        await admin.close()
    return False


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


async def _watermarks(worker: Worker) -> dict[str, float]:
    text = (await asyncio.to_thread(worker.page, "/metrics"))[1]
    rows = [row.rpartition(" ") for row in text.splitlines() if row.startswith(WATERMARK)]
    return {labels: float(value) for labels, _, value in rows}
