"""The Kafka side of notices for those who fetch them: pages by seeking, and one reader of what comes for all who listen."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from monitor.gateway.notices import Found, Placed
from monitor.settings import Settings
from streams.mailbox import let_go
from streams.reading import Reader
from streams.topics import Topic, name_of, partition_of

logger = logging.getLogger(__name__)

SCANNED_MAX: Final = 5_000
"""Records of all providers of a partition that one question looks at."""
FETCH_MS: Final = 100
RETRY_S: Final = 1.0
WAITING_MAX: Final = 1_000
"""Of one listener."""


class KafkaNoticeLog:
    """monitor.gateway's NoticeLog. It connects when it is first asked."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._reader: Reader | None = None
        self._one_at_a_time = asyncio.Lock()
        self._listeners: dict[str, set[asyncio.Queue[Placed | None]]] = {}
        self._listening: asyncio.Task[None] | None = None
        self._hears = asyncio.Event()

    async def stop(self) -> None:
        """Let go; streams end."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        for queues in self._listeners.values():
            for queue in queues:
                _end(queue)
        if self._reader is not None:
            await let_go(self._reader)

    async def page(self, provider: str, *, after: int, limit: int, undelivered: bool = False) -> Found:
        """Those of a provider behind a place; KafkaError when they can't be read."""
        topic = Topic.NOTICES_UNDELIVERED if undelivered else Topic.NOTICES
        tp = TopicPartition(name_of(topic, self._settings), partition_of(provider, self._settings.partitions))
        async with self._one_at_a_time:
            if self._reader is None:
                reader = Reader(self._settings.bootstrap)
                await reader.start()
                self._reader = reader
            return await _page(self._reader, tp, provider.encode(), after, limit)

    @asynccontextmanager
    async def live(self, provider: str) -> "AsyncIterator[asyncio.Queue[Placed | None]]":
        """What is committed from now on."""
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen())
        await self._hears.wait()
        queue: asyncio.Queue[Placed | None] = asyncio.Queue()
        queues = self._listeners.setdefault(provider, set())
        queues.add(queue)
        try:
            yield queue
        finally:
            queues.discard(queue)
            if not queues:
                self._listeners.pop(provider, None)

    async def _listen(self) -> None:
        while True:
            consumer = None
            try:
                consumer = await self._consumer()
                topic = name_of(Topic.NOTICES, self._settings)
                tps = [TopicPartition(topic, number) for number in range(self._settings.partitions)]
                consumer.assign(tps)
                await consumer.seek_to_end(*tps)
                for tp in tps:
                    await consumer.position(tp)
                self._hears.set()
                while True:
                    for records in (await consumer.getmany(timeout_ms=1_000)).values():
                        for record in records:
                            self._heard(record)
            except (KafkaError, OSError) as error:
                logger.warning("notices can't be heard: %s", type(error).__name__)
                # What came meanwhile is missed: whoever listens asks again from its last place.
                for queues in self._listeners.values():
                    for queue in queues:
                        _end(queue)
                await asyncio.sleep(RETRY_S)
            finally:
                if consumer is not None:
                    await let_go(consumer)

    def _heard(self, record: Any) -> None:  # noqa: ANN401 - a ConsumerRecord
        for queue in self._listeners.get(record.key.decode(), ()):
            if queue.qsize() >= WAITING_MAX:
                _end(queue)
            else:
                queue.put_nowait(Placed(record.offset, record.value))

    async def _consumer(self) -> AIOKafkaConsumer:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._settings.bootstrap,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            fetch_max_wait_ms=FETCH_MS,
        )
        try:
            await consumer.start()
        except BaseException:
            with suppress(KafkaError):
                await consumer.stop()
            raise
        return consumer


async def _page(reader: Reader, tp: TopicPartition, key: bytes, after: int, limit: int) -> Found:
    begins, ends = await reader.begins([tp]), await reader.ends([tp])
    found: list[Placed] = []
    scanned, last = 0, after
    async for record in reader.read({tp: max(begins[tp], after + 1)}, ends):
        scanned, last = scanned + 1, record.offset
        if record.key == key:
            found.append(Placed(record.offset, record.value or b""))
        if len(found) == limit or scanned == SCANNED_MAX:
            return Found(found, last, ended=False)
    return Found(found, max(after, ends[tp] - 1), ended=True)


def _end(queue: "asyncio.Queue[Placed | None]") -> None:
    """The listener is told to come again."""
    while not queue.empty():
        queue.get_nowait()
    queue.put_nowait(None)
