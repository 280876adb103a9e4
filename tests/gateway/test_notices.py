"""A provider fetches its own notices: a list since a place, or a stream that goes on where it was broken off."""

from typing import Any

import httpx
import pytest

from tests.gateway.conftest import TOKENS, Door
from tests.wire.envelope import HOSPITAL, PHARMACY

LIST = f"/providers/{HOSPITAL}/verdicts"


async def get(door: Door, path: str, *, token: str = TOKENS[HOSPITAL], **params: Any) -> httpx.Response:
    return await door.client.get(path, params=params, headers={"authorization": f"Bearer {token}"})


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [notice["notice_id"] for notice in answer.json()["notices"]]


async def test_a_provider_gets_its_own_page_by_page_and_asks_on_from_the_last_place(door: Door) -> None:
    for number in range(7):
        door.notices.say(HOSPITAL if number % 2 == 0 else PHARMACY, number)
    first = await get(door, LIST, limit=3)
    assert ids(first) == ["n0", "n2", "n4"]
    assert first.json()["more"]
    second = await get(door, LIST, after=first.json()["next"])
    assert ids(second) == ["n6"]
    assert not second.json()["more"]
    third = await get(door, LIST, after=second.json()["next"])
    assert ids(third) == []


@pytest.mark.parametrize("path", [LIST, f"/providers/{HOSPITAL}/undelivered"])
async def test_nobody_sees_those_of_another(door: Door, path: str) -> None:
    door.notices.say(HOSPITAL, 1)
    assert (await get(door, path, token=TOKENS[PHARMACY])).status_code == 403
    assert (await get(door, path, token="nobody's")).status_code == 401
    assert (await get(door, path, token=TOKENS["platform"])).status_code == 403


@pytest.mark.parametrize("params", [{"after": "x"}, {"limit": 0}, {"limit": 501}, {"after": -2}])
async def test_odd_questions_are_refused(door: Door, params: dict[str, Any]) -> None:
    answer = await get(door, LIST, **params)
    assert answer.status_code == 400
    assert answer.json()["detail"] == f"can't be read: {next(iter(params))}"


async def test_an_odd_question_is_not_quoted(door: Door) -> None:
    answer = await get(door, LIST, after="43010000007317142938")
    assert answer.status_code == 400
    assert "4301000000" not in answer.text


async def test_while_notices_cant_be_read_the_caller_is_told_to_ask_again(door: Door) -> None:
    door.notices.broken = True
    answer = await get(door, LIST)
    assert answer.status_code == 503
    assert "must not be shown" not in answer.text


async def test_what_a_web_hook_did_not_take_can_be_fetched(door: Door) -> None:
    door.notices.undelivered.append((HOSPITAL, b'{"notice_id":"n1","why":"HTTP 500"}'))
    answer = await get(door, f"/providers/{HOSPITAL}/undelivered")
    assert answer.json()["notices"] == [{"id": 0, "notice_id": "n1", "why": "HTTP 500"}]


async def test_a_stream_goes_on_behind_the_last_event_that_was_seen_and_then_with_what_comes(
    door: Door,
) -> None:
    for number in range(3):
        door.notices.say(HOSPITAL, number)
    headers = {
        "authorization": f"Bearer {TOKENS[HOSPITAL]}",
        "accept": "text/event-stream",
        "last-event-id": "0",
    }
    seen = []
    async with door.client.stream("GET", LIST, headers=headers) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        async for line in stream.aiter_lines():
            if line.startswith("id: "):
                seen.append(int(line.removeprefix("id: ")))
            if seen == [1, 2] and len(door.notices.log) == 3:
                door.notices.say(PHARMACY, 3)
                door.notices.say(HOSPITAL, 4)
            if seen and seen[-1] == 4:
                door.notices.end(HOSPITAL)
    assert seen == [1, 2, 4]
