"""An item was charged more often than its frequency limit allows (GZ10000102014000), over all providers."""

from monitor.events import COUNT_UNIT, DAY
from monitor.memory.history import History
from monitor.memory.subjects import Purchase, Settlement
from monitor.outputs import Kind, number
from monitor.reference import Frequency, Reference
from monitor.rules.breach import Breach, count_text
from monitor.rules.examples import a_line, a_reversal, a_settlement, example
from monitor.rules.rule import Limits, Rule, Text


def find(settlement: Settlement, history: History, limits: Limits, reference: Reference) -> Breach | None:
    """A line breaches when the sum of the days up to its own day, in line order up to itself, is beyond the limit."""
    breaching: dict[int, Purchase] = {}
    involved: dict[int, Purchase] = {}
    worst: tuple[int, Frequency, str] | None = None
    for item in sorted([item for item in settlement.items if item in reference.item_frequency]):
        bought = history.purchases(item, settlement)
        for frequency in reference.item_frequency[item]:
            for index, one in enumerate(bought):
                if one.settlement is not settlement or one.line.count <= 0:
                    continue
                last = one.line.at // DAY
                window = [p for p in bought[: index + 1] if last - frequency.days < p.line.at // DAY <= last]
                total = sum(p.line.count for p in window)
                if total <= frequency.max:
                    continue
                breaching[id(one.line)] = one
                involved.update((id(p.line), p) for p in window)
                if worst is None or total - frequency.max > worst[0] - worst[1].max:
                    worst = (total, frequency, item)
    if worst is None:
        return None
    total, frequency, item = worst
    return Breach(
        severity=1,
        breaching=list(breaching.values()),
        involved=[p for key, p in involved.items() if key not in breaching],
        observed=number(total, COUNT_UNIT),
        limit=number(frequency.max, COUNT_UNIT),
        said={
            "item": item,
            "count": count_text(total),
            "limit": count_text(frequency.max),
            "days": frequency.days,
        },
    )


RULE = Rule(
    id="GZ10000102014000",
    version="1.0",
    kind=Kind.REJECTION,
    severity=1,
    law="《医疗保障基金使用监督管理条例》第三十八条第(三)项:超标准收费",
    zh=Text(
        name="项目超频次收费",
        content="项目{item}在{days}天内累计{count}次,限{limit}次",
        evidence="项目{item}在全部机构{days}个自然日内累计{count}次,超过{limit}次",
        summary="{provider} 有{findings}笔结算超出项目频次限制,涉及{amount}元",
    ),
    en=Text(
        name="Item beyond its frequency limit",
        content="Item {item}: {count} in {days} days, limit {limit}",
        evidence="Item {item}: {count} within {days} calendar days over all institutions, limit {limit}",
        summary="{provider}: {findings} settlement(s) beyond an item's frequency limit, {amount} yuan",
    ),
    table="item_frequency",
    find=find,
    firing=(
        example(
            "the third within seven days, at another provider",
            a_settlement("S1", lines=[a_line("ITEM", at="04 09:00")], at="04 09:00"),
            a_settlement("S2", lines=[a_line("ITEM", at="06 09:00")], at="06 09:00"),
            a_settlement("S3", lines=[a_line("ITEM")], pharmacy="P43010000002"),
            item_frequency={"ITEM": (Frequency(20_000, 7),)},
        ),
        example(
            "one line counts three",
            a_settlement(lines=[a_line("ITEM", count="3")]),
            item_frequency={"ITEM": (Frequency(20_000, 7),)},
        ),
        example(
            "of two limits the one of the year is passed",
            a_settlement("S1", at="2025-09-01 09:00", lines=[a_line("ITEM", at="2025-09-01 09:00")]),
            a_settlement("S2", lines=[a_line("ITEM")]),
            item_frequency={"ITEM": (Frequency(20_000, 7), Frequency(10_000, 365))},
        ),
    ),
    quiet=(
        example(
            "the third on the eighth day",
            a_settlement("S1", lines=[a_line("ITEM", at="03 23:59")], at="03 23:59"),
            a_settlement("S2", lines=[a_line("ITEM", at="06 09:00")], at="06 09:00"),
            a_settlement("S3", lines=[a_line("ITEM", at="10 00:01")], at="10 00:01"),
            item_frequency={"ITEM": (Frequency(20_000, 7),)},
        ),
        example(
            "the first of three was reversed",
            a_settlement("S1", lines=[a_line("ITEM", at="08 09:00")], at="08 09:00"),
            a_reversal("S1", at="08 09:20"),
            a_settlement("S2", lines=[a_line("ITEM", at="09 09:00")], at="09 09:00"),
            a_settlement("S3", lines=[a_line("ITEM")]),
            item_frequency={"ITEM": (Frequency(20_000, 7),)},
        ),
    ),
)
