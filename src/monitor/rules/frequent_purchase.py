"""One drug bought again and again (GZ10000204003000): more than 4 purchases in 30 days over all providers.

A purchase from a family member's account is not the cardholder's, so it does not count.
"""

from monitor.events import DAY
from monitor.memory.history import History
from monitor.memory.subjects import Purchase, Settlement
from monitor.outputs import Kind
from monitor.reference import Reference
from monitor.rules.breach import Breach
from monitor.rules.examples import a_line, a_settlement, example
from monitor.rules.rule import Limits, Rule, Text

DRUGS = ("X", "Z", "T")
"""National codes of drugs: western, patent, herbal."""
OUTPATIENT_INFNOS = frozenset({"2102", "2207"})


class PurchaseLimits(Limits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At most `purchases` of one drug within `days` times 24 hours."""

    purchases: int = 4
    days: int = 30


def find(
    settlement: Settlement, history: History, limits: PurchaseLimits, reference: Reference
) -> Breach | None:
    """Settlements with the drug in the days up to this one, each once."""
    if settlement.fact.infno not in OUTPATIENT_INFNOS or settlement.family:
        return None
    if len(history.settlements) <= limits.purchases:
        return None
    breaching: list[Purchase] = []
    involved: list[Purchase] = []
    most, worst = 0, ""
    since = settlement.at - limits.days * DAY
    for item in sorted(settlement.items):
        if not item.startswith(DRUGS):
            continue
        bought = [p for p in history.purchases(item, settlement) if since <= p.settlement.at and _counts(p)]
        times = len({p.settlement.key for p in bought})
        if times <= limits.purchases:
            continue
        breaching += [p for p in bought if p.settlement is settlement]
        involved += [p for p in bought if p.settlement is not settlement]
        if times > most:
            most, worst = times, item
    if not most:
        return None
    return Breach(
        severity=2,
        breaching=breaching,
        involved=involved,
        observed=most,
        limit=limits.purchases,
        said={"item": worst, "times": most, "limit": limits.purchases, "days": limits.days},
    )


def _counts(bought: Purchase) -> bool:
    settlement = bought.settlement
    return settlement.fact.infno in OUTPATIENT_INFNOS and not settlement.family and not bought.line.takes_back


RULE = Rule(
    id="GZ10000204003000",
    version="1.0",
    kind=Kind.LEAD,
    severity=2,
    law="《医疗保障基金使用监督管理条例》第三十八条、第四十一条:超量、重复开药,倒卖药品",
    zh=Text(
        name="频繁购药",
        content="药品{item}在{days}天内购买{times}次,超过{limit}次",
        evidence="药品{item}在全部机构{days}天内购买{times}次",
        summary="{provider} 有{findings}笔频繁购药线索,涉及{amount}元",
    ),
    en=Text(
        name="Frequent purchase",
        content="Drug {item} bought {times} times in {days} days, more than {limit}",
        evidence="Drug {item}: {times} purchases within {days} days over all institutions",
        summary="{provider}: {findings} lead(s) on frequent purchase of one drug, {amount} yuan",
    ),
    limits=PurchaseLimits,
    find=find,
    firing=(
        example(
            "the fifth purchase in a month, at two pharmacies",
            *(a_settlement(f"S{day}", at=f"{day} 09:00") for day in ("02", "04", "06", "08")),
            a_settlement("S10", pharmacy="P43010000002"),
        ),
        example(
            "five on one day",
            *(a_settlement(f"S{hour}", at=f"10 {hour}:00") for hour in ("08", "10", "12", "14", "16")),
        ),
    ),
    quiet=(
        example(
            "four purchases",
            *(a_settlement(f"S{day}", at=f"{day} 09:00") for day in ("02", "04", "06", "08")),
        ),
        example(
            "five packs in one settlement",
            a_settlement(lines=[a_line(number=number) for number in ("1", "2", "3", "4", "5")]),
        ),
        example(
            "the fifth was bought for a relative",
            *(a_settlement(f"S{day}", at=f"{day} 09:00") for day in ("02", "04", "06", "08")),
            a_settlement("S10", family=True),
        ),
        example(
            "a service that is given every day is no purchase",
            *(
                a_settlement(f"S{day}", at=f"{day} 09:00", lines=[a_line("003400000000000")])
                for day in ("02", "04", "06", "08", "10")
            ),
        ),
    ),
)
