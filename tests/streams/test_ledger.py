"""What a partition number's ledger guarantees, on a real broker: all or nothing, and one writer at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from itertools import count
from typing import TypeAlias

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local.kafka import LocalKafka
from monitor.settings import MIB
from streams.engine.ledger import FencedError, Ledger, RefusedError

pytestmark = pytest.mark.kafka

MakeLedger: TypeAlias = Callable[[], Awaitable[Ledger]]
_numbers = count(1)


class Place:
    """Topics and a group of their own."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self.name = f"ledger-{next(_numbers)}"
        self.out = TopicPartition(f"{self.name}.out", 0)
        self.log = TopicPartition(f"{self.name}.log", 0)

    async def create(self) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            limits = {"max.message.bytes": str(2 * MIB)}
            tps = (self.out, self.log)
            await admin.create_topics([NewTopic(tp.topic, 1, 1, topic_configs=limits) for tp in tps])
        finally:
            await admin.close()

    async def values(self, tp: TopicPartition, *, isolation_level: str = "read_committed") -> list[bytes]:
        """What can be read up to all that was written: a commit is answered a moment before its marker is there."""
        end = await self._written(tp)
        reader = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap, isolation_level=isolation_level, auto_offset_reset="earliest"
        )
        await reader.start()
        try:
            reader.assign([tp])
            reader.seek(tp, 0)
            found: list[bytes] = []
            while await reader.position(tp) < end:
                for records in (await reader.getmany(timeout_ms=100)).values():
                    found += [record.value for record in records]
            return found
        finally:
            await reader.stop()

    async def _written(self, tp: TopicPartition) -> int:
        reader = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, isolation_level="read_uncommitted")
        await reader.start()
        try:
            ends: dict[TopicPartition, int] = await reader.end_offsets([tp])
            return ends[tp]
        finally:
            await reader.stop()


@pytest.fixture
async def place(kafka: LocalKafka) -> Place:
    made = Place(kafka.bootstrap)
    await made.create()
    return made


@pytest.fixture
async def opened(place: Place) -> AsyncIterator[MakeLedger]:
    """Opens the ledger of the one number that there is, once more each time."""
    async with AsyncExitStack() as stack:

        async def make() -> Ledger:
            ledger = Ledger(place.bootstrap, name=f"{place.name}-0")
            stack.push_async_callback(ledger.close)
            await ledger.open([place.out.topic, place.log.topic])
            return ledger

        yield make


def rows(*values: bytes) -> Sequence[tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]]:
    return [(b"key", value, [("at", b"1")]) for value in values]


async def test_outputs_and_memories_become_visible_together(place: Place, opened: MakeLedger) -> None:
    ledger = await opened()
    ends = await ledger.write({place.out: rows(b"a", b"b"), place.log: rows(b"c")})
    assert ends == {place.out: 2, place.log: 1}
    assert await place.values(place.out) == [b"a", b"b"]
    assert await place.values(place.log) == [b"c"]


async def test_a_log_is_known_from_its_begin_to_its_end(place: Place, opened: MakeLedger) -> None:
    ledger = await opened()
    assert await ledger.ends([place.out, place.log]) == {place.out: 0, place.log: 0}
    await ledger.write({place.out: rows(b"a", b"b")})
    assert await place.values(place.out) == [b"a", b"b"]
    assert await ledger.begins([place.out, place.log]) == {place.out: 0, place.log: 0}
    assert await ledger.ends([place.out, place.log]) == {place.out: 3, place.log: 0}, "the marker counts"


async def test_transactions_follow_each_other(place: Place, opened: MakeLedger) -> None:
    ledger = await opened()
    for number in range(20):
        await ledger.write({place.out: rows(b"%d" % number)})
    assert await place.values(place.out) == [b"%d" % number for number in range(20)]


async def test_whoever_opened_it_before_can_never_write_again(place: Place, opened: MakeLedger) -> None:
    first = await opened()
    await first.write({place.out: rows(b"first")})
    second = await opened()
    with pytest.raises(FencedError):
        await first.write({place.out: rows(b"zombie")})
    await second.write({place.out: rows(b"second")})
    assert await place.values(place.out) == [b"first", b"second"]


async def test_opening_it_takes_back_what_was_not_committed(place: Place, opened: MakeLedger) -> None:
    first = await opened()
    started = asyncio.Event()
    commit = first._commit

    async def hang() -> None:
        started.set()
        await asyncio.Event().wait()
        await commit()

    first._commit = hang  # type: ignore[method-assign]  # dies before its commit
    writing = asyncio.create_task(first.write({place.out: rows(b"lost")}))
    await started.wait()
    writing.cancel()
    second = await opened()
    await second.write({place.out: rows(b"kept")})
    assert await place.values(place.out) == [b"kept"]
    assert b"lost" in await place.values(place.out, isolation_level="read_uncommitted")


async def test_more_than_a_request_holds_is_one_transaction_all_the_same(
    place: Place, opened: MakeLedger
) -> None:
    ledger = await opened()
    values = [bytes([number]) * 200_000 for number in range(20)]
    ends = await ledger.write({place.out: rows(*values)})
    assert ends == {place.out: 20}
    assert await place.values(place.out) == values


async def test_a_record_that_a_topic_refuses_takes_the_whole_transaction_back(
    place: Place, opened: MakeLedger
) -> None:
    ledger = await opened()
    with pytest.raises(RefusedError) as refused:
        await ledger.write({place.log: rows(b"small"), place.out: rows(b"x" * 3 * MIB)})
    assert refused.value.topic == place.out.topic
    again = await opened()
    await again.write({place.log: rows(b"other")})
    assert await place.values(place.log) == [b"other"]
