"""Settled while the register says that the cover is not in force (LOC-COVER-INACTIVE).

Cover that is paid for late counts from when it was paid for: a later status 1 that reaches back withdraws the finding.
A newborn (up to 90 days) may be registered late.
"""

from monitor.events import DAY, Insurance, RegisterRead
from monitor.memory.history import History
from monitor.memory.subjects import Settlement
from monitor.outputs import Kind
from monitor.reference import Reference
from monitor.rules.breach import Breach, own
from monitor.rules.days_of_supply import INPATIENT_INFNO
from monitor.rules.examples import a_register, a_settlement, day_of, example
from monitor.rules.patient import birth_day
from monitor.rules.rule import Limits, Need, Rule, Subject, Text

NORMAL = "1"
INACTIVE = frozenset({"0", "2", "3", "4"})
GRAVE, DOUBTFUL = 1, 2


class CoverLimits(Limits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`register_age_s`: an older register entry only makes a suspicion. `newborn_days`: quiet up to this age."""

    register_age_s: int = 86_400
    newborn_days: int = 90


def find(
    settlement: Settlement, history: History, limits: CoverLimits, reference: Reference
) -> Breach | None:
    """The latest 1101 up to the settlement decides; later ones can only clear."""
    kind, at = settlement.fact.insutype, settlement.at
    latest = history.register[-1] if history.register else None
    if latest is not None and latest.at > at:
        latest = next((read for read in reversed(history.register) if read.at <= at), None)
    if latest is None:
        return None
    paused = _inactive(latest, kind, at // DAY)
    if paused is None or settlement.takes_back or _cleared(history, kind, at):
        return None
    born = birth_day(settlement, history, reference)
    if born is not None and at // DAY - born <= limits.newborn_days:
        return None
    lines = settlement.lines
    if settlement.fact.infno == INPATIENT_INFNO and paused.paused_on is not None and lines:
        lines = [line for line in lines if line.at // DAY >= paused.paused_on]
        if not lines:
            return None
    return Breach(
        severity=DOUBTFUL if at - latest.at > limits.register_age_s else GRAVE,
        breaching=own(settlement, lines),
        settlements=[settlement],
        amount=sum(line.amount for line in lines) if lines else settlement.fee,
        said={"insutype": kind, "status": paused.status},
    )


def _inactive(read: RegisterRead, kind: str, day: int) -> Insurance | None:
    """The row that says 'not in force' on that day; None when the kind is not listed or any of its rows is in force."""
    stopped: Insurance | None = None
    for row in read.insurances:
        if row.kind == kind:
            if row.status not in INACTIVE or (row.paused_on is not None and row.paused_on > day):
                return None
            stopped = stopped or row
    return stopped


def _cleared(history: History, kind: str, at: int) -> bool:
    """Whether a later 1101 says that the cover was in force at the settlement after all."""
    return any(
        row.kind == kind and row.status == NORMAL and row.since is not None and row.since <= at // DAY
        for read in history.register
        if read.at > at
        for row in read.insurances
    )


RULE = Rule(
    id="LOC-COVER-INACTIVE",
    version="1.0",
    kind=Kind.REJECTION,
    severity=1,
    law="《中华人民共和国社会保险法》第二十三条;《医疗保障基金使用监督管理条例》第四十条",
    zh=Text(
        name="参保状态异常结算",
        content="结算时险种{insutype}的参保状态为{status}(非正常参保)",
        evidence="参保登记:险种{insutype},状态{status}(0未参保 2暂停 3无效 4终止)",
        summary="{provider} 有{findings}笔结算的参保状态异常,涉及{amount}元",
    ),
    en=Text(
        name="Cover not in force",
        content="At settlement the cover of insurance type {insutype} had status {status}, not in force",
        evidence="Register: insurance type {insutype}, status {status} (0 none, 2 paused, 3 void, 4 ended)",
        summary="{provider}: {findings} settlement(s) without cover in force, {amount} yuan",
    ),
    limits=CoverLimits,
    subject=Subject.PROVIDER,
    whole=True,
    needs=Need.REGISTER,
    find=find,
    firing=(
        example(
            "settled while the cover is paused",
            a_register(Insurance("310", "2"), at="10 08:00"),
            a_settlement(),
        ),
        example(
            "no more than a suspicion: the register was read two days before",
            a_register(Insurance("310", "4"), at="08 08:00"),
            a_settlement(),
        ),
    ),
    quiet=(
        example(
            "cover paid for late: in force again since before the settlement",
            a_register(Insurance("310", "2"), at="10 08:00"),
            a_settlement(),
            a_register(Insurance("310", "1", since=day_of("01")), at="15 08:00"),
        ),
        example(
            "a newborn who is registered late",
            a_register(Insurance("390", "0"), at="10 08:00"),
            a_settlement(insutype="390", birth_day=day_of("2026-01-20")),
        ),
        example(
            "the pause begins tomorrow",
            a_register(Insurance("310", "2", paused_on=day_of("11")), at="10 08:00"),
            a_settlement(),
        ),
        example(
            "another insurance is paused",
            a_register(Insurance("390", "2"), at="10 08:00"),
            a_settlement(),
        ),
    ),
)
