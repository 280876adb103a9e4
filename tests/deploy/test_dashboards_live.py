"""Every query of every dashboard, asked of a real Prometheus that scrapes a monitor at work."""

import asyncio
import json
import math
import os
import ssl
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import httpx
import pytest
import yaml
from msgspec import Struct

from deploy.local.demo.children import Child, stop_all
from deploy.local.door import Door
from deploy.local.example import call_3102
from deploy.local.kafka import LocalKafka
from deploy.local.ops import Prometheus, find
from deploy.local.ports import free_port
from monitor.clock import china_ms
from monitor.gateway.keys import PLATFORM, as_file, new_tokens
from monitor.memory.subjects import is_settlement_anchor
from monitor.money import all_prevented, paid, refused
from monitor.simulator import City
from tests.deploy.boards import BOARDS, Asked, any_value, filled, queries, variables
from tests.deploy.test_dashboards import RULES
from tests.streams.day import Day, make_day
from tests.streams.world import World, until
from tests.wire.checks import feedback

pytestmark = pytest.mark.kafka

RECORDS: Final = 900
SEED: Final = 29
SCRAPE_S: Final = 1
SCRAPED_S_MAX: Final = 30.0
CALLS: Final = 4


class Asking:
    """One connection to Prometheus: a client of its own for each query costs more than the query."""

    def __init__(self, url: str) -> None:
        no_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._client = httpx.Client(base_url=url, timeout=10, trust_env=False, verify=no_tls)

    def samples(self, query: str) -> list[float]:
        """Of an instant query now."""
        body = self._client.get("/api/v1/query", params={"query": query}).json()
        assert body["status"] == "success", f"{query}: {body.get('error')}"
        return [float(sample["value"][1]) for sample in body["data"]["result"]]

    def number(self, query: str) -> float:
        """Of a query with one sample."""
        (number,) = self.samples(query)
        return number

    def values(self, metric: str, label: str) -> list[str]:
        """What a variable offers."""
        answer = self._client.get(f"/api/v1/label/{label}/values", params={"match[]": metric})
        found: list[str] = answer.json()["data"]
        return found

    def scraped(self, query: str, wanted: float) -> None:
        """Return when Prometheus has seen it."""

        async def seen() -> bool:
            return self.samples(query) == [wanted]

        asyncio.run(until(seen, f"{query} is {wanted:g}", SCRAPED_S_MAX))

    def has(self, query: str) -> None:
        """Return when there is anything: a rule is evaluated after the scrapes it looks at."""

        async def there() -> bool:
            return bool(self.samples(query))

        asyncio.run(until(there, f"there is {query}", SCRAPED_S_MAX))


class Running(Struct):
    """What is asked, and what it must show."""

    prometheus: Asking
    provider: str
    day: Day


def gateway(world: World, folder: Path, tokens: Mapping[str, str]) -> Child:
    """Of the same monitor."""
    (folder / "tokens.csv").write_text(as_file(tokens))
    port = free_port()
    own = {
        "MONITOR_GATEWAY_TOKENS": str(folder / "tokens.csv"),
        "MONITOR_GATEWAY_PORT": str(port),
        # A busy machine must not make the calls fail open: what is shown then is another test's matter.
        "MONITOR_GATEWAY_BUDGET_MS": "10000",
    }
    command = [sys.executable, "-m", "streams", "gateway"]
    return Child(
        "gateway",
        command,
        port=port,
        environment=os.environ | world.environment | own,
        log=folder / "gateway.log",
    )


def scraping(folder: Path, *ports: int) -> Path:
    """Prometheus's own configuration for this machine, with the recording rules if there are some."""
    file = folder / "prometheus.yml"
    jobs = [
        {"job_name": name, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
        for name, port in zip(("worker", "gateway"), ports, strict=True)
    ]
    every = {"scrape_interval": f"{SCRAPE_S}s", "evaluation_interval": f"{SCRAPE_S}s"}
    rules = [str(rule) for rule in sorted(RULES.glob("*.yml"))]
    file.write_text(yaml.safe_dump({"global": every, "scrape_configs": jobs, "rule_files": rules}))
    return file


async def call(url: str, provider: str, token: str) -> None:
    """A hospital asks, is warned, and answers: once it goes on, else it goes back to edit."""
    async with Door(url) as door:
        for number in range(CALLS):
            body = call_3102(provider=provider, number=number, at_ms=china_ms(), breach=True)
            answer = await door.post("/fsi/api", body, authorization=f"Bearer {token}")
            (result,) = json.loads(answer.body)["output"]["result"]
            told = feedback(
                result["jr_id"],
                at="2026-03-10 09:00:00",
                provider=provider,
                dspo_way="12"[number % 2],
                reason="病情需要",
            )["request"]
            told["msgid"] = told["msgid"][:-4] + f"{number:04}"
            answer = await door.post("/fsi/api", json.dumps(told).encode(), authorization=f"Bearer {token}")
            assert json.loads(answer.body)["infcode"] == 0


@pytest.fixture(scope="module")
def running(kafka: LocalKafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A worker, a gateway and Prometheus; a day is fed in two halves with calls between them."""
    if find(*Prometheus.names) is None:
        pytest.skip("needs Prometheus: apt-get install prometheus")
    folder = tmp_path_factory.mktemp("live")
    day = make_day(folder / "reference", records=RECORDS, seed=SEED)
    provider = City(seed=SEED, records=RECORDS).hospitals[0].code
    world = World(kafka.bootstrap, folder, reference=str(day.reference))
    tokens = new_tokens([provider, PLATFORM])
    children: list[Child] = []
    try:
        asyncio.run(world.create_topics())
        worker = world.start_worker()
        children.append(gateway(world, folder, tokens))
        asyncio.run(until(worker.ready, "the worker is ready"))
        children[0].wait_until_ready()
        with Prometheus(scraping(folder, worker.port, children[0].port)) as service:
            prometheus = Asking(service.url)
            # From here on every count is an increase.
            prometheus.scraped("count(monitor_build_info)", 2)
            read = 'sum(monitor_records_in_total{stage="intake"})'
            half, fed = len(day.lines) // 2, 0
            for lines in (day.lines[:half], day.lines[half:]):
                fed += asyncio.run(world.feed(lines))
                prometheus.scraped(read, fed)
                asyncio.run(call(children[0].url, provider, tokens[provider]))
            asyncio.run(world.quiet())
            # What was counted last is scraped, too.
            verdicts = sum(worker.metric("monitor_verdicts_total").values())
            prometheus.scraped("sum(monitor_verdicts_total)", verdicts)
            prometheus.scraped('sum(monitor_gateway_calls_total{infno="3103"})', 2 * CALLS)
            if RULES.is_dir():
                prometheus.has("slo:period_error_budget_remaining:ratio")
            yield Running(prometheus, provider, day)
    finally:
        stop_all(children)
        world.end()


@pytest.mark.parametrize("asked", list(queries()), ids=lambda asked: f"{asked.board}: {asked.panel}")
def test_every_query_returns_data(running: Running, asked: Asked) -> None:
    if "slo:" in asked.expr and not RULES.is_dir():
        pytest.skip("deploy/prometheus/rules/ is not there to record it")
    board = BOARDS[asked.board]
    values = any_value(board)
    for name, (metric, label) in variables(board).items():
        values.setdefault(
            name, running.provider if name == "provider" else running.prometheus.values(metric, label)[-1]
        )
    query = filled(asked.expr, values)
    samples = running.prometheus.samples(query)
    assert samples, f"no data: {query}"
    assert any(math.isfinite(value) for value in samples), f"no number: {query}"


@pytest.mark.parametrize("uid", BOARDS)
def test_every_variable_has_something_to_choose(running: Running, uid: str) -> None:
    for name, (metric, label) in variables(BOARDS[uid]).items():
        found = running.prometheus.values(metric, label)
        assert found, f"{uid}: {name}"
        assert name != "provider" or running.provider in found


def test_money_is_what_the_findings_that_stand_say(running: Running) -> None:
    """In the workers' counters over Kafka as in a replay in one process."""
    persons = running.day.pipeline._persons.values()
    refused_fen = sum(
        refused(said.values())
        for memory in persons
        for anchor, said in memory.findings.by_anchor.items()
        if is_settlement_anchor(anchor)
    )
    assert refused_fen > 0
    shown = running.prometheus.number(
        "sum(monitor_refused_yuan_total) - sum(monitor_refused_back_yuan_total)"
    )
    assert shown == pytest.approx(refused_fen / 100)
    paid_fen = sum(
        paid(memory, memory.facts.calls_of(*key)) for memory in persons for key in memory.facts.settlements()
    )
    shown = running.prometheus.number("sum(monitor_fund_paid_yuan_total) - sum(monitor_fund_back_yuan_total)")
    assert shown == pytest.approx(paid_fen / 100)


def test_a_rejected_order_that_nobody_settles_is_prevented_once(running: Running) -> None:
    net = "sum(monitor_prevented_yuan_total) - sum(monitor_prevented_back_yuan_total)"
    memories = running.day.pipeline._persons.values()
    prevented_fen = sum(all_prevented(memory, since=0) for memory in memories)
    # Each call of the example refuses two days of nursing; the second round asks about the same orders.
    assert running.prometheus.number(net) == pytest.approx(prevented_fen / 100 + CALLS * 60)


def test_answers_to_warnings_are_told_apart(running: Running) -> None:
    for way in "12":
        assert running.prometheus.number(f'sum(monitor_feedback_total{{dspo_way="{way}"}})') >= CALLS
