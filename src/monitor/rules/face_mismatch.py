"""The face did not match the card, and then the card was used (LOC-FACE-MISMATCH).

A check that is under review (3), a special registration (4, 9602) or a later pass clears it. Cameras that look unnoticed are
often wrong, so only checks at admission, outpatient windows and the purchase of drugs can refuse money.
"""

from bisect import bisect_left, bisect_right

from monitor.events import FaceChecked, FaceExcused
from monitor.memory.history import History
from monitor.memory.subjects import Settlement, agree
from monitor.outputs import Kind
from monitor.reference import Reference
from monitor.rules.breach import Breach, own
from monitor.rules.days_of_supply import INPATIENT_INFNO
from monitor.rules.examples import (
    HOSPITAL,
    a_face_check,
    a_face_excuse,
    a_line,
    a_settlement,
    a_visit_settlement,
    example,
    orders,
)
from monitor.rules.rule import Limits, Need, Rule, Subject, Text

AT_THE_WINDOW = frozenset({"12", "14", "15"})
"""recog_biz: admission, outpatient, drug purchase."""


class FaceLimits(Limits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`within_s`: so long a failed check, and a special registration, concern a settlement."""

    within_s: int = 86_400


def find(settlement: Settlement, history: History, limits: FaceLimits, reference: Reference) -> Breach | None:
    """The failures of the day before that nothing cleared."""
    failed: list[FaceChecked] = []
    excuses: list[FaceExcused] = []
    first = bisect_left(history.checks, settlement.at - limits.within_s, key=_at)
    for check in history.checks[first : bisect_right(history.checks, settlement.at, key=_at)]:
        if check.provider != settlement.fact.provider or not agree(check.visit, settlement.fact.visit):
            continue
        if type(check) is FaceExcused:
            excuses.append(check)
        elif type(check) is FaceChecked and check.result in FaceChecked.FAILED:
            failed.append(check)
        elif type(check) is FaceChecked and check.result in FaceChecked.PASSED:
            failed = [f for f in failed if not agree(f.visit, check.visit)]
    # A settlement that names no visit agrees with every call, which does not make those agree among themselves.
    failed = [f for f in failed if not any(agree(f.visit, excuse.visit) for excuse in excuses)]
    if not failed or settlement.takes_back:
        return None
    last = next((f for f in reversed(failed) if f.business in AT_THE_WINDOW), failed[-1])
    doubtful = settlement.fact.infno == INPATIENT_INFNO or last.business not in AT_THE_WINDOW
    return Breach(
        severity=2 if doubtful else 1,
        breaching=own(settlement),
        settlements=[settlement],
        calls=[last],
        amount=settlement.total,
        said={"business": last.business, "minutes": (settlement.at - last.at) // 60},
    )


def _at(check: FaceChecked | FaceExcused) -> int:
    return check.at


RULE = Rule(
    id="LOC-FACE-MISMATCH",
    version="1.0",
    kind=Kind.MISMATCH,
    severity=1,
    law="《医疗保障基金使用监督管理条例》第四十条第(一)项、第四十一条:冒名就医、购药",
    zh=Text(
        name="人脸核验不符",
        content="人脸核验未通过(业务{business})后{minutes}分钟内使用该参保人凭证结算,请核对就诊人身份",
        evidence="人脸核验业务{business}结果未通过,之后无通过、审核中或特殊登记记录",
        summary="{provider} 人脸核验未通过后结算{findings}笔,涉及{amount}元,疑似冒名就医",
    ),
    en=Text(
        name="Face does not match",
        content="Settled {minutes} minute(s) after a failed face check (business {business}); please verify the patient",
        evidence="Face check of business {business} failed; no pass, review or special registration after it",
        summary="{provider}: {findings} settlement(s) after a failed face check, {amount} yuan, impersonation suspected",
    ),
    limits=FaceLimits,
    subject=Subject.PERSON_AT_PROVIDER,
    whole=True,
    needs=Need.CHECKS,
    find=find,
    firing=(
        example(
            "a stranger's face, and the card buys half an hour later",
            a_face_check("2", at="10 08:30"),
            a_settlement(),
        ),
        example(
            "orders of a doctor after a failed sign-in",
            a_face_check("0", at="10 08:30", business="14", provider=HOSPITAL),
            orders(a_line(), at="10 09:00"),
        ),
        example(
            "the pass belongs to another visit",
            a_face_check("0", at="10 08:30", business="14", provider=HOSPITAL, visit="V1"),
            a_face_check("1", at="10 08:40", business="14", provider=HOSPITAL, visit="V2"),
            a_visit_settlement(visit="V1"),
        ),
    ),
    quiet=(
        example(
            "a mask was taken off: the second check passes",
            a_face_check("0", at="10 08:30"),
            a_face_check("1", at="10 08:31"),
            a_settlement(),
        ),
        example(
            "the check is under review",
            a_face_check("0", at="10 08:30"),
            a_face_check("3", at="10 08:35"),
            a_settlement(),
        ),
        example(
            "registered by hand instead, that morning",
            a_face_excuse(at="10 08:00"),
            a_face_check("0", at="10 08:30"),
            a_settlement(),
        ),
        example("more than a day ago", a_face_check("0", at="09 08:59"), a_settlement()),
        example(
            "at another pharmacy", a_face_check("0", at="10 08:30", provider="P43010000002"), a_settlement()
        ),
    ),
)
