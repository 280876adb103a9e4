import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.jars import ENDPOINTS
from deploy.local.storage import SETTINGS
from monitor.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ["topics", "worker", "gateway", "courier"]
SERVING = ["worker", "gateway", "courier"]
OPS = ["prometheus", "alertmanager", "grafana"]
SECRET = re.compile(r"(KEY|PASSWORD|SECRET)(?!_ID)")


def test_kafka_is_the_version_that_the_tests_run_on() -> None:
    tested = next(end.rsplit(":", 1)[1] for end in ENDPOINTS if "kafka" in end)
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{tested}"


def test_the_broker_is_set_as_the_one_that_the_tests_run_on() -> None:
    environment = SERVICES["kafka"]["environment"]
    for name in [
        "auto.create.topics.enable",
        "offsets.topic.replication.factor",
        "transaction.state.log.replication.factor",
        "transaction.state.log.min.isr",
        "transaction.abort.timed.out.transaction.cleanup.interval.ms",
    ]:
        assert environment["KAFKA_" + name.replace(".", "_").upper()] == SETTINGS[name]


def test_kafka_keeps_its_data_in_a_volume() -> None:
    kafka = SERVICES["kafka"]
    (volume,) = kafka["volumes"]
    name, path = volume.split(":")
    assert name in COMPOSE["volumes"]
    assert kafka["environment"]["KAFKA_LOG_DIRS"] == path


def test_kafka_is_reached_from_inside_alone() -> None:
    assert "ports" not in SERVICES["kafka"]


@pytest.mark.parametrize("name", SERVING)
def test_nothing_reads_before_the_topics_are_made(name: str) -> None:
    after = SERVICES[name]["depends_on"]
    assert after["kafka"]["condition"] == "service_healthy"
    assert after["topics"]["condition"] == "service_completed_successfully"


def test_topics_are_made_once_when_kafka_answers() -> None:
    topics = SERVICES["topics"]
    assert topics["command"] == ["topics", "create"]
    assert topics["depends_on"]["kafka"]["condition"] == "service_healthy"
    assert topics["restart"] == "no"


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_limits(name: str) -> None:
    limits = SERVICES[name]["deploy"]["resources"]["limits"]
    assert {"cpus", "memory"} <= limits.keys()


@pytest.mark.parametrize("name", SERVICES)
def test_what_runs_on_has_time_to_end_in_order_and_comes_back(name: str) -> None:
    if name != "topics":
        assert SERVICES[name]["restart"] == "unless-stopped"
        assert SERVICES[name]["stop_grace_period"].endswith("s")


@pytest.mark.parametrize("name", [*OURS, *OPS])
def test_none_may_do_nothing_more_than_they_need(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_has_a_default(name: str) -> None:
    service = SERVICES[name]
    for variable, value in service.get("environment", {}).items():
        if variable.endswith("__FILE"):
            assert Path(value).name in service["secrets"], variable
        elif SECRET.search(variable):
            assert re.fullmatch(r"\$\{" + variable + r":\?[^}]+\}", value), variable


def test_the_tokens_of_the_gateway_come_from_a_file_without_a_default() -> None:
    (secret,) = SERVICES["gateway"]["secrets"]
    assert SERVICES["gateway"]["environment"]["MONITOR_GATEWAY_TOKENS"] == f"/run/secrets/{secret}"
    assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", COMPOSE["secrets"][secret]["file"])


@pytest.mark.parametrize("name", COMPOSE["secrets"])
def test_a_secret_is_a_file_without_a_default_that_some_service_reads(name: str) -> None:
    assert re.fullmatch(r"\$\{\w+_FILE:\?[^}]+\}", COMPOSE["secrets"][name]["file"])
    read = [source for service in SERVICES.values() for source in _secrets(service)]
    assert name in read


def test_what_must_be_said_stands_in_the_example_and_the_example_says_no_secret() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    needed = set(re.findall(r"\$\{(\w+):\?", text))
    optional = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", text))
    example = (ROOT / "deploy" / "compose.env.example").read_text().splitlines()
    assert {line.partition("=")[0] for line in example if re.match(r"\w+=", line)} == needed
    assert not [line for line in example if re.match(r"\w+=.", line)]
    said = dict(line[2:].split("=", 1) for line in example if re.match(r"# [A-Z_]+=", line))
    assert said.keys() == optional.keys()
    assert {name for name, value in said.items() if optional[name] not in ("", value)} == set()


def _secrets(service: dict[str, Any]) -> list[str]:
    return [each["source"] if isinstance(each, dict) else each for each in service.get("secrets", ())]


@pytest.mark.parametrize("name", OURS)
def test_every_variable_is_a_setting(name: str) -> None:
    variables = {v for v in SERVICES[name]["environment"] if v.startswith(PREFIX)}
    assert variables <= {PREFIX + field.upper() for field in Settings.model_fields}


def test_what_operations_tell_to_set_reaches_those_who_need_it() -> None:
    """A line of .env that docker-compose.yml does not pass on is not heard of, and nobody says so."""
    told = set(re.findall(r"`(MONITOR_\w+)", (ROOT / "docs" / "operations.md").read_text()))
    # In the container it is always the same folder, and every container is a machine of its own.
    told -= {"MONITOR_DATA_DIR", "MONITOR_WORKER_PORT", "MONITOR_PROCESSES", "MONITOR_INSTANCE"}
    passed = SERVICES["worker"]["environment"].keys() | SERVICES["gateway"]["environment"].keys()
    assert told <= passed


@pytest.mark.parametrize("name", OURS)
def test_all_of_ours_find_kafka_and_agree_in_what_they_know(name: str) -> None:
    environment = SERVICES[name]["environment"]
    assert environment["MONITOR_BOOTSTRAP"] == "kafka:9092"
    names = ["TOKEN_KEY", "DEAD_LETTER_KEY", "DEAD_LETTER_KEY_ID", "REFERENCE", "REGION", "LANGUAGE"]
    for shared in [
        *names,
        "TOPIC_PREFIX",
        "PARTITIONS",
        "REPLICATION",
        "RAW_RETENTION_DAYS",
        "RETENTION_DAYS",
    ]:
        assert environment[PREFIX + shared] == SERVICES["worker"]["environment"][PREFIX + shared]


def test_the_folder_of_the_site_is_there() -> None:
    environment = SERVICES["worker"]["environment"]
    mount = re.fullmatch(r"\$\{\w+:-([^}]+)\}:([^:]+):ro", SERVICES["worker"]["volumes"][0])
    assert mount
    assert (ROOT / mount[1] / Path(environment["MONITOR_REFERENCE"]).relative_to(mount[2])).is_dir()


@pytest.mark.parametrize("name", SERVING)
def test_the_port_that_is_asked_is_the_one_that_is_served(name: str) -> None:
    environment = SERVICES[name]["environment"]
    port = Settings.model_fields[f"{name}_port"].default
    assert environment["HEALTH_PORT"] == str(port)
    # Loopback inside a container is nobody's.
    host = "GATEWAY" if name == "gateway" else "WORKER"
    assert environment[f"{PREFIX}{host}_HOST"] == "0.0.0.0"  # noqa: S104


def test_the_gateway_listens_to_this_machine_alone() -> None:
    (port,) = SERVICES["gateway"]["ports"]
    assert port.startswith("127.0.0.1:")
    assert port.endswith(f":{Settings.model_fields['gateway_port'].default}")


@pytest.mark.parametrize("name", SERVING)
def test_what_runs_on_is_asked_for_its_health(name: str) -> None:
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text()
    assert "/-/healthy" in dockerfile
    assert "HEALTH_PORT" in dockerfile
    assert "healthcheck" not in SERVICES[name]
    assert SERVICES[name]["environment"]["HEALTH_PORT"].isdigit()


def test_the_image_does_not_run_as_root() -> None:
    lines = (ROOT / "deploy" / "Dockerfile").read_text().splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users
    assert not users[-1].startswith(("root", "0"))


def test_the_image_holds_nothing_without_a_hash() -> None:
    text = (ROOT / "deploy" / "Dockerfile").read_text().replace("\\\n", " ")
    for install in re.findall(r"pip (?:install|wheel) [^&\n]+", text):
        assert "--no-deps" in install
        assert (
            "--require-hashes" in install or "claim_monitor-" in install or "--no-build-isolation" in install
        )


def test_the_image_runs_the_locked_versions() -> None:
    tested = _pins(ROOT / "requirements.lock")
    for lock in ["requirements.lock", "build.lock"]:
        image = _pins(ROOT / "deploy" / lock)
        assert image
        assert image.items() <= tested.items()


def _pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock.read_text(), re.MULTILINE))
