"""What one event of a pharmacy leads to: bursts of cards, refund cycles, settlements at night."""

from collections.abc import Callable
from functools import partial

from msgspec.structs import replace

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
    kind = type(event)
    if kind is Settled:
        return knowledge.reference.is_pharmacy(event.provider, event.infno)
    return (kind is Reversed or kind is Undone) and knowledge.reference.is_pharmacy(
        event.provider, PHARMACY_SETTLEMENT
    )


def audit_provider(
    memory: ProviderMemory,
    event: Settled | Reversed | Undone,
    *,
    watermark: int,
    knowledge: Knowledge,
    again: bool = False,
) -> Outcome:
    """One event of one pharmacy, in its own order. Never raises because of a rule. `again`: as in audit_person."""
    memory.forget(watermark - knowledge.provider_reach_s)
    outcome = Outcome()
    first = memory.first_told(event) if type(event) is Settled else None
    if first is not None and first.person != event.person:
        outcome.first_told_of = first.person
        event = replace(event, person=first.person)
    try:
        outcome.added = memory.add(event)
        if outcome.added is Added.NEW or (again and outcome.added is Added.SAME):
            touched = _touched(memory, event)
            outcome.misfit = type(event) is Reversed and memory.facts.misfits(event)
            for rule in knowledge.cycle_rules:
                _ask_cycles(rule, memory, knowledge, outcome)
            for sale in touched:
                for rule in knowledge.run_rules:
                    _ask_run(rule, memory, sale, knowledge, outcome)
                for rule in knowledge.sale_rules:
                    _ask_sale(rule, memory, sale, knowledge, outcome)
    except Exception as error:  # noqa: BLE001 - as in audit_person
        outcome.failure = stack_of(error)
    return outcome


def _touched(memory: ProviderMemory, event: Settled | Reversed | Undone) -> list[Settled]:
    """The sales that may look different now."""
    named: Event | None = event
    seen = 0
    while type(named) is Undone and seen < len(memory.facts.by_call):
        named, seen = memory.facts.named_by(named), seen + 1
    if type(named) is Settled or type(named) is Reversed:
        return list(memory.facts.calls_of(named.provider, named.settlement_id))
    return []


def _ask_cycles(rule: Rule, memory: ProviderMemory, knowledge: Knowledge, outcome: Outcome) -> None:
    """Everything that was ever taken back; most pharmacies have little of it."""
    known = rule.id in memory.findings.by_rule
    if memory.facts.reversal_count < knowledge.fewest[rule.id] and not known:
        return
    refunds = [one for one in memory.refunds() if knowledge.limits(rule, one[0].at) is not None]
    limits_at = partial(knowledge.region.limits, rule.id)
    bursts = rule.find_cycles(refunds, memory.sales, limits_at) if refunds else []  # type: ignore[misc]  # these have one
    if bursts or known:
        _say_chains(rule, _findings(rule, bursts, knowledge), memory, outcome, of=lambda _: True)


def _ask_run(
    rule: Rule, memory: ProviderMemory, sale: Settled, knowledge: Knowledge, outcome: Outcome
) -> None:
    """The sales that hang together with one."""
    run = run_around(memory.sales, sale.at, knowledge.window_s[rule.id])
    known = rule.id in memory.findings.by_rule
    if len(run) < knowledge.fewest[rule.id] and not known:
        return
    limits_at = partial(knowledge.region.limits, rule.id)
    bursts = rule.find_bursts(knowledge.in_force(rule, run), limits_at, knowledge.reference)  # type: ignore[misc]  # these have one
    if bursts or known:
        times = [sale.at, *(other.at for other in run)]
        found = _findings(rule, bursts, knowledge)
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
    live = memory.live(sale.settlement_id)
    limits = knowledge.limits(rule, live.at) if live is not None else None
    breach = None if limits is None else rule.find_sale(live, limits, knowledge.reference)  # type: ignore[misc]
    if breach is None and not memory.findings.by_anchor:
        return
    anchor = settlement_anchor(sale)
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
