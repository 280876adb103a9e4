"""Where scenes are played: who is still free, which counter is open, and what the truth file will say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

import msgspec

from monitor.simulator.people import Person, Pool
from monitor.simulator.providers import DAY, Board, Provider
from monitor.simulator.settlement import Settled
from monitor.simulator.truth import Row
from monitor.simulator.wire import Call, Desk

ADULT = 18
_PROMPT_S = 10
_MARGIN_S = 300

Scene = Callable[["Stage", int], Iterator[Call]]
"""A story: (stage, time it comes to a head) -> calls in time order.

Everything it needs is reserved before its first call, so that ordinary life can be planned around it.
"""


class Cast(msgspec.Struct, frozen=True):
    """A scene and when it plays: `night` before six o'clock, else in opening hours."""

    rule_id: str
    name: str
    play: Scene
    night: bool = False


class Stage:
    """The city while its feed is being written. `today` is the start of the simulated day in seconds."""

    def __init__(
        self,
        rng: Random,
        *,
        today: int,
        pool: Pool,
        pharmacies: Sequence[Provider],
        hospitals: Sequence[Provider],
    ) -> None:
        self.rng = rng
        self.today = today
        self.pool = pool
        self.pharmacies = pharmacies
        self.hospitals = hospitals
        self.desk = Desk()
        self.board = Board()
        self.truth: list[Row] = []

    def adult(self, *, sex: str = "", ages: tuple[int, int] = (ADULT, 99), healthy: bool = False) -> Person:
        """A free person of that sex and age (inclusive), without chronic diseases when `healthy`."""
        low, high = ages

        def wanted(person: Person) -> bool:
            fit = low <= person.age <= high and not person.in_care
            return fit and sex in ("", person.sex) and not (healthy and person.ailments)

        return self.pool.find(wanted)

    def counter(self, start: int, end: int, *, open_24h: bool = False) -> Provider:
        """A pharmacy that keeps [start, end] (and some minutes around) for this scene alone."""
        fitting = [
            p for p in self.pharmacies if p.open_24h == open_24h and p.delay < _PROMPT_S and not p.back
        ]
        first = self.rng.randrange(len(fitting))
        for pharmacy in fitting[first:] + fitting[:first]:
            if self.board.block(pharmacy, start=start - _MARGIN_S, end=end + _MARGIN_S):
                return pharmacy
        message = "the city is too small: no pharmacy left for a scene"
        raise LookupError(message)

    def hospital(self, *, face_check: bool | None = None, other: Provider | None = None) -> Provider:
        """A hospital whose line is prompt, with or without cameras, not `other`."""
        fitting = [
            h
            for h in self.hospitals
            if h.delay < _PROMPT_S and h is not other and face_check in (None, h.face_check)
        ]
        return self.rng.choice(fitting)

    def date(self, days: int) -> int:
        """The start of a day relative to the simulated one."""
        return self.today + days * DAY

    def fraud(
        self,
        rule_id: str,
        scenario: str,
        breach: Settled | Call,
        *,
        calls: Sequence[Call | Settled] = (),
        must: Sequence[Settled] = (),
        may: Sequence[Call] = (),
    ) -> None:
        """A finding of this rule must come, out of `breach` and `calls`."""
        self._note("fraud", rule_id, scenario, breach, calls, must, may)

    def innocent(
        self,
        rule_id: str,
        scenario: str,
        last: Settled | Call,
        *,
        calls: Sequence[Call | Settled] = (),
        must: Sequence[Settled] = (),
    ) -> None:
        """No finding of this rule may stay open; `must` names what is refused at first and cleared later."""
        self._note("innocent", rule_id, scenario, last, calls, must, ())

    def chance(self, rule_id: str, scenario: str, last: Settled, *, calls: Sequence[Settled]) -> None:
        """A finding comes although nobody cheats."""
        self._note("chance", rule_id, scenario, last, calls, (), ())

    def _note(
        self,
        kind: str,
        rule_id: str,
        scenario: str,
        breach: Settled | Call,
        calls: Sequence[Call | Settled],
        must: Sequence[Settled],
        may: Sequence[Call],
    ) -> None:
        everything = [*calls, breach]
        self.truth.append(
            Row(
                kind=kind,
                rule_id=rule_id,
                scenario=scenario,
                provider=(breach.call if isinstance(breach, Settled) else breach).provider.code,
                msgid=breach.msgid,
                setl_id=breach.setl_id if isinstance(breach, Settled) else None,
                msgids=tuple(call.msgid for call in everything),
                setl_ids=tuple(call.setl_id for call in everything if isinstance(call, Settled)),
                must_reject=tuple(settled.msgid for settled in must),
                may_reject=tuple(call.msgid for call in may),
            )
        )
