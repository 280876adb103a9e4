"""`monitor doctor`: what a monitor needs, looked at one by one, each fault with what helps."""

import asyncio
import platform
from contextlib import suppress
from importlib.metadata import version
from time import time
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic
from aiokafka.errors import KafkaError
from msgspec import Struct

from monitor.compose import knowledge_of
from monitor.reference import ReferenceTableError
from monitor.regions import RegionError
from monitor.settings import Settings
from streams import topics

ANSWER_S: Final = 10.0
SKEW_S_MAX: Final = 5.0
TESTED: Final = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0"}
"""The engine reaches into these two; another version was not tried."""


class Finding(Struct, frozen=True):
    """One thing that was looked at."""

    what: str
    found: str
    good: bool = True
    remedy: str = ""


async def examine(settings: Settings) -> list[Finding]:
    """Everything, in the order in which one thing needs another."""
    findings = [*_versions(), *_secrets(settings), *_files(settings)]
    reached = await _kafka(settings)
    findings.append(reached)
    if reached.good:
        findings += await _topics(settings)
    return findings


def _versions() -> list[Finding]:
    found = [Finding("Python", platform.python_version())]
    for package, tested in TESTED.items():
        here = version(package)
        remedy = "" if here == tested else f"install {tested}: the engine was tried with no other"
        found.append(Finding(package, here, here == tested, remedy))
    return found


def _secrets(settings: Settings) -> list[Finding]:
    found = []
    if settings.uses_development_key:
        remedy = "fine for a trial; for claims set it to 32 random bytes in hex"
        found.append(
            Finding("MONITOR_TOKEN_KEY", "not set: tokens anyone can recompute", good=True, remedy=remedy)
        )
    if settings.dead_letter_key is None:
        remedy = "set it, so that who reads dead letters need not know the key of tokens"
        found.append(
            Finding(
                "MONITOR_DEAD_LETTER_KEY", "not set: derived from the token key", good=True, remedy=remedy
            )
        )
    return found


def _files(settings: Settings) -> list[Finding]:
    try:
        knowledge = knowledge_of(settings)
    except ReferenceTableError as error:
        return [Finding("reference tables", str(error), good=False, remedy="correct that line of the table")]
    except RegionError as error:
        return [Finding("region file", str(error), good=False, remedy="correct the file, or leave it out")]
    count = len(knowledge.reference.providers)
    remedy = "" if count else "without MONITOR_REFERENCE a caller's kind is guessed from its calls"
    return [
        Finding("reference tables", f"{count} providers", remedy=remedy),
        Finding("rules", f"{len(knowledge.rules)}, version {knowledge.rules_version}"),
    ]


async def _kafka(settings: Settings) -> Finding:
    try:
        async with asyncio.timeout(ANSWER_S), topics.Admin(settings.bootstrap) as admin:
            brokers = (await admin.describe_cluster())["brokers"]
    except (KafkaError, OSError, TimeoutError) as error:
        remedy = "start it (`./dev kafka`), or say where it is in MONITOR_BOOTSTRAP"
        return Finding(
            "Kafka", f"no answer at {settings.bootstrap} ({type(error).__name__})", good=False, remedy=remedy
        )
    if len(brokers) < settings.replication:
        remedy = "add brokers, or lower MONITOR_REPLICATION"
        return Finding(
            "Kafka", f"{len(brokers)} brokers for {settings.replication} replicas", good=False, remedy=remedy
        )
    return Finding("Kafka", f"{len(brokers)} brokers at {settings.bootstrap}")


async def _topics(settings: Settings) -> list[Finding]:
    differences = await topics.check(settings)
    found = [
        Finding(
            f"topic {each.topic}",
            f"{each.what} must be {each.wanted}, is {each.found}",
            good=False,
            remedy=each.remedy,
        )
        for each in differences
    ]
    if not differences:
        found.append(Finding("topics", f"as they must be, {settings.partitions} partitions"))
    if not any(each.found == topics.MISSING for each in differences):
        found.append(await _clock(settings))
    return found


async def _clock(settings: Settings) -> Finding:
    """Lateness and latency are judged against records' timestamps, so clocks must agree.

    Kafka tells its time in one way only: it stamps a record of a topic with LogAppendTime. One is made for that and removed.
    """
    name = f"{topics.group_of(settings)}-doctor"
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap)
    try:
        async with asyncio.timeout(ANSWER_S), topics.Admin(settings.bootstrap) as admin:
            stamped = {"message.timestamp.type": "LogAppendTime"}
            await admin.create_topics([NewTopic(name, 1, 1, topic_configs=stamped)])
            await producer.start()
            try:
                await producer.send_and_wait(name, b"?", partition=0)
                before = time()
                written = await producer.send_and_wait(name, b"?", partition=0)
                after = time()
            finally:
                await admin.delete_topics([name])
    except (KafkaError, TimeoutError) as error:
        return Finding(
            "clock", f"not measured ({type(error).__name__})", good=False, remedy="see Kafka above"
        )
    finally:
        with suppress(KafkaError):
            await producer.stop()
    broker = written.timestamp / 1000
    skew_s = max(0.0, broker - after, before - broker)
    remedy = "" if skew_s <= SKEW_S_MAX else "let both follow one time server (NTP)"
    return Finding("clock", f"{skew_s:.3f} s apart from Kafka's", skew_s <= SKEW_S_MAX, remedy)
