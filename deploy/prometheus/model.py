"""What an alert is: its query, whom it is for, what it says, and beside it where it is silent and where it fires."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from msgspec import Struct

Severity = Literal["critical", "warning", "info"]
"""critical: somebody is woken; warning: in working hours; info: to be seen."""
Team = Literal["platform", "fraud", "hospital"]

TEMPLATED: Final = ("summary", "summary_en", "description", "description_en")
"""Annotations that people read: Chinese, and English with _en."""


class Case(Struct, frozen=True, kw_only=True):
    """Series that Prometheus is given, and what the alert makes of them."""

    why: str
    """What is tested, as the end of a sentence."""
    series: Mapping[str, str]
    """Series -> values in promtool's notation, one a minute unless `step` says otherwise."""
    at: str
    """When it is looked at."""
    step: str = "1m"
    labels: tuple[Mapping[str, str], ...] = ()
    """Of what fires, beside those of the alert; none where it is silent."""
    values: tuple[str, ...] = ()
    """What stands for the value in the text of each."""


class Text(Struct, frozen=True):
    """The same in both languages; `{{ $labels.x }}` and `{{ $value | ... }}` as Prometheus fills them in."""

    zh: str
    en: str


class Alert(Struct, frozen=True, kw_only=True):
    """One alert; its runbook has its name."""

    name: str
    expr: str
    lasts: str = "0m"
    """How long it must hold before somebody is told."""
    severity: Severity
    team: Team
    dashboard: str
    """uid of the dashboard to look at."""
    summary: Text
    description: Text
    labels: Mapping[str, str] = {}
    silent: Case
    fires: Case

    def all_labels(self) -> dict[str, str]:
        """Those that the rule adds."""
        return {"severity": self.severity, "team": self.team, **self.labels}

    def annotations(self, runbooks: str) -> dict[str, str]:
        """`runbooks`: the address that runbooks' names are put behind."""
        return {
            "summary": self.summary.zh,
            "summary_en": self.summary.en,
            "description": self.description.zh,
            "description_en": self.description.en,
            "runbook_url": runbooks + self.name,
            "dashboard_url": f"/d/{self.dashboard}",
        }

    def rule(self, runbooks: str) -> dict[str, Any]:
        """As Prometheus reads it."""
        return {
            "alert": self.name,
            "expr": self.expr,
            "for": self.lasts,
            "labels": self.all_labels(),
            "annotations": self.annotations(runbooks),
        }


class Recording(Struct, frozen=True, kw_only=True):
    """A query whose answer is kept under a name."""

    name: str
    expr: str
    labels: Mapping[str, str] = {}

    def rule(self) -> dict[str, Any]:
        """As Prometheus reads it."""
        rule: dict[str, Any] = {"record": self.name, "expr": self.expr}
        return rule | ({"labels": dict(self.labels)} if self.labels else {})
