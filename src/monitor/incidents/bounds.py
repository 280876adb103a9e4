"""What keeps a book small: folding by number, forgetting by the watermark."""

from monitor.events import DAY
from monitor.incidents.book import Book
from monitor.incidents.chains import Chain, Chains, Folded
from monitor.incidents.held import Held
from monitor.incidents.policy import IncidentPolicy
from monitor.outputs import State

SHARE_FOLDED = 8
"""A full book folds one in so many of its findings at once, so that folding costs little a finding."""


def reach_s(book: Book, policy: IncidentPolicy) -> int:
    """How far behind the watermark a finding may still change."""
    return policy.reach_s(book.rule_id)


def forgotten(book: Book, held: Held, *, known: bool, policy: IncidentPolicy) -> bool:
    """Whether the place of a finding lies before what the book still holds."""
    return held.key <= book.head.floor or (not known and held.end < book.watermark - reach_s(book, policy))


def make_room(book: Book, chains: Chains) -> list[Chain]:
    """Folds the oldest findings of a full book; the chain that begins it now, if its sums were made anew."""
    policy = chains.policy
    if len(chains.live) < policy.findings_max:
        return []
    left = max(1, policy.findings_max // SHARE_FOLDED)
    while left:
        chain = chains.all[0]
        number = min(left, len(chain.members))
        left -= number
        whole = number == len(chain.members) and len(chains.all) > 1
        _fold(book, chains, number, whole=whole)
    return chains.all[:1]


def _fold(book: Book, chains: Chains, number: int, *, whole: bool) -> None:
    chain = chains.all[0]
    members, rest = chain.members[:number], chain.members[number:]
    old = Chain(book.rule_id, book.subject, chain.key)
    if chain.folded is not None:
        old = Chain.resumed(book.rule_id, book.subject, chain.folded, persons_max=chains.policy.persons_max)
    for held in members:
        old.add(held)
        book.forget(held.finding_id)
    book.count("folded", number)
    del chains.live[:number]
    floor = members[-1].key if members else book.head.floor
    if whole:
        del chains.all[0]
        book.set_head(floor=floor, folded=None)
        return
    tally = old.tally.closed(persons_max=chains.policy.persons_max)
    folded = Folded(start=chain.key, last_seen_at=old.last_seen_at, tally=tally)
    book.set_head(floor=floor, folded=folded)
    chains.all[0] = Chain.resumed(book.rule_id, book.subject, folded, persons_max=chains.policy.persons_max)
    for held in rest:
        chains.all[0].add(held)


def forget_surplus(book: Book, chains: Chains) -> None:
    """Keeps withdrawn findings and past incidents within their number, oldest forgotten first."""
    most = chains.policy.findings_max
    if len(book.withdrawn) > most:
        oldest = sorted(book.withdrawn, key=lambda name: (book.findings[name].end, name))
        for name in oldest[: len(oldest) - most + most // SHARE_FOLDED]:
            book.forget(name)
    if len(book.said) > 2 * most + 1:
        current = {chain.incident_id for chain in chains.all}
        past = [name for name in book.said if name not in current]
        past.sort(key=lambda name: (name in book.open, book.said[name].body.last_seen_at, name))
        for name in past[: len(book.said) - 2 * most + most // SHARE_FOLDED]:
            book.unsay(name)


def forget_past(book: Book, chains: Chains) -> None:
    """Forgets, once a day of the watermark, what lies beyond the reach of every memory."""
    if book.watermark // DAY == book.pruned_day:
        return
    book.pruned_day = book.watermark // DAY
    horizon = book.watermark - reach_s(book, chains.policy)
    while chains.all and chains.all[0].last_seen_at < horizon and chains.all[0].incident_id not in book.open:
        chain = chains.all.pop(0)
        del chains.live[: len(chain.members)]
        for held in chain.members:
            book.forget(held.finding_id)
        book.set_head(floor=max(book.head.floor, chain.until), folded=None)
    for name in [name for name in book.withdrawn if book.findings[name].end < horizon]:
        book.forget(name)
    current = {chain.incident_id for chain in chains.all}
    for name, said in list(book.said.items()):
        if name not in current and said.body.state is not State.OPEN and said.body.last_seen_at < horizon:
            book.unsay(name)
    if book.empty:
        book.set_head(floor=(-1, ""), folded=None)
