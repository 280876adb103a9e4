"""`--with-ops`: a Prometheus and an Alertmanager beside the demo, where the system has them."""

import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from deploy.local.ops import Alertmanager, OpsError, Prometheus, Service, find

RULES: Final = Path(__file__).parents[2] / "prometheus" / "rules"
EVERY_S: Final = 5
PACKAGES: Final = {Prometheus: "prometheus", Alertmanager: "prometheus-alertmanager"}
LACKS: Final = {
    Prometheus: "no figures are kept and no rules are evaluated",
    Alertmanager: "no incident is sent",
}

Say = Callable[[str], None]


class Watcher(Struct, frozen=True):
    """A service that runs, and where."""

    name: str
    url: str

    @property
    def address(self) -> str:
        """host:port."""
        return self.url.removeprefix("http://")


def start_alertmanager(stack: ExitStack, folder: Path, say: Say) -> Watcher | None:
    """One that tells nobody: its page shows what it was sent. None where the system has none."""
    config = {"route": {"receiver": "page", "group_by": ["rule_id"]}, "receivers": [{"name": "page"}]}
    return _start(stack, Alertmanager, _written(folder / "alertmanager.yml", config), say)


def start_prometheus(
    stack: ExitStack,
    folder: Path,
    say: Say,
    *,
    workers: Sequence[str],
    gateway: str,
    alertmanager: Watcher | None,
    rules: Path = RULES,
) -> Watcher | None:
    """One that scrapes these addresses (host:port). None where the system has none."""
    config = config_of(workers=workers, gateway=gateway, alertmanager=alertmanager, rules=rules)
    return _start(stack, Prometheus, _written(folder / "prometheus.yml", config), say)


def config_of(
    *, workers: Sequence[str], gateway: str, alertmanager: Watcher | None, rules: Path = RULES
) -> dict[str, Any]:
    """Prometheus's configuration; with the rules where they are."""
    jobs: dict[str, Sequence[str]] = {"worker": workers, "gateway": [gateway]}
    managers = [] if alertmanager is None else [alertmanager.address]
    return {
        "global": {"scrape_interval": f"{EVERY_S}s", "evaluation_interval": f"{EVERY_S}s"},
        "rule_files": [str(rules / "*.yml")] if list(rules.glob("*.yml")) else [],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": managers}]}]},
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": list(targets)}]} for job, targets in jobs.items()
        ],
    }


def _start(stack: ExitStack, kind: type[Service], config: Path, say: Say) -> Watcher | None:
    name = kind.__name__
    if find(*kind.names) is None:
        say(f"{name} is not here, so {LACKS[kind]}: install the package {PACKAGES[kind]} (Debian, Ubuntu)")
        return None
    try:
        service = stack.enter_context(kind(config))
    except OpsError as error:
        say(f"going on without {name}: {error}")
        return None
    return Watcher(name, service.url)


def _written(path: Path, config: dict[str, Any]) -> Path:
    # JSON is YAML.
    path.write_text(json.dumps(config, indent=1))
    return path
