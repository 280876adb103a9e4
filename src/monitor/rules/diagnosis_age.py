"""A diagnosis that the patient's age cannot have (GZ10000204007000): mostly an error of data entry, so a reminder."""

from monitor.events import DAY
from monitor.memory.history import History
from monitor.memory.subjects import Settlement
from monitor.outputs import Kind
from monitor.reference import AgeRange, Reference
from monitor.rules.breach import Breach
from monitor.rules.examples import (
    a_diagnosis_of,
    a_line,
    a_settlement,
    a_visit_settlement,
    charges,
    day_of,
    example,
)
from monitor.rules.patient import birth_day, bound, completed_years, holds, range_text
from monitor.rules.rule import Limits, Rule, Text


def find(settlement: Settlement, history: History, limits: Limits, reference: Reference) -> Breach | None:
    """All diagnoses known of the visit, by the age at the settlement."""
    if not reference.diagnosis_age:
        return None
    known = history.diagnoses(settlement)
    if not known:
        return None
    born = birth_day(settlement, history, reference)
    if born is None:
        return None
    age = completed_years(born, settlement.at // DAY)
    for prefix, ages in reference.diagnosis_age:
        for diagnosis in known:
            if diagnosis.code.startswith(prefix) and not holds(ages, age):
                if history.is_newborn_time(settlement):
                    return None
                return Breach(
                    severity=2,
                    settlements=[settlement],
                    observed=age,
                    limit=bound(ages, age),
                    said={"code": diagnosis.code, "age": age, "range": range_text(ages)},
                )
    return None


RULE = Rule(
    id="GZ10000204007000",
    version="1.0",
    kind=Kind.REMINDER,
    severity=2,
    law="《医疗保障定点医疗机构智能审核规则库》:诊断与年龄不符",
    zh=Text(
        name="诊断与年龄不符",
        content="诊断{code}适用于{range}岁,患者{age}岁,请核对诊断编码",
        evidence="诊断{code}的年龄范围为{range}岁,患者{age}周岁",
        summary="{provider} 有{findings}次就诊诊断与年龄不符",
    ),
    en=Text(
        name="Diagnosis against age",
        content="Diagnosis {code} belongs to ages {range}, the patient is {age}; please check the code",
        evidence="Diagnosis {code}: ages {range}; the patient is {age} completed years",
        summary="{provider}: {findings} visit(s) with a diagnosis against the patient's age",
    ),
    about_patient=True,
    diagnoses="diagnosis_age",
    find=find,
    firing=(
        example(
            "a child with an old man's disease",
            a_diagnosis_of("N40"),
            charges(a_line()),
            a_visit_settlement(birth_day=day_of("2016-01-01")),
            diagnosis_age=(("N40", AgeRange(18, None)),),
        ),
        example(
            "the pharmacy names a disease of children for a grown-up",
            a_settlement(disease="F80.1", birth_day=day_of("1980-01-01")),
            diagnosis_age=(("F80", AgeRange(None, 18)),),
        ),
    ),
    quiet=(
        example(
            "a newborn's disease on the mother's card",
            a_diagnosis_of("P59.9"),
            charges(a_line()),
            a_visit_settlement(birth_day=day_of("1995-01-01")),
            diagnosis_age=(("P", AgeRange(None, 0)),),
        ),
        example(
            "the age at the end of the range",
            a_settlement(disease="F80.1", birth_day=day_of("2007-03-11")),
            diagnosis_age=(("F80", AgeRange(None, 18)),),
        ),
    ),
)
