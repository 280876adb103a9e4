"""Which findings belong together: chains in order of time, as short as gap and incident_max make them.

Greedy from the oldest: a finding joins while it begins no more than the gap after all before it have ended
and no more than incident_max after the first began. So a chain depends on what stands before it only
through where it begins, which is why a change has to be followed only until an old beginning is met again.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import Self

from msgspec import Struct

from monitor import ids
from monitor.incidents.held import Held, Key
from monitor.incidents.policy import IncidentPolicy
from monitor.incidents.tally import Body, Tally
from monitor.outputs import State


class Folded(Struct, array_like=True, frozen=True, kw_only=True):
    """The older part of the oldest chain, whose findings are forgotten one by one but still counted."""

    start: Key
    last_seen_at: int
    tally: Tally


def incident_name(rule_id: str, subject: str, first_finding: str) -> str:
    """The incident_id of the story that begins with this finding (contract §2 'incident_id')."""
    return ids.digest("incident", rule_id, subject, first_finding)


class Chain:
    """Findings of one story, oldest first; the incident is named by the first."""

    __slots__ = ("folded", "incident_id", "key", "last_seen_at", "members", "tally")

    def __init__(self, rule_id: str, subject: str, key: Key) -> None:
        self.key = key
        self.incident_id = incident_name(rule_id, subject, key[1])
        self.last_seen_at = key[0]
        self.members: list[Held] = []
        self.folded: Folded | None = None
        self.tally = Tally()

    @classmethod
    def resumed(cls, rule_id: str, subject: str, folded: Folded, *, persons_max: int) -> Self:
        """A chain whose older part is folded; its members are still to be added."""
        chain = cls(rule_id, subject, folded.start)
        chain.folded = folded
        chain.last_seen_at = folded.last_seen_at
        chain.tally = folded.tally.closed(persons_max=persons_max)
        return chain

    @property
    def opened_at(self) -> int:
        """When its first finding began."""
        return self.key[0]

    @property
    def until(self) -> Key:
        """The place of its last member."""
        return self.members[-1].key if self.members else self.key

    def takes(self, start: int, *, rule_id: str, policy: IncidentPolicy) -> bool:
        """Whether a finding that begins at `start`, not before any member, belongs to this chain."""
        near = start - self.last_seen_at <= policy.gap_s(rule_id, self.last_seen_at)
        return near and start - self.opened_at <= policy.max_s

    def add(self, held: Held) -> None:
        """Puts a finding at the end."""
        self.members.append(held)
        self.last_seen_at = max(self.last_seen_at, held.end)
        self.tally.add(held)

    def body(self, state: State) -> Body:
        """What the incident says now."""
        tally = self.tally
        return Body(
            state=state,
            provider=tally.provider,
            person=tally.person,
            severity=tally.severity,
            opened_at=self.opened_at,
            last_seen_at=self.last_seen_at,
            findings=tally.findings,
            persons=len(tally.persons),
            amount=tally.amount,
        )


class Chains:
    """All chains of a book, oldest first; `changed` keeps them what grouping from scratch would give."""

    __slots__ = ("all", "live", "policy", "rule_id", "subject")

    def __init__(self, rule_id: str, subject: str, policy: IncidentPolicy) -> None:
        self.rule_id = rule_id
        self.subject = subject
        self.policy = policy
        self.all: list[Chain] = []
        self.live: list[Key] = []
        """Places of the live findings, sorted."""

    def put(self, key: Key) -> None:
        """Notes a place; `changed` must follow."""
        self.live.insert(bisect_left(self.live, key), key)

    def drop(self, key: Key) -> None:
        """Forgets a place; `changed` must follow."""
        del self.live[bisect_left(self.live, key)]

    def at(self, key: Key) -> Chain:
        """The chain that holds the live finding at `key`."""
        return self.all[self._index(key)]

    def earlier(self, chain: Chain, *, within_s: int) -> int:
        """How many chains began in the time before `chain` did."""
        return self._index(chain.key) - self._index((chain.opened_at - within_s, "")) - 1

    def appended(self, held: Held) -> Chain | None:
        """The fast way for a new finding behind all others: the chain that takes it; None if it is not."""
        if self.live and held.key < self.live[-1]:
            return None
        self.live.append(held.key)
        if not self.all or not self.all[-1].takes(held.start, rule_id=self.rule_id, policy=self.policy):
            self.all.append(Chain(self.rule_id, self.subject, held.key))
        self.all[-1].add(held)
        return self.all[-1]

    def changed(
        self, low: Key, high: Key, findings: Mapping[str, Held], folded: Folded | None
    ) -> tuple[list[Chain], list[Chain]]:
        """Regroups after changes from `low` to `high`: (chains that are gone, chains in their place)."""
        begin = max(0, self._index(low))
        beginnings = {chain.key: i for i, chain in enumerate(self.all) if i > begin and chain.key > high}
        place = bisect_left(self.live, self.all[begin].key) if begin else 0
        fresh: list[Chain] = []
        if begin == 0 and folded is not None:
            fresh.append(
                Chain.resumed(self.rule_id, self.subject, folded, persons_max=self.policy.persons_max)
            )
        stop = self._regroup(self.live[place:], fresh, beginnings, findings)
        gone = self.all[begin:stop]
        self.all[begin:stop] = fresh
        return gone, fresh

    def _regroup(
        self,
        keys: Sequence[Key],
        fresh: list[Chain],
        beginnings: Mapping[Key, int],
        findings: Mapping[str, Held],
    ) -> int:
        for key in keys:
            if not fresh or not fresh[-1].takes(key[0], rule_id=self.rule_id, policy=self.policy):
                if key in beginnings:
                    return beginnings[key]
                fresh.append(Chain(self.rule_id, self.subject, key))
            fresh[-1].add(findings[key[1]])
        return len(self.all)

    def _index(self, key: Key) -> int:
        return bisect_right(self.all, key, key=lambda chain: chain.key) - 1
