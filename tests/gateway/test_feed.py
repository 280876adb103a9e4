"""POST /feed: records on their way to claims.raw."""

import json

import pytest

from monitor.gateway.feed import RECORD_BYTES_MAX
from tests.gateway.conftest import NOW, TOKENS, Door, OpenDoor
from tests.wire.checks import face_check, order, orders_checked
from tests.wire.envelope import HOSPITAL, PHARMACY, Record, as_line


def checks(count: int, provider: str = HOSPITAL) -> list[Record]:
    return [orders_checked(f"人{n}", at=NOW, orders=[order()], provider=provider) for n in range(count)]


async def test_one_record_is_handed_on_byte_for_byte_under_its_provider(door: Door) -> None:
    line = as_line(checks(1)[0])
    answer = await door.feed(line)
    assert (answer.status_code, answer.json()["taken"]) == (200, 1)
    assert door.mailbox.told == [(HOSPITAL, line)]


async def test_one_record_may_be_written_over_several_lines(door: Door) -> None:
    record = checks(1)[0]
    assert (await door.feed(json.dumps(record, indent=1).encode())).json()["taken"] == 1
    assert json.loads(door.mailbox.told[0][1]) == record


async def test_records_one_a_line_are_handed_on_in_order(door: Door) -> None:
    lines = [as_line(each) for each in (*checks(3), *checks(2, PHARMACY))]
    answer = await door.feed(b"\r\n".join(lines) + b"\n\n")
    assert answer.json() == {"taken": 5, "failed": 0, "refused_count": 0, "refused": []}
    assert [provider for provider, _ in door.mailbox.told] == [HOSPITAL] * 3 + [PHARMACY] * 2
    assert [json.loads(raw) for _, raw in door.mailbox.told] == [json.loads(line) for line in lines]
    assert door.count("monitor_fed_records_total") == 5


async def test_a_picture_is_blanked_before_it_gets_anywhere(door: Door) -> None:
    record = face_check("甲", at=NOW)
    record["request"]["input"]["recogInfo"]["recog_pic"] = 'iVBORw0KGgo\\"=' * 100
    await door.feed(json.dumps(record).encode())
    told = json.loads(door.mailbox.told[0][1])
    assert told["request"]["input"]["recogInfo"]["recog_pic"] == ""
    assert b"iVBOR" not in door.mailbox.told[0][1]
    assert door.count("monitor_pictures_dropped_total") == 1


async def test_a_number_may_stand_for_the_provider(door: Door) -> None:
    line = b'{"request": {"fixmedins_code": 43010000001}}'
    assert (await door.feed(line)).json()["taken"] == 1
    assert door.mailbox.told == [("43010000001", line)]


async def test_what_has_no_provider_is_listed_and_the_rest_goes_on(door: Door) -> None:
    good = as_line(checks(1)[0])
    bad = [
        b"nonsense",
        b"[]",
        b"{}",
        b'{"request": 1}',
        b'{"request": {"fixmedins_code": 1.5}}',
        b"[" * 10_000,
    ]
    empty = b'{"request": {"fixmedins_code": " "}}'
    large = b'{"request": {"fixmedins_code": "H1", "x": "' + b"x" * RECORD_BYTES_MAX + b'"}}'
    answer = (await door.feed(b"\n".join([good, *bad, empty, large, good]))).json()
    assert (answer["taken"], answer["refused_count"]) == (2, 8)
    assert [(each["record"], each["reason"]) for each in answer["refused"]] == [
        *((number, "not_a_record") for number in (2, 3, 4, 5)),
        (6, "no_provider"),
        (7, "not_a_record"),
        (8, "no_provider"),
        (9, "too_large"),
    ]


@pytest.mark.parametrize("body", [b"", b"nonsense", b"{}", b"\xff\xff", b"1\n2\n3"])
async def test_a_body_without_any_record_is_a_bad_request(door: Door, body: bytes) -> None:
    assert (await door.feed(body)).status_code == 400
    assert door.mailbox.told == []


async def test_only_so_many_refusals_are_listed(door: Door) -> None:
    answer = (await door.feed(b"x\n" * 500)).json()
    assert (answer["refused_count"], len(answer["refused"])) == (500, 100)


async def test_without_kafka_the_platform_is_told_to_send_it_again(door: Door) -> None:
    door.mailbox.broken = True
    answer = await door.feed(as_line(checks(1)[0]))
    assert (answer.status_code, answer.json()["failed"]) == (503, 1)
    assert answer.headers["retry-after"]


async def test_only_the_platform_feeds(door: Door) -> None:
    line = as_line(checks(1)[0])
    assert (await door.feed(line, token=TOKENS[HOSPITAL])).status_code == 403
    assert (await door.feed(line, token="unknown")).status_code == 401
    assert (await door.client.post("/feed", content=line)).status_code == 401
    assert door.mailbox.told == []


async def test_a_feed_over_its_limit_is_refused(open_door: OpenDoor) -> None:
    async with open_door(gateway_feed_bytes_max=1_000) as door:
        assert (await door.feed(b" " * 1_001)).status_code == 413
