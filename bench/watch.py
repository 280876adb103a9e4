"""Sees records of a topic when a reader of committed ones sees them, and notes the time."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from time import time
from types import TracebackType
from typing import Any, NamedTuple, Self

from aiokafka import AIOKafkaConsumer, TopicPartition


class Seen(NamedTuple):
    """A record, when it was visible and when it was written (seconds of this machine's clock)."""

    at: float
    written: float
    key: bytes | None
    value: bytes


class Watcher:
    """Follows topics from their beginning, read committed; `saw` is called for each record with a value."""

    def __init__(
        self, bootstrap: str, topics: list[str], *, partitions: int, saw: Callable[[str, Seen], None]
    ) -> None:
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            check_crcs=False,
            max_partition_fetch_bytes=8 << 20,
        )
        self._tps = [TopicPartition(topic, number) for topic in topics for number in range(partitions)]
        self._saw = saw
        self._task: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        await self._consumer.start()
        self._consumer.assign(self._tps)
        for tp in self._tps:
            self._consumer.seek(tp, 0)
        self._task = asyncio.create_task(self._follow())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        await self._consumer.stop()

    def must_live(self) -> None:
        """Raise what ended the watching."""
        if self._task.done():
            self._task.result()

    async def _follow(self) -> None:
        while True:
            found: dict[Any, list[Any]] = await self._consumer.getmany(timeout_ms=1000)
            now = time()
            for tp, records in found.items():
                for record in records:
                    if record.value:
                        self._saw(tp.topic, Seen(now, record.timestamp / 1000, record.key, record.value))
