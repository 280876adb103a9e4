"""Workers under supervision: a slot holds one worker and is filled again when it ends, unless it is to stay empty."""

import asyncio
import signal
from typing import Final

from tests.streams.world import POLL_S, Worker, World

AGAIN_S: Final = 0.5
"""A supervisor's pause before it starts a worker that ended by itself."""
STOP_S: Final = 12.0
"""A worker that was told to stop and has not by then is killed, and counted."""


class Slot:
    """One worker at a time, each with the files of the last one."""

    def __init__(self, fleet: "Fleet", **environment: str) -> None:
        self._fleet = fleet
        self._environment = environment
        self._filled = asyncio.Event()
        self._struck = False
        self.worker: Worker | None = None
        self._filled.set()

    async def supervise(self) -> None:
        """Keep the slot filled; until cancelled."""
        while True:
            await self._filled.wait()
            self._struck = False
            self.worker = worker = self._fleet.start(**self._environment)
            await ended(worker)
            self.worker = None
            if not self._struck:
                self._fleet.ended_alone.append(worker)
                await asyncio.sleep(AGAIN_S)

    def kill(self) -> None:
        """SIGKILL the worker."""
        self._struck = True
        if self.worker is not None:
            self.worker.signal(signal.SIGKILL)

    async def stop(self) -> None:
        """Tell the worker to stop, and wait for it."""
        self._struck = True
        if self.worker is not None:
            await self._fleet.stop(self.worker)

    def empty(self) -> None:
        """The next end of the worker leaves the slot empty."""
        self._filled.clear()

    def fill(self) -> None:
        """A worker is to be here."""
        self._filled.set()


class Fleet:
    """All workers of a run."""

    def __init__(self, world: World, workers: int) -> None:
        self._world = world
        # The first one keeps files, the others nothing.
        self.slots = [Slot(self, MONITOR_STORE="rocksdb"), *(Slot(self) for _ in range(workers - 1))]
        self.started = 0
        self.ended_alone: list[Worker] = []
        """Not struck, not told to stop: they could not go on, and a supervisor started others."""
        self.hung: list[Worker] = []

    def start(self, **environment: str) -> Worker:
        """A worker that nobody supervises."""
        self.started += 1
        return self._world.start_worker(**environment)

    async def stop(self, worker: Worker) -> None:
        """Tell a worker to stop, and wait for it."""
        worker.signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_S):
                await ended(worker)
        except TimeoutError:
            self.hung.append(worker)
            worker.signal(signal.SIGKILL)
            await ended(worker)

    async def ready(self) -> bool:
        """Whether every slot's worker works."""
        return all([slot.worker is not None and await answers(slot.worker) for slot in self.slots])


async def ended(worker: Worker) -> None:
    """Return when the process has ended."""
    while worker.process.poll() is None:  # noqa: ASYNC110 - a process sets no event
        await asyncio.sleep(POLL_S)


async def answers(worker: Worker) -> bool:
    """Whether the worker says that it works."""
    return (await asyncio.to_thread(worker.page, "/-/ready"))[0] == 200
