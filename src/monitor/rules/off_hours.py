"""A pharmacy settled at night though it is closed then (LOC-OFF-HOURS); machines and mobile payment never sleep."""

from functools import lru_cache

from monitor.events import DAY, HOUR, MINUTE, Settled
from monitor.outputs import Kind
from monitor.reference import Provider, Reference
from monitor.rules.breach import Breach
from monitor.rules.examples import PHARMACY, a_line, a_settlement, a_visit_settlement, charges, example
from monitor.rules.rule import Limits, Rule, Text

WITHOUT_CLERK = frozenset({"2", "3"})
"""opter_type: self-service, mobile."""


class OffHoursLimits(
    Limits, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}
):
    """`from` (inclusive) to `to` (exclusive), HH:MM; the night may pass midnight."""

    start: str = "23:00"
    end: str = "06:00"

    def closed(self, at: int) -> bool:
        """Whether a time lies in the night."""
        second, start, end = at % DAY, _seconds(self.start), _seconds(self.end)
        return start <= second < end if start <= end else second >= start or second < end


@lru_cache
def _seconds(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * HOUR + int(minutes) * MINUTE


def find_sale(sale: Settled, limits: OffHoursLimits, reference: Reference) -> Breach | None:
    """One live settlement of a pharmacy."""
    if sale.terminal in WITHOUT_CLERK or not limits.closed(sale.at):
        return None
    entry = reference.providers.get(sale.provider)
    if entry is not None and entry.open_24h:
        return None
    second = sale.at % DAY
    return Breach(
        severity=3, sales=[sale], said={"time": f"{second // HOUR:02d}:{second % HOUR // MINUTE:02d}"}
    )


RULE = Rule(
    id="LOC-OFF-HOURS",
    version="1.0",
    kind=Kind.LEAD,
    severity=3,
    law="《医疗机构医疗保障定点管理暂行办法》《零售药店医疗保障定点管理暂行办法》;《条例》第四十条",
    zh=Text(
        name="非营业时间结算",
        content="非24小时药店在{time}结算",
        evidence="结算时间{time},该药店非24小时营业",
        summary="药店{provider} 非营业时间结算{findings}笔,涉及{amount}元",
    ),
    en=Text(
        name="Settled off hours",
        content="A pharmacy that is not open at night settled at {time}",
        evidence="Settled at {time}; the pharmacy is not open 24 hours",
        summary="Pharmacy {provider}: {findings} settlement(s) at night, {amount} yuan",
    ),
    limits=OffHoursLimits,
    find_sale=find_sale,
    firing=(
        example("at eleven at night", a_settlement(at="10 23:00")),
        example("a second before six", a_settlement(at="10 05:59:59")),
    ),
    quiet=(
        example("at six in the morning", a_settlement(at="10 06:00")),
        example("a machine sells at night", a_settlement(at="10 23:30", terminal="2")),
        example(
            "a pharmacy that never closes",
            a_settlement(at="10 23:30"),
            providers={PHARMACY: Provider(code=PHARMACY, kind="2", open_24h=True)},
        ),
        example("a hospital's pharmacy at night", charges(a_line()), a_visit_settlement(at="10 23:30")),
    ),
)
