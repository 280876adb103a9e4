"""A simulated day, and a monitor on a real Kafka for it."""

from tests.streams.conftest import small_day, world

__all__ = ["small_day", "world"]
