"""Dashboards: what the code makes is what is committed, every panel is explained, and nothing in them leads nowhere."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
from prometheus_client import CollectorRegistry

from deploy.grafana import catalogue
from deploy.grafana.catalogue import BUILDERS, FOLDER, built, drifted, write
from deploy.grafana.links import TITLES
from monitor.metrics import Metrics
from monitor.settings import Settings
from tests.deploy.boards import BOARDS, BUILT_IN, Asked, any_value, filled, panels, queries, used, variables

GRAFANA = FOLDER.parent
RUNBOOKS = GRAFANA.parent / "runbooks"
RULES = GRAFANA.parent / "prometheus" / "rules"
NAME = re.compile(r"\b(?:monitor_\w+|process_\w+|ALERTS|[a-z]+:\w+:\w+)\b")
"""Of ours, of processes, of Prometheus and of recording rules."""
OF_A_COUNTER = "_total"
OF_A_HISTOGRAM = ("_bucket", "_count", "_sum")
NOT_OURS = frozenset({"ALERTS", "process_resident_memory_bytes", "process_cpu_seconds_total"})
"""Of Prometheus itself, and of prometheus_client."""
GRID = 24

each_board = pytest.mark.parametrize("uid", BOARDS)


def test_the_committed_dashboards_are_those_that_the_code_makes() -> None:
    assert drifted() == [], "run `python -m deploy.grafana`"


def test_a_changed_missing_or_surplus_file_is_a_drift_and_writing_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    write()
    assert drifted() == []
    (tmp_path / "overview.json").write_text("{}")
    (tmp_path / "gateway.json").unlink()
    (tmp_path / "another.json").write_text("{}")
    assert drifted() == ["another.json", "gateway.json", "overview.json"]
    write()
    assert drifted() == []


def test_there_are_the_five_dashboards_that_others_link_to() -> None:
    assert set(BOARDS) == set(BUILDERS) == set(TITLES)
    assert {uid: board["uid"] for uid, board in BOARDS.items()} == {uid: uid for uid in TITLES}


def lost(ours: Any, theirs: Any, at: str = "") -> list[str]:
    """Where theirs is not ours; what they add (their defaults) is no loss."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return [where for key, value in ours.items() for where in lost(value, theirs.get(key), f"{at}.{key}")]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        return [where for place, pair in pairs for where in lost(*pair, f"{at}[{place}]")]
    return [] if ours == theirs else [at]


@each_board
def test_the_sdk_s_own_types_hold_all_of_it(uid: str) -> None:
    register_default_plugins()
    read = Dashboard.from_json(json.loads(built(uid)))
    assert lost(BOARDS[uid], json.loads(JSONEncoder().encode(read))) == []


@each_board
def test_every_panel_says_what_it_shows_in_which_unit_and_from_where_on_it_is_bad(uid: str) -> None:
    for panel in panels(BOARDS[uid]):
        title, defaults = panel["title"], panel["fieldConfig"]["defaults"]
        assert re.search(r"[一-鿿]", title), f"{title}: titles are Chinese"
        chinese, _, english = panel["description"].partition("\n\n")
        assert re.search(r"[一-鿿]", chinese), title
        assert re.fullmatch(r"\*\*[A-Z][^*]+\.\*\* [^一-鿿]+", english), f"{title}: {english}"
        assert defaults["unit"], title
        assert defaults["thresholds"]["steps"][0]["value"] is None, title
        assert panel["targets"], title


@each_board
def test_titles_and_ids_of_panels_are_their_own(uid: str) -> None:
    board = BOARDS[uid]
    titles = [panel["title"] for panel in board["panels"]]
    numbers = [panel["id"] for panel in board["panels"]]
    assert len(set(titles)) == len(titles)
    assert len(set(numbers)) == len(numbers)


@each_board
def test_no_panel_stands_on_another_or_beyond_the_edge(uid: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in BOARDS[uid]["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= GRID, panel["title"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


@each_board
def test_every_dashboard_links_to_the_others_and_to_the_runbooks(uid: str) -> None:
    addresses = [link["url"] for link in BOARDS[uid]["links"]]
    assert addresses == [*(f"/d/{other}" for other in TITLES if other != uid), "${runbooks}"]


@each_board
def test_every_address_and_query_names_variables_that_there_are(uid: str) -> None:
    board = BOARDS[uid]
    known = {variable["name"] for variable in board["templating"]["list"]}
    text = json.dumps(board["panels"]) + json.dumps(board["links"])
    named = used(text) - {"__data"} - set(BUILT_IN)
    assert named <= known, named - known
    assert {"datasource", "runbooks"} <= known
    assert set(variables(board)) <= named, "a variable that changes nothing"
    for address in re.findall(r'"/d/([\w-]+)\?var-(\w+)=', text):
        other, variable = address
        assert variable in variables(BOARDS[other]), address


@each_board
def test_deployments_and_changes_of_rules_are_marked(uid: str) -> None:
    marks = [one["expr"] for one in BOARDS[uid]["annotations"]["list"]]
    assert [name for mark in marks for name in set(NAME.findall(mark))] == [
        "monitor_build_info",
        "monitor_rules_info",
    ]


def test_runbooks_are_looked_for_where_incidents_say_they_are() -> None:
    for board in BOARDS.values():
        (variable,) = (v for v in board["templating"]["list"] if v["name"] == "runbooks")
        assert (variable["type"], variable["query"]) == ("constant", Settings().runbook_url)


def test_every_runbook_that_a_panel_names_exists() -> None:
    links = [link["url"] for board in BOARDS.values() for p in panels(board) for link in p.get("links", [])]
    named = {url.removeprefix("${runbooks}") for url in links}
    assert len(named) > 10
    if not RUNBOOKS.is_dir():
        pytest.skip("deploy/runbooks/ is not there to compare with")
    assert named <= {path.stem for path in RUNBOOKS.glob("*.md")}


def declared() -> set[str]:
    """The names that Prometheus knows of what metrics.py declares."""
    names = set(NOT_OURS)
    for metric in Metrics(CollectorRegistry()).declared:
        names |= (
            {metric.name + end for end in OF_A_HISTOGRAM} if metric.kind == "histogram" else {metric.name}
        )
    for file in RULES.glob("*.yml"):
        groups = yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
        names |= {rule["record"] for group in groups for rule in group["rules"] if "record" in rule}
    return names


@pytest.mark.parametrize("asked", list(queries()), ids=lambda asked: f"{asked.board}: {asked.panel}")
def test_every_metric_of_a_query_is_declared(asked: Asked) -> None:
    names = set(NAME.findall(asked.expr))
    assert names
    if not RULES.is_dir():
        names = {name for name in names if not name.startswith("slo:")}
    assert names <= declared(), names - declared()


def test_a_metric_that_is_not_declared_would_be_noticed() -> None:
    assert set(NAME.findall('sum(rate(monitor_nothing_total{a="b"}[5m])) / slo:nothing:ratio')) == {
        "monitor_nothing_total",
        "slo:nothing:ratio",
    }


def test_a_counter_is_only_looked_at_through_a_rate_or_an_increase() -> None:
    for asked in queries():
        for name in NAME.findall(asked.expr):
            if name.endswith((OF_A_COUNTER, "_bucket")):
                assert re.search(rf"(rate|increase)\({name}", asked.expr), asked


def test_every_label_that_a_query_names_is_one_of_its_metric() -> None:
    labels = {
        m.name: {*m.labels, "instance", "job", "process"} for m in Metrics(CollectorRegistry()).declared
    }
    for asked in queries():
        values = dict.fromkeys(used(asked.expr), "x") | any_value(BOARDS[asked.board])
        for name, chosen in re.findall(r"(monitor_\w+)\{([^}]*)\}", filled(asked.expr, values)):
            own = labels.get(name) or labels.get(re.sub("_(bucket|count|sum)$", "", name))
            if own is not None:
                named = set(re.findall(r"(\w+)(?:=~|!=|=)", re.sub(r'"[^"]*"', '""', chosen)))
                assert named <= own | {"le"}, (asked, named)


@each_board
def test_every_variable_is_over_a_label_of_a_declared_metric(uid: str) -> None:
    known = {m.name: m.labels for m in Metrics(CollectorRegistry()).declared}
    for metric, label in variables(BOARDS[uid]).values():
        assert label in (*known[metric], "instance")


def provisioned(kind: str) -> dict[str, Any]:
    (file,) = (GRAFANA / "provisioning" / kind).iterdir()
    document: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return document


def test_the_data_source_is_provisioned_and_scraped_as_the_panels_assume() -> None:
    (source,) = provisioned("datasources")["datasources"]
    assert (source["type"], source["isDefault"]) == ("prometheus", True)
    assert source["url"] == "${PROMETHEUS_URL}"
    assert source["jsonData"]["timeInterval"] == "15s"


def test_dashboards_are_provisioned_into_a_folder_and_only_the_code_changes_them() -> None:
    (provider,) = provisioned("dashboards")["providers"]
    assert provider["folder"]
    assert provider["allowUiUpdates"] is False
    assert all(board["editable"] is False for board in BOARDS.values())
