"""Windows and sums against the slow way, for sales and visits by chance that arrive in any order."""

import random
from decimal import Decimal

import pytest

from tests import wire
from tests.acceptance import oracle
from tests.acceptance.city import call_time, shuffled
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import Outcome, flat, msgid, msgids, sns

START = "2026-03-10 21:00:00"
ITEM = "XZITEM0001"
DRUG = "XZDRUG0001"


def a_sale(chance: random.Random, at: str) -> tuple[list[wire.Record], oracle.Sale]:
    person, shop = chance.choice("abcdef"), wire.pharmacy(chance.choice((1, 1, 2)))
    care = ("41", chance.choice(("", "", "I10")))
    family = chance.random() < 0.2
    sale = wire.pharmacy_sale(
        person,
        at=at,
        provider=shop,
        med_type=care[0],
        dise_codg=care[1],
        acct_used_flag="2" if family else "1",
    )
    undone_at = wire.later(at, seconds=chance.choice((30, 600, 900, 901, 4000)))
    undone = [wire.reversal(sale, at=undone_at)] if chance.random() < 0.3 else []
    fact = oracle.Sale(
        at=int(call_time(sale)),
        msgid=msgid(sale),
        person=person,
        shop=shop,
        care=care,
        family=family,
        undone=int(call_time(undone[0])) if undone else None,
    )
    return [sale, *undone], fact


def bursts(outcome: Outcome, rule_id: str) -> set[oracle.Burst]:
    return {(frozenset(msgids(each)), each["observed"]) for each in outcome.open_of(rule_id)}


@pytest.mark.parametrize("seed, span_s", [(seed, span) for span in (600, 4000, 90000) for seed in range(4)])
def test_bursts_are_what_the_slow_way_finds(replay: Replay, seed: int, span_s: int) -> None:
    chance = random.Random(seed)
    made = [a_sale(chance, wire.later(START, seconds=10 * chance.randrange(span_s // 10))) for _ in range(60)]
    records = sorted(flat(*[each for each, _ in made]), key=call_time)
    sales = [fact for _, fact in made]
    outcome = replay(shuffled(records, seed))
    assert bursts(outcome, "LOC-PHARMACY-BURST") == oracle.pharmacy_bursts(sales)
    assert bursts(outcome, "LOC-CARD-REPEAT") == oracle.card_repeats(sales)
    assert bursts(outcome, "LOC-CARD-HOPPING") == oracle.card_hopping(sales)
    assert bursts(outcome, "LOC-SETTLE-REFUND") == oracle.settle_refunds(sales)


def a_visit(
    chance: random.Random, at: str, *, fee_days_back: int
) -> tuple[list[wire.Record], list[oracle.Line]]:
    person, hospital = chance.choice("ab"), wire.hospital(chance.choice((1, 1, 2)))
    lines = [
        wire.line(
            chance.choice((ITEM, DRUG)),
            cnt=chance.choice(("1", "1", "0.5", "2")),
            at=wire.later(at, days=-chance.randint(0, fee_days_back), minutes=-chance.randrange(30)),
            prd_days=chance.choice(("3", "10", "20", "31")),
        )
        for _ in range(chance.choice((1, 2, 3)))
    ]
    if not fee_days_back:  # days of supply in line order
        lines = [each | {"fee_ocur_time": at} for each in lines]
    records = wire.outpatient_visit(person, at=at, lines=lines, provider=hospital)
    facts = [
        oracle.Line(
            order=(int(call_time(records[-1])), msgid(records[-1]), seconds(each), each["feedetl_sn"]),
            msgid=msgid(records[-1]),
            sn=each["feedetl_sn"],
            person=person,
            provider=hospital,
            item=each["med_list_codg"],
            day=seconds(each) // 86400,
            cnt=Decimal(each["cnt"]),
            prd_days=int(each["prd_days"]),
        )
        for each in lines
    ]
    if chance.random() < 0.15:
        return [*records, wire.reversal(records[-1], at=wire.later(at, hours=3))], []
    return records, facts


def seconds(line: wire.Record) -> int:
    stamp = {"request": {"inf_time": line["fee_ocur_time"], "infno": ""}, "reply": None}
    return int(call_time(stamp))


def breaches(outcome: Outcome, rule_id: str) -> oracle.Breaches:
    return {each["evidence"][-1]["msgid"]: set(sns(each)) for each in outcome.open_of(rule_id)}


@pytest.mark.parametrize("fee_days_back", [0, 3])
@pytest.mark.parametrize("seed", range(6))
def test_sums_over_lines_are_what_the_slow_way_finds(replay: Replay, seed: int, fee_days_back: int) -> None:
    chance = random.Random(seed)
    made = [
        a_visit(
            chance,
            wire.later(START, days=chance.randrange(60), minutes=chance.randrange(120)),
            fee_days_back=fee_days_back,
        )
        for _ in range(40)
    ]
    records = sorted(flat(*[each for each, _ in made]), key=call_time)
    lines = [line for _, facts in made for line in facts]
    tables = {"once_per_day": f"item\n{ITEM}\n", "item_frequency": f"item,max,days\n{DRUG},3,10\n"}
    outcome = replay(shuffled(records, seed), reference=tables)
    items = [line for line in lines if line.item == ITEM]
    assert breaches(outcome, "GZ10000102012000") == oracle.once_per_day(items)
    drugs = [line for line in lines if line.item == DRUG]
    assert breaches(outcome, "GZ10000102014000") == oracle.item_frequency(drugs, most=3, days=10)
    if not fee_days_back:
        found = oracle.days_of_supply(lines, limit=31, early=7)
        assert breaches(outcome, "GZ10000101009000") == found
