"""Clients that do not finish what they say are not waited for."""

import asyncio

import pytest

from monitor.gateway.serve import PatientProtocol
from tests.gateway.conftest import TOKENS, Door, OpenDoor
from tests.wire.envelope import HOSPITAL

HEAD = f"POST /fsi/api HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {TOKENS[HOSPITAL]}\r\n".encode()


async def said(door: Door, *parts: bytes) -> bytes:
    """What the gateway says until it hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    for part in parts:
        writer.write(part)
        await writer.drain()
    answer = await asyncio.wait_for(reader.read(), timeout=10)
    writer.close()
    return answer


async def test_a_body_that_never_ends_times_out(open_door: OpenDoor) -> None:
    async with open_door(gateway_body_ms=50) as door:
        answer = await said(door, HEAD + b"Content-Length: 100\r\n\r\n", b"{")
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert door.mailbox.asked == []


async def test_a_chunked_body_that_never_ends_times_out(open_door: OpenDoor) -> None:
    async with open_door(gateway_body_ms=50) as door:
        answer = await said(door, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n{\r\n")
        assert answer.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("head", [b"", HEAD])
async def test_a_head_that_never_ends_is_hung_up_on(
    open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    monkeypatch.setattr(PatientProtocol, "head_s_max", 0.05)
    async with open_door() as door:
        assert await said(door, head) == b""


async def test_bytes_that_are_no_http_are_answered_and_hung_up_on(door: Door) -> None:
    assert (await said(door, b"\x16\x03\x01\x02\x00\r\n\r\n")).startswith(b"HTTP/1.1 400 ")
