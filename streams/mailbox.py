"""The Kafka side of the gateway's mailbox: questions go to `checks`, verdicts come back from `verdicts`.

A question carries the name of this mailbox in a header, and so does its verdict: those of others are skipped undecoded.
While Kafka is away a question ends in time and nothing piles up: aiokafka holds one batch a partition at most.
"""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from itertools import count
from typing import Any, Final, TypeVar
from uuid import uuid4

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from monitor.events import OrdersChecked
from monitor.forms import Feedback
from monitor.memory.pieces import encode
from monitor.settings import Settings
from streams.engine.records import CORRELATION, REPLY_TO, Headers, at_header
from streams.topics import RAW_BYTES_MAX, Topic, name_of, partition_of

logger = logging.getLogger(__name__)

T = TypeVar("T")

RETRY_S: Final = 1.0
FETCH_WAIT_MS: Final = 250
LINGER_MS: Final = 10
"""A request for every question cost the broker more than the questions, where it shares its cores."""
WAITING_MAX: Final = 10_000
"""Questions at a time, whatever the gateway allows itself."""


class MailboxClosedError(RuntimeError):
    """It is not connected (yet): nothing can be sent."""


class KafkaMailbox:
    """monitor.gateway's Mailbox over Kafka. `start` returns at once; it connects when Kafka is there."""

    def __init__(self, settings: Settings, *, now_ms: Any) -> None:  # noqa: ANN401 - () -> int, ms since the epoch
        self._settings = settings
        self._now_ms = now_ms
        self._name = uuid4().hex.encode()
        self._numbers = count()
        self._waiting: dict[bytes, asyncio.Future[dict[str, Any]]] = {}
        self._producer: AIOKafkaProducer | None = None
        self._consumer: AIOKafkaConsumer | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._turns: dict[tuple[Topic, int], asyncio.Lock] = {}

    async def start(self) -> None:
        """Begin to connect."""
        self._tasks.append(asyncio.create_task(self._connect()))

    async def stop(self) -> None:
        """Let go; who still waits gets a TimeoutError."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(TimeoutError())
        for client in (self._consumer, self._producer):
            if client is not None:
                await let_go(client)

    def ready(self) -> bool:
        """Whether it has been connected since the start."""
        return self._producer is not None and self._consumer is not None

    async def ask(self, check: OrdersChecked, *, reply_within_s: float) -> dict[str, Any]:
        """The verdict on a check in its JSON form; TimeoutError when none came in time."""
        if not self.ready() or len(self._waiting) >= WAITING_MAX:
            raise MailboxClosedError("not connected to Kafka")
        name = b"%d" % next(self._numbers)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[name] = answer
        headers = [(REPLY_TO, self._name), (CORRELATION, name), at_header(self._now_ms())]
        try:
            async with asyncio.timeout(reply_within_s):
                await self._put(Topic.CHECKS, check.person, encode(check), headers)
                return await answer
        finally:
            del self._waiting[name]

    async def tell(self, record: bytes, provider: str) -> None:
        """Put a feed record on claims.raw under its provider; returns once it is safely written."""
        written = await self._put(Topic.CLAIMS_RAW, provider, record, [])
        await asyncio.shield(written)

    async def feedback(self, msgid: str, record: Feedback) -> None:
        """Put a feedback record under its msgid; returns once it is safely written."""
        written = await self._put(Topic.FEEDBACK, msgid, orjson.dumps(record), [])
        await asyncio.shield(written)

    async def _put(self, topic: Topic, key: str, value: bytes, headers: Headers) -> asyncio.Future[Any]:
        """Queue a record; calls that begin in order are queued in order, so they are written in order."""
        if self._producer is None:
            raise MailboxClosedError("not connected to Kafka")
        partition = partition_of(key, self._settings.partitions)
        async with self._turns.setdefault((topic, partition), asyncio.Lock()):
            written: asyncio.Future[Any] = await self._producer.send(
                name_of(topic, self._settings),
                value,
                key=key.encode(errors="surrogatepass"),
                partition=partition,
                headers=headers,
            )
        # Whoever gave up has heard of it; aiokafka would log an error that nobody fetched.
        written.add_done_callback(lambda future: future.cancelled() or future.exception())
        return written

    async def _connect(self) -> None:
        producer = await self._until_there(self._new_producer)
        consumer = await self._until_there(self._new_consumer)
        self._producer, self._consumer = producer, consumer
        logger.info("mailbox: connected to Kafka")
        await self._listen(consumer)

    async def _until_there(self, make: "Any") -> Any:  # noqa: ANN401 - a client
        while True:
            try:
                return await make()
            except (KafkaError, OSError) as error:
                logger.warning("mailbox: Kafka is not there yet: %s", type(error).__name__)
                await asyncio.sleep(RETRY_S)

    async def _new_producer(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._settings.bootstrap,
            acks="all",
            enable_idempotence=True,
            max_request_size=RAW_BYTES_MAX,
            retry_backoff_ms=20,
            linger_ms=LINGER_MS,
        )
        return await _started(producer, producer.start())

    async def _new_consumer(self) -> AIOKafkaConsumer:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._settings.bootstrap,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="latest",
            isolation_level="read_committed",
            fetch_max_wait_ms=FETCH_WAIT_MS,
        )
        await _started(consumer, consumer.start())
        tps = [
            TopicPartition(name_of(Topic.VERDICTS, self._settings), number)
            for number in range(self._settings.partitions)
        ]
        consumer.assign(tps)
        await consumer.seek_to_end(*tps)
        # From here on: a verdict must not come before the place where reading begins.
        for tp in tps:
            await consumer.position(tp)
        return consumer

    async def _listen(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            try:
                fetched = await consumer.getmany(timeout_ms=1_000)
            except KafkaError as error:
                logger.warning("mailbox: verdicts can't be read: %s", type(error).__name__)
                await asyncio.sleep(RETRY_S)
                continue
            for records in fetched.values():
                for record in records:
                    self._heard(record)

    def _heard(self, record: Any) -> None:  # noqa: ANN401 - a ConsumerRecord
        headers = dict(record.headers)
        if headers.get(REPLY_TO) != self._name:
            return
        answer = self._waiting.get(headers.get(CORRELATION, b""))
        if answer is not None and not answer.done():
            answer.set_result(orjson.loads(record.value))


async def let_go(client: Any) -> None:  # noqa: ANN401 - any client of aiokafka
    """Stop a client, for a while: one whose Kafka is gone may hang, or raise the cancellation of a task of its own."""
    stopping = asyncio.ensure_future(client.stop())
    await asyncio.wait({stopping}, timeout=RETRY_S)
    if not stopping.cancel() and not stopping.cancelled():
        stopping.exception()


async def _started(client: T, start: Coroutine[Any, Any, None]) -> T:
    """The client, connected; stopped again when it can't be."""
    try:
        await start
    except BaseException:
        with suppress(KafkaError):
            await client.stop()  # type: ignore[attr-defined]  # both kinds have it
        raise
    return client
