"""The findings that were said about one key: what is open, and the last revision of what was withdrawn."""

from monitor.events import DAY
from monitor.memory.pieces import FINDING, Changes
from monitor.outputs import Finding, Kind

BEFORE_ALL = -(1 << 62)


class Findings:
    """Last revisions by what they are about (anchor) and rule."""

    __slots__ = ("_changes", "by_anchor", "by_rule", "horizon", "unnamed_s")

    def __init__(self, changes: Changes) -> None:
        self.by_anchor: dict[str, dict[str, Finding]] = {}
        self.by_rule: dict[str, dict[str, Finding]] = {}
        self._changes = changes
        self.horizon = BEFORE_ALL
        """What lies before it may be forgotten."""
        self.unnamed_s = 0
        """So long before a finding lies what it may rest on without naming it: diagnoses and admission of its visit."""

    def load(self, finding: Finding) -> None:
        """Take up a finding without counting it as changed."""
        self.by_anchor.setdefault(finding.anchor, {})[finding.rule_id] = finding
        self.by_rule.setdefault(finding.rule_id, {})[finding.anchor] = finding

    def put(self, finding: Finding) -> None:
        """A new revision."""
        self.load(finding)
        self._changes.put((FINDING, finding.finding_id), finding)

    def about(self, anchor: str) -> dict[str, Finding]:
        """What was said about one subject, by rule."""
        return self.by_anchor.get(anchor, {})

    def of(self, rule_id: str) -> list[Finding]:
        """All of one rule."""
        said = self.by_rule.get(rule_id)
        return list(said.values()) if said else []

    def rests_on_forgotten(self, finding: Finding) -> bool:
        """Whether what is remembered may no longer be all that a finding was made of.

        A burst rests on the settlements of its window alone, all else also on what it does not name: diagnoses, stays.
        """
        if finding.kind is Kind.BURST and finding.window is not None:
            return finding.window[0] < self.horizon
        if finding.occurred_at < self.horizon + self.unnamed_s:
            return True
        begins = [line.at for line in finding.lines]
        if finding.evidence:
            begins.append(finding.evidence[0].at)
        if finding.window is not None:
            begins.append(finding.window[0])
        # Facts are forgotten by when they were told, and a fee may be dated on the day after.
        return min(begins, default=finding.occurred_at) < self.horizon + DAY

    def forget(self, horizon: int) -> None:
        """Forget what occurred before `horizon`; nothing is withdrawn by that."""
        for anchor, said in list(self.by_anchor.items()):
            for rule_id, finding in list(said.items()):
                if finding.occurred_at < horizon:
                    del said[rule_id]
                    del self.by_rule[rule_id][anchor]
                    if not self.by_rule[rule_id]:
                        del self.by_rule[rule_id]
                    self._changes.drop((FINDING, finding.finding_id))
            if not said:
                del self.by_anchor[anchor]
