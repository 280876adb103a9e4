"""What the product does not need: packages of rivals and plots in a venv of their own, Kafka Streams' jars."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from bench.process import BenchError
from deploy.local.jars import cache_dir, cache_lock, classpath_of

HERE: Final = Path(__file__).parent
LOCK: Final = HERE / "requirements.lock"
STREAMS_ENDPOINTS: Final = (
    "org.apache.kafka:kafka-streams:4.1.0",
    "com.fasterxml.jackson.core:jackson-databind:2.19.0",
    "org.slf4j:slf4j-simple:1.7.36",
)
STREAMS_LOCK: Final = HERE / "java" / "streams.lock"
_SOURCE: Final = HERE / "java" / "KafkaStreamsWorker.java"
_RELEASE: Final = "17"


class SkippedError(Exception):
    """A rival that this machine can't run; the message says why."""


def python() -> Path:
    """The interpreter of the rivals' venv, made from bench/requirements.lock when it is missing."""
    name = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()[:16]
    venv = cache_dir() / f"bench-{name}"
    there = venv / "bin" / "python"
    with cache_lock():
        if not (venv / "complete").exists():
            sys.stderr.write("bench: installing the rivals, once\n")
            shutil.rmtree(venv, ignore_errors=True)
            _run([sys.executable, "-m", "uv", "venv", "--quiet", "--python", sys.executable, str(venv)])
            _run(
                [sys.executable, "-m", "uv", "pip", "sync", "--quiet", "--compile-bytecode", "--require-hashes",
                 "--python", str(there), str(LOCK)]
            )  # fmt: skip
            (venv / "complete").touch()
    return there


def streams_classpath() -> str:
    """Java's class path of the Kafka Streams worker, compiled when its source is new; SkippedError without javac."""
    javac = shutil.which("javac")
    if javac is None:
        raise SkippedError("no javac")
    jars = classpath_of(STREAMS_LOCK)
    classes = cache_dir() / f"bench-java-{hashlib.sha256(_SOURCE.read_bytes()).hexdigest()[:16]}"
    if not (classes / "complete").exists():
        classes.mkdir(exist_ok=True)
        _run([javac, "--release", _RELEASE, "-cp", jars, "-d", str(classes), str(_SOURCE)])
        (classes / "complete").touch()
    return f"{classes}:{jars}"


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"{command[0]} failed: {done.stderr.strip()[-600:]}")
