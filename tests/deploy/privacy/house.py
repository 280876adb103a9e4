"""A whole monitor at work, as in a demo, with everybody who is told by it: Alertmanager, hospitals, people at a terminal."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
from msgspec import Struct, field
from prometheus_client import CollectorRegistry, Counter, start_http_server

from deploy.local.demo.children import Child, stop_all
from deploy.local.example import call_3102
from deploy.local.ops import Alertmanager, Prometheus
from deploy.local.ports import HOST, free_port
from deploy.prometheus.local import local_config
from monitor.gateway.keys import PLATFORM, new_tokens
from monitor.metrics import Metrics
from monitor.simulator import City
from streams.topics import Topic
from tests.deploy.privacy.feed import broken, named, somebody
from tests.deploy.privacy.identities import identities
from tests.deploy.receivers import Receivers, local_configuration
from tests.deploy.test_dashboards_live import gateway
from tests.streams.hospitals import SECRET, Hospitals, open_doors
from tests.streams.test_courier import Courier
from tests.streams.typed import Typed, typed
from tests.streams.world import TOKEN_KEY, World, until

SEED: Final = 61
RECORDS: Final = 3_000
"""The smallest city in which all its frauds are played."""
WORKERS: Final = 2
GIVE_UP_S: Final = 3
SIGNED: Final = ("--by", "Li Na", "--why", "ticket 4711")
CHECKS: Final = 30
"""Calls of hospitals that are asked at the door, too."""


class House(Struct):
    """`known`: identity or secret -> where it is from; `answers`: (what was asked, what the gateway said)."""

    def __repr__(self) -> str:
        # A test that fails shows what it was given, and this one knows everybody.
        return "House()"

    world: World
    folder: Path
    known: dict[str, str]
    gateway: Child
    courier: Courier
    hospitals: Hospitals
    receivers: Receivers
    alertmanager: Alertmanager
    prometheus: Prometheus
    tokens: dict[str, str]
    page: Counter
    """On a page that is scraped as all others are: here a test can plant something."""
    page_url: str
    answers: list[tuple[str, bytes]] = field(default_factory=list)
    commands: list[tuple[str, Typed]] = field(default_factory=list)

    async def type(self, *arguments: str, **environment: str) -> Typed:
        """A command, and what it printed is kept."""
        ended = await typed(self.world, *arguments, **environment)
        self.commands.append((" ".join(arguments[:2]), ended))
        return ended

    def bearer(self, code: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.tokens[code]}"}


@asynccontextmanager
async def living(bootstrap: str, folder: Path) -> AsyncIterator[House]:
    """All that was fed has gone all the way, and everybody has been told."""
    city = City(seed=SEED, records=RECORDS)
    reference = folder / "reference"
    city.write_reference(reference)
    plain = list(city.feed())
    lines = [named(line) for line in plain]
    bad = list(broken(lines))
    codes = [provider.code for provider in (*city.hospitals, *city.pharmacies)]
    ill = dict.fromkeys(codes[::2], "500")
    async with AsyncExitStack() as stack:
        receivers = await stack.enter_async_context(Receivers())
        number, name = somebody(json.loads(next(line for line in lines if b'"infno":"2102"' in line)))
        hospitals = stack.enter_context(open_doors(ill, f"{name} {number}"))
        _write_hooks(reference / "providers.csv", hospitals)
        alertmanager = await _service(stack, Alertmanager(local_configuration(receivers, folder)))
        world = World(
            bootstrap, folder, reference=str(reference), alertmanager_url=alertmanager.url,
            hook_give_up_s=GIVE_UP_S, log_level="DEBUG",
        )  # fmt: skip
        stack.callback(world.end)
        await world.create_topics()
        tokens = new_tokens([*codes, PLATFORM])
        door = gateway(world, folder, tokens)
        stack.callback(stop_all, [door])
        courier = Courier(world, folder)
        stack.callback(courier.close)
        workers = await world.started(WORKERS)
        await asyncio.to_thread(door.wait_until_ready)
        await until(courier.ready, "the courier is ready")
        page, page_url = _page(stack)
        config = folder / "prometheus.yml"
        scraped = {"workers": [f"127.0.0.1:{worker.port}" for worker in workers], "gateways": [door.address]}
        config.write_text(local_config(
            **scraped, couriers=[courier.address, page_url.removeprefix("http://")],
            alertmanagers=[alertmanager.url.removeprefix("http://")], every_s=1,
        ))  # fmt: skip
        prometheus = await _service(stack, Prometheus(config))
        known = identities(lines) | dict.fromkeys(tokens.values(), "token")
        known |= {SECRET: "hook_secret", TOKEN_KEY: "token_key"}
        house = House(
            world,
            folder,
            known,
            door,
            courier,
            hospitals,
            receivers,
            alertmanager,
            prometheus,
            tokens,
            page,
            page_url,
        )
        await _scraped(house)
        await _feed(house, lines, bad)
        await _told(house, ill)
        await _type(house)
        yield house


async def _service(stack: AsyncExitStack, service: Any) -> Any:
    await asyncio.to_thread(service.start)
    stack.callback(service.close)
    return service


def _page(stack: AsyncExitStack) -> tuple[Counter, str]:
    registry, port = CollectorRegistry(), free_port()
    server, _ = start_http_server(port, HOST, registry)
    stack.callback(server.shutdown)
    return Metrics(registry).records_in, f"http://{HOST}:{port}"


def _write_hooks(table: Path, hospitals: Hospitals) -> None:
    head, *rows = table.read_text(encoding="utf-8").splitlines()
    hooked = [f"{row},{hospitals.url(row.partition(',')[0])},{SECRET},1" for row in rows]
    table.write_text("\n".join((f"{head},hook_url,hook_secret,hook_on", *hooked, "")), encoding="utf-8")


async def _scraped(house: House) -> None:
    """From here on every count is an increase."""

    async def seen() -> bool:
        async with httpx.AsyncClient(base_url=house.prometheus.url, trust_env=False) as client:
            answer = await client.get("/api/v1/query", params={"query": "count(monitor_build_info)"})
        return [float(each["value"][1]) for each in answer.json()["data"]["result"]] == [WORKERS + 1]

    await until(seen, "Prometheus has seen everybody")


async def _feed(house: House, lines: Sequence[bytes], bad: Sequence[bytes]) -> None:
    """Most of it over Kafka, some over HTTP, and checks at the door."""
    last = len(lines) - len(lines) // 10
    await house.world.feed([*lines[:last], *bad])
    async with httpx.AsyncClient(base_url=house.gateway.url, trust_env=False, timeout=30) as client:

        async def ask(what: str, method: str, path: str, **given: Any) -> None:
            answer = await client.request(method, path, **given)
            head = b"".join(b"%s: %s\r\n" % each for each in answer.headers.raw)
            house.answers.append((what, head + without_own(answer.content, given.get("content", b""))))

        platform = house.bearer(PLATFORM)
        for batch in (lines[last:], bad[:20], bad[20:]):
            await ask("feed", "POST", "/feed", content=b"\n".join(batch), headers=platform)
        for request, code in (*_breaches(lines), *_checks(lines), *_checks(bad)):
            await ask(f"check {code}", "POST", "/fsi/api", content=request, headers=house.bearer(code))
        for request, code in list(_feedback(lines, house.answers)):
            await ask("feedback", "POST", "/fsi/api", content=request, headers=house.bearer(code))
        number, name = somebody(json.loads(lines[next(_of(lines, "2102"))]))
        mine = house.bearer(next(iter(house.tokens)))
        for path in (
            f"/{number}",
            f"/providers/{number}/verdicts",
            f"/providers/{name}/undelivered?after={number}",
        ):
            await ask("odd", "GET", path, headers=mine)
            await ask("odd", "GET", path, headers={"authorization": f"Bearer {number}"})
            await ask("odd", "POST", path, content=number.encode(), headers=mine)
        await ask("odd", "POST", "/fsi/api", content=f"{name}{number}".encode(), headers=mine)
    await house.world.quiet()


def _of(lines: Sequence[bytes], infno: str) -> Any:
    wanted = b'"infno":"%s"' % infno.encode()
    return (place for place, line in enumerate(lines) if wanted in line[:60])


def _checks(lines: Sequence[bytes]) -> list[tuple[bytes, str]]:
    """Requests of the feed that a hospital would send here, good ones and broken ones, and whose they are."""
    found = []
    for infno in ("3101", "3102", "3103"):
        for place in list(_of(lines, infno))[-CHECKS:]:
            try:
                request = json.loads(lines[place])["request"]
                code = str(request["fixmedins_code"])
            except (ValueError, TypeError, KeyError):
                continue
            if code.startswith("H"):
                found.append((json.dumps(request, ensure_ascii=False).encode(), code))
    return found


def _breaches(lines: Sequence[bytes]) -> Iterator[tuple[bytes, str]]:
    """Orders that are refused, for somebody of the feed, on its day."""
    last = json.loads(lines[next(_of(lines, "2207"))])
    (number, _), request = somebody(last), last["request"]
    at = datetime.fromisoformat(request["inf_time"]).replace(tzinfo=UTC)
    code = request["fixmedins_code"]
    at_ms = int(at.timestamp()) * 1000
    yield call_3102(provider=code, patient=number, number=1, at_ms=at_ms, breach=True), code


def _feedback(lines: Sequence[bytes], answers: Sequence[tuple[str, bytes]]) -> Iterator[tuple[bytes, str]]:
    """What doctors answer to the warnings that they got, in words about the patient."""
    told = json.loads(lines[next(_of(lines, "3103"))])["request"]
    for number, (what, said) in enumerate(answers):
        if what.startswith("check") and (given := re.search(rb'"jr_id": "([^"]+)"', said)):
            code = what.split()[1]
            told |= {"fixmedins_code": code, "msgid": f"{code}2026031018000000{number:02}"[:30]}
            told["input"]["data"]["warns"][0]["warn_rslt_id"] = given[1].decode()
            yield json.dumps(told, ensure_ascii=False).encode(), code


def without_own(answer: bytes, asked: bytes) -> bytes:
    """An answer less the caller's own number of the patient whom it asked about, which contract §2 wants in results."""
    try:
        own = {p["patn_id"] for p in json.loads(asked)["input"]["data"]["patient_dtos"]}
        said = json.loads(answer)
        results = said["output"]["result"]
    except (ValueError, TypeError, KeyError):
        return answer
    for result in results:
        for each in (result, *result["judge_result_detail_dtos"]):
            if each["patn_id"] in own:
                del each["patn_id"]
    return json.dumps(said, ensure_ascii=False).encode()


async def _told(house: House, ill: dict[str, str]) -> None:
    """Return when hospitals have their notices or have not taken them, and people have their messages."""
    notices = await house.world.rows(Topic.NOTICES)
    sent = {each["notice_id"] for each in notices if each["provider"] not in ill}
    left = {each["notice_id"] for each in notices if each["provider"] in ill}
    assert sent, "some hospitals are told"
    assert left, "some hospitals do not take what they are told"

    async def delivered() -> bool:
        taken = {taken.key for told in house.hospitals.taken.values() for taken in told}
        aside = {row["notice_id"] for row in await house.world.rows(Topic.NOTICES_UNDELIVERED)}
        return taken >= sent and aside >= left

    await until(delivered, "notices are delivered or put aside", 90.0)
    rows = await house.world.rows(Topic.ALERTS)
    rules = {row["rule_id"] for row in rows if row["notify"]}

    async def messages() -> bool:
        alerts = [alert["labels"] for message in house.receivers.hooks for alert in message["alerts"]]
        told = {labels["rule_id"] for labels in alerts if "rule_id" in labels}
        pictures = any(labels["alertname"] == "FacePicturesInFeed" for labels in alerts)
        return told >= rules and pictures and len(house.receivers.mails) >= len(rules)

    await until(messages, "people are told of every kind of incident, and of pictures in the feed", 90.0)


async def _type(house: House) -> None:
    """What somebody looks at who looks after it."""
    for look in ("dlq list", "doctor", "topics check", "incidents list --all"):
        await house.type(*look.split())
    letters = (await house.type("dlq", "list", "--limit", "1000", "--json")).rows
    by_reason = {row["reason"]: row["letter"] for row in letters}
    for letter in by_reason.values():
        await house.type("dlq", "show", letter)
    await house.type("dlq", "replay", *by_reason.values(), *SIGNED)
    listed = (await house.type("incidents", "list", "--all", "--limit", "1000", "--json")).rows
    (one, *_) = [row["incident_id"] for row in listed if row["state"] == "open"]
    for arguments in (("ack", one, *SIGNED), ("show", one), ("show", one, "--json")):
        await house.type("incidents", *arguments)
    await house.world.quiet()
