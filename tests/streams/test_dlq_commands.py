"""`monitor dlq`: dead letters are found, told of without their content, and put back at most as often as is set."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from monitor.accountable import Signature
from streams.engine.dead_letters import sealer_of
from streams.engine.ledger import FencedError
from streams.engine.records import REPLAY_OF, REPLAYS, Record
from streams.letters import Letter, Wanted, letters
from streams.reading import Reader
from streams.repair import Deed, Pen, put_back
from streams.topics import Topic, name_of, partition_of
from tests import wire
from tests.streams.conftest import MakeWorld
from tests.streams.typed import SIGNED, typed
from tests.streams.world import PARTITIONS, World

pytestmark = pytest.mark.kafka

SECRET = "张三430102199001011234"
DIED_MS = 1_773_104_460_000
DIED = "2026-03-10T09:01:00+08:00"
SIGNATURE = Signature(by="Wang Wu", account="wangwu@desk", why="fixed since", at=DIED_MS // 1000)

LOOKED_AT = (Topic.CLAIMS_RAW, Topic.CLAIMS, Topic.FINDINGS, Topic.DEAD_LETTERS, Topic.AUDIT)
"""By these commands where no worker is."""


def a_sale(number: int = 1) -> bytes:
    record = wire.pharmacy_sale(f"p{number}", at=f"2026-03-10 09:{number:02d}:00", lines=[wire.line()])
    record["request"]["input"]["druginfo"]["psn_name"] = SECRET
    return wire.as_line(record)


def a_sale_that_nobody_can_read(number: int = 1) -> bytes:
    record = wire.pharmacy_sale(f"p{number}", at=f"2026-03-10 09:{number:02d}:00", lines=[wire.line()])
    record["request"]["input"]["druginfo"]["psn_name"] = SECRET
    del record["reply"]["output"]["setlinfo"]["setl_time"]
    return wire.as_line(record)


async def put_aside(
    world: World,
    content: bytes,
    *,
    topic: Topic = Topic.CLAIMS_RAW,
    partition: int = 0,
    stage: str = "intake",
    reason: str = "missing_field",
    replays: int = 0,
    at_ms: int = DIED_MS,
    bytes_max: int = 1 << 20,
) -> str:
    """A dead letter on partition 1, as the engine writes it; its name."""
    marks = {REPLAYS: b"%d" % replays} if replays else {}
    record = Record(name_of(topic, world.settings), partition, 7, at_ms, None, content, marks)
    value, headers = sealer_of(world.settings).letter(
        record,
        stage=stage,
        reason=reason,
        detail="reply.output.setlinfo.setl_time",
        at_ms=at_ms,
        bytes_max=bytes_max,
    )
    producer = AIOKafkaProducer(bootstrap_servers=world.settings.bootstrap)
    await producer.start()
    try:
        name = name_of(Topic.DEAD_LETTERS, world.settings)
        put = await producer.send_and_wait(name, value, headers=headers, partition=1)
    finally:
        await producer.stop()
    return f"1:{put.offset}"


async def audit(world: World) -> list[dict[str, Any]]:
    return await world.rows(Topic.AUDIT)


async def test_letters_are_listed_by_stage_reason_and_time_and_nothing_of_what_they_hold(
    world: MakeWorld,
) -> None:
    ours = await world(only=LOOKED_AT)
    first = await put_aside(ours, a_sale(1))
    second = await put_aside(
        ours, b"\x01", topic=Topic.CLAIMS, stage="persons", reason="rule_failed", at_ms=DIED_MS + 60_000
    )

    async def found(*arguments: str) -> list[str]:
        listed = await typed(ours, "dlq", "list", "--json", *arguments)
        assert (listed.code, SECRET in listed.out + listed.err) == (0, False)
        return [row["letter"] for row in listed.rows]

    assert await found() == [first, second]
    assert await found("--reason", "missing_field") == [first]
    assert await found("--stage", "persons") == [second]
    assert await found("--since", "2026-03-10 09:02") == [second]
    assert await found("--until", "2026-03-10T09:01:59") == [first]
    assert await found(second) == [second]
    assert await found("--limit", "1") == [second]
    assert await found("--stage", "nowhere") == []
    shown = await typed(ours, "dlq", "list")
    assert "2 dead letters" in shown.out
    assert DIED in shown.out
    assert SECRET not in shown.out


async def test_a_letter_is_shown_with_all_but_its_content(world: MakeWorld) -> None:
    ours = await world(only=LOOKED_AT)
    content = a_sale()
    name = await put_aside(ours, content)
    shown = await typed(ours, "dlq", "show", name)
    assert shown.code == 0
    for word in ("missing_field", "intake", "reply.output.setlinfo.setl_time", DIED, str(len(content))):
        assert word in shown.out
    assert SECRET not in shown.out
    assert await audit(ours) == []


async def test_who_looks_at_the_content_says_who_and_why_and_that_is_kept(world: MakeWorld) -> None:
    ours = await world(only=LOOKED_AT)
    name = await put_aside(ours, a_sale())
    for unsigned in ((), ("--by", "Li Na"), ("--why", "ticket 4711")):
        refused = await typed(ours, "dlq", "show", name, "--content", *unsigned)
        assert (refused.code, SECRET in refused.out + refused.err) == (2, False)
    assert await audit(ours) == []
    shown = await typed(ours, "dlq", "show", name, "--content", *SIGNED)
    assert SECRET in shown.out
    (row,) = await audit(ours)
    assert (row["action"], row["by"], row["why"], row["letter"]) == ("dlq.read", "Li Na", "ticket 4711", name)
    assert SECRET not in json.dumps(row, ensure_ascii=False)
    assert "dlq.read" in (await typed(ours, "dlq", "show", name)).out


async def test_a_letter_of_another_key_is_not_opened_and_not_said_to_be(world: MakeWorld) -> None:
    ours = await world(only=LOOKED_AT)
    name = await put_aside(ours, a_sale())
    for arguments in (("show", name, "--content"), ("replay", name)):
        refused = await typed(ours, "dlq", *arguments, *SIGNED, MONITOR_DEAD_LETTER_KEY="another one")
        assert refused.code == 1
        assert "MONITOR_DEAD_LETTER_KEY" in refused.out + refused.err
    assert await audit(ours) == []
    assert await ours.said(Topic.CLAIMS_RAW) == []


async def test_content_can_not_steer_a_terminal(world: MakeWorld) -> None:
    ours = await world(only=LOOKED_AT)
    name = await put_aside(ours, b"\x1b[2J\xff good")
    shown = await typed(ours, "dlq", "show", name, "--content", *SIGNED)
    assert "\x1b" not in shown.out
    assert "\\x1b[2J\\xff good" in shown.out


async def test_what_is_put_back_is_judged_as_if_it_had_just_come(world: MakeWorld) -> None:
    ours = await world()
    await ours.started()
    content = a_sale()
    name = await put_aside(ours, content)
    done = await typed(ours, "dlq", "replay", name, *SIGNED)
    assert (done.code, SECRET in done.out + done.err) == (0, False)
    await ours.quiet()
    (verdict,) = await ours.rows(Topic.VERDICTS)
    assert verdict["decision"] == "pass"
    # Letters say which partition it stood on; intake sends it on to its own, with its mark.
    records = await ours.said(Topic.CLAIMS_RAW)
    (claim,) = await ours.said(Topic.CLAIMS)
    for record in (*records, claim):
        headers = dict(record.headers)
        assert (headers[REPLAYS], headers[REPLAY_OF]) == (b"1", name.encode())
    assert {record.value for record in records} == {content}
    assert {record.partition for record in records} == {0, partition_of(verdict["provider"], PARTITIONS)}
    (row,) = await audit(ours)
    assert (row["action"], row["by"], row["why"], row["letter"]) == (
        "dlq.replay",
        "Li Na",
        "ticket 4711",
        name,
    )
    assert (row["replays"], row["letter_at"], row["forced"]) == (1, DIED, False)


async def test_a_letter_is_put_back_once_unless_that_is_forced(world: MakeWorld) -> None:
    ours = await world(only=LOOKED_AT)
    name = await put_aside(ours, a_sale())
    first = await typed(ours, "dlq", "replay", name, *SIGNED)
    again = await typed(ours, "dlq", "replay", "--all", *SIGNED)
    assert (first.code, again.code) == (0, 0)
    assert "0 put back, 1 refused" in again.out
    assert len(await ours.said(Topic.CLAIMS_RAW)) == 1
    forced = await typed(ours, "dlq", "replay", name, "--force", *SIGNED)
    assert "1 put back, 0 refused" in forced.out
    assert len(await ours.said(Topic.CLAIMS_RAW)) == 2
    assert sorted(row["forced"] for row in await audit(ours)) == [False, True]


async def test_what_fails_again_comes_back_marked_until_it_is_refused(world: MakeWorld) -> None:
    """Whoever puts back all there is, again and again, comes to an end."""
    ours = await world(dead_letter_replays_max=2)
    await ours.started()
    await ours.feed([a_sale_that_nobody_can_read()])
    await ours.quiet()
    for count in (1, 2):
        done = await typed(ours, "dlq", "replay", "--all", *SIGNED)
        assert "1 put back" in done.out
        await ours.quiet()
        marks = [dict(each.headers).get(REPLAYS) for each in await ours.said(Topic.DEAD_LETTERS)]
        assert sorted(int(mark or 0) for mark in marks) == list(range(count + 1))
    refused = await typed(ours, "dlq", "replay", "--all", *SIGNED)
    assert refused.code == 1
    assert "0 put back, 3 refused" in refused.out
    forced = await typed(ours, "dlq", "replay", "--all", "--force", *SIGNED)
    assert "MONITOR_DEAD_LETTER_REPLAYS_MAX" in forced.out


async def test_what_is_behind_the_door_keeps_its_mark_too(world: MakeWorld) -> None:
    ours = await world()
    await ours.started()
    await ours.put(Topic.CLAIMS, b"p", b"\x01 no event")
    await ours.quiet()
    done = await typed(ours, "dlq", "replay", "--stage", "persons", *SIGNED)
    assert "1 put back" in done.out
    await ours.quiet()
    listed = (await typed(ours, "dlq", "list", "--json")).rows
    assert sorted((row["stage"], row["replays"]) for row in listed) == [("persons", 0), ("persons", 1)]
    assert {row["replay_of"] for row in listed} == {"", listed[0]["letter"]}


async def test_what_can_not_be_put_back_is_refused_with_the_reason(world: MakeWorld) -> None:
    ours = await world(only=LOOKED_AT)
    cut = await put_aside(ours, b"x" * 300, bytes_max=200)
    finding = await put_aside(ours, b"{}", topic=Topic.FINDINGS)
    nowhere = await put_aside(ours, a_sale(), partition=PARTITIONS)
    done = await typed(ours, "dlq", "replay", "--all", *SIGNED)
    assert done.code == 1
    assert f"{cut} only the head of its record was kept" in done.out
    assert f"{finding} nothing reads it there any more" in done.out
    assert f"{nowhere} nothing reads it there any more" in done.out
    assert await audit(ours) == []


async def test_a_dry_run_says_what_would_be_done_and_does_nothing(world: MakeWorld) -> None:
    ours = await world(only=LOOKED_AT)
    name = await put_aside(ours, a_sale())
    done = await typed(ours, "dlq", "replay", "--reason", "missing_field", "--dry-run", *SIGNED)
    assert f"{name} would be put back" in done.out
    assert await ours.said(Topic.CLAIMS_RAW) == []
    assert await audit(ours) == []


async def test_nothing_is_put_back_without_who_why_and_which(world: MakeWorld) -> None:
    ours = await world(only=LOOKED_AT)
    await put_aside(ours, a_sale())
    for arguments, code in (
        (("--all",), 2),
        (("--all", "--by", "Li Na"), 2),
        (("--all", "--by", "Li Na", "--why", "430102199001011234"), 2),
        (SIGNED, 2),
        (("seventeen", *SIGNED), 2),
        (("3:9999", *SIGNED), 1),
        (("99:0", *SIGNED), 1),
    ):
        refused = await typed(ours, "dlq", "replay", *arguments)
        assert (arguments, refused.code) == (arguments, code)
    assert await ours.said(Topic.CLAIMS_RAW) == []


async def test_of_two_who_put_back_at_once_one_is_fenced_and_nothing_is_put_back_twice(
    world: MakeWorld,
) -> None:
    ours = await world(only=LOOKED_AT)
    await put_aside(ours, a_sale())
    async with Reader(ours.settings.bootstrap) as reader:
        (letter,) = [each async for each in letters(reader, Wanted(), ours.settings)]
    async with Pen(ours.settings, SIGNATURE, Deed.REPLAY) as slow:
        done = await typed(ours, "dlq", "replay", "--all", *SIGNED)
        assert "1 put back" in done.out
        with pytest.raises(FencedError):
            _ = [step async for step in put_back(_only(letter), set(), ours.settings, slow)]
    assert len(await ours.said(Topic.CLAIMS_RAW)) == 1
    assert [row["by"] for row in await audit(ours)] == ["Li Na"]


async def _only(letter: Letter) -> AsyncIterator[Letter]:
    yield letter
