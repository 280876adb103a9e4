"""An identity is found in every form, wherever it stands; what is none is not."""

import base64
import hashlib
import json
from urllib.parse import quote

import pytest

from tests.deploy.privacy.identities import Found, Search, identities

NUMBER = "43010000007317142938"
CERTNO = "430102198005209015"
NAME = "司徒霁"
KNOWN = {NUMBER: "psn_no", CERTNO: "certno", NAME: "psn_name"}


def fields(content: bytes) -> set[str]:
    return {found.field for found in Search(KNOWN)("a kind", "there", content)}


@pytest.mark.parametrize("lead", [b"", b"x", b"xy", b"xyz"])
@pytest.mark.parametrize("value, field", KNOWN.items())
def test_in_base64_it_is_found_whatever_stands_before_it(value: str, field: str, lead: bytes) -> None:
    raw = lead + value.encode() + b", and more"
    assert field in fields(b"log: " + base64.b64encode(raw))
    assert field in fields(base64.urlsafe_b64encode(raw))


@pytest.mark.parametrize("value, field", KNOWN.items())
def test_every_other_form_is_found_too(value: str, field: str) -> None:
    raw = value.encode()
    for content in (
        raw,
        b"..." + raw + b"...",
        raw.hex().encode(),
        raw.hex().upper().encode(),
        json.dumps({"said": value}).encode(),
        repr(raw).encode(),
        quote(value).encode(),
        value.encode("gb18030"),
        value.encode("utf-16-le"),
        hashlib.sha256(raw).digest(),
        hashlib.md5(raw, usedforsecurity=False).hexdigest().encode(),
    ):
        assert field in fields(content), content
    if value == CERTNO:
        assert field in fields(b"\xcf" + int(value).to_bytes(8, "big"))


def test_a_part_of_a_picture_is_found() -> None:
    picture = base64.b64encode(bytes(range(200))).decode()
    search = Search(identities([json.dumps({"input": {"recogInfo": {"recog_pic": picture}}}).encode()]))
    (found,) = search("logs", "worker.log", f"could not read {picture[:60]}...".encode())
    assert found == Found("logs", "worker.log", "recog_pic", "part")


def test_numbers_of_a_claim_and_what_only_looks_like_somebody_are_not_found() -> None:
    record = {
        "psn_no": NUMBER,
        "setl_id": "S430100260310000000680",
        "brdy": "1980-05-20",
        "begntime": "1980-05-20",
    }
    known = identities([json.dumps(record).encode()])
    assert known == {NUMBER: "psn_no"}
    search = Search(known)
    assert not list(search("topic verdicts", "0:1", b"S430100260310000000680 " + NUMBER[:-1].encode()))
