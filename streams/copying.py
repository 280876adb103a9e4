"""`claims.raw` of another prefix copied into ours: how memories are built anew under a new token key.

A record keeps its partition, key, headers and time, so that identity is kept for no day longer than it would have been.
Copying twice changes nothing of what is found: what was used before is a repeat.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from aiokafka import AIOKafkaProducer, TopicPartition

from monitor.settings import MIB, Settings
from streams.reading import Reader
from streams.topics import RAW_BYTES_MAX, Admin, Topic, name_of

UNDER_WAY_MAX: Final = 5_000
"""Records that were sent and not acknowledged yet."""


class CopyError(Exception):
    """Why nothing can be copied, in one sentence."""


async def copy_raw(
    settings: Settings,
    source: str,
    *,
    since_ms: int | None = None,
    told: Callable[[int], None] = lambda _: None,
) -> int:
    """Copy what `claims.raw` under the prefix `source` holds now (of this time on); how many records.

    `told` hears how many there are so far. CopyError when the two do not fit, KafkaError when Kafka does not do it.
    """
    theirs = name_of(Topic.CLAIMS_RAW, settings.model_copy(update={"topic_prefix": source}))
    ours = name_of(Topic.CLAIMS_RAW, settings)
    await _refuse_others(settings, theirs, ours)
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap,
        # A repeat after an error would change the order.
        enable_idempotence=True,
        max_request_size=RAW_BYTES_MAX,
        # By default four records of a city fill a batch.
        max_batch_size=MIB,
        linger_ms=20,
    )
    await producer.start()
    copied = 0
    try:
        async with Reader(settings.bootstrap) as reader:
            tps = [TopicPartition(theirs, number) for number in range(settings.partitions)]
            under_way: list[asyncio.Future[object]] = []
            async for record in reader.all(tps, since_ms=since_ms):
                sent = await producer.send(
                    ours,
                    record.value,
                    key=record.key,
                    partition=record.partition,
                    timestamp_ms=record.timestamp_ms,
                    headers=list(record.headers.items()),
                )
                under_way.append(sent)
                if len(under_way) >= UNDER_WAY_MAX:
                    copied += len(await asyncio.gather(*under_way))
                    under_way.clear()
                    told(copied)
            copied += len(await asyncio.gather(*under_way))
    finally:
        await producer.stop()
    return copied


async def _refuse_others(settings: Settings, theirs: str, ours: str) -> None:
    if theirs == ours:
        raise CopyError("that is our own prefix (MONITOR_TOPIC_PREFIX): give that of the topics to copy from")
    async with Admin(settings.bootstrap) as admin:
        there = set(await admin.list_topics())
        for name in (theirs, ours):
            if name not in there:
                raise CopyError(f"{name}: there is no such topic (ours are made by `monitor topics create`)")
        found = {
            each["topic"]: len(each["partitions"]) for each in await admin.describe_topics([theirs, ours])
        }
    if found[theirs] != found[ours] or found[ours] != settings.partitions:
        raise CopyError(
            f"{theirs} has {found[theirs]} partitions, {ours} has {found[ours]},"
            f" MONITOR_PARTITIONS is {settings.partitions}: they must be alike"
        )
