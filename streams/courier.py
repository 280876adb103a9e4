"""`monitor courier`: reads notices, and brings them to the web hooks of their providers (web_hooks.py).

How far each provider is stands in a compacted topic, and the group's offset where the last of them stands. So a dead
hospital costs a restart some reading, and the others no repetition. What was done and not written yet is repeated under its
own key.
"""

import asyncio
import logging
import signal
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

import httpx
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError
from prometheus_client import REGISTRY

from monitor.clock import unix_ms
from monitor.compose import knowledge_of
from monitor.metrics import Metrics
from monitor.notices import Parcel
from monitor.provider_groups import ProviderGroups
from monitor.settings import Settings
from streams.engine.records import NOTICE_ID, PERSON, headers_of
from streams.health import HEALTHY, METRICS, READY, Answer, HealthServer, word
from streams.reading import Reader
from streams.start import refuse_other_topics, serve
from streams.topics import Topic, group_of, name_of, partition_of
from streams.web_hooks import CHANNEL, TIMEOUT_S, Desk, Post, signers_of

logger = logging.getLogger(__name__)

FETCH_MS: Final = 200
WRITE_S: Final = 1.0
RETRY_S: Final = 1.0


class Courier(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka ships no types
    """All desks of this process."""

    def __init__(self, settings: Settings, metrics: Metrics, client: httpx.AsyncClient) -> None:
        providers = knowledge_of(settings).reference.providers
        hooks = {code: entry.hook for code, entry in providers.items() if entry.hook}
        group = ProviderGroups(providers)
        self._settings = settings
        self._metrics = metrics
        self._topic = name_of(Topic.NOTICES, settings)
        signers = signers_of(hooks, settings)
        self._post = Post(client, hooks, signers, self._put_aside, metrics, group, settings.hook_give_up_s)
        self._groups = frozenset(group(code) for code in hooks)
        """Of whom somebody is told by web hook: these show 0 when nothing waits."""
        self._desks: dict[TopicPartition, Desk] = {}
        self._sharing = asyncio.Lock()
        """aiokafka delivers records of a partition before it was told that it has it, or while it is taken away."""
        self._producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap, acks="all")
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.bootstrap,
            group_id=f"{group_of(settings)}-courier",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            fetch_max_wait_ms=FETCH_MS,
        )
        self.ready = False

    async def run(self) -> None:
        """Until cancelled."""
        await self._producer.start()
        try:
            self._consumer.subscribe([self._topic], listener=self)
            await self._consumer.start()
            async with asyncio.TaskGroup() as together:
                together.create_task(self._read())
                together.create_task(self._write_now_and_then())
        finally:
            await self._consumer.stop()
            await self._producer.stop()

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Write down how far they are."""
        async with self._sharing:
            await self._write()
            for tp in list(revoked):
                if (desk := self._desks.pop(tp, None)) is not None:
                    await desk.close()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Go on where whoever had them has stopped."""
        async with self._sharing:
            for tp in assigned:
                done = await self._cursors(tp.partition)
                begin = (await self._consumer.beginning_offsets([tp]))[tp]
                position = max(begin, await self._consumer.committed(tp) or 0)
                self._desks[tp] = Desk(self._post, done, position)
                self._consumer.seek(tp, position)
        self.ready = True

    async def _read(self) -> None:
        while True:
            try:
                async with self._sharing:
                    await self._read_some()
            except KafkaError as error:
                logger.warning("notices can't be read: %s", type(error).__name__)
                await asyncio.sleep(RETRY_S)
            self._show()

    async def _read_some(self) -> None:
        for tp, records in (await self._consumer.getmany(timeout_ms=FETCH_MS)).items():
            if (desk := self._desks.get(tp)) is not None:
                for record in records:
                    await desk.put(record.key.decode(), _parcel(record))
                desk.position = records[-1].offset + 1

    async def _write_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(WRITE_S)
            try:
                await self._write()
            except KafkaError as error:
                logger.warning("places can't be written: %s", type(error).__name__)

    async def _write(self) -> None:
        sent = []
        for tp, desk in self._desks.items():
            for provider, place in desk.places().items():
                sent.append(await self._send(Topic.NOTICE_CURSORS, provider, {"done": place}, tp.partition))
        await asyncio.gather(*sent)
        if self._desks:
            await self._consumer.commit({tp: desk.low for tp, desk in self._desks.items()})

    async def _put_aside(self, provider: str, parcel: Parcel, why: str) -> None:
        row = {
            "notice_id": parcel.notice_id,
            "why": why,
            "given_up_ms": unix_ms(),
            "notice": orjson.Fragment(parcel.body),
        }
        number = partition_of(provider, self._settings.partitions)
        await (await self._send(Topic.NOTICES_UNDELIVERED, provider, row, number))

    async def _send(
        self, topic: Topic, provider: str, row: Mapping[str, Any], partition: int
    ) -> "asyncio.Future[Any]":
        sent: asyncio.Future[Any] = await self._producer.send(
            name_of(topic, self._settings), orjson.dumps(row), key=provider.encode(), partition=partition
        )
        return sent

    async def _cursors(self, number: int) -> dict[str, int]:
        """How far each provider of a partition is."""
        tp = TopicPartition(name_of(Topic.NOTICE_CURSORS, self._settings), number)
        found = {}
        async with Reader(self._settings.bootstrap) as reader:
            async for record in reader.all([tp]):
                found[(record.key or b"").decode()] = int(orjson.loads(record.value or b"")["done"])
        return found

    def _show(self) -> None:
        now_ms = unix_ms()
        pending, oldest_ms = dict.fromkeys(self._groups, 0), dict.fromkeys(self._groups, now_ms)
        for desk in self._desks.values():
            for provider, count, since_ms in desk.waiting():
                group = self._post.group(provider)
                pending[group] += count
                oldest_ms[group] = min(oldest_ms[group], since_ms)
        for group in self._groups:
            self._metrics.delivery_pending.labels(CHANNEL, group).set(pending[group])
            self._metrics.delivery_oldest.labels(CHANNEL, group).set((now_ms - oldest_ms[group]) / 1000)


def _parcel(record: Any) -> Parcel:  # noqa: ANN401 - a ConsumerRecord
    headers = headers_of(record.headers)
    name, person = headers.get(NOTICE_ID, b"").decode(), headers.get(PERSON, b"").decode()
    return Parcel(record.offset, name, person, record.value, record.timestamp)


async def run_courier(settings: Settings) -> int:
    """Deliver until SIGTERM or SIGINT; the exit code. StartError when it can't begin."""
    await refuse_other_topics(settings)
    metrics = Metrics(REGISTRY)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(timeout=TIMEOUT_S, limits=limits, trust_env=False) as client:
        courier = Courier(settings, metrics, client)
        server = HealthServer(_pages(courier, metrics))
        await serve(server, settings, "courier")
        working = asyncio.create_task(courier.run())
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, working.cancel)
        try:
            await working
        except asyncio.CancelledError:
            return 0
        finally:
            await server.stop()
    return 1


def _pages(courier: Courier, metrics: Metrics) -> dict[str, Any]:
    async def page() -> Answer:
        return HTTPStatus.OK, metrics.exposition()

    async def ready() -> Answer:
        return word("" if courier.ready else "not assigned yet")

    async def healthy() -> Answer:
        return word("")

    return {METRICS: page, READY: ready, HEALTHY: healthy}
