"""What was highest since somebody last looked: values that come with every record, and are shown now and then."""


class Lately:
    """Shared by all stages of a worker."""

    def __init__(self) -> None:
        self._skews: dict[str, int] = {}
        self._fills: dict[tuple[str, str], float] = {}

    def saw_clock(self, provider: str, skew_s: int) -> None:
        """Time of a call less time of its record. The highest says most: what is held up only lowers it."""
        if skew_s > self._skews.get(provider, skew_s - 1):
            self._skews[provider] = skew_s

    def saw_fill(self, stage: str, kind: str, fill: float) -> None:
        """How full a memory is, 1 = at its hard cap."""
        if fill > self._fills.get((stage, kind), 0.0):
            self._fills[stage, kind] = fill

    def take_skews(self) -> dict[str, int]:
        """By provider, since the last time; only of those that sent something."""
        skews, self._skews = self._skews, {}
        return skews

    def take_fills(self) -> dict[tuple[str, str], float]:
        """By stage and kind, since the last time; only of those that changed."""
        fills, self._fills = self._fills, {}
        return fills
