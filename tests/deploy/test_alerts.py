"""Alerts: each has all that whoever is woken needs, a case at which it is silent and one at which it fires.

One command runs this and the tests of Alertmanager's side: `./dev ops-check`.
"""

import re
import shlex
from typing import Any

import pytest
import typer.main
import yaml

from deploy.local.ops import find
from deploy.prometheus.generate import differences, files
from deploy.prometheus.slo import load_slos
from monitor.cli import app
from monitor.outputs import Kind
from monitor.rules.catalogue import RULES
from streams.cli import main as whole_cli
from tests.deploy.ops_tools import (
    OTHERS,
    PROMETHEUS,
    RUNBOOKS,
    alerts,
    commands_of,
    exposed,
    matchers_of,
    metrics_of,
    needs_promtool,
    recorded,
    rules,
    run,
)

ALERTS = alerts()
NAMES = sorted(ALERTS)
TESTS = {path.stem: yaml.safe_load(path.read_text()) for path in (PROMETHEUS / "tests").glob("*.yml")}
SECTIONS = ("## Meaning", "## Impact", "## Diagnosis", "## Mitigation")
INCIDENTS = "ClaimIncident"
"""Sent by the monitor itself, not by a rule of Prometheus."""
DASHBOARDS = {"overview", "fraud-desk", "pipeline", "gateway", "hospital"}


@needs_promtool
@pytest.mark.parametrize("name", NAMES)
def test_an_alert_is_silent_on_one_side_of_its_limit_and_fires_on_the_other(name: str) -> None:
    assert "SUCCESS" in run("promtool", "test", "rules", f"{name}.yml", cwd=PROMETHEUS / "tests")


@needs_promtool
def test_prometheus_accepts_its_configuration_and_all_rules() -> None:
    assert "is valid prometheus config" in run(
        "promtool", "check", "config", str(PROMETHEUS / "prometheus.yml")
    )


def test_there_are_as_many_runbooks_as_alerts_and_twice_as_many_tests() -> None:
    runbooks = {path.stem for path in RUNBOOKS.glob("*.md")}
    assert runbooks - {INCIDENTS} == set(NAMES) == TESTS.keys()
    assert INCIDENTS in runbooks
    assert sum(len(file["tests"]) for file in TESTS.values()) == 2 * len(ALERTS)


@pytest.mark.parametrize("name", NAMES)
def test_of_the_two_tests_one_expects_nothing_and_one_expects_the_alert(name: str) -> None:
    expected = [
        [check["exp_alerts"] for check in test["alert_rule_test"] if check["alertname"] == name]
        for test in TESTS[name]["tests"]
    ]
    (silent,), (fires,) = expected
    assert silent == []
    assert fires


@pytest.mark.parametrize("name", NAMES)
def test_an_alert_says_how_grave_it_is_whom_it_is_for_what_it_means_and_what_to_do(name: str) -> None:
    labels, texts = ALERTS[name]["labels"], ALERTS[name]["annotations"]
    assert labels["severity"] in {"critical", "warning", "info"}
    assert labels["team"] in {"platform", "fraud", "hospital"}
    assert all(texts[key].strip() for key in ("summary", "summary_en", "description", "description_en"))
    assert re.search("[\u4e00-\u9fff]", texts["summary"])
    assert not re.search("[\u4e00-\u9fff]", texts["summary_en"] + texts["description_en"])
    assert texts["runbook_url"].endswith(f"/{name}")
    assert texts["dashboard_url"].removeprefix("/d/") in DASHBOARDS


@pytest.mark.parametrize("name", [*NAMES, INCIDENTS])
def test_a_runbook_says_what_it_means_what_follows_how_to_find_out_and_what_helps(name: str) -> None:
    page = (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {name}\n")
    places = [page.find(section) for section in SECTIONS]
    assert -1 not in places
    assert places == sorted(places)
    bodies = re.split("|".join(SECTIONS), page)[1:]
    assert all(len(body.strip()) > 40 for body in bodies)
    assert len(commands_of(bodies[2])) >= 2


@pytest.mark.parametrize("name", [*NAMES, INCIDENTS])
def test_links_of_a_runbook_lead_somewhere(name: str) -> None:
    page = (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", page):
        assert (RUNBOOKS / target).exists(), target


def _queries() -> list[tuple[str, str]]:
    """(where, query) of every rule and of every command to paste."""
    found = [(rule.get("alert") or rule["record"], rule["expr"]) for rule in rules()]
    for path in sorted(RUNBOOKS.glob("*.md")):
        for line in commands_of(path.read_text(encoding="utf-8")):
            words = shlex.split(line)
            if words[:3] == ["promtool", "query", "instant"]:
                found.append((path.stem, words[4]))
    return found


def test_a_query_names_only_what_exists() -> None:
    served, made = exposed(), recorded()
    known = served.keys() | made | OTHERS.keys()
    unknown = {(where, name) for where, expr in _queries() for name in metrics_of(expr) if name not in known}
    assert not unknown


def test_a_query_asks_for_labels_that_a_metric_has() -> None:
    served = exposed() | OTHERS
    wrong = {
        (where, name, label)
        for where, expr in _queries()
        for name, label in matchers_of(expr)
        if name in served and label not in served[name]
    }
    assert not wrong


def test_the_search_for_names_finds_them_all() -> None:
    query = (
        'sum by (topic) (rate(a_total{x="b_total",y=~"c|d"}[5m] offset 1d))'
        " / on (stage) group_left (e) (f:g:h > bool 1e3)"
    )
    assert metrics_of(query) == {"a_total", "f:g:h"}
    assert set(matchers_of(query)) == {("a_total", "x"), ("a_total", "y")}


@needs_promtool
def test_queries_of_runbooks_can_be_asked() -> None:
    """As rules of a file: promtool reads their syntax without a server."""
    asked = [{"record": f"q{n}", "expr": expr} for n, (_, expr) in enumerate(_queries())]
    path = PROMETHEUS / "rules" / ".queries.yml"
    try:
        path.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": asked}]}))
        run("promtool", "check", "rules", str(path))
    finally:
        path.unlink(missing_ok=True)


def test_commands_of_runbooks_exist() -> None:
    group: Any = typer.main.get_command(app)
    assert whole_cli.__module__ == "streams.cli"
    tools = {"curl", "promtool", "amtool", "docker", "ls", "timedatectl", "monitor"}
    for path in sorted(RUNBOOKS.glob("*.md")):
        for line in commands_of(path.read_text(encoding="utf-8")):
            program, *words = shlex.split(line)
            assert program in tools, (path.stem, line)
            if program == "monitor":
                _assert_command(group, words, f"{path.stem}: {line}")


def _assert_command(group: Any, words: list[str], where: str) -> None:
    command = group
    while words and hasattr(command, "commands"):
        assert words[0] in command.commands, where
        command = command.commands[words.pop(0)]
    known = {option for param in command.params for option in (*param.opts, *param.secondary_opts)}
    assert {word for word in words if word.startswith("--")} <= known, where


@pytest.mark.parametrize("tool", ["promtool", "amtool"])
def test_tools_of_runbooks_know_their_commands(tool: str) -> None:
    if find(tool) is None:
        pytest.skip(f"{tool} is missing: install prometheus and prometheus-alertmanager")
    for path in sorted(RUNBOOKS.glob("*.md")):
        for line in commands_of(path.read_text(encoding="utf-8")):
            words = shlex.split(line)
            if words[0] == tool:
                assert "usage:" in run(tool, *words[1:3], "--help"), line


def test_the_runbook_of_incidents_knows_every_rule_that_makes_them() -> None:
    page = (RUNBOOKS / f"{INCIDENTS}.md").read_text(encoding="utf-8")
    for rule in RULES:
        if rule.kind is not Kind.REMINDER:
            assert f"{rule.id} {rule.text('zh').name}" in page, rule.id


def test_the_committed_rules_are_what_they_are_made_from() -> None:
    assert differences(files(), PROMETHEUS) == []


def test_another_address_of_runbooks_reaches_every_alert() -> None:
    made = files("https://wiki.example.net/")
    text = "".join(text for name, text in made.items() if name.startswith("rules/"))
    assert text.count("https://wiki.example.net/") == len(ALERTS)
    assert "runbooks.example.org" not in text


def test_every_slo_wakes_somebody_when_it_burns_fast_and_makes_a_ticket_when_slowly() -> None:
    for name, slo in load_slos().items():
        fast, slow = ALERTS[f"{slo.alert}Fast"], ALERTS[f"{slo.alert}Slow"]
        assert fast["labels"] == {"severity": "critical", "team": slo.team, "slo": name}
        assert slow["labels"] == {"severity": "warning", "team": slo.team, "slo": name}
        for alert, windows in ((fast, ("5m", "1h", "30m", "6h")), (slow, ("2h", "1d", "6h", "3d"))):
            assert [f"ratio_rate{window}{{" in alert["expr"] for window in windows] == [True] * 4


def test_no_text_of_an_alert_can_name_a_person() -> None:
    """Texts show labels and values alone, and of labels only those that are bounded."""
    shown = {
        found
        for alert in ALERTS.values()
        for text in alert["annotations"].values()
        for found in re.findall(r"\{\{ ([^}|]+?) (?:\||\}\})", text)
    }
    labels = {
        "instance",
        "process",
        "topic",
        "stage",
        "reason",
        "kind",
        "table",
        "channel",
        "provider",
        "group",
        "region",
        "rule_id",
    }
    assert shown <= {"$value", *(f"$labels.{label}" for label in labels)}
