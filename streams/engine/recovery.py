"""How memories come back: a changelog is read from where a shelf stands to where it ends for readers of committed data.

Faust's own recovery resumes source partitions before it seeks (records twice, now and then one lost), holds all partitions
up until the last is there, and ends silently when a step takes longer than 90 s. So its one loop is replaced: it hands the
assignment to the engine, whose tenures do the rest, number by number; all else of Faust's table manager stays.
"""

import asyncio
from collections.abc import Mapping
from itertools import chain
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from faust.tables.manager import TableManager
from faust.tables.recovery import RebalanceAgain, Recovery, ServiceStopped
from mode import Service

from streams.engine.fetching import rest_of
from streams.engine.shelf import Shelf

FETCH_BYTES_MAX: Final = 1 << 20
"""Larger ones take longer: each is copied through buffers that are new to the process, and zeroed by the kernel."""
POLL_MS: Final = 500
STILL_S: Final = 20.0
"""Without a record for so long Kafka is not there."""


class ChangelogRecovery(Recovery):
    """One pass for each assignment."""

    @Service.task
    async def _restart_recovery(self) -> None:
        while not self.should_stop:
            if await self.wait_for_stopped(self.signal_recovery_start):  # type: ignore[arg-type]  # an event
                break
            self.signal_recovery_start.clear()
            generation = self._generation_id
            try:
                await self._wait(self._assign(generation))
            except RebalanceAgain:
                continue
            except ServiceStopped:
                break

    @Service.task
    async def _slurp_changelogs(self) -> None:
        """Changelogs are not read through the group's consumer."""

    @Service.task
    async def _publish_stats(self) -> None:
        """The engine has metrics of its own."""

    async def _assign(self, generation: int) -> None:
        app: Any = self.app
        consumer = app.consumer
        everything = consumer.assignment()
        assigned = {tp for tp in everything if not self._is_changelog_tp(tp)}
        await consumer.leave_out(everything - assigned)
        if app.consumer_generation_id != generation or self.should_stop:
            return
        app.engine.assign({tp.partition for tp in assigned})
        await app.on_rebalance_complete.send()
        app.in_recovery = self.in_recovery = False
        self.completed.set()
        # Nothing is fetched for a number before its unit works: see BatchConsumer.
        consumer.resume_partitions(assigned)
        app.flow_control.resume()
        consumer.resume_flow()
        await app._fetcher.maybe_start()  # noqa: SLF001 - as the loop that this one replaces
        self.tables.on_actives_ready()
        self.tables.on_standbys_ready()
        app.on_rebalance_end()


class Manager(TableManager):
    """Faust's table manager with that recovery."""

    @property
    def recovery(self) -> Recovery:
        """The recovery service."""
        if self._recovery is None:
            self._recovery = ChangelogRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery


async def read_changelogs(bootstrap: str, behind: Mapping[TopicPartition, Shelf]) -> None:
    """Fill the shelves of one partition number, each up to its end; KafkaError or TimeoutError."""
    open_ = set(behind)
    if not open_:
        return
    reader = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=None,
        enable_auto_commit=False,
        # The default reads nothing from a changelog, and says nothing.
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        max_partition_fetch_bytes=FETCH_BYTES_MAX,
        check_crcs=False,
    )
    await reader.start()
    try:
        reader.assign(list(open_))
        for tp, shelf in behind.items():
            reader.seek(tp, shelf.begin)
        while open_:
            async with asyncio.timeout(STILL_S):
                await _read_some(reader, open_, behind)
    finally:
        await reader.stop()


async def _read_some(
    reader: AIOKafkaConsumer,
    open_: set[TopicPartition],
    shelves: Mapping[TopicPartition, Shelf],
) -> None:
    """Put what the next fetch gives; partitions that have come to their end leave `open_`."""
    fetched: dict[TopicPartition, list[Any]] = {}
    while not fetched and not await _ended(reader, open_, shelves):
        fetched = await reader.getmany(*open_, timeout_ms=POLL_MS, max_records=1)
    for tp, first in fetched.items():
        end = shelves[tp].end
        shelves[tp].fill(
            (record.key, record.value)
            for record in chain(first, rest_of(reader, tp))
            if record.key is not None and record.offset < end
        )
        await asyncio.sleep(0)
    await _ended(reader, open_, shelves)


async def _ended(
    reader: AIOKafkaConsumer,
    open_: set[TopicPartition],
    shelves: Mapping[TopicPartition, Shelf],
) -> bool:
    """Whether some have come to their end: positions pass control records and holes of compaction."""
    done = [tp for tp in open_ if await reader.position(tp) >= shelves[tp].end]
    for tp in done:
        shelves[tp].commit({}, shelves[tp].end)
        open_.discard(tp)
        reader.pause(tp)
    return bool(done)
