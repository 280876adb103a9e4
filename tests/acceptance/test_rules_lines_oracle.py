"""Which lines each settlement has, against the slow way: uploads, withdrawals and reversals by chance."""

import random
from dataclasses import dataclass, field

import pytest

from tests import wire
from tests.acceptance.city import call_time, shuffled
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import sns

MARK = "GZ10000201002000"
START = "2026-03-10 08:00:00"
BATCHES = ("B0001", "B0002")


@dataclass
class Visit:
    """What happened in one visit, by second; every line is off by 2.00, so a settlement lists its lines."""

    person: str
    records: list[wire.Record] = field(default_factory=list)
    uploads: list[tuple[int, str, str]] = field(default_factory=list)
    withdrawals: list[tuple[int, str]] = field(default_factory=list)
    settlements: list[tuple[int, str, str]] = field(default_factory=list)
    reversed_: set[str] = field(default_factory=set)

    def upload(self, second: int, chance: random.Random) -> None:
        batch = chance.choice(BATCHES)
        count = chance.choice((1, 1, 2))
        lines = [wire.line(cnt="2", amount="22.00", batch=batch) for _ in range(count)]
        refunded = chance.random() < 0.3
        if refunded:
            whole = chance.random() < 0.5
            cnt, amount = ("-2", "-22.00") if whole else ("-1", "-10.00")
            refund = wire.line(cnt=cnt, amount=amount, batch=batch, refunds=lines[0]["feedetl_sn"])
            kept = lines[1:] if whole else lines
            lines = [*lines, refund]
        else:
            kept = lines
        self.uploads += [(second, each["feedetl_sn"], batch) for each in kept]
        sent = [wire.charges(self.person, at=at(second), mdtrt_id=self.person, lines=lines)]
        if chance.random() < 0.2:
            sent.append(wire.charges(self.person, at=at(second), mdtrt_id=self.person, lines=lines))
        self.records += sent

    def withdraw(self, second: int, chance: random.Random) -> None:
        batch = chance.choice((*BATCHES, "0000"))
        self.withdrawals.append((second, batch))
        self.records.append(
            wire.charges_withdrawn(self.person, at=at(second), mdtrt_id=self.person, batch=batch)
        )

    def settle(self, second: int, chance: random.Random, *, undone: bool) -> None:
        batch = chance.choice((*BATCHES, "", ""))
        settled = wire.outpatient_settlement(self.person, at=at(second), mdtrt_id=self.person, batch=batch)
        msgid = settled["request"]["msgid"]
        self.settlements.append((second, msgid, batch))
        self.records.append(settled)
        if undone:
            self.reversed_.add(msgid)
            self.records.append(wire.reversal(settled, at=at(second + chance.randrange(1, 900))))

    def expected(self) -> dict[str, list[str]]:
        """feedetl_sn by settlement, where it has any."""
        taken: dict[str, int] = {}
        found: dict[str, list[str]] = {}
        for settled_at, msgid, batch in sorted(self.settlements):
            if msgid in self.reversed_:
                continue
            own = [
                sn
                for uploaded_at, sn, of in self.uploads
                if uploaded_at <= settled_at
                and sn not in taken
                and batch in {"", of}
                and not any(
                    uploaded_at <= gone <= settled_at and which in {"0000", of}
                    for gone, which in self.withdrawals
                )
            ]
            taken |= dict.fromkeys(own, settled_at)
            if own:
                found[msgid] = sorted(own)
        return found


def at(second: int) -> str:
    return wire.later(START, seconds=second)


def by_chance(person: str, chance: random.Random) -> Visit:
    """Withdrawals or reversals, not both: whether a settlement reversed later shields its lines is open."""
    visit = Visit(person)
    reversals = chance.random() < 0.5
    for second in sorted(chance.sample(range(7200), 9)):
        draw = chance.random()
        if draw < 0.5:
            visit.upload(second, chance)
        elif draw < 0.85:
            visit.settle(second, chance, undone=reversals and chance.random() < 0.4)
        elif not reversals:
            visit.withdraw(second, chance)
    return visit


@pytest.mark.parametrize("seed", range(12))
def test_each_settlement_has_the_lines_that_the_slow_way_finds(replay: Replay, seed: int) -> None:
    chance = random.Random(seed)
    visits = [by_chance(person, chance) for person in ("zhao", "qian", "sun", "li", "zhou", "wu")]
    records = sorted((each for visit in visits for each in visit.records), key=call_time)
    outcome = replay(shuffled(records, seed))
    found = {each["evidence"][-1]["msgid"]: sns(each) for each in outcome.open_of(MARK)}
    assert found == {msgid: lines for visit in visits for msgid, lines in visit.expected().items()}
