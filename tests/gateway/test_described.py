"""What the gateway's document says of web hooks is what they get."""

from typing import Any

from deploy.interfaces.openapi import openapi
from monitor.notices.form import Notice
from monitor.notices.signature import by_secret, headers_of


def described() -> dict[str, Any]:
    found: dict[str, Any] = openapi()["webhooks"]["notice"]["post"]
    return found


def test_a_web_hook_gets_the_headers_that_are_described() -> None:
    sent = headers_of(b"{}", notice_id="n", sign=by_secret("secret"), at_s=1)
    assert {header["name"] for header in described()["parameters"]} == sent.keys() - {"Content-Type"}
    assert described()["requestBody"]["content"].keys() == {sent["Content-Type"]}


def test_a_web_hook_gets_the_members_that_are_described() -> None:
    schema = described()["requestBody"]["content"]["application/json"]["schema"]
    assert schema["properties"].keys() == Notice.__annotations__.keys()
    assert set(schema["required"]) == Notice.__required_keys__
