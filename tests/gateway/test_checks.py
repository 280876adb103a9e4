"""3101 and 3102 over HTTP: the verdict within the budget, else the call goes on."""

import asyncio

from monitor.privacy import Tokens
from monitor.settings import Settings
from tests.gateway.conftest import NOW, TOKENS, Door, OpenDoor
from tests.wire.checks import order, orders_checked
from tests.wire.envelope import PHARMACY, Record, psn_no

WRONG = {"pric": "10.00", "amount": "11.00"}
"""An order whose amount is not price times count."""


def check(person: str = "甲", *, wrong: bool = True, infno: str = "3102", **more: str) -> Record:
    orders = [order(**WRONG) if wrong else order()]
    request: Record = orders_checked(person, at=NOW, orders=orders, infno=infno, **more)["request"]  # type: ignore[arg-type]  # texts only
    return request


async def test_a_breach_is_rejected_with_what_to_do_about_it(door: Door) -> None:
    answer = (await door.call(check())).json()
    output = answer["output"]
    assert (answer["infcode"], answer["err_msg"]) == (0, "")
    assert (output["decision"], output["amount_refused"]) == ("reject", "11.00")
    assert [result["rule_id"] for result in output["result"]] == ["GZ10000201002000"]
    assert output["appeal"]["reference"] == output["result"][0]["jr_id"]
    assert output["rules_version"] == door.knowledge.rules_version


async def test_before_the_order_the_same_breach_reminds(door: Door) -> None:
    output = (await door.call(check(infno="3101"))).json()["output"]
    assert (output["decision"], output["amount_refused"]) == ("remind", "0.00")


async def test_orders_without_a_breach_pass(door: Door) -> None:
    output = (await door.call(check(wrong=False))).json()["output"]
    assert (output["decision"], output["result"], output["appeal"]) == ("pass", [], None)


async def test_the_answer_names_the_patient_as_the_caller_does_and_the_stream_by_token(door: Door) -> None:
    answer = await door.call(check("乙"))
    result = answer.json()["output"]["result"][0]
    assert result["patn_id"] == psn_no("乙")
    assert {each["patn_id"] for each in result["judge_result_detail_dtos"]} == {psn_no("乙")}
    token = Tokens("a key for tests").person(psn_no("乙"))
    assert door.mailbox.asked[0].person == token
    assert token not in answer.text


async def test_a_reply_envelope_has_all_its_members(door: Door) -> None:
    request = check()
    answer = (await door.call(request)).json()
    assert set(answer) == {"infcode", "inf_refmsgid", "refmsg_time", "respond_time", "err_msg", "output"}
    assert answer["inf_refmsgid"] == request["msgid"]
    assert answer["refmsg_time"] == "20260310090000000"


async def test_a_repeat_gets_the_same_answer(door: Door) -> None:
    request = check()
    first, second = (await door.call(request)).json(), (await door.call(request)).json()
    assert first == second


async def test_repeats_at_the_same_time_are_one_question_and_all_get_its_answer(door: Door) -> None:
    request = check()
    answers = [answer.json() for answer in await asyncio.gather(*(door.call(request) for _ in range(20)))]
    assert len(door.mailbox.asked) == 1
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["output"]["decision"] == "reject"


async def test_a_msgid_used_again_for_another_patient_keeps_its_first_answer_and_does_not_pin_it_on_the_other(
    door: Door,
) -> None:
    msgid = check()["msgid"]
    first = (await door.call(check("甲", msgid=msgid))).json()["output"]
    other = await door.call(check("乙", msgid=msgid))
    assert other.json()["output"]["result"][0]["jr_id"] == first["result"][0]["jr_id"]
    assert psn_no("乙") not in other.text
    assert psn_no("甲") not in other.text


async def test_past_the_budget_the_call_goes_on_and_is_counted(open_door: OpenDoor) -> None:
    async with open_door(gateway_budget_ms=20) as door:
        door.mailbox.answering.clear()
        answer = (await door.call(check())).json()
        assert answer["infcode"] == 0
        assert answer["output"] == {
            "result": [],
            "decision": "unchecked",
            "amount_refused": "0.00",
            "rules_version": door.knowledge.rules_version,
            "appeal": None,
        }
        assert door.count("monitor_fail_open_total", reason="budget") == 1


async def test_a_repeat_after_failing_open_gets_the_real_verdict(open_door: OpenDoor) -> None:
    async with open_door(gateway_budget_ms=50) as door:
        door.mailbox.answering.clear()
        request = check()
        assert (await door.call(request)).json()["output"]["decision"] == "unchecked"
        door.mailbox.answering.set()
        assert (await door.call(request)).json()["output"]["decision"] == "reject"


async def test_without_kafka_the_call_goes_on_at_once_and_is_counted(door: Door) -> None:
    door.mailbox.broken = True
    answer = (await door.call(check())).json()
    assert (answer["infcode"], answer["output"]["decision"]) == (0, "unchecked")
    assert door.count("monitor_fail_open_total", reason="kafka") == 1


async def test_an_answer_that_was_given_is_given_again_while_kafka_is_away(door: Door) -> None:
    request = check()
    first = (await door.call(request)).json()
    door.mailbox.broken = True
    assert (await door.call(request)).json() == first


async def test_too_many_that_wait_let_the_next_one_go_on_at_once(open_door: OpenDoor) -> None:
    async with open_door(gateway_waiting_max=1) as door:
        door.mailbox.answering.clear()
        waiting = asyncio.create_task(door.call(check("甲")))
        await door.mailbox.asked_one.wait()
        assert (await door.call(check("乙"))).json()["output"]["decision"] == "unchecked"
        assert door.count("monitor_fail_open_total", reason="busy") == 1
        door.mailbox.answering.set()
        assert (await waiting).json()["output"]["decision"] == "reject"


async def test_two_hundred_calls_at_a_time_each_get_their_own_verdict(door: Door) -> None:
    requests = [check(f"人{n}", wrong=n % 2 == 0) for n in range(200)]
    answers = await asyncio.gather(*(door.call(request) for request in requests))
    for n, (request, answer) in enumerate(zip(requests, answers, strict=True)):
        body = answer.json()
        assert body["inf_refmsgid"] == request["msgid"]
        assert body["output"]["decision"] == ("reject" if n % 2 == 0 else "pass")
        assert all(result["patn_id"] == psn_no(f"人{n}") for result in body["output"]["result"])
    assert door.count("monitor_gateway_calls_total", infno="3102", infcode="0") == 200
    assert door.count("monitor_gateway_waiting") == 0


async def test_a_pharmacy_may_ask_with_its_own_token(door: Door) -> None:
    request = check(provider=PHARMACY)
    assert (await door.call(request, token=TOKENS[PHARMACY])).json()["output"]["decision"] == "reject"


async def test_what_people_read_is_english_by_setting(open_door: OpenDoor) -> None:
    async with open_door(language="en") as door:
        result = (await door.call(check())).json()["output"]["result"][0]
        assert result["rule_name"].isascii()


def test_the_budget_is_800_ms_unless_set_otherwise() -> None:
    assert Settings.model_fields["gateway_budget_ms"].default == 800
