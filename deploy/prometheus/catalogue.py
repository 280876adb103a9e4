"""All recording rules and alerts, in groups. What is not in this list does not exist."""

from typing import Final

from deploy.prometheus.alerts_desk import DESK
from deploy.prometheus.alerts_platform import PLATFORM
from deploy.prometheus.alerts_providers import PROVIDERS
from deploy.prometheus.alerts_workers import WORKERS
from deploy.prometheus.model import Alert, Recording
from deploy.prometheus.slo import alerts, load_slos, recordings
from deploy.prometheus.slo_cases import SLO_CASES

RECORDINGS: Final = (
    Recording(name="topic:monitor_lag_records:sum", expr="sum by (topic) (monitor_lag_records)"),
    Recording(name="topic:monitor_lag_seconds:max", expr="max by (topic) (monitor_lag_seconds)"),
    Recording(
        name="stage:monitor_records_in:rate5m", expr="sum by (stage) (rate(monitor_records_in_total[5m]))"
    ),
    Recording(name="provider:monitor_info:max", expr="max by (provider, region) (monitor_provider_info)"),
    Recording(
        name="provider:monitor_clock_skew_seconds:max30m",
        expr="max by (provider) (max_over_time(monitor_provider_clock_skew_seconds[30m]))",
    ),
    Recording(
        name="provider:monitor_verdicts:increase2h",
        expr='sum by (provider) (increase(monitor_provider_verdicts_total{provider!="other"}[2h]))',
    ),
    # The lesser of yesterday and a week ago: a day off is no outage.
    Recording(
        name="provider:monitor_verdicts:expected2h",
        expr=(
            "(provider:monitor_verdicts:increase2h offset 1d <= provider:monitor_verdicts:increase2h offset 1w)\n"
            "or\n"
            "(provider:monitor_verdicts:increase2h offset 1w and provider:monitor_verdicts:increase2h offset 1d)"
        ),
    ),
    Recording(
        name="region:monitor_expected_providers:count",
        expr=(
            "count by (region) ((provider:monitor_verdicts:expected2h >= 20)"
            " * on (provider) group_left (region) provider:monitor_info:max)"
        ),
    ),
    Recording(
        name="region:monitor_silent_providers:count",
        expr=(
            "count by (region) ((provider:monitor_verdicts:expected2h >= 20"
            " unless on (provider) provider:monitor_verdicts:increase2h > 0)"
            " * on (provider) group_left (region) provider:monitor_info:max)"
        ),
    ),
)

SLOS: Final = load_slos()
SLO_RECORDINGS: Final = {name: recordings(name, slo) for name, slo in SLOS.items()}
SLO_ALERTS: Final = {name: alerts(name, slo, SLO_CASES) for name, slo in SLOS.items()}

FURTHER: Final[dict[str, tuple[Alert, ...]]] = {
    "workers": WORKERS,
    "platform": PLATFORM,
    "providers": PROVIDERS,
    "desk": DESK,
}
