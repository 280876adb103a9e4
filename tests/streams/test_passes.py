"""A unit that is behind takes many records at a time, but not where somebody waits for an answer of any number."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from monitor.settings import Settings
from streams.app import LOADERS, context_of
from streams.engine.batches import Batch
from streams.engine.records import Record
from streams.engine.runner import PASS_BEHIND_RECORDS_MAX, PASS_RECORDS_MAX
from streams.engine.shelf import MemoryShelf
from streams.engine.stage import Stage
from streams.engine.state import Memories
from streams.engine.turn import Turn
from streams.engine.unit import ASKED_S, Unit
from streams.topics import TableName, Topic

RECORDS = 2 * PASS_BEHIND_RECORDS_MAX
SETTINGS = Settings(partitions=2, token_key=SecretStr("5a" * 32))


class Raw(NamedTuple):
    offset: int
    timestamp: int = 0
    key: bytes | None = None
    value: bytes | None = b"x"
    headers: tuple[()] = ()


class Worker:
    """Owner of the unit, and what it writes to."""

    furthest = 0

    def __init__(self, asked_at: float) -> None:
        self.asked_at = asked_at

    def topic_name(self, topic: Topic) -> str:
        return str(topic)

    def changelog_name(self, table: TableName) -> str:
        return str(table)

    def made_room(self) -> None:
        pass

    def drained(self, *_: object) -> bool:
        return False

    def wrote(self, seconds: float) -> None:
        pass

    async def write(self, rows: Mapping[Any, Any]) -> Mapping[Any, int]:
        return dict.fromkeys(rows, 0)


class Taking(Stage):
    """Notes how many it is given at a time; the first record of all asks for an answer when `asks`."""

    name = "persons"
    reads = (Topic.CLAIMS_RAW,)
    asks = False

    def __init__(self, *of: Any) -> None:
        super().__init__(*of)
        self.passes: list[int] = []
        self.took_all = asyncio.Event()

    def take(self, record: Record, turn: Turn) -> None:
        raise NotImplementedError

    def take_all(self, records: Sequence[Record], turn: Turn) -> None:
        self.passes.append(len(records))
        if self.asks and records[0].offset == 0:
            turn.urgent = True
        if sum(self.passes) == RECORDS:
            self.took_all.set()


async def passes_of(worker: Worker, *, asks: bool = False) -> list[int]:
    """How many records at a time, when so many wait."""
    loaders: Any = LOADERS
    memories = Memories({table: MemoryShelf() for table in TableName}, loaders)
    stage = Taking(context_of(SETTINGS, CollectorRegistry()), 0, memories)
    stage.asks = asks
    unit = Unit(worker, 0, [stage], memories, partitions=2, letter_bytes_max=1 << 20)
    unit.open({Topic.CLAIMS_RAW: 0}, 0)
    records = [Raw(offset) for offset in range(RECORDS)]
    unit.deliver(Batch(Topic.CLAIMS_RAW, 0, records, 0, RECORDS, 0))
    running = asyncio.create_task(unit.run(worker))
    async with asyncio.timeout(20):
        await stage.took_all.wait()
        unit.stop()
        await running
    return stage.passes


async def test_a_unit_that_is_behind_takes_many_at_a_time() -> None:
    passes = await passes_of(Worker(-math.inf))
    assert passes[0] == PASS_BEHIND_RECORDS_MAX


async def test_a_question_of_another_number_does_not_stand_behind_many() -> None:
    now = asyncio.get_running_loop().time()
    assert set(await passes_of(Worker(now))) == {PASS_RECORDS_MAX}
    assert (await passes_of(Worker(now - ASKED_S - 1)))[0] == PASS_BEHIND_RECORDS_MAX


async def test_a_question_is_known_to_all_numbers_of_the_worker() -> None:
    worker = Worker(-math.inf)
    before = asyncio.get_running_loop().time()
    await passes_of(worker, asks=True)
    assert worker.asked_at >= before
