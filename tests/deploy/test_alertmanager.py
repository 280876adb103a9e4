"""Who is told of what: routes of every alert, grouping, inhibition, and the messages as people read them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from deploy.alertmanager.site import ADDRESSES, CONFIG, PLACEHOLDER, MissingAddressError, site_files
from deploy.local.ops import Alertmanager
from monitor.incidents.outbox import HOLD_MS, RETAIN_MS
from monitor.settings import Settings
from tests.deploy.ops_tools import ALERTMANAGER, alerts, needs_amtool, run
from tests.deploy.receivers import Receivers, local_configuration
from tests.streams.world import until

ALERTS = alerts()
COMMITTED: dict[str, Any] = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
SITE = {name: f"{name.lower()}.test" for name in ADDRESSES} | {
    "ALERT_PAGER_URL": "https://pager.test/in",
    "ALERT_FRAUD_DESK_URL": "https://desk.test",
    "ALERT_PLATFORM_MAIL": "on-call@site.test",
    "ALERT_FRAUD_DESK_MAIL": "desk@site.test",
    "ALERT_HOSPITAL_MAIL": "liaison@site.test",
    "ALERT_MAIL_FROM": "monitor@site.test",
    "ALERT_SMTP": "mail.site.test:25",
    "ALERT_GRAFANA_URL": "https://dashboards.test",
}
EXPECTED = {
    ("platform", "critical"): "platform-page",
    ("platform", "warning"): "platform",
    ("platform", "info"): "nobody",
    ("fraud", "critical"): "fraud",
    ("fraud", "warning"): "fraud",
    ("hospital", "critical"): "hospital",
    ("hospital", "warning"): "hospital",
}
FLOOD = 5_000
HANDFUL = 6


def _route(**labels: str) -> str:
    words = [f"{name}={value}" for name, value in labels.items()]
    said = run("amtool", "config", "routes", "test", f"--config.file={CONFIG}", *words)
    return next(line for line in said.splitlines() if line and not line.startswith("Warning"))


def _incident(number: int, **labels: str) -> dict[str, Any]:
    """As the monitor sends it."""
    return {
        "labels": {
            "alertname": "ClaimIncident",
            "team": "fraud",
            "severity": "warning",
            "rule_id": "LOC-PHARMACY-BURST",
            "provider": f"P{number % 319:011d}",
            "region": f"43010{number % 6}",
            "incident_key": f"{number:016x}",
            **labels,
        },
        "annotations": {
            "summary": f"药店P{number % 319:011d} 短时间内集中刷卡6次,涉及4人、128.50元",
            "amount": "128.50",
            "persons": "4",
            "findings": "6",
            "opened_at": "2026-03-10T10:00:00+08:00",
            "runbook_url": f"https://runbooks.example.org/{labels.get('rule_id', 'LOC-PHARMACY-BURST')}",
            "dashboard_url": "/d/fraud-desk",
        },
    }


@needs_amtool
def test_alertmanager_accepts_its_configuration_and_templates() -> None:
    said = run("amtool", "check-config", str(CONFIG))
    assert "SUCCESS" in said
    assert "1 templates" in said


@needs_amtool
@pytest.mark.parametrize("name", sorted(ALERTS))
def test_every_alert_reaches_its_team(name: str) -> None:
    labels = ALERTS[name]["labels"]
    assert _route(alertname=name, **labels) == EXPECTED[labels["team"], labels["severity"]]


@needs_amtool
@pytest.mark.parametrize(
    "severity, receiver", [("critical", "fraud"), ("warning", "fraud"), ("info", "fraud-list")]
)
def test_an_incident_reaches_the_fraud_desk_and_its_list_where_nobody_need_be_told(
    severity: str, receiver: str
) -> None:
    assert _route(**_incident(1)["labels"] | {"severity": severity}) == receiver


@needs_amtool
def test_an_alert_of_no_team_is_not_lost() -> None:
    assert _route(alertname="Unknown") == "platform"


def test_what_inhibits_and_what_is_inhibited_exists() -> None:
    names = {*ALERTS, "ClaimIncident"}
    for rule in COMMITTED["inhibit_rules"]:
        for matcher in (*rule["source_matchers"], *rule["target_matchers"]):
            label, _, pattern = matcher.partition("=")
            words = pattern.lstrip("~").strip('"').split("|") if label == "alertname" else ()
            for word in words:
                assert any(re.fullmatch(word, name) for name in names), word


def test_an_incident_stays_open_longer_than_any_group_waits_and_its_end_is_sent_longer_than_any_interval() -> (
    None
):
    """Or it would end unheard of (src/monitor/incidents/outbox.py)."""

    def routes(route: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield route
        for each in route.get("routes", ()):
            yield from routes(each)

    def longest_ms(name: str) -> int:
        written = [each[name] for each in routes(COMMITTED["route"]) if name in each]
        return max(int(text[:-1]) * {"s": 1_000, "m": 60_000, "h": 3_600_000}[text[-1]] for text in written)

    assert longest_ms("group_wait") + 30_000 <= HOLD_MS == Settings().alert_hold_s * 1_000
    assert longest_ms("group_interval") + 30_000 <= RETAIN_MS


def test_nothing_secret_and_no_real_address_is_committed() -> None:
    text = CONFIG.read_text(encoding="utf-8")
    assert not re.search(r"^\s*[\w-]*(password|token|secret|credentials|key):", text, flags=re.MULTILINE)
    hosts = re.findall(r"(?:https?://|@)([\w.-]+)", text)
    assert hosts
    assert all(host.endswith(PLACEHOLDER) for host in hosts)


@needs_amtool
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_site_has_its_own_addresses_and_its_language(tmp_path: Path, language: str) -> None:
    for name, text in site_files(SITE, language=language).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    run("amtool", "check-config", str(tmp_path / CONFIG.name))
    written = (tmp_path / CONFIG.name).read_text(encoding="utf-8")
    used = yaml.safe_load(written)
    assert f'template "monitor.{language}.text"' in written
    assert "dashboards.test" in (tmp_path / "addresses.tmpl").read_text(encoding="utf-8")
    assert PLACEHOLDER not in yaml.safe_dump(used) + (tmp_path / "addresses.tmpl").read_text(encoding="utf-8")


def test_a_site_that_lacks_addresses_is_told_which() -> None:
    with pytest.raises(MissingAddressError, match="ALERT_PAGER_URL, ALERT_SMTP"):
        site_files(
            {n: v for n, v in SITE.items() if n not in {"ALERT_PAGER_URL", "ALERT_SMTP"}}, language="zh"
        )


def _rendered(tmp_path: Path, name: str, alerts: list[dict[str, Any]]) -> str:
    common = {
        part: dict(set.intersection(*(set(alert[part].items()) for alert in alerts)))
        for part in ("labels", "annotations")
    }
    data = {
        "receiver": "fraud",
        "status": "firing",
        "externalURL": "http://alertmanager",
        "alerts": [{"status": "firing", **alert} for alert in alerts],
        "groupLabels": {},
        "commonLabels": common["labels"],
        "commonAnnotations": common["annotations"],
    }
    path = tmp_path / "data.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    globbed, asked = (
        f"--template.glob={ALERTMANAGER}/*.tmpl",
        f'--template.text={{{{ template "{name}" . }}}}',
    )
    return run("amtool", "template", "render", globbed, asked, f"--template.data={path}")


@needs_amtool
@pytest.mark.parametrize(
    "language, subject, words",
    [
        (
            "zh",
            "【警告】医保线索 LOC-PHARMACY-BURST（1 项）",
            ("金额 128.50 元", "4 人", "6 项发现", "处置手册：", "看板："),
        ),
        (
            "en",
            "[warning] Claim incidents LOC-PHARMACY-BURST (1)",
            ("128.50 yuan", "4 persons", "Runbook:", "Dashboard:"),
        ),
    ],
)
def test_a_message_of_an_incident_says_what_happened_and_what_to_do(
    tmp_path: Path, language: str, subject: str, words: tuple[str, ...]
) -> None:
    assert _rendered(tmp_path, f"monitor.{language}.subject", [_incident(1)]) == subject
    text = _rendered(tmp_path, f"monitor.{language}.text", [_incident(1)])
    assert all(word in text for word in (*words, "https://runbooks.example.org/LOC-PHARMACY-BURST"))
    assert "https://grafana.example.org/d/fraud-desk" in text
    assert "<no value>" not in text


@needs_amtool
@pytest.mark.parametrize("language, summary", [("zh", "summary"), ("en", "summary_en")])
def test_every_alert_has_a_message_in_both_languages(tmp_path: Path, language: str, summary: str) -> None:
    for name, rule in ALERTS.items():
        alert = {"labels": {"alertname": name, **rule["labels"]}, "annotations": rule["annotations"]}
        subject = _rendered(tmp_path, f"monitor.{language}.subject", [alert])
        text = _rendered(tmp_path, f"monitor.{language}.text", [alert])
        assert rule["annotations"][summary] in subject
        assert rule["annotations"][summary.replace("summary", "description")] in text
        assert rule["annotations"]["runbook_url"] in text
        assert "<no value>" not in subject + text


@needs_amtool
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_message_about_thousands_stays_short(tmp_path: Path, language: str) -> None:
    text = _rendered(tmp_path, f"monitor.{language}.text", [_incident(number) for number in range(FLOOD)])
    assert str(FLOOD) in text
    assert text.count("P0000") <= 20
    assert len(text) < 5_000


async def _post(service: Alertmanager, sent: list[dict[str, Any]]) -> None:
    async with httpx.AsyncClient() as client:
        for begin in range(0, len(sent), 500):
            answer = await client.post(
                f"{service.url}/api/v2/alerts", json=sent[begin : begin + 500], timeout=30
            )
            answer.raise_for_status()


def _told(receivers: Receivers) -> set[str]:
    return {alert["labels"]["incident_key"] for hook in receivers.hooks for alert in hook["alerts"]}


@needs_amtool
async def test_a_flood_of_incidents_is_a_handful_of_messages(tmp_path: Path) -> None:
    rules = ["LOC-PHARMACY-BURST", "LOC-DECEASED", "LOC-CARD-HOPPING"]
    flood = [_incident(number, rule_id=rules[number % 3]) for number in range(FLOOD)]
    async with Receivers() as receivers:
        with Alertmanager(local_configuration(receivers, tmp_path)) as service:
            await _post(service, flood)

            async def told() -> bool:
                counts: list[int] = [len(h["alerts"]) + h["truncatedAlerts"] for h in receivers.hooks]
                return sum(counts) >= FLOOD

            await until(told, "all incidents stand behind some message")
            await until(_async(lambda: len(receivers.mails) >= len(rules)), "the mails have come")
    assert len(receivers.hooks) <= HANDFUL
    assert len(receivers.mails) <= HANDFUL
    assert {to for to, _, _ in receivers.mails} == {"fraud-desk@example.org"}
    assert all(subject.startswith("【警告】医保线索 LOC-") for _, subject, _ in receivers.mails)
    assert all("其余未列出" in text for _, _, text in receivers.mails)


@needs_amtool
async def test_when_the_monitor_says_flood_the_desk_is_told_that_alone(tmp_path: Path) -> None:
    notice = {
        "labels": {"alertname": "IncidentFlood", **ALERTS["IncidentFlood"]["labels"]},
        "annotations": ALERTS["IncidentFlood"]["annotations"],
    }
    grave = [_incident(number, rule_id=f"LOC-{number % 20}", severity="critical") for number in range(200)]
    other = {"labels": {"alertname": "WorkerDown", "team": "platform", "severity": "critical"}}
    async with Receivers() as receivers:
        with Alertmanager(local_configuration(receivers, tmp_path)) as service:
            await _post(service, [notice, *grave])
            await until(_async(lambda: bool(receivers.hooks)), "the desk is told of the flood")
            # Groups of incidents are flushed within the same second; what comes after it comes after them.
            await until(_all_suppressed(service, len(grave)), "incidents are held back")
            await _post(service, [other])
            await until(_async(lambda: _names(receivers) >= {"WorkerDown"}), "others are told as ever")
    assert _names(receivers) == {"IncidentFlood", "WorkerDown"}


async def _alerts(service: Alertmanager, **labels: str) -> list[dict[str, Any]]:
    wanted = [f'{name}="{value}"' for name, value in labels.items()]
    async with httpx.AsyncClient() as client:
        listed: list[dict[str, Any]] = (
            await client.get(f"{service.url}/api/v2/alerts", params={"filter": wanted})
        ).json()
    return listed


def _async(condition: Any) -> Any:
    async def asked() -> Any:
        return condition()

    return asked


def _names(receivers: Receivers) -> set[str]:
    return {alert["labels"]["alertname"] for hook in receivers.hooks for alert in hook["alerts"]}


def _all_suppressed(service: Alertmanager, number: int) -> Any:
    async def asked() -> bool:
        listed = await _alerts(service, alertname="ClaimIncident")
        return [alert["status"]["state"] for alert in listed] == ["suppressed"] * number

    return asked


@needs_amtool
@pytest.mark.parametrize(
    "source, target, equal",
    [
        ("KafkaDown", "LagGrowing", {}),
        ("RegionSilent", "ProviderSilent", {"region": "430102"}),
        ("VerdictLatencyBudgetFast", "VerdictLatencyBudgetSlow", {"slo": "verdict_latency"}),
    ],
)
async def test_a_cause_silences_what_follows_from_it(
    tmp_path: Path, source: str, target: str, equal: dict[str, str]
) -> None:
    sent = [{"labels": {"alertname": name, **ALERTS[name]["labels"], **equal}} for name in (source, target)]
    elsewhere = {
        "labels": {"alertname": "ProviderSilent", **ALERTS["ProviderSilent"]["labels"], "region": "430103"}
    }
    async with Receivers() as receivers:
        with Alertmanager(local_configuration(receivers, tmp_path)) as service:
            await _post(service, [*sent, elsewhere])

            async def states() -> dict[str, str] | None:
                listed = await _alerts(service)
                found = {
                    a["labels"]["alertname"] + a["labels"].get("region", ""): a["status"]["state"]
                    for a in listed
                }
                return found if "unprocessed" not in found.values() else None

            found = await until(states, "Alertmanager has looked at all of them")
    region = equal.get("region", "")
    assert found[source + region] == "active"
    assert found[target + region] == "suppressed"
    assert found["ProviderSilent430103"] == "active" or source == "KafkaDown"
