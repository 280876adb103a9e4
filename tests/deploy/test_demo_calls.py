import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest

from deploy.local import load
from deploy.local.demo.board import Board
from deploy.local.demo.player import Player
from deploy.local.demo.town import Sent
from deploy.local.door import Answer, Door
from deploy.local.example import call_3102
from monitor.audit import audit_person
from monitor.events import OrdersChecked
from monitor.interface.intake import Accepted, Intake
from monitor.knowledge import Knowledge
from monitor.memory.person import PersonMemory
from monitor.privacy import Tokens
from monitor.reference_tables import load_reference
from monitor.regions import load_region
from monitor.rules.catalogue import LIMITS
from monitor.settings import Settings
from monitor.simulator import City

AT_MS = 1_773_133_200_000
Serve = Callable[[bytes], Awaitable[bytes]]


def record(infno: str, msgid: str, person: bytes = b"a person") -> Sent:
    return Sent(
        raw=b"raw", request=b"request", infno=infno, msgid=msgid, provider="H1", persons=frozenset({person})
    )


class FakeDoor:
    """Answers when it is told to."""

    def __init__(self, log: list[str]) -> None:
        self.may_answer = asyncio.Event()
        self.asked = asyncio.Event()
        self._log = log

    async def post(self, _path: str, _body: bytes, *, authorization: str) -> Answer:
        self._log.append(f"asked as {authorization}")
        self.asked.set()
        await self.may_answer.wait()
        self._log.append("answered")
        return Answer(200, b'{"infcode":0,"output":{"decision":"unchecked"}}')


class FakeProducer:
    """Acknowledges at once, or never well."""

    def __init__(self, log: list[str], error: Exception | None = None) -> None:
        self._log = log
        self._error = error

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def send(self, _topic: str, _value: bytes, **_: object) -> asyncio.Future[None]:
        self._log.append("written")
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._error is None:
            future.set_result(None)
        else:
            future.set_exception(self._error)
        return future


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def board() -> Board:
    return Board(total=10, names={})


@pytest.fixture
async def door(log: list[str]) -> FakeDoor:
    return FakeDoor(log)


@pytest.fixture
async def player(door: FakeDoor, board: Board, log: list[str]) -> Player:
    return player_with(FakeProducer(log), door, board)


def player_with(producer: FakeProducer, door: FakeDoor, board: Board) -> Player:
    return Player(Settings(), {"H1": "Bearer of H1"}, door=door, board=board, producer=producer)  # type: ignore[arg-type]  # asks as a Door


async def test_a_check_of_someone_of_whom_nothing_was_just_sent_goes_over_http(
    player: Player, door: FakeDoor, board: Board, log: list[str]
) -> None:
    door.may_answer.set()
    await player.play([record("3102", "m1")], rate=1000)

    assert log == ["asked as Bearer of H1", "answered"]
    assert (board.over_http, board.unchecked, board.http_latency.count, board.played) == (1, 1, 1, 1)


async def test_a_check_that_could_overtake_what_it_depends_on_goes_the_way_of_the_feed(
    player: Player, log: list[str]
) -> None:
    await player.play([record("9601", "m1"), record("3102", "m2")], rate=1000)

    assert log == ["written", "written"]


async def test_what_no_check_depends_on_does_not_hold_it_back(
    player: Player, door: FakeDoor, log: list[str]
) -> None:
    door.may_answer.set()
    await player.play([record("2206", "m1"), record("3102", "m2")], rate=1000)

    assert log == ["written", "asked as Bearer of H1", "answered"]


async def test_what_follows_a_check_of_a_person_waits_for_its_answer(
    player: Player, door: FakeDoor, log: list[str]
) -> None:
    records = [record("3102", "m1"), record("2207", "m2", b"another"), record("2207", "m3")]
    playing = asyncio.create_task(player.play(records, rate=1000))
    await door.asked.wait()
    assert log.count("written") <= 1
    door.may_answer.set()
    await playing

    assert sorted(log[:2]) == ["asked as Bearer of H1", "written"]
    assert log[2:] == ["answered", "written"]


async def test_a_record_that_could_not_be_written_ends_the_play(
    door: FakeDoor, board: Board, log: list[str]
) -> None:
    player = player_with(FakeProducer(log, OSError("gone")), door, board)

    with pytest.raises(OSError, match="gone"):
        await player.play([record("2102", "m1")], rate=1000)


@asynccontextmanager
async def serving(answer: Serve) -> AsyncIterator[str]:
    """An HTTP server that answers bodies; its address."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or 0)
                body = await answer(await reader.readexactly(length))
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
        except EOFError:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_door_keeps_its_connection_for_the_next_call() -> None:
    async def echo(body: bytes) -> bytes:
        return b"<" + body + b">"

    async with serving(echo) as url, Door(url) as door:
        answers = [await door.post("/", body, authorization="") for body in (b"one", b"two", b"")]
        assert len(door._free) == 1

    assert answers == [Answer(200, b"<one>"), Answer(200, b"<two>"), Answer(200, b"<>")]


async def test_a_gateway_that_stands_still_is_measured_by_every_call_that_was_due(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(load, "LEAD_IN_S", 0.0)
    calls, all_due = 0, asyncio.Event()

    async def stand_still(_body: bytes) -> bytes:
        nonlocal calls
        calls += 1
        if calls == 20:
            all_due.set()
        # The first one is answered when the last one has come: a closed loop would wait here for good.
        await all_due.wait()
        return b'{"infcode":0,"output":{"decision":"pass"}}'

    async with serving(stand_still) as url:
        measured = await load.measure(url, provider="H1", authorization="", rate=200, seconds=0.1)

    assert measured.answers == {"pass": 20}
    assert max(measured.latencies) >= 19 / 200
    assert "20 3102 at 200 calls/s" in measured.words(200)


def decided(city: City, folder: Any, *, breach: bool) -> str:
    tokens = Tokens("a key for tests")
    city.write_reference(folder)
    knowledge = Knowledge(
        reference=load_reference(folder, tokens=tokens),
        region=load_region(None, limits=LIMITS),
        tokens=tokens,
        language="en",
    )
    call = call_3102(provider=city.hospitals[0].code, number=1, at_ms=AT_MS, breach=breach)
    outcome = Intake(tokens=tokens, trace_ignore=frozenset()).decode_call(call).outcome
    assert isinstance(outcome, Accepted)
    (check,) = outcome.events
    assert isinstance(check, OrdersChecked)
    verdict = audit_person(PersonMemory(check.person), check, watermark=0, knowledge=knowledge).verdict
    assert verdict is not None
    return str(verdict.decision)


@pytest.mark.parametrize("breach, decision", [(True, "reject"), (False, "pass")])
def test_the_example_for_curl_is_refused_and_its_innocent_twin_is_not(
    tmp_path: Any, breach: bool, decision: str
) -> None:
    assert decided(City(seed=1, records=10), tmp_path, breach=breach) == decision


def test_examples_differ_in_their_msgid_of_30_characters() -> None:
    calls = [
        orjson.loads(call_3102(provider="H43010000001", number=n, at_ms=AT_MS, breach=False)) for n in (1, 2)
    ]

    assert {len(call["msgid"]) for call in calls} == {30}
    assert calls[0]["msgid"] != calls[1]["msgid"]
    assert calls[0]["inf_time"] == "2026-03-10 09:00:00"
