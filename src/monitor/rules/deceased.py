"""Benefits of somebody who is dead (LOC-DECEASED): settled, and charged, after the day of death.

What was charged before death and posted late is right, and so are the lines of the stay that ended with the death.
"""

from monitor.events import DAY
from monitor.memory.history import History
from monitor.memory.subjects import Settlement
from monitor.outputs import Kind
from monitor.reference import Reference
from monitor.rules.breach import Breach, own
from monitor.rules.patient import death_day
from monitor.rules.rule import Limits, Rule, Subject, Text


def find(settlement: Settlement, history: History, limits: Limits, reference: Reference) -> Breach | None:
    """The lines after the earliest day of death known; without lines the settlement's own day."""
    died = death_day(settlement, history, reference)
    if died is None or settlement.at // DAY <= died:
        return None
    if settlement.visit in history.death_visits:
        return None
    after = [line for line in settlement.lines if line.at // DAY > died]
    if settlement.lines and not after:
        return None
    return Breach(
        severity=1,
        breaching=own(settlement, after),
        settlements=[settlement],
        amount=sum(line.amount for line in after) if after else settlement.fee,
        observed=settlement.at // DAY - died,
        limit=0,
        said={"days": settlement.at // DAY - died},
    )


RULE = Rule(
    id="LOC-DECEASED",
    version="1.0",
    kind=Kind.REJECTION,
    severity=1,
    law="《医疗保障基金使用监督管理条例》第四十条第(一)项:冒名就医、购药",
    zh=Text(
        name="死亡后享受待遇",
        content="参保人死亡{days}天后仍发生结算",
        evidence="登记死亡日期后第{days}天结算",
        summary="已登记死亡人员发生{findings}笔结算,涉及{amount}元({provider})",
    ),
    en=Text(
        name="Benefits after death",
        content="Settled {days} day(s) after the registered death of the insured",
        evidence="Settled on day {days} after the registered day of death",
        summary="{findings} settlement(s) of a deceased person, {amount} yuan ({provider})",
    ),
    subject=Subject.PERSON,
    whole=True,
    find=find,
)
