"""The dead letter of a replay: reason, detail, file and line, and nothing of the content."""

import json
import re
from pathlib import Path

import pytest

from tests import wire
from tests.acceptance.bare import monitor, run_lines
from tests.acceptance.outcome import Row

AT = "2026-03-10 12:00:00"
MARK = "SECRETCONTENT"


def without(field: str) -> bytes:
    """A sale that lacks a field of its line."""
    sale = wire.pharmacy_sale("a", at=AT)
    del sale["request"]["input"]["drugdetail"][0][field]
    return wire.as_line(sale)


def only(raw: bytes) -> Row:
    """The dead letter of those bytes."""
    (letter,) = run_lines([raw]).dead_letters
    return letter


def test_a_dead_letter_has_its_fields() -> None:
    letter = only(without("cnt"))
    assert set(letter) == {"type", "reason", "detail", "file", "line"}
    assert (letter["type"], letter["line"]) == ("dead_letter", 1)


@pytest.mark.parametrize("field", ["cnt", "pric", "feedetl_sn", "med_list_codg"])
def test_the_detail_names_the_path_of_the_field(field: str) -> None:
    detail = only(without(field))["detail"]
    assert field in detail
    assert "drugdetail" in detail


def test_the_detail_never_quotes_the_value() -> None:
    for field in ("cnt", "pric", "fee_ocur_time", "det_item_fee_sumamt"):
        sale = wire.pharmacy_sale("a", at=AT)
        sale["request"]["input"]["drugdetail"][0][field] = MARK
        letter = only(wire.as_line(sale))
        assert MARK not in json.dumps(letter)
        assert field in letter["detail"]


def test_the_detail_never_quotes_an_unknown_key() -> None:
    assert MARK not in json.dumps(only(f'{{"{MARK}": 1}}'.encode()))
    twice = wire.as_line(wire.pharmacy_sale("a", at=AT)).replace(
        b'"infno":', f'"{MARK}":1,"{MARK}":2,"infno":'.encode(), 1
    )
    assert MARK not in json.dumps(only(twice))


def test_reasons_are_of_a_fixed_list() -> None:
    late = wire.pharmacy_sale("a", at=AT)
    late["reply"]["output"]["setlinfo"]["setl_time"] = "9999-01-01 00:00:00"
    amount = wire.pharmacy_sale("a", at=AT)
    amount["reply"]["output"]["setlinfo"]["medfee_sumamt"] = "much"
    good = wire.as_line(wire.pharmacy_sale("a", at=AT))
    bad = [
        b"no json",
        b"\xff{}",
        good.replace(b'"infno":', b'"msgid":"1","infno":', 1),
        good.replace(b'"sign_no":""', b'"sign_no":' + b"[" * 70 + b"]" * 70, 1),
        good + b" " * 1024 * 1024,
        without("cnt"),
        wire.as_line(late),
        wire.as_line(amount),
    ]
    letters = run_lines(bad).dead_letters
    assert [letter["line"] for letter in letters] == list(range(1, len(bad) + 1))
    reasons = [letter["reason"] for letter in letters]
    assert all(re.fullmatch(r"[a-z][a-z0-9_]+", reason) for reason in reasons)
    # Too big, too deep, twice the same key, a time out of range: each is its own reason.
    assert len({reasons[n] for n in (0, 2, 3, 4, 6)}) == 5


def test_lines_are_counted_in_each_file(tmp_path: Path) -> None:
    good = wire.as_line(wire.pharmacy_sale("a", at=AT))
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    one.write_bytes(good + b"\nbroken\n")
    two.write_bytes(b"broken\n" + good + b"\n\nbroken too")
    letters = monitor("replay", one, two).outcome.dead_letters
    found = [(Path(letter["file"]).name, letter["line"]) for letter in letters if letter["line"] != 3]
    assert found == [("one.jsonl", 2), ("two.jsonl", 1), ("two.jsonl", 4)]
