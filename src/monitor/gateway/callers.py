"""What /metrics says of calls and of whom they come from."""

from collections.abc import Mapping
from typing import Any, Final

from monitor.gateway.warnings import BACK_TO_EDIT, GO_ON
from monitor.metrics import Metrics, ProviderLabels, infno_label
from monitor.provider_groups import ProviderGroups
from monitor.reference import Provider
from monitor.rules.catalogue import RULES

NO_DECISION: Final = "none"
"""Of a call that is no check, or that is refused."""


class Callers:
    """Counts answers. `providers`: those that have labels of their own."""

    def __init__(self, metrics: Metrics, providers: Mapping[str, Provider]) -> None:
        self.metrics = metrics
        self._provider = ProviderLabels(providers)
        self._group = ProviderGroups(providers)
        begin_feedback(metrics)

    def answered(self, holder: str, *, infno: str, infcode: int, decision: str, took_s: float) -> None:
        """A call of `holder` got its reply envelope."""
        metrics, label = self.metrics, infno_label(infno)
        metrics.gateway_calls.labels(label, str(infcode)).inc()
        metrics.gateway_latency.labels(label).observe(took_s)
        metrics.group_calls.labels(self._group(holder), label, decision).inc()
        metrics.provider_calls.labels(self._provider(holder), label).inc()

    def warned(self, feedback: Mapping[str, Any]) -> None:
        """What a doctor did with a warning was taken down."""
        self.metrics.feedback.labels(feedback["rule_id"], feedback["dspo_way"]).inc()


def begin_feedback(metrics: Metrics) -> None:
    """Every series of answers to warnings at 0: the first answer in a month must be an increase, too."""
    for rule in RULES:
        for way in (GO_ON, BACK_TO_EDIT):
            metrics.feedback.labels(rule.id, way)
