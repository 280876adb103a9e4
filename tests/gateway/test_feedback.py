"""3103 over HTTP: what a doctor did with a warning."""

import pytest

from tests.gateway.conftest import NOW, TOKENS, Door, OpenDoor
from tests.wire.checks import feedback, order, orders_checked
from tests.wire.envelope import PHARMACY, Record


async def given(door: Door) -> str:
    """The jr_id of a warning that the hospital was given."""
    request = orders_checked("甲", at=NOW, orders=[order(amount="11.00")])["request"]
    jr_id: str = (await door.call(request)).json()["output"]["result"][0]["jr_id"]
    return jr_id


def answered(jr_id: str, **more: str) -> Record:
    request: Record = feedback(jr_id, at=NOW, **more)["request"]  # type: ignore[arg-type]  # texts only
    return request


@pytest.mark.parametrize("way,reason", [("1", "病情需要"), ("2", ""), ("2", "改用其他药品")])
async def test_an_answer_to_a_warning_is_taken_down_and_acknowledged(
    door: Door, way: str, reason: str
) -> None:
    jr_id = await given(door)
    request = answered(jr_id, dspo_way=way, reason=reason)
    body = (await door.call(request)).json()
    assert (body["infcode"], body["output"]) == (0, {"result": [{"warn_rslt_id": jr_id}]})
    record = {
        "jr_id": jr_id,
        "rule_id": "GZ10000201002000",
        "provider": request["fixmedins_code"],
        "dspo_way": way,
        "at": "2026-03-10T09:00:00+08:00",
    }
    assert door.mailbox.feedbacks == [(request["msgid"], record)]
    assert door.count("monitor_feedback_total", rule_id=record["rule_id"], dspo_way=way) == 1


async def refused_at(door: Door, request: Record, path: str, *, token: str = "") -> None:
    body = (await door.call(request, token=token or TOKENS[request["fixmedins_code"]])).json()
    assert body["infcode"] == -1
    assert body["err_msg"].startswith(f"{path}:")
    assert door.mailbox.feedbacks == []


async def test_going_on_needs_a_reason(door: Door) -> None:
    request = answered(await given(door), dspo_way="1", reason="  ")
    await refused_at(door, request, "input.data.warns[0].dspo_way_rea")


async def test_a_warning_that_was_never_given_is_not_answered(door: Door) -> None:
    path = "input.data.warns[0].warn_rslt_id"
    jr_id = await given(door)
    for unknown in ("JR1", f"{jr_id}0", jr_id.replace("GZ1", "GZ2"), "..", "GZ10000201002000.a.b"):
        await refused_at(door, answered(unknown), path)


async def test_a_warning_of_another_provider_is_unknown(door: Door) -> None:
    request = answered(await given(door), provider=PHARMACY)
    await refused_at(door, request, "input.data.warns[0].warn_rslt_id")


async def test_a_way_that_the_interface_does_not_know_is_refused(door: Door) -> None:
    await refused_at(door, answered(await given(door), dspo_way="3"), "input.data.warns[0].dspo_way")


async def test_of_several_answers_one_bad_one_keeps_all_from_being_taken_down(door: Door) -> None:
    request = answered(await given(door))
    warns = request["input"]["data"]["warns"]
    warns.append(warns[0] | {"warn_rslt_id": "JR1"})
    await refused_at(door, request, "input.data.warns[1].warn_rslt_id")


async def test_a_repeat_gets_the_same_answer(door: Door) -> None:
    request = answered(await given(door))
    assert (await door.call(request)).json() == (await door.call(request)).json()
    assert door.mailbox.feedbacks[0] == door.mailbox.feedbacks[1]


async def test_without_kafka_the_caller_is_told_to_send_it_again(open_door: OpenDoor) -> None:
    async with open_door(language="en") as door:
        request = answered(await given(door))
        door.mailbox.broken = True
        body = (await door.call(request)).json()
        assert body["infcode"] == -1
        assert "send again later with the same msgid" in body["err_msg"]
        door.mailbox.broken = False
        assert (await door.call(request)).json()["infcode"] == 0
