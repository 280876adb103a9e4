"""What stands in the topics of a real Kafka after a simulated day is what is published: key, value and headers."""

from collections import Counter
from typing import Any

import msgspec
import orjson
import pytest

from deploy.interfaces.asyncapi import asyncapi
from deploy.interfaces.bundles import bundled
from deploy.interfaces.channels import PIECE
from monitor.events import OrdersChecked
from monitor.forms import Feedback
from monitor.memory.pieces import VERSION
from streams.topics import Topic
from tests.deploy.interfaces.strictly import Strict
from tests.streams.conftest import MakeWorld
from tests.streams.day import Day
from tests.streams.test_mailbox import mailbox_of
from tests.streams.world import Read, World
from tests.wire import PHARMACY

pytestmark = pytest.mark.kafka

QUIET = {Topic.CLAIMS_RAW}
"""Written by others: see test_feed.py."""
UNSEEN = {Topic.NOTICE_CURSORS, Topic.NOTICES_UNDELIVERED, Topic.INCIDENT_ACTIONS, Topic.AUDIT}
"""Written by a courier or by hand, and neither is here."""
BYTES = {"finding"}
"""Headers that are no text."""


async def test_every_record_of_every_topic_is_as_published(world: MakeWorld, small_day: Day) -> None:
    ours = await world(reference=small_day.reference)
    await ours.started()
    await ours.feed([*small_day.lines, b"no json"])
    await ask_and_answer(ours)
    await ours.caught_up(small_day.watermark)

    for topic in sorted(set(Topic) - QUIET):
        seen = Counter(
            [fitting(topic, record) async for record in ours.read(f"{ours.settings.topic_prefix}{topic}")]
        )
        wanted = set() if topic in UNSEEN else set(asyncapi()["channels"][topic]["messages"])
        assert set(seen) == wanted, topic


async def ask_and_answer(world: World) -> None:
    """What only a gateway writes."""
    check = OrdersChecked(provider=PHARMACY, infno="3102", msgid="m1", person="0" * 32, at=1_773_133_200)
    feedback = Feedback(
        jr_id="x", rule_id="r", provider=PHARMACY, dspo_way="1", at="2026-03-10T09:00:00+08:00"
    )
    async with mailbox_of(world) as mailbox:
        await mailbox.ask(check, reply_within_s=20)
        await mailbox.feedback("m1", feedback)


def fitting(topic: Topic, record: Read) -> str:
    """The message that a record is; fails when it is none of those published."""
    headers = {name: "" if name in BYTES else value.decode() for name, value in record.headers}
    faults = {}
    for name in asyncapi()["channels"][topic]["messages"]:
        message = asyncapi()["components"]["messages"][name]
        faults[name] = message_faults(message, record, headers)
        if not faults[name]:
            return str(name)
    raise AssertionError(f"{topic}: a record is none of {faults}")


def message_faults(message: dict[str, Any], record: Read, headers: dict[str, str]) -> list[str]:
    faults = []
    if "headers" in message:
        faults += schema_of(message["headers"]["schema"]).faults(headers)
    elif headers:
        faults.append(f"headers: {sorted(headers)}")
    if ("bindings" in message) != (record.key is not None):
        faults.append("key")
    if "payload" not in message:
        opaque = message["name"] == "dead-letter"
        return faults if opaque or not record.value else [*faults, "value"]
    if not record.value:
        return [*faults, "no value"]
    return faults + schema_of(message["payload"]["schema"]).faults(value_of(message, record.value))


def value_of(message: dict[str, Any], raw: bytes) -> Any:
    if message["contentType"] == PIECE:
        return msgspec.msgpack.decode(raw[1:]) if raw[:1] == VERSION else raw
    return orjson.loads(raw)


_schemas: dict[str, Strict] = {}


def schema_of(schema: dict[str, Any]) -> Strict:
    name = repr(schema)
    if name not in _schemas:
        _schemas[name] = Strict(bundled(asyncapi(), [schema]))
    return _schemas[name]
