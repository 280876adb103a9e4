import gzip
from pathlib import Path

import pytest

from monitor.interface.intake import Intake, Rejected
from monitor.privacy import Tokens
from monitor.reference_tables import TABLES, load_reference
from monitor.simulator import City, cli_simulate, read_truth, simulate
from tests.monitor.simulator.conftest import Day

TOKENS = Tokens(b"a key for tests of thirty-two by")


def test_feed_truth_and_tables_are_written(tmp_path: Path) -> None:
    feed, truth, tables = tmp_path / "feed.jsonl", tmp_path / "truth.jsonl", tmp_path / "reference"
    city = cli_simulate(output=feed, truth=truth, reference=tables, records=800, seed=4)
    assert feed.read_bytes().splitlines() == list(simulate(seed=4, records=800))
    assert read_truth(truth) == city.truth
    assert (tables / "providers.csv").exists()


def test_a_compressed_feed_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    files = [tmp_path / "a" / "feed.jsonl.gz", tmp_path / "b" / "feed.jsonl.gz"]
    for file in files:
        file.parent.mkdir()
        cli_simulate(output=file, truth=None, reference=None, records=300, seed=4)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert gzip.decompress(files[0].read_bytes()).splitlines() == list(simulate(seed=4, records=300))


def test_without_a_file_the_feed_goes_to_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    cli_simulate(output=None, truth=None, reference=None, records=50, seed=4)
    assert capfdbinary.readouterr().out.splitlines() == list(simulate(seed=4, records=50))


def test_the_monitor_reads_every_table(tmp_path: Path) -> None:
    city = City(seed=4, records=3_000)
    city.write_reference(tmp_path)
    reference = load_reference(tmp_path, tokens=TOKENS)
    assert not reference.unused_files
    assert set(TABLES) - {path.stem for path in tmp_path.glob("*.csv")} == {"split_exempt"}
    assert set(reference.providers) == {p.code for p in (*city.pharmacies, *city.hospitals)}
    assert len(reference.persons) == len(city.people)


def test_every_record_gets_in(day: Day) -> None:
    intake = Intake(tokens=TOKENS, trace_ignore=frozenset())
    refused = [outcome for line in day.lines if isinstance(outcome := intake.decode(line), Rejected)]
    assert refused == []
