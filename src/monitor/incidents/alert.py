"""A story as Alertmanager takes it (API v2, postableAlert)."""

from typing import Any, Final

from monitor.incidents.outbox import Due
from monitor.outputs import rfc3339, yuan

NAME: Final = "ClaimIncident"
TEAM: Final = "fraud"
SEVERITIES: Final = {1: "critical", 2: "warning", 3: "info"}
TTL_S: Final = 4 * 3600
"""A story that nobody sends any more ends there by itself; longer than any outage of the monitor should be."""


def alert_of(due: Due, *, now_s: int, dashboard_url: str) -> dict[str, Any]:
    """One postableAlert. `now_s`: China civil time in seconds. Labels stay the same for the life of a story.

    Neither labels nor annotations name a person, not even by token.
    """
    story = due.story
    return {
        "labels": {
            "alertname": NAME,
            "team": TEAM,
            "rule_id": story.rule_id,
            "severity": SEVERITIES[story.severity],
            "provider": story.provider,
            "region": story.region or "-",
            "incident_key": story.key,
        },
        "annotations": {
            "summary": story.summary,
            "incident_id": story.incident_id,
            "state": story.state.value,
            "amount": yuan(story.amount),
            "persons": str(story.persons),
            "findings": str(story.findings),
            "opened_at": rfc3339(story.opened_at),
            "runbook_url": story.runbook_url,
            "dashboard_url": f"{dashboard_url}/d/fraud-desk?var-provider={story.provider}",
        },
        "generatorURL": f"{dashboard_url}/d/fraud-desk",
        # A hospital's clock may be ahead of ours, and an alert that ends before it begins is refused.
        "startsAt": rfc3339(min(story.opened_at, now_s)),
        "endsAt": rfc3339(now_s + TTL_S if due.open else now_s),
    }
