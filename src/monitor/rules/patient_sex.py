"""A drug for one sex was given to the other (GZ10000301004000)."""

from monitor.memory.history import History
from monitor.memory.subjects import Settlement
from monitor.outputs import Kind
from monitor.reference import Reference
from monitor.rules.breach import Breach, own
from monitor.rules.examples import DRUG, a_register, a_settlement, example
from monitor.rules.patient import gender
from monitor.rules.rule import Limits, Rule, Text

ZH = {"1": "男性", "2": "女性"}
EN = {"1": "men", "2": "women"}


def find(settlement: Settlement, history: History, limits: Limits, reference: Reference) -> Breach | None:
    """Each line of a drug that is for one sex only."""
    restricted = {item for item in settlement.items if item in reference.drug_sex}
    sex = gender(settlement, history, reference)
    if not sex:
        return None
    lines = [
        line for line in settlement.judged if line.item in restricted and reference.drug_sex[line.item] != sex
    ]
    if not lines:
        return None
    allowed = reference.drug_sex[lines[0].item]
    return Breach(
        severity=1,
        breaching=own(settlement, lines),
        said={
            "item": lines[0].item,
            "allowed_zh": ZH.get(allowed, allowed),
            "allowed_en": EN.get(allowed, allowed),
        },
    )


RULE = Rule(
    id="GZ10000301004000",
    version="1.0",
    kind=Kind.REJECTION,
    severity=1,
    law="《医疗保障基金使用监督管理条例》第三十八条;药品说明书适用人群",
    zh=Text(
        name="药品限性别",
        content="药品{item}限{allowed_zh}使用,与患者性别不符",
        evidence="药品{item}限{allowed_zh}使用",
        summary="{provider} 有{findings}笔结算药品与患者性别不符,涉及{amount}元",
    ),
    en=Text(
        name="Drug limited by sex",
        content="Drug {item} is for {allowed_en} only, against the patient's sex",
        evidence="Drug {item} is for {allowed_en} only",
        summary="{provider}: {findings} settlement(s) with drugs against the patient's sex, {amount} yuan",
    ),
    about_patient=True,
    table="drug_sex",
    find=find,
    firing=(
        example("a drug for women is sold to a man", a_settlement(gender="1"), drug_sex={DRUG: "2"}),
        example(
            "the call says nothing of the sex, the register does",
            a_register(at="09 09:00", gender="1"),
            a_settlement(),
            drug_sex={DRUG: "2"},
        ),
        example(
            "no more than a suspicion when a relative's account paid",
            a_settlement(gender="1", family=True),
            drug_sex={DRUG: "2"},
        ),
    ),
    quiet=(
        example("the right sex", a_settlement(gender="2"), drug_sex={DRUG: "2"}),
        example("a sex that is neither says nothing", a_settlement(gender="9"), drug_sex={DRUG: "2"}),
    ),
)
