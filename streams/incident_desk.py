"""alerts and incident.actions as people at the desk use them: all incidents read, an action written."""

import secrets
from collections.abc import Callable, Iterable
from typing import Final

import orjson
from aiokafka import AIOKafkaProducer, TopicPartition

from monitor.incidents.actions import Action, read_action
from monitor.incidents.desk import Desk
from monitor.incidents.read import UnreadableError, read_incident
from monitor.settings import Settings
from streams.reading import Reader
from streams.topics import Topic, name_of, partition_of

NAME_BYTES: Final = 6


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
            faults += await _each(reader, topic, take, settings)
    return desk, faults


async def _each(reader: Reader, topic: Topic, take: Callable[[bytes], None], settings: Settings) -> int:
    name, faults = name_of(topic, settings), 0
    async for record in reader.all([TopicPartition(name, number) for number in range(settings.partitions)]):
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
