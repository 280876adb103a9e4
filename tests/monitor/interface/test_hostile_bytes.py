"""Bytes that are no record, or one made to harm: encodings, depth, size, keys that stand twice."""

import json
import time
from typing import Any

import pytest

from monitor.interface.intake import Accepted, Rejected
from tests.monitor.interface.records import INTAKE, accepted, as_bytes, changed, refusal, sample


def reason_of(raw: bytes) -> str:
    outcome = INTAKE.decode(raw)
    assert isinstance(outcome, Rejected), outcome
    return outcome.reason.value


GOOD = as_bytes(sample("2102"))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00",
        b"{",
        b"nothing",
        GOOD[:-1],
        GOOD + b"}",
        GOOD + GOOD,
        GOOD.replace(b'"10.00"', b"NaN", 1),
        GOOD.replace(b'"10.00"', b"Infinity", 1),
        GOOD.replace(b'"10.00"', b"01", 1),
        GOOD.replace("司".encode(), b"\xff"),
        GOOD.replace("司".encode(), b"\xc0\x80"),
        GOOD.replace("司".encode(), b"\xed\xa0\x80"),
        GOOD.decode().encode("gbk"),
        GOOD.decode().encode("utf-16"),
        b"\xef\xbb\xbf" + GOOD,
        GOOD.replace(b'"sign_no":""', b'"sign_no":"\\ud800"'),
        GOOD.replace(b'"sign_no":""', b'"sign_no":"\n"'),
        GOOD.replace(b'"sign_no":""', b'"sign_no":""', 1).replace(b'"sign_no":""', b"'sign_no':''"),
    ],
)
def test_bytes_that_are_no_json_are_refused(raw: bytes) -> None:
    assert reason_of(raw) == "not_json"


@pytest.mark.parametrize("raw", [b"[]", b"1", b'"text"', b"null", b"true"])
def test_json_that_is_no_object_is_refused(raw: bytes) -> None:
    assert reason_of(raw) == "not_object"


@pytest.mark.parametrize("name", ["2102", "2203", "3102"])
@pytest.mark.parametrize("key", ["infno", "opter", "msgid"])
@pytest.mark.parametrize("spacing", [(",", ":"), (", ", ": "), (" ,", " :")])
def test_a_key_that_stands_twice_in_an_envelope_is_refused(
    name: str, key: str, spacing: tuple[str, str]
) -> None:
    whole = json.dumps(sample(name), ensure_ascii=False, separators=spacing)
    again = json.dumps({key: sample(name)["request"][key]}, separators=spacing)[1:-1]
    at = whole.index('"opter_name"')
    assert reason_of((whole[:at] + again + spacing[0] + whole[at:]).encode()) == "duplicate_key"


@pytest.mark.parametrize(
    "old, new",
    [
        (b'"opter_name":', b'"inf\\u006eo":"2102","opter_name":'),
        (b'"infcode":0,', b'"infcode":-1,"infcode":0,'),
        (b'"infcode":0,', b'"infcode":0,"x":1,"x":2,'),
        (b'{"request":', b'{"request":{},"request":'),
        (b'"reply":', b'"reply":null,"reply":'),
        (b'"opter_name":', '"名":1,"名":1,"opter_name":'.encode()),
    ],
)
def test_a_hidden_second_key_is_found(old: bytes, new: bytes) -> None:
    assert old in GOOD
    assert reason_of(GOOD.replace(old, new, 1)) == "duplicate_key"


def test_a_second_key_of_just_the_length_of_an_absent_reply_is_found() -> None:
    alone = as_bytes({"request": sample("3102")["request"]})
    again = b'"infno":3102,'
    assert len(again) == len(b',"reply":null')
    assert reason_of(alone.replace(b'"msgid":', again + b'"msgid":', 1)) == "duplicate_key"


def test_keys_that_only_look_alike_are_fine() -> None:
    for new in ('"名":1,"字":2,', '"inf\\u006e":1,', '"Infno":"x",'):
        raw = GOOD.replace(b'"opter_name":', new.encode() + b'"opter_name":', 1)
        assert isinstance(INTAKE.decode(raw), Accepted)


def nested(depth: int, brackets: str = "[]") -> Any:
    return json.loads(brackets[0] * depth + brackets[1] * depth)


def test_64_levels_are_fine_and_65_are_not() -> None:
    # The record and its request are the first two levels.
    assert isinstance(INTAKE.decode(as_bytes(changed("2102", {"request.sign_no": nested(62)}))), Accepted)
    assert refusal("2102", {"request.sign_no": nested(63)}) == ("too_deep", "")


@pytest.mark.parametrize("depth", [100, 10_000, 150_000])
def test_depth_is_refused_wherever_it_is(depth: int) -> None:
    for open_, close in ((b"[", b"]"), (b'{"a":', b"}")):
        deep = open_ * depth + b"1" + close * depth
        assert reason_of(deep) == "too_deep"
        assert reason_of(GOOD.replace(b'"sign_no":""', b'"sign_no":' + deep)) == "too_deep"


@pytest.mark.parametrize(
    "text", ["[" * 200, '\\"' + "{[" * 100, "\\\\" * 3 + "[" * 80 + "\\\\\\\\", "]" * 70 + "[" * 70]
)
def test_brackets_in_texts_are_no_depth(text: str) -> None:
    assert isinstance(INTAKE.decode(as_bytes(changed("2102", {"request.sign_no": text}))), Accepted)


def test_brackets_in_texts_hide_no_depth() -> None:
    tricks = GOOD.replace(b'"sign_no":""', b'"sign_no":' + b'["]",' * 70 + b"1" + b"]" * 70)
    assert reason_of(tricks) == "too_deep"
    tricks = GOOD.replace(b'"sign_no":""', b'"sign_no":' + b'["\\\\",' * 70 + b"1" + b"]" * 70)
    assert reason_of(tricks) == "too_deep"


def test_a_record_over_a_mebibyte_is_refused_and_its_picture_does_not_count() -> None:
    assert refusal("2102", {"request.sign_no": "x" * 1024 * 1024}) == ("too_large", "")
    picture = "A" * 7 * 1024 * 1024
    assert accepted("9601", {"request.input.recogInfo.recog_pic": picture}).picture_dropped
    too_much = {"request.input.recogInfo.recog_pic": picture, "request.sign_no": "x" * 1024 * 1024}
    assert refusal("9601", too_much) == ("too_large", "")
    assert refusal("9601", {"request.input.recogInfo.recog_pic": "A" * 8 * 1024 * 1024}) == ("too_large", "")


@pytest.mark.parametrize("path", ["request.sign_no", "request.input.recogInfo.recog_pic", "request.msgid"])
def test_hostile_sizes_are_answered_in_no_time(path: str) -> None:
    hostile = [
        as_bytes(changed("9601", {path: '\\"' * 400_000})),
        as_bytes(changed("9601", {path: "[" * 900_000})),
        as_bytes(changed("9601", {path: int("9" * 4000)})),
        as_bytes(changed("9601", {path: "x" * 10 * 1024 * 1024})),
    ]
    begun = time.process_time()
    for raw in hostile:
        INTAKE.decode(raw)
    assert time.process_time() - begun < 2
