"""Kafka as one partition number sees it: whoever opened its ledger last is the only one who can write.

`write` makes one transaction of outputs and changed memories, where the sources go on among them: all of it becomes visible,
or none. aiokafka's own producer commits a transaction that lost a record, waits 20 ms in each, can't abort after a failed
commit and hides what it repeats; so its client carries our three requests here, and every error is the caller's to see.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient, ConnectionGroup, CoordinationType
from aiokafka.errors import (
    ConcurrentTransactions,
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    InvalidProducerEpoch,
    LeaderNotAvailableError,
    MessageSizeTooLargeError,
    NoError,
    NotCoordinatorError,
    NotEnoughReplicasAfterAppendError,
    NotEnoughReplicasError,
    NotLeaderForPartitionError,
    RecordListTooLargeError,
    UnknownTopicOrPartitionError,
    for_code,
)
from aiokafka.protocol.offset import OffsetRequest
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.protocol.transaction import AddPartitionsToTxnRequest, EndTxnRequest, InitProducerIdRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from monitor.settings import MIB
from streams.engine.records import Row

T = TypeVar("T")

TRANSACTION_MS: Final = 5_000
"""The broker aborts what a dead worker left open after so long (and looks once a second, see deploy/): until then readers of
committed data stand still behind it."""
WRITE_S: Final = 4.0
"""Shorter than that: what takes longer is given up by us first."""
OPEN_S: Final = 20.0
REQUEST_MS: Final = 4_000
RETRY_S: Final = 0.002
"""A commit's markers are still being written when the next transaction begins: that takes a millisecond or two."""
RETRY_S_MAX: Final = 0.1
BATCH_BYTES: Final = MIB - 16 * 1024
"""Of one partition in one request; larger than that only if a single record is."""
EARLIEST, LATEST = -2, -1
READ_COMMITTED: Final = 1
ALL_REPLICAS: Final = -1
PRODUCER_FENCED: Final = 90
"""What newer brokers say; aiokafka knows no name for it."""

AGAIN: Final = frozenset({
    ConcurrentTransactions, CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError,
    LeaderNotAvailableError, NotLeaderForPartitionError, UnknownTopicOrPartitionError,
    # The broker's verification of a partition that was just added, translated for clients of older protocols.
    NotEnoughReplicasError, NotEnoughReplicasAfterAppendError,
})  # fmt: skip
"""Answers that say nothing was done, and that the same request may be sent again."""
MOVED: Final = frozenset(
    {
        NotCoordinatorError,
        CoordinatorNotAvailableError,
        NotLeaderForPartitionError,
        LeaderNotAvailableError,
        UnknownTopicOrPartitionError,
    }
)
"""Of those: it was sent to the wrong node."""


class FencedError(Exception):
    """Somebody else opened this ledger since; nothing of what was being written is visible."""


class RefusedError(Exception):
    """A topic does not take a record of this size."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"{topic} refuses a record for its size")
        self.topic = topic


class _AgainError(Exception):
    """Nothing was done; send it again."""


class Ledger:
    """The transactional log of one partition number. Not for two coroutines at once.

    Besides the two errors above everything raises KafkaError, OSError or TimeoutError: then it is not known what was done,
    and only a ledger opened anew can be trusted.
    """

    def __init__(self, bootstrap: str, *, name: str) -> None:
        self.name = name
        self._client = AIOKafkaClient(
            bootstrap_servers=bootstrap, client_id=name, request_timeout_ms=REQUEST_MS, retry_backoff_ms=50
        )
        self._producer = (-1, -1)
        self._sequences: dict[TopicPartition, int] = {}
        self._coordinator: int | None = None

    async def open(self, topics: Iterable[str]) -> None:
        """Fence whoever had it: their open transaction is aborted, and they can never write again."""
        async with asyncio.timeout(OPEN_S):
            await self._client.bootstrap()
            await self._client.set_topics(list(topics))
            self._producer = await self._until_done(self._init)

    async def close(self) -> None:
        """Let go of the connections; an open transaction is left to whoever opens the ledger next."""
        await self._client.close()

    # Reading what stands.

    async def begins(self, tps: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """Where the logs begin."""
        async with asyncio.timeout(OPEN_S):
            return await self._offsets(tps, EARLIEST)

    async def ends(self, tps: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """Where the logs end for readers of committed data."""
        async with asyncio.timeout(OPEN_S):
            return await self._offsets(tps, LATEST)

    async def _offsets(self, tps: Sequence[TopicPartition], at: int) -> dict[TopicPartition, int]:
        async def ask() -> dict[TopicPartition, int]:
            found = {}
            for node, mine in self._by_leader(dict.fromkeys(tps, at)).items():
                request = OffsetRequest(
                    -1, READ_COMMITTED, _by_topic((tp, (tp.partition, at)) for tp in mine)
                )
                answer = await self._client.send(node, request)
                for topic, partitions in answer.topics:
                    for partition, code, *_, offset in partitions:
                        self._check(code)
                        found[TopicPartition(topic, partition)] = offset
            return found

        return await self._until_done(ask) if tps else {}

    # Writing.

    async def write(self, rows: Mapping[TopicPartition, Sequence[Row]]) -> dict[TopicPartition, int]:
        """One transaction; where the rows of each partition end, the marker of the commit not counted."""
        async with asyncio.timeout(WRITE_S):
            await self._until_done(lambda: self._add_partitions(rows))
            ends = await self._produce_all(rows)
            await self._until_done(self._commit)
            return ends

    async def _init(self) -> tuple[int, int]:
        request = InitProducerIdRequest(transactional_id=self.name, transaction_timeout_ms=TRANSACTION_MS)
        answer = await self._ask(request)
        self._check(answer.error_code)
        return answer.producer_id, answer.producer_epoch

    async def _add_partitions(self, tps: Iterable[TopicPartition]) -> None:
        request = AddPartitionsToTxnRequest(
            self.name, *self._producer, _by_topic((tp, tp.partition) for tp in tps)
        )
        answer = await self._ask(request)
        for _, partitions in answer.errors:
            for _, code in partitions:
                self._check(code)

    async def _commit(self) -> None:
        answer = await self._ask(EndTxnRequest(self.name, *self._producer, 1))
        self._check(answer.error_code)

    async def _produce_all(self, rows: Mapping[TopicPartition, Sequence[Row]]) -> dict[TopicPartition, int]:
        """A request holds one batch a partition, so what does not fit goes in the next one."""
        ends: dict[TopicPartition, int] = {}
        waiting = {tp: list(_batches(of)) for tp, of in rows.items()}
        while waiting:
            batches = {}
            for tp, left in list(waiting.items()):
                batch = left.pop(0)
                batches[tp] = (self._built(tp, batch), len(batch))
                if not left:
                    del waiting[tp]
            ends |= await self._produce(batches)
        return ends

    async def _produce(self, batches: dict[TopicPartition, tuple[bytes, int]]) -> dict[TopicPartition, int]:
        """Send until each is acknowledged; a sequence number keeps what is sent twice from being there twice."""
        ends: dict[TopicPartition, int] = {}

        async def send(node: int, mine: Sequence[TopicPartition]) -> None:
            named = _by_topic((tp, (tp.partition, batches[tp][0])) for tp in mine)
            answer = await self._client.send(node, ProduceRequest(self.name, ALL_REPLICAS, REQUEST_MS, named))
            for topic, partitions in answer.topics:
                for partition, code, offset, *_ in partitions:
                    tp = TopicPartition(topic, partition)
                    error = for_code(code)
                    if error in (MessageSizeTooLargeError, RecordListTooLargeError):
                        raise RefusedError(topic)
                    if error not in AGAIN:
                        self._check(code)
                        ends[tp] = offset + batches[tp][1]
                    elif error in MOVED:
                        self._client.force_metadata_update()

        async def rest() -> None:
            left = [tp for tp in batches if tp not in ends]
            await _together(*(send(node, mine) for node, mine in self._by_leader(left).items()))
            if len(ends) < len(batches):
                raise _AgainError

        await self._until_done(rest)
        return ends

    def _built(self, tp: TopicPartition, rows: Sequence[Row]) -> bytes:
        sequence = self._sequences.get(tp, 0)
        producer, epoch = self._producer
        builder = DefaultRecordBatchBuilder(2, 0, 1, producer, epoch, sequence, 1 << 30)
        append = builder.append
        for offset, (key, value, headers) in enumerate(rows):
            append(offset, None, key, value, headers)
        self._sequences[tp] = (sequence + len(rows)) % (1 << 31)
        return bytes(builder.build())

    # Asking.

    async def _ask(self, request: Any) -> Any:  # noqa: ANN401 - aiokafka's requests and answers
        """What the coordinator of our transactions answers."""
        if self._coordinator is None:
            try:
                self._coordinator = await self._client.coordinator_lookup(
                    CoordinationType.TRANSACTION, self.name
                )
            except tuple(AGAIN) as error:
                raise _AgainError from error
        return await self._client.send(self._coordinator, request, group=ConnectionGroup.COORDINATION)

    def _check(self, code: int) -> None:
        """Raise what an answer says: _AgainError, FencedError or the error itself."""
        error = for_code(code)
        if error is NoError:
            return
        if error is InvalidProducerEpoch or code == PRODUCER_FENCED:
            raise FencedError(self.name)
        if error in MOVED:
            self._coordinator = None
            self._client.force_metadata_update()
        if error in AGAIN:
            raise _AgainError
        raise error()

    async def _until_done(self, work: Callable[[], Awaitable[T]]) -> T:
        """Repeat what says that nothing was done; the caller's time limit ends it."""
        wait_s = RETRY_S
        while True:
            try:
                return await work()
            except _AgainError:
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, RETRY_S_MAX)

    def _by_leader(self, tps: Iterable[TopicPartition]) -> dict[int, list[TopicPartition]]:
        nodes: dict[int, list[TopicPartition]] = {}
        for tp in tps:
            leader = self._client.cluster.leader_for_partition(tp)
            if leader is None or leader < 0:
                self._client.force_metadata_update()
                raise _AgainError
            nodes.setdefault(leader, []).append(tp)
        return nodes


async def _together(*works: Coroutine[Any, Any, Any]) -> list[Any]:
    """What each gives; the first error ends the others and is raised as it is."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


def _by_topic(pairs: Iterable[tuple[TopicPartition, T]]) -> list[tuple[str, list[T]]]:
    """What the protocol wants: the parts of each topic together."""
    topics: dict[str, list[T]] = {}
    for tp, part in pairs:
        topics.setdefault(tp.topic, []).append(part)
    return list(topics.items())


def _batches(rows: Sequence[Row]) -> Iterable[Sequence[Row]]:
    """Rows in the order given, in batches of at most BATCH_BYTES."""
    size = begin = 0
    for number, row in enumerate(rows):
        own = row_bytes(row)
        if size + own > BATCH_BYTES and number > begin:
            yield rows[begin:number]
            begin, size = number, 0
        size += own
    yield rows[begin:]


def row_bytes(row: Row) -> int:
    """About what a row takes in a batch."""
    key, value, headers = row
    size = 32 + len(key or b"") + len(value or b"")
    return size + sum(len(name) + len(content) + 4 for name, content in headers) if headers else size
