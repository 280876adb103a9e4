"""A city's day with known frauds in it and innocents that look like them: for demo, tests, benchmark.

It knows the wire format and nothing of the monitor. `City` makes records, truth and reference tables;
`score` compares.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import IO, Any

import msgspec

from monitor.simulator.city import START, City
from monitor.simulator.truth import Row, Summary, score
from monitor.simulator.week import Shape, Week

__all__ = [
    "START",
    "City",
    "Row",
    "Shape",
    "Summary",
    "Week",
    "cli_simulate",
    "read_truth",
    "score",
    "simulate",
    "write_day",
    "write_truth",
]


def simulate(*, seed: int, records: int, start: date = START) -> Iterator[bytes]:
    """Feed records in order of arrival, one JSON object each, no newline; same arguments, same bytes."""
    return City(seed=seed, start=start, records=records).feed()


def write_day(city: City, stream: IO[bytes]) -> int:
    """Write the city's feed as JSON lines; returns the number of records."""
    count = 0
    for line in city.feed():
        stream.write(line)
        stream.write(b"\n")
        count += 1
    return count


def write_truth(rows: list[Row], path: Path) -> None:
    """One JSON object a line, in the order in which things came to pass."""
    path.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))


def read_truth(path: Path) -> list[Row]:
    """The rows of a truth file; msgspec.DecodeError when it is none."""
    return [msgspec.json.decode(line, type=Row) for line in path.read_bytes().splitlines() if line]


def cli_simulate(
    *,
    output: Path | None,
    truth: Path | None,
    reference: Path | None,
    records: int,
    seed: int,
    start: date = START,
) -> City:
    """`monitor simulate`: the feed to `output` (None: standard output; `.gz` by suffix), truth and tables."""
    city = City(seed=seed, start=start, records=records)
    if reference is not None:
        city.write_reference(reference)
    with _sink(output) as stream:
        write_day(city, stream)
    if truth is not None:
        write_truth(city.truth, truth)
    return city


def _sink(output: Path | None) -> Any:  # noqa: ANN401 - a file of bytes, or one that must stay open
    if output is None:
        return nullcontext(sys.stdout.buffer)
    if output.suffix == ".gz":
        # The time in the header would make the same seed give other bytes.
        return gzip.GzipFile(output, "wb", compresslevel=6, mtime=0)
    return output.open("wb")
