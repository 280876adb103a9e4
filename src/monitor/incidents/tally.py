"""What an incident says of its findings, added up; the order of adding does not matter."""

from typing import Self

from msgspec import Struct, field

from monitor.incidents.held import Held, Key
from monitor.outputs import State


class Body(Struct, frozen=True, array_like=True, kw_only=True):
    """What an incident says but for its name, life and rank: a new revision is due when this changes."""

    state: State
    provider: str
    person: str | None
    severity: int
    opened_at: int
    last_seen_at: int
    findings: int
    persons: int
    amount: int


class Tally(Struct, array_like=True, kw_only=True):
    """Sums over the findings of an incident."""

    findings: int = 0
    severity: int = 3
    burst: bool = False
    stands_out: bool = False
    plain: int = 0
    """Fen of all but the orders."""
    settlements: dict[str, int] = field(default_factory=dict)
    orders: dict[str, int] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    persons: set[str] = field(default_factory=set)
    person: str | None = None
    """The one person of all findings; None when a finding has none or another."""
    provider: str = ""
    """Of the last finding."""
    last: tuple[int, Key] = (-1, (-1, ""))
    """(end, key) of the last finding."""
    asked: dict[str, tuple[int, str]] = field(default_factory=dict)
    """First time and visit of each order."""
    unlined: dict[str, int] = field(default_factory=dict)
    """Last settlement without a known line of each visit."""

    def add(self, held: Held) -> None:
        """Takes in a live finding."""
        self.person = held.person if self.findings == 0 or held.person == self.person else None
        self.findings += 1
        self.severity = min(self.severity, held.severity)
        self.burst |= held.burst
        self.stands_out |= held.stands_out
        if held.persons:
            self.persons.update(held.persons)
        elif held.person is not None:
            self.persons.add(held.person)
        self._add_amounts(held)
        if (held.end, held.key) > self.last:
            self.last = (held.end, held.key)
            self.provider = held.provider

    def _add_amounts(self, held: Held) -> None:
        self.plain += held.amount
        self.settled.update(held.settled)
        if held.visit and not held.orders:
            self.unlined[held.visit] = max(held.end, self.unlined.get(held.visit, held.end))
        for name, fen in held.once:
            if held.orders:
                self.orders[name] = max(fen, self.orders.get(name, fen))
                self.asked[name] = min((held.end, held.visit), self.asked.get(name, (held.end, held.visit)))
            else:
                # Findings that share a settlement may see it before and after a change: the larger stands.
                known = self.settlements.get(name, 0)
                self.settlements[name] = max(fen, known)
                self.plain += max(0, fen - known)

    @property
    def amount(self) -> int:
        """Fen: each line and each settlement once, what was settled before the order of it."""
        return self.plain + sum(fen for name, fen in self.orders.items() if not self._is_settled(name))

    def _is_settled(self, order: str) -> bool:
        at, visit = self.asked[order]
        return order in self.settled or at <= self.unlined.get(visit, -1)

    def closed(self, *, persons_max: int) -> Self:
        """A new tally of the same sums without the names they rest on: what remains of forgotten findings."""
        return type(self)(
            findings=self.findings,
            severity=self.severity,
            burst=self.burst,
            stands_out=self.stands_out,
            plain=self.amount,
            persons=set(sorted(self.persons)[:persons_max]),
            person=self.person,
            provider=self.provider,
            last=self.last,
        )
