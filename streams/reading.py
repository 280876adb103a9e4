"""Topics read from somewhere to where they end now: no group, committed data alone."""

from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.engine.records import Record, headers_of
from streams.topics import RECORD_BYTES_MAX

POLL_MS: Final = 200
FETCH_BYTES: Final = 2 * RECORD_BYTES_MAX


class Reader:
    """A connection for reading; an async context manager. Raises KafkaError when Kafka does not answer."""

    def __init__(self, bootstrap: str) -> None:
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            enable_auto_commit=False,
            max_partition_fetch_bytes=FETCH_BYTES,
        )

    async def start(self) -> None:
        """Connect."""
        try:
            await self._consumer.start()
        except BaseException:
            await self._consumer.stop()
            raise

    async def stop(self) -> None:
        """Let go."""
        await self._consumer.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def begins(
        self, tps: Sequence[TopicPartition], *, since_ms: int | None = None
    ) -> dict[TopicPartition, int]:
        """Where the logs begin, or with `since_ms` where the first record of that time (ms since the epoch) stands."""
        if since_ms is None:
            found: dict[TopicPartition, int] = await self._consumer.beginning_offsets(list(tps))
            return found
        ends = await self.ends(tps)
        answered = await self._consumer.offsets_for_times(dict.fromkeys(tps, since_ms))
        return {tp: ends[tp] if answered[tp] is None else answered[tp].offset for tp in tps}

    async def ends(self, tps: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """Where committed data end."""
        found: dict[TopicPartition, int] = await self._consumer.end_offsets(list(tps))
        return found

    async def read(
        self, begins: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
    ) -> AsyncIterator[Record]:
        """The records from there to there, of each partition in order."""
        left = {tp: begin for tp, begin in begins.items() if begin < ends[tp]}
        if not left:
            return
        consumer = self._consumer
        consumer.assign(list(left))
        for tp, begin in left.items():
            consumer.seek(tp, begin)
        while any([await consumer.position(tp) < ends[tp] for tp in left]):
            for tp, records in (await consumer.getmany(timeout_ms=POLL_MS)).items():
                for record in records:
                    if record.offset < ends[tp]:
                        yield _record(tp, record)

    async def all(
        self, tps: Sequence[TopicPartition], *, since_ms: int | None = None
    ) -> AsyncIterator[Record]:
        """Everything that these partitions hold now."""
        begins = await self.begins(tps, since_ms=since_ms)
        async for record in self.read(begins, await self.ends(tps)):
            yield record


def _record(tp: TopicPartition, raw: Any) -> Record:  # noqa: ANN401 - aiokafka's record
    # Where it stands is the partition's to say: see streams/engine/fetching.py.
    return Record(
        tp.topic, tp.partition, raw.offset, raw.timestamp, raw.key, raw.value, headers_of(raw.headers)
    )
