"""Kafka's batches stay whole: one Faust message for each fetched partition batch, read committed.

Faust unpacks what aiokafka hands over into single messages and pays some 60 us for each. Here its app, agents,
assignment and rebalancing are kept and that cost is paid once a batch. Offsets are left to the unit of work: Faust's own
bookkeeping commits what was not acknowledged and forgets what was (see docs/decisions).
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar, cast

import aiokafka
from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata
from faust.serializers import codecs
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage
from msgspec import Struct

T = TypeVar("T")

CODEC: Final = "untouched"
"""Batches come as they are."""
FETCH_WAIT_MS: Final = 250
SHORT_S: Final = 0.05
"""How long to wait for open partitions while others are full: they may have room again soon."""


class Batch(Struct, frozen=True):
    """Records of one partition in order, as aiokafka gives them."""

    topic: str
    partition: int
    records: list[Any]
    begin: int
    """Where this fetch began: the end of the batch before. A unit that is not there yet has lost one."""
    generation: int


class _Untouched(codecs.Codec):
    def _loads(self, s: bytes) -> Any:  # noqa: ANN401 - a batch
        return s

    def _dumps(self, s: Any) -> bytes:  # noqa: ANN401 - a batch
        return cast(bytes, s)


codecs.register(CODEC, _Untouched())


class _Thread(driver.AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        # Faust reads uncommitted and waits 1.5 s for a fetch; neither is a setting.
        consumer._isolation_level = "read_committed"  # noqa: SLF001
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS  # noqa: SLF001
        # With tables declared this is so already; a worker that fell back to round robin would find no memories.
        if self._assignor is not self.app.assignor:
            raise RuntimeError("the sticky, co-partitioning assignor is not in use")
        return consumer

    async def on_client(self, call: Callable[[aiokafka.AIOKafkaConsumer], Awaitable[T]]) -> T:
        """Run `call` in the consumer's own thread."""
        consumer = self._ensure_consumer()

        async def run() -> T:
            return await call(consumer)

        return cast(T, await self.call_thread(run))


class BatchConsumer(driver.Consumer):
    """A Faust consumer whose messages are batches."""

    _thread: _Thread

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as its base class
        super().__init__(*args, **kwargs)
        self._fetched_to: dict[TP, int] = {}

    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> dict[TP, list[Any]]:  # noqa: ASYNC109
        """Batches of partitions whose units have room; the others stay in aiokafka's bounded buffers."""
        engine = self.app.engine  # type: ignore[attr-defined]  # ours
        active = active_partitions or set()
        with_room = {tp for tp in active if engine.has_room(tp.partition)}
        if not with_room:
            await engine.wait_for_room(SHORT_S)
            return {}
        wait_s = timeout if len(with_room) == len(active) else SHORT_S
        fetched = await super()._getmany(with_room, wait_s)
        return {tp: [self._batch(tp, records)] for tp, records in fetched.items() if records}

    def _batch(self, tp: TP, records: list[Any]) -> Batch:
        end = records[-1].offset + 1
        begin, self._fetched_to[tp] = self._fetched_to.get(tp, records[0].offset), end
        return Batch(tp.topic, tp.partition, records, begin, self.app.consumer_generation_id)

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:  # noqa: ANN401 - a Batch
        last = record.records[-1]
        # Else Faust takes the offsets inside of a batch for a gap, and drops what is read again after a seek.
        self._read_offset[tp] = None
        return ConsumerMessage(
            tp.topic, tp.partition, last.offset, last.timestamp / 1000, 0,
            [], None, record, None, 0, 0, tp,
            generation_id=record.generation,
        )  # fmt: skip

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:  # noqa: ANN401, FBT001, FBT002 - as its base class
        """Nothing: offsets belong to the unit of work.

        Faust's compiled streams acknowledge past `ack`, so what its own loop would commit was not done yet.
        """
        del topics, start_new_transaction
        return False

    async def perform_seek(self) -> None:
        """Positions are set by recovery alone, before anything is read."""

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Progress is watched by the engine."""

    async def positions(self, partitions: set[TP]) -> dict[TP, int]:
        """Where to go on: committed offsets, else the beginning."""
        tps = [TopicPartition(tp.topic, tp.partition) for tp in partitions]

        async def ask(client: aiokafka.AIOKafkaConsumer) -> dict[TP, int]:
            committed = await client._coordinator.fetch_committed_offsets(tps)  # noqa: SLF001 - one request for all
            known = {tp: found.offset for tp, found in committed.items() if found.offset >= 0}
            missing = [tp for tp in tps if tp not in known]
            if missing:
                known |= await client.beginning_offsets(missing)
            return {TP(tp.topic, tp.partition): offset for tp, offset in known.items()}

        return await self._thread.on_client(ask)

    async def go_to(self, offsets: Mapping[TP, int]) -> None:
        """Seek every partition."""

        async def seek(client: aiokafka.AIOKafkaConsumer) -> None:
            for tp, offset in offsets.items():
                client.seek(TopicPartition(tp.topic, tp.partition), offset)

        await self._thread.on_client(seek)
        self._fetched_to = dict(offsets)

    async def commit_offsets(self, offsets: Mapping[TP, int]) -> None:
        """Commit under the group's generation: a worker that lost its partitions can't; CommitFailedError then."""
        given = {
            TopicPartition(tp.topic, tp.partition): OffsetAndMetadata(at, "") for tp, at in offsets.items()
        }

        async def commit(client: aiokafka.AIOKafkaConsumer) -> None:
            await client.commit(given)

        await self._thread.on_client(commit)


class BatchTransport(driver.Transport):
    """A Faust transport that keeps batches whole."""

    Consumer = BatchConsumer
