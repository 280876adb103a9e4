"""What a worker shows of what is around it: Kafka, providers' clocks, full memories, the age of tables."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from monitor.settings import Settings
from streams.app import context_of
from streams.engine.lately import Lately
from streams.surroundings import Surroundings, lacking, tell_tables
from tests import wire
from tests.streams.conftest import MakeWorld
from tests.streams.world import until

HEADER = "fixmedins_code,fixmedins_name,fixmedins_type,medins_lv,open_24h,face_check,admvs"
A_DAY = 86_400


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    folder = tmp_path / "reference"
    folder.mkdir()
    (folder / "providers.csv").write_text(
        f"{HEADER}\n{wire.PHARMACY},大药房,2,,0,0,430102\n", encoding="utf-8"
    )
    os.utime(folder / "providers.csv", (1_700_000_000, 1_700_000_000))
    return folder


def _sample(surroundings: Surroundings, name: str, **labels: str) -> float | None:
    value: float | None = surroundings._context.metrics.registry.get_sample_value(name, labels)
    return value


def _of(settings: Settings) -> Surroundings:
    return Surroundings(context_of(settings, CollectorRegistry()))


async def _looking(surroundings: Surroundings, name: str, expected: float) -> None:
    task = asyncio.create_task(surroundings.watch(0.05))

    async def shown() -> bool:
        assert not task.done()
        return _sample(surroundings, name) == expected

    try:
        await until(shown, f"{name} is {expected}", 20)
    finally:
        task.cancel()


def _topic(name: str, *in_sync: int, leader: int = 1) -> dict[str, Any]:
    partitions = [{"leader": leader, "isr": list(range(count))} for count in in_sync]
    return {"topic": name, "partitions": partitions}


def test_a_partition_lacks_a_replica_or_a_leader() -> None:
    wanted = {"claims": 3, "alerts": 1}
    assert lacking([_topic("claims", 3, 3), _topic("alerts", 1)], wanted) == 0
    assert lacking([_topic("claims", 3, 2), _topic("alerts", 1)], wanted) == 1
    assert lacking([_topic("claims", 3, 3), _topic("alerts", 1, leader=-1)], wanted) == 1


def test_of_a_providers_clock_the_least_delay_counts_and_only_since_the_last_look() -> None:
    lately = Lately()
    for skew in (-400, -2, -90):
        lately.saw_clock("P1", skew)
    lately.saw_clock("P2", -400)
    assert lately.take_skews() == {"P1": -2, "P2": -400}
    lately.saw_clock("P2", -7)
    assert lately.take_skews() == {"P2": -7}


def test_of_memories_the_fullest_counts() -> None:
    lately = Lately()
    for fill in (0.1, 0.7, 0.2):
        lately.saw_fill("persons", "persons", fill)
    assert lately.take_fills() == {("persons", "persons"): 0.7}
    assert lately.take_fills() == {}


def test_a_provider_that_no_table_knows_has_no_clock_on_the_page(tables: Path) -> None:
    surroundings = _of(Settings(reference=tables))
    lately = surroundings._context.lately
    lately.saw_clock(wire.PHARMACY, 301)
    lately.saw_clock("P99999999999", 9)
    surroundings.show()
    name = "monitor_provider_clock_skew_seconds"
    assert _sample(surroundings, name, provider=wire.PHARMACY) == 301
    assert "P99999999999" not in surroundings._context.metrics.exposition().decode()
    surroundings.show()
    assert _sample(surroundings, name, provider=wire.PHARMACY) is None


def test_a_table_has_an_age_and_a_provider_its_region(tables: Path) -> None:
    surroundings = _of(Settings(reference=tables))
    tell_tables(surroundings._context)
    assert (
        _sample(surroundings, "monitor_reference_modified_timestamp_seconds", table="providers")
        == 1_700_000_000
    )
    assert _sample(surroundings, "monitor_reference_modified_timestamp_seconds", table="drug_sex") is None
    assert (
        _sample(
            surroundings, "monitor_provider_info", provider=wire.PHARMACY, region="430102", group="pharmacy"
        )
        == 1
    )
    assert _sample(surroundings, "monitor_stage_failures_total", stage="persons") == 0


@pytest.mark.kafka
async def test_a_kafka_that_answers_is_up_and_one_that_does_not_is_down(world: MakeWorld) -> None:
    ours = await world()
    await _looking(_of(ours.settings), "monitor_kafka_up", 1)
    gone = _of(ours.settings.model_copy(update={"bootstrap": "127.0.0.1:1"}))
    gone._context.metrics.kafka_up.set(1)
    await _looking(gone, "monitor_kafka_up", 0)


@pytest.mark.kafka
async def test_topics_with_fewer_copies_than_set_are_counted(world: MakeWorld) -> None:
    ours = await world()
    await _looking(_of(ours.settings), "monitor_kafka_under_replicated_partitions", 0)
    two = _of(ours.settings.model_copy(update={"replication": 2}))
    await _looking(
        two, "monitor_kafka_under_replicated_partitions", len(two._topics) * ours.settings.partitions
    )


@pytest.mark.kafka
async def test_a_worker_shows_the_clock_of_a_provider_and_how_full_its_memory_is(
    world: MakeWorld, tables: Path
) -> None:
    ours = await world(reference=tables)
    (worker,) = await ours.started()
    sale = wire.pharmacy_sale("p", at="2026-03-10 09:00:00", lines=[wire.line()])
    await ours.feed([wire.as_line(sale)])

    async def skew() -> dict[str, float]:
        return await asyncio.to_thread(worker.metric, "monitor_provider_clock_skew_seconds")

    shown = await until(skew, "the clock of the provider that sent something is shown")
    assert list(shown) == [f'{{provider="{wire.PHARMACY}"}}']
    assert all(value < -A_DAY for value in shown.values()), "the record was written long after its call"
    full = await asyncio.to_thread(worker.metric, "monitor_memory_fullest_ratio")
    assert full['{kind="persons",stage="persons"}'] == pytest.approx(1 / 5_000)
    assert await asyncio.to_thread(worker.metric, "monitor_kafka_up") == {"": 1.0}
