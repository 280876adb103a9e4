"""Which trace codes a settlement sold: those it carried (drug_trac_info), plus 3505A, less 3506A (contract §1)."""

from collections.abc import Iterable

from msgspec.structs import replace

from monitor.events import Event, GoodsReturned, GoodsSold, Reversed, Settled, TraceSale, Undone
from monitor.memory.facts import Facts
from monitor.memory.person import PersonMemory
from monitor.memory.subjects import anchor_of

TELLING = frozenset({Settled, Reversed, Undone, GoodsSold, GoodsReturned})
"""Kinds of facts that can move a trace code."""


def sales_told(memory: PersonMemory, event: Event) -> list[TraceSale]:
    """What the memories of trace codes must hear because of an event that was just remembered."""
    if type(event) not in TELLING:
        return []
    told: list[TraceSale] = []
    for provider, settlement_id in _touched(memory, event):
        anchor = anchor_of(provider, settlement_id)
        now = _sales(memory.facts, provider, settlement_id)
        known = memory.sales.get(anchor, ())
        if tuple(now) == known:
            continue
        before, codes = {sale.code: sale for sale in known}, {sale.code for sale in now}
        told += [replace(sale, live=False) for sale in known if sale.code not in codes]
        told += [sale for sale in now if before.get(sale.code) != sale]
        memory.told(anchor, tuple(now))
    return told


def _touched(memory: PersonMemory, event: Event) -> Iterable[tuple[str, str]]:
    if type(event) is Settled or type(event) is Reversed:
        if type(event) is Settled and not event.traces and not memory.has_goods:
            calls = memory.facts.calls_of(event.provider, event.settlement_id)
            if len(calls) == 1:
                return ()
        return ((event.provider, event.settlement_id),)
    if type(event) is GoodsSold or type(event) is GoodsReturned:
        return [(event.provider, article.settlement_id) for article in event.articles]
    if type(event) is Undone and memory.facts.named_by(event) is not None:
        return memory.facts.settlements()
    return ()


def _sales(facts: Facts, provider: str, settlement_id: str) -> list[TraceSale]:
    standing = [s for s in facts.calls_of(provider, settlement_id) if facts.stands(s)]
    if not standing:
        return []
    settled = standing[0] if len(standing) == 1 else min(standing, key=lambda s: (s.at, s.msgid))
    split = _codes(facts, settled)
    return [
        TraceSale(
            code=code,
            provider=provider,
            infno=settled.infno,
            msgid=settled.msgid,
            settlement_id=settlement_id,
            person=settled.person,
            at=settled.at,
            fee=settled.fee,
            split=split[code],
            late=settled.late,
        )
        for code in sorted(split)
    ]


def _codes(facts: Facts, settled: Settled) -> dict[str, bool]:
    """Code -> whether the pack was opened and sold in parts."""
    codes: dict[str, bool] = {}
    for mark in settled.traces:
        codes[mark.code] = codes.get(mark.code, False) or mark.split
    if GoodsSold not in facts.kinds and GoodsReturned not in facts.kinds:
        return codes
    goods: list[GoodsSold | GoodsReturned] = [*facts.of(GoodsSold), *facts.of(GoodsReturned)]
    for fact in sorted(goods, key=lambda fact: (fact.at, fact.msgid)):
        if fact.provider != settled.provider:
            continue
        for article in fact.articles:
            if article.settlement_id != settled.settlement_id:
                continue
            for mark in article.traces:
                if type(fact) is GoodsReturned:
                    codes.pop(mark.code, None)
                else:
                    codes[mark.code] = codes.get(mark.code, False) or mark.split
    return codes
