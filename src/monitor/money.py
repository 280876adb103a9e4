"""The money that an event moves: what the fund pays, what is refused of settlements, what a 3102 prevented.

All three are read off a person's memory before an event and after it, so reversals, withdrawals, repeats and whatever
comes late or first net out by themselves: nothing is kept for it. Amounts are fen.
"""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from monitor.audit import Outcome
from monitor.events import CallKey, Charged, ChargesWithdrawn, Event, OrdersChecked, Reversed, Settled, Undone
from monitor.memory.person import PersonMemory
from monitor.memory.subjects import VisitKey, is_settlement_anchor
from monitor.outputs import Decision, Finding, Kind, Status, Verdict
from monitor.verdicts import BREACHING

BEFORE_CHARGE = "3102"
DEFINITE = "1"
"""sev_deg of what is refused."""
MOVING = frozenset({Settled, Reversed, Undone, OrdersChecked, Charged, ChargesWithdrawn})
REFUSES = frozenset({Kind.REJECTION, Kind.MISMATCH})


class Stake(Struct, frozen=True, gc=False):
    """What stands of the settlements and visits that an event concerns, all of the event's provider."""

    fund: int = 0
    """fund_pay_sumamt of live settlements."""
    prevented: int = 0
    """Rejected by a 3102 and not settled in the same visit under the same number."""


NO_STAKE = Stake()


def stake(memory: PersonMemory, event: Event, *, since: int) -> Stake:
    """To be asked before an event and after it; the difference is what the event moves.

    A 3102 from before `since` (the reach of answers) says nothing any more: it is forgotten about then.
    """
    if type(event) not in MOVING:
        return NO_STAKE
    named = _named(memory, event) if type(event) is Undone else event
    # Nearly nobody was ever rejected at a 3102, and then an upload moves nothing.
    rejected = _rejected(memory, since) if memory.answers else []
    if type(named) is Settled or type(named) is Reversed:
        calls = memory.facts.calls_of(named.provider, named.settlement_id)
        return Stake(
            paid(memory, calls), prevented(memory, _visits(named, calls), rejected) if rejected else 0
        )
    if rejected and named is not None:
        return Stake(0, prevented(memory, _visits(named, ()), rejected))
    return NO_STAKE


def _visits(named: Event, calls: Iterable[Settled]) -> set[VisitKey]:
    """Of what an event names; `calls`: of its settlement."""
    visits = {(call.provider, call.visit) for call in calls}
    if type(named) is Settled or type(named) is OrdersChecked:
        visits.add((named.provider, named.visit))
    elif type(named) is Charged:
        visits |= {(named.provider, line.visit) for line in named.lines}
    elif type(named) is ChargesWithdrawn:
        visits |= {(named.provider, one.visit) for one in named.withdrawals}
    return visits


def refused_changes(memory: PersonMemory, outcome: Outcome) -> Iterator[tuple[str, int]]:
    """(provider, fen more or less) for each settlement of which more or less is refused after what was just said."""
    before: dict[str, dict[str, Finding | None]] = {}
    for finding, old in zip(outcome.findings, outcome.replaced, strict=True):
        if is_settlement_anchor(finding.anchor):
            before.setdefault(finding.anchor, {}).setdefault(finding.rule_id, old)
    for anchor, replaced in before.items():
        now = memory.findings.about(anchor)
        change = refused(now.values()) - refused((now | replaced).values())
        if change:
            yield next(iter(now.values())).provider, change


def refused(findings: Iterable[Finding | None]) -> int:
    """What these findings about one settlement refuse of it: each line once, as in its verdict."""
    refusing = [finding for finding in findings if finding is not None and _refuses(finding)]
    if not refusing:
        return 0
    most = max(finding.amount for finding in refusing)
    lines: dict[str, int] = {}
    for finding in refusing:
        breaching = {line.number: line.amount for line in finding.lines if line.breaching}
        if not breaching:
            # The settlement as a whole, of which no line is known.
            return most
        lines |= breaching
    # A finding carries its last 200 lines, its amount is that of all.
    return max(sum(lines.values()), most)


def _refuses(finding: Finding) -> bool:
    return (
        finding.status is Status.OPEN
        and finding.severity == 1
        and finding.kind in REFUSES
        and not finding.shadow
    )


def _named(memory: PersonMemory, event: Event) -> Event | None:
    """The fact that moves something: behind compensations (2601) the one that they name, if it is known."""
    named: Event | None = event
    seen = 0
    while type(named) is Undone and seen <= len(memory.facts.by_call):
        named, seen = memory.facts.named_by(named), seen + 1
    return named


def paid(memory: PersonMemory, calls: Sequence[Settled]) -> int:
    """Of one settlement, by the call that stands for all of it."""
    if len(calls) == 1:
        return calls[0].fund if memory.facts.stands(calls[0]) else 0
    live = [call for call in calls if memory.facts.stands(call)]
    return min(live, key=lambda call: (call.at, call.msgid)).fund if live else 0


def prevented(memory: PersonMemory, visits: set[VisitKey], rejected: list[Verdict]) -> int:
    """What these 3102s rejected of these visits and what they did not settle."""
    return sum(
        _not_settled(memory, visit, own)
        for visit in visits
        if (own := [verdict for verdict in rejected if (verdict.provider, verdict.visit) == visit])
    )


def all_prevented(memory: PersonMemory, *, since: int) -> int:
    """Of all that is remembered of a person."""
    rejected = _rejected(memory, since)
    return prevented(memory, {(verdict.provider, verdict.visit) for verdict in rejected}, rejected)


def _rejected(memory: PersonMemory, since: int) -> list[Verdict]:
    rejected = [
        (call, verdict)
        for call, verdict in memory.answers.items()
        if call[1] == BEFORE_CHARGE and verdict.decision is Decision.REJECT
    ]
    return [verdict for call, verdict in rejected if verdict.at >= since and _holds(memory, call)]


def _holds(memory: PersonMemory, call: CallKey) -> bool:
    check = memory.facts.by_call.get(call)
    return check is None or memory.facts.holds(check)


def _not_settled(memory: PersonMemory, visit: VisitKey, rejected: list[Verdict]) -> int:
    """Each order once, however often it was asked about; less what was settled of it."""
    orders: dict[str, int] = {}
    whole = 0
    for verdict in rejected:
        lines = dict(_rejected_lines(verdict))
        if sum(lines.values()) < verdict.amount_refused:
            # Refused as a whole, or more lines than a result names.
            whole = max(whole, verdict.amount_refused)
        for number, amount in lines.items():
            orders[number] = max(amount, orders.get(number, 0))
    settled = [one for one in memory.history.settlements if one.visit == visit]
    if whole:
        return max(0, max(whole, sum(orders.values())) - sum(one.total for one in settled))
    for one in settled:
        for line in one.lines:
            if line.number in orders:
                orders[line.number] = max(0, orders[line.number] - line.amount)
    return sum(orders.values())


def _rejected_lines(verdict: Verdict) -> Iterator[tuple[str, int]]:
    for result in verdict.results:
        if result["sev_deg"] == DEFINITE:
            for line in result["judge_result_detail_dtos"]:
                if line["vola_item_type"] == BREACHING:
                    yield line["rx_id"], fen(line["vola_amt"])


def fen(text: str) -> int:
    """``128.50`` -> 12850: an amount as the monitor itself writes it."""
    return int(text.replace(".", ""))
