"""Money that events move: whatever is taken back, corrected or settled after all nets out."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from monitor.audit import audit_person
from monitor.events import DAY, Event
from monitor.interface.intake import Accepted, Intake
from monitor.knowledge import Knowledge
from monitor.memory.person import PersonMemory
from monitor.memory.subjects import is_settlement_anchor
from monitor.money import all_prevented, fen, paid, refused, refused_changes, stake
from monitor.reference_tables import load_reference
from monitor.rules.examples import (
    HOSPITAL,
    PHARMACY,
    a_compensation,
    a_line,
    a_register,
    a_reversal,
    a_settlement,
    a_visit_settlement,
    charges,
    day_of,
    moment,
    orders,
)
from monitor.simulator import City
from monitor.watermark import BEGINNING
from tests.monitor.builders import TOKENS, a_knowledge

WRONG = a_line(amount="12.00", at="10 09:00")
"""Refused: one at 10.00."""
REVERSED = a_reversal(at="10 11:00", pharmacy=HOSPITAL, infno="2208")


class Till:
    """Adds up what events move, in fen: fund, refused and prevented."""

    def __init__(self, knowledge: Knowledge | None = None) -> None:
        self.persons: dict[str, PersonMemory] = {}
        self.moved: Counter[str] = Counter()
        self.refused_by: Counter[str] = Counter()
        self.prevented_ever = 0
        self._knowledge = knowledge or a_knowledge()

    def tell(self, *events: Event, watermark: int = BEGINNING) -> dict[str, int]:
        """What has been moved since the beginning."""
        since = watermark - 7 * DAY
        for event in events:
            memory = self.persons.setdefault(event.person, PersonMemory(event.person))
            before = stake(memory, event, since=since)
            outcome = audit_person(memory, event, watermark=watermark, knowledge=self._knowledge)
            assert not outcome.failure, outcome.failure
            after = stake(memory, event, since=since)
            self.moved["fund"] += after.fund - before.fund
            self.prevented_ever += max(0, after.prevented - before.prevented)
            self.moved["prevented"] += after.prevented - before.prevented
            for provider, change in refused_changes(memory, outcome):
                self.moved["refused"] += change
                self.refused_by[provider] += change
        return {name: fen for name, fen in self.moved.items() if fen}

    def standing(self) -> dict[str, int]:
        """The same, read off what is remembered in the end."""
        total: Counter[str] = Counter()
        for memory in self.persons.values():
            facts = memory.facts
            total["fund"] += sum(paid(memory, facts.calls_of(*key)) for key in facts.settlements())
            for anchor, said in memory.findings.by_anchor.items():
                if is_settlement_anchor(anchor):
                    total["refused"] += refused(said.values())
            total["prevented"] += all_prevented(memory, since=BEGINNING - 7 * DAY)
        return {name: fen for name, fen in total.items() if fen}


@pytest.fixture
def till() -> Till:
    return Till()


# -- the fund --------------------------------------------------------------------------------------------------------


def test_a_settlement_is_paid_once_however_often_it_is_told(till: Till) -> None:
    again = a_settlement(msgid="another")
    assert till.tell(a_settlement(), a_settlement(), again) == {"fund": 1_000}


def test_a_reversal_brings_it_back_whatever_comes_first(till: Till) -> None:
    assert till.tell(a_settlement(), a_reversal(at="10 09:10")) == {}
    assert Till().tell(a_reversal(at="10 09:10"), a_settlement()) == {}


def test_a_compensation_of_the_reversal_pays_it_again(till: Till) -> None:
    reversal = a_reversal(at="10 09:10")
    undone = a_compensation(reversal, at="10 09:20")
    assert till.tell(a_settlement(), reversal, undone) == {"fund": 1_000}
    assert till.tell(a_compensation(undone, at="10 09:30")) == {}


def test_a_reversal_of_somebody_else_s_settlement_moves_nothing(till: Till) -> None:
    assert till.tell(a_settlement(), a_reversal(at="10 09:10", person="person-2")) == {"fund": 1_000}


# -- refused ---------------------------------------------------------------------------------------------------------


def test_a_line_that_breaks_two_rules_is_refused_once(till: Till) -> None:
    sold = a_settlement(lines=[a_line(amount="12.00", days=40), a_line(number="2")])
    assert till.tell(sold) == {"fund": 1_000, "refused": 1_200}


def test_a_settlement_of_which_no_line_is_known_is_refused_as_a_whole(till: Till) -> None:
    died = a_register(at="08 09:00", death_day=day_of("08"))
    assert till.tell(died, a_visit_settlement(fee="33.00"))["refused"] == 3_300


def test_what_is_reversed_is_refused_no_longer(till: Till) -> None:
    sold = a_settlement(lines=[WRONG])
    assert till.tell(sold)["refused"] == 1_200
    assert till.tell(a_reversal(at="10 09:10")) == {}


def test_what_a_later_fact_withdraws_is_refused_no_longer(till: Till) -> None:
    first = a_settlement("S1", at="09 09:00", lines=[a_line(at="09 09:00", days=30)])
    second = a_settlement("S2", lines=[a_line(days=30)], pharmacy="P43010000002")
    assert till.tell(first, second)["refused"] == 1_000
    assert dict(till.refused_by) == {"P43010000002": 1_000}
    assert till.tell(a_reversal("S1", at="10 12:00")) == {"fund": 1_000}


def test_a_suspicion_refuses_nothing(till: Till) -> None:
    sold = a_settlement(lines=[a_line(days=40)], family=True)
    assert till.tell(sold) == {"fund": 1_000}


# -- prevented -------------------------------------------------------------------------------------------------------


def test_an_order_that_is_rejected_and_never_settled_is_prevented(till: Till) -> None:
    assert till.tell(orders(WRONG, at="10 09:00")) == {"prevented": 1_200}


def test_asking_again_prevents_it_no_second_time(till: Till) -> None:
    asked = orders(WRONG, at="10 09:00")
    assert till.tell(asked, asked, orders(WRONG, at="10 09:05")) == {"prevented": 1_200}


def test_what_is_settled_all_the_same_was_not_prevented_but_is_refused(till: Till) -> None:
    till.tell(orders(WRONG, at="10 09:00"), charges(WRONG, at="10 09:30"))
    assert till.tell(a_visit_settlement()) == {"fund": 1_000, "refused": 1_200}


def test_what_a_reversal_takes_back_was_prevented_after_all(till: Till) -> None:
    till.tell(orders(WRONG, at="10 09:00"), charges(WRONG, at="10 09:30"), a_visit_settlement())
    assert till.tell(REVERSED) == {"prevented": 1_200}


def test_of_an_order_that_is_settled_for_less_the_rest_was_prevented(till: Till) -> None:
    less = a_line(count="0.5")
    till.tell(orders(WRONG, at="10 09:00"), charges(less, at="10 09:30"))
    assert till.tell(a_visit_settlement())["prevented"] == 700


def test_another_visit_settles_nothing_of_it(till: Till) -> None:
    till.tell(orders(WRONG, at="10 09:00"), charges(a_line(), at="10 09:30", visit="V2"))
    assert till.tell(a_visit_settlement(visit="V2"))["prevented"] == 1_200


def test_an_order_that_passes_and_one_before_ordering_prevent_nothing(till: Till) -> None:
    before = orders(WRONG, at="10 09:00", infno="3101")
    assert till.tell(orders(a_line(), at="10 09:05"), before) == {}


def test_a_check_that_is_compensated_did_not_happen(till: Till) -> None:
    asked = orders(WRONG, at="10 09:00")
    assert till.tell(asked, a_compensation(asked, at="10 09:01")) == {}


def test_a_check_from_before_the_memory_of_answers_stays_as_it_was_counted(till: Till) -> None:
    till.tell(orders(WRONG, at="10 09:00"), charges(WRONG, at="10 09:30"))
    late = moment("18 10:00")
    assert till.tell(a_visit_settlement(at="18 10:00"), watermark=late)["prevented"] == 1_200


# -- laws ------------------------------------------------------------------------------------------------------------


STORY: Sequence[Event] = (
    orders(WRONG, at="10 09:00"),
    charges(WRONG, a_line(number="2"), at="10 09:30"),
    a_visit_settlement(),
    a_compensation(REVERSED, at="10 11:30"),
    REVERSED,
    a_settlement("S9", at="10 12:00", lines=[a_line(days=40), a_line(number="2", amount="9.00")]),
    a_reversal("S9", at="10 12:05"),
    a_settlement("S10", at="10 13:00", pharmacy=PHARMACY, lines=[a_line(days=40)]),
)


@pytest.mark.parametrize("seed", range(30))
def test_what_is_moved_adds_up_to_what_stands_in_any_order(seed: int) -> None:
    shuffled = [*STORY, *STORY[:3]]
    Random(seed).shuffle(shuffled)
    till = Till()
    assert till.tell(*shuffled) == till.standing(), f"seed {seed}"


def test_over_a_day_of_a_city_what_is_moved_adds_up_to_what_stands(tmp_path: Path) -> None:
    city = City(seed=23, records=3_000)
    city.write_reference(tmp_path)
    knowledge = a_knowledge(load_reference(tmp_path, tokens=TOKENS))
    till = Till(knowledge)
    for outcome in Intake(tokens=TOKENS, trace_ignore=frozenset()).decode_all(list(city.feed())):
        if isinstance(outcome, Accepted):
            till.tell(*(event for event in outcome.events if event.person))
    moved = till.tell()
    assert moved == till.standing()
    assert {"fund", "refused"} <= set(moved)
    assert till.prevented_ever, "some orders were rejected, whatever became of them"


def test_an_amount_of_a_result_is_read_as_it_was_written() -> None:
    assert [fen(text) for text in ("128.50", "0.05", "-0.05", "-12.00")] == [12_850, 5, -5, -1_200]
