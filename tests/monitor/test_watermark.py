"""How far the feed has come, against a model that keeps every record (contract §1 'Time out of range')."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.events import DAY, HOUR, MINUTE
from monitor.rules.examples import moment
from monitor.watermark import BEGINNING, PENDING_MAX, Watermark

LATENESS = 5 * MINUTE
NOON = moment("10 12:00")
STEPS = (0, 1, -1, HOUR, -HOUR, DAY, DAY + 1, -DAY, 2 * DAY, 3 * DAY, -3 * DAY, 10 * DAY, 10 * DAY + HOUR)
TIMES = st.lists(st.sampled_from(STEPS), min_size=1, max_size=25).flatmap(
    lambda steps: st.permutations([NOON + step + n for n, step in enumerate(steps)])
)


def followed(times: Sequence[int]) -> Watermark:
    watermark = Watermark(LATENESS)
    for time in times:
        watermark.follow(time)
    return watermark


def naively(times: Sequence[int]) -> int:
    """The highest record that counts: the first, those that do not jump, and those with another within 24 h."""
    highest: list[int] = []
    for end in range(1, len(times) + 1):
        counted = [
            time
            for n, time in enumerate(times[:end])
            if n == 0
            or time <= highest[n - 1] + DAY
            or any(abs(time - other) <= DAY for k, other in enumerate(times[:end]) if k != n)
        ]
        highest.append(max(counted))
    return highest[-1]


@given(TIMES)
@settings(max_examples=300, deadline=None, print_blob=True)
def test_it_is_the_highest_call_time_that_is_confirmed_less_the_lateness(times: list[int]) -> None:
    assert followed(times).time == naively(times) - LATENESS


@given(TIMES)
@settings(max_examples=100, deadline=None)
def test_it_never_goes_back(times: list[int]) -> None:
    watermark = Watermark(LATENESS)
    before = watermark.time
    for time in times:
        watermark.follow(time)
        assert watermark.time >= before
        before = watermark.time


@given(TIMES)
@settings(max_examples=100, deadline=None)
def test_the_end_of_a_file_confirms_what_waits(times: list[int]) -> None:
    watermark = followed(times)
    watermark.end()
    assert watermark.time == max(times) - LATENESS
    watermark.end()
    assert watermark.time == max(times) - LATENESS


@pytest.mark.parametrize(
    "call_time,late", [(NOON - LATENESS, False), (NOON - LATENESS - 1, True), (NOON, False)]
)
def test_a_record_is_late_when_it_lies_before_the_watermark(call_time: int, late: bool) -> None:
    assert followed([NOON]).is_late(call_time) is late


def test_nothing_is_late_before_the_first_record() -> None:
    watermark = Watermark(LATENESS)
    assert watermark.time == BEGINNING
    assert not watermark.is_late(0)
    watermark.end()
    assert watermark.time == BEGINNING


def test_one_clock_that_is_days_ahead_carries_nobody_along() -> None:
    assert followed([NOON, NOON + 9 * DAY, NOON + 60]).time == NOON + 60 - LATENESS


def test_a_second_record_near_a_jump_confirms_it() -> None:
    assert followed([NOON, NOON + 9 * DAY, NOON + 8 * DAY]).time == NOON + 9 * DAY - LATENESS
    assert followed([NOON, NOON + 9 * DAY, NOON + 8 * DAY - 1]).time == NOON - LATENESS


def test_more_jumps_than_are_remembered_are_noise() -> None:
    jumps = [NOON + 2 * n * DAY for n in range(1, PENDING_MAX + 3)]
    watermark = followed([NOON, *jumps])
    assert watermark.time == NOON - LATENESS
    watermark.follow(jumps[-1] + 1)
    assert watermark.time == jumps[-1] + 1 - LATENESS


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=12))
def test_in_kafka_a_record_moves_it_to_its_own_timestamp_at_most(records: list[tuple[int, int]]) -> None:
    watermark = Watermark(LATENESS)
    for call_time, timestamp in records:
        watermark.follow_until(call_time, timestamp)
    assert watermark.time == max(min(record) for record in records) - LATENESS
