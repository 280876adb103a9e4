"""One identity, put wherever something is emitted: as near to its source as a test can reach."""

import json
from typing import Any, Final

import httpx
from aiokafka import AIOKafkaProducer

from streams.engine.records import NOTICE_ID, PERSON
from streams.topics import TableName, Topic, changelog_of, name_of, partition_of
from tests.deploy.privacy.emitted import TOPICS, looked_at
from tests.deploy.privacy.house import House, without_own
from tests.streams.world import until

PLANTED: Final = "430102199001011234"
NOTICE: Final = "planted-1"


async def plant(house: House) -> None:
    """Return when it stands in every kind."""
    house.page.labels(f"the stage of {PLANTED}").inc()
    with (house.folder / "courier.log").open("a", encoding="utf-8") as log:
        log.write(f"WARNING could not read {PLANTED}\n")
    other = {"patn_id": PLANTED, "judge_result_detail_dtos": [{"patn_id": PLANTED}]}
    asked = json.dumps({"input": {"data": {"patient_dtos": [{"patn_id": "430102199001010000"}]}}}).encode()
    answer = json.dumps({"output": {"result": [other]}}).encode()
    house.answers.append(("check", without_own(answer, asked)))
    await _records(house)
    await house.type("incidents", "list", "--all", "--limit", "1000", "--json")
    await _alert(house)

    async def there() -> bool:
        taken = {taken.key for told in house.hospitals.taken.values() for taken in told}
        mails = any(PLANTED in text for _, _, text in house.receivers.mails)
        hooks = any(PLANTED in json.dumps(message) for message in house.receivers.hooks)
        return NOTICE in taken and mails and hooks and await _scraped(house)

    await until(there, "what was planted has gone its way")


async def _records(house: House) -> None:
    world = house.world
    incidents = await world.rows(Topic.ALERTS)
    code = next(code for code in await looked_at(house) if house.hospitals.keys(code))
    value = json.dumps({"of": PLANTED}).encode()
    notice = json.dumps(
        {"notice_id": NOTICE, "kind": "verdict", "provider": code, "verdict": {"of": PLANTED}}
    ).encode()
    incident = next(row for row in incidents if row["state"] == "open") | {
        "incident_id": "planted", "summary": f"of {PLANTED}"
    }  # fmt: skip
    special: dict[Topic, tuple[str, bytes, list[tuple[str, bytes]]]] = {
        Topic.NOTICES: (code, notice, [(NOTICE_ID, NOTICE.encode()), (PERSON, b"one")]),
        Topic.ALERTS: ("planted", json.dumps(incident).encode(), []),
        Topic.DEAD_LETTERS: ("", b"sealed", [("reason", b"not_json"), ("detail", PLANTED.encode())]),
    }
    rows: list[tuple[str, str, bytes, list[tuple[str, bytes]]]] = [
        (name_of(topic, world.settings), *special.get(topic, ("key", value, []))) for topic in TOPICS
    ]
    rows += [(changelog_of(table, world.settings), "key", value, []) for table in TableName]
    producer = AIOKafkaProducer(bootstrap_servers=world.settings.bootstrap)
    await producer.start()
    try:
        for name, key, said, headers in rows:
            number = partition_of(key, world.settings.partitions)
            await producer.send_and_wait(name, said, key=key.encode(), partition=number, headers=headers)
    finally:
        await producer.stop()


async def _alert(house: House) -> None:
    alert: dict[str, Any] = {
        "labels": {
            "alertname": "ClaimIncident",
            "team": "fraud",
            "severity": "critical",
            "rule_id": "PLANTED",
        },
        "annotations": {"summary": f"of {PLANTED}"},
    }
    async with httpx.AsyncClient(trust_env=False) as client:
        (await client.post(f"{house.alertmanager.url}/api/v2/alerts", json=[alert])).raise_for_status()


async def _scraped(house: House) -> bool:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{house.prometheus.url}/api/v1/label/stage/values")
    return PLANTED in answer.text
