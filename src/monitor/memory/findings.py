"""The findings that were said about one key: what is open, and the last revision of what was withdrawn."""

from collections.abc import Iterator

from monitor.memory.pieces import FINDING, Changes
from monitor.outputs import Finding


class Findings:
    """Last revisions by what they are about (anchor) and rule."""

    __slots__ = ("_changes", "by_anchor")

    def __init__(self, changes: Changes) -> None:
        self.by_anchor: dict[str, dict[str, Finding]] = {}
        self._changes = changes

    def load(self, finding: Finding) -> None:
        """Take up a finding without counting it as changed."""
        self.by_anchor.setdefault(finding.anchor, {})[finding.rule_id] = finding

    def put(self, finding: Finding) -> None:
        """A new revision."""
        self.load(finding)
        self._changes.put((FINDING, finding.finding_id), finding)

    def about(self, anchor: str) -> dict[str, Finding]:
        """What was said about one subject, by rule."""
        return self.by_anchor.get(anchor, {})

    def of(self, rule_id: str) -> Iterator[Finding]:
        """All of one rule."""
        for said in self.by_anchor.values():
            if rule_id in said:
                yield said[rule_id]

    def forget(self, horizon: int) -> None:
        """Forget what occurred before `horizon`; nothing is withdrawn by that."""
        for anchor, said in list(self.by_anchor.items()):
            for rule_id, finding in list(said.items()):
                if finding.occurred_at < horizon:
                    del said[rule_id]
                    self._changes.drop((FINDING, finding.finding_id))
            if not said:
                del self.by_anchor[anchor]
