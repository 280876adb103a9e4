"""Reads what the monitor says, and tells when all that was played has gone all the way."""

import asyncio
import re
from collections.abc import Iterable
from contextlib import suppress
from time import time
from types import TracebackType
from typing import Final, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.demo.board import Board
from deploy.local.demo.children import Child
from deploy.local.door import Door
from monitor.settings import Settings
from streams.engine.records import AT
from streams.lag import waiting
from streams.topics import Topic, group_of, name_of

READ: Final = (Topic.VERDICTS, Topic.FINDINGS, Topic.ALERTS)
TRAVELLED: Final = (Topic.CLAIMS_RAW, Topic.CHECKS, Topic.CLAIMS, Topic.FACTS_TRACE, Topic.FINDINGS)
"""Topics that workers read, in the order in which an event travels."""
POLL_S: Final = 0.2
LAG_EVERY_S: Final = 3.0
"""A page of metrics takes a worker 50 ms on a small machine; Prometheus asks every 15 s."""
_LAG: Final = re.compile(rb"^monitor_lag_records\{[^}]*\} (\S+)", re.MULTILINE)


class Watcher:
    """Fills the board from the topics; an async context manager around its connections."""

    def __init__(self, settings: Settings, board: Board) -> None:
        self._board = board
        self._names = {name_of(topic, settings): topic for topic in READ}
        self._group = group_of(settings)
        self._sources = [
            [TopicPartition(name_of(topic, settings), number) for number in range(settings.partitions)]
            for topic in TRAVELLED
        ]
        self._said = [TopicPartition(name, n) for name in self._names for n in range(settings.partitions)]
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.bootstrap,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
        )
        self._counter = AIOKafkaConsumer(
            bootstrap_servers=settings.bootstrap,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
        )
        self._admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)

    async def __aenter__(self) -> Self:
        try:
            await self._consumer.start()
            self._consumer.assign(self._said)
            await self._counter.start()
            await self._admin.start()
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def _close(self) -> None:
        for closing in (self._consumer.stop(), self._counter.stop(), self._admin.close()):
            with suppress(TimeoutError):
                await asyncio.wait_for(closing, 1.0)

    async def read(self) -> None:
        """Keep the board up to date until cancelled."""
        while True:
            fetched = await self._consumer.getmany(timeout_ms=int(POLL_S * 1000))
            for tp, records in fetched.items():
                for record in records:
                    if record.value:
                        self._note(self._names[tp.topic], record.value, record.headers)

    def _note(self, topic: Topic, value: bytes, headers: Iterable[tuple[str, bytes]]) -> None:
        match topic:
            case Topic.VERDICTS:
                at = dict(headers).get(AT)
                self._board.note_verdict(value, None if at is None else time() - int(at) / 1000)
            case Topic.FINDINGS:
                self._board.note_finding(value)
            case _:
                self._board.note_incident(value)

    async def drained(self) -> None:
        """Return when every record that is there now, and all that follows from it, is on the board.

        A stage's outputs are written before the group is told, so topic after topic in the order of an event's
        way leaves no gap to hide in.
        """
        for tps in self._sources:
            while behind := await self._behind(tps):
                self._board.lag = behind
                await asyncio.sleep(POLL_S)
        said = await self._consumer.end_offsets(self._said)
        for tp, end in said.items():
            # read() moves them on; aiokafka has no event for it.
            while await self._consumer.position(tp) < end:  # noqa: ASYNC110  # see above
                await asyncio.sleep(POLL_S)

    async def _behind(self, tps: list[TopicPartition]) -> int:
        known = await self._admin.list_consumer_group_offsets(self._group, partitions=tps)
        return await waiting(self._counter, tps, {tp: each.offset for tp, each in known.items()})

    async def follow_lag(self, workers: Iterable[Child]) -> None:
        """Ask the workers how far behind they are, until cancelled."""
        asked = list(workers)
        while True:
            lag = 0.0
            for worker in asked:
                # One that does not answer has ended or is busy; who looks after processes says which.
                with suppress(OSError, EOFError):
                    async with Door(worker.url) as door:
                        lag += sum(float(value) for value in _LAG.findall((await door.get("/metrics")).body))
            self._board.lag = int(lag)
            await asyncio.sleep(LAG_EVERY_S)
