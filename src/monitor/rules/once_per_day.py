"""An item that can be charged once a day (bed, nursing) was charged more often (GZ10000102012000).

Lines of a stay are measured against the whole stay: three bed days entered on one day are right when three days have
passed. A newborn is billed on the mother's card, so two beds a day are right there.
"""

from monitor.events import COUNT_UNIT, DAY
from monitor.memory.history import History
from monitor.memory.subjects import Purchase, Settlement
from monitor.outputs import Kind, number
from monitor.reference import Reference
from monitor.rules.breach import Breach, count_text
from monitor.rules.examples import (
    a_diagnosis_of,
    a_line,
    a_stay_settlement,
    a_visit_settlement,
    an_admission,
    charges,
    example,
)
from monitor.rules.rule import Limits, Rule, Text


class OnceLimits(Limits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`times`: charges of an item a calendar day."""

    times: int = 1


def find(settlement: Settlement, history: History, limits: OnceLimits, reference: Reference) -> Breach | None:
    """The line that brings the day's sum above the limit breaches whole; the ones before it are involved."""
    if history.is_newborn_time(settlement):
        return None
    breaching: dict[tuple[str, int], Purchase] = {}
    involved: dict[int, Purchase] = {}
    highest, worst = 0, None
    most = limits.times * COUNT_UNIT
    for item in sorted(reference.once_per_day & settlement.items):
        bought = [
            one
            for one in history.purchases(item, settlement)
            if one.settlement.fact.provider == settlement.fact.provider
        ]
        for index, one in enumerate(bought):
            if one.settlement is not settlement or one.line.count <= 0:
                continue
            same_day = [p for p in bought[: index + 1] if p.line.at // DAY == one.line.at // DAY]
            total = sum(p.line.count for p in same_day)
            if total <= most or _within_stay(one, bought[: index + 1], history, limits):
                continue
            breaching[one.line.number, one.line.at] = one
            involved.update((id(p.line), p) for p in same_day)
            if total > highest:
                highest, worst = total, one.line
    if worst is None:
        return None
    own = list(breaching.values())
    broken = {id(p.line) for p in own}
    return Breach(
        severity=1,
        breaching=own,
        involved=[p for key, p in involved.items() if key not in broken],
        observed=number(highest, COUNT_UNIT),
        limit=limits.times,
        said={"item": worst.item, "times": count_text(highest), "limit": limits.times},
    )


def _within_stay(one: Purchase, upto: list[Purchase], history: History, limits: OnceLimits) -> bool:
    visit = one.settlement.visit
    stay = history.stay_of(visit)
    if stay is None:
        return False
    days = one.line.at // DAY - stay.begin_day + 1
    total = sum(p.line.count for p in upto if p.settlement.visit == visit)
    return total <= days * limits.times * COUNT_UNIT


RULE = Rule(
    id="GZ10000102012000",
    version="1.0",
    kind=Kind.REJECTION,
    severity=1,
    law="《医疗保障基金使用监督管理条例》第三十八条第(三)项:重复收费",
    zh=Text(
        name="项目重复收费",
        content="按日收费项目{item}同一天收费{times}次,限{limit}次",
        evidence="项目{item}在同一机构同一天累计{times}次,超过每日{limit}次",
        summary="{provider} 有{findings}笔结算重复收取按日项目,涉及{amount}元",
    ),
    en=Text(
        name="Item charged twice",
        content="Item {item}, charged by the day, was charged {times} times on one day; the limit is {limit}",
        evidence="Item {item}: {times} on one day at this institution, limit {limit} a day",
        summary="{provider}: {findings} settlement(s) charge a daily item more than once a day, {amount} yuan",
    ),
    limits=OnceLimits,
    table="once_per_day",
    find=find,
    firing=(
        example(
            "two beds on one day",
            charges(a_line("BED", "1"), a_line("BED", "2")),
            a_visit_settlement(),
            once_per_day=frozenset({"BED"}),
        ),
        example(
            "one line that counts two nursing days, on the first day of a stay",
            an_admission(at="10 08:00"),
            charges(a_line("NURSING", count="2")),
            a_stay_settlement(),
            once_per_day=frozenset({"NURSING"}),
        ),
        example(
            "the second one comes with the visit's second settlement",
            charges(a_line("BED", "1")),
            a_visit_settlement("S1"),
            charges(a_line("BED", "2"), at="10 11:00"),
            a_visit_settlement("S2", at="10 12:00"),
            once_per_day=frozenset({"BED"}),
        ),
    ),
    quiet=(
        example(
            "three bed days are entered together on the third day of a stay",
            an_admission(at="08 20:00"),
            charges(a_line("BED", count="3")),
            a_stay_settlement(),
            once_per_day=frozenset({"BED"}),
        ),
        example(
            "mother and newborn have a bed each, both billed on the mother's card",
            a_diagnosis_of("Z38.0"),
            charges(a_line("BED", "1"), a_line("BED", "2")),
            a_visit_settlement(),
            once_per_day=frozenset({"BED"}),
        ),
        example(
            "moved to another hospital on the same day",
            charges(a_line("BED", "1")),
            a_visit_settlement("S1"),
            charges(a_line("BED", "2"), hospital="H43010000002"),
            a_visit_settlement("S2", hospital="H43010000002"),
            once_per_day=frozenset({"BED"}),
        ),
        example(
            "the second one was refunded before it was settled",
            charges(a_line("BED", "1"), a_line("BED", "2"), a_line("BED", "3", count="-1", refund_of="2")),
            a_visit_settlement(),
            once_per_day=frozenset({"BED"}),
        ),
    ),
)
