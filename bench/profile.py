"""(f) Where the microseconds of a record go: samples of a worker's stacks while it works through a day."""

import asyncio
import signal
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from typing import Final

import typer
from msgspec import Struct

from bench import rivals
from bench.broker import bench_broker
from bench.day import make_day
from bench.monitor import Monitor
from bench.process import BenchError
from bench.product import IDLE_S, judge

RATE_HZ: Final = 250
LINES: Final = 25
END_S_MAX: Final = 30.0
PARTS: Final = (
    ("decoding calls", ("monitor/interface/",)),
    ("rules", ("monitor/rules/",)),
    ("memory of persons, providers, traces", ("monitor/memory/",)),
    ("audit around the rules", ("monitor/audit/", "monitor/outputs", "monitor/knowledge")),
    ("incidents", ("monitor/incidents/",)),
    (
        "stages",
        ("streams/intake", "streams/persons", "streams/providers", "streams/traces", "streams/incidents",
         "streams/stage_outputs", "streams/counting"),
    ),
    ("transactions: building batches, sending, commit", ("streams/engine/ledger",)),
    ("engine", ("streams/engine/",)),
    ("metrics", ("prometheus_client/", "monitor/metrics")),
    ("Faust", ("faust/", "mode/")),
    ("aiokafka", ("aiokafka/",)),
)  # fmt: skip
"""The innermost frame that stands in one of these folders says whose time it is."""
OTHER: Final = "everything else: event loop, standard library"


class Share(Struct, frozen=True):
    """Of all samples in which the interpreter was busy; `us`: of CPU, per record."""

    where: str
    share: float
    us: float


async def profile(*, records: int) -> list[Share]:
    """Shares of parts, the largest first; the hottest functions are printed."""
    with bench_broker() as bootstrap, tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        day = make_day(folder, records=records)
        out = folder / "stacks"
        sampler: list[subprocess.Popen[bytes]] = []
        async with Monitor(bootstrap, day, folder, idle_s=IDLE_S) as monitor:
            await monitor.fill(day.calls)
            one, _ = await judge(monitor, day, begun=lambda: sampler.append(_attach(monitor.pid, out)))
            sampler[0].send_signal(signal.SIGINT)
            await asyncio.to_thread(sampler[0].wait, END_S_MAX)
        stacks = _read(out)
    _print_hottest(stacks)
    parts = Counter[str]()
    for stack, count in stacks.items():
        parts[part_of(stack)] += count
    total = parts.total()
    shares = [Share(where, count / total, one.cpu_us * count / total) for where, count in parts.most_common()]
    for each in shares:
        typer.echo(f"{each.share:6.1%}  {each.us:6.1f} us  {each.where}")
    return shares


def _attach(pid: int, out: Path) -> "subprocess.Popen[bytes]":
    sampler = rivals.python().with_name("py-spy")
    return subprocess.Popen(
        [str(sampler), "record", "--gil", "--full-filenames", "--rate", str(RATE_HZ), "--format", "raw",
         "--duration", "unlimited", "--output", str(out), "--pid", str(pid)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _read(out: Path) -> Counter[str]:
    if not out.exists():
        raise BenchError("the sampler wrote nothing: may it trace other processes here (ptrace)?")
    stacks = Counter[str]()
    for line in out.read_text().splitlines():
        stack, _, count = line.rpartition(" ")
        stacks[stack] += int(count)
    return stacks


def part_of(stack: str) -> str:
    """Whose time a sample is; `stack`: frames from the outermost to the innermost, separated by semicolons."""
    for frame in reversed(stack.split(";")):
        for part, folders in PARTS:
            if any(f"/{folder}" in frame for folder in folders):
                return part
    return OTHER


def _print_hottest(stacks: Counter[str]) -> None:
    own = Counter[str]()
    for stack, count in stacks.items():
        own[stack.rsplit(";", 1)[-1].rpartition(":")[0]] += count
    for frame, count in own.most_common(LINES):
        typer.echo(f"{count / own.total():6.1%}  {frame}")
