"""Benefits of somebody who is dead (LOC-DECEASED): settled, and charged, after the day of death.

What was charged before death and posted late is right, and so are the lines of the stay that ended with the death.
"""

from monitor.events import DAY
from monitor.memory.history import History
from monitor.memory.subjects import Settlement
from monitor.outputs import Kind
from monitor.reference import Reference
from monitor.rules.breach import Breach, own
from monitor.rules.examples import (
    a_discharge,
    a_line,
    a_register,
    a_settlement,
    a_stay_settlement,
    a_visit_settlement,
    an_admission,
    charges,
    day_of,
    example,
)
from monitor.rules.patient import death_day
from monitor.rules.rule import Limits, Need, Rule, Subject, Text


def find(settlement: Settlement, history: History, limits: Limits, reference: Reference) -> Breach | None:
    """The lines after the earliest day of death known; without lines the settlement's own day."""
    if history.death_day is None and settlement.fact.person not in reference.persons:
        return None
    died = death_day(settlement, history, reference)
    if died is None or settlement.at // DAY <= died:
        return None
    if settlement.visit in history.death_visits:
        return None
    after = [line for line in settlement.lines if line.at // DAY > died]
    if settlement.lines and all(line.takes_back for line in after):
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
    needs=Need.DEATH,
    find=find,
    firing=(
        example(
            "the card buys on the day after the death",
            a_register(at="09 15:00", death_day=day_of("09")),
            a_settlement(),
        ),
        example(
            "the death is registered later",
            a_settlement(),
            a_register(at="20 15:00", death_day=day_of("08")),
        ),
        example(
            "died in one hospital, treated in another",
            a_discharge("V1", at="09 10:00", death_day=day_of("09")),
            charges(a_line(), visit="V2", hospital="H43010000002"),
            a_visit_settlement(visit="V2", hospital="H43010000002"),
        ),
    ),
    quiet=(
        example(
            "charged before the death, settled after it",
            charges(a_line(at="08 09:00"), at="08 09:00"),
            a_register(at="09 15:00", death_day=day_of("09")),
            a_visit_settlement(),
        ),
        example(
            "the stay that ended with the death is settled days later",
            an_admission(at="05 09:00"),
            charges(a_line(), at="10 09:00"),
            a_discharge(at="10 09:30", end="09 08:00", death_day=day_of("09")),
            a_stay_settlement(at="12 10:00"),
        ),
        example(
            "on the day of the death itself",
            a_register(at="10 15:00", death_day=day_of("10")),
            a_settlement(),
        ),
    ),
)
