"""A drug for a certain age was given to a patient outside it (GZ10000301002000), in completed years."""

from monitor.events import DAY
from monitor.memory.history import History
from monitor.memory.subjects import Settlement
from monitor.outputs import Kind
from monitor.reference import AgeRange, Reference
from monitor.rules.breach import Breach, own
from monitor.rules.examples import (
    DRUG,
    a_diagnosis_of,
    a_line,
    a_register,
    a_settlement,
    a_visit_settlement,
    charges,
    day_of,
    example,
)
from monitor.rules.patient import birth_day, bound, completed_years, holds, range_text
from monitor.rules.rule import Limits, Rule, Text


def find(settlement: Settlement, history: History, limits: Limits, reference: Reference) -> Breach | None:
    """Each line of a drug with an age range, by the age on the day of the line."""
    restricted = {item for item in settlement.items if item in reference.drug_age}
    born = birth_day(settlement, history, reference)
    if born is None or history.is_newborn_time(settlement):
        return None
    lines = [
        line
        for line in settlement.judged
        if line.item in restricted
        and not all(
            holds(ages, completed_years(born, line.at // DAY)) for ages in reference.drug_age[line.item]
        )
    ]
    if not lines:
        return None
    age = completed_years(born, lines[0].at // DAY)
    outside = next(ages for ages in reference.drug_age[lines[0].item] if not holds(ages, age))
    return Breach(
        severity=1,
        breaching=own(settlement, lines),
        observed=age,
        limit=bound(outside, age),
        said={"item": lines[0].item, "age": age, "range": range_text(outside)},
    )


RULE = Rule(
    id="GZ10000301002000",
    version="1.0",
    kind=Kind.REJECTION,
    severity=1,
    law="《医疗保障基金使用监督管理条例》第三十八条;药品说明书用法用量",
    zh=Text(
        name="药品限年龄",
        content="药品{item}限{range}岁使用,患者{age}岁",
        evidence="药品{item}的年龄范围为{range}岁,患者{age}周岁",
        summary="{provider} 有{findings}笔结算药品与患者年龄不符,涉及{amount}元",
    ),
    en=Text(
        name="Drug limited by age",
        content="Drug {item} is for ages {range}; the patient is {age}",
        evidence="Drug {item}: ages {range}; the patient is {age} completed years",
        summary="{provider}: {findings} settlement(s) with drugs outside their age range, {amount} yuan",
    ),
    about_patient=True,
    table="drug_age",
    find=find,
    firing=(
        example(
            "a children's drug on the day of the 18th birthday",
            a_settlement(birth_day=day_of("2008-03-10")),
            drug_age={DRUG: (AgeRange(None, 17),)},
        ),
        example(
            "a drug for adults, the birth date from the register",
            a_register(at="09 09:00", birth_day=day_of("2015-06-01")),
            a_settlement(),
            drug_age={DRUG: (AgeRange(18, None),)},
        ),
    ),
    quiet=(
        example(
            "the last day before the 18th birthday",
            a_settlement(birth_day=day_of("2008-03-11")),
            drug_age={DRUG: (AgeRange(None, 17),)},
        ),
        example(
            "a newborn is treated on the mother's card",
            a_diagnosis_of("P59.9"),
            charges(a_line()),
            a_visit_settlement(birth_day=day_of("1995-01-01")),
            drug_age={DRUG: (AgeRange(None, 17),)},
        ),
        example("nobody knows the age", a_settlement(), drug_age={DRUG: (AgeRange(None, 17),)}),
    ),
)
