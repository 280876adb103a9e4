"""What every contender is told: the environment of its process."""

import os
from typing import NamedTuple, Self

AT_LEAST_ONCE = "at-least-once"
EXACTLY_ONCE = "exactly-once"
NO_STATE_LOG = "none"
"""Neither: state is lost with the process."""

_PREFIX = "BENCH_"


class Given(NamedTuple):
    """Topics and a name of their own for one run; `data` is an empty folder."""

    bootstrap: str
    source: str
    findings: str
    group: str
    guarantee: str
    data: str

    @classmethod
    def here(cls) -> Self:
        """As this process's environment says."""
        return cls(*(os.environ[f"{_PREFIX}{field.upper()}"] for field in cls._fields))

    def environment(self) -> dict[str, str]:
        """For the process of a contender."""
        return {f"{_PREFIX}{field.upper()}": value for field, value in self._asdict().items()}
