"""One card at several pharmacies within half an hour (LOC-CARD-HOPPING)."""

from collections.abc import Callable, Sequence

from monitor.events import Settled
from monitor.outputs import Kind
from monitor.reference import Reference
from monitor.rules.breach import Burst
from monitor.rules.examples import a_reversal, a_settlement, a_visit_settlement, example
from monitor.rules.rule import Limits, Rule, Subject, Text
from monitor.rules.windows import Window, chains, sliding


class HoppingLimits(Limits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At least `pharmacies` different ones within `window_s`."""

    pharmacies: int = 2
    window_s: int = 1800
    incident_gap_s: int = 1800


def find_bursts(
    sales: Sequence[Settled], limits_at: Callable[[int], HoppingLimits], reference: Reference
) -> list[Burst]:
    """`sales`: live, of one person at pharmacies, in order, family accounts left out."""
    if len({sale.provider for sale in sales}) < 2:  # noqa: PLR2004 - nobody hops at one pharmacy
        return []
    fired = []
    for first, last, pharmacies in sliding(
        sales, lambda at: limits_at(at).window_s, lambda sale: sale.provider
    ):
        limit = limits_at(sales[last].at).pharmacies
        if pharmacies >= limit:
            fired.append(Window(first, last, pharmacies, limit))
    return [
        Burst(
            severity=3,
            sales=sales[first : last + 1],
            observed=top.observed,
            limit=top.limit,
            said={"pharmacies": top.observed, "minutes": limits_at(sales[last].at).window_s // 60},
        )
        for first, last, top in chains(fired)
    ]


RULE = Rule(
    id="LOC-CARD-HOPPING",
    version="1.0",
    kind=Kind.BURST,
    severity=3,
    law="《医疗保障基金使用监督管理条例》第三十八条、第四十一条:重复购药、倒卖药品",
    zh=Text(
        name="同卡多店刷卡",
        content="同一参保人{minutes}分钟内在{pharmacies}家药店结算",
        evidence="{minutes}分钟内{pharmacies}家药店",
        summary="同一参保人短时间内在多家药店刷卡{findings}次,涉及{amount}元(最后一家{provider})",
    ),
    en=Text(
        name="One card at several pharmacies",
        content="One person settled at {pharmacies} pharmacies within {minutes} minutes",
        evidence="{pharmacies} pharmacies within {minutes} minutes",
        summary="One card at several pharmacies in a short time ({findings} chain(s)), {amount} yuan (last: {provider})",
    ),
    limits=HoppingLimits,
    subject=Subject.PERSON,
    with_lines=True,
    fewest=lambda limits: limits.pharmacies,
    find_bursts=find_bursts,
    firing=(
        example(
            "two pharmacies in half an hour",
            a_settlement("S1", at="10 09:00"),
            a_settlement("S2", at="10 09:30", pharmacy="P43010000002"),
        ),
        example(
            "three in an hour, told in the wrong order",
            a_settlement("S3", at="10 10:00", pharmacy="P43010000003"),
            a_settlement("S1", at="10 09:00"),
            a_settlement("S2", at="10 09:30", pharmacy="P43010000002"),
        ),
    ),
    quiet=(
        example(
            "a second more than half an hour",
            a_settlement("S1", at="10 09:00:00"),
            a_settlement("S2", at="10 09:30:01", pharmacy="P43010000002"),
        ),
        example(
            "a son buys for his mother from her account",
            a_settlement("S1", at="10 09:00"),
            a_settlement("S2", at="10 09:10", pharmacy="P43010000002", family=True),
        ),
        example(
            "the drug was not in stock: the first pharmacy took it back",
            a_settlement("S1", at="10 09:00"),
            a_settlement("S2", at="10 09:20", pharmacy="P43010000002"),
            a_reversal("S1", at="10 09:40"),
        ),
        example(
            "a hospital is no pharmacy",
            a_settlement("S1", at="10 09:00"),
            a_visit_settlement("S2", at="10 09:10"),
        ),
    ),
)
