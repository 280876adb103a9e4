"""The records that are played, and what the demo must know of each to send it the right way."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final

import orjson
from msgspec import Struct

from monitor.clock import china_ms
from monitor.simulator import START, City

RECORDS_MIN: Final = 3_000
"""In a smaller city the day ends before all of its scenes have been played."""
CHECK: Final = "3102"
PRELIMINARY: Final = frozenset(("2101", "2206", "2303", "3101", "3102"))
"""Calls that no later one depends on: pre-settlements and checks."""

_PERSONS: Final = re.compile(rb'"(?:psn_no|patn_id)":"([^"]+)"')


class Sent(Struct, frozen=True):
    """A feed record. `request`: the envelope alone, as a hospital would send it; `persons`: whom it names."""

    raw: bytes
    request: bytes
    infno: str
    msgid: str
    provider: str
    persons: frozenset[bytes]


def city_for(*, seed: int, records: int) -> City:
    """The same seed plays the same day, unless the clock says that the day is still to come."""
    yesterday = _today() - timedelta(days=1)
    return City(seed=seed, start=min(START, yesterday), records=max(records, RECORDS_MIN))


def records(city: City) -> Iterator[Sent]:
    """The city's feed in order of arrival."""
    for raw in city.feed():
        yield as_sent(raw)


def as_sent(raw: bytes) -> Sent:
    """What a feed record is about."""
    record = orjson.loads(raw)
    request = record["request"]
    return Sent(
        raw=raw,
        request=orjson.dumps(request),
        infno=request["infno"],
        msgid=request["msgid"],
        provider=request["fixmedins_code"],
        persons=frozenset(_PERSONS.findall(raw)),
    )


def _today() -> date:
    return datetime.fromtimestamp(china_ms() / 1000, UTC).date()
