"""A new token key: what claims.raw retains is copied under a new prefix, and the same is found again under other tokens."""

import asyncio
import subprocess
import sys
from typing import Any

import pytest

from monitor.clock import CHINA_OFFSET_MS, china_ms
from monitor.outputs import rfc3339
from streams.by_hand import china_s
from streams.topics import Topic
from tests import wire
from tests.streams.conftest import MakeWorld
from tests.streams.world import World, last_revisions

pytestmark = pytest.mark.kafka
OTHER_KEY = "a5" * 32
MINUTE_MS = 60_000
_AN_HOUR_AGO = china_ms() - CHINA_OFFSET_MS - 60 * MINUTE_MS
"""Older than its retention nothing is kept."""


async def _copy(ours: World, source: World, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "streams", "topics", "copy", "--from", source.settings.topic_prefix]
    return await asyncio.to_thread(
        subprocess.run,
        [*command, *arguments],
        env=ours.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _sale(number: int, at: str) -> bytes:
    """A line that does not add up."""
    return wire.as_line(wire.pharmacy_sale(f"p{number}", at=at, lines=[wire.line(amount="99.00")]))


async def _found(ours: World) -> list[tuple[Any, ...]]:
    await ours.quiet()
    found = last_revisions(await ours.rows(Topic.FINDINGS), "finding_id").values()
    return sorted((row["rule_id"], row["status"], row["provider"], row["occurred_at"]) for row in found)


async def test_a_copy_has_every_record_where_it_was_with_its_time_and_the_same_is_found_under_a_new_key(
    world: MakeWorld,
) -> None:
    old, new = await world(), await world(token_key=OTHER_KEY)
    await old.feed([_sale(n, f"2026-03-10 09:00:{n:02d}") for n in range(20)], timestamp_ms=_AN_HOUR_AGO)
    copied = await _copy(new, old)
    assert (copied.returncode, copied.stderr) == (0, "")
    assert copied.stdout.startswith("copied 20 records")
    before, after = await old.said(Topic.CLAIMS_RAW), await new.said(Topic.CLAIMS_RAW)
    assert [each._replace(topic="") for each in before] == [each._replace(topic="") for each in after]

    for each in (old, new):
        await each.started()
    found = await _found(old)
    assert found
    assert await _found(new) == found
    persons = [{row["person"] for row in await each.rows(Topic.FINDINGS)} - {None} for each in (old, new)]
    assert len(persons[0]) == len(persons[1]) > 0
    assert not persons[0] & persons[1]

    # Once more changes nothing of it.
    assert (await _copy(new, old)).returncode == 0
    assert await _found(new) == found


async def test_what_came_while_the_copy_was_made_is_copied_by_time(world: MakeWorld) -> None:
    old, new = await world(), await world(token_key=OTHER_KEY)
    await old.feed([_sale(1, "2026-03-10 09:00:00")], timestamp_ms=_AN_HOUR_AGO - MINUTE_MS)
    await old.feed([_sale(2, "2026-03-10 09:02:00")], timestamp_ms=_AN_HOUR_AGO)
    since = rfc3339(china_s(_AN_HOUR_AGO - 1_000)).partition("+")[0]
    copied = await _copy(new, old, "--since", since)
    assert copied.stdout.startswith("copied 1 records")


async def test_nothing_is_copied_from_ourselves_from_nowhere_or_between_what_does_not_fit(
    world: MakeWorld,
) -> None:
    ours, other = await world(), await world(partitions=3)
    nowhere = World(ours.settings.bootstrap, ours.settings.data_dir)
    for source, why in ((ours, "our own prefix"), (nowhere, "no such topic"), (other, "3 partitions")):
        refused = await _copy(ours, source)
        assert refused.returncode == 1
        assert why in refused.stderr
        assert "Traceback" not in refused.stderr
    assert await ours.said(Topic.CLAIMS_RAW) == []
