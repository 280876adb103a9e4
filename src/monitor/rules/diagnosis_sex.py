"""A diagnosis that the patient's sex cannot have (GZ10000204006000): mostly an error of data entry, so a reminder."""

from monitor.memory.history import History
from monitor.memory.subjects import Settlement
from monitor.outputs import Kind
from monitor.reference import Reference
from monitor.rules.breach import Breach
from monitor.rules.examples import (
    a_compensation,
    a_diagnosis_of,
    a_line,
    a_visit_settlement,
    charges,
    example,
)
from monitor.rules.patient import gender
from monitor.rules.rule import Limits, Rule, Text

OTHER_SEX = {"1": "2", "2": "1"}


def find(settlement: Settlement, history: History, limits: Limits, reference: Reference) -> Breach | None:
    """All diagnoses known of the visit."""
    known = history.diagnoses(settlement)
    if not known:
        return None
    other = OTHER_SEX.get(gender(settlement, history, reference), "")
    prefixes = reference.prefixes_of_sex.get(other)
    if not prefixes:
        return None
    wrong = [diagnosis.code for diagnosis in known if diagnosis.code.startswith(prefixes)]
    if not wrong:
        return None
    return Breach(severity=2, settlements=[settlement], said={"code": ",".join(wrong[:5])})


RULE = Rule(
    id="GZ10000204006000",
    version="1.0",
    kind=Kind.REMINDER,
    severity=2,
    law="《医疗保障定点医疗机构智能审核规则库》:诊断与性别不符",
    zh=Text(
        name="诊断与性别不符",
        content="诊断{code}与患者性别不符,请核对诊断编码",
        evidence="诊断{code}限另一性别",
        summary="{provider} 有{findings}次就诊诊断与性别不符",
    ),
    en=Text(
        name="Diagnosis against sex",
        content="Diagnosis {code} does not fit the patient's sex; please check the code",
        evidence="Diagnosis {code} belongs to the other sex",
        summary="{provider}: {findings} visit(s) with a diagnosis against the patient's sex",
    ),
    about_patient=True,
    diagnoses="diagnosis_sex",
    find=find,
    firing=(
        example(
            "a delivery on a man's card",
            a_diagnosis_of("O80.9"),
            charges(a_line()),
            a_visit_settlement(gender="1"),
            diagnosis_sex=(("O", "2"),),
        ),
        example(
            "a prostate on a woman's card, told after the settlement",
            charges(a_line()),
            a_visit_settlement(gender="2"),
            a_diagnosis_of("N40", at="11 09:00"),
            diagnosis_sex=(("O", "2"), ("N40", "1")),
        ),
    ),
    quiet=(
        example(
            "a delivery on a woman's card",
            a_diagnosis_of("O80.9"),
            charges(a_line()),
            a_visit_settlement(gender="2"),
            diagnosis_sex=(("O", "2"),),
        ),
        example(
            "a visit that was cancelled had no diagnosis",
            a_diagnosis_of("O80.9"),
            a_compensation(a_diagnosis_of("O80.9"), at="10 08:40"),
            charges(a_line()),
            a_visit_settlement(gender="1"),
            diagnosis_sex=(("O", "2"),),
        ),
    ),
)
