"""Prometheus's configuration for addresses that are known: a demo or a test on one machine."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import yaml

HERE: Final = Path(__file__).parent
CONFIG: Final = HERE / "prometheus.yml"


def local_config(
    *,
    workers: Sequence[str],
    gateways: Sequence[str],
    couriers: Sequence[str] = (),
    alertmanagers: Sequence[str] = (),
    every_s: int = 5,
) -> str:
    """YAML for addresses host:port, with all rules; what is scraped and evaluated each `every_s` seconds."""
    config: dict[str, Any] = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    config["global"] = {"scrape_interval": f"{every_s}s", "evaluation_interval": f"{every_s}s"}
    config["rule_files"] = [str(HERE / "rules" / "*.yml")]
    config["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": list(alertmanagers)}]}]}
    config["scrape_configs"] = [
        {"job_name": job, "static_configs": [{"targets": list(targets)}]}
        for job, targets in (("worker", workers), ("gateway", gateways), ("courier", couriers))
    ]
    return yaml.safe_dump(config, sort_keys=False)
