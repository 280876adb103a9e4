"""Health, metrics and the description of the interface."""

import json
from typing import Any

from monitor.reference import Provider
from tests.gateway.conftest import NOW, Door, OpenDoor
from tests.wire.checks import order, orders_checked
from tests.wire.envelope import HOSPITAL, psn_no


async def test_it_is_healthy_while_it_answers_and_ready_once_connected(door: Door) -> None:
    assert (await door.client.get("/-/healthy")).status_code == 200
    assert (await door.client.get("/-/ready")).status_code == 200
    door.mailbox.connected = False
    assert (await door.client.get("/-/healthy")).status_code == 200
    assert (await door.client.get("/-/ready")).status_code == 503


async def test_a_kafka_that_goes_away_leaves_it_ready_for_it_fails_open(door: Door) -> None:
    door.mailbox.broken = True
    assert (await door.client.get("/-/ready")).status_code == 200


async def test_metrics_count_calls_and_hold_no_identity(door: Door) -> None:
    await door.call(orders_checked("甲", at=NOW, orders=[order()])["request"])
    answer = await door.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'monitor_gateway_calls_total{infcode="0",infno="3102"} 1.0' in answer.text
    assert 'monitor_gateway_latency_seconds_count{infno="3102"} 1.0' in answer.text
    assert psn_no("甲") not in answer.text
    assert door.mailbox.asked[0].person not in answer.text


async def test_calls_are_counted_by_caller_and_by_group_only_where_the_table_knows_it(
    open_door: OpenDoor,
) -> None:
    known = {HOSPITAL: Provider(code=HOSPITAL, kind="1", group="lead")}
    async with open_door(providers=known) as door:
        await door.call(orders_checked("甲", at=NOW, orders=[order(amount="11.00")])["request"])
        assert door.count("monitor_group_calls_total", group="lead", infno="3102", decision="reject") == 1
        assert door.count("monitor_provider_calls_total", provider=HOSPITAL, infno="3102") == 1
    async with open_door() as door:
        await door.call(orders_checked("甲", at=NOW, orders=[order(amount="11.00")])["request"])
        assert door.count("monitor_group_calls_total", group="other", infno="3102", decision="reject") == 1
        assert door.count("monitor_provider_calls_total", provider="other", infno="3102") == 1


async def test_an_unknown_path_does_not_become_a_label(door: Door) -> None:
    assert (await door.client.get("/a/path/43010000007317135019")).status_code == 404
    assert door.count("monitor_gateway_refused_total", path="other", status="404") == 1
    assert "43010000007317135019" not in (await door.client.get("/metrics")).text


async def test_openapi_describes_every_path_and_every_reference_leads_somewhere(door: Door) -> None:
    document = (await door.client.get("/schema/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    notices = {"/providers/{code}/verdicts", "/providers/{code}/undelivered"}
    assert set(document["paths"]) == {"/fsi/api", "/feed", "/-/healthy", "/-/ready", "/metrics"} | notices
    for path in ("/fsi/api", "/feed"):
        operation = document["paths"][path]["post"]
        assert operation["security"] == [{"bearer": []}]
        assert {"200", "400", "401", "403", "408", "413"} <= set(operation["responses"])
        assert operation["requestBody"]["content"]["application/json"]["schema"]["type"] == "object"
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    references = list(_references(document))
    assert references
    for reference in references:
        at: Any = document
        for step in reference.removeprefix("#/").split("/"):
            at = at[step]
        assert at["type"] == "object"


def _references(part: Any) -> Any:
    if isinstance(part, dict):
        yield from ([part["$ref"]] if "$ref" in part else [])
        for each in part.values():
            yield from _references(each)
    elif isinstance(part, list):
        for each in part:
            yield from _references(each)


async def test_nothing_of_the_description_comes_from_elsewhere(door: Door) -> None:
    for path in ("/schema", "/schema/openapi.json"):
        answer = await door.client.get(path)
        assert json.loads(answer.text)
        assert "://" not in answer.text
