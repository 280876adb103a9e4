"""One partition number's time with this worker: the only way to a unit that works.

Fence whoever had the number, then bring the memories back to the end of their changelogs, then seek to where they say, then
go. The same owner too; only what ended clean, and whose changelogs end where it left them, is taken up as it is. Whatever
Kafka says against a unit, time-outs and commits of unknown outcome included, ends it and begins here again; it never counts
against a record.
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, Protocol

from aiokafka.errors import KafkaError

from monitor.settings import MIB
from streams.engine.inbox import LostBatchError
from streams.engine.ledger import FencedError, RefusedError
from streams.engine.positions import positions_in
from streams.engine.unit import Unit, Writer
from streams.topics import TableName

logger = logging.getLogger(__name__)

WAIT_S: Final = 0.1
WAIT_S_MAX: Final = 2.0
STEADY_S: Final = 10.0
"""A unit that worked for so long begins again without waiting."""
LETTER_BYTES_MIN: Final = 256


class Log(Writer, Protocol):
    """What a tenure asks of the number's ledger: streams.engine.ledger.Ledger, or what stands for it in a model."""

    async def open(self) -> None:
        """Fence whoever had it."""
        ...

    async def ends(self) -> Mapping[TableName, int]:
        """Where the changelogs end."""
        ...

    async def begins(self) -> Mapping[str, int]:
        """Where each source begins."""
        ...

    async def close(self) -> None:
        """Let go."""
        ...


class Host(Protocol):
    """What a tenure asks of the engine."""

    def new_ledger(self, number: int) -> Log:
        """A ledger of the number, not open."""
        ...

    async def new_unit(self, number: int, ends: Mapping[TableName, int], letter_bytes_max: int) -> Unit:
        """A unit whose memories are complete up to these ends."""
        ...

    async def read_from(self, number: int, positions: Mapping[str, int]) -> int:
        """Have the sources delivered from there on; the epoch that their batches will carry."""
        ...

    async def owns(self, number: int, outcome: str) -> bool:
        """Whether the number is still ours to take: a worker that slept must not fence its successor."""
        ...

    def changed(self, number: int, outcome: str) -> None:
        """A unit began ("begun") or ended ("fenced", "kafka", "refused", "lost", "stopped")."""
        ...

    dead_letters: str
    """The topic of the dead letters."""


class Tenure:
    """Runs from the assignment of a number until it is revoked."""

    def __init__(self, host: Host, number: int, kept: Unit | None = None) -> None:
        self.number = number
        self.unit: Unit | None = None
        """The one that works now."""
        self.kept = kept
        """One that ended clean: its memories hold as long as nobody else wrote."""
        self._host = host
        self._letter_bytes_max = MIB
        self._stopping = False

    async def run(self) -> None:
        """Until stopped, or until the number is no longer ours."""
        wait_s = WAIT_S
        now = asyncio.get_running_loop().time
        while not self._stopping:
            begun = now()
            try:
                await self._hold()
                outcome = "stopped"
            except (FencedError, LostBatchError, RefusedError, KafkaError, OSError, TimeoutError) as error:
                outcome = self._told(error)
            self._host.changed(self.number, outcome)
            if outcome == "stopped":
                return
            wait_s = WAIT_S if now() - begun > STEADY_S else min(wait_s * 2, WAIT_S_MAX)
            if outcome != "lost":
                await asyncio.sleep(wait_s)
            if not await self._host.owns(self.number, outcome):
                logger.warning("partition number %d is somebody else's now", self.number)
                return

    def stop(self) -> None:
        """What was begun is written, then `run` returns; one that is not working yet ends at once by cancelling it."""
        self._stopping = True
        if self.unit is not None:
            self.unit.stop()

    async def _hold(self) -> None:
        ledger = self._host.new_ledger(self.number)
        unit: Unit | None = None
        try:
            await ledger.open()
            begins, ends = await ledger.begins(), await ledger.ends()
            unit = await self._unit(ends)
            read = positions_in(unit.memories)
            positions = {topic: read.get(topic, begin) for topic, begin in begins.items()}
            unit.open(positions, await self._host.read_from(self.number, positions))
            self.unit = unit
            self._host.changed(self.number, "begun")
            if self._stopping:
                unit.stop()
            await unit.run(ledger)
            self.kept = unit
        finally:
            self.unit = None
            if unit is not None and unit is not self.kept:
                unit.memories.close()
            with suppress(Exception):
                await asyncio.shield(ledger.close())

    async def _unit(self, ends: Mapping[TableName, int]) -> Unit:
        kept, self.kept = self.kept, None
        if kept is not None and kept.ends == ends:
            return kept
        if kept is not None:
            kept.memories.close()
        return await self._host.new_unit(self.number, ends, self._letter_bytes_max)

    def _told(self, error: Exception) -> str:
        """What the end of a unit is called."""
        outcome = "kafka"
        if isinstance(error, FencedError):
            outcome = "fenced"
        elif isinstance(error, LostBatchError):
            outcome = "lost"
        elif isinstance(error, RefusedError):
            outcome = "refused"
            if error.topic == self._host.dead_letters:
                # Better a letter with less of its record than a number that stands still: the rest is in claims.raw.
                self._letter_bytes_max = max(self._letter_bytes_max // 16, LETTER_BYTES_MIN)
        logger.warning(
            "partition number %d begins anew: %s: %s", self.number, type(error).__name__, _words(error)
        )
        return outcome


def _words(error: Exception) -> Any:  # noqa: ANN401 - whatever the error says of itself, which is never a record's content
    return str(error) or "no words"
