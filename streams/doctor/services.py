"""Prometheus and Alertmanager: whether they answer, and whether they do what the monitor needs of them."""

from time import time
from typing import Any, Final

import httpx

from streams.doctor.finding import Finding, fault

ANSWER_S: Final = 5.0
SKEW_S_MAX: Final = 5.0
SHOWN: Final = 3
EVERYWHERE: Final = "monitor_gateway_waiting"
"""A metric that every process of the monitor shows from its start on."""


async def look_at_prometheus(url: str) -> list[Finding]:
    """Its version and clock, whether it scrapes us, whether its rules work and somebody hears of alerts."""
    what = "Prometheus"
    if not url:
        return [Finding(what, "not asked", remedy="set MONITOR_PROMETHEUS_URL to have it looked at")]
    try:
        async with _client(url) as client:
            version = (await _get(client, "/api/v1/status/buildinfo"))["data"]["version"]
            found = [Finding(what, f"{version} at {_shown(url)}"), await _clock(client)]
            found += await _targets(client)
            found.append(await _rules(client))
            found.append(await _listeners(client))
            return found
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
        return [_silent(what, url, error, "MONITOR_PROMETHEUS_URL")]


async def look_at_alertmanager(url: str) -> list[Finding]:
    """Its version, whether it is one of a healthy cluster, what fires and what is silenced."""
    what = "Alertmanager"
    if not url:
        return [Finding(what, "not asked", remedy="set MONITOR_ALERTMANAGER_URL to have it looked at")]
    try:
        async with _client(url) as client:
            status = await _get(client, "/api/v2/status")
            found = [Finding(what, f"{status['versionInfo']['version']} at {_shown(url)}")]
            # "disabled": one alone, as set up.
            if (cluster := status["cluster"]["status"]) not in {"ready", "disabled"}:
                found.append(fault(what, f"its cluster is {cluster}", "see that its peers are reached"))
            alerts = await _get(client, "/api/v2/alerts")
            silenced = sum(alert["status"]["state"] == "suppressed" for alert in alerts)
            found.append(Finding("alerts", f"{len(alerts)}, of which {silenced} are silenced or inhibited"))
            return found
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
        return [_silent(what, url, error, "MONITOR_ALERTMANAGER_URL")]


def _shown(url: str) -> str:
    """Without whom it is asked as."""
    return str(httpx.URL(url).copy_with(userinfo=b""))


def _client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url.rstrip("/"), timeout=ANSWER_S)


async def _get(client: httpx.AsyncClient, path: str, **params: str) -> Any:  # noqa: ANN401 - what JSON holds
    answer = await client.get(path, params=params)
    answer.raise_for_status()
    return answer.json()


async def _query(client: httpx.AsyncClient, expression: str) -> list[Any]:
    answer = await _get(client, "/api/v1/query", query=expression)
    found: list[Any] = answer["data"]["result"]
    return found


def _silent(what: str, url: str, error: Exception, setting: str) -> Finding:
    remedy = f"start it, or say where it is in {setting}"
    if isinstance(error, httpx.InvalidURL):
        return fault(what, "no address", f"correct {setting}")
    return fault(what, f"no useful answer at {_shown(url)} ({type(error).__name__})", remedy)


async def _clock(client: httpx.AsyncClient) -> Finding:
    before = time()
    _, stamp = (await _get(client, "/api/v1/query", query="time()"))["data"]["result"]
    after = time()
    skew_s = max(0.0, float(stamp) - after, before - float(stamp))
    good = skew_s <= SKEW_S_MAX
    remedy = "" if good else "let both follow one time server (NTP): burn rates and ages are wrong by as much"
    return Finding("clock", f"{skew_s:.3f} s apart from Prometheus's", good, remedy)


async def _targets(client: httpx.AsyncClient) -> list[Finding]:
    targets = (await _get(client, "/api/v1/targets", state="active"))["data"]["activeTargets"]
    found = [
        fault(
            "target",
            f"{target['scrapeUrl']} is {target['health']}",
            "start it, or take it out of the scrapes",
        )
        for target in targets
        if target["health"] != "up"
    ]
    rows = await _query(client, f"count({EVERYWHERE})")
    count = int(float(rows[0]["value"][1])) if rows else 0
    if not count:
        remedy = "add workers and gateways to its scrapes (deploy/prometheus/), or wait for the first one"
        return [*found, fault("scrapes", "no process of the monitor is seen", remedy)]
    return [*found, Finding("scrapes", f"{count} processes of the monitor, {len(targets)} targets")]


async def _rules(client: httpx.AsyncClient) -> Finding:
    groups = (await _get(client, "/api/v1/rules"))["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    broken = sorted(rule["name"] for rule in rules if rule["health"] == "err")
    firing = sorted(rule["name"] for rule in rules if rule.get("state") == "firing")
    if not rules:
        return fault("rules", "Prometheus has none", "let its rule_files name those of deploy/prometheus/")
    if broken:
        remedy = "its page /rules says what is wrong with them"
        return fault("rules", f"{len(broken)} fail, first {', '.join(broken[:SHOWN])}", remedy)
    remedy = "each has its runbook in deploy/runbooks/" if firing else ""
    names = f", firing: {', '.join(firing)}" if firing else ", none fires"
    return Finding("rules", f"{len(rules)} in Prometheus{names}", remedy=remedy)


async def _listeners(client: httpx.AsyncClient) -> Finding:
    active = (await _get(client, "/api/v1/alertmanagers"))["data"]["activeAlertmanagers"]
    if not active:
        return fault(
            "alerts", "Prometheus tells nobody", "name Alertmanager under alerting: in its configuration"
        )
    return Finding("alerts", f"Prometheus tells {len(active)} Alertmanagers")
