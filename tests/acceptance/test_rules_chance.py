"""Laws over feeds by chance: neither the order of arrival nor repeats change what is found."""

from collections.abc import Sequence

import pytest

from tests import wire
from tests.acceptance.chance import ITEMS, PEOPLE, START, TABLES, Chance
from tests.acceptance.city import shuffled
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import Outcome, Row, result_rules, settled


def holding(outcome: Outcome) -> list[Row]:
    """Incidents that are not withdrawn, without what may differ."""
    kept = [
        {k: v for k, v in row.items() if k not in {"revision", "notify", "priority", "state", "resolved_at"}}
        for row in outcome.incidents
        if row["state"] != "withdrawn"
    ]
    return sorted(kept, key=lambda row: str(row["incident_id"]))


def same(one: Outcome, other: Outcome) -> None:
    assert settled(one.open_findings) == settled(other.open_findings)
    assert holding(one) == holding(other)
    assert {each["verdict_id"] for each in one.verdicts} == {each["verdict_id"] for each in other.verdicts}


def run(replay: Replay, records: Sequence[wire.Record]) -> Outcome:
    return replay(records, reference=TABLES)


@pytest.mark.parametrize("seed", range(12))
def test_the_order_of_arrival_changes_nothing(replay: Replay, seed: int) -> None:
    feed = Chance(seed, span_s=1500).feed(60)
    straight = run(replay, feed)
    assert straight.dead_letters == []
    same(run(replay, shuffled(feed, seed)), straight)


@pytest.mark.parametrize("seed", range(100, 106))
def test_what_comes_days_late_is_put_in_its_place(replay: Replay, seed: int) -> None:
    """Nothing is behind what is remembered, so even the reverse order ends the same."""
    feed = Chance(seed, span_s=3 * 86400).feed(80)
    same(run(replay, feed[::-1]), run(replay, feed))


@pytest.mark.parametrize("seed", range(200, 206))
def test_repeats_change_nothing(replay: Replay, seed: int) -> None:
    feed = Chance(seed, span_s=86400).feed(60)
    same(run(replay, [*feed, *feed]), run(replay, feed))


@pytest.mark.parametrize("seed", range(300, 320))
def test_orders_get_the_answer_that_their_settlement_would_get(replay: Replay, seed: int) -> None:
    """The same lines, once as orders of a 3102 and once settled, at the end of the same feed."""
    feed = Chance(seed, span_s=3 * 86400)
    before = feed.feed(60)
    now = wire.later(START, days=3, hours=1)
    person = feed.random.choice(PEOPLE)
    chosen = feed.random.choices(ITEMS, k=3)
    days = feed.random.choice(("", "7", "20", "31"))
    amount = feed.random.choice((None, "13.00"))
    visit = "M-NEW"
    orders = [wire.order(item, rx_id=f"N{n}", prd_days=days, amount=amount) for n, item in enumerate(chosen)]
    lines = [wire.line(item, sn=f"N{n}", prd_days=days, amount=amount) for n, item in enumerate(chosen)]
    check = wire.orders_checked(person, at=now, orders=orders, mdtrt_id=visit)
    settled_now = wire.outpatient_visit(person, at=now, lines=lines, mdtrt_id=visit)
    asked = run(replay, [*before, check]).verdict(check)
    paid = run(replay, [*before, *settled_now]).verdict(settled_now[-1])
    # Presence is not asked of orders (a mismatch other than LOC-FACE-MISMATCH).
    expected = [each for each in result_rules(paid) if each != "LOC-DIALYSIS-ABSENT"]
    assert result_rules(asked) == expected
    assert asked["amount_refused"] == paid["amount_refused"]
