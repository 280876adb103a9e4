"""What one event of a person leads to: checks are answered, facts remembered, settlements judged."""

from collections.abc import Iterable, Iterator
from functools import partial

from msgspec.structs import replace

from monitor.audit.outcome import Outcome, say, say_instead, stack_of, unsay
from monitor.audit.reach import NOTHING, Reach, reach_of
from monitor.events import DAY, Event, OrdersChecked, Reversed, Settled
from monitor.findings import Case, of_breach, of_burst
from monitor.knowledge import Knowledge
from monitor.memory.facts import Added
from monitor.memory.history import History
from monitor.memory.person import PersonMemory
from monitor.memory.subjects import Purchase, Settlement, call_anchor, settlement_anchor
from monitor.outputs import Decision, Finding, Kind, Verdict
from monitor.rules.asking import Asked
from monitor.rules.breach import Breach, Burst
from monitor.rules.catalogue import FACE_RULE
from monitor.rules.rule import Limits, Rule
from monitor.traces import sales_told
from monitor.verdicts import AT_THE_WINDOW, Ruling, bare, verdict_of

BEFORE_CHARGE = "3102"
ASKED_OF_ORDERS = frozenset({Kind.REJECTION, Kind.REMINDER})


def audit_person(
    memory: PersonMemory, event: Event, *, watermark: int, knowledge: Knowledge, again: bool = False
) -> Outcome:
    """One event of one person. Never raises because of a rule: the verdict is `unchecked` then.

    `again`: a rule failed on it, and it was put back since. Its fact is remembered, so a repeat would change nothing; what
    it reaches is asked anew, as if it had just come.
    """
    memory.forget(
        facts_before=watermark - knowledge.person_reach_s, answers_before=watermark - knowledge.answer_reach_s
    )
    owed = type(event) is Settled or type(event) is OrdersChecked
    answer = memory.answers.get(event.call) if owed and memory.answers else None
    if answer is not None and not (again and type(event) is Settled):
        return Outcome(verdict=answer, added=memory.compare(event, answer), repeated=True)
    outcome = Outcome()
    try:
        if type(event) is OrdersChecked:
            _check(memory, event, knowledge, outcome)
        else:
            _remember(memory, event, knowledge, outcome, again=again)
    except Exception as error:  # noqa: BLE001 - rules are code that changes often; whatever they raise, the stream goes on
        # What was found before is remembered as said, so it is said.
        outcome.failure = stack_of(error)
        outcome.verdict = bare(event, Decision.UNCHECKED, knowledge) if owed else None  # type: ignore[arg-type]  # see `owed`
    if answer is not None:
        # A repeat was answered meanwhile, and an answer is never recalled: what was missing are its findings.
        outcome.verdict, outcome.repeated = answer, True
    elif outcome.verdict is not None and not outcome.failure:
        memory.answer(event, outcome.verdict)
    return outcome


def _check(memory: PersonMemory, check: OrdersChecked, knowledge: Knowledge, outcome: Outcome) -> None:
    """3101, 3102: as if the orders were settled now; nothing is remembered but the call and its answer."""
    known = memory.facts.by_call.get(check.call)
    if type(known) is OrdersChecked:
        # Its answer is forgotten, what was found at it is not: the first stays.
        outcome.added, check = memory.facts.compare(check), known
    history = memory.history
    settlement = history.judged(check)
    asked = [one for one in _applicable(settlement, history, knowledge) if _concerns(check, one[0])]
    rulings: list[Ruling] = []
    for ruling in _ask(asked, settlement, history, knowledge):
        rulings.append(ruling)
        if _is_face_at_charge(check, ruling.rule) and memory.facts.holds(check):
            say(memory.findings, ruling.finding, outcome)
    if check.infno == BEFORE_CHARGE:
        memory.add(check)
    outcome.verdict = verdict_of(settlement, _at_the_window(rulings), knowledge)


def _concerns(check: OrdersChecked, rule: Rule) -> bool:
    """Whether a rule is asked about orders at all, and by this call."""
    if check.rule_ids and rule.id not in check.rule_ids:
        return False
    return rule.kind in ASKED_OF_ORDERS or _is_face_at_charge(check, rule)


def _is_face_at_charge(check: OrdersChecked, rule: Rule) -> bool:
    return rule.id == FACE_RULE and check.infno == BEFORE_CHARGE


def _remember(
    memory: PersonMemory, event: Event, knowledge: Knowledge, outcome: Outcome, *, again: bool
) -> None:
    """A fact: remembered, and everything asked again that may look different with it."""
    added, following = memory.add(event)
    outcome.added, outcome.late = added, event.late
    if following is not None:
        _follow(memory, following, knowledge, outcome)
        return
    rulings: dict[str, list[Ruling]] = {}
    if added is Added.NEW or (again and added is Added.SAME):
        reach = reach_of(memory, event)
        if reach is not NOTHING:
            rulings = _ask_again(memory, reach, knowledge, outcome)
        outcome.sales = sales_told(memory, event)
        outcome.misfit = type(event) is Reversed and memory.facts.misfits(event)
    if type(event) is Settled:
        outcome.verdict = _verdict_on(memory, event, knowledge, rulings)


def _ask_again(
    memory: PersonMemory, reach: Reach, knowledge: Knowledge, outcome: Outcome
) -> dict[str, list[Ruling]]:
    """About everything that a fact reaches -> what fired of settlements, by anchor."""
    rulings = {
        settlement.anchor: _ask_settlement(memory, settlement, knowledge, outcome)
        for settlement in reach.settlements
    }
    if reach.stays:
        _ask_stays(memory, knowledge, outcome)
    if reach.checks:
        _ask_checks(memory, knowledge, outcome)
    if reach.purchases_since is not None:
        _ask_purchases(memory, reach.purchases_since, knowledge, outcome)
    for anchor in reach.gone:
        for said in list(memory.findings.about(anchor).values()):
            unsay(memory.findings, said, outcome, gone=True)
    return rulings


def _follow(memory: PersonMemory, settlement: Settlement, knowledge: Knowledge, outcome: Outcome) -> None:
    """The usual case: a settlement that simply follows the others, so that it alone has to be asked about."""
    rulings = _ask_settlement(memory, settlement, knowledge, outcome)
    _ask_purchases(memory, settlement.at, knowledge, outcome)
    outcome.sales = sales_told(memory, settlement.fact)
    outcome.verdict = verdict_of(settlement, _at_the_window(rulings), knowledge)


def _applicable(settlement: Settlement, history: History, knowledge: Knowledge) -> tuple[Asked, ...]:
    """The rules that may have something to say of a settlement, and are not off at its time."""
    return knowledge.asking(settlement.at).about(settlement, history)


def _ask(
    asked: Iterable[Asked], subject: Settlement, history: History, knowledge: Knowledge
) -> Iterator[Ruling]:
    """Rules about one settlement -> what fired."""
    reference = knowledge.reference
    for rule, limits in asked:
        breach = rule.find(subject, history, limits, reference)  # type: ignore[misc]  # these have one
        if breach is not None:
            yield _ruling(rule, limits, breach, subject, knowledge)


def _ruling(
    rule: Rule, limits: Limits, breach: Breach, settlement: Settlement, knowledge: Knowledge
) -> Ruling:
    case = Case(anchor=settlement.anchor, family=settlement.family)
    return Ruling(rule, breach, of_breach(rule, breach, limits, case=case, knowledge=knowledge))


def _ask_settlement(
    memory: PersonMemory, settlement: Settlement, knowledge: Knowledge, outcome: Outcome
) -> list[Ruling]:
    fired = []
    history = memory.history
    before = memory.findings.about(settlement.anchor)
    for ruling in _ask(_applicable(settlement, history, knowledge), settlement, history, knowledge):
        fired.append(ruling)
        say(memory.findings, ruling.finding, outcome)
    if before:
        for rule_id in before.keys() - {ruling.rule.id for ruling in fired}:
            unsay(memory.findings, before[rule_id], outcome)
    return fired


def _ask_stays(memory: PersonMemory, knowledge: Knowledge, outcome: Outcome) -> None:
    for rule in knowledge.stay_rules:
        found = []
        for stay in memory.history.stays:
            limits = knowledge.limits(rule, stay.admitted.begin)
            if limits is None or rule.find_stay is None:
                continue
            breach = rule.find_stay(stay, memory.history, limits, knowledge.reference)
            if breach is not None:
                case = Case(anchor=f"stay|{stay.admitted.provider}|{stay.admitted.visit}")
                found.append(of_breach(rule, breach, limits, case=case, knowledge=knowledge))
        say_instead(memory.findings, rule.id, found, outcome, of=lambda said: said.anchor.startswith("stay|"))


def _ask_checks(memory: PersonMemory, knowledge: Knowledge, outcome: Outcome) -> None:
    """The 3102 that are remembered, for the one rule that makes findings of them."""
    found: list[Finding] = []
    for check in memory.checks():
        asked = [
            one
            for one in knowledge.asking(check.at).rules
            if one[0].id == FACE_RULE and _concerns(check, one[0])
        ]
        judged = memory.history.judged(check)
        found += [ruling.finding for ruling in _ask(asked, judged, memory.history, knowledge)]
    remembered = {call_anchor(check) for check in memory.facts.all_of(OrdersChecked)}
    say_instead(memory.findings, FACE_RULE, found, outcome, of=lambda said: said.anchor in remembered)


def _ask_purchases(memory: PersonMemory, since: int, knowledge: Knowledge, outcome: Outcome) -> None:
    """Chains over a person's own purchases at pharmacies, as far back as they hang together with `since`."""
    settlements, reference = memory.history.settlements, knowledge.reference
    for rule in knowledge.purchase_rules:
        fewest, known = knowledge.fewest[rule.id], rule.id in memory.findings.by_rule
        if len(settlements) < fewest and not known:
            continue
        first = _first_of_run(settlements, since, knowledge.window_s[rule.id])
        if len(settlements) - first < fewest and not known:
            continue
        bought = {
            settlement.fact.call: settlement
            for settlement in settlements[first:]
            if not settlement.family
            and reference.is_pharmacy(settlement.fact.provider, settlement.fact.infno)
        }
        if len(bought) < fewest and not known:
            continue
        begin = settlements[first].at if first < len(settlements) else since
        sales = knowledge.in_force(rule, [settlement.fact for settlement in bought.values()])  # type: ignore[misc]  # no checks
        bursts = rule.find_bursts(sales, partial(knowledge.region.limits, rule.id), reference)  # type: ignore[misc]
        found = [_burst(rule, burst, bought, knowledge) for burst in bursts]
        say_instead(
            memory.findings,
            rule.id,
            [finding for finding in found if finding is not None],
            outcome,
            of=lambda said, begin=begin: said.occurred_at >= begin,  # type: ignore[misc]  # bound in the loop
        )


def _first_of_run(settlements: list[Settlement], since: int, gap_s: int) -> int:
    """Where the settlements begin that hang together with `since`: a window apart at most, or on one day."""
    first = len(settlements)
    while first > 0:
        at = settlements[first - 1].at
        after = settlements[first].at if first < len(settlements) else since
        if at < since and after - at > gap_s and after // DAY != at // DAY:
            break
        first -= 1
    return first


def _burst(
    rule: Rule, burst: Burst, bought: dict[tuple[str, str, str], Settlement], knowledge: Knowledge
) -> Finding | None:
    limits = knowledge.limits(rule, burst.sales[-1].at)
    if limits is None:
        return None
    lines = [
        Purchase(bought[sale.call], line)
        for sale in burst.sales
        if rule.with_lines
        for line in bought[sale.call].lines
    ]
    return of_burst(rule, burst, limits, lines=lines, knowledge=knowledge)


def _verdict_on(
    memory: PersonMemory, event: Settled, knowledge: Knowledge, asked: dict[str, list[Ruling]]
) -> Verdict:
    """The verdict of one call: on the settlement it names, as it stands now; `pass` when it does not stand."""
    anchor = settlement_anchor(event)
    settlement = memory.history.settlement(anchor)
    if settlement is None:
        return bare(event, Decision.PASS, knowledge)
    rulings = asked.get(anchor)
    if rulings is None:
        history = memory.history
        asked_now = _applicable(settlement, history, knowledge)
        rulings = list(_ask(asked_now, settlement, history, knowledge))
    if settlement.fact is not event:
        # Of one setl_id under two msgids one stands for both, and each msgid gets its own verdict.
        settlement = replace(settlement, fact=event, visit=(event.provider, event.visit), family=event.family)
    return verdict_of(settlement, _at_the_window(rulings), knowledge)


def _at_the_window(rulings: list[Ruling]) -> list[Ruling]:
    return rulings and [r for r in rulings if r.rule.kind in AT_THE_WINDOW and not r.finding.shadow]
