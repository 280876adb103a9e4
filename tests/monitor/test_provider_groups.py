"""Groups of providers as labels: few, and never made of what a call says."""

import pytest

from monitor.metrics import OTHER
from monitor.provider_groups import GROUPS_MAX, ProviderGroups, group_of
from monitor.reference import Provider


@pytest.mark.parametrize(
    "provider, group",
    [
        (Provider(code="A", group="G1"), "G1"),
        (Provider(code="A", kind="2"), "pharmacy"),
        (Provider(code="A", kind="2", group="chain"), "chain"),
        (Provider(code="A", kind="1", level="3"), "hospital-3"),
        (Provider(code="A", kind="1"), "hospital"),
    ],
)
def test_a_provider_is_in_its_group_else_among_its_kind(provider: Provider, group: str) -> None:
    assert group_of(provider) == group


def test_only_the_largest_groups_are_labels() -> None:
    sizes = {f"group {number:03d}": 1 + (number >= 50) for number in range(GROUPS_MAX + 50)}
    table = {
        f"{name} {each}": Provider(code=f"{name} {each}", group=name)
        for name, size in sizes.items()
        for each in range(size)
    }
    label = ProviderGroups(table)
    assert label.labels == (*(f"group {number:03d}" for number in range(50, GROUPS_MAX + 50)), OTHER)
    assert (label("group 149 0"), label("group 000 0"), label("nobody")) == ("group 149", OTHER, OTHER)
