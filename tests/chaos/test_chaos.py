"""Faults of many kinds on a monitor at work: nothing lost, nothing doubled, nothing invented, nothing else (contract §2)."""

from pathlib import Path

import pytest

from tests.chaos.run import command, run

FAULTS = 10
SEED = 1408
"""Its ten faults hold two zombies, both ways to hurt a broker, a twin, and dead letters that are refused."""

pytestmark = pytest.mark.kafka


async def test_ten_faults_change_nothing_that_can_be_read(tmp_path: Path) -> None:
    report = await run(seed=SEED, faults=FAULTS, folder=tmp_path)
    assert report.good, f"{command(report.schedule)}\n{report.text()}"
    assert report.zombies >= 2
