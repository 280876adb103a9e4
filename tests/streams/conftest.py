"""Streams are tested on a real broker, with workers as processes of their own."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from deploy.local.kafka import LocalKafka
from streams.topics import Topic
from tests.streams.day import Day, make_day
from tests.streams.world import World

MakeWorld: TypeAlias = Callable[..., Awaitable[World]]


@pytest.fixture
async def world(kafka: LocalKafka, tmp_path: Path) -> AsyncIterator[MakeWorld]:
    """Makes monitors, each with topics of its own (`only`: with these alone); ends their processes."""
    async with AsyncExitStack() as stack:

        async def make(*, only: Collection[Topic] = (), **settings: Any) -> World:
            made = World(kafka.bootstrap, tmp_path, **settings)
            stack.callback(made.end)
            await made.create_topics(only)
            return made

        yield make


@pytest.fixture(scope="session")
def small_day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    """A simulated day of some thousand records and what a replay finds in it."""
    return make_day(tmp_path_factory.mktemp("small"), records=4_000, seed=7)


@pytest.fixture(scope="session")
def whole_day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    """A simulated day of 20,000 records and what a replay finds in it."""
    return make_day(tmp_path_factory.mktemp("whole"), records=20_000, seed=11)
