"""Metrics of several processes on one page."""

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from monitor.metrics import Metrics
from streams.exposition import merged


def _page(late: int) -> str:
    metrics = Metrics(CollectorRegistry())
    metrics.late.labels('a "stage" with {braces} and spaces').inc(late)
    metrics.recovery.observe(0.3)
    metrics.recovering.set(late)
    return metrics.exposition().decode()


def test_every_sample_of_every_process_is_there_under_its_process() -> None:
    pages = {"0": _page(3), "1": _page(5)}
    wanted = {
        (
            family.name,
            family.type,
            sample.name,
            tuple(sorted({**sample.labels, "process": name}.items())),
        ): sample.value
        for name, page in pages.items()
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }
    found = [
        ((family.name, family.type, sample.name, tuple(sorted(sample.labels.items()))), sample.value)
        for family in text_string_to_metric_families(merged(pages))
        for sample in family.samples
    ]
    assert len(found) == len(wanted)
    assert dict(found) == wanted


def test_each_family_is_declared_once() -> None:
    page = merged({"0": _page(1), "1": _page(1)})
    heads = [line for line in page.splitlines() if line.startswith("#")]
    assert len(heads) == len(set(heads)) > 0


def test_a_process_that_says_nothing_is_missing_and_what_the_supervisor_says_stays_as_it_is() -> None:
    own = Metrics(CollectorRegistry())
    own.process_up.labels("1").set(0)
    said = generate_latest(own.registry.restricted_registry(["monitor_process_up"])).decode()
    page = merged({"0": _page(1), "1": ""}, said)
    assert 'monitor_process_up{process="1"} 0.0' in page.splitlines()
    assert 'monitor_recovering{process="0"} 1.0' in page
    assert 'monitor_recovering{process="1"}' not in page
