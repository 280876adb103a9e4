"""One notice: a refusal, or a revision of a rejection or mismatch, as the provider that it concerns gets it."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from msgspec import Struct

from monitor.outputs import Decision, Finding, Kind, Verdict

TOLD: Final = frozenset({Kind.REJECTION, Kind.MISMATCH})


class Notice(Struct, frozen=True, kw_only=True):
    """`body` is the verdict or finding in its JSON form (contract §2)."""

    notice_id: str
    """jr_id of a refusal, finding_id and revision of a finding: the same notice never has another one."""
    kind: str
    """verdict or finding."""
    provider: str
    person: str
    """Token: notices of one person stay in their order."""
    body: Mapping[str, Any]

    def to_bytes(self) -> bytes:
        """As it stands in its topic and is sent."""
        return orjson.dumps(
            {"notice_id": self.notice_id, "kind": self.kind, "provider": self.provider, self.kind: self.body}
        )


def of_verdict(verdict: Verdict) -> Notice | None:
    """A refusal's; of anything else None: the caller had its answer."""
    if verdict.decision is not Decision.REJECT:
        return None
    return Notice(
        notice_id=str(verdict.results[0]["jr_id"]) if verdict.results else verdict.verdict_id,
        kind="verdict",
        provider=verdict.provider,
        person=verdict.person,
        body=verdict.to_json(),
    )


def of_finding(finding: Finding) -> Notice | None:
    """Every revision, also the one that withdraws it: a provider hears that a refusal fell. Of leads and shadows None."""
    if finding.kind not in TOLD or finding.shadow:
        return None
    return Notice(
        notice_id=f"{finding.finding_id}-{finding.revision}",
        kind="finding",
        provider=finding.provider,
        person=finding.person or "",
        body=finding.to_json(),
    )
