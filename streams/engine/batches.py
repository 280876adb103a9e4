"""Kafka's batches stay whole: one Faust message for each fetched partition batch, read committed.

Faust unpacks what aiokafka hands over into single messages and pays some 60 us for each. Here its app, agents,
assignment and rebalancing are kept and that cost is paid once a batch. Offsets are left to the unit of work: Faust's own
bookkeeping commits what was not acknowledged and forgets what was (see docs/decisions).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, TypeVar, cast

import aiokafka
from aiokafka import TopicPartition
from aiokafka.errors import (
    ConsumerStoppedError,
    IllegalGenerationError,
    KafkaError,
    NoError,
    UnknownMemberIdError,
    for_code,
)
from aiokafka.protocol.group import HeartbeatRequest
from faust.serializers import codecs
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage
from msgspec import Struct

import streams.engine.fetching  # noqa: F401 - every consumer of this process reads by it
from monitor.settings import MIB

T = TypeVar("T")

CODEC: Final = "untouched"
"""Batches come as they are."""
FETCH_BYTES_MAX: Final = 8 * MIB
"""Of one answer: a check must not stand behind more than that."""
SHORT_S: Final = 0.05
"""How long to wait for open partitions while others are full: they may have room again soon."""
ASK_AGAIN_S: Final = 0.2
TELL_S_MAX: Final = 1.0
BY_HAND: Final = 1
"""The generation of an assignment that no group made."""


class Batch(Struct, frozen=True):
    """Records of one partition in order, as aiokafka gives them."""

    topic: str
    partition: int
    records: list[Any]
    begin: int
    """Where this fetch began: the end of the batch before. A unit that is not there yet has lost one."""
    size: int
    """Bytes of the values."""
    epoch: int
    """Which seek of its partition it follows."""


class _Untouched(codecs.Codec):
    def _loads(self, s: bytes) -> Any:  # noqa: ANN401 - a batch
        return s

    def _dumps(self, s: Any) -> bytes:  # noqa: ANN401 - a batch
        return cast(bytes, s)


codecs.register(CODEC, _Untouched())


class _Thread(driver.AIOKafkaConsumerThread):
    """Faust's consumer thread; what it fetches is labelled where it is fetched, so that a seek can't mix epochs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as its base class
        super().__init__(*args, **kwargs)
        self._epochs: dict[TopicPartition, int] = {}
        self._fetched_to: dict[TopicPartition, int] = {}
        self._seeks = 0

    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        # Faust reads uncommitted and waits 1.5 s for a fetch; neither is a setting.
        consumer._isolation_level = "read_committed"  # noqa: SLF001
        consumer._fetch_max_bytes = FETCH_BYTES_MAX  # noqa: SLF001
        # With tables declared this is so already; a worker that fell back to round robin would find no memories.
        if self._assignor is not self.app.assignor:
            raise RuntimeError("the sticky, co-partitioning assignor is not in use")
        return consumer

    async def _fetch_records(self, *args: Any, **kwargs: Any) -> dict[TP, Any]:  # noqa: ANN401 - as its base class
        fetched = await super()._fetch_records(*args, **kwargs)
        return {
            TP(tp.topic, tp.partition): [self._batch(tp, records)]
            for tp, records in fetched.items()
            if records
        }

    def _batch(self, tp: TopicPartition, records: list[Any]) -> Batch:
        begin, self._fetched_to[tp] = self._fetched_to.get(tp, records[0].offset), records[-1].offset + 1
        size = sum([len(record.value) for record in records if record.value is not None])
        return Batch(tp.topic, tp.partition, records, begin, size, self._epochs.get(tp, -1))

    async def subscribe(self, topics: Iterable[str]) -> None:
        """By the group; by hand where the settings name the numbers."""
        engine = self.app.engine  # type: ignore[attr-defined]  # ours
        if not engine.by_hand:
            await super().subscribe(topics)
            return
        tps = {TP(engine.topic_name(topic), number) for topic in engine.reads for number in engine.by_hand}

        async def assign(client: aiokafka.AIOKafkaConsumer) -> None:
            client.assign([TopicPartition(tp.topic, tp.partition) for tp in tps])

        await self.on_client(assign)
        self.app.consumer_generation_id = BY_HAND
        self.app.on_rebalance_start()
        # Faust's answer to an assignment waits until subscribing has come to its end.
        self._assigning = asyncio.create_task(self.consumer.on_partitions_assigned(tps, BY_HAND))

    async def seek_to(self, offsets: Mapping[TP, int]) -> int:
        """Go on from there; the epoch of what is fetched from now on. IllegalStateError when one is not assigned."""

        async def seek(client: aiokafka.AIOKafkaConsumer) -> int:
            self._seeks += 1
            for tp, offset in offsets.items():
                known = TopicPartition(tp.topic, tp.partition)
                client.seek(known, offset)
                self._epochs[known], self._fetched_to[known] = self._seeks, offset
            return self._seeks

        return await self.on_client(seek)

    def unread(self, tp: TopicPartition) -> int:
        """See BatchConsumer; a look from another thread, which may be a moment old."""
        assignment = self._ensure_consumer()._subscription.subscription.assignment  # noqa: SLF001
        if tp not in assignment.tps:
            return 0
        state = assignment.state_value(tp)
        if state is None or state.highwater is None or not state.has_valid_position:
            return 1  # nothing is known yet, so there may be something
        unread: int = state.highwater - state.position
        return max(0, unread)

    async def on_client(self, call: Callable[[aiokafka.AIOKafkaConsumer], Awaitable[T]]) -> T:
        """Run `call` in the consumer's own thread."""
        consumer = self._ensure_consumer()

        async def run() -> T:
            return await call(consumer)

        return cast(T, await self.call_thread(run))


class BatchConsumer(driver.Consumer):
    """A Faust consumer whose messages are batches."""

    _thread: _Thread

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
        return dict(await super()._getmany(with_room, wait_s))

    async def _drain_messages(self, fetcher: Any) -> None:  # noqa: ANN401 - Faust's Fetcher
        """Faust's loop without the two tasks that it starts for each message.

        On a busy loop those took longer than all that happens to the records, and the next fetch waited for them.
        """
        try:
            while not (self.should_stop or fetcher.should_stop):
                async for _, message in self.getmany(timeout=1.0):
                    await self.callback(message)
        except (ConsumerStoppedError, asyncio.CancelledError):
            if not self.transport.app.should_stop:
                raise

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:  # noqa: ANN401 - a Batch
        last = record.records[-1]
        # Else Faust takes the offsets inside of a batch for a gap, and drops what is read again after a seek.
        self._read_offset[tp] = None
        return ConsumerMessage(
            tp.topic, tp.partition, last.offset, last.timestamp / 1000, 0,
            [], None, record, None, 0, 0, tp,
            generation_id=self.app.consumer_generation_id,
        )  # fmt: skip

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:  # noqa: ANN401, FBT001, FBT002 - as its base class
        """Nothing: offsets belong to the unit of work.

        Faust's compiled streams acknowledge past `ack`, so what its own loop would commit was not done yet.
        """
        del topics, start_new_transaction
        return False

    async def perform_seek(self) -> None:
        """Positions are set by tenures alone, before anything is read."""

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Progress is watched by the engine."""

    async def go_to(self, offsets: Mapping[TP, int]) -> int:
        """Seek; the epoch of the batches that follow."""
        return await self._thread.seek_to(offsets)

    async def tell(self, offsets: Mapping[TP, int]) -> None:
        """Commit these to the group, outside of any transaction. KafkaError or TimeoutError when it does not take them."""

        async def commit(client: aiokafka.AIOKafkaConsumer) -> None:
            # Here too: whoever waits for it may have gone, and its thread has more to do.
            async with asyncio.timeout(TELL_S_MAX):
                await client.commit(
                    {TopicPartition(tp.topic, tp.partition): at for tp, at in offsets.items()}
                )

        await self._thread.on_client(commit)

    async def leave_out(self, tps: Iterable[TP]) -> None:
        """Do not fetch these: Faust subscribes to its changelogs, and would have them sent again and again for nobody."""

        async def pause(client: aiokafka.AIOKafkaConsumer) -> None:
            client.pause(*[TopicPartition(tp.topic, tp.partition) for tp in tps])

        await self._thread.on_client(pause)

    def unread(self, tp: TP) -> int:
        """Offsets of a partition that were not fetched yet, as far as the last fetch could see."""
        return self._thread.unread(TopicPartition(tp.topic, tp.partition))

    async def is_member(self) -> bool:
        """Whether the group knows us under the generation of our assignment; asked until there is an answer."""

        async def ask(client: aiokafka.AIOKafkaConsumer) -> bool:
            coordinator = client._coordinator  # noqa: SLF001
            request = HeartbeatRequest(coordinator.group_id, coordinator.generation, coordinator.member_id)
            while True:
                try:
                    answer = for_code((await coordinator._send_req(request)).error_code)  # noqa: SLF001
                except KafkaError:
                    answer = None
                if answer in (IllegalGenerationError, UnknownMemberIdError):
                    return False
                if answer is not None and (answer is NoError or not answer.retriable):
                    # A rebalance that has begun counts: nobody else has the number before it ends.
                    return True
                await asyncio.sleep(ASK_AGAIN_S)

        return await self._thread.on_client(ask)


class BatchTransport(driver.Transport):
    """A Faust transport that keeps batches whole."""

    Consumer = BatchConsumer
