"""From SLOs to recording rules and multi-window, multi-burn-rate alerts.

After the Site Reliability Workbook, chapter 5, in the names that sloth and its dashboards use. An alert needs two windows:
the long one says that it matters, the short one that it still goes on.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Final

import msgspec
from msgspec import Struct

from deploy.prometheus.model import Alert, Case, Recording, Severity, Team, Text

FILE: Final = Path(__file__).with_name("slos.toml")
INSTANT: Final = "slo:sli_error:ratio_instant"
WINDOWS: Final = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
PERCENT: Final = 100


class Slo(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of slos.toml, which says what the fields are."""

    alert: str
    objective: float
    days: int
    team: Team
    dashboard: str
    what: str
    what_en: str
    bad: str = ""
    total: str = ""
    ratio: str = ""
    events_min: int = 0

    @property
    def budget(self) -> str:
        """The share that may go wrong, as a number that PromQL reads."""
        return f"{1 - self.objective / PERCENT:.6f}".rstrip("0")


class Burn(Struct, frozen=True):
    """Two pairs of windows (short, long, times the even rate) and how urgent they are."""

    suffix: str
    severity: Severity
    pairs: tuple[tuple[str, str, str], ...]
    zh: str
    en: str


BURNS: Final = (
    Burn("Fast", "critical", (("5m", "1h", "14.4"), ("30m", "6h", "6")), "很快", "fast"),
    Burn("Slow", "warning", (("2h", "1d", "3"), ("6h", "3d", "1")), "持续", "steadily"),
)
"""14.4 for 1 h is 2 % of a month's budget, 6 for 6 h is 5 %, 3 for a day and 1 for three days are 10 %."""


def load_slos(path: Path = FILE) -> dict[str, Slo]:
    """By name; msgspec.ValidationError or tomllib.TOMLDecodeError when the file can't be used."""
    return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), dict[str, Slo])


def recordings(name: str, slo: Slo) -> list[Recording]:
    """The share that went wrong in each window, and what is left of the month's budget."""
    labels = {"slo": name}
    rules = [Recording(name=INSTANT, expr=slo.ratio, labels=labels)] if slo.ratio else []
    rules += [
        Recording(name=f"slo:sli_error:ratio_rate{w}", expr=_error(name, slo, w), labels=labels)
        for w in WINDOWS
    ]
    of_5m = f'slo:sli_error:ratio_rate5m{{slo="{name}"}}'
    month = f'slo:sli_error:ratio_rate{slo.days}d{{slo="{name}"}}'
    # 30 days of counters cost too much each time; the mean of the short windows says nearly the same.
    mean = f"sum_over_time({of_5m}[{slo.days}d]) / count_over_time({of_5m}[{slo.days}d])"
    rules += [
        Recording(name=f"slo:sli_error:ratio_rate{slo.days}d", expr=mean, labels=labels),
        Recording(name="slo:objective:ratio", expr=f"vector({slo.objective / PERCENT:g})", labels=labels),
        Recording(name="slo:error_budget:ratio", expr=f"vector({slo.budget})", labels=labels),
        Recording(name="slo:current_burn_rate:ratio", expr=f"{of_5m} / {slo.budget}", labels=labels),
        Recording(
            name="slo:period_error_budget_remaining:ratio", expr=f"1 - {month} / {slo.budget}", labels=labels
        ),
    ]
    return rules


def _error(name: str, slo: Slo, window: str) -> str:
    if slo.ratio:
        return f'avg_over_time({INSTANT}{{slo="{name}"}}[{window}])'
    bad, total = (Template(query).substitute(w=window) for query in (slo.bad, slo.total))
    # Nothing bad yet is no series at all; and without any calls there is nothing to say.
    return f"({bad} or vector(0)) / ({total} > 0)"


def alerts(name: str, slo: Slo, cases: Mapping[str, tuple[Case, Case]]) -> list[Alert]:
    """`cases`: alert -> silent, firing."""
    return [_alert(name, slo, burn, *cases[slo.alert + burn.suffix]) for burn in BURNS]


def _alert(name: str, slo: Slo, burn: Burn, silent: Case, fires: Case) -> Alert:
    return Alert(
        name=slo.alert + burn.suffix,
        expr="\nor\n".join(_pair(name, slo, *pair) for pair in burn.pairs),
        severity=burn.severity,
        team=slo.team,
        dashboard=slo.dashboard,
        summary=Text(
            f"目标“{slo.what}”的错误预算{burn.zh}消耗",
            f"The error budget of “{slo.what_en}” burns {burn.en}",
        ),
        description=Text(
            f"目标 {slo.objective:g}%（{slo.days} 天）；长窗口内不达标的占 {{{{ $value | humanizePercentage }}}}。",
            f"Objective {slo.objective:g} % over {slo.days} days; "
            "{{ $value | humanizePercentage }} missed it in the long window.",
        ),
        labels={"slo": name},
        silent=silent,
        fires=fires,
    )


def _pair(name: str, slo: Slo, short: str, long: str, factor: str) -> str:
    def over(window: str) -> str:
        return f'slo:sli_error:ratio_rate{window}{{slo="{name}"}} > {factor} * {slo.budget}'

    query = f"({over(long)} and {over(short)}"
    if slo.events_min:
        query += f" and on () {Template(slo.total).substitute(w=long)} >= {slo.events_min}"
    return query + ")"
