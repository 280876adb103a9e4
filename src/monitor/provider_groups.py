"""Which group of providers a provider belongs to, as a label that stays one of few."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from monitor.metrics import OTHER
from monitor.reference import PHARMACY, Provider

GROUPS_MAX: Final = 100


class ProviderGroups:
    """Provider code -> label of its group: that of the table's `group`, else what kind it is.

    The largest 100 groups have a label of their own; what else there is, and a code that is in no table, is `other`.
    """

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        groups = {code: group_of(provider) for code, provider in providers.items()}
        largest = sorted(Counter(groups.values()).items(), key=lambda size: (-size[1], size[0]))
        self.labels: Final = (*sorted(name for name, _ in largest[:GROUPS_MAX]), OTHER)
        """All there are."""
        kept = frozenset(self.labels)
        self._groups = {code: name for code, name in groups.items() if name in kept}

    def __call__(self, code: str) -> str:
        """The label of a provider's group."""
        return self._groups.get(code, OTHER)


def group_of(provider: Provider) -> str:
    """Its group; without one `pharmacy`, `hospital` or, where the level is known, e.g. `hospital-3`."""
    if provider.group:
        return provider.group
    if provider.kind == PHARMACY:
        return "pharmacy"
    return f"hospital-{provider.level}" if provider.level else "hospital"
