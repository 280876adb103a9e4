"""What Kafka's consumer group is told of our positions: for people and tools, nothing here goes by it (positions.py)."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from faust.types import TP

from streams.engine.batches import TELL_S_MAX, BatchConsumer
from streams.engine.unit import Unit

TELL_S: Final = 0.5
"""How often."""


class GroupOffsets:
    """The offsets that the group was told of last."""

    def __init__(self) -> None:
        self._told: dict[TP, int] = {}

    async def tell(self, consumer: BatchConsumer | None, units: Iterable[Unit]) -> None:
        """Commit what is new, if Kafka takes it within `TELL_S_MAX`; never raises."""
        known = {TP(topic, unit.number): at for unit in units for topic, at in unit.committed.items()}
        new = {tp: at for tp, at in known.items() if self._told.get(tp) != at}
        if not new or consumer is None:
            return
        # Whatever it raises, and however long Faust's thread is busy: nobody waits for it.
        with suppress(Exception):
            async with asyncio.timeout(TELL_S_MAX):
                await consumer.tell(new)
                self._told |= new

    def forget(self) -> None:
        """Others may tell of the same partitions from now on."""
        self._told = {}
