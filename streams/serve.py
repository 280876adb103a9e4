"""The gateway's process: monitor.gateway's application, with its mailbox on Kafka."""

import asyncio
import gc
import os
import signal
import threading
from contextlib import nullcontext
from typing import Final

import uvloop
from prometheus_client import REGISTRY

from monitor.clock import unix_ms
from monitor.compose import knowledge_of
from monitor.gateway.app import create_gateway
from monitor.gateway.callers import Callers
from monitor.gateway.keys import load_keys
from monitor.gateway.serve import server
from monitor.interface.intake import Intake
from monitor.metrics import Metrics
from monitor.settings import Settings
from streams.counting import show_versions
from streams.mailbox import KafkaMailbox
from streams.notice_pages import KafkaNoticeLog
from streams.start import GC_THRESHOLDS

STOP_S: Final = 9.0
"""Who waits for an answer gets it; a Kafka that is gone must not hold a process up."""


def run_gateway(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; the exit code. RegionError or ReferenceTableError when a file can't be used."""
    knowledge = knowledge_of(settings)
    keys = load_keys(settings.gateway_tokens)

    metrics = Metrics(REGISTRY)
    show_versions(metrics, rules_version=knowledge.rules_version)

    async def main() -> None:
        mailbox = KafkaMailbox(settings, now_ms=unix_ms)
        notices = KafkaNoticeLog(settings)
        application = create_gateway(
            settings,
            mailbox=mailbox,
            notices=notices,
            intake=Intake(tokens=knowledge.tokens, trace_ignore=knowledge.reference.trace_ignore),
            tokens=knowledge.tokens,
            keys=keys,
            callers=Callers(metrics, knowledge.reference.providers),
            rules_version=knowledge.rules_version,
        )
        await mailbox.start()
        serving = server(application, host=settings.gateway_host, port=settings.gateway_port)
        # uvicorn would raise the signal anew when it has ended, and nothing after it would run.
        serving.capture_signals = nullcontext  # type: ignore[method-assign,assignment]

        def stop() -> None:
            serving.should_exit = True

        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop)
        try:
            await serving.serve()
        finally:
            timer = threading.Timer(STOP_S, os._exit, (1,))
            timer.daemon = True
            timer.start()
            await notices.stop()
            await mailbox.stop()

    # Its tables stay, so collections need not walk them: 14 % of the gateway's time was that.
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    uvloop.install()
    asyncio.run(main())
    return 0
