"""Supervised workers on a real broker: they die, are restarted one by one, are stopped, and nothing is lost or moved."""

import asyncio
import itertools
import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Final

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from deploy.local.kafka import LocalKafka
from deploy.local.ports import free_port
from monitor.settings import Settings
from streams.engine.ledger import Ledger
from streams.fencing import fence, held
from streams.supervisor import Limits, Supervisor
from streams.topics import Topic, name_of, transactional_id_of
from tests import wire
from tests.streams.conftest import MakeWorld
from tests.streams.world import PARTITIONS, Worker, World, until

PROCESSES: Final = 2
REBALANCES: Final = "monitor_rebalances_total"


def _sales(first: int, last: int) -> list[bytes]:
    return [
        wire.as_line(
            wire.pharmacy_sale(f"p{n}", at=f"2026-03-10 09:{n // 60:02d}:{n % 60:02d}", lines=[wire.line()])
        )
        for n in range(first, last)
    ]


def _children(parent: Worker) -> dict[int, int]:
    """Number -> process id of the child that was started last."""
    return {int(n): int(pid) for n, pid in re.findall(r"process (\d+) has the id (\d+)", parent.log())}


def _descendants(parent: Worker) -> list[int]:
    pid = parent.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _lives(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


async def _supervised(world: MakeWorld) -> tuple[World, Worker]:
    ours = await world(processes=PROCESSES, instance="host")
    (parent,) = await ours.started()
    return ours, parent


async def _shares(ours: World) -> dict[int, list[int]]:
    return {n: await held(ours.settings, f"host-{n}") for n in range(PROCESSES)}


async def _again(parent: Worker, old: dict[int, int], numbers: set[int]) -> None:
    """Return when these children are others than they were, and all are ready."""

    async def done() -> bool:
        now = _children(parent)
        return all(now.get(n, old[n]) != old[n] for n in numbers) and await parent.ready()

    await until(done, "the children are back")


@pytest.mark.kafka
async def test_a_killed_child_is_back_with_what_it_had_and_a_rolling_restart_moves_nothing(
    world: MakeWorld,
) -> None:
    ours, parent = await _supervised(world)
    shares, pids = await _shares(ours), _children(parent)
    assert sorted(itertools.chain(*shares.values())) == list(range(PARTITIONS))
    rebalances = parent.metric(REBALANCES)
    await ours.feed(_sales(0, 300))

    async def reserve() -> bool:
        return "in reserve" in parent.log()

    await until(reserve, "one is in reserve")
    os.kill(pids[0], signal.SIGKILL)
    await ours.feed(_sales(300, 600))
    await _again(parent, pids, {0})
    await ours.quiet()
    assert len({row["verdict_id"] for row in await ours.rows(Topic.VERDICTS)}) == 600
    assert len(await ours.rows(Topic.VERDICTS)) == 600
    assert await _shares(ours) == shares
    assert parent.metric(REBALANCES)['{process="1"}'] == rebalances['{process="1"}']
    assert parent.metric("monitor_process_restarts_total") == {'{process="0"}': 1.0}
    await _rolling_restart_moves_nothing(ours, parent)


async def _rolling_restart_moves_nothing(ours: World, parent: Worker) -> None:
    shares, pids, rebalances = await _shares(ours), _children(parent), parent.metric(REBALANCES)
    parent.signal(signal.SIGHUP)
    await _again(parent, pids, {0})
    # Nothing was taken from the second while the first was away, nor the other way round.
    assert parent.metric(REBALANCES)['{process="1"}'] == rebalances['{process="1"}']
    first = parent.metric(REBALANCES)['{process="0"}']
    await _again(parent, pids, {0, 1})
    assert parent.metric(REBALANCES)['{process="0"}'] == first
    assert await _shares(ours) == shares


@pytest.mark.kafka
async def test_a_child_that_hangs_is_named_and_none_outlives_a_supervisor_that_is_killed(
    world: MakeWorld,
) -> None:
    _, parent = await _supervised(world)
    child = _children(parent)[0]
    os.kill(child, signal.SIGSTOP)
    try:
        assert parent.page("/-/healthy") == (503, "process 0: no answer\n")
        assert parent.metric("monitor_process_up") == {'{process="0"}': 0.0, '{process="1"}': 1.0}
        assert parent.metric("monitor_commits_total").keys() <= {'{process="1",outcome="done"}'}
    finally:
        os.kill(child, signal.SIGCONT)
    assert parent.page("/-/healthy") == (200, "ok\n")

    pids = _descendants(parent)
    parent.signal(signal.SIGKILL)
    await parent.ended()

    async def gone() -> bool:
        return not any(_lives(pid) for pid in pids)

    await until(gone, "no child lives", within_s=2)


async def test_all_end_in_ten_seconds_though_kafka_is_gone(tmp_path: Path) -> None:
    with LocalKafka() as broker:
        ours = World(broker.bootstrap, tmp_path, processes=PROCESSES)
        try:
            await ours.create_topics()
            (parent,) = await ours.started()
            await ours.feed(_sales(0, 50))
            pids = _descendants(parent)
            broker.kill()
            begun = monotonic()
            parent.signal(signal.SIGTERM)
            assert await parent.ended(10) == 0
            assert monotonic() - begun < 10
            assert not any(_lives(pid) for pid in pids)
        finally:
            ours.end()


@pytest.mark.kafka
async def test_what_a_dead_worker_left_open_is_closed_and_what_others_took_over_is_left_alone(
    world: MakeWorld,
) -> None:
    ours = await world()
    workers = []
    for name in "ab":
        ours.environment["MONITOR_INSTANCE"] = name
        workers += await ours.started()
    await until(lambda: held(ours.settings, "a"), "the group is stable")
    mine, others = await held(ours.settings, "a"), await held(ours.settings, "b")
    assert sorted(mine + others) == list(range(PARTITIONS))
    workers[0].signal(signal.SIGKILL)
    await workers[0].ended()
    tp = TopicPartition(name_of(Topic.VERDICTS, ours.settings), mine[0])
    dead = AIOKafkaProducer(
        bootstrap_servers=ours.settings.bootstrap,
        transactional_id=transactional_id_of(mine[0], ours.settings),
    )
    await dead.start()
    await dead.begin_transaction()
    await dead.send_and_wait(tp.topic, b"never said", partition=tp.partition)
    assert await _stable(ours, tp) == 0
    begun = monotonic()
    assert await fence(ours.settings, "a") == mine
    assert monotonic() - begun < 2
    assert await _stable(ours, tp) > 0
    await dead.client.close()

    async def taken_over() -> bool:
        return await held(ours.settings, "b") == list(range(PARTITIONS))

    await until(taken_over, "the other one has them")
    await until(workers[1].ready, "the other one works on them")
    assert await fence(ours.settings, "a") == []
    units = workers[1].metric("monitor_units_total")
    assert '{outcome="fenced"}' not in units, units


async def _stable(ours: World, tp: TopicPartition) -> int:
    """Where readers of committed data come to."""
    ledger = Ledger(ours.settings.bootstrap, name="test")
    await ledger.open([tp.topic])
    try:
        return (await ledger.ends([tp]))[tp]
    finally:
        await ledger.close()


@pytest.fixture
def alone() -> Iterator[Settings]:
    """Settings of a supervisor in this process, with no Kafka."""
    yield Settings(bootstrap=f"127.0.0.1:{free_port()}", worker_port=0, processes=PROCESSES, instance="host")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


async def test_a_crash_loop_ends_the_supervisor(alone: Settings) -> None:
    limits = Limits(deaths_max=3, pause_s=0.01, fence_s=0.5)
    supervisor = Supervisor(alone, [sys.executable, "-c", "raise SystemExit(3)"], limits=limits)
    async with asyncio.timeout(20):
        assert await supervisor.run() == 1


async def test_a_child_that_answers_no_more_is_killed(alone: Settings, tmp_path: Path) -> None:
    # The second start of each ends the test: there are no deaths left.
    limits = Limits(deaths_max=1, fence_s=0.5, watch_s=0.05, silences_max=2)
    silent = f"open({str(tmp_path / 'started')!r}, 'a').close(); input(), input()"
    supervisor = Supervisor(alone, [sys.executable, "-c", silent], limits=limits)
    async with asyncio.timeout(20):
        assert await supervisor.run() == 1
    assert (tmp_path / "started").exists()
