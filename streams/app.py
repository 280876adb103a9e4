"""The Faust app: topics, tables with changelogs, and one agent for each box of the picture, in an event's order.

    claims.raw ─► intake ═ providers ─► claims ─► persons ─► facts.trace ─► traces
                                 checks ─► persons ─► verdicts     findings ─► incidents ─► alerts

An agent hands its batches to the unit of their partition number (engine/unit.py), where its stage decides.
"""

import logging
from typing import Any, Final

import faust
from prometheus_client import REGISTRY, CollectorRegistry

from monitor.compose import knowledge_of, policy_of
from monitor.incidents import Book
from monitor.interface.intake import Intake
from monitor.memory.person import PersonMemory
from monitor.memory.provider import ProviderMemory
from monitor.memory.trace import TraceMemory
from monitor.metrics import Metrics, ProviderLabels
from monitor.provider_groups import ProviderGroups
from monitor.settings import MIB, Settings, load
from streams.counting import show_what_is_known
from streams.engine.batches import CODEC, BatchTransport
from streams.engine.dead_letters import sealer_of
from streams.engine.engine import Engine
from streams.engine.stage import Context, Stage
from streams.engine.state import PieceTable
from streams.incidents import IncidentsStage
from streams.intake import IntakeStage
from streams.persons import PersonsStage
from streams.topics import TableName, Topic, changelog_of, group_of, name_of
from streams.traces import TracesStage

logger = logging.getLogger(__name__)

STAGES: Final[tuple[type[Stage], ...]] = (IntakeStage, PersonsStage, TracesStage, IncidentsStage)
LOADERS: Final = {
    TableName.PROVIDERS: ProviderMemory.load,
    TableName.PERSONS: PersonMemory.load,
    TableName.TRACES: TraceMemory.load,
    TableName.INCIDENTS: Book.load,
}

SESSION_S: Final = 6.0
HEARTBEAT_S: Final = 1.5
REBALANCE_S: Final = 5.0
BATCH_RECORDS_MAX: Final = 2_000
FETCH_BYTES_MAX: Final = MIB
"""Of one partition at a time; a record that is larger comes all the same, alone."""
BUFFERED_BATCHES_MAX: Final = 4_096
"""Never reached: units are what limits, in records and bytes; a full buffer makes Faust sleep a whole second."""


class MonitorApp(faust.App):
    """A Faust app with an engine below its agents."""

    engine: Engine


def context_of(settings: Settings, registry: CollectorRegistry) -> Context:
    """What the stages share; RegionError or ReferenceTableError when a file can't be used."""
    knowledge = knowledge_of(settings)
    context = Context(
        settings=settings,
        knowledge=knowledge,
        policy=policy_of(settings, knowledge),
        intake=Intake(tokens=knowledge.tokens, trace_ignore=knowledge.reference.trace_ignore),
        sealer=sealer_of(settings),
        metrics=Metrics(registry),
        provider_label=ProviderLabels(knowledge.reference.providers),
        provider_group=ProviderGroups(knowledge.reference.providers),
    )
    show_what_is_known(context)
    return context


def create_app(settings: Settings | None = None, *, registry: CollectorRegistry = REGISTRY) -> MonitorApp:
    """A worker's app, not started. The topics must exist: see `streams.topics.create` and `check`."""
    settings = settings or load()
    app = MonitorApp(
        group_of(settings),
        broker=[f"kafka://{server.strip()}" for server in settings.bootstrap.split(",")],
        Table=PieceTable,
        TableManager="streams.engine.recovery.Manager",
        # Sticky and co-partitioned: number i of every topic and changelog belongs to one worker.
        PartitionAssignor="faust.assignor.partition_assignor.PartitionAssignor",
        store="memory://",
        datadir=str(settings.data_dir),
        topic_partitions=settings.partitions,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        autodiscover=False,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=FETCH_BYTES_MAX,
        broker_max_poll_records=BATCH_RECORDS_MAX,
        # With it aiokafka sends no LeaveGroup, and a restart within the session moves nothing.
        consumer_group_instance_id=settings.instance or None,
        broker_session_timeout=SESSION_S,
        broker_heartbeat_interval=HEARTBEAT_S,
        broker_rebalance_timeout=REBALANCE_S,
        broker_request_timeout=20.0,
        # Transactions commit; Faust's own loop finds nothing acknowledged.
        broker_commit_interval=1.0,
        producer_request_timeout=20.0,
        producer_acks=-1,
        stream_buffer_maxsize=BUFFERED_BATCHES_MAX,
        stream_wait_empty=False,
        stream_recovery_delay=0.0,
    )
    app.transport = BatchTransport(app.conf.broker_consumer, app)
    tables = {name: _table(app, name, settings) for name in TableName}
    app.engine = Engine(context_of(settings, registry), STAGES, tables, LOADERS)
    for stage in STAGES:
        for topic in stage.reads:
            _agent(app, stage.name, topic, settings)
    app.on_partitions_revoked.connect(_revoked, weak=False)
    return app


def _table(app: MonitorApp, name: TableName, settings: Settings) -> PieceTable:
    changelog = app.topic(
        changelog_of(name, settings), partitions=settings.partitions, compacting=True, internal=False,
        key_serializer="raw", value_serializer="raw", acks=False,
    )  # fmt: skip
    table: PieceTable = app.Table(  # type: ignore[assignment]  # the class is a setting
        str(name), partitions=settings.partitions, changelog_topic=changelog, key_type=bytes, value_type=bytes
    )
    return table


def _agent(app: MonitorApp, stage: str, topic: Topic, settings: Settings) -> None:
    source = app.topic(
        name_of(topic, settings),
        partitions=settings.partitions,
        key_serializer=CODEC,
        value_serializer=CODEC,
        acks=False,
    )

    @app.agent(source, name=f"{stage}.{topic}")
    async def deliver(batches: Any) -> None:  # noqa: ANN401 - a Faust stream
        async for batch in batches:
            app.engine.deliver(batch)


async def _revoked(app: Any, /, *_: Any, signal: Any, **__: Any) -> None:  # noqa: ANN401 - Faust's signals say no more
    """Partitions go to others: what is being written ends first. `app` is the MonitorApp."""
    del signal
    app.engine.context.metrics.rebalances.inc()
    await app.engine.revoke()
