"""What is kept of a judged week."""

from msgspec import Struct

from bench.told import Count
from monitor.simulator import Shape


class Judged(Struct, kw_only=True):
    """Of one seed under one region file, with the daily budget shared by so many partitions."""

    seed: int
    region: str
    partitions: int
    records: int
    persons: int
    seconds: float
    mib: float
    shape: Shape
    count: Count
