"""What waits for workers, who they are, and what was put aside."""

import asyncio
from time import time
from typing import Final

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError, GroupLoadInProgressError

from monitor.events import DAY
from monitor.settings import Settings
from streams import topics
from streams.doctor.finding import Finding, fault
from streams.lag import MARKS_MAX
from streams.reading import Reader
from streams.topics import Topic, group_of, name_of

LAG_S_MAX: Final = 30.0
AGAIN_S: Final = 0.2
SOURCES: Final = (Topic.CLAIMS_RAW, Topic.CLAIMS, Topic.CHECKS, Topic.FACTS_TRACE, Topic.FINDINGS)
"""What the stages read, in the order in which an event travels."""


async def look_at_lag(settings: Settings) -> list[Finding]:
    """KafkaError when it does not answer."""
    async with topics.Admin(settings.bootstrap) as admin:
        group = group_of(settings)
        await _until_coordinated(admin, group)
        described = await admin.describe_consumer_groups([group])
        members = sum(len(each[5]) for answer in described for each in answer.groups)
        tps = [
            TopicPartition(name_of(topic, settings), number)
            for topic in SOURCES
            for number in range(settings.partitions)
        ]
        told = await admin.list_consumer_group_offsets(group, partitions=tps)
    async with Reader(settings.bootstrap) as reader:
        begins = await reader.begins(tps)
        begins |= {tp: max(begins[tp], each.offset) for tp, each in told.items()}
        count, oldest_ms = await _waiting(reader, begins)
        return [_lag(count, oldest_ms, members), await _dead_letters(reader, settings)]


async def _until_coordinated(admin: AIOKafkaAdminClient, group: str) -> None:
    """The first who asks for any group makes brokers make the topic of offsets; the caller's time limit ends it."""
    while True:
        try:
            await admin.find_coordinator(group)
        except (GroupCoordinatorNotAvailableError, GroupLoadInProgressError):
            await asyncio.sleep(AGAIN_S)
        else:
            return


def _lag(count: int, oldest_ms: int | None, members: int) -> Finding:
    age_s = 0.0 if oldest_ms is None else max(0.0, time() - oldest_ms / 1000)
    found = f"{count} records wait, the oldest for {age_s:.0f} s; {members} workers in the group"
    if age_s <= LAG_S_MAX:
        # Before the first start it is as it must be; later it is why nothing is audited.
        return Finding("lag", found, remedy="" if members else "start `monitor worker`")
    if not members:
        return fault(
            "lag", found, "start `monitor worker`; those of MONITOR_NUMBERS are in no group: see /-/ready"
        )
    return fault(
        "lag", found, "start more workers; one that stands still says why on /-/healthy and in its log"
    )


async def _waiting(reader: Reader, begins: dict[TopicPartition, int]) -> tuple[int, int | None]:
    """How many records there are behind these places, and the timestamp of the oldest (ms).

    Offsets hold marks of transactions too, which nobody commits: small gaps are read, large ones hold records.
    """
    ends = await reader.ends(list(begins))
    large = sum(ends[tp] - begin for tp, begin in begins.items() if ends[tp] - begin > MARKS_MAX)
    near = {tp: min(ends[tp], begin + MARKS_MAX) for tp, begin in begins.items()}
    count, oldest_ms = 0, None
    async for record in reader.read(begins, near):
        tp = TopicPartition(record.topic, record.partition)
        count += ends[tp] - begins[tp] <= MARKS_MAX
        oldest_ms = record.timestamp_ms if oldest_ms is None else min(oldest_ms, record.timestamp_ms)
    return large + count, oldest_ms


async def _dead_letters(reader: Reader, settings: Settings) -> Finding:
    name = name_of(Topic.DEAD_LETTERS, settings)
    tps = [TopicPartition(name, number) for number in range(settings.partitions)]
    begins = await reader.begins(tps, since_ms=int((time() - DAY) * 1000))
    count = 0
    async for _ in reader.read(begins, await reader.ends(tps)):
        count += 1
    return Finding("dead letters", f"{count} in 24 h", remedy="`monitor dlq list` says why" if count else "")
