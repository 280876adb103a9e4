"""Plays the feed at an even pace: records to claims.raw, checks of hospitals through the gateway."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from time import monotonic
from typing import Any, Final

import orjson
from aiokafka import AIOKafkaProducer

from deploy.local.demo.board import Board
from deploy.local.demo.town import CHECK, PRELIMINARY, Sent
from deploy.local.door import Door
from monitor.settings import Settings
from streams.topics import RAW_BYTES_MAX, Topic, name_of, partition_of

SETTLED_S: Final = 0.4
"""A check goes through the gateway when what came before it of its persons is older: the gateway's way is
shorter than that of the feed, and a check that overtook a face check would be judged without it."""
PACE_S: Final = 0.005
LINGER_MS: Final = 20
"""A hospital's upload is not what waits for an answer; one request for a few of them spares the broker."""
WAITING_MAX: Final = 2_000
ANSWER_S_MAX: Final = 5.0


def new_producer(settings: Settings) -> AIOKafkaProducer:
    """A producer for the feed, not started; needs a running event loop."""
    return AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap,
        acks="all",
        enable_idempotence=True,
        max_request_size=RAW_BYTES_MAX,
        linger_ms=LINGER_MS,
    )


class Player:
    """Sends records; `play` starts and stops the producer."""

    def __init__(
        self,
        settings: Settings,
        bearer: Mapping[str, str],
        *,
        door: Door,
        board: Board,
        producer: AIOKafkaProducer,
    ) -> None:
        self._topic = name_of(Topic.CLAIMS_RAW, settings)
        self._partitions = settings.partitions
        self._bearer = bearer
        self._door = door
        self._board = board
        self._producer = producer
        self._written: set[asyncio.Future[Any]] = set()
        self._asking: dict[bytes, asyncio.Task[None]] = {}
        self._last: OrderedDict[bytes, float] = OrderedDict()
        self._failed: BaseException | None = None

    async def play(self, records: Iterable[Sent], *, rate: float) -> None:
        """Return when all records are acknowledged and all checks answered; KafkaError when one was lost."""
        await self._producer.start()
        try:
            await self._play(records, rate)
            if self._asking:
                await asyncio.wait(self._asking.values())
            if self._written:
                await asyncio.wait(self._written)
            self._raise_failed()
        finally:
            for task in self._asking.values():
                task.cancel()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._producer.stop(), 1.0)

    async def _play(self, records: Iterable[Sent], rate: float) -> None:
        began = monotonic()
        for number, record in enumerate(records):
            if (ahead := began + number / rate - monotonic()) > PACE_S:
                await asyncio.sleep(ahead)
            await self._send(record)
            self._raise_failed()

    async def _send(self, record: Sent) -> None:
        now = monotonic()
        if record.infno == CHECK and self._is_settled(record, now):
            self._ask(record)
        else:
            await self._answered(record)
            await self._write(record)
            if record.infno not in PRELIMINARY:
                self._remember(record, now)
        self._board.note_played(record.msgid)

    def _is_settled(self, record: Sent, now: float) -> bool:
        return all(now - self._last.get(person, 0.0) > SETTLED_S for person in record.persons)

    def _remember(self, record: Sent, now: float) -> None:
        for person in record.persons:
            self._last[person] = now
            self._last.move_to_end(person)
        while self._last and now - next(iter(self._last.values())) > SETTLED_S:
            self._last.popitem(last=False)

    async def _answered(self, record: Sent) -> None:
        """What follows a check of a person waits for its answer, as a hospital would."""
        waiting = {self._asking[person] for person in record.persons if person in self._asking}
        if waiting:
            await asyncio.wait(waiting)

    async def _write(self, record: Sent) -> None:
        written = await self._producer.send(
            self._topic,
            record.raw,
            key=record.provider.encode(),
            partition=partition_of(record.provider, self._partitions),
        )
        self._written.add(written)
        written.add_done_callback(self._acknowledged)
        if len(self._written) >= WAITING_MAX:
            await asyncio.wait(self._written, return_when=asyncio.FIRST_COMPLETED)

    def _acknowledged(self, written: asyncio.Future[Any]) -> None:
        self._written.discard(written)
        if not written.cancelled() and (error := written.exception()) is not None:
            self._failed = error

    def _ask(self, record: Sent) -> None:
        task = asyncio.create_task(self._check(record))
        for person in record.persons:
            self._asking[person] = task

        def done(_: asyncio.Task[None]) -> None:
            for person in record.persons:
                if self._asking.get(person) is task:
                    del self._asking[person]

        task.add_done_callback(done)

    async def _check(self, record: Sent) -> None:
        began = monotonic()
        self._board.over_http += 1
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                answer = await self._door.post(
                    "/fsi/api", record.request, authorization=self._bearer[record.provider]
                )
            reply = orjson.loads(answer.body)
            if reply.get("infcode") != 0:
                self._board.failed_http += 1
            elif reply["output"]["decision"] == "unchecked":
                self._board.unchecked += 1
        except (OSError, EOFError, ValueError):
            self._board.failed_http += 1
            return
        self._board.http_latency.add(monotonic() - began)

    def _raise_failed(self) -> None:
        if self._failed is not None:
            raise self._failed
