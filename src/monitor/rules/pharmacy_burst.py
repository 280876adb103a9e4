"""Several persons' cards at one pharmacy within two minutes (LOC-PHARMACY-BURST).

Chance makes such groups too (some 100 customers a day are enough), and three relatives are none: so this is for the bureau's
lists, and only what stands out wakes anybody (see incidents).
"""

from collections.abc import Callable, Sequence

from monitor.events import Settled
from monitor.outputs import Kind
from monitor.reference import Reference
from monitor.rules.breach import Burst
from monitor.rules.examples import a_reversal, a_settlement, example
from monitor.rules.rule import Limits, Rule, Text
from monitor.rules.windows import Window, chains, sliding


class BurstLimits(Limits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At least `persons` different persons within `window_s`."""

    persons: int = 4
    window_s: int = 120
    incident_gap_s: int = 1800


def find_bursts(
    sales: Sequence[Settled], limits_at: Callable[[int], BurstLimits], reference: Reference
) -> list[Burst]:
    """`sales`: live, of one pharmacy, in order."""
    fired = []
    for first, last, persons in sliding(sales, lambda at: limits_at(at).window_s, lambda sale: sale.person):
        limit = limits_at(sales[last].at).persons
        if persons >= limit:
            fired.append(Window(first, last, persons, limit))
    return [
        Burst(
            severity=2,
            sales=sales[first : last + 1],
            observed=top.observed,
            limit=top.limit,
            said={"persons": top.observed, "window_s": limits_at(sales[last].at).window_s},
        )
        for first, last, top in chains(fired)
    ]


RULE = Rule(
    id="LOC-PHARMACY-BURST",
    version="1.0",
    kind=Kind.BURST,
    severity=2,
    law="《医疗保障基金使用监督管理条例》第三十八条、第四十条:空刷医保卡、虚构服务",
    zh=Text(
        name="药店集中刷卡",
        content="{window_s}秒内{persons}名不同参保人在同一药店结算",
        evidence="{window_s}秒内{persons}名不同参保人结算",
        summary="药店{provider} 短时间内集中刷卡{findings}次,涉及{persons}人、{amount}元",
    ),
    en=Text(
        name="Burst of cards at a pharmacy",
        content="{persons} different persons settled at one pharmacy within {window_s} s",
        evidence="{persons} different persons within {window_s} s",
        summary="Pharmacy {provider}: {findings} burst(s) of cards, {persons} persons, {amount} yuan",
    ),
    limits=BurstLimits,
    fewest=lambda limits: limits.persons,
    find_bursts=find_bursts,
    firing=(
        example(
            "four cards in two minutes",
            a_settlement("S1", at="10 09:00:00", person="p1"),
            a_settlement("S2", at="10 09:00:40", person="p2"),
            a_settlement("S3", at="10 09:01:20", person="p3"),
            a_settlement("S4", at="10 09:02:00", person="p4"),
        ),
        example(
            "five cards, of which one was taken back",
            *(a_settlement(f"S{n}", at=f"10 09:00:{n}0", person=f"p{n}") for n in (1, 2, 3, 4, 5)),
            a_reversal("S1", at="10 09:30", person="p1"),
        ),
    ),
    quiet=(
        example(
            "the fourth a second too late",
            a_settlement("S1", at="10 09:00:00", person="p1"),
            a_settlement("S2", at="10 09:00:40", person="p2"),
            a_settlement("S3", at="10 09:01:20", person="p3"),
            a_settlement("S4", at="10 09:02:01", person="p4"),
        ),
        example(
            "three relatives shopping together, one of them pays twice",
            *(a_settlement(f"S{n}", at=f"10 09:00:{n}0", person=f"p{n}") for n in (1, 2, 3)),
            a_settlement("S4", at="10 09:01:00", person="p1"),
        ),
        example(
            "two pharmacies",
            *(a_settlement(f"S{n}", at=f"10 09:00:{n}0", person=f"p{n}") for n in (1, 2, 3)),
            a_settlement("S4", at="10 09:01:00", person="p4", pharmacy="P43010000002"),
        ),
    ),
)
