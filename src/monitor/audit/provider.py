"""What one event of a pharmacy leads to: bursts of cards, refund cycles, settlements at night."""

from collections.abc import Callable
from functools import partial

from monitor.audit.outcome import Outcome, say, say_instead, stack_of, unsay
from monitor.events import Event, Reversed, Settled, Undone
from monitor.findings import Case, continued, of_breach, of_burst, revised
from monitor.knowledge import Knowledge
from monitor.memory.facts import Added
from monitor.memory.findings import Findings
from monitor.memory.provider import ProviderMemory
from monitor.memory.subjects import settlement_anchor
from monitor.outputs import Finding, Status
from monitor.rules.breach import Burst
from monitor.rules.rule import Rule
from monitor.rules.windows import run_around

PHARMACY_SETTLEMENT = "2102"


def concerns_pharmacies(event: Event, knowledge: Knowledge) -> bool:
    """Whether a pharmacy's memory wants this event; hospitals have none.

    A reversal counts whatever its infno, and a compensation may name another: what takes back says nothing of who calls.
    """
    if isinstance(event, Reversed | Undone):
        return knowledge.reference.is_pharmacy(event.provider, PHARMACY_SETTLEMENT)
    return type(event) is Settled and knowledge.reference.is_pharmacy(event.provider, event.infno)


def audit_provider(
    memory: ProviderMemory, event: Settled | Reversed | Undone, *, watermark: int, knowledge: Knowledge
) -> Outcome:
    """One event of one pharmacy, in its own order. Never raises because of a rule."""
    memory.forget(watermark - knowledge.provider_reach_s)
    outcome = Outcome()
    try:
        outcome.added = memory.add(event)
        if outcome.added is Added.NEW:
            touched = _touched(memory, event)
            outcome.misfit = type(event) is Reversed and memory.facts.misfits(event)
            for rule in knowledge.pharmacy_rules:
                _ask(rule, memory, touched, knowledge, outcome)
    except Exception as error:  # noqa: BLE001 - as in audit_person
        outcome.failure = stack_of(error)
    return outcome


def _touched(memory: ProviderMemory, event: Settled | Reversed | Undone) -> list[Settled]:
    """The sales that may look different now."""
    named: Event | None = event
    seen = 0
    while type(named) is Undone and seen < len(memory.facts.by_call):
        named, seen = memory.facts.named_by(named), seen + 1
    if isinstance(named, Settled | Reversed):
        return list(memory.facts.calls_of(named.provider, named.settlement_id))
    return []


def _ask(
    rule: Rule, memory: ProviderMemory, touched: list[Settled], knowledge: Knowledge, outcome: Outcome
) -> None:
    limits_at = partial(knowledge.region.limits, rule.id)
    if rule.find_sale is not None:
        for sale in touched:
            _ask_sale(rule, memory, sale, knowledge, outcome)
    elif rule.find_cycles is not None:
        refunds = [one for one in memory.refunds() if knowledge.limits(rule, one[0].at) is not None]
        found = _findings(
            rule, rule.find_cycles(refunds, memory.sales, limits_at) if refunds else [], knowledge
        )
        _say_chains(rule, found, memory, outcome, of=lambda _: True)
    elif rule.find_bursts is not None:
        for sale in touched:
            run = run_around(memory.sales, sale.at, knowledge.region.longest_window_s(rule.id))
            asked = knowledge.in_force(rule, run)
            found = _findings(rule, rule.find_bursts(asked, limits_at, knowledge.reference), knowledge)
            times = [sale.at, *(other.at for other in run)]
            _say_chains(rule, found, memory, outcome, of=_meets(min(times), max(times)))


def _say_chains(
    rule: Rule,
    found: list[Finding],
    memory: ProviderMemory,
    outcome: Outcome,
    *,
    of: Callable[[Finding], bool],
) -> None:
    new = [one for one in found if not _goes_on(one, memory.findings, outcome)]
    say_instead(memory.findings, rule.id, new, outcome, of=of)


def _goes_on(found: Finding, findings: Findings, outcome: Outcome) -> bool:
    """Whether a chain is the rest of one whose beginning is forgotten; that one grows then, under its own name."""
    begin, end = found.window or (found.occurred_at, found.occurred_at)
    for said in findings.of(found.rule_id):
        if said.window is None or said.status is not Status.OPEN:
            continue
        if said.window[0] < findings.horizon and said.window[0] <= end and begin <= said.window[1]:
            if (new := revised(continued(said, found), said)) is not None:
                findings.put(new)
                outcome.findings.append(new)
            return True
    return False


def _meets(begin: int, end: int) -> Callable[[Finding], bool]:
    def meets(said: Finding) -> bool:
        return said.window is not None and said.window[0] <= end and begin <= said.window[1]

    return meets


def _ask_sale(
    rule: Rule, memory: ProviderMemory, sale: Settled, knowledge: Knowledge, outcome: Outcome
) -> None:
    anchor = settlement_anchor(sale)
    standing = [s for s in memory.facts.calls_of(sale.provider, sale.settlement_id) if memory.facts.stands(s)]
    live = min(standing, key=lambda s: (s.at, s.msgid), default=None)
    limits = knowledge.limits(rule, live.at) if live is not None else None
    breach = None if limits is None else rule.find_sale(live, limits, knowledge.reference)  # type: ignore[misc]
    if breach is None or limits is None:
        unsay(memory.findings, memory.findings.about(anchor).get(rule.id), outcome)
    else:
        finding = of_breach(rule, breach, limits, case=Case(anchor=anchor), knowledge=knowledge)
        say(memory.findings, finding, outcome)


def _findings(rule: Rule, bursts: list[Burst], knowledge: Knowledge) -> list[Finding]:
    return [
        of_burst(rule, burst, limits, knowledge=knowledge)
        for burst in bursts
        if (limits := knowledge.limits(rule, burst.sales[-1].at)) is not None
    ]
