"""Who is told, and how urgent it is: few people watch a whole city, so alerts must be few and ranked."""

from collections.abc import Sequence
from itertools import combinations

from monitor.events import DAY
from monitor.incidents.held import Held
from monitor.outputs import Finding

HISTORY_S = 28 * DAY
CARD_HOPPING = "LOC-CARD-HOPPING"
PHARMACIES_MIN = 3
TOGETHER_PERSONS_MIN = 2
MEETINGS_MAX = 200
"""Bursts with shared persons that are compared among themselves: a bound on the cost of one finding."""
HUNDRED_YUAN = 10_000


def priority(*, severity: int, amount: int, persons: int, findings: int, earlier: int) -> int:
    """1-100: the sum of five parts in integer arithmetic, where bits(n) is n.bit_length().

    * severity: 40, 20 or 5 for 1, 2 or 3;
    * amount in fen: 2 * bits(hundreds of yuan), at most 24 (from 204,800 yuan on);
    * persons: 3 * bits(persons - 1), at most 12 (from 9 persons on);
    * repetition: 3 * bits(findings - 1), at most 12;
    * history: 3 * bits(earlier), at most 12; `earlier`: incidents of this rule and subject, 28 days before.
    """
    grave = {1: 40, 2: 20}.get(severity, 5)
    money = min(24, 2 * (max(0, amount) // HUNDRED_YUAN).bit_length())
    people = min(12, 3 * max(0, persons - 1).bit_length())
    again = min(12, 3 * max(0, findings - 1).bit_length())
    known = min(12, 3 * max(0, earlier).bit_length())
    return grave + money + people + again + known


def stands_out(finding: Finding, held: Held, others: Sequence[Held]) -> bool:
    """Whether this burst deserves a person's attention (contract §2 'notify'); `others`: bursts of its book.

    Decided once, when the revision comes: `notify` need not be the same in another order of arrival.
    The provider's history is what the book of this rule and subject holds.
    """
    if not held.burst:
        return False
    if finding.rule_id == CARD_HOPPING:
        return (finding.observed or 0) >= PHARMACIES_MIN or finding.same_drug
    # One that it meets is its own former self, about to be withdrawn.
    apart = [other for other in others if other.end < held.start or held.end < other.start]
    return _exceeds_earlier(held, apart) or _together_again(held, apart)


def _exceeds_earlier(held: Held, others: Sequence[Held]) -> bool:
    earlier = [
        other.observed
        for other in others
        if other.observed is not None and other.key < held.key and other.start >= held.start - HISTORY_S
    ]
    return held.observed is not None and bool(earlier) and held.observed > max(earlier)


def _together_again(held: Held, others: Sequence[Held]) -> bool:
    """Whether two persons of this burst were in bursts together on at least two other days."""
    today, persons = held.start // DAY, set(held.persons)
    meetings: list[tuple[int, set[str]]] = []
    for other in others:
        day = other.start // DAY
        if day != today and abs(other.start - held.start) <= HISTORY_S:
            shared = persons.intersection(other.persons)
            if len(shared) >= TOGETHER_PERSONS_MIN:
                meetings.append((day, shared))
    return any(
        one_day != other_day and len(some & more) >= TOGETHER_PERSONS_MIN
        for (one_day, some), (other_day, more) in combinations(meetings[-MEETINGS_MAX:], 2)
    )
