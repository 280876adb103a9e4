"""One box sold twice (LOC-TRACE-REUSED): the same trace code in two live settlements.

A pack that was opened and sold in parts (trdn_flag 1) carries its code more than once by right.
"""

from collections.abc import Sequence

from monitor.events import TraceMark, TraceSale
from monitor.outputs import Kind
from monitor.rules.breach import Breach
from monitor.rules.examples import TRACE_CODE, a_reversal, a_settlement, example, goods_sold
from monitor.rules.rule import Limits, Rule, Subject, Text


class TraceLimits(Limits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At least `sales` live settlements."""

    sales: int = 2


def find_reuse(sales: Sequence[TraceSale], limits: TraceLimits) -> Breach | None:
    """`sales`: live, of one code, in order."""
    whole = [sale for sale in sales if not sale.split]
    if len(whole) < limits.sales:
        return None
    return Breach(
        severity=2, sales=whole, observed=len(whole), limit=limits.sales, said={"sales": len(whole)}
    )


RULE = Rule(
    id="LOC-TRACE-REUSED",
    version="1.0",
    kind=Kind.LEAD,
    severity=2,
    law="《医疗保障基金使用监督管理条例》第四十条;国家医保局药品追溯码监管应用要求(2025年)",
    zh=Text(
        name="药品追溯码重复结算",
        content="同一药品追溯码在{sales}笔结算中出现",
        evidence="同一追溯码有{sales}笔有效结算",
        summary="药品追溯码重复结算线索,涉及{persons}人、{amount}元(最后一家{provider})",
    ),
    en=Text(
        name="Trace code used twice",
        content="One trace code in {sales} settlements",
        evidence="{sales} live settlements carry the same trace code",
        summary="A trace code settled more than once, {persons} persons, {amount} yuan (last: {provider})",
    ),
    limits=TraceLimits,
    subject=Subject.TRACE,
    find_reuse=find_reuse,
    firing=(
        example(
            "one box, two persons",
            a_settlement("S1", traces=(TraceMark(TRACE_CODE),)),
            a_settlement("S2", at="12 09:00", person="p2", traces=(TraceMark(TRACE_CODE),)),
        ),
        example(
            "the second sale is told by the stock book",
            a_settlement("S1", traces=(TraceMark(TRACE_CODE),)),
            a_settlement("S2", at="12 09:00", pharmacy="P43010000002"),
            goods_sold("S2", TRACE_CODE, at="12 09:05", pharmacy="P43010000002"),
        ),
    ),
    quiet=(
        example(
            "a pack that was opened and sold in parts",
            a_settlement("S1", traces=(TraceMark(TRACE_CODE, split=True),)),
            a_settlement("S2", at="12 09:00", person="p2", traces=(TraceMark(TRACE_CODE),)),
        ),
        example(
            "the first sale was reversed, the box sold again",
            a_settlement("S1", traces=(TraceMark(TRACE_CODE),)),
            a_reversal("S1", at="10 09:30"),
            a_settlement("S2", at="12 09:00", person="p2", traces=(TraceMark(TRACE_CODE),)),
        ),
        example(
            "the settlement carries the code and the stock book says it again",
            a_settlement("S1", traces=(TraceMark(TRACE_CODE),)),
            goods_sold("S1", TRACE_CODE, at="10 09:05"),
        ),
    ),
)
