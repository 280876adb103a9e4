"""What `monitor replay` printed, and short ways to ask for parts of it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.wire import Record

Row = dict[str, Any]


@dataclass
class Outcome:
    """The printed objects in their order; of a finding and an incident the last revision alone."""

    returncode: int
    stderr: str
    text: str
    verdicts: list[Row] = field(default_factory=list)
    revisions: list[Row] = field(default_factory=list)
    incidents: list[Row] = field(default_factory=list)
    dead_letters: list[Row] = field(default_factory=list)

    @classmethod
    def of(cls, text: str, *, returncode: int, stderr: str) -> "Outcome":
        """The outcome that a run with this output had."""
        outcome = cls(returncode=returncode, stderr=stderr, text=text)
        kinds = {
            "verdict": outcome.verdicts,
            "finding": outcome.revisions,
            "incident": outcome.incidents,
            "dead_letter": outcome.dead_letters,
        }
        for each in text.splitlines():
            row = json.loads(each)
            kinds[row["type"]].append(row)
        return outcome

    @property
    def findings(self) -> list[Row]:
        """The last revision of each finding, by the order of their first one."""
        last: dict[str, Row] = {}
        for row in self.revisions:
            known = last.get(row["finding_id"])
            if known is None or row["revision"] > known["revision"]:
                last[row["finding_id"]] = row
        return list(last.values())

    @property
    def open_findings(self) -> list[Row]:
        """Those that hold at the end."""
        return [row for row in self.findings if row["status"] == "open"]

    def open_of(self, rule_id: str) -> list[Row]:
        """The open findings of a rule, earliest first."""
        found = [row for row in self.open_findings if row["rule_id"] == rule_id]
        return sorted(found, key=lambda row: (row["occurred_at"], row["finding_id"]))

    def withdrawn_of(self, rule_id: str) -> list[Row]:
        """The findings of a rule that were opened and withdrawn again."""
        return [row for row in self.findings if row["rule_id"] == rule_id and row["status"] == "withdrawn"]

    def one(self, rule_id: str) -> Row:
        """The only open finding of a rule."""
        found = self.open_of(rule_id)
        assert len(found) == 1, f"{len(found)} open findings of {rule_id}"
        return found[0]

    def verdicts_of(self, record: Record) -> list[Row]:
        """Every verdict printed for the msgid of that record."""
        request = record["request"]
        asked = (request["msgid"], request["infno"])
        return [row for row in self.verdicts if (row["msgid"], row["infno"]) == asked]

    def verdict(self, record: Record) -> Row:
        """The verdict of that record; where it was printed several times, the last."""
        found = self.verdicts_of(record)
        assert found, f"no verdict of {record['request']['infno']}"
        return found[-1]

    def decision(self, record: Record) -> tuple[str, str]:
        """The decision of that record and the amount it refuses."""
        verdict = self.verdict(record)
        return verdict["decision"], verdict["amount_refused"]


def rfc(at: str) -> str:
    """The time as outputs write it."""
    return f"{at.replace(' ', 'T')}+08:00"


def sns(finding: Row, role: str = "breaching") -> list[str]:
    """feedetl_sn of the finding's lines in that role, sorted."""
    return sorted(each["feedetl_sn"] for each in finding["lines"] if each["role"] == role)


def msgids(finding: Row) -> set[str]:
    """msgid of each evidence."""
    return {each["msgid"] for each in finding["evidence"]}


def msgid(record: Record) -> str:
    """msgid of a record."""
    return str(record["request"]["msgid"])


def result_rules(verdict: Row) -> list[str]:
    """rule_id of each result of a verdict, sorted."""
    return sorted(each["rule_id"] for each in verdict["results"])


def measured(finding: Row, *, observed: float, limit: float) -> None:
    """`observed` and `limit` are these numbers."""
    assert finding["observed"] == observed
    assert finding["limit"] == limit


def settled(findings: Iterable[Row]) -> list[Row]:
    """What must agree whatever the order of arrival: without revision, late and shadow."""
    kept = [{k: v for k, v in row.items() if k not in {"revision", "late", "shadow"}} for row in findings]
    return sorted(kept, key=lambda row: str(row["finding_id"]))


def flat(*parts: Record | Sequence[Record]) -> list[Record]:
    """Records and lists of records as one list."""
    return [each for part in parts for each in ([part] if isinstance(part, dict) else part)]
