"""Every metric, once: its name, what it counts, its labels. Workers and the gateway serve them on /metrics.

Base units: seconds, records, calls. No label holds a person. `ProviderLabels` bounds `provider`,
`infno_label` bounds `infno`; any other label takes words of a fixed list (stages, reasons, rule ids) or a
partition number.
"""

from collections.abc import Iterable
from functools import cache
from typing import Final, TypeAlias, TypeVar

from msgspec import Struct
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

PROVIDERS_MAX: Final = 2_000
OTHER: Final = "other"
NO_GROUP: Final = ""
"""Of what concerns no provider: to Prometheus an empty label is none."""
INFNOS: Final = frozenset(
    (
        *("1101", "2101", "2102", "2103", "2201", "2202", "2203", "2204", "2205", "2206", "2207", "2208"),
        *("2301", "2302", "2303", "2304", "2305", "2401", "2402", "2404", "2405", "2601"),
        *("3101", "3102", "3103", "3505A", "3506A", "9601", "9602"),
    )
)
# Fine around the budget of 0.8 s and the aims of 0.1 s (p50) and 0.3 s (p99).
LATENCY_S: Final = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.8, 1.2, 2.5, 5, 10, 30)
STAGE_S: Final = (
    *(0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005),
    *(0.01, 0.025, 0.05, 0.1, 0.5, 2.5),
)
COMMIT_S: Final = (0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
DELIVERY_S: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200)
RECOVERY_S: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)

# When each series was made is a series of its own, which nobody asks for: half of a page.
disable_created_metrics()  # type: ignore[no-untyped-call]  # has no types

Metric: TypeAlias = Counter | Gauge | Histogram
M = TypeVar("M", Counter, Histogram)


def _remembering(metric: M) -> M:
    """With its children found by one look-up: prometheus_client takes 2 us each time, several times a record.

    Not for gauges, which are cleared now and then. Labels are bounded, so this is.
    """
    metric.labels = cache(metric.labels)  # type: ignore[method-assign]
    return metric


class Declared(Struct, frozen=True):
    """What docs/metrics.md says of a metric."""

    name: str
    kind: str
    labels: tuple[str, ...]
    help: str


class Metrics:
    """All metrics on one registry; each process makes one, a test makes its own."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.declared: list[Declared] = []
        self._flow()
        self._statements()
        self._memory()
        self._kafka()
        self._surroundings()
        self._supervisor()
        self._gateway()
        self._delivery()
        self._desk()
        self._money()
        self._versions()

    def _flow(self) -> None:
        self.records_in = self._counter("monitor_records_in", "Records that a stage has read.", "stage")
        self.records_out = self._counter(
            "monitor_records_out", "Records that a stage has written.", "stage", "topic"
        )
        self.decode_failures = self._counter(
            "monitor_decode_failures", "Records that are no valid envelope, by reason.", "reason"
        )
        self.ignored = self._counter(
            "monitor_ignored", "Valid records that the monitor does not use, by reason.", "reason"
        )
        self.notes = self._counter(
            "monitor_notes", "Oddities in records that were used all the same, e.g. trace_unusable.", "note"
        )
        self.pictures_dropped = self._counter(
            "monitor_pictures_dropped", "Face pictures dropped at the door: whoever sends them must be told."
        )
        self.dead_letters = self._counter(
            "monitor_dead_letters", "Records put aside in claims.dlq.", "stage", "reason"
        )
        self.late = self._counter(
            "monitor_late_events", "Events whose call time lay before the watermark.", "stage"
        )
        self.duplicates = self._counter(
            "monitor_duplicates", "Events seen before (provider, infno, msgid).", "stage"
        )
        self.conflicts = self._counter(
            "monitor_conflicts",
            "Events that repeat an identity with other content; the first stays.",
            "stage",
        )
        self.misplaced = self._counter(
            "monitor_misplaced",
            "Records on the wrong partition for their key, sent on to their own.",
            "stage",
        )

    def _statements(self) -> None:
        self.verdicts = self._counter("monitor_verdicts", "Verdicts given.", "decision", "infno")
        self.provider_verdicts = self._counter(
            "monitor_provider_verdicts", "Verdicts given, by provider.", "provider", "decision"
        )
        self.findings = self._counter(
            "monitor_findings",
            "Revisions of findings; shadow is yes where a rule only watches.",
            "rule_id",
            "status",
            "shadow",
        )
        self.incidents = self._counter("monitor_incidents", "Changes of incidents.", "rule_id", "state")
        self.incidents_open = self._gauge("monitor_incidents_open", "Incidents open now.", "rule_id")
        self.notifications = self._counter(
            "monitor_notifications", "Incidents that a person was to be told of.", "rule_id"
        )
        self.feedback = self._counter(
            "monitor_feedback", "Answers of doctors to warnings.", "rule_id", "dspo_way"
        )
        self.verdict_latency = self._histogram(
            "monitor_verdict_latency_seconds", "From a call's record to its verdict.", LATENCY_S, "infno"
        )
        self.answer_parts = self._histogram(
            "monitor_answer_part_seconds",
            "Where the time of a verdict goes that somebody waits for: arriving (from the gateway to its stage), "
            "gathering (until its transaction begins), writing (until it is committed).",
            LATENCY_S,
            "part",
        )
        self.stage_latency = self._histogram(
            "monitor_stage_latency_seconds",
            "What a stage takes for one record, averaged over those it takes in one go.",
            STAGE_S,
            "stage",
        )
        self.stage_failures = self._counter(
            "monitor_stage_failures", "Records at which a stage's pure function raised.", "stage"
        )

    def _memory(self) -> None:
        self.memory_keys = self._gauge("monitor_memory_keys", "Keys that are remembered.", "stage")
        self.memory_loaded = self._gauge("monitor_memory_loaded", "Keys whose memory is decoded.", "stage")
        self.memory_capped = self._counter(
            "monitor_memory_capped", "Facts forgotten early because a hard cap was hit.", "stage", "kind"
        )
        self.memory_fullest = self._gauge(
            "monitor_memory_fullest_ratio",
            "Facts of the fullest memory that was changed in the last 15 s, over its hard cap.",
            "stage",
            "kind",
        )
        self.watermark = self._gauge(
            "monitor_watermark_timestamp_seconds", "Watermark, China civil time as seconds.", "stage"
        )

    def _kafka(self) -> None:
        self.lag_records = self._gauge(
            "monitor_lag_records", "Records not yet read, by topic and partition.", "topic", "partition"
        )
        self.lag_seconds = self._gauge(
            "monitor_lag_seconds", "Age of the oldest record not yet read.", "topic", "partition"
        )
        self.commits = self._counter("monitor_commits", "Commits of a stage's progress.", "outcome")
        self.last_commit = self._gauge(
            "monitor_last_commit_timestamp_seconds", "When progress was last committed."
        )
        self.commit_latency = self._histogram(
            "monitor_commit_latency_seconds",
            "What a transaction takes from its begin to its commit.",
            COMMIT_S,
        )
        self.units = self._counter(
            "monitor_units", "Partition numbers that began to work, or ended and why.", "outcome"
        )
        self.rebalances = self._counter("monitor_rebalances", "Times that partitions were shared out anew.")
        self.recovery = self._histogram(
            "monitor_recovery_seconds", "How long a partition's memory took to come back.", RECOVERY_S
        )
        self.recovering = self._gauge("monitor_recovering", "Partitions whose memory is coming back.")

    def _surroundings(self) -> None:
        self.kafka_up = self._gauge("monitor_kafka_up", "Whether Kafka answered when it was last asked.")
        self.under_replicated = self._gauge(
            "monitor_kafka_under_replicated_partitions",
            "Partitions of our topics that lack a replica in sync or a leader.",
        )
        self.clock_skew = self._gauge(
            "monitor_provider_clock_skew_seconds",
            "Time of call less time of record, the highest of the last 15 s: above 0 the provider's clock is ahead,"
            " far below 0 it is behind or its calls are held up.",
            "provider",
        )
        self.provider_info = self._gauge(
            "monitor_provider_info",
            "1; the region (admvs) and the group of a provider of the table.",
            "provider",
            "region",
            "group",
        )
        self.reference_modified = self._gauge(
            "monitor_reference_modified_timestamp_seconds",
            "When the file of a reference table that is in use was last written; built-in tables have none.",
            "table",
        )

    def _supervisor(self) -> None:
        self.process_up = self._gauge(
            "monitor_process_up", "Whether a supervised worker process answers.", "process"
        )
        self.process_restarts = self._counter(
            "monitor_process_restarts", "Times that a supervised worker process was started again.", "process"
        )

    def _delivery(self) -> None:
        """`group`: that of the provider that is told; of Alertmanager empty, so there is no such label."""
        self.delivery_attempts = self._counter(
            "monitor_delivery_attempts",
            "Messages to others than Kafka: sent, to be retried, or given up; with the group of the provider.",
            "channel",
            "group",
            "outcome",
        )
        self.delivery_pending = self._gauge(
            "monitor_delivery_pending", "Messages that wait for their delivery.", "channel", "group"
        )
        self.delivery_oldest = self._gauge(
            "monitor_delivery_oldest_seconds", "Age of the oldest message that waits.", "channel", "group"
        )
        self.delivery_latency = self._histogram(
            "monitor_delivery_latency_seconds",
            "From a commit to its delivery.",
            DELIVERY_S,
            "channel",
            "group",
        )

    def _gateway(self) -> None:
        self.gateway_calls = self._counter(
            "monitor_gateway_calls", "Calls answered with a national envelope.", "infno", "infcode"
        )
        self.gateway_refused = self._counter(
            "monitor_gateway_refused", "Calls answered with an HTTP error.", "path", "status"
        )
        self.gateway_latency = self._histogram(
            "monitor_gateway_latency_seconds",
            "From the last byte of a call to its answer.",
            LATENCY_S,
            "infno",
        )
        self.gateway_waiting = self._gauge("monitor_gateway_waiting", "Calls that wait for their verdict.")
        self.gateway_shared = self._counter(
            "monitor_gateway_shared", "Repeats that shared the answer of a call still waiting."
        )
        self.fail_open = self._counter(
            "monitor_fail_open", "Answers without a verdict: budget, kafka or busy.", "reason"
        )
        self.fed = self._counter("monitor_fed_records", "Feed records taken over HTTP.")

    def _desk(self) -> None:
        self.group_findings = self._counter(
            "monitor_group_findings",
            "Findings that were new, by group of the provider; none in shadow.",
            "group",
            "rule_id",
        )
        self.provider_findings = self._counter(
            "monitor_provider_findings", "Findings that were new, by provider; none in shadow.", "provider"
        )
        self.incidents_overdue = self._gauge(
            "monitor_incidents_overdue",
            "Incidents that people were told of and nobody acted on in time (incident_due_hours), by severity.",
            "severity",
        )
        self.incidents_open_severity = self._gauge(
            "monitor_incidents_open_by_severity",
            "Incidents open now, by severity: 1 is the gravest.",
            "severity",
        )
        self.face_checks = self._counter(
            "monitor_face_checks",
            "Face checks (9601) by result, and special registrations instead of one (9602).",
            "result",
        )
        self.group_calls = self._counter(
            "monitor_group_calls",
            "Calls answered by the gateway, by group of the caller and by decision (none: no check).",
            "group",
            "infno",
            "decision",
        )
        self.provider_calls = self._counter(
            "monitor_provider_calls", "Calls answered by the gateway, by caller.", "provider", "infno"
        )

    def _money(self) -> None:
        """In yuan, when it becomes known; what is taken back has a counter of its own, the net is the difference."""
        self.refused = self._counter(
            "monitor_refused_yuan", "Yuan of settlements that are refused, each line once.", "group"
        )
        self.refused_back = self._counter(
            "monitor_refused_back_yuan",
            "Yuan that were refused and are no longer: reversed, withdrawn or shrunk.",
            "group",
        )
        self.prevented = self._counter(
            "monitor_prevented_yuan", "Yuan that a 3102 rejected and that are not settled.", "group"
        )
        self.prevented_back = self._counter(
            "monitor_prevented_back_yuan",
            "Yuan that a 3102 rejected and that were settled after all.",
            "group",
        )
        self.fund_paid = self._counter(
            "monitor_fund_paid_yuan", "Yuan that the fund pays for settlements (fund_pay_sumamt).", "provider"
        )
        self.fund_back = self._counter(
            "monitor_fund_back_yuan", "Yuan of the fund in settlements that were taken back.", "provider"
        )
        self.fund_budget = self._gauge(
            "monitor_fund_budget_yuan", "The fund's budget of a year (table fund_budget).", "provider", "year"
        )

    def _versions(self) -> None:
        self.build_info = self._gauge("monitor_build_info", "1 for the release that runs.", "version")
        self.rules_info = self._gauge(
            "monitor_rules_info",
            "1 for the version of rules, limits and tables that judges.",
            "rules_version",
        )

    def _declare(self, kind: str, name: str, text: str, labels: tuple[str, ...]) -> None:
        self.declared.append(Declared(name, kind, labels, text))

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        self._declare("counter", f"{name}_total", text, labels)
        return _remembering(Counter(name, text, labels, registry=self.registry))

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        self._declare("gauge", name, text, labels)
        return Gauge(name, text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        self._declare("histogram", name, text, labels)
        return _remembering(Histogram(name, text, labels, registry=self.registry, buckets=buckets))

    def exposition(self) -> bytes:
        """What /metrics answers (text format)."""
        return generate_latest(self.registry)


class ProviderLabels:
    """Provider code -> label: itself for the first 2,000 codes of the providers table, else `other`.

    A code that only came with a call is never a label: anyone could send a million of them.
    """

    def __init__(self, codes: Iterable[str]) -> None:
        self._codes = frozenset(sorted(codes)[:PROVIDERS_MAX])

    def __call__(self, code: str) -> str:
        """The label of a provider."""
        return code if code in self._codes else OTHER


def infno_label(infno: str) -> str:
    """Itself where the monitor knows it, else `other`."""
    return infno if infno in INFNOS else OTHER


def metrics_table() -> str:
    """All metrics as a Markdown table, as docs/metrics.md shows them; a test compares the two."""
    rows = ["| metric | kind | labels | what it says |", "|---|---|---|---|"]
    rows.extend(
        f"| `{m.name}` | {m.kind} | {', '.join(f'`{label}`' for label in m.labels)} | {m.help} |"
        for m in Metrics(CollectorRegistry()).declared
    )
    return "\n".join(rows) + "\n"
