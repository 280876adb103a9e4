"""The broker's properties, and its data directory as Kafka's own tool formats it."""

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from deploy.local.jars import cache_dir, cache_lock, lock_id
from deploy.local.java import LocalKafkaError
from deploy.local.ports import HOST

_CLUSTER_ID = "4L6g3nShT-eMCtK--X86sw"
_FORMAT_S_MAX = 60.0

SETTINGS: Mapping[str, str] = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    # A typing error in a topic's name must be an error here too.
    "auto.create.topics.enable": "false",
    # One node holds the only copy.
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # 50 partitions each by default, and a first use waits for all of them.
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.num.partitions": "1",
    # For a machine of many cores there are 8 and 3 by default; on two they only take each other's turn: 15 % more of a core.
    "num.io.threads": "2",
    "num.network.threads": "1",
    "group.initial.rebalance.delay.ms": "0",
    # As in production: an abandoned transaction must not hold readers up for longer than it has to.
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
    # A killed broker is let back in only when its last session has ended; 9 s by default.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # 128 MiB by default, a quarter of the heap.
    "log.cleaner.dedupe.buffer.size": "8388608",
}


def as_properties(properties: Mapping[str, str]) -> str:
    """Return the text of a Java properties file."""
    # A backslash is an escape in Java's format; paths may hold one.
    return "".join(f"{name}={value.replace(chr(92), chr(92) * 2)}\n" for name, value in properties.items())


def formatted(java: str, classpath: str) -> Path:
    """Return a directory as Kafka's own tool formats it, made once; a start copies it and saves a second."""
    template = cache_dir() / f"{lock_id()}-formatted"
    with cache_lock():
        if not template.exists():
            _format(java, classpath, template)
    return template


def _format(java: str, classpath: str, template: Path) -> None:
    with tempfile.TemporaryDirectory(dir=template.parent) as name:
        work = Path(name)
        properties = work / "format.properties"
        settings = {
            "listeners": f"PLAINTEXT://{HOST}:1,CONTROLLER://{HOST}:2",
            "controller.quorum.voters": f"1@{HOST}:2",
            "log.dirs": str(work / "data"),
        }
        properties.write_text(as_properties({**SETTINGS, **settings}))
        tool = ["kafka.tools.StorageTool", "format", "--cluster-id", _CLUSTER_ID, "--config", str(properties)]
        done = subprocess.run(
            [java, "-cp", classpath, *tool],
            capture_output=True,
            text=True,
            check=False,
            timeout=_FORMAT_S_MAX,
        )
        if done.returncode:
            raise LocalKafkaError(f"Kafka could not format its data directory: {done.stderr.strip()[-300:]}")
        (work / "data").rename(template)
