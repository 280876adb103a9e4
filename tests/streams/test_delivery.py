"""Incidents reach a real Alertmanager: each story is notified once when it opens and once when it ends."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from msgspec.structs import replace

from deploy.local.ops import Alertmanager, find
from monitor.events import HOUR, MINUTE
from monitor.incidents import Book
from monitor.outputs import Finding, State
from streams.engine.records import FINDING, at_header
from streams.topics import Topic, name_of, partition_of
from tests.monitor.incident_world import NOON, RULE, a_finding
from tests.monitor.incident_world import World as Books
from tests.streams.alert_hook import Hook, configuration, listening
from tests.streams.conftest import MakeWorld
from tests.streams.typed import typed
from tests.streams.world import Worker, World, until

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.skipif(
        not find(*Alertmanager.names), reason="needs Alertmanager: apt-get install prometheus-alertmanager"
    ),
]

STORIES = 300
OUTAGE_S = 30.0
HOLD_S = 15
"""Much longer than `group_wait`, also on a machine that has much else to do."""
FLUSHES = "alertmanager_nflog_queries_total"
"""It looks up what it notified once each time it looks at a group."""
_encode = msgspec.msgpack.Encoder().encode


@pytest.fixture
def hook() -> Iterator[Hook]:
    with listening() as heard:
        yield heard


@pytest.fixture
def alertmanager(hook: Hook, tmp_path: Path) -> Iterator[Alertmanager]:
    with Alertmanager(configuration(tmp_path, hook)) as service:
        yield service


def life_of(number: int, *, ends: bool) -> list[Finding]:
    """Revisions of the findings of one provider: they grow, an earlier one comes late, some are all withdrawn."""
    name, subject = f"s{number}-", f"H{number:011}"

    def finding(which: str, at: int, **other: object) -> Finding:
        made = a_finding(name + which, at=at, severity=1, provider=subject, **other)  # type: ignore[arg-type]
        return replace(made, subject=subject)

    first = finding("b", NOON)
    rest = [
        finding("c", NOON + 10 * MINUTE),
        # It is the first now, so the incident gets another name.
        finding("a", NOON - HOUR),
        finding("b", NOON, revision=2, amount=9_000),
        finding("d", NOON + 20 * MINUTE),
    ]
    last = [
        finding("a", NOON - HOUR, revision=2, withdrawn=True),
        finding("b", NOON, revision=3, withdrawn=True),
        finding("c", NOON + 10 * MINUTE, revision=2, withdrawn=True),
        finding("d", NOON + 20 * MINUTE, revision=2, withdrawn=True),
    ]
    return [first, *rest, *(last if ends else [])]


def story_of(life: Sequence[Finding]) -> tuple[str, bool]:
    """(incident_key, whether it ends), as the incident book says."""
    books = Books(RULE)
    books.book = Book.load(f"{RULE}|{life[0].subject}", {})
    (first,) = books.see(life[0])
    books.see(*life[1:])
    return first.incident_id, all(incident.state is State.WITHDRAWN for incident in books.last.values())


async def put(world: World, findings: Sequence[Finding]) -> None:
    """As the stages do that find something."""
    producer = AIOKafkaProducer(bootstrap_servers=world.settings.bootstrap)
    await producer.start()
    try:
        for finding in findings:
            key = f"{finding.rule_id}|{finding.subject}"
            await producer.send(
                name_of(Topic.FINDINGS, world.settings), b"{}", key=key.encode(),
                headers=[(FINDING, _encode(finding)), at_header(0)],
                partition=partition_of(key, world.settings.partitions),
            )  # fmt: skip
        await producer.flush()
    finally:
        await producer.stop()


def in_turns(lives: Sequence[Sequence[Finding]], rng: random.Random) -> list[Finding]:
    """One after the other as chance has it, each life in its order."""
    order = [number for number, life in enumerate(lives) for _ in life]
    rng.shuffle(order)
    left = [iter(life) for life in lives]
    return [next(left[number]) for number in order]


async def all_flushed(alertmanager: Alertmanager, groups: int) -> None:
    """Return when Alertmanager has looked at each of its groups again."""

    async def flushes() -> float:
        async with httpx.AsyncClient() as client:
            page = (await client.get(f"{alertmanager.url}/metrics")).text
        return float(next(row for row in page.splitlines() if row.startswith(FLUSHES)).split()[1])

    before = await flushes()

    async def done() -> bool:
        return await flushes() - before >= 2 * groups

    await until(done, "Alertmanager has looked at every group")


async def test_each_story_is_notified_once_when_it_opens_and_once_when_it_ends(
    world: MakeWorld, alertmanager: Alertmanager, hook: Hook
) -> None:
    """Through the death of a worker, a restart of Alertmanager, and an outage of it."""
    seed = 20_261
    rng = random.Random(seed)
    lives = [life_of(number, ends=number % 3 > 0) for number in range(STORIES)]
    expected = {key: ["firing", "resolved"] if ends else ["firing"] for key, ends in map(story_of, lives)}
    assert len(expected) == STORIES
    findings = in_turns(lives, rng)
    assert len(findings) >= 2_000
    quarter = len(findings) // 4
    ours = await world(alertmanager_url=alertmanager.url, alert_hold_s=HOLD_S)
    (first,) = await ours.started()

    await put(ours, findings[:quarter])
    await until(lambda: heard(hook, STORIES // 4), "many are told")
    await put(ours, findings[quarter : 2 * quarter])
    first.signal(signal.SIGKILL)
    await first.ended()
    (second,) = await ours.started()
    await nothing_waits(ours, second, alertmanager, hook)
    alertmanager.stop()
    alertmanager.start()
    await put(ours, findings[2 * quarter : 3 * quarter])
    await nothing_waits(ours, second, alertmanager, hook)
    alertmanager.stop()
    await put(ours, findings[3 * quarter :])
    await asyncio.sleep(OUTAGE_S)
    assert await ours.lag((Topic.FINDINGS,)) == 0, "the stream went on without Alertmanager"
    alertmanager.start()

    async def all_told() -> bool:
        return hook.told("incident_key") == expected

    try:
        await until(all_told, "every story is told to its end", 90.0)
        await all_flushed(alertmanager, STORIES // 3)
    finally:
        told = hook.told("incident_key")
        wrong = Counter(
            (*told.get(key, []), "for", *wanted)
            for key, wanted in expected.items()
            if told.get(key) != wanted
        )
        assert (wrong, set(told) - set(expected)) == ({}, set()), f"seed {seed}"
    assert (await asyncio.to_thread(second.metric, "monitor_delivery_pending"))[
        '{channel="alertmanager",group=""}'
    ] == 0


async def test_who_acted_on_an_incident_is_told_again_only_when_it_has_doubled(
    world: MakeWorld, alertmanager: Alertmanager, hook: Hook
) -> None:
    """And a worker that starts anew knows of it before it sends anything."""
    ours = await world(alertmanager_url=alertmanager.url, alert_hold_s=HOLD_S)
    (worker,) = await ours.started()
    opened, grown, *_ = life_of(1, ends=False)
    other, *_ = life_of(2, ends=False)
    key, _ = story_of([opened])
    await put(ours, [opened, other])
    await until(lambda: heard(hook, 2), "both are told")

    assert (await typed(ours, "incidents", "ack", key, "--by", "Li Na", "--why", "calls them")).code == 0
    await until(lambda: is_told(hook, key, ["firing", "resolved"]), "it ends for the duty officer")
    worker.signal(signal.SIGKILL)
    await worker.ended()
    await ours.started()
    await put(ours, [replace(other, revision=2, amount=12_300)])
    await until(lambda: holds(alertmanager, amount="123.00"), "the new worker sends")
    await all_flushed(alertmanager, 2)
    assert hook.told("incident_key")[key] == ["firing", "resolved"], "it was acknowledged"

    await put(ours, [grown])
    await until(lambda: is_told(hook, key, ["firing", "resolved", "firing"]), "it has doubled")
    assert [len(told) for name, told in hook.told("incident_key").items() if name != key] == [1]


async def holds(alertmanager: Alertmanager, *, amount: str) -> bool:
    async with httpx.AsyncClient() as client:
        alerts = (await client.get(f"{alertmanager.url}/api/v2/alerts")).json()
    return amount in {alert["annotations"]["amount"] for alert in alerts}


async def is_told(hook: Hook, key: str, expected: list[str]) -> bool:
    return hook.told("incident_key").get(key) == expected


async def nothing_waits(world: World, worker: Worker, alertmanager: Alertmanager, hook: Hook) -> None:
    """Return when all has been sent and told: what Alertmanager says while it ends, it says again when it is back."""

    async def sent() -> bool:
        waits = await asyncio.to_thread(worker.metric, "monitor_delivery_pending")
        return await world.lag((Topic.FINDINGS,)) == 0 and waits == {'{channel="alertmanager",group=""}': 0}

    await until(sent, "all has been sent")
    await all_flushed(alertmanager, len(hook.told("incident_key")))


async def heard(hook: Hook, count: int) -> bool:
    return len(hook.told("incident_key")) >= count
