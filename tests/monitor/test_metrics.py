"""Metrics: declared once, in base units, with labels that stay few."""

from pathlib import Path

from prometheus_client import CollectorRegistry

from monitor.metrics import OTHER, PROVIDERS_MAX, Metrics, ProviderLabels, infno_label, metrics_table

DOCS = Path(__file__).parents[2] / "docs" / "metrics.md"


def test_what_is_declared_is_what_is_served() -> None:
    registry = CollectorRegistry()
    declared = {m.name.removesuffix("_total") for m in Metrics(registry).declared}
    assert declared == {family.name for family in registry.collect()}


def test_names_are_unique_and_end_in_their_unit() -> None:
    declared = Metrics(CollectorRegistry()).declared
    assert len({m.name for m in declared}) == len(declared)
    for metric in declared:
        assert metric.name.startswith("monitor_")
        assert metric.help.endswith(".")
        assert metric.name.endswith("_total") == (metric.kind == "counter")
        assert metric.kind != "histogram" or metric.name.endswith("_seconds")
        assert "_ms" not in metric.name


def test_no_label_names_a_person() -> None:
    labels = {label for m in Metrics(CollectorRegistry()).declared for label in m.labels}
    assert labels <= {
        *("stage", "topic", "partition", "reason", "note", "kind", "outcome", "path", "status", "shadow"),
        *("decision", "infno", "infcode", "rule_id", "state", "dspo_way", "provider", "process"),
        *("region", "table", "channel", "part"),
        *("group", "severity", "result", "year", "version", "rules_version"),
    }


def test_two_registries_do_not_share_counts() -> None:
    one, other = Metrics(CollectorRegistry()), Metrics(CollectorRegistry())
    one.late.labels("persons").inc()
    assert b'monitor_late_events_total{stage="persons"} 1.0' in one.exposition()
    assert b'stage="persons"' not in other.exposition()


def test_only_codes_of_the_table_become_labels_and_at_most_so_many() -> None:
    label = ProviderLabels(f"H{n:05d}" for n in range(PROVIDERS_MAX + 5))
    assert label("H00000") == "H00000"
    assert label("H99999") == OTHER
    assert sum(label(f"H{n:05d}") != OTHER for n in range(PROVIDERS_MAX + 5)) == PROVIDERS_MAX


def test_an_infno_that_is_not_ours_is_other() -> None:
    assert (infno_label("3505A"), infno_label("9001"), infno_label("")) == ("3505A", OTHER, OTHER)


def test_the_docs_show_the_metrics_as_they_are() -> None:
    assert metrics_table() in DOCS.read_text(encoding="utf-8")
