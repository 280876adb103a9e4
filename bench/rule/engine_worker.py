"""The rule as a stage of our engine: exactly once, the state of a pharmacy one row of a table with a changelog.

All of the worker but its stages is the product's own.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar
from unittest import mock

import msgspec
import orjson
import uvloop
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
from streams.worker import SWITCH_S, Worker

_PIECE = ""


class Settlement(Struct, gc=False):
    """What the rule needs of one."""

    settlement_id: str
    person: str
    pharmacy: str
    ts: int


class Window(Struct, array_like=True):
    """Sales of one pharmacy in ten minutes."""

    begin: int
    count: int
    persons: set[str]


class Sales:
    """What is remembered of a pharmacy: its last two windows."""

    def __init__(self, windows: list[Window]) -> None:
        self.capped = 0
        self.fill = 0.0
        self._windows = windows
        self._changed = False

    @classmethod
    def load(cls, _: str, pieces: Mapping[str, bytes]) -> "Sales":
        """From its row, if there is one."""
        return cls(_decode_windows(pieces[_PIECE]) if pieces else [])

    def add(self, settlement: Settlement) -> Window:
        """Its window, with it."""
        begin = settlement.ts // WINDOW_MS * WINDOW_MS
        for window in reversed(self._windows):
            if window.begin == begin:
                break
        else:
            window = Window(begin, 0, set())
            self._windows = [*self._windows[-1:], window]
        window.count += 1
        window.persons.add(settlement.person)
        self._changed = True
        return window

    def changes(self) -> dict[str, bytes | None]:
        """Its row, when it has changed."""
        if not self._changed:
            return {}
        self._changed = False
        return {_PIECE: _encode(self._windows)}


_decode = msgspec.json.Decoder(Settlement).decode
_decode_windows = msgspec.msgpack.Decoder(list[Window]).decode
_encode = msgspec.msgpack.Encoder().encode


class SalesStage(Stage):
    """claims -> findings."""

    name: ClassVar[str] = "sales"
    reads: ClassVar[tuple[Topic, ...]] = (Topic.CLAIMS,)

    def take(self, record: Record, turn: Turn) -> None:
        """One settlement."""
        settlement = _decode(record.value or b"")
        pharmacy = settlement.pharmacy
        window = turn.memory(TableName.PROVIDERS, pharmacy).add(settlement)
        if window.count == LIMIT:
            finding = {
                "pharmacy": pharmacy,
                "window": window.begin,
                "settlement_id": settlement.settlement_id,
                "count": window.count,
                "persons": len(window.persons),
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

    sys.setswitchinterval(SWITCH_S)
    with (
        mock.patch("streams.app.STAGES", (SalesStage,)),
        mock.patch("streams.app.LOADERS", dict.fromkeys(TableName, Sales.load)),
        mock.patch("streams.app.name_of", name_of),
        mock.patch("streams.engine.engine.name_of", name_of),
        mock.patch("streams.engine.number_ledger.name_of", name_of),
    ):
        sys.exit(uvloop.run(run()))


if __name__ == "__main__":
    main()
