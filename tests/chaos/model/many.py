"""Many plays, on every core."""

import logging
import os
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Final

from tests.chaos.model.play import engine_on_the_model, play

CHUNK: Final = 50


def play_many(first: int, count: int) -> Iterator[tuple[int, list[str]]]:
    """(seed, what is wrong) of each seed from the first on."""
    chunks = [range(at, min(at + CHUNK, first + count)) for at in range(first, first + count, CHUNK)]
    if len(chunks) == 1:
        yield from _play(chunks[0])
        return
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for results in pool.map(_play, chunks):
            yield from results


def _play(seeds: range) -> list[tuple[int, list[str]]]:
    # Every fault makes the engine warn, and Python when a worker dies between two lines.
    logging.disable(logging.CRITICAL)
    warnings.filterwarnings("ignore", category=RuntimeWarning, message="coroutine .* was never awaited")
    with engine_on_the_model():
        return [(seed, play(seed)) for seed in seeds]
