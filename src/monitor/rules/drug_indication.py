"""A drug that is paid for certain diagnoses only was sold without one of them (GZ10000101008000).

No diagnosis known says nothing about the patient, so the rule is quiet then.
"""

from monitor.memory.history import History
from monitor.memory.subjects import Settlement
from monitor.outputs import Kind
from monitor.reference import Reference
from monitor.rules.breach import Breach, own
from monitor.rules.examples import (
    DRUG,
    a_diagnosis_of,
    a_line,
    a_settlement,
    a_visit_settlement,
    charges,
    example,
)
from monitor.rules.rule import Limits, Rule, Text


def find(settlement: Settlement, history: History, limits: Limits, reference: Reference) -> Breach | None:
    """Each line of a drug with an indication table, against all diagnoses known of the visit."""
    restricted = {item for item in settlement.items if item in reference.drug_indication}
    known = [diagnosis.code for diagnosis in history.diagnoses(settlement)]
    if not known:
        return None
    outside = {
        drug for drug in restricted if not any(c.startswith(reference.drug_indication[drug]) for c in known)
    }
    lines = [line for line in settlement.judged if line.item in outside]
    if not lines:
        return None
    drug = lines[0].item
    return Breach(
        severity=1,
        breaching=own(settlement, lines),
        said={
            "item": drug,
            "known": ",".join(known[:5]),
            "allowed": ",".join(reference.drug_indication[drug][:10]),
        },
    )


RULE = Rule(
    id="GZ10000101008000",
    version="1.0",
    kind=Kind.REJECTION,
    severity=1,
    law="《基本医疗保险用药管理暂行办法》第二十三条;《医疗保障基金使用监督管理条例》第三十八条",
    zh=Text(
        name="药品限适应症",
        content="药品{item}限{allowed}支付,本次诊断为{known}",
        evidence="药品{item}的限定支付诊断:{allowed};本次就诊诊断:{known}",
        summary="{provider} 有{findings}笔结算超限定适应症用药,涉及{amount}元",
    ),
    en=Text(
        name="Drug limited to indications",
        content="Drug {item} is paid for {allowed} only; the diagnoses of the visit are {known}",
        evidence="Drug {item}: allowed diagnoses {allowed}; known of this visit {known}",
        summary="{provider}: {findings} settlement(s) with drugs outside their indication, {amount} yuan",
    ),
    about_patient=True,
    table="drug_indication",
    find=find,
    firing=(
        example(
            "the visit is for high blood pressure only",
            a_diagnosis_of("I10"),
            charges(a_line()),
            a_visit_settlement(),
            drug_indication={DRUG: ("E10", "E11")},
        ),
        example(
            "the pharmacy itself names another disease",
            a_settlement(disease="J06.9"),
            drug_indication={DRUG: ("E10", "E11")},
        ),
        example(
            "another hospital knows a diagnosis that would allow it, under the same visit number",
            a_diagnosis_of("E11.9", hospital="H43010000002"),
            a_diagnosis_of("I10"),
            charges(a_line()),
            a_visit_settlement(),
            drug_indication={DRUG: ("E10", "E11")},
        ),
    ),
    quiet=(
        example("no diagnosis is known", a_settlement(), drug_indication={DRUG: ("E10", "E11")}),
        example(
            "one diagnosis among others allows it, sent after the settlement",
            charges(a_line()),
            a_visit_settlement(),
            a_diagnosis_of("I10", "E11.901", at="10 15:00"),
            drug_indication={DRUG: ("E10", "E11")},
        ),
        example(
            "the drug is paid for any disease",
            a_settlement(disease="I10"),
            drug_indication={"XB00000001": ("E11",)},
        ),
    ),
)
