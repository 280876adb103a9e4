"""From findings to the answer that a hospital receives: decision, amount refused, national `result` objects, appeal."""

from collections.abc import Sequence

from msgspec import Struct

from monitor.events import DAY, OrdersChecked, Settled
from monitor.forms import Appeal, Result
from monitor.ids import jr_id, verdict_id
from monitor.knowledge import Knowledge
from monitor.memory.subjects import Settlement
from monitor.outputs import Decision, Finding, Kind, Verdict, rfc3339, yuan
from monitor.rules.breach import Breach
from monitor.rules.rule import Rule

BEFORE_ORDER = "3101"
CONTENT_MAX = 500
AT_THE_WINDOW = frozenset({Kind.REMINDER, Kind.REJECTION, Kind.MISMATCH})
"""Leads and bursts are for the bureau, not for the window."""

VISIT, ITEM = "1", "2"
"""vola_bhvr_type: the breach concerns the visit, or items of it."""
BREACHING, INVOLVED = "1", "2"
"""vola_item_type."""
AMOUNT_KNOWN, AMOUNT_NONE = "1", "0"
"""vola_amt_stas: whether the amount is determined."""

APPEAL = {
    "zh": "如对本次审核结果有异议,请于截止时间前凭编号向医保经办机构申诉,并提交病历等证明材料。",
    "en": "If you disagree, appeal to the insurance office before the date given, with the reference and your records.",
}


class Ruling(Struct, frozen=True, gc=False):
    """A rule that fired on the settlement or the orders at hand."""

    rule: Rule
    breach: Breach
    finding: Finding


def verdict_of(settlement: Settlement, rulings: Sequence[Ruling], knowledge: Knowledge) -> Verdict:
    """The verdict on a settlement or a check; `rulings` are those for the window, none in shadow."""
    fact = settlement.fact
    decision = _decision(fact.infno, rulings)
    if decision is Decision.PASS:
        return bare(fact, decision, knowledge)
    refused = _refused(settlement, rulings) if decision is Decision.REJECT else 0
    results = tuple(_result(settlement, ruling, knowledge) for ruling in rulings)
    return Verdict(
        verdict_id=verdict_id(fact.provider, fact.infno, fact.msgid),
        msgid=fact.msgid,
        infno=fact.infno,
        provider=fact.provider,
        person=fact.person,
        visit=fact.visit,
        at=fact.at,
        decision=decision,
        amount_refused=refused,
        results=results,
        rules_version=knowledge.rules_version,
        appeal=_appeal(fact, rulings, results, knowledge) if decision is Decision.REJECT else None,
        fund_at_issue=min(refused, fact.fund) if type(fact) is Settled else None,
    )


def bare(fact: Settled | OrdersChecked, decision: Decision, knowledge: Knowledge) -> Verdict:
    """A verdict without results: `pass` for what no longer stands, `unchecked` when the audit itself failed."""
    return Verdict(
        verdict_id=verdict_id(fact.provider, fact.infno, fact.msgid),
        msgid=fact.msgid,
        infno=fact.infno,
        provider=fact.provider,
        person=fact.person,
        visit=fact.visit,
        at=fact.at,
        decision=decision,
        rules_version=knowledge.rules_version,
        fund_at_issue=0 if type(fact) is Settled else None,
    )


def _decision(infno: str, rulings: Sequence[Ruling]) -> Decision:
    if not rulings:
        return Decision.PASS
    if infno != BEFORE_ORDER and any(ruling.finding.severity == 1 for ruling in rulings):
        return Decision.REJECT
    return Decision.REMIND


def _refused(settlement: Settlement, rulings: Sequence[Ruling]) -> int:
    """Each line once, however many rules it breaks; without a line known, the whole settlement."""
    lines: dict[str, int] = {}
    for ruling in rulings:
        if ruling.finding.severity != 1:
            continue
        if not ruling.breach.breaching:
            return settlement.total
        lines.update((bought.line.number, bought.line.amount) for bought in ruling.breach.breaching)
    return sum(lines.values())


def _result(settlement: Settlement, ruling: Ruling, knowledge: Knowledge) -> Result:
    fact, finding, text = settlement.fact, ruling.finding, ruling.rule.text(knowledge.language)
    name = jr_id(ruling.rule.id, fact.provider, fact.infno, fact.msgid, tokens=knowledge.tokens)
    return {
        "jr_id": name,
        "rule_id": ruling.rule.id,
        "rule_name": text.name[:200],
        "vola_cont": text.content.format(**ruling.breach.said)[:CONTENT_MAX],
        "patn_id": fact.person,
        "mdtrt_id": fact.visit,
        "judge_result_detail_dtos": [
            {
                "jrd_id": f"{name}-{number}",
                "patn_id": fact.person,
                "mdtrt_id": fact.visit,
                "rx_id": line.number,
                "vola_item_type": BREACHING if line.breaching else INVOLVED,
                "vola_amt": yuan(line.amount),
            }
            for number, line in enumerate(finding.lines, start=1)
        ],
        "vola_amt": yuan(finding.amount),
        "vola_amt_stas": AMOUNT_KNOWN if finding.amount else AMOUNT_NONE,
        "sev_deg": str(finding.severity),
        "vola_evid": text.evidence.format(**ruling.breach.said)[:CONTENT_MAX],
        "vola_bhvr_type": VISIT if ruling.rule.whole or not ruling.breach.breaching else ITEM,
        "task_id": fact.task_id if type(fact) is OrdersChecked else "",
    }


def _appeal(
    fact: Settled | OrdersChecked,
    rulings: Sequence[Ruling],
    results: Sequence[Result],
    knowledge: Knowledge,
) -> Appeal:
    """How to object, by the first result that refuses money."""
    reference = next(
        result["jr_id"]
        for ruling, result in zip(rulings, results, strict=True)
        if ruling.finding.severity == 1
    )
    last_second = (fact.at // DAY + knowledge.appeal.days + 1) * DAY - 1
    return {
        "text": APPEAL[knowledge.language],
        "contact": knowledge.appeal.contact,
        "until": rfc3339(last_second),
        "reference": reference,
    }
