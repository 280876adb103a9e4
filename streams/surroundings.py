"""What a worker sees around it, every 15 s: whether Kafka answers and holds all copies, providers' clocks, full memories.

It asks Kafka for the metadata of its own topics, over one connection of its own: one small request each time.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient

from monitor.metrics import OTHER
from monitor.reference_tables import modified_at
from streams.engine.stage import Context
from streams.topics import Admin, specs

logger = logging.getLogger(__name__)

LOOK_S: Final = 15.0
ANSWER_S: Final = 5.0


class Surroundings:
    """Sets gauges until it is cancelled; nothing that goes wrong with it disturbs the work."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._topics = {spec.name: spec.replication for spec in specs(context.settings)}

    async def watch(self, every_s: float = LOOK_S) -> None:
        """Look again and again, over a connection that is made anew when it fails."""
        while True:
            try:
                await self._watch_connected(every_s)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with Kafka, the next look says it again
                logger.warning("Kafka does not answer about its topics: %s", type(error).__name__)
            self._context.metrics.kafka_up.set(0)
            self.show()
            await asyncio.sleep(every_s)

    async def _watch_connected(self, every_s: float) -> None:
        connection = Admin(self._context.settings.bootstrap)
        try:
            async with asyncio.timeout(ANSWER_S):
                admin = await connection.__aenter__()
            while True:
                await self._ask(admin)
                self.show()
                await asyncio.sleep(every_s)
        finally:
            await connection.client.close()

    async def _ask(self, admin: AIOKafkaAdminClient) -> None:
        async with asyncio.timeout(ANSWER_S):
            described = await admin.describe_topics(list(self._topics))
        self._context.metrics.kafka_up.set(1)
        self._context.metrics.under_replicated.set(lacking(described, self._topics))

    def show(self) -> None:
        """What the stages saw since the last time."""
        metrics, lately = self._context.metrics, self._context.lately
        # Of providers that sent nothing, or whose partition is another worker's now, nothing is said.
        metrics.clock_skew.clear()
        for provider, skew in lately.take_skews().items():
            label = self._context.provider_label(provider)
            if label != OTHER:
                metrics.clock_skew.labels(label).set(skew)
        metrics.memory_fullest.clear()
        for (stage, kind), fill in lately.take_fills().items():
            metrics.memory_fullest.labels(stage, kind).set(fill)


def lacking(described: Iterable[Mapping[str, Any]], replications: Mapping[str, int]) -> int:
    """Partitions with no leader, or with fewer replicas in sync than the topic (name -> replicas) should have."""
    return sum(
        1
        for topic in described
        for partition in topic["partitions"]
        if partition["leader"] < 0 or len(partition["isr"]) < replications[topic["topic"]]
    )


def tell_tables(context: Context) -> None:
    """Show once what does not change while a worker runs: age of tables, regions of providers, counts at 0.

    A counter that begins with its first event has no increase at it, so those that alert on one begin at 0.
    """
    metrics, reference = context.metrics, context.knowledge.reference
    for table, modified in modified_at(context.settings.reference).items():
        metrics.reference_modified.labels(table).set(modified)
    for code, entry in reference.providers.items():
        if context.provider_label(code) != OTHER:
            metrics.provider_info.labels(code, entry.admvs, context.provider_group(code)).set(1)
    for stage in ("intake", "persons", "traces", "incidents"):
        metrics.stage_failures.labels(stage)
    for severity in context.settings.incident_due_s:
        metrics.incidents_overdue.labels(str(severity))
