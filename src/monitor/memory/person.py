"""What is remembered of a person: bounded facts, what was said about them, and the answers given."""

from collections.abc import Iterator, Mapping
from hashlib import blake2b

from msgspec import msgpack
from msgspec.structs import replace

from monitor.events import (
    DAY,
    Admitted,
    CallKey,
    Discharged,
    Event,
    GoodsReturned,
    GoodsSold,
    OrdersChecked,
    RegisterRead,
    Reversed,
    Settled,
    TraceSale,
    Undone,
)
from monitor.memory.building import build
from monitor.memory.facts import Added, Facts
from monitor.memory.findings import Findings
from monitor.memory.history import History
from monitor.memory.pieces import (
    ANSWER,
    FACT,
    FINDING,
    SALES,
    Changes,
    decode,
    kind_of,
)
from monitor.memory.subjects import Settlement, call_anchor, settlement_anchor
from monitor.outputs import Verdict

FACTS_MAX = 5_000
"""A person has some hundred facts a year; a key with more is a machine or a mistake. The oldest go first, counted."""
FACTS_LEFT = 4_500
VISIT_DAYS = 30
"""Few stays last longer; what was found at their end rests on diagnoses that were told at their begin."""
NEVER = 1 << 62

_NO_HISTORY = frozenset({GoodsSold, GoodsReturned, OrdersChecked})


class PersonMemory:
    """Bounded, reversible, and a function of the facts. `changes()` gives the pieces to be written after an event."""

    __slots__ = (
        "_changes",
        "_history",
        "_oldest_answer",
        "answers",
        "capped",
        "facts",
        "findings",
        "person",
        "sales",
    )

    def __init__(self, person: str, changes: Changes | None = None) -> None:
        self.person = person
        self.facts = Facts()
        self._changes = Changes() if changes is None else changes
        self.findings = Findings(self._changes)
        self.findings.unnamed_s = VISIT_DAYS * DAY
        self.answers: dict[CallKey, Verdict] = {}
        self.sales: dict[str, tuple[TraceSale, ...]] = {}
        """What the trace codes' memories were told of each settlement (by anchor)."""
        self.capped = 0
        """Facts forgotten because there were too many."""
        self._history: History | None = None
        self._oldest_answer = NEVER

    @classmethod
    def load(cls, person: str, pieces: Mapping[str, bytes]) -> "PersonMemory":
        """The memory as it was written."""
        memory = cls(person)
        for piece, raw in pieces.items():
            kind = kind_of(piece)
            value = decode(kind, raw)
            if kind == FACT:
                memory.facts.add(value)
            elif kind == FINDING:
                memory.findings.load(value)
            elif kind == ANSWER:
                memory.answers[value.provider, value.infno, value.msgid] = value
                memory._oldest_answer = min(memory._oldest_answer, value.at)
            elif kind == SALES:
                memory.sales[piece.partition("|")[2]] = value
        return memory

    def came(self, event: Event, raw: bytes) -> None:
        """The bytes of what is told next: it is kept as it came."""
        self._changes.came(event, raw)

    def changes(self) -> dict[str, bytes | None]:
        """Pieces touched since the last call; None: forgotten."""
        return self._changes.take()

    @property
    def fill(self) -> float:
        """Facts over the hard cap: near 1 the oldest are about to be forgotten early."""
        return len(self.facts.by_call) / FACTS_MAX

    @property
    def history(self) -> History:
        """What holds, in order."""
        if self._history is None:
            self._history = self._begun(None) or build(self.facts)
        return self._history

    def add(self, fact: Event) -> tuple[Added, Settlement | None]:
        """Remember a fact; the settlement when it simply is the next one, so that nothing else looks different."""
        added = self.facts.add(fact)
        if added is not Added.NEW:
            return added, None
        if self._changes.kept:
            self._changes.put((FACT, *fact.call), fact)
        if len(self.facts.by_call) > FACTS_MAX:
            self._cap()
        if type(fact) is Settled:
            return added, self._next(fact)
        if self._history is not None and not self.is_moot(fact) and not self._history.absorb(fact):
            self._history = None
        return added, None

    def _next(self, settled: Settled) -> Settlement | None:
        if not self.facts.stands(settled):
            if self._history is not None:
                self._history.reversed.setdefault(settlement_anchor(settled), settled)
            return None
        history = self._history or self._begun(settled)
        if history is None:
            history = self._history = build(self.facts)  # with the new settlement in it
            last = history.settlements[-1] if history.settlements else None
            return last if last is not None and last.fact is settled and history.is_next(last) else None
        if history.can_grow(settled):
            self._history = history
            return history.grow(settled)
        self._history = None
        return None

    def _begun(self, settled: Settled | None) -> History | None:
        """The history of somebody who had no settlement before `settled`; None when it takes more to put it together."""
        facts = self.facts
        if Admitted in facts.kinds or facts.settlement_count > (settled is not None):
            return None
        history = History(facts)
        for fact in facts.by_call.values():
            if fact is not settled and not self.is_moot(fact) and not history.absorb(fact):
                return None
        return history

    def is_moot(self, fact: Event) -> bool:
        """Whether a fact changes nothing that rules look at (yet)."""
        if type(fact) is Undone:
            return self.facts.named_by(fact) is None
        if type(fact) is Reversed:
            return not self.facts.calls_of(fact.provider, fact.settlement_id)
        return type(fact) in _NO_HISTORY

    @property
    def has_goods(self) -> bool:
        """Whether any 3505A or 3506A is known."""
        kinds = self.facts.kinds
        return GoodsSold in kinds or GoodsReturned in kinds

    def compare(self, event: Event, answer: Verdict) -> Added:
        """What became of a call that is told again, whose answer is remembered."""
        if answer.asked and answer.asked != _digest(event):
            return Added.CONFLICT
        return self.facts.compare(event)

    def answer(self, event: Event, verdict: Verdict) -> None:
        """Remember the answer to a call; of a call that leaves no fact, also what it said."""
        if event.call not in self.facts.by_call:
            verdict = replace(verdict, asked=_digest(event))
        call = (verdict.provider, verdict.infno, verdict.msgid)
        self.answers[call] = verdict
        self._oldest_answer = min(self._oldest_answer, verdict.at)
        if self._changes.kept:
            self._changes.put((ANSWER, *call), verdict)

    def told(self, anchor: str, sales: tuple[TraceSale, ...]) -> None:
        """Remember what the trace codes were told of a settlement."""
        if sales:
            self.sales[anchor] = sales
            self._changes.put((SALES, anchor), sales)
        elif self.sales.pop(anchor, None) is not None:
            self._changes.drop((SALES, anchor))

    def checks(self) -> Iterator[OrdersChecked]:
        """The 3102 that hold; remembered as long as their answers, those of a finding as long as any fact."""
        return self.facts.of(OrdersChecked)

    def forget(self, *, facts_before: int, answers_before: int) -> None:
        """Forget facts and answers that lie before their horizons (call time).

        What the register said last before the horizon, and that somebody died, is state and no event: it stays.
        """
        facts = self.facts
        self.findings.horizon = (
            facts_before if len(facts.by_call) < FACTS_LEFT else facts.reach(facts_before, FACTS_LEFT)
        )
        if facts.oldest is not None and facts.oldest < facts_before:
            old = self.facts.before(facts_before)
            register = max(
                (f for f in old if type(f) is RegisterRead), key=lambda f: (f.at, f.msgid), default=None
            )
            for fact in old:
                if fact is not register and not _says_death(fact):
                    self._drop(fact)
            self.findings.forget(facts_before)
        if self._oldest_answer < answers_before:
            self._forget_answers(answers_before)

    def _forget_answers(self, before: int) -> None:
        for call, answer in list(self.answers.items()):
            if answer.at < before:
                del self.answers[call]
                self._changes.drop((ANSWER, *call))
        self._oldest_answer = min((answer.at for answer in self.answers.values()), default=NEVER)
        for check in self.facts.all_of(OrdersChecked):
            # What was found at one may still be withdrawn.
            if check.at < before and not self.findings.about(call_anchor(check)):
                self._drop(check)

    def _drop(self, fact: Event) -> None:
        self.facts.drop(fact)
        self._changes.drop((FACT, *fact.call))
        self._history = None
        if type(fact) is Settled:
            self.told(settlement_anchor(fact), ())

    def _cap(self) -> None:
        for fact in self.facts.all_but(FACTS_LEFT):
            self._drop(fact)
            self.capped += 1
        self.findings.horizon = self.facts.reach(self.findings.horizon, FACTS_LEFT)


def _digest(event: Event) -> str:
    """What a call said, in 16 characters; when it came does not matter."""
    return blake2b(msgpack.encode(replace(event, late=False)), digest_size=8).hexdigest()


def _says_death(fact: Event) -> bool:
    return isinstance(fact, RegisterRead | Discharged) and fact.death_day is not None
