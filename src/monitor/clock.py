"""The only place that reads the wall clock; everywhere else time is an argument."""

import time

CHINA_OFFSET_MS = 8 * 3600 * 1000


def unix_ms() -> int:
    """Milliseconds since the epoch (UTC), as Kafka's records have them."""
    return time.time_ns() // 1_000_000


def china_ms() -> int:
    """Milliseconds of China civil time since 1970-01-01 00:00:00 (UTC+8, no daylight saving)."""
    return unix_ms() + CHINA_OFFSET_MS
