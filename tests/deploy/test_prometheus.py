"""The whole way of an alert, with the real programs: a metric, Prometheus, Alertmanager, whoever is told."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client import CollectorRegistry, start_http_server

from deploy.local.ops import Alertmanager, Prometheus, find
from deploy.local.ports import HOST
from deploy.prometheus.local import local_config
from monitor.metrics import Metrics
from tests.deploy.ops_tools import needs_amtool, rules
from tests.deploy.receivers import Receivers
from tests.streams.world import until

pytestmark = [
    needs_amtool,
    pytest.mark.skipif(
        find("prometheus") is None, reason="prometheus is missing: install the package prometheus"
    ),
]


@contextmanager
def _served() -> Iterator[tuple[Metrics, str]]:
    """The metrics of a worker on a page, and its address."""
    metrics = Metrics(CollectorRegistry())
    server, thread = start_http_server(0, addr=HOST, registry=metrics.registry)
    try:
        yield metrics, f"{HOST}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _telling(receivers: Receivers, folder: Path) -> Path:
    path = folder / "alertmanager.yml"
    hook = {"url": f"http://{HOST}:{receivers.hook_port}/"}
    route = {"receiver": "all", "group_wait": "0s"}
    path.write_text(
        yaml.safe_dump({"route": route, "receivers": [{"name": "all", "webhook_configs": [hook]}]})
    )
    return path


async def _asked(service: Prometheus, path: str, **params: str) -> Any:
    async with httpx.AsyncClient() as client:
        return (await client.get(f"{service.url}/api/v1/{path}", params=params)).json()["data"]


async def test_a_metric_that_passes_its_limit_becomes_a_message(tmp_path: Path) -> None:
    async with Receivers() as receivers:
        with _served() as (metrics, address), Alertmanager(_telling(receivers, tmp_path)) as alertmanager:
            config = tmp_path / "prometheus.yml"
            to = alertmanager.url.removeprefix("http://")
            config.write_text(local_config(workers=[address], gateways=[], alertmanagers=[to], every_s=1))
            with Prometheus(config) as prometheus:

                async def scraped() -> Any:
                    return (await _asked(prometheus, "query", query="monitor_pictures_dropped_total"))[
                        "result"
                    ]

                async def evaluated() -> list[dict[str, Any]] | None:
                    groups = (await _asked(prometheus, "rules"))["groups"]
                    found = [rule for group in groups for rule in group["rules"]]
                    return found if found and all(rule["health"] != "unknown" for rule in found) else None

                await until(scraped, "the worker's page is scraped")
                metrics.pictures_dropped.inc()
                found = await until(evaluated, "every rule was evaluated")

                async def told() -> list[dict[str, Any]]:
                    return [alert for hook in receivers.hooks for alert in hook["alerts"]]

                (alert,) = await until(told, "somebody is told")
    assert {rule["name"]: rule.get("lastError", "") for rule in found if rule["health"] != "ok"} == {}
    assert len(found) == len(list(rules()))
    assert alert["labels"]["alertname"] == "FacePicturesInFeed"
    assert alert["labels"]["severity"] == "critical"
    assert alert["annotations"]["summary"] == "数据流中出现人脸照片"
    # How many it was stretches over what a young series has not seen yet.
    assert re.match(r"一小时内丢弃 [\d.]+ 张", alert["annotations"]["description"])
