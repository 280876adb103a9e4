"""Has records sent at a fixed rate by a process of its own, beside what is measured here."""

import asyncio
import pickle
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench import rivals
from bench.pace import Load, Pace
from bench.process import BenchError
from deploy.local import guard

_ROOT = Path(__file__).parents[1]


async def feed(bootstrap: str, topic: str, rows: Sequence[tuple[int, bytes, bytes]], *, rate: float) -> Pace:
    """Send (partition, key, value) when they are due; returns when all are acknowledged, BenchError when one is not."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        file = Path(folder) / "load.pickle"
        file.write_bytes(pickle.dumps(Load(bootstrap, topic, rate, list(rows))))
        command = [str(rivals.python()), "-m", "bench.feeder", str(file)]
        sender = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", guard.__file__, "", *command),
            cwd=_ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            # Not communicate(): it would close the pipe that keeps the sender alive.
            assert sender.stdout is not None  # noqa: S101 - asked for above
            assert sender.stderr is not None  # noqa: S101 - asked for above
            told, words = await asyncio.gather(sender.stdout.read(), sender.stderr.read())
            if await sender.wait():
                raise BenchError(
                    f"the load generator failed: {words.decode(errors='replace').strip()[-600:]}"
                )
        finally:
            if sender.stdin is not None:
                sender.stdin.close()
            await sender.wait()
    began, behind_s = map(float, told.split())
    return Pace(count=len(rows), rate=rate, began=began, behind_s=behind_s)
