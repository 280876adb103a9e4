"""The life of incidents: opened, grown, resolved, withdrawn, joined, split, as findings and watermark tell.

`apply` and `tick` work on a book and return the new revisions of incidents. A successor is said before the
incident that it follows is withdrawn, so that whoever notifies never sees a story end that goes on.
"""

from collections.abc import Collection

from msgspec.structs import replace

from monitor.events import DAY
from monitor.incidents import bounds
from monitor.incidents.book import Book, Said
from monitor.incidents.budget import Budget
from monitor.incidents.chains import Chain, Chains
from monitor.incidents.held import Held, hold
from monitor.incidents.notice import HISTORY_S, priority, stands_out
from monitor.incidents.policy import IncidentPolicy
from monitor.outputs import Finding, Incident, State, Status, rfc3339


def apply(
    book: Book, finding: Finding, *, watermark: int, policy: IncidentPolicy, budget: Budget | None = None
) -> tuple[Incident, ...]:
    """New revisions of incidents after the next revision of a finding.

    An older revision and the same one again change nothing. Without a `budget` only what stands out notifies.
    """
    turn = _Turn(book, watermark=watermark, policy=policy, budget=budget)
    turn.take(finding)
    turn.follow_watermark()
    return tuple(turn.out)


def tick(
    book: Book, *, watermark: int, policy: IncidentPolicy, budget: Budget | None = None
) -> tuple[Incident, ...]:
    """Incidents that the watermark alone resolves; forgets what no finding can change any more."""
    turn = _Turn(book, watermark=watermark, policy=policy, budget=budget)
    turn.follow_watermark()
    return tuple(turn.out)


def due(book: Book, policy: IncidentPolicy) -> int | None:
    """The lowest watermark at which `tick` has something to do; None for an empty book."""
    if book.open:
        return min(_end(book, book.said[name], policy) for name in book.open) + 1
    ends = [said.body.last_seen_at for said in book.said.values()]
    ends += [book.findings[name].end for name in book.withdrawn]
    if not ends:
        return None
    # A book forgets once a day.
    return max(min(ends) + bounds.reach_s(book, policy) + DAY + 1, (book.pruned_day + 1) * DAY)


def standing(book: Book, policy: IncidentPolicy) -> tuple[Incident, ...]:
    """Open incidents as they were last said."""
    return tuple(
        _incident(name, book.said[name], rule_id=book.rule_id, policy=policy) for name in sorted(book.open)
    )


def _end(book: Book, said: Said, policy: IncidentPolicy) -> int:
    last_seen_at = said.body.last_seen_at
    return last_seen_at + policy.gap_s(book.rule_id, last_seen_at)


class _Turn:
    """One call of `apply` or `tick`."""

    def __init__(self, book: Book, *, watermark: int, policy: IncidentPolicy, budget: Budget | None) -> None:
        self.book = book
        self.policy = policy
        self.budget = budget
        self.out: list[Incident] = []
        book.watermark = max(book.watermark, watermark)
        known = book.chains
        self.chains = known if known is not None and known.policy is policy else self._wake()

    def take(self, finding: Finding) -> None:
        """Puts the revision in its place and says what follows."""
        held, old = hold(finding), self.book.findings.get(finding.finding_id)
        if old is None and not held.live and finding.status is Status.OPEN:
            return  # a shadow or a reminder
        if old is not None:
            held.stands_out = old.stands_out and held.live
            if held == old:
                return
            if held.revision < old.revision:
                self.book.count("stale")
                return
        if not self._within_memory(held, old):
            self.book.count("beyond_memory")
            if old is None:
                return
            held = replace(held, live=False)
        held.stands_out = held.stands_out or self._stands_out(finding, held)
        self.book.put(held)
        self._regroup(old if old is not None and old.live else None, held if held.live else None)
        bounds.forget_surplus(self.book, self.chains)

    def follow_watermark(self) -> None:
        """Resolves what is over and forgets what is past."""
        for name in sorted(self.book.open):
            said = self.book.said[name]
            end = _end(self.book, said, self.policy)
            if self.book.watermark > end:
                said = replace(
                    said,
                    revision=said.revision + 1,
                    body=replace(said.body, state=State.RESOLVED),
                    resolved_at=end,
                )
                self._say(name, said)
        bounds.forget_past(self.book, self.chains)

    def _within_memory(self, held: Held, old: Held | None) -> bool:
        """Whether the book still holds the time of a finding, after making room for it."""
        known = old is not None
        if bounds.forgotten(self.book, held, known=known, policy=self.policy):
            return False
        if held.live and (old is None or not old.live):
            self._say_all(bounds.make_room(self.book, self.chains))
        return not bounds.forgotten(self.book, held, known=known, policy=self.policy)

    def _wake(self) -> Chains:
        """Groups a loaded book; says what differs from what was said, as it does under another policy."""
        book = self.book
        self.chains = book.chains = chains = Chains(book.rule_id, book.subject, self.policy)
        chains.live = sorted(held.key for held in book.findings.values() if held.live)
        _, fresh = chains.changed((-1, ""), (-1, ""), book.findings, book.head.folded)
        current = {chain.incident_id for chain in fresh}
        heirs = {
            name: self._heir_of_said(said)
            for name, said in book.said.items()
            if name not in current and said.body.state is not State.WITHDRAWN and said.until > book.head.floor
        }
        self._follow(heirs, fresh)
        return chains

    def _heir_of_said(self, said: Said) -> str | None:
        first = self.book.findings.get(said.first)
        if first is not None and first.live:
            return self.chains.at(first.key).incident_id
        for key in self.chains.live:
            if said.body.opened_at <= key[0] <= said.until[0]:
                return self.chains.at(key).incident_id
        return None

    def _stands_out(self, finding: Finding, held: Held) -> bool:
        if not (held.live and held.burst):
            return False
        findings = self.book.findings
        others = [findings[name] for _, name in self.chains.live if name != held.finding_id]
        return stands_out(finding, held, others)

    def _regroup(self, old: Held | None, new: Held | None) -> None:
        chains = self.chains
        if old is None and new is not None and (quick := chains.appended(new)):
            self._follow({}, [quick])
            return
        keys = [held.key for held in (old, new) if held is not None]
        if not keys:
            return
        if old is not None:
            chains.drop(old.key)
        if new is not None:
            chains.put(new.key)
        gone, fresh = chains.changed(min(keys), max(keys), self.book.findings, self.book.head.folded)
        current = {chain.incident_id for chain in fresh}
        self._follow(
            {chain.incident_id: self._heir(chain) for chain in gone if chain.incident_id not in current},
            fresh,
        )

    def _heir(self, gone: Chain) -> str | None:
        """The incident that holds the oldest finding that is left of a chain, or the burst that took the place of one."""
        findings, chains = self.book.findings, self.chains
        for member in gone.members:
            if (held := findings[member.finding_id]).live:
                return chains.at(held.key).incident_id
        # A burst whose beginning moved is another finding; by more than incident_max it is not in the chain of the old one.
        for member in gone.members:
            for key in chains.live if member.burst else ():
                if key[0] <= member.end and member.start <= findings[key[1]].end:
                    return chains.at(key).incident_id
        return None

    def _follow(self, heirs: dict[str, str | None], fresh: list[Chain]) -> None:
        told = {heir for name, heir in heirs.items() if self.book.said[name].notify}
        self._say_all(fresh, told)
        for name, heir in heirs.items():
            said = self.book.said[name]
            body = replace(said.body, state=State.WITHDRAWN)
            self._say(
                name, replace(said, revision=said.revision + 1, body=body, resolved_at=None, successor=heir)
            )

    def _say_all(self, chains: list[Chain], told: Collection[str | None] = ()) -> None:
        for chain in chains:
            self._update(chain, told=chain.incident_id in told)

    def _update(self, chain: Chain, *, told: bool) -> None:
        """Says what a chain is now unless that was said; who was told once is told the rest of the story."""
        name, book = chain.incident_id, self.book
        said = book.said.get(name)
        end = chain.last_seen_at + self.policy.gap_s(book.rule_id, chain.last_seen_at)
        over = book.watermark > end or (
            # A watermark that starts lower after a restart opens nothing again.
            said is not None
            and said.body.state is State.RESOLVED
            and said.body.last_seen_at == chain.last_seen_at
        )
        body = chain.body(State.RESOLVED if over else State.OPEN)
        if said is not None and said.body == body:
            if said.until != chain.until:
                book.say(name, replace(said, until=chain.until))
            return
        rank = priority(
            severity=body.severity,
            amount=body.amount,
            persons=body.persons,
            findings=body.findings,
            earlier=self.chains.earlier(chain, within_s=HISTORY_S),
        )
        told = told or (said is not None and said.notify)
        fresh = Said(
            first=chain.key[1],
            until=chain.until,
            revision=1 if said is None else said.revision + 1,
            body=body,
            priority=rank,
            notify=told or self._notify(chain, rank, said),
            resolved_at=end if over else None,
        )
        self._say(name, fresh)

    def _notify(self, chain: Chain, rank: int, said: Said | None) -> bool:
        if chain.tally.severity == 1 or chain.tally.stands_out:
            return True
        if chain.tally.burst or self.budget is None:
            return False
        at = chain.last_seen_at
        asked_today = said is not None and said.body.last_seen_at // DAY == at // DAY
        return self.budget.grant(
            at=at, priority=rank, before=said.priority if said is not None and asked_today else None
        )

    def _say(self, name: str, said: Said) -> None:
        self.book.say(name, said)
        self.out.append(_incident(name, said, rule_id=self.book.rule_id, policy=self.policy))


def _incident(name: str, said: Said, *, rule_id: str, policy: IncidentPolicy) -> Incident:
    body = said.body
    return Incident(
        incident_id=name,
        rule_id=rule_id,
        provider=body.provider,
        person=body.person,
        severity=body.severity,
        state=body.state,
        opened_at=body.opened_at,
        last_seen_at=body.last_seen_at,
        resolved_at=said.resolved_at,
        findings=body.findings,
        persons=body.persons,
        amount=body.amount,
        summary=policy.summary(
            rule_id,
            provider=body.provider,
            findings=body.findings,
            persons=body.persons,
            amount=body.amount,
            since=rfc3339(body.opened_at)[:16].replace("T", " "),
        ),
        runbook_url=policy.runbook_url(rule_id),
        revision=said.revision,
        priority=said.priority,
        notify=said.notify,
        successor=said.successor,
    )
