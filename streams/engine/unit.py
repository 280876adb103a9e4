"""The unit of work: everything that is done for one partition number, and the one place that says what is safe when.

It works through what waits, stage by stage, into an open turn (runner.py). Whenever the last transaction has ended and it is
time, the turn is closed and written: outputs, changed memories, where the sources go on, visible together or not at all.
Meanwhile the next one is filled. One transaction at a time, in order; whatever Kafka says against one of them ends the unit,
and a new one starts from what is committed (tenure.py).
"""

import asyncio
import math
from collections.abc import Callable, Iterable, Mapping
from time import time
from typing import Final, Protocol

from aiokafka import TopicPartition

from streams.engine.batches import Batch
from streams.engine.inbox import LostBatchError
from streams.engine.positions import keep_positions
from streams.engine.records import Row
from streams.engine.runner import Owner as RunnersOwner
from streams.engine.runner import Runner
from streams.engine.stage import Stage
from streams.engine.state import DECODED_MAX, Memories
from streams.engine.turn import Turn
from streams.topics import TableName

DECODED_MIN: Final = 64
BEHIND_RECORDS: Final = 500
BEHIND_S: Final = 1.0
"""Where more records wait than that, a turn may take so long: what changes often is written less often, and the unit catches
up sooner. Where few wait nothing is held back."""
ASKED_S: Final = 10.0
"""Nor where somebody has asked something in so long: the next question must not stand behind a large transaction."""
QUIET_S: Final = 0.25
"""How long a turn of watermarks alone is gathered: a transaction costs a broker milliseconds, and nobody waits for it."""


class Writer(Protocol):
    """Where turns go: streams.engine.ledger.Ledger, or what stands for it in a model."""

    async def write(self, rows: Mapping[TopicPartition, list[Row]]) -> Mapping[TopicPartition, int]:
        """All of it or nothing; where the rows of each partition end."""
        ...


class Owner(RunnersOwner, Protocol):
    """What a unit asks of the engine."""

    def changelog_name(self, table: TableName) -> str:
        """The name of a table's changelog."""
        ...

    def wrote(self, seconds: float) -> None:
        """A transaction was committed."""
        ...


class Unit:
    """Stages and memories of one partition number, and the records that wait for them."""

    def __init__(
        self,
        owner: Owner,
        number: int,
        stages: Iterable[Stage],
        memories: Memories,
        *,
        partitions: int,
        letter_bytes_max: int,
    ) -> None:
        self.number = number
        self.memories = memories
        self.stages = tuple(stages)
        self.committed: dict[str, int] = {}
        """Where each source goes on, by our last commit."""
        self._owner = owner
        self._partitions = partitions
        self._letter_bytes_max = letter_bytes_max
        self._context = self.stages[0].context
        self._metrics = self._context.metrics
        self._runner = Runner(owner, number, self.stages)
        self.inbox = self._runner.inbox
        self._gather_s = self._context.settings.commit_ms / 1000
        self._wake = asyncio.Event()
        self._now: Callable[[], float] = asyncio.get_running_loop().time
        self._began = self._now()
        self._asked_at = -math.inf
        self._timer: asyncio.TimerHandle | None = None
        self._stopping = False
        self._lost: LostBatchError | None = None
        self._writing: asyncio.Task[None] | None = None
        self._turn = self._new_turn()

    # What the engine asks.

    def open(self, positions: Mapping[str, int], epoch: int) -> None:
        """Begin to take batches of this epoch, from these positions on."""
        self.committed = dict(positions)
        self._runner.open(positions, epoch)
        self._stopping, self._lost = False, None

    def deliver(self, batch: Batch) -> None:
        """Queue a batch."""
        try:
            self.inbox.add(batch)
        except LostBatchError as error:
            self._lost = error
        self._wake.set()

    def stop(self) -> None:
        """Take no more records; `run` returns when what was begun is written."""
        self._stopping = True
        self._wake.set()

    @property
    def ends(self) -> dict[TableName, int]:
        """Where our changelogs end, by our last commit."""
        return {table: shelf.end for table, shelf in self.memories.shelves.items()}

    @property
    def clean(self) -> bool:
        """Whether the memories are exactly what is committed."""
        return self._turn.empty and self._writing is None

    @property
    def busy(self) -> bool:
        """Whether there is work that was not committed."""
        return bool(self.inbox.records) or not self.clean

    def unwritten(self, topic: str) -> int:
        """Offsets of a source that were fetched and not committed yet."""
        return self.inbox.next_of(topic) - self.committed[topic]

    def nudge(self) -> None:
        """Time has passed: look whether there is a watermark to tell."""
        if self._runner.has_to_tell():
            self._wake.set()

    async def run(self, writer: Writer) -> None:
        """Work and write until stopped; raises what the writer raises, or LostBatchError."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                if self._lost is not None:
                    raise self._lost
                if self._writing is not None and self._writing.done():
                    done, self._writing = self._writing, None
                    done.result()
                if not self._stopping:
                    await self._work()
                if self._writing is None and self._is_due():
                    self._write(writer)
                if self._stopping and self.clean:
                    return
        finally:
            if self._timer is not None:
                self._timer.cancel()
            if self._writing is not None:
                # `clean` stays false: nobody knows what became of it.
                self._writing.cancel()
                await asyncio.gather(self._writing, return_exceptions=True)

    # Working.

    def _new_turn(self) -> Turn:
        return Turn(self.number, self._partitions, self.memories, letter_bytes_max=self._letter_bytes_max)

    async def _work(self) -> None:
        turn = self._turn
        # Of whatever number a question is: all of them share this loop.
        asked = self._now() - self._owner.asked_at < ASKED_S
        await self._runner.run(turn, many=self._behind and not asked)
        self._runner.tell(turn)
        if self.inbox.records and not turn.full:
            self._wake.set()

    # Writing.

    def _is_due(self) -> bool:
        """Group commit: by time, unless somebody waits for an answer, or the turn is full."""
        turn = self._turn
        if turn.empty:
            return False
        rest = self._began + self._gathering_s() - self._now()
        if rest <= 0 or turn.urgent or turn.full or self._stopping:
            return True
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(rest, self._wake.set)
        return False

    def _gathering_s(self) -> float:
        if self._turn.quiet:
            return max(QUIET_S, self._gather_s)
        return max(BEHIND_S, self._gather_s) if self._behind else self._gather_s

    @property
    def _behind(self) -> bool:
        """Whether much waits in this unit, and nobody has asked it for an answer lately."""
        return self.inbox.records >= BEHIND_RECORDS and self._now() - self._asked_at >= ASKED_S

    def _write(self, writer: Writer) -> None:
        if not self._runner.keep(self._turn):
            self._wake.set()
            if self._turn.empty:
                return
        turn, self._turn = self._turn, self._new_turn()
        turn.closed_at = time()
        self._began = self._now()
        if turn.urgent:
            self._asked_at = self._owner.asked_at = self._began
        if turn.offsets:
            keep_positions(self.committed | turn.offsets, turn)
        rows = turn.rows(self._owner.topic_name, self._owner.changelog_name)
        self.memories.trim(max(DECODED_MIN, DECODED_MAX // self._partitions))
        self._writing = asyncio.create_task(self._settle(writer, turn, rows))
        self._writing.add_done_callback(lambda _: self._wake.set())

    async def _settle(self, writer: Writer, turn: Turn, rows: Mapping[TopicPartition, list[Row]]) -> None:
        ends = await writer.write(rows)
        for table, shelf in self.memories.shelves.items():
            end = ends.get(TopicPartition(self._owner.changelog_name(table), self.number))
            if end is not None:
                # And the marker of the commit behind them.
                shelf.commit(turn.changed[table], end + 1)
        self.committed |= turn.offsets
        turn.committed()
        for source, count in turn.read.items():
            self._metrics.records_in.labels(self._runner.stage_of[source].name).inc(count)
        for (stage, topic), count in turn.sent.items():
            self._metrics.records_out.labels(stage, str(topic)).inc(count)
        self._owner.wrote(self._now() - self._began)
