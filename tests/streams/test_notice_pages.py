"""Notices on a real Kafka, as the gateway reads them: pages, and what comes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from monitor.gateway.notices import BEGINNING, events
from monitor.notices import Notice
from streams.notice_pages import KafkaNoticeLog
from streams.topics import Topic
from tests.streams.conftest import MakeWorld
from tests.streams.test_courier import put
from tests.streams.world import World

pytestmark = pytest.mark.kafka

MINE, OTHER = "H00000000001", "H00000000002"
READ = (Topic.NOTICES, Topic.NOTICES_UNDELIVERED)


def notices(numbers: Sequence[int], provider: str = MINE) -> list[Notice]:
    return [
        Notice(notice_id=f"n{number}", kind="verdict", provider=provider, person="one", body={})
        for number in numbers
    ]


@asynccontextmanager
async def log_of(world: World) -> AsyncIterator[KafkaNoticeLog]:
    log = KafkaNoticeLog(world.settings)
    try:
        yield log
    finally:
        await log.stop()


async def test_pages_hold_the_providers_own_and_go_on_behind_the_last_place(world: MakeWorld) -> None:
    # One partition, so that both stand in one log.
    ours = await world(only=READ, partitions=1)
    await put(ours, [*notices([0, 1]), *notices([2], OTHER), *notices([3])])
    async with log_of(ours) as log:
        first = await log.page(MINE, after=BEGINNING, limit=2)
        assert ([place for place, _ in first.notices], first.ended) == ([0, 1], False)
        second = await log.page(MINE, after=first.next, limit=2)
        assert ([place for place, _ in second.notices], second.ended) == ([3], True)
        last = await log.page(MINE, after=second.next, limit=2)
        assert (last.notices, last.ended) == ([], True)
        nothing = await log.page(MINE, after=BEGINNING, limit=2, undelivered=True)
        assert (nothing.notices, nothing.ended) == ([], True)
        assert [row["notice_id"] for row in await ours.rows(Topic.NOTICES)] == ["n0", "n1", "n2", "n3"]


async def test_a_stream_has_what_was_missed_and_then_what_comes_each_once(world: MakeWorld) -> None:
    ours = await world(only=READ, partitions=1)
    await put(ours, notices([0, 1]))
    async with log_of(ours) as log, asyncio.timeout(30):
        stream = events(log, MINE, 0)
        first = await anext(stream)
        await put(ours, [*notices([2], OTHER), *notices([3, 4])])
        assert [first.id, (await anext(stream)).id, (await anext(stream)).id] == [1, 3, 4]
        await stream.aclose()  # type: ignore[attr-defined]  # an async generator
