"""What every shelf does, and from where files are gone on from."""

import os
import signal
import tempfile
from collections.abc import Callable, Mapping
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.engine.disk_shelf import AGE_S_MAX, DiskShelf
from streams.engine.shelf import MemoryShelf, Shelf, parse_row_key, row_key


@pytest.fixture(params=["memory", "rocksdb"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    kinds: dict[str, Callable[[], Shelf]] = {
        "memory": lambda: MemoryShelf(5),
        "rocksdb": lambda: DiskShelf(tmp_path / "shelf", 5),
    }
    return kinds[request.param]()


def test_pieces_are_kept_by_key(shelf: Shelf) -> None:
    shelf.put("a", "fact|1", b"one")
    shelf.put("a", "fact|2", b"two")
    shelf.put("ab", "fact|1", b"other")
    assert dict(shelf.pieces("a")) == {"fact|1": b"one", "fact|2": b"two"}
    assert dict(shelf.pieces("nobody")) == {}
    rows = {row_key(key, piece): value for key in ("a", "ab") for piece, value in shelf.pieces(key).items()}
    shelf.commit(rows, 7)
    assert sorted(shelf) == ["a", "ab"]


def test_the_last_value_of_a_piece_holds_and_none_forgets_it(shelf: Shelf) -> None:
    shelf.put("a", "x", b"1")
    shelf.put("a", "x", b"2")
    assert dict(shelf.pieces("a")) == {"x": b"2"}
    shelf.put("a", "x", None)
    shelf.put("b", "never", None)
    shelf.commit({row_key("a", "x"): None, row_key("b", "never"): None}, 7)
    assert list(shelf) == []
    assert dict(shelf.pieces("a")) == {}


CHANGES = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.none() | st.binary(max_size=2)), max_size=12
)


@given(fetches=st.lists(CHANGES, max_size=3))
def test_filling_from_a_changelog_is_putting_its_rows_one_by_one(
    fetches: list[list[tuple[str, str, bytes | None]]],
) -> None:
    filled, put = MemoryShelf(), MemoryShelf()
    for rows in fetches:
        filled.fill([(row_key(key, piece), value) for key, piece, value in rows])
        for row in rows:
            put.put(*row)
    assert {key: dict(filled.pieces(key)) for key in filled} == {key: dict(put.pieces(key)) for key in put}


def test_every_shelf_is_filled_from_a_changelog(shelf: Shelf) -> None:
    rows = [("a", "x", b"1"), ("a", "y", b"2"), ("b", "x", b"3"), ("a", "x", None), ("b", "x", None)]
    shelf.fill([(row_key(key, piece), value) for key, piece, value in rows])
    assert {key: dict(shelf.pieces(key)) for key in shelf} == {"a": {"y": b"2"}}


Changes = Mapping[tuple[str, str], bytes | None]


def committed(shelf: Shelf, changes: Changes, end: int) -> None:
    """As a unit does with a turn."""
    for (key, piece), value in changes.items():
        shelf.put(key, piece, value)
    shelf.commit({row_key(key, piece): value for (key, piece), value in changes.items()}, end)


def write_and_be_killed(folder: Path, commits: list[tuple[Changes, int, bool]]) -> None:
    """Ends by SIGKILL, so nothing of its own is closed or written out."""
    shelf = DiskShelf(folder, 0)
    for changes, end, written_out in commits:
        committed(shelf, changes, end)
        if written_out:
            shelf._rows.flush()  # as RocksDB does when a buffer is full
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_was_put_after_a_commit_began_outlives_it(shelf: Shelf) -> None:
    """The next turn is worked on while the last one commits."""
    shelf.put("a", "x", b"1")
    shelf.put("a", "y", b"1")
    first = {row_key("a", "x"): b"1", row_key("a", "y"): b"1"}
    shelf.put("a", "x", b"2")
    shelf.put("a", "z", None)
    shelf.commit(first, 7)
    assert dict(shelf.pieces("a")) == {"x": b"2", "y": b"1"}
    shelf.commit({row_key("a", "x"): b"2", row_key("a", "z"): None}, 9)
    assert dict(shelf.pieces("a")) == {"x": b"2", "y": b"1"}
    assert shelf.end == 9


@pytest.mark.parametrize("end, begin", [(9, 9), (12, 9), (8, 0)])
def test_files_are_gone_on_from_where_they_were_committed(tmp_path: Path, end: int, begin: int) -> None:
    first = DiskShelf(tmp_path / "shelf", 5)
    assert first.begin == 0
    committed(first, {("a", "x"): b"1"}, 9)
    first.put("a", "x", b"not committed")
    first.close()
    second = DiskShelf(tmp_path / "shelf", end)
    assert second.begin == begin
    assert dict(second.pieces("a")) == ({"x": b"1"} if begin else {})
    assert list(second) == (["a"] if begin else [])


def test_files_that_were_never_complete_are_not_gone_on_from(tmp_path: Path) -> None:
    first = DiskShelf(tmp_path / "shelf", 5)
    first.fill([(row_key("a", "x"), b"1")])
    first.close()
    second = DiskShelf(tmp_path / "shelf", 5)
    assert second.begin == 0
    assert list(second) == []


def test_files_older_than_what_compaction_keeps_are_gone_on_from_only_when_nothing_followed(
    tmp_path: Path,
) -> None:
    committed(first := DiskShelf(tmp_path / "shelf", 5, now=lambda: 0.0), {("a", "x"): b"1"}, 9)
    first.close()
    (same := DiskShelf(tmp_path / "shelf", 9, now=lambda: AGE_S_MAX)).close()
    (behind := DiskShelf(tmp_path / "shelf", 10, now=lambda: AGE_S_MAX)).close()
    assert (same.begin, behind.begin) == (9, 0)


def test_damaged_files_are_built_anew(tmp_path: Path) -> None:
    committed(first := DiskShelf(tmp_path / "shelf", 5), {("a", "x"): b"1"}, 9)
    first.close()
    for file in (tmp_path / "shelf").glob("MANIFEST-*"):
        file.write_bytes(b"?" * 64)
    second = DiskShelf(tmp_path / "shelf", 9)
    assert second.begin == 0
    assert list(second) == []


@given(turns=st.lists(st.tuples(CHANGES, st.booleans()), min_size=1, max_size=6))
@settings(max_examples=10, deadline=None)
def test_a_killed_process_leaves_files_that_the_rest_of_the_changelog_completes(
    turns: list[tuple[list[tuple[str, str, bytes | None]], bool]],
) -> None:
    changelog: list[tuple[bytes, bytes | None]] = []
    memory = MemoryShelf()
    commits: list[tuple[Changes, int, bool]] = []
    for turn, written_out in turns:
        changes = {(key, piece): value for key, piece, value in turn}
        changelog += [(row_key(key, piece), value) for (key, piece), value in changes.items()]
        changelog += [(b"marker", None)]
        committed(memory, changes, len(changelog))
        commits.append((changes, len(changelog), written_out))

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "shelf"
        # Forked by a process that has no threads of RocksDB, which a fork of this one would wait for.
        forking = get_context("forkserver")
        # What it has imported its forks need not import again; only the first call counts.
        forking.set_forkserver_preload([__name__])
        writer = forking.Process(target=write_and_be_killed, args=(folder, commits))
        writer.start()
        writer.join()
        assert writer.exitcode == -signal.SIGKILL
        shelf = DiskShelf(folder, memory.end)
        assert shelf.begin >= max([end for _, end, written_out in commits if written_out], default=0)
        shelf.fill(changelog[shelf.begin :])
        assert {key: dict(shelf.pieces(key)) for key in shelf} == {
            key: dict(memory.pieces(key)) for key in memory
        }
        shelf.close()


@given(key=st.text(st.characters(blacklist_categories=["Cc"])), piece=st.text())
def test_a_row_key_is_read_as_it_was_written(key: str, piece: str) -> None:
    assert parse_row_key(row_key(key, piece)) == (key, piece)
