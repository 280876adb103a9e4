"""What one sale of a trace code leads to."""

from monitor.audit.outcome import Outcome, say, stack_of, unsay
from monitor.events import TraceSale
from monitor.findings import Case, of_breach
from monitor.knowledge import Knowledge
from monitor.memory.facts import Added
from monitor.memory.trace import TraceMemory
from monitor.rules.rule import Rule


def audit_trace(
    memory: TraceMemory, sale: TraceSale, *, watermark: int, knowledge: Knowledge, again: bool = False
) -> Outcome:
    """What is known now of one settlement's claim to a code. Never raises because of a rule. `again`: as in audit_person."""
    memory.forget(watermark - knowledge.trace_reach_s)
    outcome = Outcome()
    try:
        if not memory.put(sale):
            outcome.added = Added.SAME
            if not again:
                return outcome
        if memory.is_single:
            return outcome
        for rule in knowledge.trace_rules:
            _ask(rule, memory, knowledge, outcome)
    except Exception as error:  # noqa: BLE001 - as in audit_person
        outcome.failure = stack_of(error)
    return outcome


def _ask(rule: Rule, memory: TraceMemory, knowledge: Knowledge, outcome: Outcome) -> None:
    sales = memory.sales
    limits = knowledge.limits(rule, sales[-1].at) if sales else None
    breach = None if limits is None else rule.find_reuse(sales, limits)  # type: ignore[misc]  # see the caller
    anchor = f"trace|{memory.code}"
    if breach is None or limits is None:
        unsay(memory.findings, memory.findings.about(anchor).get(rule.id), outcome)
    else:
        case = Case(anchor=anchor, trace_code=memory.code)
        say(memory.findings, of_breach(rule, breach, limits, case=case, knowledge=knowledge), outcome)
