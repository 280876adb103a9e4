"""A day's records on claims.raw at a steady pace, each once and in order; and the clock of the faults."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import cycle
from time import monotonic
from typing import Any, Final

from aiokafka import AIOKafkaProducer

from streams.topics import RAW_BYTES_MAX, Topic, name_of, partition_of
from tests.chaos.checks import Place
from tests.chaos.schedule import POISONS, RECORDS_PER_S, Kind, Schedule
from tests.streams.world import World, provider_of

PATIENCE_MS: Final = 180_000
"""No outage of the broker makes the feed give a record up, or send it twice."""
NO_RECORDS: Final = (b"\xff\xfe %d.%d", b"[%d, %d]", b'{"request": {"msgid": "%d.%d"', b'{"%d": %d}')
"""Bytes that no intake can read, each time different ones."""


def with_poison(lines: Sequence[bytes], schedule: Schedule) -> list[bytes]:
    """The day with bytes that are no record in it, where faults want them."""
    shapes = cycle(NO_RECORDS)
    # One in any case: a comparison of nothing with nothing would be no comparison.
    poison: dict[int, list[bytes]] = {len(lines) // 2: [next(shapes) % (0, 0)]}
    for fault in schedule.faults:
        if fault.kind in {Kind.POISON_RAW, Kind.DLQ_REFUSES}:
            # Apart, so that good records lie between them in a batch.
            for turn in range(POISONS):
                poison.setdefault(fault.at + 7 * turn, []).append(next(shapes) % (fault.number, turn))
    return [record for at, line in enumerate(lines) for record in (*poison.get(at, ()), line)]


class Feed:
    """Sends the records as they fall due. Outages hold it up, not the clock: what is overdue is sent at once."""

    def __init__(self, world: World, lines: Sequence[bytes]) -> None:
        self._world = world
        self._lines = lines
        self._providers = _providers(lines)
        self._began: float | None = None

    @property
    def due(self) -> int:
        """Records that should have been sent by now."""
        return 0 if self._began is None else int((monotonic() - self._began) * RECORDS_PER_S)

    async def reach(self, records: int) -> None:
        """Return when so many records are due."""
        while (left := records - self.due) > 0:  # noqa: ASYNC110 - time is what this waits for
            await asyncio.sleep(left / RECORDS_PER_S)

    async def run(self) -> None:
        """Return when every record is acknowledged."""
        topic = name_of(Topic.CLAIMS_RAW, self._world.settings)
        producer = steady_producer(self._world)
        await producer.start()
        self._began = monotonic()
        try:
            sent = []
            for number, (line, provider) in enumerate(zip(self._lines, self._providers, strict=True)):
                await self.reach(number)
                sent.append(
                    await producer.send(
                        topic, line, key=provider.encode(), partition=self._partition_of(provider)
                    )
                )
            await asyncio.gather(*sent)
        finally:
            await producer.stop()

    async def places(self) -> list[Place]:
        """Where each record lies; AssertionError when the topic is not the day, each record once and in order."""
        read: dict[int, Iterator[Any]] = {}
        records = await self._world.said(Topic.CLAIMS_RAW)
        assert len(records) == len(self._lines), "the feed itself lost or doubled records"
        for number in range(self._world.settings.partitions):
            read[number] = iter([record for record in records if record.partition == number])
        places: list[Place] = []
        for line, provider in zip(self._lines, self._providers, strict=True):
            record = next(read[self._partition_of(provider)], None)
            assert record is not None and record.value == line, "the feed itself lost its order"  # noqa: PT018 - one sentence for both
            places.append((Topic.CLAIMS_RAW, record.partition, record.offset))
        return places

    def _partition_of(self, provider: str) -> int:
        return partition_of(provider, self._world.settings.partitions)


def _providers(lines: Sequence[bytes]) -> list[str]:
    """Of each record; what is none shares the partition of the record before it."""
    providers, last = [], "nobody"
    for line in lines:
        last = provider_of(line) or last
        providers.append(last)
    return providers


def steady_producer(world: World) -> AIOKafkaProducer:
    """One that neither loses nor repeats a record, however long the broker is away."""
    return AIOKafkaProducer(
        bootstrap_servers=world.settings.bootstrap,
        enable_idempotence=True,
        linger_ms=5,
        max_request_size=RAW_BYTES_MAX,
        request_timeout_ms=PATIENCE_MS,
    )
