"""`monitor incidents`: what there is to look into, and that what is done about it is kept with who, when and why."""

from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaProducer
from msgspec.structs import replace

from monitor.clock import china_ms
from monitor.events import DAY, HOUR
from monitor.incidents.actions import read_action
from monitor.outputs import Incident, State
from streams.topics import Topic, name_of, partition_of
from tests.monitor.incident_world import an_incident
from tests.streams.conftest import MakeWorld
from tests.streams.typed import SIGNED, typed
from tests.streams.world import World

pytestmark = pytest.mark.kafka

NOW = china_ms() // 1000
GRAVE = an_incident("grave", severity=1, opened_at=NOW - 2 * DAY, amount=500_000)
FRESH = an_incident("fresh", severity=2, opened_at=NOW - HOUR)
QUIET = an_incident("quiet", severity=3, opened_at=NOW - 60 * DAY, notify=False)

LOOKED_AT = (Topic.ALERTS, Topic.INCIDENT_ACTIONS)
"""By these commands."""


async def opened(world: World, *incidents: Incident) -> None:
    """As the last stage says them."""
    producer = AIOKafkaProducer(bootstrap_servers=world.settings.bootstrap)
    await producer.start()
    try:
        for one in incidents:
            number = partition_of(one.incident_id, world.settings.partitions)
            name, value = name_of(Topic.ALERTS, world.settings), orjson.dumps(one.to_json())
            await producer.send_and_wait(name, value, key=one.incident_id.encode(), partition=number)
    finally:
        await producer.stop()


async def listed(world: World, *arguments: str) -> dict[str, dict[str, Any]]:
    ended = await typed(world, "incidents", "list", "--json", *arguments)
    assert ended.code == 0
    return {row["incident_id"]: row for row in ended.rows}


async def test_what_is_to_be_looked_into_is_listed_the_gravest_first_with_its_age(world: MakeWorld) -> None:
    ours = await world(only=LOOKED_AT)
    await opened(ours, QUIET, FRESH, GRAVE)
    rows = await listed(ours)
    assert list(rows) == ["grave", "fresh", "quiet"]
    assert {name: row["handling"] for name, row in rows.items()} == dict.fromkeys(rows, "new")
    assert [name for name, row in rows.items() if row["overdue"]] == ["grave"]
    assert list(await listed(ours, "--overdue")) == ["grave"]
    assert list(await listed(ours, "--severity", "2")) == ["fresh"]
    assert list(await listed(ours, "--notify")) == ["grave", "fresh"]
    assert list(await listed(ours, "--provider", "nobody")) == []
    shown = await typed(ours, "incidents", "list")
    assert "severity 1 (critical): 1 (1 <3d), 1 overdue" in shown.out
    assert "severity 3 (info): 1 (1 >=7d), 0 overdue" in shown.out


async def test_an_action_is_kept_with_who_when_why_and_what_was_looked_at(world: MakeWorld) -> None:
    ours = await world(only=LOOKED_AT)
    await opened(ours, GRAVE)
    done = await typed(ours, "incidents", "ack", "grave", *SIGNED)
    assert done.code == 0
    (record,) = await ours.said(Topic.INCIDENT_ACTIONS)
    action = read_action(record.value or b"")
    assert (record.key or b"").decode() == action.key
    assert record.partition == partition_of("grave", ours.settings.partitions)
    assert (action.signature.by, action.signature.why) == ("Li Na", "ticket 4711")
    assert 0 <= action.signature.at - NOW < HOUR
    assert (action.amount, action.findings, action.revision) == (GRAVE.amount, GRAVE.findings, GRAVE.revision)
    row = (await listed(ours))["grave"]
    assert (row["handling"], row["by"], row["overdue"]) == ("acknowledged", "Li Na", False)


async def test_several_actions_of_one_incident_are_all_kept(world: MakeWorld) -> None:
    ours = await world(only=LOOKED_AT)
    await opened(ours, GRAVE, FRESH)
    for arguments in (
        ("ack", "grave"),
        ("verify", "grave", "--recovered", "1280.50"),
        ("verify", "grave", "--recovered", "2000"),
        ("resolve", "grave"),
    ):
        assert (await typed(ours, "incidents", *arguments, *SIGNED)).code == 0
    keys = [record.key for record in await ours.said(Topic.INCIDENT_ACTIONS)]
    assert len(set(keys)) == 4
    shown = (await typed(ours, "incidents", "show", "grave", "--json")).rows[0]
    assert [action["action"] for action in shown["actions"]] == ["ack", "verify", "verify", "resolve"]
    assert (shown["handling"], shown["recovered"]) == ("resolved", "2000.00")
    assert list(await listed(ours)) == ["fresh"]
    assert list(await listed(ours, "--handling", "resolved")) == ["grave"]
    assert "ticket 4711" in (await typed(ours, "incidents", "show", "grave")).out


async def test_a_dismissal_says_why_and_leaves_the_list(world: MakeWorld) -> None:
    ours = await world(only=LOOKED_AT)
    await opened(ours, GRAVE, FRESH)
    both = ("grave", "fresh")
    done = await typed(
        ours, "incidents", "dismiss", *both, "--by", "Li Na", "--why", "a family, shopping together"
    )
    assert done.code == 0
    assert await listed(ours) == {}
    assert {row["handling"] for row in (await listed(ours, "--all")).values()} == {"dismissed"}
    assert "a family, shopping together" in (await typed(ours, "incidents", "show", "fresh")).out


async def test_an_incident_under_a_new_name_keeps_what_was_done_and_the_old_name_is_refused(
    world: MakeWorld,
) -> None:
    ours = await world(only=LOOKED_AT)
    await opened(ours, FRESH)
    assert (await typed(ours, "incidents", "ack", "fresh", *SIGNED)).code == 0
    heir = an_incident("heir", opened_at=FRESH.opened_at - 60)
    await opened(ours, heir, replace(FRESH, state=State.WITHDRAWN, revision=2, successor="heir"))
    rows = await listed(ours)
    assert {name: row["handling"] for name, row in rows.items()} == {"heir": "acknowledged"}
    refused = await typed(ours, "incidents", "resolve", "fresh", *SIGNED)
    assert (refused.code, "goes on as heir" in refused.err) == (1, True)
    assert "(as fresh)" in (await typed(ours, "incidents", "show", "heir")).out


async def test_nothing_is_done_without_who_why_and_on_what(world: MakeWorld) -> None:
    ours = await world(only=LOOKED_AT)
    await opened(ours, GRAVE)
    for arguments, code in (
        (("ack", "grave"), 2),
        (("ack", "grave", "--by", "Li Na"), 2),
        (("dismiss", "grave", "--by", "Li Na", "--why", " "), 2),
        (("dismiss", "grave", "--by", "Li Na", "--why", "he is 430102199001011234"), 2),
        (("verify", "grave", *SIGNED), 2),
        (("verify", "grave", "--recovered", "1.005", *SIGNED), 2),
        (("verify", "grave", "--recovered=-1", *SIGNED), 2),
        (("verify", "grave", "--recovered", "much", *SIGNED), 2),
        (("resolve", "nobody", *SIGNED), 1),
        (("resolve", "grave", "nobody", *SIGNED), 1),
        (("show", "nobody"), 1),
    ):
        refused = await typed(ours, "incidents", *arguments)
        assert (arguments, refused.code) == (arguments, code)
        assert "430102199001011234" not in refused.out + refused.err
    assert await ours.said(Topic.INCIDENT_ACTIONS) == []


async def test_records_that_are_none_of_ours_are_told_of_and_disturb_nothing(world: MakeWorld) -> None:
    ours = await world(only=LOOKED_AT)
    await opened(ours, GRAVE)
    await ours.put(Topic.ALERTS, b"x", b"no incident")
    await ours.put(Topic.INCIDENT_ACTIONS, b"x", b"{}")
    ended = await typed(ours, "incidents", "list", "--json")
    assert [row["incident_id"] for row in ended.rows] == ["grave"]
    assert "2 records could not be read" in ended.err


async def test_actions_are_still_there_when_the_feed_is_told_anew(world: MakeWorld) -> None:
    """A replay says every incident again, from its first revision on."""
    ours = await world(only=LOOKED_AT)
    await opened(ours, replace(GRAVE, revision=3))
    assert (await typed(ours, "incidents", "dismiss", "grave", *SIGNED)).code == 0
    await opened(ours, *(replace(GRAVE, revision=number) for number in (1, 2, 3)))
    row = (await listed(ours, "--all"))["grave"]
    assert (row["handling"], row["revision"]) == ("dismissed", 3)


async def test_a_kafka_that_is_not_there_is_one_clear_sentence(world: MakeWorld) -> None:
    ours = await world(only=LOOKED_AT)
    for command in (("incidents", "list"), ("dlq", "list"), ("dlq", "replay", "--all", *SIGNED)):
        ended = await typed(ours, *command, MONITOR_BOOTSTRAP="127.0.0.1:1")
        assert ended.code == 1
        assert "127.0.0.1:1" in ended.err
        assert "Traceback" not in ended.err
