"""More days of a drug were handed out than may lie at home (GZ10000101009000), over all providers.

Who comes a few days early is no hoarder: a remaining stock of at most a week counts as nothing.
"""

from monitor.events import DAY, OrdersChecked
from monitor.memory.history import History
from monitor.memory.subjects import Purchase, Settlement
from monitor.outputs import Kind
from monitor.reference import Reference
from monitor.rules.breach import Breach
from monitor.rules.examples import (
    DRUG,
    a_line,
    a_reversal,
    a_settlement,
    a_stay_settlement,
    an_admission,
    charges,
    example,
)
from monitor.rules.rule import Limits, Need, Rule, Text

LONG_PRESCRIPTION = "14"
"""med_type of chronic and special diseases, where 12 weeks may be prescribed."""
INPATIENT_INFNO = "2304"
WITHOUT_DAY_LIMIT = frozenset({"2101", "2102", "21", "22", "28", "52"})


class SupplyLimits(Limits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All in days of supply."""

    days_max: int = 31
    days_max_long: int = 93
    early_refill_days: int = 7


class Stock:
    """What is at home of one drug, line by line in line order."""

    __slots__ = ("_day", "days", "since_empty")

    def __init__(self) -> None:
        self.days = 0
        self._day = 0
        self.since_empty: list[Purchase] = []

    def add(self, bought: Purchase, early_refill_days: int) -> None:
        """max(0, stock - days elapsed), a small remnant as 0, plus the new days; negative elapsed days are 0."""
        day = bought.line.at // DAY
        left = max(0, self.days - max(0, day - self._day)) if self.days else 0
        if left <= early_refill_days:
            left = 0
        if left == 0:
            self.since_empty = []
        self.since_empty.append(bought)
        self.days = left + bought.line.supply_days
        self._day = day


def find(
    settlement: Settlement, history: History, limits: SupplyLimits, reference: Reference
) -> Breach | None:
    """The whole line breaches that brings the stock above the limit."""
    fact = settlement.fact
    if fact.infno == INPATIENT_INFNO or fact.med_type in WITHOUT_DAY_LIMIT:
        return None
    breaching: list[Purchase] = []
    involved: dict[int, Purchase] = {}
    worst: tuple[int, int, str] | None = None
    for item in {line.item: None for line in settlement.lines if line.supply_days > 0}:
        most = _limit(item, fact.med_type, limits, reference)
        bought = history.purchases(item, settlement)
        if sum([p.line.supply_days for p in bought]) <= most:
            continue
        stock = Stock()
        for one in bought:
            if one.line.supply_days <= 0 or one.line.takes_back or _adds_nothing(one.settlement):
                continue
            stock.add(one, limits.early_refill_days)
            if one.settlement is settlement and stock.days > most:
                breaching.append(one)
                involved.update((id(p.line), p) for p in stock.since_empty)
                if worst is None or stock.days - most > worst[0] - worst[1]:
                    worst = (stock.days, most, item)
    if worst is None:
        return None
    broken = {id(p.line) for p in breaching}
    return Breach(
        severity=1,
        breaching=breaching,
        involved=[p for key, p in involved.items() if key not in broken],
        observed=worst[0],
        limit=worst[1],
        said={"item": worst[2], "days": worst[0], "limit": worst[1]},
    )


def _limit(item: str, med_type: str, limits: SupplyLimits, reference: Reference) -> int:
    usual = limits.days_max_long if med_type == LONG_PRESCRIPTION else limits.days_max
    return reference.drug_supply.get(item, usual)


def _adds_nothing(settlement: Settlement) -> bool:
    return settlement.fact.infno == INPATIENT_INFNO and type(settlement.fact) is not OrdersChecked


RULE = Rule(
    id="GZ10000101009000",
    version="1.0",
    kind=Kind.REJECTION,
    severity=1,
    law="《长期处方管理规范(试行)》第十六条;《医疗保障基金使用监督管理条例》第三十八条",
    zh=Text(
        name="药品超支付天数",
        content="药品{item}累计可用{days}天,限{limit}天",
        evidence="药品{item}:剩余库存加本次共{days}天,超过{limit}天(全部机构合计)",
        summary="{provider} 有{findings}笔结算超量开药,涉及{amount}元",
    ),
    en=Text(
        name="Drug beyond its payable days",
        content="Drug {item}: {days} days of supply at hand, limit {limit}",
        evidence="Drug {item}: remaining stock plus this supply is {days} days over all institutions, limit {limit}",
        summary="{provider}: {findings} settlement(s) with more days of a drug than payable, {amount} yuan",
    ),
    limits=SupplyLimits,
    about_patient=True,
    needs=Need.SUPPLY,
    find=find,
    firing=(
        example("32 days at once", a_settlement(lines=[a_line(days=32)])),
        example(
            "30 days at each of two pharmacies, a week apart",
            a_settlement("S1", at="03 09:00", lines=[a_line(at="03 09:00", days=30)]),
            a_settlement("S2", pharmacy="P43010000002", lines=[a_line(days=30)]),
        ),
        example(
            "a drug that is paid for a week at most",
            a_settlement(med_type="14", lines=[a_line(days=8)]),
            drug_supply={DRUG: 7},
        ),
    ),
    quiet=(
        example(
            "an early refill: a week is left at home",
            a_settlement("S1", at="2026-02-15 09:00", lines=[a_line(at="2026-02-15 09:00", days=30)]),
            a_settlement("S2", lines=[a_line(days=31)]),
        ),
        example("twelve weeks of a long prescription", a_settlement(med_type="14", lines=[a_line(days=84)])),
        example(
            "what an inpatient is given",
            an_admission(at="09 09:00"),
            charges(a_line(days=60)),
            a_stay_settlement(),
        ),
        example(
            "the first of two supplies was reversed, the reversal comes first",
            a_reversal("S1", at="09 10:00"),
            a_settlement("S1", at="09 09:00", lines=[a_line(days=30)]),
            a_settlement("S2", lines=[a_line(days=30)]),
        ),
    ),
)
