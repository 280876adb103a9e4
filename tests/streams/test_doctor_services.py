"""`monitor doctor` asks a real Prometheus and a real Alertmanager what the monitor needs of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.ops import Alertmanager, Prometheus, find
from streams.doctor.finding import Finding
from streams.doctor.services import look_at_alertmanager, look_at_prometheus
from tests.streams.conftest import MakeWorld
from tests.streams.world import until

pytestmark = [
    pytest.mark.skipif(find(*Prometheus.names) is None, reason="needs Debian's package prometheus"),
    pytest.mark.skipif(
        find(*Alertmanager.names) is None, reason="needs Debian's package prometheus-alertmanager"
    ),
]

RULES = """
groups:
  - name: monitor
    rules:
      - alert: MonitorIsThere
        expr: monitor_gateway_waiting == 0
"""


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[Alertmanager]:
    config = tmp_path / "alertmanager.yml"
    config.write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
    with Alertmanager(config) as service:
        yield service


def faults(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.what: finding for finding in findings if not finding.good}


@pytest.mark.kafka
async def test_a_prometheus_that_scrapes_us_has_rules_and_tells_somebody_has_no_fault(
    world: MakeWorld, tmp_path: Path, alertmanager: Alertmanager
) -> None:
    ours = await world()
    (worker,) = await ours.started()
    (tmp_path / "rules.yml").write_text(RULES)
    config = tmp_path / "prometheus.yml"
    config.write_text(
        "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
        "rule_files: [rules.yml]\n"
        f"alerting: {{alertmanagers: [{{static_configs: [{{targets: ['127.0.0.1:{alertmanager.port}']}}]}}]}}\n"
        f"scrape_configs: [{{job_name: worker, static_configs: [{{targets: ['127.0.0.1:{worker.port}']}}]}}]\n"
    )
    with Prometheus(config) as prometheus:

        async def well() -> list[Finding]:
            found = await look_at_prometheus(prometheus.url)
            return [] if faults(found) or "firing" not in str(found) else found

        findings = {finding.what: finding for finding in await until(well, "it scrapes, evaluates and tells")}
    assert {"Prometheus", "clock", "scrapes", "rules", "alerts"} == findings.keys()
    assert findings["scrapes"].found == "1 processes of the monitor, 1 targets"
    assert "firing: MonitorIsThere" in findings["rules"].found
    assert "runbook" in findings["rules"].remedy


async def test_one_that_sees_nothing_of_us_and_tells_nobody_is_three_faults(tmp_path: Path) -> None:
    config = tmp_path / "prometheus.yml"
    config.write_text("scrape_configs: []\n")
    with Prometheus(config) as prometheus:
        found = faults(await look_at_prometheus(prometheus.url))
    assert found.keys() == {"scrapes", "rules", "alerts"}
    assert all(fault.remedy for fault in found.values())


async def test_a_target_that_is_down_and_a_rule_that_fails_are_faults(tmp_path: Path) -> None:
    # Two targets of one job: which of them is meant?
    (tmp_path / "rules.yml").write_text(
        "groups: [{name: g, rules: [{record: twice, expr: up * on(job) up}]}]\n"
    )
    config = tmp_path / "prometheus.yml"
    config.write_text(
        "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
        "rule_files: [rules.yml]\n"
        "scrape_configs: [{job_name: worker, static_configs: [{targets: ['127.0.0.1:1', '127.0.0.1:2']}]}]\n"
    )
    with Prometheus(config) as prometheus:

        async def told() -> dict[str, Finding]:
            found = faults(await look_at_prometheus(prometheus.url))
            return found if {"target", "rules"} <= found.keys() and "fail" in found["rules"].found else {}

        found = await until(told, "the scrapes and the rule have failed")
    assert "http://127.0.0.1:" in found["target"].found
    assert "is down" in found["target"].found
    assert found["rules"].found == "1 fail, first twice"


async def test_an_alertmanager_is_asked_for_its_version_and_what_fires(alertmanager: Alertmanager) -> None:
    found = await look_at_alertmanager(alertmanager.url)
    assert faults(found) == {}
    assert [finding.what for finding in found] == ["Alertmanager", "alerts"]
    assert "0, of which 0" in found[1].found


@pytest.mark.parametrize("look", [look_at_prometheus, look_at_alertmanager])
@pytest.mark.parametrize(
    "url", ["http://somebody:secret@127.0.0.1:1", "127.0.0.1:1", "http://[::", "ftp://127.0.0.1"]
)
async def test_one_that_is_not_there_is_one_fault_that_tells_no_secret(look: object, url: str) -> None:
    (fault,) = await look(url)  # type: ignore[operator]  # one of the two above
    assert not fault.good
    assert "MONITOR_" in fault.remedy
    assert "secret" not in fault.found
