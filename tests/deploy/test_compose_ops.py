"""What watches the monitor, in docker-compose.yml: it finds the monitor and each other, and its files are there."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor.settings import Settings
from tests.deploy.test_compose import COMPOSE, OPS, ROOT, SERVICES, SERVING

PROMETHEUS = ROOT / "deploy" / "prometheus"
ALERTMANAGER = ROOT / "deploy" / "alertmanager"
GRAFANA = ROOT / "deploy" / "grafana"
PORTS = {"prometheus": 9090, "alertmanager": 9093, "grafana": 3000}
TESTED = {"prometheus": "prometheus", "alertmanager": "prometheus-alertmanager"}


def there(folder: Path) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not folder.exists(), reason=f"{folder.relative_to(ROOT)} is not there yet")


def option(name: str, service: str) -> str:
    """What a service's command says of an option."""
    given = [word.partition("=")[2] for word in SERVICES[service]["command"] if word.startswith(f"--{name}=")]
    return str(given[0])


def mounts(service: str) -> dict[str, str]:
    """Where things stand in a container -> what is put there."""
    shapes = (
        re.fullmatch(r"(\$\{[^}]+\}|[^:]+):([^:]+)(:ro)?", volume) for volume in SERVICES[service]["volumes"]
    )
    return {shape[2]: shape[1] for shape in shapes if shape}


@pytest.mark.parametrize("name", OPS)
def test_an_image_is_pinned_to_a_version(name: str) -> None:
    assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+\.\d+", SERVICES[name]["image"])


@pytest.mark.parametrize("name", TESTED)
def test_the_version_is_the_one_that_the_tests_run_on(name: str) -> None:
    program = shutil.which(TESTED[name]) or shutil.which(name)
    if program is None:
        pytest.skip(f"{TESTED[name]} is not installed")
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"version (\d+\.\d+)", said.stdout + said.stderr)
    assert found
    assert re.search(rf":v{found[1]}\.\d+$", SERVICES[name]["image"])


@pytest.mark.parametrize("name", OPS)
def test_each_is_reached_from_this_machine_alone_and_asked_for_its_health(name: str) -> None:
    (port,) = SERVICES[name]["ports"]
    assert port.startswith("127.0.0.1:")
    assert port.endswith(f":{PORTS[name]}")
    asked = SERVICES[name]["healthcheck"]["test"]
    assert asked[0] == "CMD"
    assert f"127.0.0.1:{PORTS[name]}/" in asked[-1]


@pytest.mark.parametrize("name", OPS)
def test_each_keeps_its_data_in_a_volume(name: str) -> None:
    data = {inside: outside for inside, outside in mounts(name).items() if outside in COMPOSE["volumes"]}
    assert len(data) == 1
    assert (
        list(data)
        == {
            "prometheus": [option("storage.tsdb.path", "prometheus")],
            "alertmanager": [option("storage.path", "alertmanager")],
            "grafana": ["/var/lib/grafana"],
        }[name]
    )


def test_each_starts_after_what_it_asks() -> None:
    assert SERVICES["prometheus"]["depends_on"]["alertmanager"]["condition"] == "service_healthy"
    assert SERVICES["grafana"]["depends_on"]["prometheus"]["condition"] == "service_healthy"
    for name in SERVING:
        assert not set(OPS) & SERVICES[name]["depends_on"].keys(), (
            "the monitor waits for nobody who watches it"
        )


def test_workers_find_alertmanager_and_people_find_grafana() -> None:
    environment = SERVICES["worker"]["environment"]
    assert environment["MONITOR_ALERTMANAGER_URL"] == f"http://alertmanager:{PORTS['alertmanager']}"
    assert environment["MONITOR_DASHBOARD_URL"] == SERVICES["grafana"]["environment"]["GF_SERVER_ROOT_URL"]
    assert Settings.model_fields["runbook_url"].default in environment["MONITOR_RUNBOOK_URL"]


@there(PROMETHEUS)
def test_prometheus_has_its_rules_and_finds_everybody() -> None:
    files = mounts("prometheus")
    config_path = option("config.file", "prometheus")
    config: dict[str, Any] = yaml.safe_load((ROOT / files[config_path]).read_text())
    for pattern in config["rule_files"]:
        folder = Path(config_path).parent / Path(pattern).parent
        assert list((ROOT / files[str(folder)]).glob(Path(pattern).name)), pattern
    wanted = {(name, str(Settings.model_fields[f"{name}_port"].default)) for name in SERVING}
    wanted |= {("localhost", "9090"), ("alertmanager", "9093")}
    assert _scraped(config) == wanted
    (manager,) = config["alerting"]["alertmanagers"]
    assert manager["static_configs"] == [{"targets": ["alertmanager:9093"]}]


def _scraped(config: dict[str, Any]) -> set[tuple[str, str]]:
    """Host and port of everything that is scraped."""
    found: set[tuple[str, str]] = set()
    for job in config["scrape_configs"]:
        for each in job.get("static_configs", ()):
            found |= {tuple(target.split(":")) for target in each["targets"]}
        for each in job.get("dns_sd_configs", ()):
            found |= {(name, str(each["port"])) for name in each["names"]}
    return found


@there(PROMETHEUS)
def test_budgets_look_back_no_further_than_prometheus_remembers() -> None:
    texts = "".join(path.read_text() for path in (PROMETHEUS / "rules").glob("*.yml"))
    days = [int(number) for number in re.findall(r"\[(\d+)d[\]:]", texts)]
    kept = re.fullmatch(r"(\d+)d", option("storage.tsdb.retention.time", "prometheus"))
    assert kept
    assert int(kept[1]) > max(days, default=0)


@there(ALERTMANAGER)
def test_alertmanager_has_every_secret_that_its_configuration_names() -> None:
    text = (ALERTMANAGER / "alertmanager.yml").read_text()
    named = set(re.findall(r"_file: (\S+?)[}\s]", text))
    mounted = {each["target"] for each in SERVICES["alertmanager"]["secrets"]}
    assert named
    assert named <= mounted


def test_alertmanager_is_not_started_with_placeholders() -> None:
    folder = str(Path(option("config.file", "alertmanager")).parent)
    assert re.fullmatch(r"\$\{ALERTMANAGER_DIR:\?[^}]+\}", mounts("alertmanager")[folder])


@there(GRAFANA)
def test_grafana_has_its_data_source_and_its_dashboards() -> None:
    files, environment = mounts("grafana"), SERVICES["grafana"]["environment"]
    provisioning = ROOT / files["/etc/grafana/provisioning"]
    (sources,) = [yaml.safe_load(path.read_text()) for path in (provisioning / "datasources").glob("*.yaml")]
    address = re.sub(r"\$\{(\w+)\}", lambda found: environment[found[1]], sources["datasources"][0]["url"])
    assert address == "http://prometheus:9090"
    (boards,) = [yaml.safe_load(path.read_text()) for path in (provisioning / "dashboards").glob("*.yaml")]
    for provider in boards["providers"]:
        assert list((ROOT / files[provider["options"]["path"]]).glob("*.json"))
    home = Path(environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert (ROOT / files[str(home.parent)] / home.name).is_file()


def test_grafana_has_no_password_of_its_own() -> None:
    environment = SERVICES["grafana"]["environment"]
    assert {"GF_SECURITY_ADMIN_PASSWORD__FILE", "GF_SECURITY_SECRET_KEY"} <= environment.keys()
    assert "GF_AUTH_ANONYMOUS_ENABLED" not in environment
