"""Goods with trace codes: 3505A (sold) and 3506A (returned)."""

from monitor.events import Article, Event, GoodsReturned, GoodsSold, TraceMark
from monitor.interface import wire
from monitor.interface.call import Call
from monitor.interface.envelope import typed_decoder
from monitor.interface.fields import ident, read, text
from monitor.interface.outcomes import Fault, Reason, Skip

_GOODS = typed_decoder(wire.GoodsInput)


def goods_sold(call: Call) -> tuple[Event, ...]:
    """3505A: one fact for each person in the rows."""
    return tuple(
        [
            GoodsSold(
                provider=call.provider,
                infno=call.infno,
                msgid=call.msgid,
                person=person,
                at=call.at,
                articles=articles,
            )
            for person, articles in _articles(call).items()
        ]
    )


def goods_returned(call: Call) -> tuple[Event, ...]:
    """3506A: one fact for each person in the rows."""
    return tuple(
        [
            GoodsReturned(
                provider=call.provider,
                infno=call.infno,
                msgid=call.msgid,
                person=person,
                at=call.at,
                articles=articles,
            )
            for person, articles in _articles(call).items()
        ]
    )


def _articles(call: Call) -> dict[str, tuple[Article, ...]]:
    """The rows by person; one with neither person nor settlement was paid privately: none of ours."""
    path = "input.selinfoDetail"
    asked = call.read_input(_GOODS)
    if asked.selinfoDetail is None:
        raise Fault(Reason.MISSING_FIELD, path)
    by_person: dict[str, list[Article]] = {}
    for index, row in enumerate(call.rows(asked.selinfoDetail, path)):
        where = f"{path}[{index}]"
        missing = [name for name in ("psn_no", "setl_id") if getattr(row, name) in (None, "")]
        if len(missing) == 1:
            raise Fault(Reason.MISSING_FIELD, f"{where}.{missing[0]}")
        if missing:
            continue
        settlement_id = read(ident, row.setl_id, f"{where}.setl_id")
        traces = call.traces([row], where)
        if read(text, row.trdn_flag, f"{where}.trdn_flag") == "1":
            traces = tuple([TraceMark(mark.code, split=True) for mark in traces])
        person = call.person(row.psn_no, f"{where}.psn_no")
        by_person.setdefault(person, []).append(Article(settlement_id, traces))
    if not by_person:
        raise Skip("self_pay_goods")
    return {person: tuple(articles) for person, articles in by_person.items()}
