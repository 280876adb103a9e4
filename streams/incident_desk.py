"""alerts and incident.actions as people at the desk use them: all incidents read, an action written, actions followed."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterable, Callable, Iterable
from typing import Final

import orjson
from aiokafka import AIOKafkaProducer, TopicPartition
from tenacity import AsyncRetrying, wait_random_exponential

from monitor.incidents.actions import Action, ActionLog, read_action
from monitor.incidents.desk import Desk
from monitor.incidents.read import UnreadableError, read_incident
from monitor.settings import Settings
from streams.engine.records import Record
from streams.reading import Reader
from streams.topics import Topic, name_of, partition_of

logger = logging.getLogger(__name__)

NAME_BYTES: Final = 6
FOLLOW_S: Final = 1.0
WAIT_S_MAX: Final = 15.0


def action_name(now_ms: int) -> str:
    """A name that no other action has: when, and by chance."""
    return f"{now_ms:013d}-{secrets.token_hex(NAME_BYTES)}"


async def read_desk(settings: Settings) -> tuple[Desk, int]:
    """All incidents with their actions, and how many records could not be read.

    The whole of two compacted topics: a story goes over incidents of other partitions, and Kafka finds nothing by its key.
    """
    desk, faults = Desk(), 0

    async with Reader(settings.bootstrap) as reader:
        for topic, take in (
            (Topic.ALERTS, lambda value: desk.saw(read_incident(value))),
            (Topic.INCIDENT_ACTIONS, lambda value: desk.did(read_action(value))),
        ):
            faults += await _each(reader.all(_partitions(topic, settings)), take)
    return desk, faults


async def follow_actions(settings: Settings, log: ActionLog, caught_up: asyncio.Event) -> None:
    """Keep the log up with what people do, until cancelled. `caught_up` is set when it holds all that was done before.

    All partitions: a story may be carried by incidents of others than its unit's.
    """
    async for attempt in AsyncRetrying(wait=wait_random_exponential(max=WAIT_S_MAX)):
        with attempt:
            try:
                await _follow(settings, log, caught_up)
            except Exception as error:
                logger.warning("what people do with incidents can't be read now: %s", type(error).__name__)
                raise


async def _follow(settings: Settings, log: ActionLog, caught_up: asyncio.Event) -> None:
    partitions = _partitions(Topic.INCIDENT_ACTIONS, settings)
    async with Reader(settings.bootstrap) as reader:
        begins = await reader.begins(partitions)
        while True:
            ends = await reader.ends(partitions)
            faults = await _each(reader.read(begins, ends), lambda value: log.did(read_action(value)))
            if faults:
                logger.error("%d records of %s are no actions", faults, Topic.INCIDENT_ACTIONS)
            caught_up.set()
            begins = ends
            await asyncio.sleep(FOLLOW_S)


def _partitions(topic: Topic, settings: Settings) -> list[TopicPartition]:
    return [TopicPartition(name_of(topic, settings), number) for number in range(settings.partitions)]


async def _each(records: AsyncIterable[Record], take: Callable[[bytes], None]) -> int:
    """How many could not be read."""
    faults = 0
    async for record in records:
        if not record.value:
            continue
        try:
            take(record.value)
        except UnreadableError:
            faults += 1
    return faults


async def write_actions(actions: Iterable[Action], settings: Settings) -> None:
    """Acknowledged by all replicas. Each has a key of its own, so two people who act at once take nothing from each other.

    They stand on the partition of their incident: whoever reads a number of `alerts` finds its actions under the same.
    """
    topic = name_of(Topic.INCIDENT_ACTIONS, settings)
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap, enable_idempotence=True)
    try:
        await producer.start()
        for action in actions:
            number = partition_of(action.incident_id, settings.partitions)
            value = orjson.dumps(action.to_json())
            await producer.send_and_wait(topic, value, key=action.key.encode(), partition=number)
    finally:
        await producer.stop()
