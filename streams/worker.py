"""A worker process: its start, its end, and what ends it when nothing else does."""

import asyncio
import logging
import os
import signal
import sys
import threading
from contextlib import suppress
from http import HTTPStatus
from typing import Final

import uvloop
from aiokafka.errors import KafkaError

from monitor.settings import Settings
from streams import topics
from streams.app import MonitorApp, create_app
from streams.health import HealthServer, Page

logger = logging.getLogger(__name__)

STOP_S: Final = 8.0
"""A clean end takes at most so long; a Kafka that is gone must not hold a process up (supervisors wait 10 s)."""
SWITCH_S: Final = 0.000_5
"""Faust's consumer thread needs the interpreter for microseconds; by default it waits 5 ms for it, several times a fetch."""
FAILED: Final = 1


class StartError(Exception):
    """Why a worker can't start, in one sentence."""


class Worker:
    """One app with its health server; `run` returns the exit code."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = asyncio.Event()
        self.app: MonitorApp
        self.port = 0

    async def run(self) -> int:
        """Work until told to stop (0) or until it can't go on (1)."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._told_to_stop)
        await refuse_other_topics(self._settings)
        self.app = create_app(self._settings)
        server = HealthServer(self._pages())
        try:
            self.port = await server.start(self._settings.worker_host, self._settings.worker_port)
        except OSError as error:
            raise StartError(
                f"the port {self._settings.worker_port} of the worker is taken (MONITOR_WORKER_PORT): {error.strerror}"
            ) from None
        logger.info("worker: health and metrics at http://%s:%d", self._settings.worker_host, self.port)
        try:
            return await self._work()
        finally:
            await server.stop()

    async def _work(self) -> int:
        app, engine = self.app, self.app.engine
        app.finalize()
        await engine.start(app.consumer)  # type: ignore[arg-type]  # BatchTransport makes such ones
        assert engine.failed is not None  # noqa: S101 - start has made it
        started = asyncio.create_task(app.start())
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
        for task in (started, stop, crashed):
            task.cancel()
        return code

    def _told_to_stop(self) -> None:
        end_soon(0)
        self._stop.set()

    def _pages(self) -> dict[str, Page]:
        engine = self.app.engine

        def page(good: bool, word: str) -> tuple[HTTPStatus, bytes]:  # noqa: FBT001 - two words for one fact
            return (
                (HTTPStatus.OK, b"ok\n") if good else (HTTPStatus.SERVICE_UNAVAILABLE, f"{word}\n".encode())
            )

        return {
            "/metrics": lambda: (HTTPStatus.OK, engine.context.metrics.exposition()),
            "/-/ready": lambda: page(engine.ready, "memories are coming back"),
            "/-/healthy": lambda: page(engine.healthy, "commits stand still while there is work"),
        }


async def refuse_other_topics(settings: Settings) -> None:
    """StartError when the topics are not what they must be: memories would be looked for in the wrong place."""
    try:
        differences = [each for each in await topics.check(settings) if each.fatal]
    except (KafkaError, OSError) as error:
        raise StartError(f"Kafka does not answer at {settings.bootstrap}: {type(error).__name__}") from None
    if differences:
        first = differences[0]
        raise StartError(
            f"{first.topic}: {first.what} must be {first.wanted}, found {first.found}"
            " (`monitor topics check` shows all, `monitor topics create` makes what is missing)"
        )


def end_soon(code: int) -> None:
    """End this process hard when it has not ended by itself after the grace time."""
    timer = threading.Timer(STOP_S, os._exit, (code or FAILED,))
    timer.daemon = True
    timer.start()


def run_worker(settings: Settings) -> int:
    """Run a worker in this process; StartError when it can't start."""
    uvloop.install()
    sys.setswitchinterval(SWITCH_S)

    async def main() -> int:
        return await Worker(settings).run()

    code = asyncio.run(main())
    logging.shutdown()
    # Faust's consumer thread may still wait for a Kafka that is gone.
    os._exit(code)
