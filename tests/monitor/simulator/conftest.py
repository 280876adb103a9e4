"""One city and its day, made once for all tests here."""

from typing import Any

import orjson
import pytest

from monitor.simulator import City, Row

Record = dict[str, Any]


class Day:
    def __init__(self, *, seed: int, records: int) -> None:
        self.city = City(seed=seed, records=records)
        self.lines = list(self.city.feed())
        self.records: list[Record] = [orjson.loads(line) for line in self.lines]
        self.truth: list[Row] = self.city.truth


@pytest.fixture(scope="session")
def day() -> Day:
    return Day(seed=7, records=6_000)
