"""What workers, supervisors and gateways do first, and how they say why they can't start."""

import logging
from pathlib import Path
from typing import Final

from aiokafka.errors import KafkaError

from monitor.settings import Settings
from streams import topics
from streams.health import HealthServer

logger = logging.getLogger(__name__)

FAILED: Final = 1
"""The exit code of one that can't go on."""
GC_THRESHOLDS: Final = (50_000, 20, 50)
"""Records leave hardly a cycle behind (none in 20,000 of them), but each collection walks what is remembered. With a million
keys, Python's own thresholds took 18 us of a record's 95 (all rules, CPU time) and stood still for up to 0.17 s; these take
2 us and 0.012 s. Not off: connections and exceptions do leave cycles."""


class StartError(Exception):
    """Why a worker can't start, in one sentence."""


async def serve(server: HealthServer, settings: Settings, who: str = "worker") -> int:
    """Start the health server on the port that the settings have for a worker or courier; its port."""
    wanted = settings.courier_port if who == "courier" else settings.worker_port
    try:
        port = await server.start(settings.worker_host, wanted)
    except OSError as error:
        raise StartError(
            f"the port {wanted} of the {who} is taken (MONITOR_{who.upper()}_PORT): {error.strerror}"
        ) from None
    logger.info("health and metrics at http://%s:%d", settings.worker_host, port)
    return port


def make_folder(folder: Path) -> None:
    """Make MONITOR_DATA_DIR where it is missing (it may be removed at any time); StartError when that can't be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StartError(f"{folder} can't be made (MONITOR_DATA_DIR): {error.strerror}") from None


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
