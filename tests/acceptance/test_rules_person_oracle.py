"""What is known of a person (faces, cover, death, stays) against the slow way, by chance and in any order."""

import random
from dataclasses import dataclass, field

import pytest

from tests import wire
from tests.acceptance.city import call_time, shuffled
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import Outcome, msgid

START = "2026-03-10 06:00:00"
SPAN_S = 5 * 86400
DAY_S = 86400


@dataclass
class Life:
    """What happened to one person, by second since the start; days are counted from the start's day."""

    person: str
    chance: random.Random
    records: list[wire.Record] = field(default_factory=list)
    checks: list[tuple[int, str, str]] = field(default_factory=list)  # at, result or "9602", visit
    registers: list[tuple[int, str, int | None, int]] = field(
        default_factory=list
    )  # at, status, paused, since
    deaths: list[int] = field(default_factory=list)
    stay: tuple[int, int] | None = None
    leave: tuple[int, int] | None = None
    settlements: list[tuple[int, str, str, int]] = field(default_factory=list)  # at, msgid, visit, fee at

    def live(self) -> None:
        """Some twenty calls, a third of the settlements reversed."""
        if self.chance.random() < 0.6:
            self._stays()
        for second in sorted(self.chance.sample(range(SPAN_S), 24)):
            self.chance.choice((self._settle, self._settle, self._check, self._check, self._register))(second)

    def _stays(self) -> None:
        begin, end = sorted(self.chance.sample(range(SPAN_S), 2))
        self.stay = (begin, end)
        self.records += [
            wire.admission(self.person, at=at(begin), mdtrt_id=f"MS{self.person}", provider=wire.hospital(7)),
            wire.discharge(self.person, at=at(end), mdtrt_id=f"MS{self.person}", provider=wire.hospital(7)),
        ]
        if self.chance.random() < 0.5 and end - begin > 10:
            out, back = sorted(self.chance.sample(range(begin + 1, end), 2))
            self.leave = (out, back)
            for when, biz in ((out, "20"), (back, "21")):
                self.records.append(
                    wire.face_check(self.person, at=at(when), result="1", biz=biz, provider=wire.hospital(7))
                )

    def _check(self, second: int) -> None:
        visit = self.chance.choice(("", "M1", "M2"))
        if self.chance.random() < 0.15:
            self.checks.append((second, "9602", ""))
            self.records.append(wire.face_registration(self.person, at=at(second)))
            return
        result = self.chance.choice("00221")
        self.checks.append((second, result, visit))
        self.records.append(wire.face_check(self.person, at=at(second), result=result, mdtrt_id=visit))

    def _register(self, second: int) -> None:
        status = self.chance.choice("1122340")
        paused = self.chance.choice((None, self.chance.randrange(6))) if status == "2" else None
        since = self.chance.randrange(6)
        died = self.chance.choice((None, None, None, None, None, self.chance.randrange(6)))
        self.registers.append((second, status, paused, since))
        if died is not None:
            self.deaths.append(died)
        self.records.append(
            wire.insured_record(
                self.person,
                at=at(second),
                status=status,
                paused="" if paused is None else date(paused),
                since=date(since),
                die_date="" if died is None else date(died),
            )
        )

    def _settle(self, second: int) -> None:
        visit = self.chance.choice(("M1", "M2"))
        fee = max(0, second - self.chance.choice((0, 0, 0, DAY_S)))
        upload = wire.charges(self.person, at=at(second), mdtrt_id=visit, lines=[wire.line(at=at(fee))])
        settled = wire.outpatient_settlement(self.person, at=at(second), mdtrt_id=visit)
        self.records += [upload, settled]
        if self.chance.random() < 0.2:
            undone = wire.reversal(settled, at=at(second + 1))
            gone = wire.charges_withdrawn(self.person, at=at(second + 2), mdtrt_id=visit)
            self.records += [undone, gone]
        else:
            self.settlements.append((second, msgid(settled), visit, fee))

    def mismatched(self) -> set[str]:
        found = set()
        for when, name, visit, _ in self.settlements:
            recent = [each for each in self.checks if when - DAY_S <= each[0] <= when]
            special = any(result == "9602" for _, result, _ in recent)
            failed = [each[0] for each in recent if each[1] in {"0", "2"} and each[2] in {"", visit}]
            passed = [each[0] for each in recent if each[1] == "1" and each[2] in {"", visit}]
            if not special and any(all(ok < no for ok in passed) for no in failed):
                found.add(name)
        return found

    def uncovered(self) -> set[tuple[str, int]]:
        """msgid and severity."""
        found = set()
        for when, name, _, _ in self.settlements:
            before = [each for each in self.registers if each[0] <= when]
            if not before:
                continue
            known_at, status, paused, _ = max(before)
            if status == "1" or (paused is not None and day(when) < paused):
                continue
            if any(a > when and s == "1" and day_start(since) <= when for a, s, _, since in self.registers):
                continue
            found.add((name, 2 if when - known_at > DAY_S else 1))
        return found

    def after_death(self) -> set[str]:
        if not self.deaths:
            return set()
        last = min(self.deaths)
        return {name for when, name, _, fee in self.settlements if day(when) > last and day(fee) > last}

    def inside_stay(self) -> set[str]:
        if not self.stay:
            return set()
        first, last = day(self.stay[0]), day(self.stay[1])
        return {
            name
            for _, name, _, fee in self.settlements
            if first < day(fee) < last and not (self.leave and self.leave[0] <= fee <= self.leave[1])
        }


def at(second: int) -> str:
    return wire.later(START, seconds=second)


def day(second: int) -> int:
    return (second + 6 * 3600) // DAY_S


def day_start(number: int) -> int:
    return number * DAY_S - 6 * 3600


def date(number: int) -> str:
    return wire.later(START, days=number)[:10]


def found(outcome: Outcome, rule_id: str) -> set[str]:
    return {each["evidence"][-1]["msgid"] for each in outcome.open_of(rule_id)}


@pytest.mark.parametrize("seed", range(12))
def test_what_is_known_of_a_person_is_what_the_slow_way_knows(replay: Replay, seed: int) -> None:
    chance = random.Random(seed)
    lives = [Life(person, chance) for person in ("zhao", "qian", "sun", "li")]
    for life in lives:
        life.live()
    records = sorted((each for life in lives for each in life.records), key=call_time)
    outcome = replay(shuffled(records, seed))
    settlements = {name for life in lives for _, name, _, _ in life.settlements}
    assert found(outcome, "LOC-FACE-MISMATCH") == set().union(*(life.mismatched() for life in lives))
    assert found(outcome, "LOC-DECEASED") == set().union(*(life.after_death() for life in lives))
    uncovered = {
        (each["evidence"][-1]["msgid"], each["severity"]) for each in outcome.open_of("LOC-COVER-INACTIVE")
    }
    assert {name for name, _ in uncovered} <= settlements
    assert uncovered == set().union(*(life.uncovered() for life in lives))
    inside = {
        each["msgid"]
        for finding in outcome.open_of("LOC-STAY-OVERLAP")
        for each in finding["evidence"]
        if each["infno"] == "2207"
    }
    assert inside == set().union(*(life.inside_stay() for life in lives))
