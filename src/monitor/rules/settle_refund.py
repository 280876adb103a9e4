"""Settled and taken back minutes later, again and again at one pharmacy (LOC-SETTLE-REFUND).

A correction at the till is followed by the right settlement of the same person, so it does not count.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence

from monitor.events import DAY, Reversed, Settled
from monitor.outputs import Kind
from monitor.rules.breach import Burst
from monitor.rules.examples import a_compensation, a_reversal, a_settlement, example
from monitor.rules.rule import Limits, Rule, Text
from monitor.rules.windows import Window, chains, sliding

PHARMACY_REVERSAL = "2103"


class RefundLimits(Limits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At least `cycles` within `days` times 24 hours, each refunded within `refund_s`, none corrected in `correction_s`."""

    cycles: int = 3
    refund_s: int = 900
    days: int = 30
    correction_s: int = 1800
    incident_gap_s: int = 1800


def find_cycles(
    refunds: Sequence[tuple[Settled, Reversed]],
    live: Sequence[Settled],
    limits_at: Callable[[int], RefundLimits],
) -> list[Burst]:
    """`refunds`: settlements of one pharmacy with the reversal that took them back; `live`: what stands, in order."""
    cycles = sorted(
        {
            (sale.at, sale.msgid): sale
            for sale, reversal in refunds
            if reversal.infno == PHARMACY_REVERSAL
            and 0 <= reversal.at - sale.at <= limits_at(sale.at).refund_s
            and not _corrected(sale, reversal, live, limits_at(sale.at).correction_s)
        }.values(),
        key=lambda sale: (sale.at, sale.msgid),
    )
    fired = []
    for first, last, _ in sliding(cycles, lambda at: limits_at(at).days * DAY):
        limit = limits_at(cycles[last].at).cycles
        if last - first + 1 >= limit:
            fired.append(Window(first, last, last - first + 1, limit))
    return [
        Burst(
            severity=2,
            sales=cycles[first : last + 1],
            observed=top.observed,
            limit=top.limit,
            said={"cycles": top.observed, "days": limits_at(cycles[last].at).days},
        )
        for first, last, top in chains(fired)
    ]


def _corrected(sale: Settled, reversal: Reversed, live: Sequence[Settled], correction_s: int) -> bool:
    first = bisect_right(live, sale.at, key=lambda other: other.at)
    end = bisect_right(live, reversal.at + correction_s, key=lambda other: other.at)
    return any(other.person == sale.person for other in live[first:end])


RULE = Rule(
    id="LOC-SETTLE-REFUND",
    version="1.0",
    kind=Kind.BURST,
    severity=2,
    law="《医疗保障基金使用监督管理条例》第四十条:虚构医药服务、套取基金",
    zh=Text(
        name="结算后即退费",
        content="{days}天内{cycles}次结算后15分钟内退费",
        evidence="{days}天内结算后短时间退费{cycles}次,且未重新结算",
        summary="药店{provider} 结算后即退费异常,涉及{persons}人、{amount}元",
    ),
    en=Text(
        name="Settled and refunded",
        content="{cycles} settlements refunded within minutes in {days} days",
        evidence="{cycles} refunds shortly after settling within {days} days, none settled anew",
        summary="Pharmacy {provider}: settlements refunded within minutes, {persons} persons, {amount} yuan",
    ),
    limits=RefundLimits,
    fewest=lambda limits: limits.cycles,
    find_cycles=find_cycles,
    firing=(
        example(
            "three cards, each refunded within a quarter of an hour",
            a_settlement("S1", at="02 09:00", person="p1"),
            a_reversal("S1", at="02 09:15", person="p1"),
            a_settlement("S2", at="06 09:00", person="p2"),
            a_reversal("S2", at="06 09:05", person="p2"),
            a_settlement("S3", at="10 09:00", person="p3"),
            a_reversal("S3", at="10 09:01", person="p3"),
        ),
        example(
            "bought anew only an hour later",
            a_settlement("S1", at="02 09:00", person="p1"),
            a_reversal("S1", at="02 09:15", person="p1"),
            a_settlement("S4", at="02 10:00", person="p1"),
            a_settlement("S2", at="06 09:00", person="p2"),
            a_reversal("S2", at="06 09:05", person="p2"),
            a_settlement("S3", at="10 09:00", person="p3"),
            a_reversal("S3", at="10 09:01", person="p3"),
        ),
    ),
    quiet=(
        example(
            "one of them was a correction at the till",
            a_settlement("S1", at="02 09:00", person="p1"),
            a_reversal("S1", at="02 09:15", person="p1"),
            a_settlement("S4", at="02 09:20", person="p1"),
            a_settlement("S2", at="06 09:00", person="p2"),
            a_reversal("S2", at="06 09:05", person="p2"),
            a_settlement("S3", at="10 09:00", person="p3"),
            a_reversal("S3", at="10 09:01", person="p3"),
        ),
        example(
            "one of them was undone because its outcome was unknown",
            a_settlement("S1", at="02 09:00", person="p1"),
            a_compensation(a_settlement("S1", at="02 09:00", person="p1"), at="02 09:15"),
            a_settlement("S2", at="06 09:00", person="p2"),
            a_reversal("S2", at="06 09:05", person="p2"),
            a_settlement("S3", at="10 09:00", person="p3"),
            a_reversal("S3", at="10 09:01", person="p3"),
        ),
        example(
            "one of them came back after sixteen minutes",
            a_settlement("S1", at="02 09:00", person="p1"),
            a_reversal("S1", at="02 09:16", person="p1"),
            a_settlement("S2", at="06 09:00", person="p2"),
            a_reversal("S2", at="06 09:05", person="p2"),
            a_settlement("S3", at="10 09:00", person="p3"),
            a_reversal("S3", at="10 09:01", person="p3"),
        ),
    ),
)
