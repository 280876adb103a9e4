"""In two places at once (LOC-STAY-OVERLAP): two stays that share a night, or an outpatient settlement inside a stay.

The days of admission and discharge, leave from the ward and prescriptions filled outside are no contradiction.
"""

from collections.abc import Iterator

from monitor.events import DAY, FaceChecked, FaceExcused, Line
from monitor.memory.history import History
from monitor.memory.subjects import HOME_BED, Settlement, Stay, agree
from monitor.outputs import Kind
from monitor.reference import Reference
from monitor.rules.breach import Breach, own
from monitor.rules.days_of_supply import INPATIENT_INFNO
from monitor.rules.examples import (
    HOSPITAL,
    a_discharge,
    a_face_check,
    a_line,
    a_settlement,
    an_admission,
    example,
)
from monitor.rules.rule import Limits, Need, Rule, Subject, Text

LEAVE, BACK = "20", "21"
FOREVER = 1 << 60


class OverlapLimits(Limits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`open_days`: a stay without discharge lasts at most so long after its last charge."""

    open_days: int = 60


def find_stay(stay: Stay, history: History, limits: OverlapLimits, reference: Reference) -> Breach | None:
    """A stay against those that began before it."""
    if _newborn(history, stay.begin_day):
        return None
    position = history.stays.index(stay)
    others = [
        earlier
        for earlier in history.stays[:position]
        if stay.begin_day < earlier.end_day(limits.open_days)
        and earlier.begin_day < stay.end_day(limits.open_days)
        and max(stay.begin_day, earlier.begin_day)
        < min(stay.end_day(limits.open_days), earlier.end_day(limits.open_days))
    ]
    if not others:
        return None
    return Breach(
        severity=2,
        calls=[*(other.admitted for other in others), stay.admitted],
        observed=len(others) + 1,
        limit=1,
        said={"stays": len(others) + 1, "lines": 0},
    )


def find(
    settlement: Settlement, history: History, limits: OverlapLimits, reference: Reference
) -> Breach | None:
    """The lines of an outpatient or pharmacy settlement against the stays."""
    fact = settlement.fact
    if fact.infno == INPATIENT_INFNO or fact.med_type == HOME_BED or history.is_newborn_time(settlement):
        return None
    inside: dict[int, Line] = {}
    stays: list[Stay] = []
    times: list[tuple[int, Line | None]] = [
        (line.at, line) for line in settlement.judged if not line.circulated
    ]
    if not settlement.lines:
        times = [(settlement.at, None)]
    for stay in history.stays:
        if stay.visit == settlement.visit:
            continue
        covered = [(at, line) for at, line in times if stay.covers(at // DAY, limits.open_days)]
        leaves = list(_leaves(stay, history)) if covered else []
        hits = [one for one in covered if not any(left <= one[0] <= back for left, back in leaves)]
        if hits:
            stays.append(stay)
            inside.update((id(line), line) for _, line in hits if line is not None)
    if not stays:
        return None
    return Breach(
        severity=3,
        breaching=own(settlement, list(inside.values())),
        settlements=[settlement],
        calls=[stay.admitted for stay in stays],
        said={"stays": len(stays), "lines": len(inside)},
    )


def _leaves(stay: Stay, history: History) -> Iterator[tuple[int, int]]:
    """Times between a sign-out for leave (20) during the stay and the sign-in after it (21), at the stay's provider.

    A check that failed proves neither that the patient left nor that they came back; a 9602 stands for one that passed.
    """
    checks = [
        check
        for check in history.checks
        if check.provider == stay.admitted.provider
        and check.at >= stay.admitted.begin
        and (isinstance(check, FaceExcused) or check.result in FaceChecked.PASSED)
    ]
    left: FaceChecked | FaceExcused | None = None
    for check in checks:
        if left is None:
            if check.business == LEAVE and agree(check.visit, stay.admitted.visit):
                left = check
        elif check.business == BACK and agree(check.visit, left.visit):
            yield left.at, check.at
            left = None
    if left is not None:
        yield left.at, FOREVER


def _newborn(history: History, day: int) -> bool:
    return any(first <= day <= last for first, last in history.newborn_days)


RULE = Rule(
    id="LOC-STAY-OVERLAP",
    version="1.0",
    kind=Kind.LEAD,
    severity=2,
    law="《医疗保障基金使用监督管理条例》第三十八条第(一)项:挂床住院;第四十条:虚构医药服务",
    zh=Text(
        name="住院时间重叠",
        content="同一参保人住院期间另有住院或门诊、购药结算(重叠住院{stays}次)",
        evidence="与{stays}次住院时间重叠,涉及明细{lines}条",
        summary="同一参保人住院时间重叠线索{findings}条,涉及{amount}元({provider})",
    ),
    en=Text(
        name="Overlapping stays",
        content="Another stay, or an outpatient or pharmacy settlement, during a stay ({stays} stay(s) concerned)",
        evidence="Overlaps with {stays} stay(s), {lines} line(s)",
        summary="{findings} lead(s) on overlapping stays of one person, {amount} yuan ({provider})",
    ),
    limits=OverlapLimits,
    subject=Subject.PERSON,
    needs=Need.STAYS,
    find=find,
    find_stay=find_stay,
    firing=(
        example(
            "a night in two hospitals",
            an_admission("V1", at="05 09:00"),
            an_admission("V2", at="09 09:00", hospital="H43010000002"),
            a_discharge("V1", at="10 09:00"),
        ),
        example(
            "a pharmacy's sale in the middle of a stay",
            an_admission(at="05 09:00"),
            a_settlement(),
            a_discharge(at="15 09:00"),
        ),
    ),
    quiet=(
        example(
            "the drugs to take home on the day of discharge",
            an_admission(at="05 09:00"),
            a_discharge(at="10 08:00"),
            a_settlement(),
        ),
        example(
            "on leave from the ward",
            an_admission(at="05 09:00"),
            a_face_check("1", business="20", at="10 08:00", provider=HOSPITAL),
            a_settlement(),
            a_face_check("1", business="21", at="10 20:00", provider=HOSPITAL),
        ),
        example(
            "the hospital's prescription is filled outside",
            an_admission(at="05 09:00"),
            a_settlement(lines=[a_line(circulated=True)]),
        ),
        example("a home bed is no stay", an_admission(at="05 09:00", med_type="71"), a_settlement()),
        example(
            "the mother's card while her newborn is in the ward",
            an_admission("V1", "O80.0", at="05 09:00", med_type="52"),
            an_admission("V2", "P59.9", at="06 09:00"),
        ),
    ),
)
