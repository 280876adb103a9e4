"""What the monitor says: verdicts, findings, incidents; and how they look on the wire (contract §2).

Inside, times are seconds of China civil time and amounts fen; `to_json` of each gives the contract's JSON-ready dict:
times RFC 3339 with +08:00, amounts decimal strings with two digits.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from time import gmtime, strftime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    # What the forms are made of stands here; here they are needed by the checker of types alone.
    from monitor import forms

EVIDENCE_MAX = 200
"""So many of the last evidences and lines a finding carries; `evidence_count` counts all."""


class Kind(StrEnum):
    """What a finding is for: the window (reminder, rejection, mismatch) or the bureau (burst, lead)."""

    REMINDER = "reminder"
    REJECTION = "rejection"
    MISMATCH = "mismatch"
    BURST = "burst"
    LEAD = "lead"


class Decision(StrEnum):
    """The answer to a call (contract §2 'decision')."""

    PASS = "pass"  # noqa: S105 - a decision
    REMIND = "remind"
    REJECT = "reject"
    UNCHECKED = "unchecked"


class Status(StrEnum):
    """A finding is open until its facts are gone."""

    OPEN = "open"
    WITHDRAWN = "withdrawn"


class State(StrEnum):
    """The life of an incident."""

    OPEN = "open"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"


@lru_cache(maxsize=65_536)
def rfc3339(at: int) -> str:
    """Seconds of China civil time -> ``2026-03-10T09:01:00+08:00``."""
    return strftime("%Y-%m-%dT%H:%M:%S+08:00", gmtime(at))


@lru_cache(maxsize=65_536)
def yuan(fen: int) -> str:
    """12850 -> ``128.50``; -5 -> ``-0.05``."""
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // 100}.{fen % 100:02d}"


def number(value: int, unit: int) -> int | float:
    """A scaled integer as a JSON number in its own unit: whole ones as integers."""
    return value // unit if value % unit == 0 else value / unit


class Evidence(Struct, frozen=True, gc=False, array_like=True):
    """A settlement or call that a finding names. `fee` (fen) is inner: what it adds to the amount of bursts and leads."""

    msgid: str
    infno: str
    settlement_id: str | None
    at: int
    person: str
    fee: int = 0
    late: bool = False

    def to_json(self) -> "forms.Evidence":
        """As contract §2 'evidence'."""
        return {
            "msgid": self.msgid,
            "infno": self.infno,
            "setl_id": self.settlement_id,
            "at": rfc3339(self.at),
            "person": self.person,
        }


class FindingLine(Struct, frozen=True, gc=False, array_like=True):
    """A charge line that a finding names; `count` 1/10,000, `amount` fen; breaching or only involved."""

    number: str
    item: str
    count: int
    amount: int
    at: int
    breaching: bool

    def to_json(self) -> "forms.Line":
        """As contract §2 'lines'."""
        return {
            "feedetl_sn": self.number,
            "item": self.item,
            "cnt": number(self.count, 10_000),
            "amount": yuan(self.amount),
            "at": rfc3339(self.at),
            "role": "breaching" if self.breaching else "involved",
        }


class Finding(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A rule's statement about facts (contract §2 'finding'). `evidence` and `lines` hold the last 200."""

    finding_id: str
    revision: int
    rule_id: str
    rule_version: str
    rule_name: str
    kind: Kind
    severity: int
    status: Status
    provider: str
    person: str | None
    subject: str
    """What incidents are kept for: provider, person, person|provider or trace code; key of the topic with the rule."""
    anchor: str
    """What the finding is about: a settlement, a stay, a call, a trace code, the first settlement of a burst."""
    amount: int
    occurred_at: int
    window: tuple[int, int] | None = None
    observed: int | float | None = None
    limit: int | float | None = None
    evidence: tuple[Evidence, ...] = ()
    evidence_count: int = 0
    lines: tuple[FindingLine, ...] = ()
    law: str = ""
    late: bool = False
    shadow: bool = False
    same_drug: bool = False
    """Inner, for `notify`: a burst in which one drug is in two settlements."""
    visit: str = ""
    """Inner, of mismatches: mdtrt_id of the settlement or the orders, which ties a 3102 to what settles it."""

    def to_json(self) -> "forms.Finding":
        """As contract §2 'finding'."""
        return {
            "finding_id": self.finding_id,
            "revision": self.revision,
            "rule_id": self.rule_id,
            "rule_version": self.rule_version,
            "rule_name": self.rule_name,
            "kind": self.kind.value,
            "severity": self.severity,
            "status": self.status.value,
            "provider": self.provider,
            "person": self.person,
            "amount": yuan(self.amount),
            "occurred_at": rfc3339(self.occurred_at),
            "window": None
            if self.window is None
            else {"from": rfc3339(self.window[0]), "to": rfc3339(self.window[1])},
            "observed": self.observed,
            "limit": self.limit,
            "evidence": [e.to_json() for e in self.evidence],
            "evidence_count": self.evidence_count,
            "lines": [line.to_json() for line in self.lines],
            "law": self.law,
            "late": self.late,
            "shadow": self.shadow,
        }


class Verdict(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to a check call or a settlement, given once and never recalled (contract §2 'verdict').

    `results` are the national `result` objects, ready for JSON (amounts and codes are text).
    """

    verdict_id: str
    msgid: str
    infno: str
    provider: str
    person: str
    visit: str
    at: int
    """Call time."""
    decision: Decision
    amount_refused: int = 0
    results: tuple[Mapping[str, Any], ...] = ()
    rules_version: str = ""
    appeal: Mapping[str, Any] | None = None
    fund_at_issue: int | None = None
    asked: str = ""
    """Inner: a digest of what a 3101 said, which leaves nothing else to compare a repeat with."""

    def to_json(self) -> "forms.Verdict":
        """As contract §2 'verdict'."""
        return {
            "verdict_id": self.verdict_id,
            "msgid": self.msgid,
            "infno": self.infno,
            "provider": self.provider,
            "person": self.person,
            "mdtrt_id": self.visit,
            "decision": self.decision.value,
            "amount_refused": yuan(self.amount_refused),
            "results": list(self.results),  # type: ignore[arg-type]  # as verdicts.py made them
            "rules_version": self.rules_version,
            "appeal": self.appeal,  # type: ignore[typeddict-item]  # the same
            "fund_at_issue": None if self.fund_at_issue is None else yuan(self.fund_at_issue),
        }


class Incident(Struct, frozen=True, kw_only=True):
    """Findings of one story (contract §2 'incident'). `successor` is set when it was withdrawn in favour of another."""

    incident_id: str
    rule_id: str
    provider: str
    person: str | None
    severity: int
    state: State
    opened_at: int
    last_seen_at: int
    resolved_at: int | None
    findings: int
    persons: int
    amount: int
    summary: str
    runbook_url: str
    revision: int
    priority: int
    notify: bool
    successor: str | None = None

    def to_json(self) -> "forms.Incident":
        """As contract §2 'incident'."""
        row: forms.Incident = {
            "incident_id": self.incident_id,
            "rule_id": self.rule_id,
            "provider": self.provider,
            "person": self.person,
            "severity": self.severity,
            "state": self.state.value,
            "opened_at": rfc3339(self.opened_at),
            "last_seen_at": rfc3339(self.last_seen_at),
            "resolved_at": None if self.resolved_at is None else rfc3339(self.resolved_at),
            "findings": self.findings,
            "persons": self.persons,
            "amount": yuan(self.amount),
            "summary": self.summary,
            "runbook_url": self.runbook_url,
            "revision": self.revision,
            "priority": self.priority,
            "notify": self.notify,
        }
        if self.successor is not None:
            row["successor"] = self.successor
        return row
