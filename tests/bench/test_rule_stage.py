"""The rule as a stage of our engine finds what plain Python finds: else a benchmark would time something else."""

import orjson

from bench.rule import data
from bench.rule.data import PARTITIONS, Finding, Shape, encode, expected, settlements
from bench.rule.engine_worker import Sales, SalesStage
from streams.engine.records import Record
from streams.engine.shelf import MemoryShelf
from streams.engine.state import Memories
from streams.engine.turn import Turn
from streams.topics import TableName, Topic
from tests.chaos.model.stages import context

SHAPE = Shape(records=3_000, pharmacies=20, per_window=1_000)


def test_the_stage_finds_what_plain_python_finds_though_its_memories_are_let_go() -> None:
    given = list(settlements(SHAPE))
    found = set()
    for number in range(PARTITIONS):
        memories = Memories({TableName.PROVIDERS: MemoryShelf()}, dict.fromkeys(TableName, Sales.load))
        stage = SalesStage(context(), number, memories)
        turn = Turn(number, PARTITIONS, memories)
        for sale in given:
            if data.partition_of(sale.pharmacy) != number:
                continue
            stage.take(Record("claims", number, 0, 0, None, encode(sale), {}), turn)
            for _, table, touched in turn.keep():
                stage.count(table, touched)
            memories.trim(3)
        rows = turn.rows(str, str).items()
        said = [
            orjson.loads(value or b"")
            for tp, each in rows
            if tp.topic == Topic.FINDINGS
            for _, value, _ in each
        ]
        found |= {Finding(**row) for row in said}
    assert found == expected(given)
