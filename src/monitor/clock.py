"""The only place that reads the wall clock; everywhere else time is an argument."""

import time

CHINA_OFFSET_MS = 8 * 3600 * 1000


def china_ms() -> int:
    """Milliseconds of China civil time since 1970-01-01 00:00:00 (UTC+8, no daylight saving)."""
    return time.time_ns() // 1_000_000 + CHINA_OFFSET_MS
