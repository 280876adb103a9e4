"""Who is told and what comes first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import msgpack
from msgspec.structs import replace

from monitor.events import DAY, HOUR
from monitor.incidents import Budget, tick
from monitor.incidents.budget import CHANCE
from monitor.incidents.notice import CARD_HOPPING, priority
from monitor.outputs import Kind, State
from tests.monitor.incident_world import BURST, NOON, RULE, World, a_burst, a_finding, a_policy


def a_hop(*, pharmacies: int, same_drug: bool = False) -> World:
    world = World(CARD_HOPPING, budget=Budget(daily=9, priority_min=0))
    hop = a_finding(rule_id=CARD_HOPPING, kind=Kind.BURST, severity=3, observed=pharmacies)
    world.see(replace(hop, same_drug=same_drug))
    return world


def test_severity_one_is_always_told() -> None:
    world = World(budget=Budget(daily=0))
    world.see(a_finding(severity=1, amount=1))
    assert world.one.notify


def test_the_first_burst_of_a_provider_is_not_told() -> None:
    world = World(BURST, budget=Budget(daily=9, priority_min=0))
    world.see(a_burst("b1", NOON, NOON + 60, observed=40))
    assert not world.one.notify


@pytest.mark.parametrize("observed, told", [(4, False), (5, False), (6, True)])
def test_a_burst_is_told_when_it_exceeds_the_highest_of_the_28_days_before(
    observed: int, *, told: bool
) -> None:
    world = World(BURST)
    world.see(
        a_burst("b1", NOON, NOON, observed=5),
        a_burst("b2", NOON + 28 * DAY, NOON + 28 * DAY, observed=observed),
    )
    assert [i.notify for i in world.live] == [False, told]


def test_bursts_of_more_than_28_days_ago_are_no_history() -> None:
    world = World(BURST)
    late = NOON + 28 * DAY + 1
    world.see(a_burst("b1", NOON, NOON, observed=5), a_burst("b2", late, late, observed=9))
    assert not any(i.notify for i in world.live)


def _meet(world: World, day: int, persons: str, *, hour: int = 0) -> None:
    at = NOON + day * DAY + hour * HOUR
    world.see(a_burst(f"b{day}-{hour}", at, at, persons=persons, observed=4))


def test_two_of_the_same_persons_together_on_three_days_are_told() -> None:
    world = World(BURST)
    _meet(world, 0, "abcd")
    _meet(world, 1, "abef")
    assert not any(i.notify for i in world.live)
    _meet(world, 2, "abgh")
    assert [i.notify for i in world.live] == [False, False, True]


def test_three_times_on_two_days_are_not_told() -> None:
    world = World(BURST)
    _meet(world, 0, "abcd")
    _meet(world, 1, "abef")
    _meet(world, 1, "abgh", hour=3)
    assert not any(i.notify for i in world.live)


def test_twice_on_the_same_other_day_is_not_told() -> None:
    world = World(BURST)
    _meet(world, 0, "abcd")
    _meet(world, 0, "abef", hour=3)
    _meet(world, 1, "abgh")
    assert not any(i.notify for i in world.live)


def test_a_burst_that_comes_late_is_not_compared_with_later_ones() -> None:
    world = World(BURST)
    late = NOON - DAY
    world.see(a_burst("b2", NOON, NOON, observed=5), a_burst("b1", late, late, observed=6))
    assert not any(i.notify for i in world.live)


def test_a_burst_that_was_told_and_comes_again_changes_nothing() -> None:
    world = World(BURST)
    loud = a_burst("b2", NOON + DAY, NOON + DAY, observed=9)
    world.see(a_burst("b1", NOON, NOON), loud)
    world.book.changes()
    assert world.see(loud) == []
    assert world.book.changes() == {}


def test_different_pairs_on_the_other_days_are_not_told() -> None:
    world = World(BURST)
    _meet(world, 0, "abxy")
    _meet(world, 1, "cduv")
    _meet(world, 2, "abcd")
    assert not any(i.notify for i in world.live)


@pytest.mark.parametrize("pharmacies, told", [(2, False), (3, True)])
def test_one_card_is_told_from_three_pharmacies_on(pharmacies: int, *, told: bool) -> None:
    assert a_hop(pharmacies=pharmacies).one.notify is told


@pytest.mark.parametrize("same_drug", [True, False])
def test_one_card_at_two_pharmacies_is_told_for_the_same_drug_twice(*, same_drug: bool) -> None:
    assert a_hop(pharmacies=2, same_drug=same_drug).one.notify is same_drug


def test_who_was_told_is_told_the_rest_of_the_story() -> None:
    world = World()
    world.see(a_finding("f1", severity=1))
    world.see(a_finding("f1", severity=2, revision=2))
    assert world.one.notify
    world.see(a_finding("f0", severity=2, at=NOON - HOUR))
    assert world.one.notify
    withdrawn = next(i for i in world.last.values() if i.state is State.WITHDRAWN)
    assert (withdrawn.notify, withdrawn.successor) == (True, world.one.incident_id)
    (resolved,) = tick(world.book, watermark=NOON + 3 * DAY, policy=world.policy)
    assert resolved.notify


def test_all_else_is_told_within_the_budget_of_a_day() -> None:
    budget = Budget(daily=2, priority_min=20)
    told = []
    for index in range(4):
        world = World(budget=budget)
        world.see(a_finding(f"f{index}", severity=2, amount=300_000_000))
        told.append(world.one.notify)
    assert told == [True, True, False, False]
    tomorrow = World(budget=budget)
    tomorrow.see(a_finding("f9", at=NOON + DAY, severity=2, amount=300_000_000))
    assert tomorrow.one.notify


def test_without_a_budget_only_what_stands_out_is_told() -> None:
    world = World()
    world.see(a_finding(severity=2, amount=300_000_000))
    assert not world.one.notify


def asked(budget: Budget, *priorities: int, day: int = 0) -> list[bool]:
    """What a budget says to different incidents of one day."""
    return [budget.grant(at=NOON + day * DAY, priority=priority) for priority in priorities]


def test_the_last_quarter_of_the_places_is_kept_for_the_gravest() -> None:
    budget = Budget(daily=8)
    assert asked(budget, *[20] * 7) == [True] * 7
    assert asked(budget, 29, 30, 100) == [False, True, False]


def test_until_there_is_a_day_to_learn_from_the_bar_is_as_set() -> None:
    assert asked(Budget(daily=4, priority_min=30), 29, 30) == [False, True]


def test_a_quiet_day_lets_everything_through_on_the_next() -> None:
    budget = Budget(daily=3, priority_min=50)
    assert asked(budget, 20, 5) == [False, False]
    assert asked(budget, 5, 1, day=1) == [True, True]


def test_after_a_busy_day_the_bar_is_what_would_have_been_enough() -> None:
    budget = Budget(daily=2)
    asked(budget, 10, 10, 20, 30, 31, 32, 33, 40, 40)
    assert asked(budget, 29, 30, 40, 99, day=1) == [False, True, True, False]


def test_a_few_more_than_had_a_place_are_no_reason_for_a_bar() -> None:
    budget = Budget(daily=2)
    asked(budget, *[20] * (2 + CHANCE))
    assert asked(budget, 1, day=1) == [True]


def test_after_a_day_of_equals_some_of_them_are_told() -> None:
    budget = Budget(daily=2)
    asked(budget, *[25] * 9)
    assert asked(budget, 24, 25, 25, 25, day=1) == [False, True, True, False]


def test_an_incident_that_asks_again_asked_once() -> None:
    budget = Budget(daily=1, priority_min=99)
    at = NOON
    assert not budget.grant(at=at, priority=20)
    assert not budget.grant(at=at, priority=22, before=20)
    assert not budget.grant(at=at, priority=24, before=22)
    assert budget.asked[at // DAY] == {20: 0, 22: 0, 24: 1}
    assert asked(budget, 1, day=1) == [True]


def test_a_budget_remembers_a_week_and_grants_nothing_before() -> None:
    budget = Budget(daily=1)
    assert all(budget.grant(at=NOON + day * DAY, priority=100) for day in range(20))
    assert (len(budget.used), len(budget.asked)) == (8, 8)
    assert not budget.grant(at=NOON + 11 * DAY, priority=100)


def test_a_budget_survives_its_codec() -> None:
    budget, again = Budget(daily=1), Budget(daily=1)
    budget.grant(at=NOON, priority=100)
    again.load(budget.dump())
    assert (again.used, again.asked) == (budget.used, budget.asked)
    assert not again.grant(at=NOON, priority=100)


def test_a_budget_reads_what_was_kept_before_it_learned() -> None:
    budget = Budget(daily=1)
    budget.load(msgpack.encode({NOON // DAY: 1}))
    assert not budget.grant(at=NOON, priority=100)
    assert budget.grant(at=NOON + DAY, priority=100)


@given(st.integers(0, 200), st.integers(1, 64), st.integers(20_000, 20_400))
def test_the_shares_of_the_partitions_add_up_to_the_budget(total: int, partitions: int, day: int) -> None:
    shares = [Budget.share(total, index=i, of=partitions).places(day) for i in range(partitions)]
    assert sum(shares) == total
    assert max(shares) - min(shares) <= 1


@given(st.integers(1, 200), st.integers(1, 64))
def test_no_partition_goes_without_for_ever(total: int, partitions: int) -> None:
    for index in range(partitions):
        share = Budget.share(total, index=index, of=partitions)
        assert sum(map(share.places, range(partitions))) == total


def test_a_share_keeps_what_was_left_for_one_day() -> None:
    share = Budget.share(24, index=3, of=24)
    assert asked(share, 50, 50, 50) == [True, True, False]
    assert asked(share, 50, day=1) == [True]
    assert asked(share, 50, 50, day=2) == [True, False]
    assert asked(share, 50, 50, 50, day=9) == [True, True, False]


AMOUNTS = st.integers(0, 10**12)
COUNTS = st.integers(1, 10**6)


@given(st.integers(1, 3), AMOUNTS, COUNTS, COUNTS, COUNTS)
def test_priority_lies_between_1_and_100(
    severity: int, amount: int, persons: int, findings: int, earlier: int
) -> None:
    rank = priority(severity=severity, amount=amount, persons=persons, findings=findings, earlier=earlier)
    assert 1 <= rank <= 100


@given(AMOUNTS, COUNTS, COUNTS, COUNTS)
def test_priority_never_falls_with_amount_persons_repetition_or_history(
    amount: int, persons: int, findings: int, earlier: int
) -> None:
    rank = priority(severity=2, amount=amount, persons=persons, findings=findings, earlier=earlier)
    more = priority(
        severity=2, amount=amount * 2, persons=persons * 2, findings=findings * 2, earlier=earlier * 2
    )
    assert more >= rank


def test_priority_rises_with_each_of_its_parts() -> None:
    parts = {"severity": 2, "amount": 50_000, "persons": 2, "findings": 2, "earlier": 1}
    higher = {"severity": 1, "amount": 500_000, "persons": 5, "findings": 5, "earlier": 4}
    rank = priority(**parts)
    assert all(priority(**parts | {name: value}) > rank for name, value in higher.items())
    assert priority(severity=1, amount=10**12, persons=10**6, findings=10**6, earlier=10**6) == 100


def test_history_is_the_incidents_of_the_book_in_the_28_days_before() -> None:
    world = World(policy=a_policy())
    world.see(*(a_finding(f"f{i}", at=NOON + i * 3 * DAY) for i in range(3)))
    ranks = [i.priority for i in world.live]
    assert ranks == [ranks[0], ranks[0] + 3, ranks[0] + 6]
    assert world.live[0].rule_id == RULE
