"""Calls that can't be answered: what they get, and that nothing of them is quoted."""

import json
from typing import Any

import httpx
import pytest

from tests.gateway.conftest import NOW, TOKENS, Door, OpenDoor
from tests.wire.checks import face_check, order, orders_checked
from tests.wire.envelope import HOSPITAL, PHARMACY, Record, psn_no


def check(**envelope: Any) -> Record:
    request: Record = orders_checked("甲", at=NOW, orders=[order()])["request"]
    return request | envelope


def without(name: str) -> Record:
    return {key: value for key, value in check().items() if key != name}


def patient(**changed: Any) -> Record:
    request = check()
    request["input"]["data"]["patient_dtos"][0] |= changed
    return request


def with_order(**changed: Any) -> Record:
    request = check()
    encounter = request["input"]["data"]["patient_dtos"][0]["fsi_encounter_dtos"][0]
    encounter["fsi_order_dtos"][0] |= changed
    return request


SECRET = "秘密4301"


@pytest.mark.parametrize(
    "request_,path",
    [
        (without("msgid"), "msgid"),
        (without("inf_time"), "inf_time"),
        (without("fixmedins_code"), "fixmedins_code"),
        (without("input"), "input"),
        (check(msgid=SECRET * 100), "msgid"),
        (check(inf_time=SECRET), "inf_time"),
        (check(inf_time="2026-03-12 09:00:00"), "inf_time"),
        (check(inf_time="9999-12-31 23:59:59"), "inf_time"),
        (check(inf_time="2026-03-10T09:00:00+08:00"), "inf_time"),
        (check(input={}), "input.data"),
        (check(input={"data": {}}), "input.data.patient_dtos"),
        (check(input=SECRET), "input"),
        (check(input=[SECRET]), "input"),
        (patient(patn_id=""), "input.data.patient_dtos.patn_id"),
        (patient(patn_id={SECRET: SECRET}), "input.data.patient_dtos"),
        (patient(fsi_encounter_dtos=[]), "input.data.patient_dtos.fsi_encounter_dtos"),
        (with_order(cnt=SECRET), "fsi_order_dtos[0].cnt"),
        (with_order(sumamt="1e999"), "fsi_order_dtos[0].sumamt"),
        (with_order(hilist_code=None), "fsi_order_dtos[0].hilist_code"),
        (with_order(drord_begn_date="2026-02-30 00:00:00"), "fsi_order_dtos[0].drord_begn_date"),
    ],
)
async def test_a_national_envelope_with_a_fault_gets_its_path_and_no_value(
    door: Door, request_: Record, path: str
) -> None:
    answer = await door.call(request_)
    body = answer.json()
    assert (answer.status_code, body["infcode"]) == (200, -1)
    assert path in body["err_msg"]
    assert len(body["err_msg"]) <= 200
    assert body["output"] == {}
    assert SECRET not in body["err_msg"]
    assert psn_no("甲") not in answer.text
    assert door.mailbox.asked == []


async def test_several_patients_in_a_call_are_refused(door: Door) -> None:
    request = check()
    request["input"]["data"]["patient_dtos"] *= 2
    request["input"]["data"]["patient_dtos"][1] = request["input"]["data"]["patient_dtos"][0] | {
        "patn_id": "2"
    }
    body = (await door.call(request)).json()
    assert (body["infcode"], body["err_msg"]) == (-1, "input.data.patient_dtos:一次只能审核一名患者")


@pytest.mark.parametrize("infno", ["2102", "2101", "1101", "9601", "1301", "9001", "ABCD"])
async def test_any_other_call_belongs_to_the_platform(door: Door, infno: str) -> None:
    body = (await door.call(check(infno=infno))).json()
    assert body["infcode"] == -1
    assert "请发送至医保信息平台" in body["err_msg"]


async def test_in_english_it_says_send_to_the_platform(open_door: OpenDoor) -> None:
    async with open_door(language="en") as door:
        body = (await door.call(face_check("甲", at=NOW)["request"])).json()
        assert "send to the platform" in body["err_msg"]
        body = (await door.call(without("msgid"))).json()
        assert body["err_msg"] == "msgid: is missing"


DEEP = b"[" * 10_000 + b"]" * 10_000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"3102"',
        b"3102",
        b"{}",
        b'{"input": {}}',
        b'{"infno": null}',
        b'{"infno": {"a": 1}}',
        b'{"infno": "3102", "infno": "3101", "msgid": "1"}',
        b"\xff\xfe{}",
        b'{"infno": "3102", "msgid": "\xff"}',
        b'{"infno": NaN}',
        DEEP,
        b'{"infno": "3102", "input": ' + DEEP + b"}",
        b"a=1&b=2",
        b"<?xml version='1.0'?><infno>3102</infno>",
    ],
)
async def test_what_is_no_national_envelope_is_a_bad_request(door: Door, body: bytes) -> None:
    answer = await door.call(body)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("no national envelope: ")
    assert (await door.client.get("/-/healthy")).status_code == 200


@pytest.mark.parametrize("text", ["\\ud800", "\\u0000", "\\udfff\\ud800", "\u202e", "é"])
async def test_odd_characters_do_not_break_the_answer(door: Door, text: str) -> None:
    raw = json.dumps(check()).replace('"M', f'"{text}M').replace('"opter": "001"', f'"opter": "{text}"')
    raw = raw.replace('"msgid": "H', f'"msgid": "{text}H')
    answer = await door.call(raw.encode())
    assert answer.status_code in {200, 400}
    assert answer.json()


async def test_white_space_and_numbers_for_texts_are_read(door: Door) -> None:
    raw = json.dumps(check(opter_type=1), indent=4).encode()
    assert (await door.call(raw)).json()["infcode"] == 0


async def test_a_call_without_a_token_or_with_an_unknown_one_is_not_let_in(door: Door) -> None:
    for headers in ({}, {"authorization": "Bearer nobody"}, {"authorization": "Basic aG9zcGl0YWw="}):
        answer = await door.client.post("/fsi/api", json=check(), headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert door.count("monitor_gateway_refused_total", path="/fsi/api", status="401") == 3
    assert door.mailbox.asked == []


async def test_a_token_opens_the_door_for_its_own_provider_alone(door: Door) -> None:
    for token in (TOKENS[PHARMACY], TOKENS["platform"]):
        assert (await door.call(check(), token=token)).status_code == 403
    assert (await door.call(check(fixmedins_code=PHARMACY))).status_code == 403
    assert (await door.call(check(fixmedins_code=HOSPITAL))).status_code == 200
    assert len(door.mailbox.asked) == 1


async def test_a_body_over_the_limit_is_refused_whether_it_says_so_or_not(open_door: OpenDoor) -> None:
    async with open_door(gateway_body_bytes_max=10_000) as door:
        headers = {"authorization": f"Bearer {TOKENS[HOSPITAL]}"}

        async def chunks() -> Any:
            for _ in range(20):
                yield b" " * 1_000

        declared = await door.client.post("/fsi/api", content=b" " * 10_001, headers=headers)
        chunked = await door.client.post("/fsi/api", content=chunks(), headers=headers)
        assert (declared.status_code, chunked.status_code) == (413, 413)
        assert (await door.call(check())).status_code == 200


async def test_a_record_over_the_intake_s_limit_is_too_large_whatever_the_setting(
    open_door: OpenDoor,
) -> None:
    async with open_door(gateway_body_bytes_max=10_000_000) as door:
        assert (await door.call(check(opter_name="x" * 2_000_000))).status_code == 413


async def test_ten_megabytes_are_refused_without_being_kept(door: Door) -> None:
    answer = await door.call(check(opter_name="x" * 4_000_000))
    assert answer.status_code == 413
    try:
        answer = await door.call(check(opter_name="x" * 10_000_000))
    except httpx.TransportError:
        return
    assert answer.status_code == 413


async def test_a_compressed_body_is_not_read(door: Door) -> None:
    headers = {"authorization": f"Bearer {TOKENS[HOSPITAL]}", "content-encoding": "gzip"}
    assert (await door.client.post("/fsi/api", content=b"\x1f\x8b", headers=headers)).status_code == 415


async def test_another_method_is_not_allowed(door: Door) -> None:
    assert (await door.client.get("/fsi/api")).status_code == 405
