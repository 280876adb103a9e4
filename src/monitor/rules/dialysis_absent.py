"""Dialysis was charged on a day on which nobody saw the patient come (LOC-DIALYSIS-ABSENT).

Only for providers that sign their patients in by face; a special registration stands for a check.
"""

from monitor.events import DAY, FaceChecked, FaceExcused
from monitor.memory.history import History
from monitor.memory.subjects import Settlement
from monitor.outputs import Kind
from monitor.reference import Provider, Reference
from monitor.rules.breach import Breach, own
from monitor.rules.examples import (
    HOSPITAL,
    a_face_check,
    a_face_excuse,
    a_line,
    a_visit_settlement,
    charges,
    example,
)
from monitor.rules.rule import Limits, Rule, Text

TREATMENT = frozenset({"16", "17"})
"""recog_biz: sign-in and sign-out of an examination or treatment."""


def find(settlement: Settlement, history: History, limits: Limits, reference: Reference) -> Breach | None:
    """Each line with a dialysis item, by its own day."""
    provider = settlement.fact.provider
    entry = reference.providers.get(provider)
    if entry is None or not entry.face_check:
        return None
    seen = {
        check.at // DAY
        for check in history.checks
        if check.provider == provider
        and (
            type(check) is FaceExcused
            or (
                type(check) is FaceChecked
                and check.business in TREATMENT
                and check.result in FaceChecked.PASSED
            )
        )
    }
    absent = [
        line
        for line in settlement.judged
        if line.item in reference.dialysis_items and line.at // DAY not in seen
    ]
    if not absent:
        return None
    days = len({line.at // DAY for line in absent})
    return Breach(
        severity=2,
        breaching=own(settlement, absent),
        observed=days,
        limit=0,
        said={"item": absent[0].item, "days": days},
    )


RULE = Rule(
    id="LOC-DIALYSIS-ABSENT",
    version="1.0",
    kind=Kind.MISMATCH,
    severity=2,
    law="《医疗保障基金使用监督管理条例》第四十条第(三)项:虚构医药服务项目",
    zh=Text(
        name="透析未到场",
        content="透析项目{item}收费当日无本人签到记录({days}天)",
        evidence="项目{item}收费{days}天,当日无签到、签退通过或特殊登记记录",
        summary="{provider} 有{findings}笔透析收费当日无签到,涉及{amount}元",
    ),
    en=Text(
        name="Dialysis without presence",
        content="Dialysis item {item} charged on {days} day(s) without a sign-in of the patient",
        evidence="Item {item}: {days} day(s) without a passed sign-in, sign-out or special registration",
        summary="{provider}: {findings} settlement(s) charge dialysis without a sign-in, {amount} yuan",
    ),
    table="dialysis_items",
    find=find,
    firing=(
        example(
            "dialysis is charged, and nobody signed in",
            charges(a_line("DIALYSIS")),
            a_visit_settlement(),
            dialysis_items=frozenset({"DIALYSIS"}),
            providers={HOSPITAL: Provider(code=HOSPITAL, face_check=True)},
        ),
        example(
            "the sign-in failed, and the one that passed was on another day",
            a_face_check("1", at="09 08:00", business="16", provider=HOSPITAL),
            a_face_check("0", at="10 08:00", business="16", provider=HOSPITAL),
            charges(a_line("DIALYSIS")),
            a_visit_settlement(),
            dialysis_items=frozenset({"DIALYSIS"}),
            providers={HOSPITAL: Provider(code=HOSPITAL, face_check=True)},
        ),
    ),
    quiet=(
        example(
            "signed out by face that day",
            charges(a_line("DIALYSIS")),
            a_face_check("1", at="10 13:00", business="17", provider=HOSPITAL),
            a_visit_settlement(at="10 14:00"),
            dialysis_items=frozenset({"DIALYSIS"}),
            providers={HOSPITAL: Provider(code=HOSPITAL, face_check=True)},
        ),
        example(
            "declined the camera and was registered by hand",
            a_face_excuse(at="10 08:00", provider=HOSPITAL),
            charges(a_line("DIALYSIS")),
            a_visit_settlement(),
            dialysis_items=frozenset({"DIALYSIS"}),
            providers={HOSPITAL: Provider(code=HOSPITAL, face_check=True)},
        ),
        example(
            "a hospital without cameras",
            charges(a_line("DIALYSIS")),
            a_visit_settlement(),
            dialysis_items=frozenset({"DIALYSIS"}),
            providers={HOSPITAL: Provider(code=HOSPITAL)},
        ),
    ),
)
