"""Kafka: whether it answers, its settings, the topics, clocks, what waits."""

import asyncio
import secrets
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from time import time
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from monitor.settings import Settings
from streams import topics
from streams.doctor.finding import Finding, fault
from streams.doctor.lag import look_at_lag

ANSWER_S: Final = 10.0
SKEW_S_MAX: Final = 5.0
ABANDONED_MS_MAX: Final = 1_000
ABANDONED: Final = "transaction.abort.timed.out.transaction.cleanup.interval.ms"
"""How often a broker looks for transactions that a dead worker left open: until then all readers stand still behind them."""
COPIES: Final = ("offsets.topic.replication.factor", "transaction.state.log.replication.factor")
AUTO_CREATE: Final = "auto.create.topics.enable"


async def look_at_kafka(settings: Settings) -> list[Finding]:
    """One fault when it does not answer; then nothing else is asked."""
    try:
        async with asyncio.timeout(ANSWER_S), topics.Admin(settings.bootstrap) as admin:
            brokers = [broker["node_id"] for broker in (await admin.describe_cluster())["brokers"]]
            found = [_brokers(brokers, settings), *await _configs(admin, brokers, settings)]
    except (KafkaError, OSError, TimeoutError) as error:
        remedy = "start it (`./dev kafka`), or say where it is in MONITOR_BOOTSTRAP"
        return [fault("Kafka", f"no answer at {settings.bootstrap} ({type(error).__name__})", remedy)]
    return [*found, *await _topics(settings, brokers)]


def _brokers(brokers: list[int], settings: Settings) -> Finding:
    if len(brokers) < settings.replication:
        remedy = "add brokers, or lower MONITOR_REPLICATION"
        return fault("Kafka", f"{len(brokers)} brokers for {settings.replication} replicas", remedy)
    return Finding("Kafka", f"{len(brokers)} brokers at {settings.bootstrap}")


async def _configs(admin: AIOKafkaAdminClient, brokers: list[int], settings: Settings) -> list[Finding]:
    asked = [ConfigResource(ConfigResourceType.BROKER, str(broker)) for broker in brokers]
    found = []
    for answer in await admin.describe_configs(asked):
        for resource in answer.resources:
            known = {entry[0]: entry[1] for entry in resource[4]}
            found += broker_faults(f"broker {resource[3]}", known, settings)
    return found or [Finding("brokers' settings", "as they must be")]


def broker_faults(what: str, known: Mapping[str, Any], settings: Settings) -> list[Finding]:
    """What of a broker's settings (name -> text) a monitor can't live with, or should not."""
    found = []
    if int(known.get(ABANDONED) or ABANDONED_MS_MAX) > ABANDONED_MS_MAX:
        remedy = f"set it to {ABANDONED_MS_MAX}: a dead worker's transaction holds all readers up until then"
        found.append(fault(what, f"{ABANDONED} is {known[ABANDONED]}", remedy))
    for name in COPIES:
        if int(known.get(name) or settings.replication) < settings.replication:
            remedy = f"set it to {settings.replication} before the first start, or reassign that topic"
            found.append(fault(what, f"{name} is {known[name]}", remedy))
    if known.get(AUTO_CREATE) == "true":
        remedy = "set it to false: a typing error in a name would make a topic"
        found.append(Finding(what, f"{AUTO_CREATE} is true", remedy=remedy))
    return found


async def _topics(settings: Settings, brokers: list[int]) -> list[Finding]:
    found = await _asked("topics", _differences(settings))
    if any(topics.MISSING in each.found for each in found):
        return found
    found += await _asked("replicas", _replicas(settings))
    found += await _asked("clock", _clocks(settings, brokers))
    return found + await _asked("lag", look_at_lag(settings))


async def _asked(what: str, looking: Coroutine[Any, Any, list[Finding]]) -> list[Finding]:
    """What it finds; a fault when Kafka does not answer this."""
    try:
        async with asyncio.timeout(2 * ANSWER_S):
            return await looking
    except (KafkaError, OSError, TimeoutError) as error:
        return [fault(what, f"no answer ({type(error).__name__})", "see the brokers' logs")]


async def _differences(settings: Settings) -> list[Finding]:
    differences = await topics.check(settings)
    if not differences:
        return [Finding("topics", f"as they must be, {settings.partitions} partitions")]
    return [
        fault(f"topic {each.topic}", f"{each.what} must be {each.wanted}, is {each.found}", each.remedy)
        for each in differences
    ]


async def _replicas(settings: Settings) -> list[Finding]:
    async with topics.Admin(settings.bootstrap) as admin:
        described = await admin.describe_topics([spec.name for spec in topics.specs(settings)])
    parts = [(topic["topic"], part) for topic in described for part in topic["partitions"]]
    leaderless = sorted({name for name, part in parts if part["leader"] < 0})
    behind = sorted({name for name, part in parts if len(part["isr"]) < len(part["replicas"])})
    found = []
    if leaderless:
        remedy = "bring the brokers back that hold them: nothing of them can be read or written"
        found.append(fault("partitions", f"without a leader, of {', '.join(leaderless)}", remedy))
    if behind:
        remedy = "bring the missing brokers back; one more that is lost may stop all writing"
        found.append(fault("replicas", f"behind, of {', '.join(behind)}", remedy))
    return found or [Finding("replicas", "all in step")]


async def _clocks(settings: Settings, brokers: list[int]) -> list[Finding]:
    """Lateness and latency are judged against records' timestamps, so clocks must agree.

    Kafka tells its time in one way only: the leader stamps a record of a topic with LogAppendTime. A topic with a
    partition on each broker is made for that, and removed.
    """
    name = f"{topics.group_of(settings)}-doctor-{secrets.token_hex(4)}"
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap)
    stamped = {"message.timestamp.type": "LogAppendTime"}
    places = {partition: [broker] for partition, broker in enumerate(brokers)}
    try:
        async with topics.Admin(settings.bootstrap) as admin:
            await admin.create_topics([NewTopic(name, -1, -1, places, stamped)])
            try:
                await producer.start()
                return [
                    await _clock(producer, name, partition, broker) for partition, (broker,) in places.items()
                ]
            finally:
                await admin.delete_topics([name])
    finally:
        with suppress(KafkaError):
            await producer.stop()


async def _clock(producer: AIOKafkaProducer, topic: str, partition: int, broker: int) -> Finding:
    # The first one waits for the topic to be known everywhere.
    await producer.send_and_wait(topic, b"?", partition=partition)
    before = time()
    written = await producer.send_and_wait(topic, b"?", partition=partition)
    after = time()
    stamp = written.timestamp / 1000
    skew_s = max(0.0, stamp - after, before - stamp)
    remedy = "" if skew_s <= SKEW_S_MAX else "let both follow one time server (NTP)"
    return Finding(
        "clock", f"{skew_s:.3f} s apart from that of broker {broker}", skew_s <= SKEW_S_MAX, remedy
    )
