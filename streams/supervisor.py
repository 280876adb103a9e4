"""`monitor worker --processes N`: worker processes, one a core, started, watched, started again, and stopped together.

The supervisor works on no record. To Kafka each child is a member of its own with a name that stays, so that one which dies
and is back within the session (6 s) goes on with the partitions it had, and nothing moves.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from time import monotonic
from typing import Final

from aiokafka.errors import KafkaError
from msgspec import Struct
from prometheus_client import CollectorRegistry, generate_latest

from monitor.metrics import Metrics
from monitor.settings import PREFIX, Settings
from streams.child import HOST, NOBODY, Child, Role
from streams.exposition import merged
from streams.fencing import fence
from streams.health import HEALTHY, METRICS, READY, Answer, HealthServer, Page, word
from streams.reserve import Reserve
from streams.start import FAILED, StartError, refuse_other_topics, serve

logger = logging.getLogger(__name__)

OWN: Final = ("monitor_process_up", "monitor_process_restarts_total")
"""Of the metrics, those that a supervisor knows itself."""


class Limits(Struct, frozen=True):
    """How patient a supervisor is."""

    stop_s: float = 8.5
    """A worker ends itself after 7 s, Kafka or not; what is left then is killed. Whoever stops us waits 10 s."""
    deaths_max: int = 6
    deaths_within_s: float = 60.0
    """A child that dies so often can't be helped by starting it again: the supervisor ends, and that is seen."""
    pause_s: float = 0.5
    """Before the second start; doubled each time. The first follows at once, within Kafka's session."""
    pause_s_max: float = 8.0
    fence_s: float = 3.0
    watch_s: float = 5.0
    silences_max: int = 6
    """A child that does not answer so often in a row hangs, and is killed: its heartbeats come from another thread, so
    that Kafka would leave it its partitions for good."""
    reserve_s: float = 5.0
    """After a start; a second death within this time waits for its successor to load."""
    ready_s: float = 120.0
    """In a rolling restart the next child waits so long for the one before."""


class Slot:
    """The place of one child: its number, its name in the group, and how often it died lately."""

    def __init__(self, number: int, instance: str) -> None:
        self.number = number
        self.instance = instance
        self.child: Child | None = None
        self.deaths: deque[float] = deque()
        self.resting = False
        """It ends because it was told to, and is to be started again."""

    async def fault(self, path: str) -> str:
        """What is wrong with the child, in words."""
        return await self.child.fault(path) if self.child is not None else "is being started"


class Supervisor:
    """Runs `processes` children until told to stop; `run` returns the exit code."""

    def __init__(
        self,
        settings: Settings,
        command: Sequence[str],
        *,
        limits: Limits | None = None,
    ) -> None:
        """`command` is the command line of a child."""
        self._settings = settings
        self._limits = limits or Limits()
        self._reserve = Reserve(command, _environment(), pause_s=self._limits.reserve_s)
        name = settings.instance or f"{socket.gethostname()}:{settings.worker_port}"
        self._slots = [Slot(number, f"{name}-{number}") for number in range(processes_of(settings))]
        self._metrics = Metrics(CollectorRegistry())
        self._stop = asyncio.Event()
        self._code = 0
        self._rolling: asyncio.Task[None] | None = None

    async def run(self) -> int:
        """Work until told to stop (0) or until a child can't be kept alive (1)."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._roll)
        server = HealthServer(self._pages())
        await serve(server, self._settings)
        keeping = [asyncio.create_task(self._keep(slot)) for slot in self._slots]
        watching = [asyncio.create_task(self._watch(slot)) for slot in self._slots]
        try:
            await self._stop.wait()
        finally:
            for task in (*keeping, *watching, *([self._rolling] if self._rolling else [])):
                task.cancel()
            await asyncio.gather(*keeping, *watching, return_exceptions=True)
            await asyncio.gather(
                *(slot.child.stop(self._limits.stop_s) for slot in self._slots if slot.child is not None)
            )
            await self._reserve.close()
            await server.stop()
        return self._code

    # Keeping children alive.

    async def _keep(self, slot: Slot) -> None:
        """Start the child, and again whenever it has ended."""
        while True:
            try:
                slot.child = child = await self._reserve.take()
                child.begin(self._role(slot))
                logger.info("process %d has the id %d", slot.number, child.pid)
                code = await child.ended()
            except OSError as error:
                logger.error("process %d can't be started: %s", slot.number, error.strerror)  # noqa: TRY400 - said
                code = FAILED
            slot.child = None
            logger.log(
                logging.INFO if slot.resting else logging.ERROR, "process %d ended with %d", slot.number, code
            )
            if slot.resting:
                slot.resting = False
            else:
                await self._fence(slot)
                pause_s = self._pause_s(slot)
                if pause_s is None:
                    self._code = FAILED
                    self._stop.set()
                    return
                await asyncio.sleep(pause_s)
            self._metrics.process_restarts.labels(str(slot.number)).inc()

    def _pause_s(self, slot: Slot) -> float | None:
        """How long to wait after a death before the next start; None: it died too often."""
        now, limits = monotonic(), self._limits
        slot.deaths.append(now)
        while slot.deaths[0] < now - limits.deaths_within_s:
            slot.deaths.popleft()
        times = len(slot.deaths)
        if times >= limits.deaths_max:
            logger.error(
                "process %d died %d times in %.0f s: giving up", slot.number, times, limits.deaths_within_s
            )
            return None
        return min(limits.pause_s * 2 ** (times - 2), limits.pause_s_max) if times > 1 else 0.0

    async def _fence(self, slot: Slot) -> None:
        # Before the next one is started, which must not be fenced by us.
        begun = monotonic()
        try:
            async with asyncio.timeout(self._limits.fence_s):
                numbers = await fence(self._settings, slot.instance)
        except (KafkaError, OSError, TimeoutError) as error:
            logger.warning("process %d could not be fenced: %s", slot.number, type(error).__name__)
        else:
            logger.info("fenced partition numbers %s in %.0f ms", numbers, 1000 * (monotonic() - begun))

    async def _watch(self, slot: Slot) -> None:
        """Kill a child that hangs: one that answers nothing at all, however it thinks of its health."""
        silences = 0
        while True:
            await asyncio.sleep(self._limits.watch_s)
            child = slot.child
            status = (await child.page(HEALTHY))[0] if child is not None else HTTPStatus.OK.value
            silences = 0 if status else silences + 1
            if child is not None and silences >= self._limits.silences_max:
                logger.error("process %d answers no more: killed", slot.number)
                child.signal(signal.SIGKILL)
                silences = 0

    # A rolling restart.

    def _roll(self) -> None:
        if self._rolling is None or self._rolling.done():
            self._rolling = asyncio.create_task(self._restart_each())

    async def _restart_each(self) -> None:
        """SIGHUP: one child after the other is stopped and started again, with the code and files of now."""
        for slot in self._slots:
            logger.info("restarting process %d", slot.number)
            old = slot.child
            if old is None:
                continue
            await self._reserve.renew()
            slot.resting = True
            await old.stop(self._limits.stop_s)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._limits.ready_s):
                    while slot.child is None or not await slot.child.ready():  # noqa: ASYNC110 - it is a process
                        await asyncio.sleep(0.1)

    # What others see.

    def _pages(self) -> Mapping[str, Page]:
        async def health(path: str) -> Answer:
            faults = await asyncio.gather(*(slot.fault(path) for slot in self._slots))
            return word("; ".join(f"process {n}: {fault}" for n, fault in enumerate(faults) if fault))

        return {
            METRICS: self._merged,
            READY: lambda: health(READY),
            HEALTHY: lambda: health(HEALTHY),
        }

    async def _merged(self) -> Answer:
        async def ask(slot: Slot) -> str:
            _, text = await slot.child.page(METRICS) if slot.child is not None else NOBODY
            self._metrics.process_up.labels(str(slot.number)).set(bool(text))
            return text

        texts = await asyncio.gather(*(ask(slot) for slot in self._slots))
        own = generate_latest(self._metrics.registry.restricted_registry(OWN)).decode()
        return HTTPStatus.OK, merged({str(n): text for n, text in enumerate(texts)}, own).encode()

    def _role(self, slot: Slot) -> Role:
        return Role(slot.number, slot.instance, str(self._settings.data_dir / f"process-{slot.number}"))


def _environment() -> dict[str, str]:
    return os.environ | {
        f"{PREFIX}PROCESSES": "1",
        f"{PREFIX}WORKER_HOST": HOST,
        f"{PREFIX}WORKER_PORT": "0",
    }


def processes_of(settings: Settings) -> int:
    """How many children there are: as set, or one for each core that this process may use."""
    return settings.processes or (
        len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    )


def run_supervisor(settings: Settings) -> int:
    """Run a supervisor in this process; StartError when it can't start."""
    if settings.numbers:
        raise StartError(
            "MONITOR_NUMBERS is for a worker alone: several processes would take the same numbers"
        )

    async def main() -> int:
        await refuse_other_topics(settings)
        return await Supervisor(settings, [sys.executable, "-m", "streams", "worker", "--supervised"]).run()

    return asyncio.run(main())
