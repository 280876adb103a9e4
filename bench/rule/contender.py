"""The systems that run the rule. A new one is a line here and a program that reads `given.Given`."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from bench import rivals
from bench.rule.given import AT_LEAST_ONCE, EXACTLY_ONCE, NO_STATE_LOG
from deploy.local.java import find_java


class Contender(NamedTuple):
    """One system with one guarantee. `records`: so many take it some ten seconds on one core."""

    name: str
    title: str
    guarantee: str
    records: int
    command: Callable[[], Sequence[str]]
    """SkippedError when this machine can't run it."""


def _beside_product(module: str, *arguments: str) -> Callable[[], Sequence[str]]:
    return lambda: [sys.executable, "-m", module, *arguments]


def _beside_rivals(module: str, *arguments: str) -> Callable[[], Sequence[str]]:
    return lambda: [str(rivals.python()), "-m", module, *arguments]


def _java() -> Sequence[str]:
    # One core, as all have: the collector and the compiler must not count on more.
    flags = ["-XX:ActiveProcessorCount=1", "-XX:+UseSerialGC", "-Xmx1g"]
    logs = ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
    return [find_java(), *flags, *logs, "-cp", rivals.streams_classpath(), "KafkaStreamsWorker"]


FAST: Final = 1_500_000
"""A JVM has warmed up after some of them; all fast ones take the same, from one topic."""
_FAUST = ("bench.rule.faust_worker", "--loop", "uvloop", "worker", "--without-web", "--loglevel", "warn")

CONTENDERS: Final = (
    Contender("engine", "this engine", EXACTLY_ONCE, FAST, _beside_product("bench.rule.engine_worker")),
    Contender("faust", "Faust 0.15, agent and table, uvloop", AT_LEAST_ONCE, 60_000, _beside_rivals(*_FAUST)),
    Contender(
        "quix-alo", "Quix Streams 3.28", AT_LEAST_ONCE, 150_000, _beside_rivals("bench.rule.quix_worker")
    ),
    Contender(
        "quix-eos", "Quix Streams 3.28", EXACTLY_ONCE, 150_000, _beside_rivals("bench.rule.quix_worker")
    ),
    Contender("streams-alo", "Kafka Streams 4.1 (Java)", AT_LEAST_ONCE, FAST, _java),
    Contender("streams-eos", "Kafka Streams 4.1 (Java), v2", EXACTLY_ONCE, FAST, _java),
    Contender(
        "ceiling",
        "aiokafka + orjson + dict",
        NO_STATE_LOG,
        FAST,
        _beside_product("bench.rule.ceiling_worker"),
    ),
)
ROOT: Final = Path(__file__).parents[2]
