"""How memories come back: committed offsets, then changelogs to their end, then seek, then go. No short cut.

Faust's own recovery resumes source partitions before it seeks (records twice, now and then one lost) and ends silently
when a step takes longer than 90 s, so its one loop is replaced; all else of its table manager stays.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from faust.tables.manager import TableManager
from faust.tables.recovery import RebalanceAgain, Recovery, ServiceStopped
from mode import Service

from streams.engine.state import Shelf, parse_row_key

FETCH_BYTES_MAX = 8 << 20
POLL_MS = 500


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
                await self._wait(self._recover(generation))
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

    async def _recover(self, generation: int) -> None:
        app: Any = self.app
        consumer = app.consumer
        app.in_recovery = self.in_recovery = True
        assigned = {tp for tp in consumer.assignment() if not self._is_changelog_tp(tp)}
        positions = await consumer.positions(assigned) if assigned else {}
        numbers = {tp.partition for tp in assigned}
        await app.engine.recover(numbers)
        if app.consumer_generation_id != generation or self.should_stop:
            return
        if positions:
            await consumer.go_to(positions)
        app.engine.open(positions, generation)
        await app.on_rebalance_complete.send()
        app.in_recovery = self.in_recovery = False
        self.completed.set()
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


async def read_changelogs(
    bootstrap: str, known: Mapping[TopicPartition, Shelf]
) -> dict[TopicPartition, Shelf]:
    """Shelves complete to the end that each changelog had when this began; one that is complete already is kept."""
    if not known:
        return {}
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
        ends = await reader.end_offsets(list(known))
        shelves = {tp: shelf if shelf.end == ends[tp] else Shelf() for tp, shelf in known.items()}
        begins = await reader.beginning_offsets(list(known))
        open_ = {tp for tp, shelf in shelves.items() if shelf.end != ends[tp] and begins[tp] < ends[tp]}
        for tp, shelf in shelves.items():
            shelf.end = ends[tp]
        if open_:
            reader.assign(list(open_))
            await reader.seek_to_beginning(*open_)
        while open_:
            fetched = await reader.getmany(*open_, timeout_ms=POLL_MS)
            for tp, records in fetched.items():
                put = shelves[tp].put
                for record in records:
                    if record.key is not None and record.offset < ends[tp]:
                        put(*parse_row_key(record.key), record.value)
                await asyncio.sleep(0)
            # Positions pass control records and holes of compaction; the last record's offset does not.
            done = [tp for tp in open_ if await reader.position(tp) >= ends[tp]]
            for tp in done:
                open_.discard(tp)
                reader.pause(tp)
    finally:
        await reader.stop()
    return shelves
