"""A monitor of its own on the shared broker: its topics, its workers as processes, its feed, and what it said."""

import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.ports import free_port
from monitor.settings import Settings
from streams import topics
from streams.lag import waiting
from streams.topics import Topic, group_of, name_of, partition_of

DEADLINE_S = 60.0
POLL_S = 0.1
PARTITIONS = 4
TOKEN_KEY = "5a" * 32
WATERMARK = "monitor_watermark_timestamp_seconds"
SOURCES = (Topic.CLAIMS_RAW, Topic.CLAIMS, Topic.CHECKS, Topic.FACTS_TRACE, Topic.FINDINGS)
"""Topics that stages read, in the order in which an event travels."""

_numbers = itertools.count(1)


class TooLateError(AssertionError):
    """A condition did not come true in time."""


async def until(condition: Callable[[], Awaitable[Any]], what: str, within_s: float = DEADLINE_S) -> Any:
    """The first true value of the condition."""
    give_up = monotonic() + within_s
    while not (value := await condition()):
        if monotonic() > give_up:
            raise TooLateError(f"not within {within_s:.0f} s: {what}")
        await asyncio.sleep(POLL_S)
    return value


class Read(NamedTuple):
    """A record that was read. aiokafka's own does not know where it stands once the engine's batches are imported."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


async def read_from(
    consumer: AIOKafkaConsumer, begin: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
) -> AsyncIterator[Read]:
    """The records of these partitions from there to those ends.

    A consumer that is assigned something and stopped before it has read anything may wait for ever (aiokafka 0.14).
    """
    begin = {tp: offset for tp, offset in begin.items() if offset < ends[tp]}
    if not begin:
        return
    consumer.assign(list(begin))
    for tp, offset in begin.items():
        consumer.seek(tp, offset)
    while any([await consumer.position(tp) < ends[tp] for tp in begin]):
        for tp, records in (await consumer.getmany(timeout_ms=200)).items():
            for record in records:
                yield Read(
                    tp.topic, tp.partition, record.offset, record.key, record.value, tuple(record.headers)
                )


class Worker:
    """`monitor worker` as a process."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.port = free_port()
        self._log = log
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streams", "worker", "--port", str(self.port)],
                env=environment,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def page(self, path: str) -> tuple[int, str]:
        """Status and text of a page; (0, "") when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=2) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    async def ready(self) -> bool:
        """Whether it works; fails at once when the process has ended."""
        assert self.process.poll() is None, f"the worker ended: {self.log()[-2000:]}"
        return (await asyncio.to_thread(self.page, "/-/ready"))[0] == 200

    def metric(self, name: str) -> dict[str, float]:
        """The samples of a metric, by their labels as they are printed; fails when the process has ended."""
        assert self.process.poll() is None, f"the worker ended: {self.log()[-2000:]}"
        rows = self.page("/metrics")[1].splitlines()
        found = [row.rpartition(" ") for row in rows if row.startswith((f"{name}{{", f"{name} "))]
        return {labels.removeprefix(name): float(value) for labels, _, value in found}

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def ended(self, within_s: float = 12.0) -> int:
        """Its exit code."""
        return await asyncio.to_thread(self.process.wait, within_s)

    def log(self) -> str:
        return self._log.read_text(errors="replace")


class World:
    """One monitor's settings, topics and processes."""

    def __init__(self, bootstrap: str, folder: Path, **settings: Any) -> None:
        number = next(_numbers)
        given: dict[str, Any] = {
            "bootstrap": bootstrap,
            "topic_prefix": f"t{os.getpid()}-{number}.",
            "partitions": PARTITIONS,
            "token_key": TOKEN_KEY,
            "idle_s": 1,
            "data_dir": str(folder),
        } | settings
        self.settings = Settings(**given)
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("MONITOR_")} | {
            f"MONITOR_{name.upper()}": str(value) for name, value in given.items()
        }
        self.workers: list[Worker] = []
        self._folder = folder

    async def create_topics(self, only: Collection[Topic] = ()) -> None:
        """All that a worker needs; or `only` these, in a tenth of the time, for what reads and writes these alone."""
        await topics.create(self.settings, only)

    def start_worker(self, **environment: str) -> Worker:
        """One more worker; `environment`: what is different for it."""
        worker = Worker(self.environment | environment, self._folder / f"worker-{len(self.workers)}.log")
        self.workers.append(worker)
        return worker

    async def started(self, count: int = 1) -> list[Worker]:
        """So many workers, ready."""
        workers = [self.start_worker() for _ in range(count)]
        for worker in workers:
            await until(worker.ready, "the worker is ready")
        return workers

    def end(self) -> None:
        """Leave no process behind."""
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.process.kill()
                worker.process.wait()

    async def feed(
        self, lines: Iterable[bytes], *, keep_partition: int | None = None, timestamp_ms: int | None = None
    ) -> int:
        """Put feed records on claims.raw under their providers; how many. `timestamp_ms`: as if they had come then."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self.settings.bootstrap, linger_ms=5, max_request_size=topics.RAW_BYTES_MAX
        )
        await producer.start()
        count = 0
        try:
            sent = []
            for line in lines:
                provider = provider_of(line) or "nobody"
                number = partition_of(provider, PARTITIONS) if keep_partition is None else keep_partition
                topic = name_of(Topic.CLAIMS_RAW, self.settings)
                put = producer.send(
                    topic, line, key=provider.encode(), partition=number, timestamp_ms=timestamp_ms
                )
                sent.append(await put)
                count += 1
            await asyncio.gather(*sent)
        finally:
            await producer.stop()
        return count

    async def put(self, topic: Topic, key: bytes, value: bytes) -> None:
        """One record, whatever it holds."""
        producer = AIOKafkaProducer(bootstrap_servers=self.settings.bootstrap)
        await producer.start()
        try:
            await producer.send_and_wait(name_of(topic, self.settings), value, key=key, partition=0)
        finally:
            await producer.stop()

    async def said(self, topic: Topic) -> list["Read"]:
        """Every record of a topic that holds something, by partition and offset."""
        name = name_of(topic, self.settings)
        return [record async for record in self.read(name) if record.value]

    async def rows(self, topic: Topic) -> list[dict[str, Any]]:
        """The JSON objects of a topic."""
        return as_rows(await self.said(topic))

    async def read(self, name: str) -> AsyncIterator["Read"]:
        """Every committed record of the topic of this name."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.settings.bootstrap, auto_offset_reset="earliest", isolation_level="read_committed",
            max_partition_fetch_bytes=8 << 20,
        )  # fmt: skip
        await consumer.start()
        try:
            tps = [TopicPartition(name, number) for number in range(self.settings.partitions)]
            async for record in read_from(consumer, dict.fromkeys(tps, 0), await consumer.end_offsets(tps)):
                yield record
        finally:
            await consumer.stop()

    async def lag(self, topics: Sequence[Topic] = SOURCES) -> int:
        """Records that stages have not finished, in the order in which an event travels.

        Outputs are written before the group is told, so no record can hide between two stages.
        """
        admin = AIOKafkaAdminClient(bootstrap_servers=self.settings.bootstrap)
        reader = AIOKafkaConsumer(
            bootstrap_servers=self.settings.bootstrap,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
        )
        await admin.start()
        await reader.start()
        try:
            behind = 0
            for topic in topics:
                name = name_of(topic, self.settings)
                tps = [TopicPartition(name, number) for number in range(self.settings.partitions)]
                group = group_of(self.settings)
                known = await admin.list_consumer_group_offsets(group, partitions=tps)
                behind += await waiting(reader, tps, {tp: each.offset for tp, each in known.items()})
            return behind
        finally:
            await reader.stop()
            await admin.close()

    async def tell_group(self, offset: int) -> None:
        """Move the group's offsets, as `kafka-consumer-groups --reset-offsets` does; no worker may be alive."""
        settings = self.settings
        names = [name_of(topic, settings) for topic in SOURCES]
        tps = [TopicPartition(name, number) for name in names for number in range(settings.partitions)]
        consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.bootstrap,
            group_id=group_of(settings),
            enable_auto_commit=False,
        )
        await consumer.start()
        try:
            consumer.assign(tps)
            await consumer.commit(dict.fromkeys(tps, offset))
        finally:
            await consumer.stop()

    async def quiet(self, within_s: float = 120.0) -> None:
        """Return when all that was fed has gone all the way."""

        async def done() -> bool:
            for worker in self.workers:
                code = worker.process.poll()
                assert code in (None, 0, -signal.SIGKILL), (
                    f"a worker ended with {code}: {worker.log()[-2000:]}"
                )
            return await self.lag() == 0

        await until(done, "everything is processed", within_s)

    async def caught_up(self, watermark: int) -> None:
        """Return when event time has come so far in every stage of every worker, and nothing is left to do."""
        await self.quiet()

        async def there() -> bool:
            alive = [worker for worker in self.workers if worker.process.poll() is None]
            shown = [await asyncio.to_thread(worker.metric, WATERMARK) for worker in alive]
            return all(time == watermark for times in shown for time in times.values() or [0])

        await until(there, "the watermark is that of the feed")
        await self.quiet()


def provider_of(line: bytes) -> str | None:
    """The provider that a feed record comes from; None when it is no record."""
    with suppress(ValueError, KeyError, TypeError, RecursionError):
        return str(json.loads(line)["request"]["fixmedins_code"])
    return None


def as_rows(records: Iterable[Read]) -> list[dict[str, Any]]:
    """The JSON objects that records hold."""
    return [json.loads(record.value or b"") for record in records]


def last_revisions(rows: Sequence[dict[str, Any]], key: str) -> dict[str, dict[str, Any]]:
    """The last revision of each finding or incident."""
    last: dict[str, dict[str, Any]] = {}
    for row in rows:
        known = last.get(row[key])
        if known is None or row["revision"] >= known["revision"]:
            last[row[key]] = row
    return last
