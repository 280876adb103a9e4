"""What commands share that people repair and decide with: who and why, when, and a Kafka that does not answer."""

import asyncio
import getpass
import logging
import socket
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeVar

import typer
from aiokafka.errors import KafkaError

from monitor.accountable import Signature, UnaccountableError
from monitor.cli import fail
from monitor.clock import CHINA_OFFSET_MS, china_ms
from monitor.settings import Settings
from streams.engine.ledger import FencedError, RefusedError

T = TypeVar("T")
FAILED: Final = 1
TIME_FORMATS: Final = [
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
]

By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who you are; it is kept.")]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="Why; it is kept. No identity of a patient.")]
Since = Annotated[
    datetime | None,
    typer.Option("--since", formats=TIME_FORMATS, metavar="TIME", help="From this time on (China)."),
]
Until = Annotated[
    datetime | None,
    typer.Option("--until", formats=TIME_FORMATS, metavar="TIME", help="Up to this time (China)."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def epoch_ms(china: datetime | None) -> int | None:
    """A time as it is typed, China's -> ms since the epoch."""
    return None if china is None else int(china.replace(tzinfo=UTC).timestamp() * 1000) - CHINA_OFFSET_MS


def china_s(ms: int) -> int:
    """Ms since the epoch -> seconds of China civil time."""
    return (ms + CHINA_OFFSET_MS) // 1000


def sign(by: str, why: str) -> Signature:
    """Who types this, now; ends the command when it would not satisfy an auditor."""
    try:
        account = f"{getpass.getuser()}@{socket.gethostname()}"
        return Signature.of(by=by, account=account, why=why, at=china_ms() // 1000)
    except UnaccountableError as error:
        fail(f"--{error}")


def quiet() -> None:
    """aiokafka logs what it tries again as errors; what matters of it is raised."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


def run(work: Coroutine[Any, Any, T], settings: Settings, command: str) -> T:
    """What it gives; one sentence and exit 1 when Kafka does not do it."""
    quiet()
    try:
        return asyncio.run(work)
    except FencedError:
        fail(f"{command}: somebody else does the same right now; see what they did and try again", FAILED)
    except RefusedError as error:
        fail(f"{command}: {error}", FAILED)
    except (KafkaError, OSError, TimeoutError) as error:
        fail(
            f"{command}: Kafka does not do it at {settings.bootstrap} ({type(error).__name__});"
            " what was not said to be done may be done or not: look before you repeat it",
            FAILED,
        )
