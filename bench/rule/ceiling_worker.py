"""The rule with nothing between it and Kafka: aiokafka, orjson and a dict; what it remembers dies with it."""

import asyncio

import orjson
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from bench.rule.data import LIMIT, WINDOW_MS
from bench.rule.given import Given

_FETCH_BYTES_MAX = 2 << 20


async def work(given: Given) -> None:
    """Read, count, tell, commit, until the process is ended."""
    consumer = AIOKafkaConsumer(
        given.source,
        bootstrap_servers=given.bootstrap,
        group_id=given.group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=_FETCH_BYTES_MAX,
        check_crcs=False,
    )
    producer = AIOKafkaProducer(bootstrap_servers=given.bootstrap)
    await producer.start()
    await consumer.start()
    counts: dict[tuple[str, int], int] = {}
    visitors: dict[tuple[str, int], set[str]] = {}
    while True:
        sent = []
        for records in (await consumer.getmany(timeout_ms=500)).values():
            for record in records:
                sale = orjson.loads(record.value)
                pharmacy, window = sale["pharmacy"], sale["ts"] // WINDOW_MS * WINDOW_MS
                key = pharmacy, window
                persons = visitors.setdefault(key, set())
                persons.add(sale["person"])
                counts[key] = count = counts.get(key, 0) + 1
                if count == LIMIT:
                    finding = {
                        "pharmacy": pharmacy,
                        "window": window,
                        "settlement_id": sale["settlement_id"],
                        "count": count,
                        "persons": len(persons),
                    }
                    sent.append(
                        await producer.send(given.findings, orjson.dumps(finding), key=pharmacy.encode())
                    )
        if sent:
            await asyncio.gather(*sent)
        await consumer.commit()


if __name__ == "__main__":
    uvloop.run(work(Given.here()))
