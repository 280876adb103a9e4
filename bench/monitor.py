"""A whole monitor under measurement: its topics on the broker, workers and gateway as processes on their cores."""

import asyncio
import itertools
import os
import re
import sys
import urllib.request
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Final, Self

from aiokafka import AIOKafkaProducer

from bench.day import Call, Day
from bench.process import BenchError, Process, Used
from deploy.local.ports import HOST, free_port
from monitor.gateway.keys import PLATFORM, as_file, new_tokens
from monitor.settings import PREFIX, Settings
from streams import topics
from streams.topics import RAW_BYTES_MAX, Topic, name_of, partition_of

PARTITIONS: Final = 2
"""A number for each core: what a transaction costs depends on how many there are, not on the records in them."""
_PARTS: Final = re.compile(rb'^monitor_answer_part_seconds_(sum|count)\{part="(\w+)"\} (\S+)', re.MULTILINE)
_TAKEN: Final = re.compile(rb'^monitor_records_in_total\{stage="intake"\} (\S+)', re.MULTILINE)
READY_S_MAX: Final = 60.0
_POLL_S: Final = 0.1
_BATCH_BYTES: Final = 512 << 10
_TOKEN_KEY: Final = "5a" * 32
_numbers = itertools.count(1)


class Monitor:
    """One monitor; ends with the block, and takes its topics along."""

    def __init__(self, bootstrap: str, day: Day, folder: Path, **settings: object) -> None:
        self.name = f"m{os.getpid()}-{next(_numbers)}."
        self.folder = folder
        self._stack = ExitStack()
        self._workers: dict[int, Process] = {}
        given = {
            "bootstrap": bootstrap,
            "topic_prefix": self.name,
            "partitions": PARTITIONS,
            "token_key": _TOKEN_KEY,
            "reference": str(day.reference),
            "data_dir": str(folder),
            "gateway_tokens": str(folder / "tokens.csv"),
            "log_level": "WARNING",
        } | settings
        self.settings = Settings(**given)  # type: ignore[arg-type]  # as text, as from the environment
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(PREFIX)} | {
            f"{PREFIX}{name.upper()}": str(value) for name, value in given.items()
        }
        self.tokens = new_tokens([day.hospital, PLATFORM])
        (folder / "tokens.csv").write_text(as_file(self.tokens))

    async def __aenter__(self) -> Self:
        await topics.create(self.settings)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        async with topics.Admin(self.settings.bootstrap) as admin:
            await admin.delete_topics([spec.name for spec in topics.specs(self.settings)])

    def topic(self, topic: Topic) -> str:
        """Its name on the broker."""
        return name_of(topic, self.settings)

    async def start_worker(
        self, cores: Collection[int], *, within_s: float = READY_S_MAX, processes: int = 1
    ) -> Process:
        """A worker, ready; with more processes than one a supervisor and its workers."""
        port = free_port()
        self._workers[port] = await self._start("worker", port, cores, within_s, processes=processes)
        return self._workers[port]

    async def all_ready(self) -> None:
        """Return when every worker works on its share at the same time."""
        while not all([await asyncio.to_thread(_ready, port) for port in self._workers]):
            self.must_live()
            await asyncio.sleep(_POLL_S)

    def must_live(self) -> None:
        """BenchError when a worker has ended."""
        for worker in self._workers.values():
            worker.must_live()

    @property
    def pid(self) -> int:
        """Of the first worker's own process."""
        return next(iter(self._workers.values())).pids()[-1]

    def used(self) -> list[Used]:
        """What each worker has used so far."""
        return [worker.used() for worker in self._workers.values()]

    async def start_gateway(self, cores: Collection[int]) -> str:
        """A gateway, ready; its URL."""
        port = free_port()
        await self._start("gateway", port, cores, READY_S_MAX)
        return f"http://{HOST}:{port}"

    async def _start(
        self, what: str, port: int, cores: Collection[int], within_s: float, *, processes: int = 1
    ) -> Process:
        own = {f"{PREFIX}{what.upper()}_PORT": str(port), f"{PREFIX}PROCESSES": str(processes)}
        process = Process(
            [sys.executable, "-m", "streams", what],
            environment=self.environment | own,
            cores=cores,
            log=self.folder / f"{what}-{port}.log",
        )
        self._stack.enter_context(process)
        give_up = monotonic() + within_s
        while not await asyncio.to_thread(_ready, port):
            process.must_live()
            if monotonic() > give_up:
                raise BenchError(f"the {what} was not ready within {within_s:.0f} s")
            await asyncio.sleep(_POLL_S)
        return process

    async def fill(self, calls: Sequence[Call]) -> None:
        """Put records on claims.raw as fast as it goes."""
        producer = self.producer(max_batch_size=_BATCH_BYTES)
        await producer.start()
        try:
            sent = [await self.send(producer, call) for call in calls]
            await asyncio.gather(*sent)
        finally:
            await producer.stop()

    def producer(self, **settings: object) -> AIOKafkaProducer:
        """For feed records, not started."""
        return AIOKafkaProducer(
            bootstrap_servers=self.settings.bootstrap, max_request_size=RAW_BYTES_MAX, **settings
        )

    async def send(self, producer: AIOKafkaProducer, call: Call) -> "asyncio.Future[Any]":
        """A feed record under its provider."""
        sent: asyncio.Future[Any] = await producer.send(
            self.topic(Topic.CLAIMS_RAW),
            call.raw,
            key=call.provider.encode(),
            partition=partition_of(call.provider, self.settings.partitions),
        )
        return sent

    async def taken(self) -> int:
        """Records of claims.raw that the workers have taken; what was taken twice counts twice."""
        pages = [await asyncio.to_thread(_page, port) for port in self._workers]
        return sum(int(float(count)) for page in pages for count in _TAKEN.findall(page))

    async def answer_parts(self) -> dict[str, float]:
        """Where the time of the first worker's answers went, in the mean: seconds by part."""
        page = await asyncio.to_thread(_page, next(iter(self._workers)))
        found = {(part, of): float(figure) for of, part, figure in _PARTS.findall(page)}
        return {
            part.decode(): found[part, b"sum"] / found[part, b"count"]
            for part, of in found
            if of == b"count" and found[part, of]
        }


def _page(port: int) -> bytes:
    with urllib.request.urlopen(f"http://{HOST}:{port}/metrics", timeout=10) as answer:
        return bytes(answer.read())


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/-/ready", timeout=2) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004 - OK
    except OSError:
        return False
