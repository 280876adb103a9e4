"""Examples of a rule: a few facts told in order, and whether the rule fires on them; run as tests, shown as documentation.

The builders below make facts with defaults, so that an example names only what matters to it. Times are read as
``10 09:00`` (a day of March 2026), amounts as yuan text, counts as cnt text; one person, unless told otherwise.
"""

from calendar import timegm
from collections.abc import Sequence
from decimal import Decimal
from time import strptime
from typing import Any, TypeVar

from msgspec import Struct

from monitor.events import (
    COUNT_UNIT,
    DAY,
    PRICE_UNIT,
    Admitted,
    Article,
    Charged,
    Diagnosed,
    Diagnosis,
    Discharged,
    Event,
    FaceChecked,
    FaceExcused,
    Fact,
    GoodsSold,
    Insurance,
    Line,
    OrdersChecked,
    RegisterRead,
    Reversed,
    Settled,
    TraceMark,
    Undone,
)
from monitor.reference import Reference

F = TypeVar("F", bound=Fact)

PERSON = "person-1"
PHARMACY = "P43010000001"
HOSPITAL = "H43010000001"
DRUG = "XA00000001"
TRACE_CODE = "81000000000000000001"
FORMS = {8: "2026-03-{}:00", 11: "2026-03-{}", 16: "{}:00"}
"""How times may be written, by their length; all lead to ``2026-03-10 09:00:00``."""


class Example(Struct, frozen=True, kw_only=True):
    """`facts` are told in order; a rule fires when it has an open finding afterwards.

    `reference`: the tables that the example needs (the built-in ones are not read).
    """

    name: str
    facts: tuple[Event, ...]
    reference: Reference


def example(name: str, *facts: Event, **tables: Any) -> Example:  # noqa: ANN401 - fields of Reference
    """`name` says as a sentence what happens; `tables` are those of Reference, as small dicts."""
    return Example(name=name, facts=facts, reference=Reference(**tables))


def moment(text: str | int) -> int:
    """``10 09:00``, ``10 09:00:30`` (March 2026) or ``2025-12-31 23:59`` as seconds of China civil time."""
    if isinstance(text, int):
        return text
    return timegm(strptime(FORMS.get(len(text), "{}").format(text), "%Y-%m-%d %H:%M:%S"))


def day_of(text: str) -> int:
    """``2010-05-01`` or ``10`` (March 2026) as days since 1970-01-01."""
    return moment(f"{text} 00:00") // DAY


def fen(yuan: str) -> int:
    """``12.85`` -> 1285."""
    return int(Decimal(yuan) * 100)


def a_line(  # noqa: PLR0913 - all by name; a line has that many parts
    item: str = DRUG,
    number: str = "1",
    *,
    at: str | int = "10 09:00",
    count: str = "1",
    price: str = "10.00",
    amount: str | None = None,
    days: int = 0,
    visit: str = "",
    batch: str = "",
    refund_of: str = "",
    circulated: bool = False,
) -> Line:
    """A charge line or an order; its amount is price times count unless told."""
    total = Decimal(price) * Decimal(count) if amount is None else Decimal(amount)
    return Line(
        number=number,
        item=item,
        at=moment(at),
        count=int(Decimal(count) * COUNT_UNIT),
        price=int(Decimal(price) * PRICE_UNIT),
        amount=int(total * 100),
        supply_days=days,
        visit=visit,
        batch=batch,
        refund_of=refund_of,
        circulated=circulated,
    )


def a_settlement(
    settlement_id: str = "S1",
    *,
    at: str | int = "10 09:00",
    pharmacy: str = PHARMACY,
    lines: Sequence[Line] | None = None,
    fee: str = "10.00",
    **more: Any,  # noqa: ANN401 - fields of Settled
) -> Settled:
    """A 2102 of a pharmacy, paid at the counter; without `lines` it sells one drug."""
    said: dict[str, Any] = {
        "infno": "2102",
        "msgid": f"m-{settlement_id}",
        "person": PERSON,
        "insutype": "310",
        "terminal": "1",
        "med_type": "41",
        "lines": (a_line(at=at),) if lines is None else tuple(lines),
        "fee": fen(fee),
        "fund": fen(fee),
        **more,
    }
    return Settled(provider=pharmacy, settlement_id=settlement_id, at=moment(at), **said)


def a_visit_settlement(
    settlement_id: str = "S1",
    *,
    visit: str = "V1",
    at: str | int = "10 10:00",
    hospital: str = HOSPITAL,
    fee: str = "10.00",
    **more: Any,  # noqa: ANN401 - fields of Settled
) -> Settled:
    """A 2207: it settles what was charged for its visit."""
    said: dict[str, Any] = {
        "infno": "2207",
        "msgid": f"m-{settlement_id}",
        "person": PERSON,
        "insutype": "310",
        "med_type": "11",
        "fee": fen(fee),
        "fund": fen(fee),
        **more,
    }
    return Settled(provider=hospital, settlement_id=settlement_id, at=moment(at), visit=visit, **said)


def a_stay_settlement(settlement_id: str = "S1", **more: Any) -> Settled:  # noqa: ANN401 - as above
    """A 2304: it settles what was charged for its stay."""
    return a_visit_settlement(settlement_id, **{"infno": "2304", "med_type": "2101", **more})


def charges(
    *lines: Line,
    at: str | int = "10 09:00",
    visit: str = "V1",
    hospital: str = HOSPITAL,
    **more: Any,  # noqa: ANN401 - as above
) -> Charged:
    """A 2204: lines of one visit, unless they name theirs."""
    named = tuple(_of_visit(line, visit) for line in lines)
    name = f"m-charges-{'-'.join(line.number for line in lines)}"
    return _fact(Charged, "2204", name, at=at, provider=hospital, lines=named, **more)


def _of_visit(line: Line, visit: str) -> Line:
    return (
        line
        if line.visit
        else Line(**{f: getattr(line, f) for f in line.__struct_fields__} | {"visit": visit})
    )


def a_reversal(
    settlement_id: str = "S1",
    *,
    at: str | int,
    pharmacy: str = PHARMACY,
    **more: Any,  # noqa: ANN401 - fields of Reversed
) -> Reversed:
    """A 2103 (with another `infno` a 2208, 2305): this settlement is taken back."""
    name = f"m-reversal-{settlement_id}"
    return _fact(Reversed, "2103", name, at=at, provider=pharmacy, settlement_id=settlement_id, **more)


def a_compensation(of: Fact, *, at: str | int, **more: Any) -> Undone:  # noqa: ANN401 - fields of Undone
    """A 2601 of any call."""
    said = {"provider": of.provider, "person": of.person, "of_msgid": of.msgid, "of_infno": of.infno, **more}
    return _fact(Undone, "2601", f"m-undone-{of.msgid}", at=at, **said)


def a_diagnosis_of(
    *codes: str,
    visit: str = "V1",
    at: str | int = "10 08:30",
    hospital: str = HOSPITAL,
    **more: Any,  # noqa: ANN401 - as above
) -> Diagnosed:
    """A 2203: what a visit is for."""
    named = tuple(Diagnosis(code) for code in codes)
    return _fact(
        Diagnosed,
        "2203",
        f"m-diagnosed-{visit}",
        at=at,
        provider=hospital,
        visit=visit,
        diagnoses=named,
        **more,
    )


def an_admission(
    visit: str = "V1",
    *codes: str,
    at: str | int,
    begin: str | int | None = None,
    hospital: str = HOSPITAL,
    **more: Any,  # noqa: ANN401 - fields of Admitted
) -> Admitted:
    """A 2401 with its main diagnoses; the stay begins when it is told, unless `begin` says otherwise."""
    said = {"visit": visit, "begin": moment(at if begin is None else begin), "med_type": "2101", **more}
    named = tuple(Diagnosis(code, main=True) for code in codes)
    return _fact(Admitted, "2401", f"m-admitted-{visit}", at=at, provider=hospital, diagnoses=named, **said)


def a_discharge(
    visit: str = "V1",
    *,
    at: str | int,
    end: str | int | None = None,
    hospital: str = HOSPITAL,
    **more: Any,  # noqa: ANN401 - as above
) -> Discharged:
    """A 2402; the stay ends when it is told, unless `end` says otherwise."""
    said = {"visit": visit, "end": moment(at if end is None else end), **more}
    return _fact(Discharged, "2402", f"m-discharged-{visit}", at=at, provider=hospital, **said)


def a_face_check(
    result: str,
    *,
    at: str | int,
    business: str = "15",
    provider: str = PHARMACY,
    **more: Any,  # noqa: ANN401 - as above
) -> FaceChecked:
    """A 9601: recog_rslt 0 and 2 failed, 1 passed, 3 under review, 4 special registration."""
    said = {"provider": provider, "result": result, "business": business, **more}
    return _fact(FaceChecked, "9601", f"m-face-{moment(at)}", at=at, **said)


def a_face_excuse(*, at: str | int, provider: str = PHARMACY, **more: Any) -> FaceExcused:  # noqa: ANN401 - as above
    """A 9602."""
    return _fact(FaceExcused, "9602", f"m-excused-{moment(at)}", at=at, provider=provider, **more)


def a_register(*insurances: Insurance, at: str | int, **more: Any) -> RegisterRead:  # noqa: ANN401 - as above
    """A 1101."""
    said = {"provider": PHARMACY, "insurances": insurances, **more}
    return _fact(RegisterRead, "1101", f"m-register-{moment(at)}", at=at, **said)


def goods_sold(
    settlement_id: str,
    *codes: str,
    at: str | int,
    pharmacy: str = PHARMACY,
    **more: Any,  # noqa: ANN401 - as above
) -> GoodsSold:
    """A 3505A: trace codes that belong to a settlement."""
    articles = (Article(settlement_id, tuple(TraceMark(code) for code in codes)),)
    name = f"m-sold-{settlement_id}"
    return _fact(GoodsSold, "3505A", name, at=at, provider=pharmacy, articles=articles, **more)


def orders(*lines: Line, at: str | int, visit: str = "V1", **more: Any) -> OrdersChecked:  # noqa: ANN401 - as above
    """A 3102 (or 3101): orders to be judged as if they were settled now."""
    said = {"insutype": "310", "med_type": "11", **more}
    return _fact(OrdersChecked, "3102", f"m-orders-{moment(at)}", at=at, visit=visit, lines=lines, **said)


def _fact(kind: type[F], infno: str, name: str, /, *, at: str | int, **said: Any) -> F:  # noqa: ANN401 - fields of `kind`
    """A fact of the usual person; what is `said` of it goes before what is usual."""
    usual = {"infno": infno, "msgid": name, "person": PERSON, "provider": HOSPITAL, "at": moment(at)}
    return kind(**{**usual, **said})
