"""Kafka, as far as exactly-once needs it: logs, transactions, fencing, markers, the last stable offset.

Every method is one moment at the broker. It answers with an error code (0 = none) as Kafka does. After Kafka's own
protocol (KIP-98, KIP-360 and the verification of KIP-890); one broker.
"""

import asyncio
from collections.abc import Sequence
from enum import Enum
from random import Random
from typing import Final, TypeAlias

from aiokafka import TopicPartition
from aiokafka.errors import (
    ConcurrentTransactions,
    InvalidProducerEpoch,
    InvalidTxnState,
    MessageSizeTooLargeError,
    NotEnoughReplicasError,
    OutOfOrderSequenceNumber,
)
from msgspec import Struct, field

Row: TypeAlias = tuple[bytes | None, bytes | None, Sequence[tuple[str, bytes | None]]]

NONE: Final = 0
FENCED: Final[int] = InvalidProducerEpoch.errno
AGAIN: Final[int] = ConcurrentTransactions.errno
NOT_VERIFIED: Final[int] = NotEnoughReplicasError.errno
NO_TRANSACTION: Final[int] = InvalidTxnState.errno
OUT_OF_ORDER: Final[int] = OutOfOrderSequenceNumber.errno
TOO_LARGE: Final[int] = MessageSizeTooLargeError.errno


class Fate(Enum):
    """What becomes of a record."""

    OPEN = "open"
    COMMITTED = "committed"
    ABORTED = "aborted"


class Entry(Struct):
    """A record in a log, or the marker that ends a transaction there. Its offset is its place in the log."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    fate: Fate
    marker: bool = False
    timestamp: int = 0


class State(Enum):
    """Of a transactional id."""

    IDLE = "idle"
    ONGOING = "ongoing"
    ENDING = "ending"
    """It is decided, and markers are being written."""


class Transaction(Struct):
    """A transactional id: its producer, and the transaction it has open."""

    producer: int
    epoch: int = -1
    timeout_s: float = 5.0
    state: State = State.IDLE
    began: float = 0.0
    commits: bool = False
    """How the last one ended, or is ending."""
    entries: dict[TopicPartition, list[Entry]] = field(default_factory=dict)
    """By partition that was added to it."""
    unmarked: int = 0


class Broker:
    """One broker. `fences` and `aborts` can be switched off, to see that somebody notices."""

    def __init__(self, rng: Random, *, fences: bool = True, aborts: bool = True) -> None:
        self.logs: dict[TopicPartition, list[Entry]] = {}
        self.bytes_max: dict[str, int] = {}
        """Topics that refuse larger records."""
        self._transactions: dict[str, Transaction] = {}
        self._stable: dict[TopicPartition, int] = {}
        self._sequences: dict[tuple[TopicPartition, int], tuple[int, int, int, int]] = {}
        self._rng = rng
        self._fences = fences
        self._aborts = aborts
        self._loop = asyncio.get_running_loop()

    # Transactions.

    def init(self, name: str, timeout_s: float) -> tuple[int, int, int]:
        """(error, producer, epoch): from now on earlier epochs can do nothing; what they had open is aborted first."""
        known = self._transactions.setdefault(name, Transaction(len(self._transactions)))
        known.timeout_s = timeout_s
        if known.state is State.ONGOING:
            if not self._fences:
                known.epoch += 1
                return NONE, known.producer, known.epoch
            known.epoch += 1
            self._end(known, commit=False)
        if known.state is State.ENDING:
            return AGAIN, -1, -1
        known.epoch += 1
        return NONE, known.producer, known.epoch

    def add_partitions(self, name: str, epoch: int, tps: Sequence[TopicPartition]) -> int:
        """What is written to a partition must be announced."""
        known = self._transactions[name]
        if error := self._refusal(known, epoch):
            return error
        self._begin(known)
        for tp in tps:
            known.entries.setdefault(tp, [])
        return NONE

    def append(
        self, name: str, epoch: int, tp: TopicPartition, sequence: int, rows: Sequence[Row]
    ) -> tuple[int, int]:
        """(error, offset of the first one). The same rows sent twice are there once."""
        known = self._transactions[name]
        if error := self._refusal(known, epoch) or self._fault(known, tp, rows):
            return error, -1
        of_epoch, begin, end, offset = self._sequences.get((tp, known.producer), (-1, 0, 0, -1))
        if of_epoch == epoch and (begin, end) == (sequence, sequence + len(rows)):
            return NONE, offset
        if sequence != (end if of_epoch == epoch else 0):
            return OUT_OF_ORDER, -1
        offset = len(self.log(tp))
        self._sequences[tp, known.producer] = (epoch, sequence, sequence + len(rows), offset)
        known.entries[tp] += [self._put(tp, row, Fate.OPEN) for row in rows]
        return NONE, offset

    def end(self, name: str, epoch: int, *, commit: bool) -> int:
        """Decide; markers follow. Sent twice it is done once."""
        known = self._transactions[name]
        if self._fences and epoch != known.epoch:
            return FENCED
        if known.state is State.ONGOING:
            self._end(known, commit=commit)
            return NONE
        if known.commits is not commit:
            return NO_TRANSACTION
        return AGAIN if known.state is State.ENDING else NONE

    def expire(self) -> None:
        """Abort what is open for too long; its producer is fenced by that."""
        for known in self._transactions.values():
            if known.state is State.ONGOING and self._loop.time() - known.began > known.timeout_s:
                known.epoch += 1
                self._end(known, commit=False)

    # Logs.

    def log(self, tp: TopicPartition) -> list[Entry]:
        """Everything that was ever written, markers included."""
        return self.logs.setdefault(tp, [])

    def stable(self, tp: TopicPartition) -> int:
        """The last stable offset: the first one whose fate is open, else the end."""
        log, at = self.log(tp), self._stable.get(tp, 0)
        while at < len(log) and log[at].fate is not Fate.OPEN:
            at += 1
        self._stable[tp] = at
        return at

    def read(self, tp: TopicPartition, at: int, count: int) -> tuple[list[Entry], int]:
        """Committed records from an offset on, and where to go on: past markers and what was aborted."""
        log, stable = self.log(tp), self.stable(tp)
        found: list[Entry] = []
        while at < stable and len(found) < count:
            entry = log[at]
            if entry.fate is Fate.COMMITTED and not entry.marker:
                found.append(entry)
            at += 1
        return found, at

    def committed(self, tp: TopicPartition) -> list[Entry]:
        """All that a reader of committed data can see."""
        return self.read(tp, 0, len(self.log(tp)))[0]

    def write(self, tp: TopicPartition, row: Row) -> int:
        """A record without a transaction; its offset."""
        return self._put(tp, row, Fate.COMMITTED).offset

    @property
    def quiet(self) -> bool:
        """Whether no transaction is open."""
        return all(known.state is State.IDLE for known in self._transactions.values())

    # Inside.

    def _refusal(self, known: Transaction, epoch: int) -> int:
        if self._fences and epoch != known.epoch:
            return FENCED
        return AGAIN if known.state is State.ENDING else NONE

    def _fault(self, known: Transaction, tp: TopicPartition, rows: Sequence[Row]) -> int:
        if known.state is not State.ONGOING or tp not in known.entries:
            return NO_TRANSACTION
        if self._rng.random() < 0.02:
            return NOT_VERIFIED
        too_large = any(len(value or b"") > self.bytes_max.get(tp.topic, 1 << 30) for _, value, _ in rows)
        return TOO_LARGE if too_large else NONE

    def _begin(self, known: Transaction) -> None:
        if known.state is State.IDLE:
            known.state, known.began = State.ONGOING, self._loop.time()

    def _end(self, known: Transaction, *, commit: bool) -> None:
        known.state, known.commits = State.ENDING, commit
        known.unmarked = len(known.entries)
        for tp in known.entries:
            slow = self._rng.random() < 0.02
            self._loop.call_later(self._rng.uniform(0.0005, 0.5 if slow else 0.004), self._mark, known, tp)

    def _mark(self, known: Transaction, tp: TopicPartition) -> None:
        fate = Fate.COMMITTED if known.commits or not self._aborts else Fate.ABORTED
        for entry in known.entries[tp]:
            entry.fate = fate
        self._put(tp, (None, None, ()), Fate.COMMITTED).marker = True
        known.unmarked -= 1
        if not known.unmarked:
            known.state, known.entries = State.IDLE, {}

    def _put(self, tp: TopicPartition, row: Row, fate: Fate) -> Entry:
        log = self.log(tp)
        log.append(Entry(len(log), *row, fate, timestamp=int(self._loop.time() * 1000)))
        return log[-1]
