"""A line's amount must be price times count, rounded half up to the cent (GZ10000201002000).

Interface note on line amounts: pric 16,6; cnt 16,4; det_item_fee_sumamt 16,2 = round_half_up(pric*cnt, 2), tolerance 0.01.
"""

from decimal import Decimal

from monitor.events import Line
from monitor.memory.history import History
from monitor.memory.subjects import Settlement
from monitor.outputs import Kind, yuan
from monitor.reference import Reference
from monitor.rules.breach import Breach, own
from monitor.rules.examples import a_line, a_settlement, example
from monitor.rules.rule import Limits, Need, Rule, Text

PRODUCT_UNIT = 10**8
"""Price (1/10**6 yuan) times count (1/10**4) is 1/10**10 yuan: this many of them are a fen."""


class ArithmeticLimits(Limits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`tolerance`: yuan."""

    tolerance: Decimal = Decimal("0.01")


def expected(line: Line) -> int:
    """round_half_up(pric*cnt, 2) in fen; halves away from zero."""
    product = line.price * line.count
    fen = (abs(product) + PRODUCT_UNIT // 2) // PRODUCT_UNIT
    return fen if product >= 0 else -fen


def find(
    settlement: Settlement, history: History, limits: ArithmeticLimits, reference: Reference
) -> Breach | None:
    """Each line by itself."""
    tolerance = int(limits.tolerance * 100)
    wrong = []
    for line in settlement.judged:
        product = line.price * line.count
        # The right amount is by far the usual one: no rounding is needed to see it.
        if product != line.amount * PRODUCT_UNIT and abs(line.amount - expected(line)) > tolerance:
            wrong.append(line)
    if not wrong:
        return None
    worst = max(wrong, key=lambda line: abs(line.amount - expected(line)))
    return Breach(
        severity=1,
        breaching=own(settlement, wrong),
        observed=abs(worst.amount - expected(worst)) / 100,
        limit=float(limits.tolerance),
        said={
            "item": worst.item,
            "amount": yuan(worst.amount),
            "expected": yuan(expected(worst)),
            "lines": len(wrong),
        },
    )


RULE = Rule(
    id="GZ10000201002000",
    version="1.0",
    kind=Kind.REJECTION,
    severity=1,
    law="《医疗保障基金使用监督管理条例》第十五条、第三十八条",
    zh=Text(
        name="明细金额计算错误",
        content="{lines}条明细的金额不等于单价乘以数量:项目{item}上传{amount}元,应为{expected}元",
        evidence="项目{item}:上传金额{amount}元,单价×数量四舍五入为{expected}元,允许误差0.01元",
        summary="{provider} 有{findings}笔结算的明细金额与单价乘数量不符,涉及{amount}元",
    ),
    en=Text(
        name="Line arithmetic wrong",
        content="{lines} line(s) where the amount is not price times count: item {item} says {amount}, not {expected} yuan",
        evidence="Item {item}: amount {amount} yuan, price x count rounds to {expected} yuan, tolerance 0.01 yuan",
        summary="{provider}: {findings} settlement(s) with amounts that are not price times count, {amount} yuan",
    ),
    limits=ArithmeticLimits,
    needs=Need.INEXACT,
    find=find,
    firing=(
        example(
            "3 x 10.00 is charged as 30.02",
            a_settlement(lines=[a_line(count="3", price="10.00", amount="30.02")]),
        ),
        example(
            "one of two lines is too low",
            a_settlement(lines=[a_line(), a_line(number="2", price="2.50", count="4", amount="9.00")]),
        ),
    ),
    quiet=(
        example("one fen of rounding is tolerated", a_settlement(lines=[a_line(count="3", amount="30.01")])),
        example(
            "a third of a yuan three times is a yuan",
            a_settlement(lines=[a_line(price="0.333333", count="3", amount="1.00")]),
        ),
        example(
            "half a fen is rounded up: 0.045 x 3 is 0.14, and 0.15 lies within the tolerance",
            a_settlement(lines=[a_line(price="0.045", count="3", amount="0.15")]),
        ),
        example(
            "the wrong line was taken back",
            a_settlement(
                lines=[
                    a_line(amount="12.00"),
                    a_line(number="2", count="-1", amount="-12.00", refund_of="1"),
                    a_line(number="3"),
                ]
            ),
        ),
    ),
)
