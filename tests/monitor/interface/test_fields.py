"""Single fields: numbers without floats, times without clocks."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.events import DAY
from monitor.interface import fields
from monitor.interface.outcomes import Fault, Reason

PLAIN = st.decimals(min_value=-(10**9), max_value=10**9, allow_nan=False, allow_infinity=False).map(
    lambda number: format(number, "f")
)


@pytest.mark.parametrize(
    "written, read",
    [("10", 1000), ("10.00", 1000), ("0.005", 1), ("-0.005", -1), ("0.004999", 0), ("1.999", 200),
     ("-1.995", -200),
     (".5", 50), ("-.5", -50), ("5.", 500), ("007.10", 710), ("", 0), ("0", 0), (0, 0), (-3, -300), ("-0", 0),
     ("99999999999999.99", 9_999_999_999_999_999)],
)  # fmt: skip
def test_an_amount_is_whole_fen_with_halves_away_from_zero(written: object, read: int) -> None:
    assert fields.fen(written) == read


@given(PLAIN)
def test_an_amount_is_what_decimal_arithmetic_says(written: str) -> None:
    cents = Decimal(written).quantize(Decimal("0.01"), ROUND_HALF_UP)
    try:
        assert fields.fen(written) == int(cents * 100)
    except Fault:
        assert len(written.partition(".")[2]) > 40


def test_counts_and_prices_have_their_own_units() -> None:
    assert fields.count("1.5") == 15_000
    assert fields.count("0.00005") == 1
    assert fields.price("0.0000005") == 1
    assert fields.price(25) == 25_000_000


def test_days_of_supply_are_whole_and_never_negative() -> None:
    assert [fields.supply_days(days) for days in ("7", 7, "", None, "7.0", "-7")] == [7, 7, 0, 0, 7, 0]


def test_true_is_no_one_however_often_one_was_read() -> None:
    for _ in range(3):
        assert fields.fen(1) == 100
        with pytest.raises(Fault) as fault:
            fields.fen(True)  # noqa: FBT003 - it is the value that JSON holds
        assert fault.value.reason is Reason.WRONG_TYPE


@pytest.mark.parametrize(
    "literal, digits",
    [("1.10", "1.10"), ("1e3", "1000"), ("1.5E-3", "0.0015"), ("-2.50e1", "-25.0"), ("1e999", "1e999"),
     ("1e99999999999999999999", "1e99999999999999999999")],
)  # fmt: skip
def test_a_number_arrives_as_its_plain_digits(literal: str, digits: str) -> None:
    assert fields.plain(literal) == digits


def test_a_moment_counts_seconds_of_civil_time() -> None:
    assert fields.moment("2000-01-01 00:00:00") == 10_957 * DAY
    assert fields.moment("2024-02-29 23:59:59") == 19_783 * DAY - 1


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 12, 31)))  # noqa: DTZ001 - civil time
def test_every_moment_of_a_hundred_years_is_read(at: datetime) -> None:
    at = at.replace(microsecond=0)
    seconds = (at - datetime(1970, 1, 1)).total_seconds()  # noqa: DTZ001 - civil time has no zone
    assert fields.moment(at.isoformat(sep=" ")) == seconds


def test_a_day_may_be_before_the_epoch_and_may_come_with_a_time() -> None:
    assert fields.day("1969-12-31") == -1
    assert fields.day("1970-01-02 23:59:59") == 1
    assert fields.day("") is None


def test_what_is_kept_of_a_number_is_not_taken_for_a_truth_value() -> None:
    number, truth = 1, True
    assert fields.fen(number) == 100
    with pytest.raises(Fault) as refused:
        fields.fen(truth)
    assert refused.value.reason == Reason.WRONG_TYPE


def test_a_text_is_read_once_until_too_many_others_came() -> None:
    seen: list[str] = []

    def noting(value: str) -> str:
        seen.append(value)
        return value

    reader = fields.kept(noting)
    assert [reader("a"), reader("a"), seen] == ["a", "a", ["a"]]
    for number in range(fields.KEPT):
        reader(str(number))
    reader("a")
    assert seen.count("a") == 2
