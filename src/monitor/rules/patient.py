"""Who the patient is: sex and age, from the call itself, then the register (1101), then the table `persons`."""

from datetime import date
from functools import lru_cache

from monitor.memory.history import History
from monitor.memory.subjects import Settlement
from monitor.reference import AgeRange, PersonEntry, Reference

EPOCH = date(1970, 1, 1).toordinal()
NOBODY = PersonEntry()


@lru_cache(maxsize=16_384)
def completed_years(birth_day: int, day: int) -> int:
    """Completed years on `day` (both days since 1970-01-01); who is born on 29 February turns older on 1 March."""
    born, now = date.fromordinal(EPOCH + birth_day), date.fromordinal(EPOCH + day)
    return now.year - born.year - ((now.month, now.day) < (born.month, born.day))


def gender(settlement: Settlement, history: History, reference: Reference) -> str:
    """1 male, 2 female (gend); empty when nobody says."""
    return history.gender(settlement) or reference.persons.get(settlement.fact.person, NOBODY).gender


def birth_day(settlement: Settlement, history: History, reference: Reference) -> int | None:
    """Days since 1970-01-01; None when nobody says."""
    said = history.birth_day(settlement)
    return reference.persons.get(settlement.fact.person, NOBODY).birth_day if said is None else said


def death_day(settlement: Settlement, history: History, reference: Reference) -> int | None:
    """The earliest day of death known: 2402, 1101 or the table."""
    entry = reference.persons.get(settlement.fact.person, NOBODY).death_day
    days = [day for day in (history.death_day, entry) if day is not None]
    return min(days) if days else None


def holds(ages: AgeRange, age: int) -> bool:
    """Whether an age lies in the range, both ends inclusive."""
    return (ages.min is None or ages.min <= age) and (ages.max is None or age <= ages.max)


def bound(ages: AgeRange, age: int) -> int | None:
    """The end of the range that an age outside it passes."""
    return ages.min if ages.min is not None and age < ages.min else ages.max


def range_text(ages: AgeRange) -> str:
    """As people write it: 0-14, 18-, -14."""
    return f"{'' if ages.min is None else ages.min}-{'' if ages.max is None else ages.max}"
