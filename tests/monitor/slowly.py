"""The slow way: forget everything, put all facts together, ask every rule for every subject."""

from collections.abc import Iterable, Iterator
from functools import partial

from monitor.events import Event, OrdersChecked
from monitor.findings import Case, of_breach, of_burst
from monitor.knowledge import Knowledge
from monitor.memory.building import build
from monitor.memory.facts import Facts
from monitor.memory.history import History
from monitor.memory.subjects import Purchase, Settlement
from monitor.outputs import Finding
from monitor.rules.catalogue import FACE_RULE
from monitor.rules.rule import Rule, Subject
from tests.monitor.builders import open_findings


def of_person(events: Iterable[Event], knowledge: Knowledge) -> dict[str, Finding]:
    """The findings about one person that a set of facts leads to."""
    facts = Facts()
    for event in events:
        if type(event) is not OrdersChecked or event.infno == "3102":
            facts.add(event)
    history = build(facts)
    found: list[Finding] = []
    for rule in knowledge.rules:
        found += _about_settlements(rule, history.settlements, history, knowledge)
        found += _about_stays(rule, history, knowledge)
        found += _about_purchases(rule, history, knowledge)
        if rule.id == FACE_RULE:
            checks = [history.judged(check) for check in facts.of(OrdersChecked)]
            found += _about_settlements(rule, checks, history, knowledge)
    return open_findings(found)


def _about_settlements(
    rule: Rule, settlements: Iterable[Settlement], history: History, knowledge: Knowledge
) -> Iterator[Finding]:
    for settlement in settlements:
        limits = knowledge.limits(rule, settlement.at)
        if rule.find is None or limits is None:
            continue
        breach = rule.find(settlement, history, limits, knowledge.reference)
        if breach is not None:
            case = Case(anchor=settlement.anchor, family=settlement.family)
            yield of_breach(rule, breach, limits, case=case, knowledge=knowledge)


def _about_stays(rule: Rule, history: History, knowledge: Knowledge) -> Iterator[Finding]:
    for stay in history.stays:
        limits = knowledge.limits(rule, stay.admitted.begin)
        if rule.find_stay is None or limits is None:
            continue
        breach = rule.find_stay(stay, history, limits, knowledge.reference)
        if breach is not None:
            case = Case(anchor=f"stay|{stay.admitted.provider}|{stay.admitted.visit}")
            yield of_breach(rule, breach, limits, case=case, knowledge=knowledge)


def _about_purchases(rule: Rule, history: History, knowledge: Knowledge) -> Iterator[Finding]:
    if rule.find_bursts is None or rule.subject is Subject.PROVIDER:
        return
    bought = {
        settlement.fact.call: settlement
        for settlement in history.settlements
        if not settlement.family
        and knowledge.reference.is_pharmacy(settlement.fact.provider, settlement.fact.infno)
    }
    sales = [settlement.fact for settlement in bought.values()]
    limits_at = partial(knowledge.region.limits, rule.id)
    for burst in rule.find_bursts(sales, limits_at, knowledge.reference):
        limits = knowledge.limits(rule, burst.sales[-1].at)
        if limits is not None:
            lines = [Purchase(bought[s.call], line) for s in burst.sales for line in bought[s.call].lines]
            yield of_burst(rule, burst, limits, lines=lines if rule.with_lines else (), knowledge=knowledge)
