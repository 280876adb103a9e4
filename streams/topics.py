"""Every topic, once: its name, its key, its partitions and its configuration; and the one partitioner.

The number of partitions is fixed for life: a key's memory lives where its partition is. `check` refuses another
one, because a monitor that starts on it would look for its memories in the wrong place.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, for_code
from msgspec import Struct

from monitor.settings import MIB, Settings
from streams.murmur2 import murmur2

DAY_MS: Final = 86_400_000
ADMIN_TIMEOUT_MS: Final = 20_000
THERE_S: Final = 0.05
MISSING: Final = "missing"
KEYS_CACHED: Final = 65_536
"""The hash is pure Python, and most keys come again."""

RAW_BYTES_MAX: Final = 9 * MIB
"""The hard cap of a record is 8 MiB (contract §1); what is larger never gets in."""
RECORD_BYTES_MAX: Final = 2 * MIB
"""Largest record behind the door: typed events, findings, pieces of memories, dead letters."""


class Topic(StrEnum):
    """Topics in the order in which an event travels."""

    CLAIMS_RAW = "claims.raw"
    """Feed records as the platform logs them; key: provider. The one topic with identity."""
    CLAIMS = "claims"
    """Typed events of one person each, free of identity; key: person token."""
    CHECKS = "checks"
    """Questions of the gateway (3101, 3102); key: person token."""
    FACTS_TRACE = "facts.trace"
    """What is known of a trace code's sales; key: trace code."""
    VERDICTS = "verdicts"
    """Key: provider, but on the partition number of the unit that gave the answer: one writer each."""
    FINDINGS = "findings"
    """Key: rule_id|subject."""
    ALERTS = "alerts"
    """Incidents; key: incident_id; compacted."""
    NOTICES = "notices"
    """Refusals, and revisions of what refusals rest on, for their providers; key: provider."""
    NOTICE_CURSORS = "notices.cursors"
    """How far each provider has its notices by web hook; key: provider; compacted."""
    NOTICES_UNDELIVERED = "notices.undelivered"
    """Notices that a provider's web hook did not take in time; key: provider."""
    INCIDENT_ACTIONS = "incident.actions"
    """What people did with incidents; key: incident_id|action_id, on the incident's partition; compacted."""
    FEEDBACK = "feedback"
    """What doctors did with warnings; key: msgid."""
    DEAD_LETTERS = "claims.dlq"
    """Encrypted records that could not be used."""
    AUDIT = "audit"
    """Who looked into dead letters or put them back, when and why; key: partition:offset of the letter."""


class TableName(StrEnum):
    """Tables; each has a changelog topic."""

    PROVIDERS = "providers"
    PERSONS = "persons"
    TRACES = "traces"
    INCIDENTS = "incidents"


class TopicSpec(Struct, frozen=True):
    """What a topic must be."""

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str]


class Difference(Struct, frozen=True):
    """A topic that is not what it must be; `fatal` ones can't be repaired without new topics and a replay."""

    topic: str
    what: str
    wanted: str
    found: str
    fatal: bool = False
    """A worker must not start on it."""

    @property
    def remedy(self) -> str:
        """What helps."""
        if self.found == MISSING:
            return "`monitor topics create` makes it"
        if self.fatal:
            return "fixed for life: new topics and a replay, or MONITOR_PARTITIONS as it was"
        return "change the topic with Kafka's own tools"


@lru_cache(maxsize=KEYS_CACHED)
def partition_of(key: str, partitions: int) -> int:
    """The partition of a key: murmur2 of its UTF-8 bytes, as Kafka's own clients choose it."""
    return (murmur2(key.encode(errors="surrogatepass")) & 0x7FFF_FFFF) % partitions


def name_of(topic: Topic, settings: Settings) -> str:
    """The name of a topic on this Kafka."""
    return f"{settings.topic_prefix}{topic}"


def group_of(settings: Settings) -> str:
    """The name of the consumer group: that of Faust's app."""
    return f"{settings.topic_prefix}{settings.app}"


def transactional_id_of(number: int, settings: Settings) -> str:
    """Under which a partition number is written: whoever opens it last is the only one who can."""
    return f"{group_of(settings)}-{number}"


def changelog_of(table: TableName, settings: Settings) -> str:
    """The name of a table's changelog topic, after Faust's custom."""
    return f"{group_of(settings)}-{table}-changelog"


def specs(settings: Settings) -> list[TopicSpec]:
    """All topics as these settings want them."""
    kept = {
        "cleanup.policy": "delete",
        "retention.ms": str(settings.retention_days * DAY_MS),
        "max.message.bytes": str(RECORD_BYTES_MAX),
    }
    raw = {"retention.ms": str(settings.raw_retention_days * DAY_MS), "max.message.bytes": str(RAW_BYTES_MAX)}
    compacted = {
        "cleanup.policy": "compact",
        # Files of a shelf that are younger than half of it miss no tombstone (streams/engine/disk_shelf.py).
        "delete.retention.ms": str(DAY_MS),
        "max.message.bytes": str(RECORD_BYTES_MAX),
    }
    configs = {
        Topic.CLAIMS_RAW: kept | raw,
        Topic.ALERTS: compacted,
        Topic.INCIDENT_ACTIONS: compacted,
        Topic.NOTICE_CURSORS: compacted,
        Topic.AUDIT: kept | {"retention.ms": str(settings.audit_retention_days * DAY_MS)},
    }
    wanted = [(name_of(topic, settings), configs.get(topic, kept)) for topic in Topic]
    wanted += [(changelog_of(table, settings), compacted) for table in TableName]
    return [
        TopicSpec(
            name,
            settings.partitions,
            settings.replication,
            # Two acknowledged copies where there are three, or a lost broker could take acknowledged records along.
            config | {"min.insync.replicas": str(max(1, settings.replication - 1))},
        )
        for name, config in wanted
    ]


class Admin:
    """A connection for questions about topics; an async context manager."""

    def __init__(self, bootstrap: str) -> None:
        self.client = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=ADMIN_TIMEOUT_MS)

    async def __aenter__(self) -> AIOKafkaAdminClient:
        try:
            await self.client.start()
        except BaseException:
            await self.client.close()
            raise
        return self.client

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()


async def create(settings: Settings, only: Collection[Topic] = ()) -> list[str]:
    """Create what is missing; the names created. What exists is left as it is: see `check`.

    `only`: these alone, which do for no worker.
    """
    named = {name_of(topic, settings) for topic in only}
    wanted = [spec for spec in specs(settings) if not only or spec.name in named]
    async with Admin(settings.bootstrap) as admin:
        missing = set(await _missing(admin, wanted))
        new = [
            NewTopic(spec.name, spec.partitions, spec.replication, topic_configs=dict(spec.config))
            for spec in wanted
            if spec.name in missing
        ]
        if new:
            answer = await admin.create_topics(new)
            _raise_for(answer.topic_errors)
            await _until_there(admin, wanted)
    return sorted(missing)


async def check(settings: Settings) -> list[Difference]:
    """How the topics differ from what these settings want; empty when all is well."""
    wanted = specs(settings)
    async with Admin(settings.bootstrap) as admin:
        missing = set(await _missing(admin, wanted))
        differences = [Difference(name, "topic", "present", MISSING, fatal=True) for name in sorted(missing)]
        there = [spec for spec in wanted if spec.name not in missing]
        if not there:
            return differences
        described = {topic["topic"]: topic for topic in await admin.describe_topics([s.name for s in there])}
        for spec in there:
            differences += _shape(spec, described[spec.name]["partitions"])
        differences += await _configs(admin, there)
    return differences


async def _until_there(admin: AIOKafkaAdminClient, wanted: Iterable[TopicSpec]) -> None:
    """Brokers hear of new topics a moment after their controller."""
    names = [spec.name for spec in wanted]
    async with asyncio.timeout(ADMIN_TIMEOUT_MS / 1000):
        while True:
            described = await admin.describe_topics(names)
            if all(_led(topic) for topic in described):
                return
            await asyncio.sleep(THERE_S)


def _led(topic: dict[str, Any]) -> bool:
    partitions = topic["partitions"]
    return bool(partitions) and all(partition["leader"] >= 0 for partition in partitions)


async def _missing(admin: AIOKafkaAdminClient, wanted: Iterable[TopicSpec]) -> list[str]:
    there = set(await admin.list_topics())
    return [spec.name for spec in wanted if spec.name not in there]


def _shape(spec: TopicSpec, partitions: list[dict[str, object]]) -> list[Difference]:
    found = []
    if len(partitions) != spec.partitions:
        found.append(
            Difference(spec.name, "partitions", str(spec.partitions), str(len(partitions)), fatal=True)
        )
    replicas = {len(partition["replicas"]) for partition in partitions}  # type: ignore[arg-type]  # a list
    if replicas != {spec.replication}:
        counts = ", ".join(str(count) for count in sorted(replicas))
        found.append(Difference(spec.name, "replicas", str(spec.replication), counts))
    return found


async def _configs(admin: AIOKafkaAdminClient, there: list[TopicSpec]) -> list[Difference]:
    asked = [ConfigResource(ConfigResourceType.TOPIC, spec.name) for spec in there]
    found: dict[str, dict[str, str]] = {}
    for answer in await admin.describe_configs(asked):
        for resource in answer.resources:
            found[resource[3]] = {entry[0]: entry[1] for entry in resource[4]}
    return [
        Difference(spec.name, name, value, found[spec.name].get(name, "not set"))
        for spec in there
        for name, value in spec.config.items()
        if found[spec.name].get(name) != value
    ]


def _raise_for(errors: Iterable[tuple[object, ...]]) -> None:
    for name, code, *_ in errors:
        # Two workers may create topics at the same time.
        if code and for_code(code) is not TopicAlreadyExistsError:
            raise for_code(code)(f"topic {name}")
