"""The seed alone makes the schedule; what strikes one thing never overlaps."""

from itertools import combinations

import pytest

from tests.chaos.feed import with_poison
from tests.chaos.schedule import ON_BROKER, ON_WORKER, RECORDS_PER_S, Kind, Schedule, kinds, make_schedule

SESSION_S = 6.0


def schedule(seed: int, faults: int = 200) -> Schedule:
    return make_schedule(seed=seed, faults=faults, workers=3, partitions=4)


def test_the_same_seed_makes_the_same_faults_and_another_one_others() -> None:
    assert schedule(7) == schedule(7)
    assert schedule(7).faults != schedule(8).faults


def test_a_long_run_is_the_prolonged_short_one() -> None:
    assert schedule(7).faults[:10] == schedule(7, faults=10).faults


@pytest.mark.parametrize("seed", range(5))
def test_two_hundred_faults_are_of_all_kinds_and_twenty_zombies_at_least(seed: int) -> None:
    struck = [fault.kind for fault in schedule(seed).faults]
    assert set(struck) == set(kinds())
    assert len(struck) == 200
    assert struck.count(Kind.ZOMBIE) >= 20


@pytest.mark.parametrize("seed", range(5))
def test_a_zombie_sleeps_longer_than_its_session(seed: int) -> None:
    for fault in schedule(seed).faults:
        if fault.kind is Kind.ZOMBIE:
            assert fault.until - fault.at > SESSION_S * RECORDS_PER_S


@pytest.mark.parametrize("seed", range(5))
def test_a_worker_and_the_broker_are_struck_by_one_fault_at_a_time(seed: int) -> None:
    for one, other in combinations(schedule(seed).faults, 2):
        overlap = one.at <= other.until and other.at <= one.until
        same_worker = {one.kind, other.kind} <= ON_WORKER and one.target == other.target
        assert not (overlap and ({one.kind, other.kind} <= ON_BROKER or same_worker)), (one, other)


def test_the_day_outlasts_the_last_fault() -> None:
    made = schedule(7)
    assert max(fault.until for fault in made.faults) < made.records


def test_poison_lies_where_the_faults_want_it_and_never_twice() -> None:
    made = schedule(7, faults=40)
    day = [b'{"number": %d}' % number for number in range(made.records)]
    fed = with_poison(day, made)
    good = set(day)
    poison = [line for line in fed if line not in good]
    assert [line for line in fed if line in good] == day
    assert len(poison) == len(set(poison)) > 3
    first = min(fault.at for fault in made.faults if fault.kind in {Kind.POISON_RAW, Kind.DLQ_REFUSES})
    assert fed[first] in poison
