"""A worker process: its start, its end, and what ends it when nothing else does."""

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Final

import uvloop

from monitor.settings import Settings
from streams.app import MonitorApp, create_app
from streams.delivery import deliver
from streams.health import HEALTHY, METRICS, READY, Answer, HealthServer, Page, word
from streams.start import FAILED, GC_THRESHOLDS, make_folder, refuse_other_topics, serve
from streams.surroundings import Surroundings, tell_tables

logger = logging.getLogger(__name__)

STOP_S: Final = 7.0
"""A clean end takes at most so long; a Kafka that is gone must not hold a process up (supervisors wait 10 s)."""
SWITCH_S: Final = 0.000_5
"""Faust's consumer thread needs the interpreter for microseconds; by default it waits 5 ms for it, several times a fetch."""
FREEZE_S: Final = 1.0


class Worker:
    """One app with its health server; `run` returns the exit code."""

    def __init__(self, settings: Settings, tell_port: Callable[[int], None] = lambda _: None) -> None:
        """`tell_port` gets the port of the health server as soon as it serves."""
        self._settings = settings
        self._tell_port = tell_port
        self._stop = asyncio.Event()
        self.app: MonitorApp

    async def run(self) -> int:
        """Work until told to stop (0) or until it can't go on (1)."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._told_to_stop)
        await refuse_other_topics(self._settings)
        make_folder(self._settings.data_dir)
        self.app = create_app(self._settings)
        server = HealthServer(self._pages())
        port = await serve(server, self._settings)
        self._tell_port(port)
        try:
            return await self._work()
        finally:
            await server.stop()

    async def _work(self) -> int:
        app, engine = self.app, self.app.engine
        app.finalize()
        await engine.start(app.consumer)  # type: ignore[arg-type]  # BatchTransport makes such ones
        assert engine.failed is not None  # noqa: S101 - start has made it
        started = asyncio.create_task(engine.keep(app.start))
        freezing = asyncio.create_task(self._freeze())
        tell_tables(engine.context)
        looking = asyncio.create_task(Surroundings(engine.context).watch())
        delivering = asyncio.create_task(deliver(app.engine))
        stop = asyncio.create_task(self._stop.wait())
        crashed = asyncio.create_task(app.wait_until_stopped())
        waits: set[asyncio.Future[object]] = {stop, crashed, engine.failed}  # type: ignore[arg-type]  # all futures
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        code = 0 if stop.done() else FAILED
        end_soon(code)
        with suppress(Exception):
            await engine.stop()
        with suppress(Exception):
            await app.stop()
        for task in (started, freezing, looking, delivering, stop, crashed):
            task.cancel()
        return code

    async def _freeze(self) -> None:
        """Whenever memories have come back: leave them out of full collections: those walk a million keys in 0.12 s.

        What is frozen is still freed when nothing refers to it any more.
        """
        was_ready = False
        while True:
            ready = self.app.engine.ready
            if ready and not was_ready:
                gc.freeze()
            was_ready = ready
            await asyncio.sleep(FREEZE_S)

    def _told_to_stop(self) -> None:
        end_soon(0)
        self._stop.set()

    def _pages(self) -> dict[str, Page]:
        engine = self.app.engine

        async def metrics() -> Answer:
            return HTTPStatus.OK, engine.context.metrics.exposition()

        async def ready() -> Answer:
            return word("" if engine.ready else "memories are coming back")

        async def healthy() -> Answer:
            return word("" if engine.healthy else "commits stand still while there is work")

        return {METRICS: metrics, READY: ready, HEALTHY: healthy}


def end_soon(code: int) -> None:
    """End this process hard when it has not ended by itself after the grace time."""
    timer = threading.Timer(STOP_S, os._exit, (code or FAILED,))
    timer.daemon = True
    timer.start()


def prepare_process() -> None:
    """What a worker wants of its interpreter."""
    uvloop.install()
    sys.setswitchinterval(SWITCH_S)
    gc.set_threshold(*GC_THRESHOLDS)


def run_worker(settings: Settings, tell_port: Callable[[int], None] = lambda _: None) -> int:
    """Run a worker in this process; StartError when it can't start."""
    prepare_process()

    async def main() -> int:
        return await Worker(settings, tell_port).run()

    code = asyncio.run(main())
    logging.shutdown()
    # Faust's consumer thread may still wait for a Kafka that is gone.
    os._exit(code)
