"""`monitor doctor` and the other commands say what is wrong and what helps."""

import asyncio
import subprocess
import sys

import pytest

from streams.doctor import examine
from tests.streams.conftest import MakeWorld


@pytest.mark.kafka
async def test_a_monitor_that_has_all_it_needs_has_no_fault(world: MakeWorld) -> None:
    ours = await world()
    findings = await examine(ours.settings)
    assert [finding for finding in findings if not finding.good] == []
    assert {"Kafka", "topics", "clock", "rules"} <= {finding.what for finding in findings}


@pytest.mark.kafka
async def test_missing_topics_are_named_with_what_makes_them(world: MakeWorld) -> None:
    ours = await world()
    elsewhere = ours.settings.model_copy(update={"topic_prefix": "nowhere."})
    faults = [finding for finding in await examine(elsewhere) if not finding.good]
    assert {finding.what for finding in faults} >= {"topic nowhere.claims.raw", "topic nowhere.alerts"}
    assert all(finding.remedy for finding in faults)


async def test_a_kafka_that_is_not_there_is_one_clear_fault(world: MakeWorld) -> None:
    ours = await world()
    nowhere = ours.settings.model_copy(update={"bootstrap": "127.0.0.1:1"})
    (fault,) = [finding for finding in await examine(nowhere) if not finding.good]
    assert fault.what == "Kafka"
    assert "MONITOR_BOOTSTRAP" in fault.remedy


@pytest.mark.kafka
async def test_a_worker_refuses_to_start_with_another_number_of_partitions(world: MakeWorld) -> None:
    ours = await world()
    ended = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "streams", "worker"],
        env=ours.environment | {"MONITOR_PARTITIONS": "5", "MONITOR_WORKER_PORT": "0"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 1
    assert "partitions must be 5, found 4" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("command", ["worker", "gateway", "doctor", "topics create", "topics check"])
def test_every_command_shows_an_example(command: str) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "streams", *command.split(), "--help"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert "Example" in shown.stdout
