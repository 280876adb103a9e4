"""Sizes: 1 MiB a record without its picture, 8 MiB with it, and many lines in one claim."""

import json
import time

import pytest

from tests import wire
from tests.acceptance import hostile
from tests.acceptance.bare import run_lines
from tests.acceptance.outcome import Outcome

MIB = 1024 * 1024
AT = "2026-03-10 12:00:00"
FACE = "LOC-FACE-MISMATCH"


def between(raw: bytes) -> Outcome:
    """A replay of those bytes between two good sales."""
    before, after = hostile.neighbours(2)
    outcome = run_lines([before, raw, after])
    assert outcome.returncode == 0
    assert len([row for row in outcome.verdicts if row["provider"] == hostile.NEIGHBOUR]) == 2
    return outcome


def padded(size: int, *, provider: str = "") -> bytes:
    """A good sale of exactly so many bytes, by a field that nobody needs."""
    sale = wire.pharmacy_sale("big", at=AT, provider=provider or wire.pharmacy(5))
    sale["request"]["dev_safe_info"] = ""
    missing = size - len(wire.as_line(sale))
    sale["request"]["dev_safe_info"] = "X" * missing
    line = wire.as_line(sale)
    assert len(line) == size
    return line


def with_picture(size: int, *, more: int = 0) -> list[bytes]:
    """A failed face check with a picture of so many bytes, and a settlement that rests on it."""
    check = wire.face_check("pictured", at=AT, provider=wire.hospital(5))
    check["request"]["input"]["recogInfo"]["recog_pic"] = "iVBOR" + "A" * (size - 5)
    check["request"]["dev_safe_info"] = "X" * more
    settlement = wire.outpatient_settlement(
        "pictured", at=wire.later(AT, minutes=1), provider=wire.hospital(5)
    )
    return [wire.as_line(check), wire.as_line(settlement)]


@pytest.mark.parametrize("size,dead", [(MIB - 1, 0), (MIB, 0), (MIB + 1, 1), (10 * MIB, 1), (40 * MIB, 1)])
def test_a_record_over_one_mebibyte_is_a_dead_letter(size: int, dead: int) -> None:
    outcome = between(padded(size))
    assert [letter["line"] for letter in outcome.dead_letters] == [2] * dead
    assert len(outcome.verdicts) == 3 - dead


def test_a_text_of_ten_megabytes_is_not_quoted() -> None:
    outcome = between(padded(10_000_000))
    assert len(outcome.text) + len(outcome.stderr) < 20_000
    assert "XXXX" not in outcome.text + outcome.stderr


def test_ten_megabytes_that_are_no_json_are_one_dead_letter() -> None:
    assert len(between(b"[" * 10_000_000).dead_letters) == 1
    assert len(between(b"X" * 10_000_000).dead_letters) == 1


@pytest.mark.parametrize("size", [1000, 2 * MIB, 7 * MIB])
def test_a_picture_is_not_counted(size: int) -> None:
    outcome = run_lines(with_picture(size))
    assert outcome.dead_letters == []
    assert len(outcome.open_of(FACE)) == 1
    assert "iVBOR" not in outcome.text + outcome.stderr


def test_a_record_with_its_picture_has_a_hard_cap() -> None:
    outcome = run_lines(with_picture(9 * MIB))
    assert len(outcome.dead_letters) == 1
    assert outcome.open_of(FACE) == []
    assert len(outcome.verdicts) == 1


def test_a_picture_does_not_hide_a_record_that_is_too_big() -> None:
    outcome = run_lines(with_picture(MIB, more=MIB))
    assert len(outcome.dead_letters) == 1
    assert outcome.open_of(FACE) == []


def test_a_picture_that_was_blanked_is_none() -> None:
    outcome = run_lines(with_picture(5))
    assert outcome.dead_letters == []


def test_too_big_for_its_size_and_spelt_with_blanks() -> None:
    sale = wire.as_line(wire.pharmacy_sale("big", at=AT, provider=wire.pharmacy(5)))
    outcome = between(sale + b" " * (MIB + 1 - len(sale)))
    assert len(outcome.dead_letters) == 1


@pytest.mark.parametrize("count", [1000, 3000])
def test_a_claim_of_many_lines_is_judged_or_refused_as_one(count: int) -> None:
    lines = [
        {
            "feedetl_sn": f"D{n}",
            "fee_ocur_time": AT,
            "med_list_codg": "SV1",
            "det_item_fee_sumamt": "12.00",
            "cnt": "1",
            "pric": "10.00",
        }
        for n in range(count)
    ]
    sale = wire.pharmacy_sale("big", at=AT, provider=wire.pharmacy(5))
    sale["request"]["input"]["drugdetail"] = lines
    outcome = between(wire.as_line(sale))
    verdicts = [row for row in outcome.verdicts if row["provider"] == wire.pharmacy(5)]
    assert len(outcome.dead_letters) + len(verdicts) == 1
    assert [row["amount_refused"] for row in verdicts] in ([], [f"{12 * count}.00"])


def test_a_claim_of_ten_thousand_lines_is_one_dead_letter() -> None:
    sale = wire.pharmacy_sale("big", at=AT, provider=wire.pharmacy(5))
    line = sale["request"]["input"]["drugdetail"][0]
    sale["request"]["input"]["drugdetail"] = [line | {"feedetl_sn": f"D{n}"} for n in range(10_000)]
    assert len(between(wire.as_line(sale)).dead_letters) == 1


def test_many_lines_of_one_item_do_not_take_for_ever() -> None:
    uploads = [
        wire.charges(
            "busy",
            at=wire.later(AT, minutes=n),
            mdtrt_id="M1",
            lines=[wire.line("AB11000001", at=wire.later(AT, minutes=n)) for _ in range(500)],
        )
        for n in range(10)
    ]
    settlement = wire.outpatient_settlement("busy", at=wire.later(AT, minutes=20), mdtrt_id="M1")
    began = time.monotonic()
    outcome = run_lines([wire.as_line(record) for record in [*uploads, settlement]])
    assert time.monotonic() - began < 30
    assert len(outcome.verdicts) == 1


def test_the_same_keys_a_thousand_times_are_one_dead_letter() -> None:
    good = wire.as_line(hostile.sale(wire.pharmacy(5)))
    many = b'"msgid":"X",' * 1000
    outcome = between(good.replace(b'"infno":', many + b'"infno":', 1))
    assert len(outcome.dead_letters) == 1


def test_dead_letters_are_small_and_alike() -> None:
    outcome = run_lines([b"\xff" * 900_000, b"{" * 900_000, json.dumps("X" * 900_000).encode()])
    assert len(outcome.dead_letters) == 3
    assert max(len(json.dumps(letter)) for letter in outcome.dead_letters) < 1000
