from random import Random

from hypothesis import given
from hypothesis import strategies as st

from monitor.simulator import crowd, providers
from monitor.simulator.providers import DAY, HOUR

MONDAY = 20_521 * DAY
TIMES = st.lists(st.integers(0, 1_000), max_size=30).map(sorted)


@given(TIMES)
def test_a_group_is_four_within_two_minutes(times: list[int]) -> None:
    windows = [[at for at in times if first <= at <= first + crowd.GROUP_S] for first in times]
    expected = {at for window in windows if len(window) >= crowd.GROUP for at in window}
    assert [at for at, together in zip(times, crowd.grouped(times), strict=True) if together] == [
        at for at in times if at in expected
    ]


@given(TIMES)
def test_everybody_in_a_group_is_told_and_nobody_else_unless_asked_for(times: list[int]) -> None:
    groups = [at for at, together in zip(times, crowd.grouped(times), strict=True) if together]
    assert crowd.told(Random(1), times, alone=0) == groups
    assert crowd.told(Random(1), times, alone=1) == times


def test_customers_come_while_the_pharmacy_is_open_and_more_on_saturday_than_on_sunday() -> None:
    rng = Random(1)
    shops, _ = providers.build(rng, pharmacies=60, hospitals=1)
    sizes = crowd.sizes(rng, shops, mean=100)
    assert 99 <= sum(mean for _, mean in sizes) / len(sizes) <= 101
    days = {
        day: [
            (shop, at) for shop, mean in sizes for at in crowd.customers(rng, shop, mean, MONDAY + day * DAY)
        ]
        for day in (5, 6)
    }
    assert len(days[5]) > len(days[6])
    for shop, at in days[5] + days[6]:
        assert shop.opens <= at % DAY <= shop.closes
    assert {at % DAY // HOUR for _, at in days[5]} >= set(range(8, 22))
