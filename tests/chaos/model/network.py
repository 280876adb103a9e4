"""Requests and answers travel; either may be lost. What was sent arrives, whatever becomes of its sender.

`Client` stands for aiokafka's: `Ledger` sends its own requests to it, bytes of batches included.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaError, RequestTimedOutError
from aiokafka.protocol.offset import OffsetRequest
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.protocol.transaction import AddPartitionsToTxnRequest, EndTxnRequest, InitProducerIdRequest
from aiokafka.record.memory_records import MemoryRecords

from streams.engine.ledger import EARLIEST
from tests.chaos.model.broker import NONE, Broker, Row

if TYPE_CHECKING:
    from tests.chaos.model.worker import Worker

T = TypeVar("T")

REQUEST_S: Final = 4.0
NODE: Final = 1

WORKER: ContextVar["Worker"] = ContextVar("worker")
"""Whose code runs."""


class Network:
    """Between workers and the broker."""

    def __init__(self, broker: Broker, rng: Random) -> None:
        self.broker = broker
        self.loss = 0.0
        """Part of the requests that get lost, before or after they are done."""
        self.dead = False
        """The broker's process is gone."""
        self.mute_until = 0.0
        """Requests wait so long before the broker does anything."""
        self._rng = rng
        self._loop = asyncio.get_running_loop()

    async def ask(self, worker: "Worker", do: Callable[[], T]) -> T:
        """What the broker answers; KafkaConnectionError or RequestTimedOutError: nobody knows what was done."""
        await worker.awake()
        answer: asyncio.Future[T] = self._loop.create_future()
        self._loop.call_later(self._way(), self._arrive, do, answer)
        try:
            given = await answer
        except KafkaError:
            await worker.awake()
            raise
        await worker.awake()
        return given

    def _way(self) -> float:
        slow = self._rng.random() < 0.01
        return self._rng.uniform(0.0005, 1.0 if slow else 0.003)

    def _arrive(self, do: Callable[[], T], answer: asyncio.Future[T]) -> None:
        if self.dead:
            self._loop.call_later(self._way(), _fail, answer, KafkaConnectionError())
            return
        if (rest := self.mute_until - self._loop.time()) > 0:
            self._loop.call_later(rest + self._way(), self._arrive, do, answer)
            self._time_out(answer)
            return
        lost = self._rng.random() < self.loss
        if lost:
            self._time_out(answer)
        # On the way there or on the way back.
        if not lost or self._rng.random() < 0.5:
            given = do()
            if not lost:
                self._loop.call_later(self._way(), _succeed, answer, given)

    def _time_out(self, answer: asyncio.Future[T]) -> None:
        """Timers for the requests that need one: all others are answered in time."""
        self._loop.call_later(REQUEST_S, _fail, answer, RequestTimedOutError())


def _succeed(answer: asyncio.Future[T], given: T) -> None:
    if not answer.done():
        answer.set_result(given)


def _fail(answer: asyncio.Future[T], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)


class Client:
    """The part of AIOKafkaClient that a ledger uses."""

    cluster = SimpleNamespace(leader_for_partition=lambda _: NODE)

    def __init__(self, **_: Any) -> None:
        self._worker = WORKER.get()

    async def bootstrap(self) -> None:
        """Find the broker."""
        await self._worker.network.ask(self._worker, lambda: None)

    async def set_topics(self, topics: Iterable[str]) -> None:
        """There is one broker, so nothing needs to be known of topics."""

    def force_metadata_update(self) -> None:
        """The same."""

    async def coordinator_lookup(self, kind: object, key: str) -> int:
        """The one node."""
        del kind, key
        return NODE

    async def close(self) -> None:
        """What was sent stays sent."""

    async def send(self, node: int, request: Any, group: object = None) -> Any:
        """The broker's answer to one of aiokafka's requests."""
        del node, group
        worker = self._worker
        plain = request.build(type(request)._CLASSES[-1])
        do = _HANDLERS[type(request)]
        return await worker.network.ask(worker, lambda: do(worker.network.broker, plain))


def _init(broker: Broker, request: Any) -> Any:
    code, producer, epoch = broker.init(request.transactional_id, request.transaction_timeout_ms / 1000)
    return SimpleNamespace(error_code=code, producer_id=producer, producer_epoch=epoch)


def _add_partitions(broker: Broker, request: Any) -> Any:
    tps = [TopicPartition(topic, number) for topic, numbers in request.topics for number in numbers]
    code = broker.add_partitions(request.transactional_id, request.producer_epoch, tps)
    return SimpleNamespace(
        errors=[(topic, [(n, code) for n in numbers]) for topic, numbers in request.topics]
    )


def _produce(broker: Broker, request: Any) -> Any:
    topics = []
    for topic, batches in request.topics:
        answers = []
        for number, raw in batches:
            batch = MemoryRecords(raw).next_batch()
            rows: list[Row] = [(record.key, record.value, record.headers) for record in batch]
            code, offset = broker.append(
                request.transactional_id,
                batch.producer_epoch,
                TopicPartition(topic, number),
                batch.base_sequence,
                rows,
            )
            answers.append((number, code, offset))
        topics.append((topic, answers))
    return SimpleNamespace(topics=topics)


def _end(broker: Broker, request: Any) -> Any:
    commit = bool(request.transaction_result)
    return SimpleNamespace(
        error_code=broker.end(request.transactional_id, request.producer_epoch, commit=commit)
    )


def _offsets(broker: Broker, request: Any) -> Any:
    def of(topic: str, asked: Sequence[tuple[int, int]]) -> list[tuple[int, int, int, int]]:
        return [
            (n, NONE, -1, 0 if at == EARLIEST else broker.stable(TopicPartition(topic, n))) for n, at in asked
        ]

    return SimpleNamespace(topics=[(topic, of(topic, asked)) for topic, asked in request.topics])


_HANDLERS: Final[dict[type, Callable[[Broker, Any], Any]]] = {
    InitProducerIdRequest: _init,
    AddPartitionsToTxnRequest: _add_partitions,
    ProduceRequest: _produce,
    EndTxnRequest: _end,
    OffsetRequest: _offsets,
}
