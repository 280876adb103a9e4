"""The machine: which core does what, and what a figure has to be read with."""

import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path
from threading import Event
from typing import Final

from deploy.local.jars import ENDPOINTS

LOAD_CORE: Final = 0
"""Broker, load and measuring; all processes that name no other core."""
WORK_CORE: Final = 1
_PACKAGES: Final = ("faust-streaming", "aiokafka", "msgspec", "orjson", "uvloop")


class MachineError(Exception):
    """Why nothing can be measured here, in one sentence."""


def stay_on_load_core() -> None:
    """Pin this process, and with it what it starts, to the core of broker and load."""
    if len(os.sched_getaffinity(0)) <= WORK_CORE:
        raise MachineError("needs two cores: one for broker and load, one for the worker")
    os.sched_setaffinity(0, {LOAD_CORE})


def busy_share(seconds: float = 1.0) -> float:
    """How much of all cores others use now; figures of a machine that is shared are worth less."""
    before = _ticks()
    Event().wait(seconds)
    idle, total = (b - a for a, b in zip(before, _ticks(), strict=True))
    return 1 - idle / total


def _ticks() -> tuple[int, int]:
    """Idle and all."""
    fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return fields[3] + fields[4], sum(fields)


def worker_cores(workers: int) -> list[int]:
    """A core for each; the last one shares that of broker and load when there are no more."""
    cores = [*range(WORK_CORE, os.cpu_count() or 1), LOAD_CORE]
    return cores[:workers]


def described() -> dict[str, str]:
    """Processor, memory and versions."""
    cpuinfo, meminfo = Path("/proc/cpuinfo").read_text(), Path("/proc/meminfo").read_text()
    model = re.search(r"model name\s*: (.*)", cpuinfo)
    kib = re.search(r"MemTotal:\s*(\d+)", meminfo)
    found = {
        "processor": f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores",
        "memory": f"{int(kib[1]) / (1 << 20):.0f} GiB" if kib else "?",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "Kafka": ENDPOINTS[0].rpartition(":")[2],
    }
    return found | {name: version(name) for name in _PACKAGES} | {"revision": _revision()}


def _revision() -> str:
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607 - whichever git there is
        cwd=Path(__file__).parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return told.stdout.strip() or "not a checkout"
