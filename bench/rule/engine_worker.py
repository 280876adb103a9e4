"""The rule as a stage of our engine: exactly once, the state of a window one row of a table with a changelog.

All of the worker but its stages is the product's own.
"""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Final
from unittest import mock

import msgspec
import orjson
from msgspec import Struct
from pydantic import SecretStr

from bench.rule.data import LIMIT, PARTITIONS, WINDOW_MS
from bench.rule.given import Given
from monitor.settings import Settings
from streams import topics
from streams.engine.records import Record
from streams.engine.stage import Stage
from streams.engine.turn import Turn
from streams.topics import TableName, Topic
from streams.worker import Worker, prepare_process

_KEPT: Final = 2
"""Windows of a pharmacy: the newest and the one before, for what comes late."""


class Settlement(Struct, gc=False):
    """What the rule needs of one."""

    settlement_id: str
    person: str
    pharmacy: str
    ts: int


class Window(Struct, gc=False):
    """Sales of one pharmacy in ten minutes."""

    count: int
    persons: str
    """Each behind a blank, which none of them holds: one text is read and written at once, a set is many."""

    def add(self, person: str) -> None:
        """One more sale."""
        self.count += 1
        # None is the beginning of another: all are of one length.
        if person not in self.persons:
            self.persons = f"{self.persons} {person}"

    def distinct(self) -> int:
        """How many persons."""
        return self.persons.count(" ")

    def dump(self) -> bytes:
        """As it stands in its row."""
        return f"{self.count}{self.persons}".encode()

    @classmethod
    def load(cls, row: bytes) -> "Window":
        """From its row."""
        count, blank, persons = row.decode().partition(" ")
        return cls(int(count), blank + persons)


class Sales:
    """What is remembered of a pharmacy: its last windows, each in a row of its own, by its begin."""

    __slots__ = ("_changed", "_windows", "capped", "fill")

    def __init__(self, windows: dict[int, Window]) -> None:
        self.capped = 0
        self.fill = 0.0
        self._windows = windows
        self._changed: dict[int, Window | None] = {}

    @classmethod
    def load(cls, _: str, pieces: Mapping[str, bytes]) -> "Sales":
        """From its rows."""
        return cls({int(begin): Window.load(row) for begin, row in pieces.items()})

    def add(self, begin: int, person: str) -> Window:
        """The window that begins there, with one more sale."""
        window = self._windows.get(begin)
        if window is None:
            window = self._windows[begin] = Window(0, "")
            if len(self._windows) > _KEPT:
                oldest = min(self._windows)
                del self._windows[oldest]
                self._changed[oldest] = None
        window.add(person)
        self._changed[begin] = window
        return window

    def changes(self) -> dict[str, bytes | None]:
        """Rows that are others now."""
        changed, self._changed = self._changed, {}
        return {str(begin): None if window is None else window.dump() for begin, window in changed.items()}


_decode = msgspec.json.Decoder(Settlement).decode


class SalesStage(Stage):
    """claims -> findings."""

    name: ClassVar[str] = "sales"
    reads: ClassVar[tuple[Topic, ...]] = (Topic.CLAIMS,)

    def take(self, record: Record, turn: Turn) -> None:
        """One settlement."""
        settlement = _decode(record.value or b"")
        pharmacy = settlement.pharmacy
        begin = settlement.ts // WINDOW_MS * WINDOW_MS
        window = turn.memory(TableName.PROVIDERS, pharmacy).add(begin, settlement.person)
        if window.count == LIMIT:
            finding = {
                "pharmacy": pharmacy,
                "window": begin,
                "settlement_id": settlement.settlement_id,
                "count": window.count,
                "persons": window.distinct(),
            }
            turn.send(Topic.FINDINGS, pharmacy, orjson.dumps(finding), [])


def main() -> None:
    """Run the product's worker with this one stage, on the topics of the comparison."""
    given = Given.here()
    theirs = {Topic.CLAIMS: given.source, Topic.FINDINGS: given.findings}
    settings = Settings(
        bootstrap=given.bootstrap,
        topic_prefix=f"{given.group}.",
        partitions=PARTITIONS,
        token_key=SecretStr("5a" * 32),
        data_dir=Path(given.data),
        worker_port=0,
    )

    def name_of(topic: Topic, settings: Settings) -> str:
        return theirs.get(topic) or topics.name_of(topic, settings)

    async def run() -> int:
        await topics.create(settings)
        return await Worker(settings).run()

    prepare_process()
    with (
        mock.patch("streams.app.STAGES", (SalesStage,)),
        mock.patch("streams.app.LOADERS", dict.fromkeys(TableName, Sales.load)),
        mock.patch("streams.app.name_of", name_of),
        mock.patch("streams.engine.engine.name_of", name_of),
        mock.patch("streams.engine.number_ledger.name_of", name_of),
    ):
        sys.exit(asyncio.run(run()))


if __name__ == "__main__":
    main()
