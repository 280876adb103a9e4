"""What must hold when all is over: everything read committed is what a replay of the same file says (contract §2).

Pure: from what was read to numbers. Whether these checks can fail is tested in test_checks.py.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from monitor.events import OrdersChecked, TraceSale
from monitor.incidents import Book
from monitor.knowledge import Knowledge
from monitor.memory.person import PersonMemory
from monitor.memory.provider import ProviderMemory
from monitor.memory.trace import TraceMemory
from monitor.pipeline import Pipeline
from streams.topics import TableName
from tests.streams.day import Day, Row, live_incidents, open_findings, verdicts_in_order

Place: TypeAlias = tuple[str, int, int]
"""Topic (without prefix), partition, offset of a record."""
Pieces: TypeAlias = dict[str, dict[str, bytes]]
"""Key -> piece -> value, as a changelog says it."""
Facts: TypeAlias = dict[Hashable, Any]

EXAMPLES = 5


class Said(Struct):
    """What was read, committed, from the first record to the last."""

    verdicts: list[Row]
    findings: list[Row]
    incidents: list[Row]
    dead_letters: list[Place]
    memories: dict[TableName, Pieces]


class Compared(Struct, frozen=True):
    """One comparison: how many were owed, and what is wrong."""

    what: str
    owed: int
    lost: int = 0
    doubled: int = 0
    invented: int = 0
    other: int = 0
    """There, once, but not what the replay says."""
    examples: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether nothing is wrong, of something."""
        return self.owed > 0 and not (self.lost or self.doubled or self.invented or self.other)


def compare_all(said: Said, day: Day, *, letters: Iterable[Place]) -> list[Compared]:
    """Every comparison; `letters`: the records that must have become dead letters."""
    facts = facts_of_changelogs(said.memories, day.pipeline)
    return [
        counted(
            "verdicts",
            Counter(row["verdict_id"] for row in said.verdicts),
            # A call that was sent twice is answered twice.
            Counter(row["verdict_id"] for row in day.of("verdict")),
        ),
        same("verdicts of persons of one provider", *verdicts_in_order(said.verdicts, day)),
        same("open findings", *open_findings(said.findings, day)),
        once("revisions of findings", ((row["finding_id"], row["revision"]) for row in said.findings)),
        same("incidents", *live_incidents(said.incidents, day)),
        once("revisions of incidents", ((row["incident_id"], row["revision"]) for row in said.incidents)),
        counted("dead letters", Counter(said.dead_letters), Counter(letters)),
        *(
            same(f"memory of {table}", facts[table], wanted)
            for table, wanted in facts_of(day.pipeline).items()
        ),
    ]


def counted(what: str, said: Counter[Any], owed: Counter[Any]) -> Compared:
    """Each as often as it is owed."""
    invented = {name: n for name, n in said.items() if name not in owed}
    missing, surplus = owed - said, Counter({name: n for name, n in said.items() if name in owed}) - owed
    return Compared(
        what,
        owed.total(),
        lost=missing.total(),
        doubled=surplus.total(),
        invented=sum(invented.values()),
        examples=_examples(lost=missing, doubled=surplus, invented=invented),
    )


def once(what: str, said: Iterable[tuple[str, int]]) -> Compared:
    """No revision is said twice."""
    counts = Counter(said)
    return counted(what, counts, Counter(dict.fromkeys(counts, 1)))


def same(what: str, ours: Mapping[Any, Any], wanted: Mapping[Any, Any]) -> Compared:
    """The same names, and the same under each."""
    lost, invented = wanted.keys() - ours.keys(), ours.keys() - wanted.keys()
    other = [name for name in wanted.keys() & ours.keys() if ours[name] != wanted[name]]
    return Compared(
        what,
        len(wanted),
        lost=len(lost),
        invented=len(invented),
        other=len(other),
        examples=_examples(
            lost=lost, invented=invented, other=[_differs(n, ours[n], wanted[n]) for n in other]
        ),
    )


def facts_of(pipeline: Pipeline) -> dict[TableName, Facts]:
    """The facts that a replay remembers, as far as the memory reaches back from its watermark."""
    time, known = pipeline.watermark.time, pipeline.knowledge
    return {
        TableName.PERSONS: _persons(pipeline._persons.values(), time, known),
        TableName.PROVIDERS: _providers(pipeline._providers.values(), time, known),
        TableName.TRACES: _traces(pipeline._traces.values(), time, known),
        TableName.INCIDENTS: _books(pipeline._books),
    }


def facts_of_changelogs(memories: Mapping[TableName, Pieces], pipeline: Pipeline) -> dict[TableName, Facts]:
    """The facts that changelogs hold, pruned to the same watermark."""
    time, known = pipeline.watermark.time, pipeline.knowledge
    # No person, pharmacy or code has the empty name: there stages keep what is theirs.
    kept = {table: {k: p for k, p in pieces.items() if k} for table, pieces in memories.items()}
    persons = [PersonMemory.load(k, p) for k, p in kept[TableName.PERSONS].items()]
    providers = [ProviderMemory.load(k, p) for k, p in kept[TableName.PROVIDERS].items()]
    traces = [TraceMemory.load(k, p) for k, p in kept[TableName.TRACES].items()]
    return {
        TableName.PERSONS: _persons(persons, time, known),
        TableName.PROVIDERS: _providers(providers, time, known),
        TableName.TRACES: _traces(traces, time, known),
        TableName.INCIDENTS: _books({k: Book.load(k, p) for k, p in kept[TableName.INCIDENTS].items()}),
    }


def _persons(memories: Iterable[PersonMemory], time: int, known: Knowledge) -> Facts:
    facts: Facts = {}
    for memory in memories:
        for call, fact in memory.facts.by_call.items():
            # Questions are remembered as long as their answers.
            reach = known.answer_reach_s if type(fact) is OrdersChecked else known.person_reach_s
            if fact.at >= time - reach:
                facts[memory.person, call] = replace(fact, late=False)
        for call, answer in memory.answers.items():
            if answer.at >= time - known.answer_reach_s:
                facts[memory.person, "answer", call] = True
    return facts


def _providers(memories: Iterable[ProviderMemory], time: int, known: Knowledge) -> Facts:
    return {
        (memory.provider, call): replace(fact, late=False)
        for memory in memories
        for call, fact in memory.facts.by_call.items()
        if fact.at >= time - known.provider_reach_s
    }


def _traces(memories: Iterable[TraceMemory | TraceSale], time: int, known: Knowledge) -> Facts:
    return {
        (sale.code, sale.provider, sale.settlement_id): replace(sale, late=False)
        for memory in memories
        for sale in sales_of(memory)
        if sale.at >= time - known.trace_reach_s
    }


def sales_of(memory: TraceMemory | TraceSale) -> list[TraceSale]:
    """Of a code; a replay keeps one that was sold once as its sale."""
    return [memory] if type(memory) is TraceSale else memory.sales  # type: ignore[union-attr]  # the other one


def _books(books: Mapping[str, Book]) -> Facts:
    """Live findings as an incident counts them; a revision counts what was said on the way."""
    return {
        (key, held.finding_id): (held.start, held.end, held.severity, held.provider, held.person, held.amount)
        for key, book in books.items()
        for held in book.findings.values()
        if held.live
    }


def _differs(name: object, ours: Any, wanted: Any) -> str:
    if isinstance(wanted, dict):
        return f"{name}: { ({k: (ours.get(k), v) for k, v in wanted.items() if ours.get(k) != v}) } (ours, wanted)"
    return f"{name}: {ours}, wanted {wanted}"


def _examples(**groups: Iterable[Any]) -> tuple[str, ...]:
    return tuple(f"{word}: {one}" for word, names in groups.items() for one in list(names)[:EXAMPLES])
