"""Replay and Kafka agree (contract §2), whatever happens to the workers meanwhile."""

import asyncio
import signal

import pytest

from streams.topics import Topic
from tests.streams.conftest import MakeWorld
from tests.streams.day import Day, assert_agreement
from tests.streams.world import Worker, World, until

pytestmark = pytest.mark.kafka


async def test_two_workers_find_in_a_day_what_a_replay_finds(world: MakeWorld, whole_day: Day) -> None:
    ours = await world(reference=str(whole_day.reference))
    await ours.started(2)
    await ours.feed(whole_day.lines)
    await ours.caught_up(whole_day.watermark)
    await assert_agreement(ours, whole_day)


async def test_a_clean_restart_in_the_middle_changes_nothing(world: MakeWorld, small_day: Day) -> None:
    ours = await world(reference=str(small_day.reference))
    feeding, first = await half_way(ours, small_day)
    first.signal(signal.SIGTERM)
    assert await first.ended() == 0
    await ours.started()
    await feeding
    await ours.caught_up(small_day.watermark)
    await assert_agreement(ours, small_day)
    verdicts = [row["verdict_id"] for row in await ours.rows(Topic.VERDICTS)]
    assert len(verdicts) == len(small_day.of("verdict")), "a clean restart repeats nothing"


async def test_the_group_is_told_where_to_go_on_and_whoever_moves_that_moves_nothing(
    world: MakeWorld, small_day: Day
) -> None:
    ours = await world(reference=str(small_day.reference))
    half = len(small_day.lines) // 2
    (first,) = await ours.started()
    await ours.feed(small_day.lines[:half])
    await ours.quiet()
    first.signal(signal.SIGTERM)
    assert await first.ended() == 0
    # Behind the door a last tick may lie that nobody has heard yet.
    feed = (Topic.CLAIMS_RAW,)
    assert await ours.lag(feed) == 0, "whoever stops tells the group all that was done"
    await ours.tell_group(0)
    assert await ours.lag(feed) >= half
    await ours.started()
    await ours.feed(small_day.lines[half:])
    await ours.caught_up(small_day.watermark)
    await assert_agreement(ours, small_day)
    verdicts = [row["verdict_id"] for row in await ours.rows(Topic.VERDICTS)]
    assert len(verdicts) == len(small_day.of("verdict")), "nothing was read again"


async def test_a_worker_that_joins_and_leaves_in_the_middle_changes_nothing(
    world: MakeWorld, small_day: Day
) -> None:
    ours = await world(reference=str(small_day.reference))
    third = len(small_day.lines) // 3
    (first,) = await ours.started()
    await ours.feed(small_day.lines[:third])
    await until(lambda: has_read(first, third // 4), "the first worker is in the middle")
    (second,) = await ours.started()
    await ours.feed(small_day.lines[third : 2 * third])
    await until(lambda: has_read(second, 50), "the second worker takes its share")
    feeding = asyncio.create_task(ours.feed(small_day.lines[2 * third :]))
    second.signal(signal.SIGTERM)
    assert await second.ended() == 0
    await feeding
    await ours.caught_up(small_day.watermark)
    assert (await asyncio.to_thread(first.metric, "monitor_rebalances_total"))[""] >= 2
    await assert_agreement(ours, small_day)
    verdicts = [row["verdict_id"] for row in await ours.rows(Topic.VERDICTS)]
    assert len(verdicts) == len(small_day.of("verdict")), "a rebalance repeats nothing"


@pytest.mark.parametrize("store", ["memory", "rocksdb"])
async def test_a_worker_that_is_killed_in_the_middle_loses_nothing(
    world: MakeWorld, small_day: Day, store: str
) -> None:
    """Its files, where it has some, are gone on from by the next one."""
    ours = await world(reference=str(small_day.reference), store=store)
    feeding, first = await half_way(ours, small_day)
    first.signal(signal.SIGKILL)
    await first.ended()
    await ours.started()
    await feeding
    await ours.caught_up(small_day.watermark)
    await assert_agreement(ours, small_day)


async def half_way(ours: World, day: Day) -> tuple[asyncio.Task[int], Worker]:
    """A worker in the middle of the first half of a day, while the second half is on its way."""
    (worker,) = await ours.started()
    half = len(day.lines) // 2
    await ours.feed(day.lines[:half])
    await until(lambda: has_read(worker, half // 4), "the worker is in the middle")
    return asyncio.create_task(ours.feed(day.lines[half:])), worker


async def has_read(worker: Worker, count: int) -> bool:
    records = await asyncio.to_thread(worker.metric, "monitor_records_in_total")
    return records.get('{stage="intake"}', 0) >= count
