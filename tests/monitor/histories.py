"""Histories by chance in a world so small that everything touches everything.

A fact is drawn as (kind, number): the number is read digit by digit, each digit picks from a short table. So a history
shrinks by leaving facts out and by picking what stands first in the tables.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, NamedTuple, TypeAlias, TypeVar

from hypothesis import strategies as st

from monitor.events import (
    DAY,
    HOUR,
    MINUTE,
    AdmissionWithdrawn,
    Admitted,
    Article,
    Charged,
    ChargesWithdrawn,
    Diagnosed,
    Diagnosis,
    Discharged,
    DischargeWithdrawn,
    Event,
    FaceChecked,
    FaceExcused,
    Fact,
    GoodsReturned,
    GoodsSold,
    Insurance,
    Line,
    OrdersChecked,
    RegisterRead,
    Reversed,
    Settled,
    TraceMark,
    Undone,
    VisitCancelled,
    VisitOpened,
    Withdrawal,
)
from monitor.reference import AgeRange, Frequency, Provider, Reference
from monitor.rules.examples import day_of, moment

T = TypeVar("T")
E = TypeVar("E", bound=Fact)
Seed: TypeAlias = tuple[str, int]

MIDNIGHT = moment("10 00:00")
HOSPITALS = ("H1", "H2")
PHARMACIES = ("P1", "P2")
PROVIDERS = (*HOSPITALS, *PHARMACIES)
VISITS = ("V1", "V2", "V3")
NUMBERS = ("1", "2", "3", "4", "5", "6")
BATCHES = ("B1", "B2")
ITEMS = ("X1", "X2", "S1", "S2", "X3")
CODES = ("81000000000000000001", "81000000000000000002")
DIAGNOSES = ("I10", "O80", "J00", "Z38.0", "P07", "Z51.1")
DAYS = (0, 0, 0, 1, 1, 2, 3, 4, 8, 14, 29, 60)
ONE_DAY = (0,)
FEW_DAYS = (0, 0, 0, 1, 2, 3)
TIMES = tuple(
    hour * HOUR + minute * MINUTE
    for hour, minute in ((9, 0), (9, 1), (9, 2), (9, 9), (9, 9), (9, 25), (9, 45), (14, 0), (23, 30), (0, 0))
)
WORLD = Reference(
    providers={
        "H1": Provider(code="H1", face_check=True),
        "H2": Provider(code="H2"),
        "P1": Provider(code="P1", kind="2"),
    },
    once_per_day=frozenset({"S1"}),
    item_frequency={"S1": (Frequency(30_000, 7),), "S2": (Frequency(20_000, 3), Frequency(40_000, 30))},
    drug_indication={"X1": ("I10", "J")},
    drug_supply={"X1": 14},
    drug_age={"X2": (AgeRange(0, 17),)},
    drug_sex={"X2": "1"},
    drug_group={"X1": frozenset({"g"}), "X2": frozenset({"g", "h"}), "X3": frozenset({"h"})},
    diagnosis_sex=(("O", "2"),),
    diagnosis_age=(("P", AgeRange(None, 1)), ("I10", AgeRange(10, None))),
    dialysis_items=frozenset({"S2"}),
    split_exempt=("Z51.1",),
    digest="world",
)


class Dice:
    """A number that is read digit by digit; what lies beyond its end is 0."""

    def __init__(self, number: int, *, days: Sequence[int] = DAYS, index: int = 0) -> None:
        self._left = number
        self._days = days
        self.index = index

    def of(self, choices: Sequence[T]) -> T:
        self._left, digit = divmod(self._left, len(choices))
        return choices[digit]

    def below(self, end: int) -> int:
        self._left, digit = divmod(self._left, end)
        return digit

    def one_in(self, times: int) -> bool:
        """Seldom; false when shrunk."""
        return self.below(times) == times - 1

    def time(self) -> int:
        return MIDNIGHT + self.of(self._days) * DAY + self.of(TIMES)


def _line(dice: Dice, at: int, *, uploaded: bool) -> Line:
    count = dice.of((1, 1, 1, 2, 3))
    refund = uploaded and dice.one_in(7)
    return Line(
        number=dice.of(NUMBERS),
        item=dice.of(ITEMS),
        at=at - dice.of((0, 0, 0, 1, -1, 9)) * DAY,
        count=count * (-10_000 if refund else 10_000),
        price=10_000_000,
        amount=count * (-1_000 if refund else 1_000) + dice.of((0, 0, 0, 0, 5)),
        supply_days=dice.of((0, 7, 10, 14, 30)),
        visit=dice.of(VISITS) if uploaded else "",
        batch=dice.of(BATCHES) if uploaded else "",
        refund_of=dice.of(NUMBERS) if refund else "",
        circulated=dice.one_in(8),
    )


def _lines(dice: Dice, at: int, *, uploaded: bool) -> tuple[Line, ...]:
    return tuple(_line(dice, at, uploaded=uploaded) for _ in range(1 + dice.below(3)))


def _diagnoses(dice: Dice) -> tuple[Diagnosis, ...]:
    return tuple(Diagnosis(dice.of(DIAGNOSES)) for _ in range(1 + dice.below(2)))


class Facts:
    """Makes facts of one person one after another; later ones may name earlier ones, and earlier ones later ones."""

    def __init__(
        self, seeds: Sequence[Seed], *, days: Sequence[int] = DAYS, person: str = "p1", prefix: str = "m"
    ) -> None:
        self._seeds = seeds
        self._days = days
        self._person = person
        self._prefix = prefix

    def all(self) -> list[Event]:
        return [self._fact(index, kind, number) for index, (kind, number) in enumerate(self._seeds)]

    def _fact(self, index: int, kind: str, number: int) -> Event:
        dice = Dice(number, days=self._days, index=index)
        said: dict[str, Any] = {"person": self._person, "msgid": self._msgid(index), "infno": INFNOS[kind]}
        return MAKERS[kind](self, dice, said)

    def _msgid(self, index: int) -> str:
        return f"{self._prefix}{index:02}"

    def _provider_of(self, index: int) -> str:
        """Fixed by the number alone, so that whoever names a call knows its provider."""
        kind, number = self._seeds[index]
        return Dice(number).of(PROVIDERS_OF[kind])

    def _settlement_id(self, index: int) -> str:
        """Now and then a settlement is sent a second time under another msgid."""
        _, number = self._seeds[index]
        twin = number % 11 == 10 and self._of_kind(SETTLING)
        return f"{self._prefix}-s{twin[number % len(twin)] if twin else index:02}"

    def _of_kind(self, kinds: Sequence[str]) -> list[int]:
        return [index for index, (kind, _) in enumerate(self._seeds) if kind in kinds]

    # -- one maker for each kind ------------------------------------------------------------------------------------

    def sale(self, dice: Dice, said: dict[str, Any]) -> Event:
        provider, at = dice.of(PHARMACIES), dice.time()
        lines = _lines(dice, at, uploaded=False)
        return Settled(
            **said,
            provider=provider,
            at=at,
            settlement_id=self._settlement_id(dice.index),
            lines=lines,
            visit=dice.of(("", "", "V1")),
            med_type=dice.of(("14", "14", "51")) if dice.one_in(5) else "41",
            insutype=dice.of(("310", "390")),
            disease=dice.of(("", "", "", "I10", "J00")) if not dice.one_in(12) else "Z38",
            family=dice.one_in(5),
            terminal=dice.of(("1", "1", "1", "2")),
            fee=1_000 * len(lines),
            gender=dice.of(("2", "2", "1", "")),
            birth_day=dice.of((day_of("1970-05-05"), None, day_of("2010-03-12"), day_of("2026-02-01"))),
            begin=dice.of((at, None, at - 3 * DAY)),
            traces=tuple(TraceMark(code, split=dice.one_in(5)) for code in CODES if dice.one_in(3)),
        )

    def visit_settled(self, dice: Dice, said: dict[str, Any]) -> Event:
        provider = dice.of(HOSPITALS)
        return Settled(
            **said,
            provider=provider,
            at=dice.time(),
            settlement_id=self._settlement_id(dice.index),
            visit=dice.of((*VISITS, *VISITS, "")),
            med_type=dice.of(("11", "11", "14", "52")) if said["infno"] == "2207" else "2101",
            insutype=dice.of(("310", "390")),
            family=dice.one_in(9),
            fee=2_500,
            gender=dice.of(("2", "1", "")),
            birth_day=dice.of((day_of("1970-05-05"), None, day_of("2010-03-12"))),
            batch=dice.of(("", "", "", *BATCHES)) if said["infno"] == "2207" else "",
        )

    def reversal(self, dice: Dice, said: dict[str, Any]) -> Event:
        settled = self._of_kind(SETTLING)
        if not settled:
            return Reversed(**said, provider=dice.of(PROVIDERS), at=dice.time(), settlement_id="none")
        which = settled[dice.below(len(settled))]
        provider = dice.of((*[self._provider_of(which)] * 5, *PROVIDERS[::3]))
        infno = dice.of(("2103", "2103", "2208", "2305"))
        sold = self._fact(which, *self._seeds[which])
        at = dice.of((sold.at + 5 * MINUTE, sold.at, sold.at + 20 * MINUTE, dice.time()))
        return Reversed(
            **{**said, "infno": infno}, provider=provider, at=at, settlement_id=self._settlement_id(which)
        )

    def undone(self, dice: Dice, said: dict[str, Any]) -> Event:
        dice.of(PROVIDERS)
        which = dice.below(len(self._seeds))
        kind, _ = self._seeds[which]
        return Undone(
            **said,
            provider=self._provider_of(dice.index),
            at=dice.time(),
            of_msgid=self._msgid(which),
            of_infno=INFNOS[kind],
        )

    def visit_opened(self, dice: Dice, said: dict[str, Any]) -> Event:
        provider, at = dice.of(HOSPITALS), dice.time()
        return VisitOpened(
            **said, provider=provider, at=at, visit=dice.of(VISITS), begin=at - dice.of((0, 2)) * DAY
        )

    def visit_cancelled(self, dice: Dice, said: dict[str, Any]) -> Event:
        return VisitCancelled(**said, provider=dice.of(HOSPITALS), at=dice.time(), visit=dice.of(VISITS))

    def diagnosed(self, dice: Dice, said: dict[str, Any]) -> Event:
        return Diagnosed(
            **said,
            provider=dice.of(HOSPITALS),
            at=dice.time(),
            visit=dice.of(VISITS),
            med_type=dice.of(("11", "11", "51")),
            diagnoses=_diagnoses(dice),
        )

    def charged(self, dice: Dice, said: dict[str, Any]) -> Event:
        provider, at = dice.of(HOSPITALS), dice.time()
        return Charged(**said, provider=provider, at=at, lines=_lines(dice, at, uploaded=True))

    def charges_withdrawn(self, dice: Dice, said: dict[str, Any]) -> Event:
        provider, at, visit = dice.of(HOSPITALS), dice.time(), dice.of(VISITS)
        what = dice.of(
            (Withdrawal(visit), Withdrawal(visit, batch="B1"), Withdrawal(visit, number=dice.of(NUMBERS)))
        )
        return ChargesWithdrawn(**said, provider=provider, at=at, withdrawals=(what,))

    def admitted(self, dice: Dice, said: dict[str, Any]) -> Event:
        provider, at = dice.of(HOSPITALS), dice.time()
        return Admitted(
            **said,
            provider=provider,
            at=at,
            visit=dice.of(VISITS),
            begin=at - dice.of((0, 1, 3)) * DAY,
            med_type=dice.of(("2101", "2101", "2101", "71", "52")),
            diagnoses=_diagnoses(dice) if dice.one_in(2) else (),
        )

    def discharged(self, dice: Dice, said: dict[str, Any]) -> Event:
        provider, at = dice.of(HOSPITALS), dice.time()
        end = at - dice.of((0, 1)) * DAY
        return Discharged(
            **said,
            provider=provider,
            at=at,
            visit=dice.of(VISITS),
            end=end,
            death_day=end // DAY if dice.one_in(12) else None,
            diagnoses=_diagnoses(dice) if dice.one_in(4) else (),
        )

    def admission_withdrawn(self, dice: Dice, said: dict[str, Any]) -> Event:
        return AdmissionWithdrawn(**said, provider=dice.of(HOSPITALS), at=dice.time(), visit=dice.of(VISITS))

    def discharge_withdrawn(self, dice: Dice, said: dict[str, Any]) -> Event:
        return DischargeWithdrawn(**said, provider=dice.of(HOSPITALS), at=dice.time(), visit=dice.of(VISITS))

    def face(self, dice: Dice, said: dict[str, Any]) -> Event:
        return FaceChecked(
            **said,
            provider=dice.of(PROVIDERS),
            at=dice.time() - dice.of((0, MINUTE, HOUR)),
            result=dice.of(("0", "2", "0", "1", "3", "4")),
            business=dice.of(("15", "14", "16", "11", "20", "21", "20", "21")),
            visit=dice.of(("", "", *VISITS)),
        )

    def excused(self, dice: Dice, said: dict[str, Any]) -> Event:
        return FaceExcused(**said, provider=dice.of(PROVIDERS), at=dice.time(), visit=dice.of(("", *VISITS)))

    def register(self, dice: Dice, said: dict[str, Any]) -> Event:
        provider, at = dice.of(PROVIDERS), dice.time() - 2 * HOUR
        rows = tuple(
            Insurance(
                kind,
                dice.of(("2", "1", "4")),
                since=dice.of((None, at // DAY - 30, at // DAY - 1)),
                paused_on=dice.of((None, at // DAY - 5, at // DAY + 1)),
            )
            for kind in ("310", "390")[: dice.below(3)]
        )
        return RegisterRead(
            **said,
            provider=provider,
            at=at,
            insurances=rows,
            gender=dice.of(("", "1", "2")),
            birth_day=dice.of((None, day_of("1970-05-05"), day_of("2010-03-12"), day_of("2026-02-01"))),
            death_day=at // DAY - dice.below(2) if dice.one_in(16) else None,
        )

    def _articles(self, dice: Dice) -> tuple[Article, ...]:
        settled = self._of_kind(SETTLING) or [0]
        which = settled[dice.below(len(settled))]
        marks = tuple(TraceMark(code, split=dice.one_in(5)) for code in CODES if not dice.one_in(3))
        return (Article(self._settlement_id(which), marks),)

    def sold(self, dice: Dice, said: dict[str, Any]) -> Event:
        return GoodsSold(**said, provider=dice.of(PHARMACIES), at=dice.time(), articles=self._articles(dice))

    def returned(self, dice: Dice, said: dict[str, Any]) -> Event:
        return GoodsReturned(
            **said, provider=dice.of(PHARMACIES), at=dice.time(), articles=self._articles(dice)
        )

    def checked(self, dice: Dice, said: dict[str, Any]) -> Event:
        provider, at = dice.of(HOSPITALS), dice.time()
        return OrdersChecked(
            **said,
            provider=provider,
            at=at,
            visit=dice.of(VISITS),
            med_type=dice.of(("11", "11", "52")),
            insutype="310",
            lines=_lines(dice, at, uploaded=False),
            diagnoses=_diagnoses(dice),
            fee=900,
        )


Maker: TypeAlias = Callable[[Facts, Dice, dict[str, Any]], Event]
SETTLING = ("sale", "visit", "stay")
KINDS: tuple[tuple[str, str, int, Maker, Sequence[str]], ...] = (
    ("sale", "2102", 8, Facts.sale, PHARMACIES),
    ("visit", "2207", 6, Facts.visit_settled, HOSPITALS),
    ("stay", "2304", 3, Facts.visit_settled, HOSPITALS),
    ("charged", "2204", 8, Facts.charged, HOSPITALS),
    ("admitted", "2401", 4, Facts.admitted, HOSPITALS),
    ("discharged", "2402", 4, Facts.discharged, HOSPITALS),
    ("reversal", "2103", 3, Facts.reversal, PROVIDERS),
    ("undone", "2601", 5, Facts.undone, PROVIDERS),
    ("face", "9601", 4, Facts.face, PROVIDERS),
    ("diagnosed", "2203", 3, Facts.diagnosed, HOSPITALS),
    ("register", "1101", 3, Facts.register, PROVIDERS),
    ("checked", "3102", 2, Facts.checked, HOSPITALS),
    ("withdrawn", "2205", 2, Facts.charges_withdrawn, HOSPITALS),
    ("excused", "9602", 1, Facts.excused, PROVIDERS),
    ("opened", "2201", 1, Facts.visit_opened, HOSPITALS),
    ("cancelled", "2202", 1, Facts.visit_cancelled, HOSPITALS),
    ("unadmitted", "2404", 1, Facts.admission_withdrawn, HOSPITALS),
    ("undischarged", "2405", 1, Facts.discharge_withdrawn, HOSPITALS),
    ("sold", "3505A", 2, Facts.sold, PHARMACIES),
    ("returned", "3506A", 1, Facts.returned, PHARMACIES),
)
"""(kind, infno, how often, maker, its providers)."""
INFNOS = {kind: infno for kind, infno, *_ in KINDS}
MAKERS = {kind: make for kind, _, _, make, _ in KINDS}
PROVIDERS_OF = {kind: providers for kind, _, _, _, providers in KINDS}
NUMBER_END = 1 << 96


class Scene(NamedTuple):
    """Which facts a history is made of, each as often as its weight says, and on which days."""

    kinds: tuple[str, ...]
    days: tuple[int, ...]

    def facts(self, seeds: Sequence[Seed], *, person: str = "p1", prefix: str = "m") -> list[Event]:
        return Facts(seeds, days=self.days, person=person, prefix=prefix).all()

    def by_chance(self, random: Random, count: int, *, person: str = "p1", prefix: str = "m") -> list[Event]:
        """Without Hypothesis."""
        seeds = [(random.choice(self.kinds), random.randrange(NUMBER_END)) for _ in range(count)]
        return self.facts(seeds, person=person, prefix=prefix)


def _scene(days: tuple[int, ...], **often: int) -> Scene:
    return Scene(tuple(kind for kind in often for _ in range(often[kind])), days)


SCENES = (
    _scene(DAYS, **{kind: often for kind, _, often, *_ in KINDS}),
    _scene(ONE_DAY, sale=8, reversal=3, undone=2, face=1, checked=1),
    _scene(FEW_DAYS, sale=9, reversal=2, undone=2, face=2, excused=1, register=2, sold=1, returned=1),
    _scene(FEW_DAYS, visit=5, charged=8, withdrawn=2, reversal=2, undone=3, face=2, diagnosed=2, checked=2),
    _scene(ONE_DAY, visit=4, charged=5, face=4, excused=1, withdrawn=1),
    _scene(FEW_DAYS, sale=3, register=4, undone=1),
    _scene(
        DAYS, stay=3, charged=5, admitted=5, discharged=5, sale=3, diagnosed=1, face=2, undone=2, unadmitted=1
    ),
)
"""Everything; a day and some days at pharmacies; visits; a day before cameras; the register; stays."""


def histories_of(
    scene: Scene, *, size: int = 30, person: str = "p1", prefix: str = "m"
) -> st.SearchStrategy[list[Event]]:
    """Facts of one person in one scene, in no order."""
    seed = st.tuples(st.sampled_from(scene.kinds), st.integers(0, NUMBER_END - 1))
    # The length is drawn first, or most lists would be too short for facts to meet.
    sizes = st.integers(1, size)
    return sizes.flatmap(lambda least: st.lists(seed, min_size=least, max_size=size)).map(
        lambda seeds: scene.facts(seeds, person=person, prefix=prefix)
    )


def histories(*, size: int = 25) -> st.SearchStrategy[list[Event]]:
    """Facts of one person, in no order."""
    return st.sampled_from(SCENES).flatmap(lambda scene: histories_of(scene, size=size))


def by_chance(random: Random, count: int) -> list[Event]:
    """What `histories` makes, without Hypothesis."""
    return random.choice(SCENES).by_chance(random, count)


def told(events: Sequence[E]) -> list[E]:
    """By call time, ties by msgid."""
    return sorted(events, key=lambda event: (event.at, event.msgid))
