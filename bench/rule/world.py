"""One broker with the rule's data on it, and room for runs that leave nothing behind."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from bench.rule.data import (
    PARTITIONS,
    Finding,
    Settlement,
    Shape,
    encode,
    expected,
    partition_of,
    settlements,
)

_BATCH_BYTES: Final = 256 << 10
_KEPT: Final = {"retention.ms": "-1"}
_STAMPED: Final = {"message.timestamp.type": "LogAppendTime", "retention.ms": "-1"}
"""The broker's own clock tells when a finding was written."""


class World:
    """Sources by their shape, filled once; findings topics by run."""

    def __init__(self, bootstrap: str, admin: AIOKafkaAdminClient) -> None:
        self.bootstrap = bootstrap
        self._admin = admin
        self._filled: dict[Shape, str] = {}
        self._right: dict[Shape, set[Finding]] = {}

    async def source(self, shape: Shape) -> str:
        """The topic that holds these settlements."""
        if shape not in self._filled:
            name = f"sales-{shape.records}-{shape.seed}"
            await self._create(name, _KEPT)
            await self._fill(name, settlements(shape))
            self._filled[shape] = name
        return self._filled[shape]

    def right(self, shape: Shape) -> set[Finding]:
        """The findings in plain Python."""
        if shape not in self._right:
            self._right[shape] = expected(settlements(shape))
        return self._right[shape]

    async def new_topic(self, name: str) -> str:
        """An empty source, for a load that is paced."""
        await self._create(name, _KEPT)
        return name

    async def findings(self, run: str) -> str:
        """An empty topic for what a run finds."""
        name = f"findings-{run}"
        await self._create(name, _STAMPED)
        return name

    async def forget(self, run: str) -> None:
        """Remove all topics that a run has made: the next one finds the same broker."""
        names = [name for name in await self._admin.list_topics() if run in name]
        await self._admin.delete_topics(names)

    async def _create(self, name: str, config: dict[str, str]) -> None:
        await self._admin.create_topics([NewTopic(name, PARTITIONS, 1, topic_configs=config)])
        while True:
            (described,) = await self._admin.describe_topics([name])
            if described["partitions"] and all(each["leader"] >= 0 for each in described["partitions"]):
                return
            await asyncio.sleep(0.05)

    async def _fill(self, name: str, given: Iterable[Settlement]) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self.bootstrap, max_batch_size=_BATCH_BYTES, max_request_size=8 << 20
        )
        await producer.start()
        batches = {number: producer.create_batch() for number in range(PARTITIONS)}
        sent: list[asyncio.Future[object]] = []
        try:
            for sale in given:
                number = partition_of(sale.pharmacy)
                key, value = sale.pharmacy.encode(), encode(sale)
                if batches[number].append(key=key, value=value, timestamp=None) is None:
                    sent.append(await producer.send_batch(batches[number], name, partition=number))
                    batches[number] = producer.create_batch()
                    batches[number].append(key=key, value=value, timestamp=None)
            for number, batch in batches.items():
                sent.append(await producer.send_batch(batch, name, partition=number))
            await asyncio.gather(*sent)
        finally:
            await producer.stop()


@asynccontextmanager
async def on_broker(bootstrap: str) -> AsyncIterator[World]:
    """The world of a running broker."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        yield World(bootstrap, admin)
    finally:
        await admin.close()
