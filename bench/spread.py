"""Least, middle and most of some runs; marks of a distribution."""

from collections.abc import Sequence
from statistics import median
from typing import Final

from msgspec import Struct

from bench.process import BenchError

SHARES: Final = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}


class Spread(Struct, frozen=True):
    """Of the same figure in several runs."""

    least: float
    middle: float
    most: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> "Spread":
        """Of at least one figure."""
        return cls(min(figures), median(figures), max(figures))


class Latency(Struct, frozen=True):
    """Marks in milliseconds."""

    count: int
    marks: dict[str, float]
    most: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Latency":
        """BenchError when there is none."""
        if not seconds:
            raise BenchError("nothing came whose latency counts: measure for longer, or at a higher rate")
        ordered = sorted(seconds)
        marks = {name: ordered[int(share * (len(ordered) - 1))] * 1000 for name, share in SHARES.items()}
        return cls(len(ordered), marks, ordered[-1] * 1000)

    def __str__(self) -> str:
        told = " ".join(f"{name} {ms:.0f}" for name, ms in self.marks.items())
        return f"{self.count:,} of them, ms: {told} max {self.most:.0f}"
