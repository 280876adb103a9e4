"""Pieces of PromQL that several dashboards share."""

from typing import Final

from monitor.outputs import Kind
from monitor.rules.catalogue import RULES

HERE: Final = '{instance=~"$instance"}'
STAGE: Final = '{instance=~"$instance",stage=~"$stage"}'
SETTLEMENTS: Final = 'infno=~"2102|2207|2304"'
READS: Final = {
    "intake": "claims\\\\.raw",
    "persons": "(claims|checks)",
    "traces": "facts\\\\.trace",
    "incidents": "findings",
}
"""Stage -> what its topics are called behind MONITOR_TOPIC_PREFIX, which may be anything."""
BURSTS: Final = "|".join(rule.id for rule in RULES if rule.kind is Kind.BURST)
MISMATCHES: Final = "|".join(rule.id for rule in RULES if rule.kind is Kind.MISMATCH)


def never_empty(expr: str) -> str:
    """0 where nothing has ever been counted: of failures, no series is the good news."""
    return f"({expr}) or vector(0)"


def lag_by_stage(metric: str, how: str = "max", more: str = "") -> str:
    """A gauge of lag, which knows topics, by the stage that reads them."""
    return " or ".join(
        f'label_replace({how}({metric}{{topic=~"(.*[.])?{topics}"{more}}}), "stage", "{stage}", "", "")'
        for stage, topics in READS.items()
    )


LAG_BY_STAGE: Final = lag_by_stage("monitor_lag_seconds")


def net(money: str, *, by: str = "", where: str = "") -> str:
    """What came of refused, prevented or fund_paid in the range, less what was taken back of it."""
    more = f"monitor_{money}_yuan_total"
    less = f"monitor_{money.removesuffix('_paid')}_back_yuan_total"
    over = f"sum by ({by}) " if by else "sum"
    return f"{over}(increase({more}{where}[$__range])) - {over}(increase({less}{where}[$__range]))"


def quantile(share: float, metric: str, *, by: str = "", where: str = "") -> str:
    """A quantile of a histogram."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, sum by ({labels}) (rate({metric}_bucket{where}[$__rate_interval])))"


def ratio(over: str, under: str, *, by: str, where: str = "") -> str:
    """How much of one counter there was for each of another; nothing where there was none of that."""
    more, less = (f"sum by ({by}) (rate({metric}{where}[$__rate_interval]))" for metric in (over, under))
    return f"{more} / ({less} > 0)"
