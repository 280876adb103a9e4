"""Laws over trace codes: from the facts of several persons to one finding a code."""

from collections.abc import Sequence
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.events import Event, Fact, GoodsReturned, GoodsSold, OrdersChecked, Settled
from monitor.memory.facts import Facts
from monitor.memory.trace import TraceMemory
from monitor.outputs import Finding
from tests.monitor.builders import Monitor, a_knowledge
from tests.monitor.histories import WORLD, Scene, histories_of, told

RULE = "LOC-TRACE-REUSED"
KNOWLEDGE = a_knowledge(WORLD)
LAWS = settings(max_examples=120, deadline=None, print_blob=True)
SHUFFLES = st.integers(0, 1 << 32)
COUNTER = Scene(("sale",) * 4 + ("sold",) * 3 + ("returned", "reversal", "undone"), (0, 1, 3))


@st.composite
def several(draw: st.DrawFn) -> list[Event]:
    """Two persons at the same pharmacies, with the same few boxes."""
    one = draw(histories_of(COUNTER, size=14, person="p1", prefix="a"))
    return one + draw(histories_of(COUNTER, size=10, person="p2", prefix="b"))


def after(events: Sequence[Event]) -> dict[str, Finding]:
    monitor = Monitor(KNOWLEDGE)
    monitor.tell(*events)
    return {finding.finding_id: finding for finding in monitor.fired(RULE)}


def naively(events: Sequence[Event]) -> dict[str, list[str]]:
    """Code -> msgids of the live settlements that carry it whole, where there are two or more."""
    carried: dict[str, list[tuple[int, str]]] = {}
    for person in ("p1", "p2"):
        facts = Facts()
        for event in events:
            if event.person == person and type(event) is not OrdersChecked:
                facts.add(event)
        live: dict[tuple[str, str], Settled] = {}
        for settled in told([s for s in facts.of(Settled) if facts.stands(s)]):
            live.setdefault((settled.provider, settled.settlement_id), settled)
        goods = told([*facts.of(GoodsSold), *facts.of(GoodsReturned)])
        for settled in live.values():
            for code in _codes(settled, goods):
                carried.setdefault(code, []).append((settled.at, settled.msgid))
    return {code: [m for _, m in sorted(sales)] for code, sales in carried.items() if len(sales) > 1}


def _codes(settled: Settled, goods: Sequence[Fact]) -> set[str]:
    split = dict[str, bool]()
    for mark in settled.traces:
        split[mark.code] = split.get(mark.code, False) or mark.split
    for fact in goods:
        for article in fact.articles if isinstance(fact, GoodsSold | GoodsReturned) else ():
            if (fact.provider, article.settlement_id) != (settled.provider, settled.settlement_id):
                continue
            for mark in article.traces:
                if type(fact) is GoodsReturned:
                    split.pop(mark.code, None)
                else:
                    split[mark.code] = split.get(mark.code, False) or mark.split
    return {code for code, opened in split.items() if not opened}


@given(several(), SHUFFLES)
@LAWS
def test_a_code_is_reused_when_two_live_settlements_carry_it_whole(events: list[Event], seed: int) -> None:
    found = after(Random(seed).sample(events, len(events)))
    said = {one.anchor.removeprefix("trace|"): [e.msgid for e in one.evidence] for one in found.values()}
    assert said == naively(events)


@given(several(), SHUFFLES)
@LAWS
def test_the_order_of_arrival_changes_nothing(events: list[Event], seed: int) -> None:
    assert after(Random(seed).sample(events, len(events))) == after(told(events))


@given(several(), SHUFFLES)
@LAWS
def test_a_memory_of_a_code_goes_on_from_its_pieces(events: list[Event], seed: int) -> None:
    kept, restarted = Monitor(KNOWLEDGE), Monitor(KNOWLEDGE)
    pieces: dict[str, dict[str, bytes]] = {}
    for number, event in enumerate(Random(seed).sample(events, len(events))):
        kept.tell(event)
        restarted.tell(event)
        for code, memory in restarted.traces.items():
            mine = pieces.setdefault(code, {})
            for piece, written in memory.changes().items():
                assert mine.get(piece) != written
                if written is None:
                    del mine[piece]
                else:
                    mine[piece] = written
            if (seed >> number % 30) & 1:
                restarted.traces[code] = TraceMemory.load(code, mine)
    assert restarted.open == kept.open


@given(several())
@LAWS
def test_what_is_told_again_changes_nothing(events: list[Event]) -> None:
    monitor = Monitor(KNOWLEDGE)
    monitor.tell(*events)
    before = monitor.open
    assert [monitor.tell(replace(event, late=True)).sales for event in events] == [[]] * len(events)
    assert monitor.open == before


def test_a_code_is_reused_in_feeds_by_chance() -> None:
    random = Random(1)
    fired = 0
    for _ in range(50):
        events = [
            e
            for p, x in (("p1", "a"), ("p2", "b"))
            for e in COUNTER.by_chance(random, 12, person=p, prefix=x)
        ]
        fired += bool(naively(events))
    assert fired > 10
