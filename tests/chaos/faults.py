"""How each kind of fault is done to a running monitor."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, for_code
from msgspec import Struct, field

from deploy.local.kafka import LocalKafka
from monitor.settings import Settings
from streams.engine.records import FINDING
from streams.topics import Admin, Topic, name_of, partition_of, specs, transactional_id_of
from tests.chaos.checks import Place
from tests.chaos.feed import Feed, steady_producer
from tests.chaos.fleet import Fleet, Slot
from tests.chaos.schedule import POISONS, Fault, Kind
from tests.streams.world import Worker, World, until

REFUSING_BYTES: Final = 128
"""Smaller than any dead letter, larger than the control record that ends a transaction (78 bytes)."""
BEHIND: Final = (Topic.CLAIMS, Topic.FACTS_TRACE, Topic.FINDINGS, Topic.CHECKS)
INVENTED: Final = b'{"verdict_id": "invented", "person": "nobody"}'


class Scene(Struct):
    """What faults are done to."""

    broker: LocalKafka
    world: World
    fleet: Fleet
    feed: Feed
    letters: list[Place] = field(default_factory=list)
    """Records put behind the door that must become dead letters."""
    slept: list[Worker] = field(default_factory=list)
    """Workers that were asleep past their session."""
    at_broker: asyncio.Lock = field(default_factory=asyncio.Lock)


async def strike(fault: Fault, scene: Scene) -> None:
    """Return when the fault is over."""
    await scene.feed.reach(fault.at)
    await _DOERS[fault.kind](fault, scene)


async def _kill(fault: Fault, scene: Scene) -> None:
    slot = await _manned(fault, scene)
    slot.kill()


async def _lose(fault: Fault, scene: Scene) -> None:
    slot = await _manned(fault, scene)
    slot.empty()
    slot.kill()
    await scene.feed.reach(fault.until)
    slot.fill()


async def _zombie(fault: Fault, scene: Scene) -> None:
    worker = (await _manned(fault, scene)).worker
    assert worker is not None
    worker.signal(signal.SIGSTOP)
    await scene.feed.reach(fault.until)
    scene.slept.append(worker)
    worker.signal(signal.SIGCONT)


async def _restart(fault: Fault, scene: Scene) -> None:
    slot = await _manned(fault, scene)
    slot.empty()
    await slot.stop()
    await scene.feed.reach(fault.until)
    slot.fill()


async def _visit(fault: Fault, scene: Scene) -> None:
    worker = scene.fleet.start()
    await scene.feed.reach(fault.until)
    await scene.fleet.stop(worker)


async def _twin(fault: Fault, scene: Scene) -> None:
    numbers = sorted({fault.target, (fault.target + 1) % scene.world.settings.partitions})
    worker = scene.fleet.start(MONITOR_NUMBERS=",".join(map(str, numbers)))
    await scene.feed.reach(fault.until)
    await scene.fleet.stop(worker)


async def _broker_kill(fault: Fault, scene: Scene) -> None:
    async with scene.at_broker:
        await asyncio.to_thread(scene.broker.kill)
        await scene.feed.reach(fault.until)
        await asyncio.to_thread(scene.broker.start)


async def _broker_pause(fault: Fault, scene: Scene) -> None:
    async with scene.at_broker:
        processes = _broker_processes(scene.broker)
        for pid in processes:
            os.kill(pid, signal.SIGSTOP)
        try:
            await scene.feed.reach(fault.until)
        finally:
            for pid in processes:
                os.kill(pid, signal.SIGCONT)


async def _dlq_refuses(fault: Fault, scene: Scene) -> None:
    settings = scene.world.settings
    await _insist(lambda: _set_bytes_max(settings, REFUSING_BYTES))
    try:
        await _poison_behind(fault, scene)
        await scene.feed.reach(fault.until)
    finally:
        await _insist(lambda: _set_bytes_max(settings, None))


async def _poison_raw(fault: Fault, scene: Scene) -> None:
    """It is in the feed already, and so in the file that is replayed."""


async def _poison_behind(fault: Fault, scene: Scene) -> None:
    settings = scene.world.settings
    producer = steady_producer(scene.world)
    await _insist(producer.start)
    try:
        for turn in range(POISONS):
            topic, key = BEHIND[(fault.number + turn) % len(BEHIND)], f"poison {fault.number}.{turn}"
            sent = await producer.send_and_wait(
                name_of(topic, settings),
                b"\x01 no %d.%d" % (fault.number, turn),
                key=key.encode(),
                partition=partition_of(key, settings.partitions),
                headers=[(FINDING, b"none")],
            )
            scene.letters.append((topic, sent.partition, sent.offset))
    finally:
        await producer.stop()


async def _usurper(fault: Fault, scene: Scene) -> None:
    """It says something in the number's name; whether it dies or is fenced, nobody may ever read that."""
    settings = scene.world.settings
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap,
        transactional_id=transactional_id_of(fault.target, settings),
        transaction_timeout_ms=5_000,
    )
    with suppress(KafkaError, TimeoutError):
        async with asyncio.timeout(10):
            await producer.start()
            await producer.begin_transaction()
            await producer.send_and_wait(
                name_of(Topic.VERDICTS, settings), INVENTED, partition=fault.target, key=b"nobody"
            )
    await scene.feed.reach(fault.until)
    # Its connection goes, its transaction stays open.
    producer._closed = True
    await producer._sender.close()
    await producer.client.close()


_DOERS: Final[Mapping[Kind, Callable[[Fault, Scene], Awaitable[None]]]] = {
    Kind.KILL: _kill,
    Kind.LOSE: _lose,
    Kind.ZOMBIE: _zombie,
    Kind.RESTART: _restart,
    Kind.VISIT: _visit,
    Kind.BROKER_KILL: _broker_kill,
    Kind.BROKER_PAUSE: _broker_pause,
    Kind.DLQ_REFUSES: _dlq_refuses,
    Kind.POISON_RAW: _poison_raw,
    Kind.POISON_BEHIND: _poison_behind,
    Kind.USURPER: _usurper,
    Kind.TWIN: _twin,
}


async def _manned(fault: Fault, scene: Scene) -> Slot:
    """The slot of the fault's worker, when there is one in it."""
    slot = scene.fleet.slots[fault.target]

    async def there() -> bool:
        return slot.worker is not None

    await until(there, "there is a worker to be struck")
    return slot


def _broker_processes(broker: LocalKafka) -> list[int]:
    """The broker's own process; not its guard, who must be able to end it whatever happens here."""
    assert broker._process is not None
    pid = broker._process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def _set_bytes_max(settings: Settings, limit: int | None) -> None:
    name = name_of(Topic.DEAD_LETTERS, settings)
    (config,) = [dict(spec.config) for spec in specs(settings) if spec.name == name]
    if limit is not None:
        config["max.message.bytes"] = str(limit)
    async with Admin(settings.bootstrap) as admin:
        answers = await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, config)])
    for code, *_ in (row for answer in answers for row in answer.resources):
        if code:
            raise for_code(code)


async def _insist(do: Callable[[], Awaitable[Any]]) -> None:
    """Again and again until Kafka does it: other faults may strike the broker meanwhile."""

    async def done() -> bool:
        try:
            async with asyncio.timeout(5):
                await do()
        except (KafkaError, OSError, TimeoutError):
            return False
        return True

    await until(done, "Kafka does what the fault needs", within_s=120)
