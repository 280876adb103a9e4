"""Where children come from: one is always loaded before it is needed.

Loading the code takes a second of a core, and five where all cores are busy: too long for a worker that must be back within
Kafka's session, or its partitions move. A loaded one joins in less than half a second of a core.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence

from streams.child import Child

logger = logging.getLogger(__name__)


class Reserve:
    """Starts children, and keeps one in reserve."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], *, pause_s: float) -> None:
        """The next reserve is started `pause_s` after one was taken, which needs the core first."""
        self._command = command
        self._environment = environment
        self._pause_s = pause_s
        self._loaded: Child | None = None
        self._preparing: asyncio.Task[None] | None = None

    async def take(self) -> Child:
        """A child, loaded if there is one; OSError when the system starts none."""
        taken, self._loaded = self._loaded, None
        if taken is None or taken.code is not None:
            taken = await self._start()
        if self._preparing is not None:
            self._preparing.cancel()
        self._preparing = asyncio.create_task(self._prepare())
        return taken

    async def renew(self) -> None:
        """Have a reserve with the code of now, loaded."""
        await self.close()
        self._loaded = await self._start()
        await self._loaded.loaded()

    async def close(self) -> None:
        """End the reserve."""
        if self._preparing is not None:
            self._preparing.cancel()
        reserve, self._loaded = self._loaded, None
        if reserve is not None:
            await reserve.kill()

    async def _prepare(self) -> None:
        await asyncio.sleep(self._pause_s)
        self._loaded = await self._start()
        await self._loaded.loaded()
        logger.info("a process is in reserve")

    async def _start(self) -> Child:
        return await Child.start(self._command, self._environment)
