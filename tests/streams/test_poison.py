"""Records that can't be used never stop a stream, and are kept for a holder of the key alone."""

import hashlib
from typing import Any

import pytest

from streams.engine.dead_letters import HEAD_BYTES, sealer_of
from streams.topics import Topic, name_of
from tests import wire
from tests.streams.conftest import MakeWorld
from tests.streams.world import World

pytestmark = pytest.mark.kafka

SECRET = "身份证430102199001011234"


def _good(number: int) -> bytes:
    return wire.as_line(
        wire.pharmacy_sale(f"p{number}", at=f"2026-03-10 09:{number:02d}:00", lines=[wire.line()])
    )


def _without_time() -> wire.Record:
    record = wire.pharmacy_sale("p", at="2026-03-10 09:00:00", lines=[wire.line()])
    record["request"]["input"]["druginfo"]["psn_name"] = SECRET
    del record["reply"]["output"]["setlinfo"]["setl_time"]
    return record


async def _fed(world: MakeWorld, lines: list[bytes]) -> World:
    ours = await world()
    await ours.started()
    await ours.feed(lines)
    await ours.quiet()
    return ours


async def test_poisoned_records_become_dead_letters_and_the_rest_goes_on(world: MakeWorld) -> None:
    far = wire.pharmacy_sale("p", at="2099-03-10 09:00:00", lines=[wire.line()])
    poison = {
        b"\xff\xfe not json": "not_json",
        b"[1, 2]": "not_object",
        b"": "not_json",
        b'{"request": ' * 10_000: "too_deep",
        wire.as_line(_without_time()): "missing_field",
        wire.as_line(far): "time_out_of_range",
    }
    lines = [line for number, bad in enumerate(poison) for line in (_good(number), bad)]
    ours = await _fed(world, lines)
    assert len(await ours.rows(Topic.VERDICTS)) == len(poison)
    letters = await ours.said(Topic.DEAD_LETTERS)
    sealer = sealer_of(ours.settings)
    assert {sealer.open_letter(each.value or b""): _headers(each)["reason"] for each in letters} == poison
    for each in letters:
        headers = _headers(each)
        assert headers["topic"] == name_of(Topic.CLAIMS_RAW, ours.settings)
        assert headers["key-id"] == "1"
        assert {"detail", "partition", "offset", "at"} <= headers.keys()
    assert SECRET not in ours.workers[0].log() + str([each.value for each in letters])
    assert SECRET not in ours.workers[0].page("/metrics")[1]


async def test_of_a_record_over_the_limit_the_head_its_length_and_digest_are_kept(world: MakeWorld) -> None:
    large = b'{"request": "' + b"x" * (3 << 20) + b'"}'
    ours = await _fed(world, [large, _good(1)])
    assert len(await ours.rows(Topic.VERDICTS)) == 1
    (letter,) = await ours.said(Topic.DEAD_LETTERS)
    headers = _headers(letter)
    assert headers["reason"] == "too_large"
    assert headers["length"] == str(len(large))
    assert headers["sha256"] == hashlib.sha256(large).hexdigest()
    assert sealer_of(ours.settings).open_letter(letter.value or b"") == large[:HEAD_BYTES]


async def test_what_no_stage_can_read_behind_the_door_is_put_aside_with_its_stack(world: MakeWorld) -> None:
    ours = await world()
    await ours.started()
    await ours.put(Topic.CLAIMS, b"p", b"\x01 no event")
    await ours.feed([_good(1)])
    await ours.quiet()
    assert len(await ours.rows(Topic.VERDICTS)) == 1
    (letter,) = await ours.said(Topic.DEAD_LETTERS)
    headers = _headers(letter)
    assert headers["reason"] == "rule_failed"
    assert "persons.py" in headers["detail"]
    assert sealer_of(ours.settings).open_letter(letter.value or b"") == b"\x01 no event"


async def test_a_record_on_a_wrong_partition_is_sent_on_to_its_own(world: MakeWorld) -> None:
    ours = await world()
    (worker,) = await ours.started()
    lines = [_good(number) for number in range(4)]
    for partition in range(4):
        await ours.feed(lines, keep_partition=partition)
    await ours.quiet()
    verdicts = await ours.rows(Topic.VERDICTS)
    assert len({row["verdict_id"] for row in verdicts}) == len(lines)
    assert worker.metric("monitor_misplaced_total")['{stage="intake"}'] == 3 * len(lines)


def _headers(record: Any) -> dict[str, str]:
    return {name: value.decode() for name, value in record.headers}


async def test_a_sale_that_is_claimed_for_a_second_person_is_the_first_ones(world: MakeWorld) -> None:
    at = "2026-03-10 09:00:00"
    first, other = (
        wire.pharmacy_sale(person, at=at, msgid="M" * 30, setl_id="S1", mdtrt_id="M1") for person in "ab"
    )
    ours = await _fed(world, [wire.as_line(first), wire.as_line(other)])
    said, again = await ours.rows(Topic.VERDICTS)
    assert said == again
    (worker,) = ours.workers
    assert worker.metric("monitor_conflicts_total")['{stage="providers"}'] == 1
