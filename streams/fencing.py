"""Closing what a dead worker left open: readers of committed data stand still behind its transactions until then."""

import asyncio
import logging
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocol

from monitor.settings import Settings
from streams.engine.ledger import Ledger
from streams.topics import Topic, group_of, name_of, transactional_id_of

logger = logging.getLogger(__name__)

UUID_CHARS: Final = 36
STABLE: Final = "Stable"


async def fence(settings: Settings, instance: str) -> list[int]:
    """Abort the open transactions of a worker that has died; the partition numbers that were fenced.

    Kafka itself is asked what the worker held, so there is nothing that a SIGKILL could lose. What another worker has taken
    over no longer stands with the dead one, and while partitions are being shared out nothing does: then whoever
    gets a number fences it. KafkaError, OSError or TimeoutError when Kafka does not do it.
    """
    numbers = await held(settings, instance)
    ledgers = [Ledger(settings.bootstrap, name=transactional_id_of(number, settings)) for number in numbers]
    try:
        await asyncio.gather(*(ledger.open(()) for ledger in ledgers))
    finally:
        await asyncio.gather(*(ledger.close() for ledger in ledgers), return_exceptions=True)
    return numbers


async def held(settings: Settings, instance: str) -> list[int]:
    """The partition numbers that the group's coordinator holds for a member with this instance id, in order."""
    group, source = group_of(settings), name_of(Topic.CLAIMS_RAW, settings)
    # The group's coordinator is asked, not this client's idea of the cluster; there are no topics to know.
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap, request_timeout_ms=2_000)
    await admin.start()
    try:
        (answer,) = await admin.describe_consumer_groups([group])
    finally:
        await admin.close()
    ((_, _, state, _, _, members, *_),) = answer.groups
    if state != STABLE:
        return []
    numbers: set[int] = set()
    for member_id, _, _, _, assignment in members:
        # The coordinator makes the id of a static member: its instance id, a dash and a UUID.
        if member_id[: -UUID_CHARS - 1] == instance:
            assigned = ConsumerProtocol.ASSIGNMENT.decode(assignment).partitions()
            # Changelogs tell nothing: Faust gives them to standbys too, which do not write.
            numbers.update(tp.partition for tp in assigned if tp.topic == source)
    return sorted(numbers)
