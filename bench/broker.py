"""The broker that everything is measured with."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from deploy.local.kafka import LocalKafka

_HEAP_MIB: Final = 1024
WARM_UP_S: Final = 20.0
"""Latency is not measured before: a broker that has just started takes seconds for what takes it milliseconds later."""


@contextmanager
def bench_broker() -> Iterator[str]:
    """The bootstrap address of a broker on this process's core; its data go with it."""
    kafka = LocalKafka(heap_mib=_HEAP_MIB)
    try:
        kafka.start()
        yield kafka.bootstrap
    finally:
        kafka.kill()
        kafka.close()
