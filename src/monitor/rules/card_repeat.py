"""One card again and again at one pharmacy (LOC-CARD-REPEAT): three times in ten minutes, or four times on a day.

Settlements of different kinds (med_type, dise_codg) do not add up: a chronic-disease prescription is billed apart.
"""

from collections.abc import Callable, Sequence

from monitor.events import Settled
from monitor.outputs import Kind
from monitor.reference import Reference
from monitor.rules.breach import Burst
from monitor.rules.examples import a_reversal, a_settlement, example
from monitor.rules.rule import Limits, Rule, Subject, Text
from monitor.rules.windows import Window, chains, days, sliding


class RepeatLimits(Limits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`times` within `window_s`, or `times_day` on a calendar day."""

    times: int = 3
    window_s: int = 600
    times_day: int = 4
    incident_gap_s: int = 1800


def find_bursts(
    sales: Sequence[Settled], limits_at: Callable[[int], RepeatLimits], reference: Reference
) -> list[Burst]:
    """`sales`: live, of one person at pharmacies, in order, family accounts left out."""
    groups: dict[tuple[str, str, str], list[Settled]] = {}
    for sale in sales:
        groups.setdefault((sale.provider, sale.med_type, sale.disease), []).append(sale)
    return [burst for group in groups.values() for burst in _bursts(group, limits_at)]


def _bursts(sales: list[Settled], limits_at: Callable[[int], RepeatLimits]) -> list[Burst]:
    if len(sales) < 2:  # noqa: PLR2004 - a repetition needs two
        return []
    fired = []
    for first, last, _ in sliding(sales, lambda at: limits_at(at).window_s):
        limits = limits_at(sales[last].at)
        if last - first + 1 >= limits.times:
            fired.append(Window(first, last, last - first + 1, limits.times))
    for first, last in days(sales):
        limits = limits_at(sales[last].at)
        if last - first + 1 >= limits.times_day:
            fired.append(Window(first, last, last - first + 1, limits.times_day))
    return [
        Burst(
            severity=2,
            sales=sales[first : last + 1],
            observed=top.observed,
            limit=top.limit,
            said={"times": top.observed},
        )
        for first, last, top in chains(fired)
    ]


RULE = Rule(
    id="LOC-CARD-REPEAT",
    version="1.0",
    kind=Kind.BURST,
    severity=2,
    law="《医疗保障基金使用监督管理条例》第三十八条、第四十一条:重复刷卡、套取基金",
    zh=Text(
        name="同卡反复刷卡",
        content="同一参保人在同一药店短时间内结算{times}次",
        evidence="同一药店同类结算{times}次(10分钟3次或1天4次起)",
        summary="{provider} 同一参保人反复刷卡{findings}次,涉及{amount}元",
    ),
    en=Text(
        name="One card again and again",
        content="One person settled {times} times at one pharmacy in a short time",
        evidence="{times} settlements of one kind at one pharmacy (3 in 10 minutes or 4 a day)",
        summary="{provider}: one person's card used again and again ({findings} chain(s)), {amount} yuan",
    ),
    limits=RepeatLimits,
    subject=Subject.PERSON_AT_PROVIDER,
    fewest=lambda limits: min(limits.times, limits.times_day),
    find_bursts=find_bursts,
    firing=(
        example(
            "three times in ten minutes",
            *(a_settlement(f"S{minute}", at=f"10 09:{minute}") for minute in ("00", "05", "10")),
        ),
        example(
            "four times a day",
            *(a_settlement(f"S{hour}", at=f"10 {hour}:00") for hour in ("08", "11", "14", "20")),
        ),
    ),
    quiet=(
        example(
            "a chronic disease's prescription is billed apart from the rest",
            a_settlement("S1", at="10 09:00", med_type="14", disease="I10"),
            a_settlement("S2", at="10 09:04", med_type="14", disease="E11"),
            a_settlement("S3", at="10 09:08"),
        ),
        example(
            "a relative's account paid for one of them",
            a_settlement("S1", at="10 09:00"),
            a_settlement("S2", at="10 09:05", family=True),
            a_settlement("S3", at="10 09:10"),
        ),
        example(
            "a correction at the till",
            a_settlement("S1", at="10 09:00"),
            a_reversal("S1", at="10 09:03"),
            a_settlement("S2", at="10 09:05"),
            a_settlement("S3", at="10 09:10"),
        ),
    ),
)
