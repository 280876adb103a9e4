"""Every setting, once: environment variables with the prefix MONITOR_; an empty one counts as not set.

What decides verdicts and findings (limits, modes, lateness, how long is remembered) stands in the region file
(regions.py): a replay and the running system read the same one, so they can't differ by a forgotten variable.
"""

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX: Final = "MONITOR_"
DEVELOPMENT_KEY: Final = "development-key-of-claim-monitor-not-secret"
"""Makes tokens where MONITOR_TOKEN_KEY is missing: stable, known to everyone, for trials alone."""

KIB: Final = 1024
MIB: Final = 1024 * KIB

Port = Annotated[int, Field(ge=0, le=65_535)]
Positive = Annotated[int, Field(ge=1)]


class SettingsError(ValueError):
    """Settings that can't be used: names the variables and quotes no value, because some are secret."""


def _setting(default: object, what: str, *, unit: str = "") -> Any:  # noqa: ANN401 - a field of any type
    return Field(default, description=what, json_schema_extra={"unit": unit})


class Settings(BaseSettings):
    """All settings of workers, gateway and commands; `load()` names what is wrong in one sentence."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    bootstrap: str = _setting(
        "127.0.0.1:9092", "Kafka's bootstrap servers, separated by commas", unit="host:port"
    )
    app: str = _setting("claim-monitor", "consumer group and prefix of transactional ids")
    topic_prefix: str = _setting("", "put before every topic's name, for several monitors on one Kafka")
    partitions: Positive = _setting(
        24,
        "partitions of every keyed topic, fixed for life: 24 share out evenly over 1, 2, 3, 4, 6, 8 or 12"
        " workers (the demo takes 2, one for each of its workers)",
        unit="partitions",
    )
    replication: Positive = _setting(1, "replicas of every topic; 3 in production", unit="replicas")
    raw_retention_days: Annotated[int, Field(ge=1, le=7)] = _setting(
        7, "how long claims.raw, the one topic with identity, is kept; at most 7", unit="days"
    )
    retention_days: Positive = _setting(
        30, "how long checks, verdicts, findings and dead letters are kept", unit="days"
    )
    audit_retention_days: Annotated[int, Field(ge=183)] = _setting(
        1_095,
        "how long it is kept who looked into dead letters or put them back; at least six months",
        unit="days",
    )
    store: Literal["memory", "rocksdb"] = _setting(
        "memory",
        "where a worker keeps what it remembers; rocksdb for more than memory holds, or than may be read anew"
        " after a death",
    )
    data_dir: Path = _setting(Path("var"), "folder for what a worker keeps between starts; each has its own")

    reference: Path | None = _setting(
        None, "folder of reference tables (CSV); a table found there replaces the built-in one"
    )
    region: Path | None = _setting(
        None, "region file (TOML): limits and modes of rules; without it the built-in one"
    )
    token_key: SecretStr | None = _setting(
        None, "secret that tokens of persons are made with; without it a development key, said on stderr"
    )
    dead_letter_key: SecretStr | None = _setting(
        None, "secret that dead letters are encrypted with; without it one derived from the token key"
    )
    dead_letter_key_id: str = _setting("1", "name of that key in the header of a dead letter, for rotation")
    dead_letter_replays_max: Positive = _setting(
        3, "how often a record may be put back from the dead letters", unit="times"
    )
    language: Literal["zh", "en"] = _setting("zh", "language of what people read: zh or en")
    appeal_contact: str = _setting(
        "当地医疗保障经办机构", "whom a provider appeals to; stands in each verdict that refuses"
    )
    appeal_days: Positive = _setting(10, "how long an appeal is possible, from the call on", unit="days")
    runbook_url: str = _setting(
        "https://runbooks.example.org/", "address that runbooks' names are put behind in incidents"
    )
    incident_budget: Annotated[int, Field(ge=0)] = _setting(
        30, "incidents a day that may tell a person, beyond those that always do", unit="incidents/day"
    )
    incident_growth_factor: Annotated[float, Field(gt=1)] = _setting(
        2.0,
        "an incident that somebody has acted on is sent again when its amount or its findings have grown to so many"
        " times what they were then",
    )
    incident_due_hours: Annotated[str, Field(pattern=r"^[1-9]\d{0,4}(,[1-9]\d{0,4}){2}$")] = _setting(
        "24,72,168",
        "when somebody must have acted on an incident that a person is told of, for severity 1, 2 and 3",
        unit="hours",
    )
    prometheus_url: str = _setting("", "address of Prometheus, for `monitor doctor`; without it not asked")

    alertmanager_url: str = _setting(
        "", "Alertmanager that workers send incidents to, e.g. http://127.0.0.1:9093; without it to none"
    )
    alert_hold_s: Positive = _setting(
        360, "how long an incident stays open there at least; longer than the longest group_wait", unit="s"
    )
    hook_give_up_s: Positive = _setting(
        86_400, "how long a notice is offered to a provider's web hook before it is put aside", unit="s"
    )
    sm2_private_key: SecretStr | None = _setting(
        None, "key that notices are signed with for providers with hook_sign sm2: 64 hex characters"
    )
    sm2_public_key: str = _setting(
        "", "what those providers verify with: 128 hex characters; the two are made together"
    )
    courier_port: Port = _setting(
        8082, "port where the courier serves /metrics and its health; 0 = any free one"
    )
    dashboard_url: str = _setting(
        "http://127.0.0.1:3000", "address of Grafana, for links in what people are sent"
    )

    worker_host: str = _setting("127.0.0.1", "address where a worker serves /metrics and its health")
    worker_port: Port = _setting(8081, "port where a worker serves /metrics and its health; 0 = any free one")
    numbers: Annotated[str, Field(pattern=r"^(\d+(,\d+)*)?$")] = _setting(
        "",
        "partition numbers that this worker takes by hand, separated by commas; without it the group shares them out",
    )
    processes: Annotated[int, Field(ge=0)] = _setting(
        1,
        "worker processes that `monitor worker` runs and looks after, one a core; 0 = as many as there are cores",
        unit="processes",
    )
    instance: str = _setting(
        "",
        "name in the consumer group under which a worker keeps its partitions over a restart; no two"
        " may have the same. Supervised processes add their number, and take host and port where it is not set",
    )
    commit_ms: Positive = _setting(
        25, "how long a worker gathers what it commits together; up to 1 s where a backlog waits", unit="ms"
    )
    idle_s: Positive = _setting(
        5, "after so long without records a partition's watermark follows the stage's", unit="s"
    )

    gateway_host: str = _setting("127.0.0.1", "address of the gateway; TLS ends in front of it")
    gateway_port: Port = _setting(8080, "port of the gateway; 0 = any free one")
    gateway_tokens: Path | None = _setting(
        None, "file of hashed bearer tokens (operations.md has the form); without it nobody is let in"
    )
    gateway_budget_ms: Positive = _setting(
        800, "how long a caller waits for the verdict before the call fails open", unit="ms"
    )
    gateway_body_bytes_max: Positive = _setting(MIB, "largest body of a call to /fsi/api", unit="bytes")
    gateway_feed_bytes_max: Positive = _setting(16 * MIB, "largest body of a call to /feed", unit="bytes")
    gateway_body_ms: Positive = _setting(10_000, "how long a caller may take to send its body", unit="ms")
    gateway_waiting_max: Positive = _setting(
        2_000, "calls that wait for a verdict at a time; one more fails open at once", unit="calls"
    )

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _setting(
        "INFO", "least grave log line that is written"
    )

    @property
    def uses_development_key(self) -> bool:
        """Whether tokens can be recomputed by anyone: fine for a trial, never for claims."""
        return self.token_key is None

    @property
    def own_numbers(self) -> tuple[int, ...]:
        """`numbers`, read."""
        return tuple(int(number) for number in self.numbers.split(",") if number)

    @property
    def incident_due_s(self) -> dict[int, int]:
        """`incident_due_hours`, read: severity -> seconds."""
        hours = self.incident_due_hours.split(",")
        return {severity: int(each) * 3600 for severity, each in enumerate(hours, start=1)}

    @property
    def token_secret(self) -> str:
        """What tokens are made with."""
        return DEVELOPMENT_KEY if self.token_key is None else self.token_key.get_secret_value()


def load() -> Settings:
    """The settings of this process; SettingsError names each variable that is wrong, and why."""
    try:
        return Settings()
    except ValidationError as error:
        faults = "; ".join(
            f"{PREFIX}{str(fault['loc'][0]).upper()}: {fault['msg']}"
            for fault in error.errors(include_input=False)
        )
        raise SettingsError(faults) from None


def settings_table() -> str:
    """All settings as a Markdown table, as README.md shows them; a test compares the two."""
    rows = ["| variable | default | unit | what it is |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        extra = field.json_schema_extra
        unit = extra.get("unit", "") if isinstance(extra, dict) else ""
        default = "" if field.default in {None, ""} else f"`{field.default}`"
        rows.append(f"| `{PREFIX}{name.upper()}` | {default} | {unit} | {field.description} |")
    return "\n".join(rows) + "\n"
