"""The gateway's questions get their verdicts, and end in time when Kafka is gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import pytest

from deploy.local.kafka import LocalKafka
from monitor.clock import CHINA_OFFSET_MS, china_ms
from monitor.events import OrdersChecked
from monitor.forms import Feedback
from streams.mailbox import KafkaMailbox
from streams.topics import Topic
from tests import wire
from tests.streams.conftest import MakeWorld
from tests.streams.world import World, until

pytestmark = pytest.mark.kafka


def a_check(number: int) -> OrdersChecked:
    return OrdersChecked(
        provider=wire.HOSPITAL, infno="3102", msgid=f"m{number}", person=f"{number:032x}", at=1_773_133_200
    )


@asynccontextmanager
async def mailbox_of(world: World) -> AsyncIterator[KafkaMailbox]:
    mailbox = KafkaMailbox(world.settings, now_ms=lambda: china_ms() - CHINA_OFFSET_MS)
    await mailbox.start()

    async def ready() -> bool:
        return mailbox.ready()

    await until(ready, "the mailbox is connected")
    try:
        yield mailbox
    finally:
        await mailbox.stop()


async def test_every_question_gets_its_own_verdict(world: MakeWorld) -> None:
    ours = await world()
    await ours.started()
    async with mailbox_of(ours) as mailbox, mailbox_of(ours) as other:
        asked = [mailbox.ask(a_check(number), reply_within_s=10) for number in range(50)]
        asked += [other.ask(a_check(number), reply_within_s=10) for number in range(50, 100)]
        verdicts = await asyncio.gather(*asked)
        again = await other.ask(a_check(3), reply_within_s=10)
    assert [verdict["msgid"] for verdict in verdicts] == [f"m{number}" for number in range(100)]
    assert again == verdicts[3], "a repeat gets the same answer"


async def test_a_feed_record_that_was_told_reaches_the_stages(world: MakeWorld) -> None:
    ours = await world()
    await ours.started()
    record = wire.pharmacy_sale("p", at="2026-03-10 09:00:00", lines=[wire.line()])
    said = Feedback(
        jr_id="x", rule_id="r", provider=wire.PHARMACY, dspo_way="1", at="2026-03-10T09:00:00+08:00"
    )
    async with mailbox_of(ours) as mailbox:
        await mailbox.tell(wire.as_line(record), wire.PHARMACY)
        await mailbox.feedback("m1", said)
    await ours.quiet()
    (verdict,) = await ours.rows(Topic.VERDICTS)
    assert verdict["msgid"] == record["request"]["msgid"]
    assert await ours.rows(Topic.FEEDBACK) == [said]


async def test_without_workers_a_question_ends_in_time(world: MakeWorld) -> None:
    ours = await world()
    async with mailbox_of(ours) as mailbox:
        with pytest.raises(TimeoutError):
            await mailbox.ask(a_check(1), reply_within_s=0.2)


async def test_with_kafka_gone_questions_end_in_time_and_a_worker_stops_in_time(tmp_path: Path) -> None:
    with LocalKafka() as kafka:
        ours = World(kafka.bootstrap, tmp_path)
        try:
            await ours.create_topics()
            (worker,) = await ours.started()
            async with mailbox_of(ours) as mailbox:
                assert await mailbox.ask(a_check(1), reply_within_s=10)
                await asyncio.to_thread(kafka.kill)
                asked = monotonic()
                answers = await asyncio.gather(
                    *(mailbox.ask(a_check(number), reply_within_s=0.5) for number in range(500)),
                    return_exceptions=True,
                )
                assert all(isinstance(answer, Exception) for answer in answers)
                assert monotonic() - asked < 2.0
                asked = monotonic()
            assert monotonic() - asked < 5.0, "the mailbox lets go"
            worker.process.terminate()
            await worker.ended(10.0)
        finally:
            ours.end()
