"""Everything that a monitor emits, by kind: whoever adds a way of telling somebody something adds it here."""

import json
from collections.abc import AsyncIterator
from typing import Any, Final, NamedTuple

import httpx

from streams.topics import TableName, Topic, changelog_of, name_of
from tests.deploy.privacy.house import House

LEFT_OUT: Final = {Topic.CLAIMS_RAW}
"""The one topic with identity: what arrives, kept for seven days at most and read by intake alone. All else is searched,
the ciphertext of dead letters too."""
TOPICS: Final = tuple(topic for topic in Topic if topic not in LEFT_OUT)
LOOKED_AT: Final = 10
KINDS: Final = (
    *("metrics", "labels", "logs", "alerts", "messages", "mails", "web hooks"),
    *("answers", "lists", "streams", "commands"),
    *(f"topic {topic}" for topic in TOPICS),
    *(f"changelog {table}" for table in TableName),
)


class Emitted(NamedTuple):
    """`where` tells it apart within its kind."""

    kind: str
    where: str
    content: bytes


async def everything(house: House) -> list[Emitted]:
    """What was emitted until now."""
    found = [each async for each in _asked(house)]
    found += _heard(house)
    found += _logs(house)
    found += [Emitted("answers", what, said) for what, said in house.answers]
    found += [
        Emitted("commands", command, (ended.out + ended.err).encode()) for command, ended in house.commands
    ]
    found += [each async for each in _fetched(house)]
    found += [each async for each in _records(house)]
    return found


async def _asked(house: House) -> AsyncIterator[Emitted]:
    workers = [f"http://127.0.0.1:{worker.port}" for worker in house.world.workers]
    pages = [*workers, house.gateway.url, f"http://{house.courier.address}", house.page_url]
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        for url in pages:
            yield Emitted("metrics", url, (await client.get(f"{url}/metrics")).content)
        series = {"match[]": '{__name__=~".+"}'}
        for path, params in (("series", series), ("alerts", {}), ("rules", {})):
            answer = await client.get(f"{house.prometheus.url}/api/v1/{path}", params=params)
            yield Emitted("labels", path, answer.content)
        answer = await client.get(f"{house.alertmanager.url}/api/v2/alerts")
        yield Emitted("alerts", "Alertmanager", answer.content)


def _heard(house: House) -> list[Emitted]:
    """What came to people and to hospitals."""
    messages = [
        Emitted("messages", message["receiver"], _dumped(message)) for message in house.receivers.hooks
    ]
    mails = [
        Emitted("mails", to, f"{subject}\n{text}".encode()) for to, subject, text in house.receivers.mails
    ]
    hooks = [
        Emitted("web hooks", code, taken.raw)
        for code, told in house.hospitals.taken.items()
        for taken in told
    ]
    return messages + mails + hooks


def _logs(house: House) -> list[Emitted]:
    services = (house.alertmanager.log, house.prometheus.log)
    return [
        Emitted("logs", path.name, path.read_bytes())
        for path in (*sorted(house.folder.glob("*.log")), *services)
    ]


async def _fetched(house: House) -> AsyncIterator[Emitted]:
    """What providers fetch: pages to the end, and streams as far as the pages went."""
    told = await looked_at(house)
    async with httpx.AsyncClient(base_url=house.gateway.url, trust_env=False, timeout=30) as client:
        for code in told:
            ids: list[int] = []
            for path in (f"/providers/{code}/undelivered", f"/providers/{code}/verdicts"):
                more, last = True, -1
                while more:
                    params = {"after": last, "limit": 500}
                    answer = await client.get(path, params=params, headers=house.bearer(code))
                    page = answer.raise_for_status().json()
                    more, last = page["more"], page["next"]
                    ids = [notice["id"] for notice in page["notices"]]
                    yield Emitted("lists", code, answer.content)
            yield Emitted("streams", code, await _streamed(client, house, code, ids[-1]))


async def looked_at(house: House) -> list[str]:
    """Some providers that have notices; what they fetch are all records of one topic, which is searched whole."""
    told = {row["provider"] for row in await house.world.rows(Topic.NOTICES)}
    return sorted(told)[:LOOKED_AT]


async def _streamed(client: httpx.AsyncClient, house: House, code: str, last: int) -> bytes:
    said = b""
    headers = house.bearer(code) | {"accept": "text/event-stream"}
    async with client.stream(
        "GET", f"/providers/{code}/verdicts", params={"after": -1}, headers=headers
    ) as stream:
        async for part in stream.aiter_bytes():
            said += part
            if b"id: %d\r\n" % last in said and said.endswith(b"\r\n\r\n"):
                return said
    return said


async def _records(house: House) -> AsyncIterator[Emitted]:
    settings = house.world.settings
    names = {name_of(topic, settings): f"topic {topic}" for topic in TOPICS}
    names |= {changelog_of(table, settings): f"changelog {table}" for table in TableName}
    for name, kind in names.items():
        async for record in house.world.read(name):
            headers = b"\n".join(header.encode() + b"=" + value for header, value in record.headers)
            content = b"\n".join((record.key or b"", record.value or b"", headers))
            yield Emitted(kind, f"{record.partition}:{record.offset}", content)


def _dumped(told: Any) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode()
