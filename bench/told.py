"""Who is told of what, and how often for nothing: incidents beside the truth of a simulated city.

**False** is a story (an incident with all its successors) none of whose findings names a call of a planted fraud of that
rule; it is false whether it was withdrawn later or not, because somebody was told. A planted fraud is **notified** when
a story with `notify` holds one of its findings.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct, field

from monitor.events import DAY
from monitor.incidents import incident_name
from monitor.outputs import Finding, Incident
from monitor.outputs import Kind as Kinds
from monitor.pipeline import book_key
from monitor.rules.catalogue import BY_ID, RULES
from monitor.simulator import Row

BURST = "LOC-PHARMACY-BURST"
CHANCE = "customers who came by chance"
"""The cause of what names no call of any scene."""
OTHER = "of another rule"
"""Said of a scene that another rule than its own has found something in."""


FIRST = "the first bursts of their kind at that pharmacy: there are none earlier to exceed"
NEVER: Final = {
    **{rule.id: "reminders make no incident" for rule in RULES if rule.kind is Kinds.REMINDER},
    "LOC-CARD-REPEAT": FIRST,
    "LOC-SETTLE-REFUND": FIRST,
}
"""Rules whose planted frauds the contract lets nobody be told of, and why."""


class Kind(Struct, kw_only=True, omit_defaults=True):
    """What became of the scenes of one kind."""

    rule_id: str
    scenario: str
    planted: int = 0
    found: int = 0
    notified: int = 0


class Figures(Struct, kw_only=True, omit_defaults=True):
    """Of one rule."""

    planted: int = 0
    found: int = 0
    notified: int = 0
    stories: int = 0
    """All incidents, those in lists only included."""
    told: int = 0
    false: int = 0
    false_told: int = 0


class Count(Struct, kw_only=True, omit_defaults=True):
    """Of all rules; `false_days`: false stories that notified, by day since the count begins."""

    rules: dict[str, Figures] = field(default_factory=dict)
    frauds: list[Kind] = field(default_factory=list)
    innocents: list[Kind] = field(default_factory=list)
    """`found`: scenes with a call in a false story; `notified`: in one that notified."""
    causes: dict[str, dict[str, int]] = field(default_factory=dict)
    """Rule -> why -> false stories that notified."""
    false_days: list[int] = field(default_factory=list)


class _Seen(Struct):
    """A finding: where it begins, and what it names."""

    start: int
    names: set[str]


class Told:
    """Hears findings and incidents in the order in which they are said."""

    def __init__(self) -> None:
        self._findings: defaultdict[str, dict[str, _Seen]] = defaultdict(dict)
        self._book_of: dict[str, str] = {}
        self._incidents: dict[str, Incident] = {}
        self._told_at: dict[str, int] = {}

    def finding(self, finding: Finding) -> None:
        """Any revision; what one of them named stays named."""
        if finding.shadow:
            return
        book = book_key(finding)
        start = finding.window[0] if finding.window else finding.occurred_at
        seen = self._findings[book].setdefault(finding.finding_id, _Seen(start, set()))
        seen.start = min(seen.start, start)
        for evidence in finding.evidence:
            seen.names.add(evidence.msgid)
            if evidence.settlement_id:
                seen.names.add(evidence.settlement_id)
        self._book_of[incident_name(finding.rule_id, finding.subject, finding.finding_id)] = book

    def incident(self, incident: Incident, *, at: int) -> None:
        """Any revision, said at `at` (seconds)."""
        self._incidents[incident.incident_id] = incident
        if incident.notify:
            self._told_at.setdefault(incident.incident_id, at)

    def count(self, truth: Iterable[Row], *, since: int, days: int) -> Count:
        """Compare with the truth; false stories that ended before `since` (seconds) are history.

        A fraud of the week's first days may be seen, and told, before the week begins: a second admission, say.
        """
        return _Counting(list(truth), self._findings, self._stories(), since=since, days=days).count

    def _stories(self) -> list["_Story"]:
        stories: dict[str, _Story] = {}
        for name, incident in self._incidents.items():
            heir = self._heir(name)
            story = stories.setdefault(heir, _Story(incident.rule_id))
            story.last = max(story.last, incident.last_seen_at)
            if (at := self._told_at.get(name)) is not None:
                story.told_at = at if story.told_at is None else min(at, story.told_at)
            for finding in self._findings[self._book_of[name]].values():
                if incident.opened_at <= finding.start <= incident.last_seen_at:
                    story.names |= finding.names
        return list(stories.values())

    def _heir(self, name: str) -> str:
        passed = {name}
        while (successor := self._incidents[name].successor) and successor not in passed:
            passed.add(successor)
            name = successor
        return name


class _Story(Struct):
    rule_id: str
    last: int = 0
    told_at: int | None = None
    names: set[str] = field(default_factory=set)


class _Counting:
    def __init__(
        self,
        truth: Sequence[Row],
        findings: dict[str, dict[str, _Seen]],
        stories: Sequence[_Story],
        *,
        since: int,
        days: int,
    ) -> None:
        self.count = Count(rules={rule_id: Figures() for rule_id in BY_ID}, false_days=[0] * days)
        self._truth, self._since = truth, since
        self._rows: defaultdict[str, list[int]] = defaultdict(list)
        """msgid or setl_id -> rows of the truth that name it."""
        for number, row in enumerate(truth):
            for name in {*row.msgids, *row.setl_ids}:
                self._rows[name].append(number)
        found = {
            number
            for book, seen in findings.items()
            for each in seen.values()
            for number in self._frauds(book.partition("|")[0], each.names)
        }
        notified: set[int] = set()
        wrongly: dict[bool, set[int]] = {False: set(), True: set()}
        for story in stories:
            notified |= self._story(story, wrongly)
        self._kinds("fraud", self.count.frauds, found, notified)
        self._kinds("innocent", self.count.innocents, wrongly[False] | wrongly[True], wrongly[True])
        for kind in self.count.frauds:
            figures = self.count.rules[kind.rule_id]
            figures.planted += kind.planted
            figures.found += kind.found
            figures.notified += kind.notified

    def _frauds(self, rule_id: str, names: Iterable[str]) -> set[int]:
        rows = {number for name in names for number in self._rows.get(name, ())}
        return {n for n in rows if self._truth[n].kind == "fraud" and self._truth[n].rule_id == rule_id}

    def _story(self, story: _Story, wrongly: dict[bool, set[int]]) -> set[int]:
        """The frauds that somebody was told of by this story."""
        figures, told = self.count.rules[story.rule_id], story.told_at is not None
        frauds = self._frauds(story.rule_id, story.names)
        if not frauds and story.last < self._since:
            return set()
        figures.stories += 1
        figures.told += told
        if frauds:
            return frauds if told else set()
        figures.false += 1
        rows = {number for name in story.names for number in self._rows.get(name, ())}
        wrongly[told] |= {number for number in rows if self._truth[number].rule_id == story.rule_id}
        if story.told_at is not None:
            figures.false_told += 1
            day = (story.told_at - self._since) // DAY
            self.count.false_days[max(0, min(day, len(self.count.false_days) - 1))] += 1
            causes = self.count.causes.setdefault(story.rule_id, {})
            for cause in self._causes(story.rule_id, [self._truth[number] for number in sorted(rows)]):
                causes[cause] = causes.get(cause, 0) + 1
        return set()

    def _causes(self, rule_id: str, rows: Iterable[Row]) -> list[str]:
        own = {row.scenario for row in rows if row.rule_id == rule_id}
        # Whoever of a scene of another rule stands in a group by chance is one more customer.
        others = set() if rule_id == BURST else {f"{row.scenario} ({OTHER})" for row in rows}
        return sorted(own or others) or [CHANCE]

    def _kinds(self, kind: str, kinds: list[Kind], found: set[int], notified: set[int]) -> None:
        made: dict[tuple[str, str], Kind] = {}
        for number, row in enumerate(self._truth):
            if (row.kind == "fraud") == (kind == "fraud"):
                one = made.setdefault(
                    (row.rule_id, row.scenario), Kind(rule_id=row.rule_id, scenario=row.scenario)
                )
                one.planted += 1
                one.found += number in found
                one.notified += number in notified
        kinds += made.values()


def total(kinds: Iterable[Kind], *, owed: bool = False) -> Counter[str]:
    """Sums over kinds: planted, found, notified; `owed`: only of what the contract lets somebody be told of."""
    sums: Counter[str] = Counter()
    for kind in kinds:
        if not (owed and kind.rule_id in NEVER):
            sums.update(planted=kind.planted, found=kind.found, notified=kind.notified)
    return sums
