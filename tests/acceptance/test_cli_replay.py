"""`monitor replay FILE...`: what it reads, where it writes, and how it ends."""

import gzip
import json
from pathlib import Path

import pytest

from tests import wire
from tests.acceptance.bare import monitor, monitor_process
from tests.acceptance.conftest import TOKEN_KEY

AT = "2026-03-10 12:00:00"
KEYED = {"MONITOR_TOKEN_KEY": TOKEN_KEY}
KINDS = {"verdict", "finding", "incident", "dead_letter"}


def feed(*people: str, amount: str = "10.00", start: int = 0) -> bytes:
    """One sale a line to each of these people, a minute apart."""
    sales = [
        wire.pharmacy_sale(name, at=wire.later(AT, minutes=start + n), lines=[wire.line(amount=amount)])
        for n, name in enumerate(people)
    ]
    return b"".join(wire.as_line(sale) + b"\n" for sale in sales)


@pytest.fixture
def one(tmp_path: Path) -> Path:
    """A file of two sales."""
    path = tmp_path / "one.jsonl"
    path.write_bytes(feed("a", "b"))
    return path


def test_it_reads_a_file_and_prints_one_object_a_line(one: Path) -> None:
    ended = monitor_process("replay", one)
    rows = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.code == 0
    assert [row["type"] for row in rows] == ["verdict", "verdict"]


def test_every_kind_of_row_says_its_type(tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    path.write_bytes(feed("a", amount="12.00") + b"broken\n")
    rows = [json.loads(line) for line in monitor("replay", path).stdout.splitlines()]
    assert {row["type"] for row in rows} == KINDS


def test_it_reads_a_compressed_file(one: Path, tmp_path: Path) -> None:
    packed = tmp_path / "one.jsonl.gz"
    packed.write_bytes(gzip.compress(one.read_bytes()))
    assert monitor("replay", packed).stdout == monitor("replay", one).stdout


def test_it_reads_a_compressed_file_of_several_members(one: Path, tmp_path: Path) -> None:
    packed = tmp_path / "one.jsonl.gz"
    first, second = one.read_bytes().splitlines(keepends=True)
    packed.write_bytes(gzip.compress(first) + gzip.compress(second))
    assert monitor("replay", packed).stdout == monitor("replay", one).stdout


def test_it_reads_standard_input(one: Path) -> None:
    ended = monitor_process("replay", "-", stdin=one.read_bytes())
    assert (ended.code, ended.stdout) == (0, monitor_process("replay", one).stdout)


def test_it_reads_several_files_as_one_feed(tmp_path: Path) -> None:
    paths = [tmp_path / f"{n}.jsonl" for n in range(3)]
    for n, path in enumerate(paths):
        path.write_bytes(feed("a", start=n))
    outcome = monitor("replay", *paths).outcome
    assert outcome.one("LOC-CARD-REPEAT")["evidence_count"] == 3


def test_the_end_of_each_file_moves_the_watermark_by_a_pending_jump(tmp_path: Path) -> None:
    jump, rest, whole = tmp_path / "jump.jsonl", tmp_path / "rest.jsonl", tmp_path / "whole.jsonl"
    ahead = wire.pharmacy_sale("b", at=wire.later(AT, days=3))
    jump.write_bytes(feed("a") + wire.as_line(ahead) + b"\n")
    rest.write_bytes(feed("c", amount="12.00", start=1))
    whole.write_bytes(jump.read_bytes() + rest.read_bytes())
    assert [row["late"] for row in monitor("replay", jump, rest).outcome.findings] == [True]
    assert [row["late"] for row in monitor("replay", whole).outcome.findings] == [False]


def test_the_last_line_needs_no_end(one: Path) -> None:
    whole = monitor("replay", one).stdout
    one.write_bytes(one.read_bytes().rstrip(b"\n"))
    assert monitor("replay", one).stdout == whole


def test_an_empty_file_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    ended = monitor("replay", tmp_path / "empty.jsonl")
    assert (ended.code, ended.stdout) == (0, "")
    (tmp_path / "empty.jsonl.gz").write_bytes(gzip.compress(b""))
    assert monitor("replay", tmp_path / "empty.jsonl.gz").code == 0


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_file_that_cannot_be_read_spoils_no_other(
    one: Path, tmp_path: Path, order: tuple[int, int]
) -> None:
    files = (one, tmp_path / "nowhere.jsonl")
    ended = monitor_process("replay", *(files[n] for n in order))
    assert (ended.code, len(ended.outcome.verdicts)) == (2, 2)
    assert "nowhere.jsonl" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_folder_is_a_file_that_cannot_be_read(one: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    ended = monitor("replay", tmp_path / "folder", one)
    assert (ended.code, len(ended.outcome.verdicts)) == (2, 2)
    assert "Traceback" not in ended.stderr


def test_a_gz_of_no_bytes_is_cut_short(one: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl.gz").write_bytes(b"")
    ended = monitor("replay", tmp_path / "empty.jsonl.gz", one)
    assert (ended.code, len(ended.outcome.verdicts)) == (2, 2)
    assert "empty.jsonl.gz" in ended.stderr


@pytest.mark.parametrize("missing", [1, 8, 9, 200])
def test_of_a_file_that_is_cut_short_the_good_part_is_processed(tmp_path: Path, missing: int) -> None:
    cut, other = tmp_path / "cut.jsonl.gz", tmp_path / "other.jsonl"
    packed = gzip.compress(feed(*(f"p{n}" for n in range(200))))
    cut.write_bytes(packed[:-missing])
    other.write_bytes(feed("z", start=500))
    ended = monitor("replay", cut, other)
    verdicts = ended.outcome.verdicts
    assert ended.code == 2
    assert 150 < len(verdicts) <= 201
    assert verdicts[-1]["msgid"] == json.loads(other.read_bytes())["request"]["msgid"]
    assert "cut.jsonl.gz" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_file_with_a_false_checksum_is_cut_short_too(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(feed("a", "b")))
    packed[-8] ^= 0xFF
    (tmp_path / "bad.jsonl.gz").write_bytes(packed)
    ended = monitor("replay", tmp_path / "bad.jsonl.gz")
    assert ended.code == 2
    assert "Traceback" not in ended.stderr


def test_what_is_no_gzip_at_all_cannot_be_read(one: Path, tmp_path: Path) -> None:
    (tmp_path / "plain.jsonl.gz").write_bytes(one.read_bytes())
    ended = monitor("replay", tmp_path / "plain.jsonl.gz", one)
    assert (ended.code, len(ended.outcome.verdicts)) == (2, 2)
    assert "Traceback" not in ended.stderr


def test_bad_records_do_not_change_the_exit_code(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_bytes(b"broken\n" * 50)
    ended = monitor("replay", tmp_path / "bad.jsonl")
    assert (ended.code, len(ended.outcome.dead_letters)) == (0, 50)


def test_output_goes_to_a_file(one: Path, tmp_path: Path) -> None:
    target = tmp_path / "printed.jsonl"
    ended = monitor("replay", one, "--output", target)
    assert (ended.code, ended.stdout) == (0, "")
    assert target.read_text() == monitor("replay", one).stdout


def test_an_output_that_cannot_be_written_is_a_clear_error(one: Path, tmp_path: Path) -> None:
    ended = monitor_process("replay", one, "--output", tmp_path / "nowhere" / "printed.jsonl")
    assert ended.code != 0
    assert "Traceback" not in ended.stderr


def test_a_summary_is_said_on_stderr(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    path.write_bytes(feed("a", "b", "c", amount="12.00") + b"broken\n")
    ended = monitor("replay", path)
    assert all(str(number) in ended.stderr for number in (1, 3, 4))
    assert "Traceback" not in ended.stderr


def test_without_a_key_the_development_key_is_said_to_be_used(one: Path) -> None:
    without = monitor_process("replay", one, environment={})
    assert without.code == 0
    assert "MONITOR_TOKEN_KEY" in without.stderr
    assert "MONITOR_TOKEN_KEY" not in monitor_process("replay", one, environment=KEYED).stderr


def test_tokens_depend_on_the_key(one: Path) -> None:
    def people(environment: dict[str, str]) -> list[str]:
        return [row["person"] for row in monitor("replay", one, environment=environment).outcome.verdicts]

    assert people(KEYED) == people(KEYED)
    assert people({}) == people({})
    assert len({*people(KEYED), *people({}), *people({"MONITOR_TOKEN_KEY": "7b" * 32})}) == 6


@pytest.mark.parametrize("key", ["short", "zz" * 32])
def test_a_key_that_is_none_is_a_clear_error_that_does_not_quote_it(one: Path, key: str) -> None:
    ended = monitor("replay", one, environment={"MONITOR_TOKEN_KEY": key})
    assert "Traceback" not in ended.stderr
    assert key not in ended.stderr


def test_no_progress_bar_spoils_what_is_printed(one: Path) -> None:
    ended = monitor_process("replay", one)
    for line in ended.stdout.splitlines():
        assert line.startswith("{")
        assert line.endswith("}")
    assert "\x1b" not in ended.stderr


def test_without_a_file_it_says_how_it_is_used() -> None:
    ended = monitor_process("replay")
    assert ended.code == 2
    assert "Traceback" not in ended.stderr


def test_help_has_examples() -> None:
    ended = monitor("replay", "--help")
    assert ended.code == 0
    for word in ("--rules", "--output", ".gz"):
        assert word in ended.stdout


def test_chinese_is_written_as_it_is_whatever_the_locale(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    path.write_bytes(feed("a", amount="12.00"))
    ended = monitor("replay", path, environment=KEYED | {"LC_ALL": "C", "PYTHONUTF8": "0", "LANG": "C"})
    assert ended.code == 0
    assert any("\u4e00" <= char <= "\u9fff" for char in ended.stdout)
