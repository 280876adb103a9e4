"""From a breach to a finding: identity, evidence, amount, mode; the one place where that is decided for all rules."""

from collections.abc import Iterable
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from monitor.events import Admitted, Discharged, FaceChecked, OrdersChecked, Settled, TraceSale
from monitor.ids import finding_id
from monitor.knowledge import Knowledge
from monitor.memory.lines import SettlementKey
from monitor.memory.subjects import Purchase
from monitor.outputs import EVIDENCE_MAX, Evidence, Finding, FindingLine, Kind, Status
from monitor.rules.breach import Breach, Burst
from monitor.rules.frequent_purchase import DRUGS
from monitor.rules.rule import Limits, Mode, Rule, Subject

SUSPECT_SEVERITY = 2

NamedFact: TypeAlias = Settled | OrdersChecked | TraceSale | Admitted | Discharged | FaceChecked
"""What a finding can name as its evidence."""


class Case(Struct, frozen=True, kw_only=True, gc=False):
    """What a breach is about."""

    anchor: str
    family: bool = False
    """A family account paid: rules about the patient's person are no more than a suspicion."""
    trace_code: str = ""


def of_breach(rule: Rule, breach: Breach, limits: Limits, *, case: Case, knowledge: Knowledge) -> Finding:
    """The finding of a breach, revision 1."""
    named = _named(breach)
    persons = {fact.person for fact in named}
    provider = named[-1].provider
    person = next(iter(persons)) if len(persons) == 1 else None
    return Finding(
        finding_id=finding_id(rule.id, case.anchor),
        revision=1,
        rule_id=rule.id,
        rule_version=rule.version,
        rule_name=rule.text(knowledge.language).name,
        kind=rule.kind,
        severity=_severity(rule, breach.severity, limits, family=case.family),
        status=Status.OPEN,
        provider=provider,
        person=person,
        subject=_subject(rule, provider, person, case.trace_code),
        anchor=case.anchor,
        amount=_amount(rule, breach, named),
        occurred_at=event_time(named[-1]),
        observed=breach.observed,
        limit=breach.limit,
        evidence=tuple([_evidence(fact) for fact in named[-EVIDENCE_MAX:]]),
        evidence_count=len(named),
        lines=_lines(breach),
        law=rule.law,
        late=any(fact.late for fact in named),
        shadow=limits.mode is Mode.SHADOW,
        visit=breach.settlements[-1].fact.visit if rule.kind is Kind.MISMATCH and breach.settlements else "",
    )


def of_burst(
    rule: Rule, burst: Burst, limits: Limits, *, lines: Iterable[Purchase] = (), knowledge: Knowledge
) -> Finding:
    """The finding of a chain of windows: its id comes from the first settlement in it."""
    first, last = burst.sales[0], burst.sales[-1]
    lines = list(lines)
    breach = Breach(
        severity=burst.severity,
        sales=burst.sales,
        involved=lines,
        observed=burst.observed,
        limit=burst.limit,
        said=burst.said,
    )
    finding = of_breach(rule, breach, limits, case=Case(anchor=burst_anchor(first)), knowledge=knowledge)
    return replace(finding, window=(first.at, last.at), same_drug=_same_drug(lines))


def _same_drug(lines: Iterable[Purchase]) -> bool:
    """Whether two settlements have one drug."""
    sold: dict[str, SettlementKey] = {}
    drugs = (one for one in lines if one.line.item.startswith(DRUGS))
    return any(sold.setdefault(one.line.item, one.settlement.key) != one.settlement.key for one in drugs)


def burst_anchor(first: Settled) -> str:
    """What a burst is kept under."""
    return f"burst|{first.provider}|{first.settlement_id}"


def continued(said: Finding, found: Finding) -> Finding:
    """A chain of which only the end is remembered (`found`), with the beginning that was `said` of it."""
    begin = found.window[0] if found.window else found.occurred_at
    told = said.evidence[-1]
    before = [one for one in said.evidence if one.at < begin]
    if before or said.evidence_count == len(said.evidence):
        kept, kept_count = said.amount, said.evidence_count
        again = said.evidence[len(before) :]
        count = kept_count - len(again) + found.evidence_count
        amount = kept - sum(one.fee for one in again) + found.amount
    else:
        # All that is shown of it is found again, so only what is new can be counted.
        new = [one for one in found.evidence if (one.at, one.msgid) > (told.at, told.msgid)]
        count, amount = said.evidence_count + len(new), said.amount + sum(one.fee for one in new)
    higher = said if (said.observed or 0) >= (found.observed or 0) else found
    evidence = (*before, *found.evidence)[-EVIDENCE_MAX:]
    return replace(
        found,
        finding_id=said.finding_id,
        anchor=said.anchor,
        window=(said.window[0], found.window[1]) if said.window and found.window else found.window,
        person=found.person if found.person == said.person else None,
        amount=amount,
        observed=higher.observed,
        limit=higher.limit,
        evidence=evidence,
        evidence_count=count,
        late=said.late or found.late,
        same_drug=said.same_drug or found.same_drug,
    )


def revised(finding: Finding, said: Finding | None) -> Finding | None:
    """The next revision when `finding` says something else than what was `said`; None when it does not.

    What rested on something late goes on saying so.
    """
    if said is None:
        return finding
    finding = replace(finding, revision=said.revision, late=finding.late or said.late)
    return None if finding == said else replace(finding, revision=said.revision + 1)


def withdrawn(said: Finding) -> Finding:
    """The next revision of a finding whose facts are gone."""
    return replace(said, revision=said.revision + 1, status=Status.WITHDRAWN)


def _severity(rule: Rule, severity: int, limits: Limits, *, family: bool) -> int:
    if limits.mode is Mode.SUSPECT or (family and rule.about_patient):
        return max(severity, SUSPECT_SEVERITY)
    return severity


def _subject(rule: Rule, provider: str, person: str | None, trace_code: str) -> str:
    match rule.subject:
        case Subject.PROVIDER:
            return provider
        case Subject.PERSON:
            return person or ""
        case Subject.PERSON_AT_PROVIDER:
            return f"{person}|{provider}"
        case Subject.TRACE:
            return trace_code


def _named(breach: Breach) -> list[NamedFact]:
    """Every settlement or call that the breach names, once, in order of (time, msgid); the last one is its moment."""
    if breach.sales:
        return list(breach.sales)
    named: dict[tuple[str, str, str], NamedFact] = {}
    for bought in (*breach.breaching, *breach.involved):
        named[bought.settlement.fact.call] = bought.settlement.fact
    for settlement in breach.settlements:
        named[settlement.fact.call] = settlement.fact
    for fact in breach.calls:
        named[fact.call] = fact
    return sorted(named.values(), key=lambda fact: (event_time(fact), fact.msgid))


def event_time(fact: NamedFact) -> int:
    """When it happened: begntime and endtime of stays, else the call time."""
    if type(fact) is Admitted:
        return fact.begin
    return fact.end if type(fact) is Discharged else fact.at


def _evidence(fact: NamedFact) -> Evidence:
    settled = isinstance(fact, Settled | TraceSale)
    return Evidence(
        msgid=fact.msgid,
        infno=fact.infno,
        settlement_id=fact.settlement_id if settled else None,  # type: ignore[union-attr]
        at=event_time(fact),
        person=fact.person,
        fee=fact.fee if settled else 0,  # type: ignore[union-attr]
        late=fact.late,
    )


def _amount(rule: Rule, breach: Breach, named: list[NamedFact]) -> int:
    match rule.kind:
        case Kind.REMINDER:
            return 0
        case Kind.BURST | Kind.LEAD:
            return sum(fact.fee for fact in named if isinstance(fact, Settled | TraceSale))
        case _ if breach.amount is not None:
            return breach.amount
        case _:
            return sum(bought.line.amount for bought in breach.breaching)


def _lines(breach: Breach) -> tuple[FindingLine, ...]:
    named = [(bought, True) for bought in breach.breaching] + [(bought, False) for bought in breach.involved]
    named.sort(key=lambda one: (one[0].settlement.key, one[0].line.at, one[0].line.number))
    return tuple(
        FindingLine(
            number=bought.line.number,
            item=bought.line.item,
            count=bought.line.count,
            amount=bought.line.amount,
            at=bought.line.at,
            breaching=breaching,
        )
        for bought, breaching in named[-EVIDENCE_MAX:]
    )
