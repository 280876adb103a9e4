"""`--with-ops`: Prometheus and Alertmanager beside the demo, or a sentence about what is missing."""

import re
import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest

from deploy.local.demo import ops
from deploy.local.demo.ops import Watcher, config_of, start_alertmanager, start_prometheus
from deploy.local.ops import Alertmanager, Prometheus, find
from tests.deploy.test_demo import END_S_MAX, Start, await_end, children_of, scratch, start

__all__ = ["scratch", "start"]

SEEN_S_MAX = 60.0
needs_ops = pytest.mark.skipif(
    find(*Prometheus.names) is None or find(*Alertmanager.names) is None,
    reason="needs the packages prometheus and prometheus-alertmanager",
)


@pytest.mark.kafka
@needs_ops
def test_a_demo_is_scraped_and_sends_its_incidents(start: Start, scratch: Path) -> None:
    process = start("--seconds", "3", "--rate", "1000", "--with-ops")
    assert process.stdout is not None
    urls: dict[str, str] = {}
    for line in process.stdout:
        if found := re.match(r"(prometheus|alertmanager) +(http://\S+)/$", line):
            urls[found[1]] = found[2]
        if "everything keeps running" in line:
            break
    below = children_of(process.pid)
    targets = until(lambda: healthy_targets(urls["prometheus"]), "all targets are up")
    alerts = until(lambda: asked(f"{urls['alertmanager']}/api/v2/alerts"), "an incident has arrived")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=END_S_MAX)

    assert sorted(target["labels"]["job"] for target in targets) == ["gateway", "worker", "worker"]
    assert "ClaimIncident" in {alert["labels"]["alertname"] for alert in alerts}
    await_end(below)
    assert list(scratch.iterdir()) == []


def until(question: Callable[[], Any], what: str) -> Any:
    """The first answer that holds something."""
    give_up = monotonic() + SEEN_S_MAX
    while not (answer := question()):
        assert monotonic() < give_up, f"not within {SEEN_S_MAX:.0f} s: {what}"
    return answer


def asked(url: str) -> Any:
    return httpx.get(url, timeout=5).raise_for_status().json()


def healthy_targets(prometheus: str) -> list[dict[str, Any]]:
    """All targets, once all of them are up."""
    found: list[dict[str, Any]] = asked(f"{prometheus}/api/v1/targets")["data"]["activeTargets"]
    return found if all(target["health"] == "up" for target in found) else []


@pytest.fixture
def said() -> list[str]:
    return []


def test_without_the_programs_the_demo_says_what_is_missing_and_goes_on(
    said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with ExitStack() as stack:
        assert start_alertmanager(stack, tmp_path, said.append) is None
        assert (
            start_prometheus(stack, tmp_path, said.append, workers=["h:1"], gateway="h:2", alertmanager=None)
            is None
        )
    assert said == [
        "Alertmanager is not here, so no incident is sent: install the package prometheus-alertmanager (Debian, Ubuntu)",
        (
            "Prometheus is not here, so no figures are kept and no rules are evaluated:"
            " install the package prometheus (Debian, Ubuntu)"
        ),
    ]


@needs_ops
def test_one_that_does_not_start_is_told_and_the_demo_goes_on(said: list[str], tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "bad.yml").write_text("groups: 1\n")
    with ExitStack() as stack:
        started = start_prometheus(
            stack,
            tmp_path,
            said.append,
            workers=[],
            gateway="h:2",
            alertmanager=None,
            rules=tmp_path / "rules",
        )
    assert started is None
    (sentence,) = said
    assert sentence.startswith("going on without Prometheus: prometheus did not start: ")


def test_prometheus_is_told_of_everybody_and_of_the_rules_that_are_there(tmp_path: Path) -> None:
    manager = Watcher("Alertmanager", "http://h:9")
    config = config_of(workers=["h:1", "h:2"], gateway="h:3", alertmanager=manager, rules=tmp_path)
    assert config["rule_files"] == []
    assert {job["job_name"]: job["static_configs"][0]["targets"] for job in config["scrape_configs"]} == {
        "worker": ["h:1", "h:2"],
        "gateway": ["h:3"],
    }
    assert config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] == ["h:9"]
    (tmp_path / "alerts.yml").write_text("groups: []\n")
    with_rules = config_of(workers=[], gateway="h:3", alertmanager=None, rules=tmp_path)
    assert with_rules["rule_files"] == [str(tmp_path / "*.yml")]
    assert with_rules["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] == []


def test_the_rules_of_the_demo_are_those_of_production() -> None:
    assert ops.RULES.parts[-3:] == ("deploy", "prometheus", "rules")
