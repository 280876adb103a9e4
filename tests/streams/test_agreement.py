"""Replay and Kafka agree (contract §2), whatever happens to the workers meanwhile."""

import pytest

from tests.streams.conftest import MakeWorld
from tests.streams.day import Day, assert_agreement

pytestmark = pytest.mark.kafka


async def test_two_workers_find_in_a_day_what_a_replay_finds(world: MakeWorld, whole_day: Day) -> None:
    ours = await world(reference=str(whole_day.reference))
    await ours.started(2)
    await ours.feed(whole_day.lines)
    await ours.quiet()
    await assert_agreement(ours, whole_day)
