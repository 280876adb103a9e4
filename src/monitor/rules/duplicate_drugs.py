"""Two similar drugs at a time (GZ10000301006000): in one settlement, or while the supply of the other still lasts."""

from monitor.events import DAY, Line
from monitor.memory.history import History
from monitor.memory.lines import SettlementKey
from monitor.memory.subjects import Purchase, Settlement
from monitor.outputs import Kind
from monitor.reference import Reference
from monitor.rules.breach import Breach
from monitor.rules.days_of_supply import INPATIENT_INFNO
from monitor.rules.examples import a_line, a_settlement, example
from monitor.rules.rule import Limits, Rule, Text


def find(settlement: Settlement, history: History, limits: Limits, reference: Reference) -> Breach | None:
    """Each drug of a group against the other drugs of its groups, here or bought before."""
    breaching: dict[tuple[SettlementKey, str], Purchase] = {}
    involved: dict[tuple[SettlementKey, str], Purchase] = {}
    pair: tuple[str, str, str] | None = None
    for line in settlement.judged:
        for group in sorted(reference.drug_group.get(line.item, ())):
            for drug in reference.drugs_of_group[group]:
                if drug == line.item:
                    continue
                for other in history.purchases(drug, settlement):
                    if other.line.takes_back:
                        continue
                    if other.settlement is not settlement and not _overlap(settlement, line, other):
                        continue
                    breaching[settlement.key, line.number] = Purchase(settlement, line)
                    involved[other.settlement.key, other.line.number] = other
                    pair = pair or (line.item, drug, group)
    if pair is None:
        return None
    return Breach(
        severity=2,
        breaching=list(breaching.values()),
        involved=[p for key, p in involved.items() if key not in breaching],
        said={"item": pair[0], "other": pair[1], "group": pair[2]},
    )


def _overlap(settlement: Settlement, line: Line, other: Purchase) -> bool:
    """Whether both supplies cover a common day; what an inpatient got is no supply."""
    if INPATIENT_INFNO in (settlement.fact.infno, other.settlement.fact.infno):
        return False
    if line.supply_days <= 0 or other.line.supply_days <= 0:
        return False
    first, second = line.at // DAY, other.line.at // DAY
    return first < second + other.line.supply_days and second < first + line.supply_days


RULE = Rule(
    id="GZ10000301006000",
    version="1.0",
    kind=Kind.REMINDER,
    severity=2,
    law="《医疗保障基金使用监督管理条例》第三十八条第(二)项:重复开药",
    zh=Text(
        name="重复用药",
        content="药品{item}与{other}药理作用相近(同属{group}),请核对是否重复开药",
        evidence="{item}与{other}同属药理组{group},同次开具或用药时间重叠",
        summary="{provider} 有{findings}次重复用药",
    ),
    en=Text(
        name="Duplicate prescribing",
        content="Drugs {item} and {other} act alike (group {group}); please check for duplicate prescribing",
        evidence="{item} and {other} are of group {group}, in one settlement or with overlapping supply",
        summary="{provider}: {findings} case(s) of duplicate prescribing",
    ),
    about_patient=True,
    table="drug_group",
    find=find,
    firing=(
        example(
            "two statins in one settlement",
            a_settlement(lines=[a_line("XA1", "1"), a_line("XA2", "2")]),
            drug_group={"XA1": frozenset({"statins"}), "XA2": frozenset({"statins"})},
        ),
        example(
            "the second while the first still lasts, at another pharmacy",
            a_settlement("S1", at="01 09:00", lines=[a_line("XA1", at="01 09:00", days=10)]),
            a_settlement("S2", pharmacy="P43010000002", lines=[a_line("XA2", days=30)]),
            drug_group={"XA1": frozenset({"statins"}), "XA2": frozenset({"statins"})},
        ),
    ),
    quiet=(
        example(
            "the second when the first is used up",
            a_settlement("S1", at="01 09:00", lines=[a_line("XA1", at="01 09:00", days=9)]),
            a_settlement("S2", lines=[a_line("XA2", days=30)]),
            drug_group={"XA1": frozenset({"statins"}), "XA2": frozenset({"statins"})},
        ),
        example(
            "the same drug in two packs",
            a_settlement(lines=[a_line("XA1", "1"), a_line("XA1", "2")]),
            drug_group={"XA1": frozenset({"statins"}), "XA2": frozenset({"statins"})},
        ),
    ),
)
