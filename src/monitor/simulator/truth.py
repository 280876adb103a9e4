"""What the feed has in it, and how well it was found.

One row for each fraud (a finding of `rule_id` must come), each innocent (none may come) and each `chance` (a
finding that is true to the rule's letter although nobody cheated). Rows hold no identity: they name calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec


class Row(msgspec.Struct, frozen=True):
    """One line of the truth file. `msgid` and `setl_id` are those of the breaching call.

    A finding belongs to the row when the rule agrees and its evidence names one of `msgids` or `setl_ids`.
    `must_reject`: calls whose verdict must be `reject`; `may_reject`: checks before them that see the same.
    """

    kind: str
    rule_id: str
    scenario: str
    provider: str
    msgid: str
    setl_id: str | None
    msgids: tuple[str, ...]
    setl_ids: tuple[str, ...]
    must_reject: tuple[str, ...]
    may_reject: tuple[str, ...]


class Summary(msgspec.Struct):
    """Counts by rule, and the names of what went wrong (scenario, finding_id or msgid; no identity)."""

    found: dict[str, int] = {}
    missed: dict[str, int] = {}
    false_alarms: dict[str, int] = {}
    chance: dict[str, int] = {}
    missed_scenarios: list[str] = []
    alarms: list[str] = []
    unlisted_rejections: list[str] = []
    missed_rejections: list[str] = []

    @property
    def clean(self) -> bool:
        """Everything found, nothing else."""
        return not (
            self.missed_scenarios or self.alarms or self.unlisted_rejections or self.missed_rejections
        )


def score(
    truth: Iterable[Row], findings: Iterable[Mapping[str, Any]], verdicts: Iterable[Mapping[str, Any]]
) -> Summary:
    """Compare findings and verdicts (JSON objects of the contract) with the truth.

    Of one finding_id the highest revision counts; withdrawn and shadow findings do not.
    """
    rows = list(truth)
    summary = Summary()
    index: dict[tuple[str, str], list[int]] = {}
    for number, row in enumerate(rows):
        for name in (*row.msgids, *row.setl_ids):
            index.setdefault((row.rule_id, name), []).append(number)
    hit: set[int] = set()
    for finding in _standing(findings):
        numbers = _matches(finding, index)
        hit.update(numbers)
        _judge(finding, [rows[number] for number in numbers], summary)
    for number, row in enumerate(rows):
        if row.kind == "fraud":
            _count(summary.found if number in hit else summary.missed, row.rule_id)
            if number not in hit:
                summary.missed_scenarios.append(f"{row.rule_id} {row.scenario} {row.msgid}")
    _rejections(rows, verdicts, summary)
    return summary


def _standing(findings: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    last: dict[str, Mapping[str, Any]] = {}
    for finding in findings:
        seen = last.get(finding["finding_id"])
        if seen is None or finding["revision"] >= seen["revision"]:
            last[finding["finding_id"]] = finding
    return [finding for finding in last.values() if finding["status"] == "open" and not finding.get("shadow")]


def _matches(finding: Mapping[str, Any], index: Mapping[tuple[str, str], Sequence[int]]) -> list[int]:
    numbers: list[int] = []
    for entry in finding["evidence"]:
        for name in (entry.get("msgid"), entry.get("setl_id")):
            if name:
                numbers += index.get((finding["rule_id"], name), ())
    return sorted(set(numbers))


def _judge(finding: Mapping[str, Any], rows: Sequence[Row], summary: Summary) -> None:
    kinds = [row.kind for row in rows]
    if "fraud" in kinds:
        return
    if "chance" in kinds:
        _count(summary.chance, finding["rule_id"])
        return
    _count(summary.false_alarms, finding["rule_id"])
    like = ", ".join(row.scenario for row in rows) or "ordinary life"
    summary.alarms.append(f"{finding['rule_id']} {finding['finding_id']} ({like})")


def _rejections(rows: Sequence[Row], verdicts: Iterable[Mapping[str, Any]], summary: Summary) -> None:
    rejected = {str(verdict["msgid"]): None for verdict in verdicts if verdict["decision"] == "reject"}
    wanted = [msgid for row in rows for msgid in row.must_reject]
    listed = {*wanted, *(msgid for row in rows for msgid in row.may_reject)}
    summary.unlisted_rejections += [msgid for msgid in rejected if msgid not in listed]
    summary.missed_rejections += [msgid for msgid in wanted if msgid not in rejected]


def _count(table: dict[str, int], rule_id: str) -> None:
    table[rule_id] = table.get(rule_id, 0) + 1
