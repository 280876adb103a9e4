"""The insured: ages, both sexes, chronic diseases, households and care homes. All of it made up.

Identity numbers carry a check digit that is wrong on purpose: none of them can belong to anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from random import Random

import msgspec

from monitor.simulator.catalogue import CONDITIONS

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英建华文玉志国秀荣春梅海燕"
_WEIGHTS = (7, 9, 2, 4, 10, 5, 8, 4, 2, 1)
_CHECK = "10X98765432"
_CHRONIC = tuple(condition for condition in CONDITIONS.values() if condition.chronic)
CARE_HOME_SIZE = 12


class Person(msgspec.Struct, frozen=True):
    """An insured person. `home`: household or care home; `ailments`: keys of the catalogue's conditions."""

    psn_no: str
    certno: str
    name: str
    sex: str
    brdy: str
    age: int
    insutype: str
    psn_type: str
    cert_type: str
    card: str
    balance: int
    home: int
    in_care: bool
    ailments: tuple[str, ...]
    died: str = ""


def build(rng: Random, *, count: int, today: date, first: int = 0) -> list[Person]:
    """At least `count` persons in households of one to five; every sixtieth is a care home of twelve.

    `first`: the number of the first of them; persons of another number are other persons.
    """
    people: list[Person] = []
    home = 0
    while len(people) < count:
        home += 1
        if home % 60 == 0:
            people += [
                _person(rng, first + len(people) + n, home, today, (72, 95), in_care=True)
                for n in range(CARE_HOME_SIZE)
            ]
            continue
        for _ in range(rng.randint(1, 5)):
            people.append(
                _person(
                    rng, first + len(people), home, today, rng.choice(((0, 17), (18, 54), (30, 80), (55, 90)))
                )
            )
    return [_gone(rng, person, today) if n % 150 == 149 else person for n, person in enumerate(people)]


def _gone(rng: Random, person: Person, today: date) -> Person:
    """The same person, dead for some weeks: the register knows, the card still exists."""
    died = date.fromordinal(today.toordinal() - rng.randint(20, 60))
    return msgspec.structs.replace(person, died=died.isoformat()) if person.age > 50 else person


def _person(
    rng: Random, number: int, home: int, today: date, ages: tuple[int, int], *, in_care: bool = False
) -> Person:
    age = rng.randint(*ages)
    # The birthday lies at least two days off the simulated day, so that nobody's age changes while it runs.
    born = date.fromordinal(date(today.year - age, today.month, 1).toordinal() - rng.randint(40, 360))
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    sex = "12"[rng.randrange(2)]
    stem = f"430102{born:%Y%m%d}{rng.randrange(500) * 2 + (sex == '1'):03d}"
    worker = age >= 18 and rng.random() < 0.6
    return Person(
        psn_no=f"4301000000{7300000000 + number * 13:010d}",
        certno=stem + _wrong_check_digit(stem),
        name=rng.choice(_SURNAMES) + "".join(rng.choices(_GIVEN, k=rng.randint(1, 2))),
        sex=sex,
        brdy=born.isoformat(),
        age=age,
        insutype="310" if worker else "390",
        psn_type=("1201" if age >= 60 else "1101") if worker else "1501",
        cert_type=rng.choice(("01", "01", "02", "03")),
        card=f"C43010000{rng.randrange(16**8):08X}",
        balance=rng.randint(2_000, 480_000),
        home=home,
        in_care=in_care,
        ailments=_ailments(rng, age, sex),
    )


def _wrong_check_digit(stem: str) -> str:
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(stem))
    return _CHECK[(total + 5) % 11]


def _ailments(rng: Random, age: int, sex: str) -> tuple[str, ...]:
    fitting = [c.key for c in _CHRONIC if c.ages[0] <= age <= c.ages[1] and c.sex in ("", sex)]
    if not fitting or rng.random() > (age - 20) / 60:
        return ()
    return tuple(rng.sample(fitting, k=min(len(fitting), rng.randint(1, 2))))


def fits(person: Person, key: str) -> bool:
    """Whether this person can have the condition `key` (sex and age of the catalogue)."""
    condition = CONDITIONS[key]
    return condition.ages[0] <= person.age <= condition.ages[1] and condition.sex in ("", person.sex)


class Pool:
    """Persons nobody has used yet: each takes part in one story only, so stories do not mix."""

    def __init__(self, rng: Random, people: Sequence[Person]) -> None:
        self._free = list(people)
        rng.shuffle(self._free)
        self._homes: dict[int, list[Person]] = {}
        for person in people:
            self._homes.setdefault(person.home, []).append(person)
        self._taken: set[str] = set()

    def next(self) -> Person | None:
        """Anybody, or None when the city is used up."""
        while self._free:
            person = self._free.pop()
            if person.psn_no not in self._taken and not person.died:
                self._taken.add(person.psn_no)
                return person
        return None

    def find(self, wanted: Callable[[Person], bool], *, dead: bool = False) -> Person:
        """The first free person that is wanted (alive, unless `dead`); LookupError when the city has none."""
        for person in reversed(self._free):
            if bool(person.died) == dead and person.psn_no not in self._taken and wanted(person):
                self._taken.add(person.psn_no)
                return person
        message = "the city is too small: no person left for a scene"
        raise LookupError(message)

    def household(self, size: int, *, in_care: bool) -> list[Person]:
        """`size` free adults who live together; LookupError when there is no such home."""
        for members in self._homes.values():
            adults = [p for p in members if p.age >= 18 and not p.died and p.psn_no not in self._taken]
            if len(adults) >= size and adults[0].in_care == in_care:
                self._taken.update(person.psn_no for person in adults[:size])
                return adults[:size]
        message = "the city is too small: no household left for a scene"
        raise LookupError(message)
