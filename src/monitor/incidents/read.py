"""Incidents as they stand in their topic (contract §2 'incident'), read back."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

import orjson

from monitor.outputs import Incident, State

CHINA: Final = timezone(timedelta(hours=8))
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=CHINA)
_SECOND: Final = timedelta(seconds=1)


class UnreadableError(ValueError):
    """A value that is none of ours; quotes nothing of it."""


def read_incident(value: bytes) -> Incident:
    """UnreadableError for anything that is not what `Incident.to_json` wrote."""
    try:
        row = orjson.loads(value)
        return Incident(
            incident_id=str(row["incident_id"]),
            rule_id=str(row["rule_id"]),
            provider=str(row["provider"]),
            person=row["person"],
            severity=int(row["severity"]),
            state=State(row["state"]),
            opened_at=seconds_of(row["opened_at"]),
            last_seen_at=seconds_of(row["last_seen_at"]),
            resolved_at=None if row["resolved_at"] is None else seconds_of(row["resolved_at"]),
            findings=int(row["findings"]),
            persons=int(row["persons"]),
            amount=fen_of(row["amount"]),
            summary=str(row["summary"]),
            runbook_url=str(row["runbook_url"]),
            revision=int(row["revision"]),
            priority=int(row["priority"]),
            notify=bool(row["notify"]),
            successor=row.get("successor"),
        )
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError) as error:
        raise UnreadableError(f"no incident ({type(error).__name__})") from None


def seconds_of(text: Any) -> int:  # noqa: ANN401 - what JSON holds
    """``2026-03-10T09:01:00+08:00`` -> seconds of China civil time; ValueError without a zone."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    return (at - _EPOCH) // _SECOND


def fen_of(text: Any) -> int:  # noqa: ANN401 - what JSON holds, or what somebody typed
    """``128.50`` -> 12850; ValueError for what is no amount in whole fen."""
    try:
        fen = Decimal(text) * 100
        if fen != int(fen):
            raise ValueError("an amount has two digits behind the point at most")
    except (ArithmeticError, TypeError):
        raise ValueError("no amount") from None
    return int(fen)
