"""What every shelf does, and when files are trusted."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.engine.disk_shelf import DiskShelf
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
    assert sorted(shelf) == ["a", "ab"]


def test_the_last_value_of_a_piece_holds_and_none_forgets_it(shelf: Shelf) -> None:
    shelf.put("a", "x", b"1")
    shelf.put("a", "x", b"2")
    assert dict(shelf.pieces("a")) == {"x": b"2"}
    shelf.put("a", "x", None)
    shelf.put("b", "never", None)
    assert list(shelf) == []


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


@pytest.mark.parametrize("clean, end, complete", [(True, 9, True), (True, 10, False), (False, 9, False)])
def test_files_are_trusted_when_closed_at_a_commit_and_the_changelog_stands_still(
    tmp_path: Path, *, clean: bool, end: int, complete: bool
) -> None:
    first = DiskShelf(tmp_path / "shelf", 5)
    assert not first.complete
    first.put("a", "x", b"1")
    first.end = 9
    first.close(clean=clean)
    second = DiskShelf(tmp_path / "shelf", end)
    assert second.complete is complete
    assert dict(second.pieces("a")) == ({"x": b"1"} if complete else {})
    second.close(clean=False)


def test_files_of_a_process_that_died_are_not_trusted(tmp_path: Path) -> None:
    first = DiskShelf(tmp_path / "shelf", 5)
    first.close(clean=True)
    opened = DiskShelf(tmp_path / "shelf", 5)
    assert opened.complete
    opened._rows.close()  # as a kill does: no mark
    assert not DiskShelf(tmp_path / "shelf", 5).complete


@given(key=st.text(st.characters(blacklist_categories=["Cc"])), piece=st.text())
def test_a_row_key_is_read_as_it_was_written(key: str, piece: str) -> None:
    assert parse_row_key(row_key(key, piece)) == (key, piece)
