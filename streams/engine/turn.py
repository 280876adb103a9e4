"""What a unit's transaction will hold: outputs, changed pieces, positions.

What is done is kept now and then, many records at once, because a memory that changes often is then written once. What was
not kept yet can be undone: a record that fails leaves no trace.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from aiokafka import TopicPartition

from monitor.settings import MIB
from streams.engine.records import NO_HEADERS, Headers, Row
from streams.engine.shelf import row_key
from streams.engine.state import Memories
from streams.topics import RECORD_BYTES_MAX, TableName, Topic, partition_of

RECORDS_MAX: Final = 8_000
BYTES_MAX: Final = 8 * MIB
"""How much a turn takes and says at most; more waits until it is written."""
ROOM: Final = 4_096
"""For key, headers and frame of a record."""


class TooLargeError(ValueError):
    """An output that no topic takes; the record that leads to it is a dead letter."""


class Undone(NamedTuple):
    """What a turn had done since something was last kept."""

    taken: list[tuple[str, list[Any]]]
    """Records, by source topic and in order."""
    touched: dict[str, list[str]]
    """Keys of memories, by stage."""


class Turn:
    """What a stage may do with a record. Nothing here waits."""

    def __init__(
        self, number: int, partitions: int, memories: Memories, *, letter_bytes_max: int = MIB
    ) -> None:
        self.number = number
        self.letter_bytes_max = letter_bytes_max
        """Largest dead letter that its topic is known to take."""
        self.changed: dict[TableName, dict[bytes, bytes | None]] = {}
        """Coalesced: the last value of each piece."""
        self.offsets: dict[str, int] = {}
        """Where to go on in each source topic."""
        self.read: Counter[str] = Counter()
        """Records taken, by source topic."""
        self.sent: Counter[tuple[str, Topic]] = Counter()
        """Records written, by stage and topic."""
        self.closed_at = 0.0
        """When no more was to come into it, because it is written now (seconds since the epoch)."""
        self.stage = ""
        self.urgent = False
        """Somebody waits for an answer in it."""
        self.quiet = True
        """Nothing but the time came."""
        self._outputs: list[tuple[str, Topic, int, Row]] = []
        self._count = 0
        self._bytes = 0
        self._stage_of: dict[TableName, str] = {}
        self._partitions = partitions
        self._memories = memories
        self._kept_afterwards: list[Callable[[], None]] = []
        self._begin()

    def _begin(self) -> None:
        """Everything so far is kept."""
        self._touched: dict[TableName, dict[str, Any]] = {}
        self._pieces: dict[tuple[TableName, str, str], bytes | None] = {}
        self._taken: list[tuple[str, list[Any]]] = []
        self._afterwards: list[Callable[[], None]] = []
        self._mark = len(self._outputs), self._count, self._bytes, self.urgent, self.quiet

    # For stages.

    def memory(self, table: TableName, key: str) -> Any:  # noqa: ANN401 - the table says which kind
        """What is remembered for a key; its changes are taken when all of it is kept."""
        touched = self._touched.get(table)
        if touched is None:
            touched = self._touched[table] = {}
            self._stage_of[table] = self.stage
        memory = touched.get(key)
        if memory is None:
            memory = touched[key] = self._memories.get(table, key)
        return memory

    def piece(self, table: TableName, key: str, piece: str, value: bytes | None) -> None:
        """Set a piece that no memory holds."""
        self._pieces[table, key, piece] = value

    def send(
        self,
        topic: Topic,
        key: str | None,
        value: bytes | None,
        headers: Headers,
        *,
        partition: int | None = None,
    ) -> None:
        """Write a record; to the key's own partition unless another one is named."""
        if value is not None:
            if len(value) > RECORD_BYTES_MAX - ROOM and topic is not Topic.CLAIMS_RAW:
                raise TooLargeError(f"{len(value)} bytes for {topic}")
            self._bytes += len(value)
        encoded = None if key is None else key.encode(errors="surrogatepass")
        if partition is None:
            partition = self.number if key is None else partition_of(key, self._partitions)
        self._outputs.append((self.stage, topic, partition, (encoded, value, headers)))

    def afterwards(self, call: Callable[[], None]) -> None:
        """Call this when all of it is committed: for what others may only hear of then. It must not raise."""
        self._afterwards.append(call)

    # For the unit.

    def to_all(self, topic: Topic, headers: Headers) -> None:
        """A record of headers alone to every partition."""
        self._outputs += [
            (self.stage, topic, number, (None, b"", headers)) for number in range(self._partitions)
        ]

    def took(self, topic: str, records: list[Any], size: int) -> None:
        """The stage takes these records of a source, with so many bytes."""
        self._taken.append((topic, records))
        self._count += len(records)
        self._bytes += size

    def keep(self) -> list[tuple[str, TableName, Iterable[Any]]]:
        """What was done holds. Returns the memories that it touched: (stage, table, memories).

        Whatever a memory raises is raised before anything is decided.
        """
        changes = [
            (table, [(key, memory.changes()) for key, memory in memories.items()])
            for table, memories in self._touched.items()
        ]
        for table, of_keys in changes:
            for key, pieces in of_keys:
                if pieces:
                    self._set(table, key, pieces)
        for (table, key, piece), value in self._pieces.items():
            self._set(table, key, {piece: value})
        for topic, records in self._taken:
            self.offsets[topic] = records[-1].offset + 1
            self.read[topic] += len(records)
        self._kept_afterwards += self._afterwards
        touched: list[tuple[str, TableName, Iterable[Any]]] = [
            (self._stage_of[table], table, memories.values()) for table, memories in self._touched.items()
        ]
        self._begin()
        return touched

    def undo(self) -> Undone:
        """As if nothing had been done since something was last kept."""
        keys = {self._stage_of[table]: list(touched) for table, touched in self._touched.items()}
        for table, touched in self._touched.items():
            for key in touched:
                self._memories.drop(table, key)
        outputs, self._count, self._bytes, self.urgent, self.quiet = self._mark
        del self._outputs[outputs:]
        undone = Undone(self._taken, keys)
        self._begin()
        return undone

    def committed(self) -> None:
        """Readers can see it now."""
        # They may know the turn, which then is freed by nobody but the collector.
        calls, self._kept_afterwards = self._kept_afterwards, []
        for call in calls:
            call()

    def rows(
        self, topic_name: Callable[[Topic], str], changelog_name: Callable[[TableName], str]
    ) -> dict[TopicPartition, list[Row]]:
        """Everything to be written, by partition and in order."""
        rows: dict[TopicPartition, list[Row]] = {}
        for stage, topic, partition, row in self._outputs:
            self.sent[stage, topic] += 1
            tp = TopicPartition(topic_name(topic), partition)
            if (there := rows.get(tp)) is None:
                rows[tp] = [row]
            else:
                there.append(row)
        for table, pieces in self.changed.items():
            tp = TopicPartition(changelog_name(table), self.number)
            rows[tp] = [(key, value, NO_HEADERS) for key, value in pieces.items()]
        return rows

    def _set(self, table: TableName, key: str, pieces: Mapping[str, bytes | None]) -> None:
        rows = self.changed.get(table)
        if rows is None:
            rows = self.changed[table] = {}
        put = self._memories.shelves[table].put
        for piece, value in pieces.items():
            put(key, piece, value)
            rows[row_key(key, piece)] = value
            if value is not None:
                self._bytes += len(value)

    @property
    def empty(self) -> bool:
        """Nothing was said and nothing read."""
        return not (self._outputs or self.changed or self.offsets or self._taken)

    @property
    def full(self) -> bool:
        """Whether it holds as much as one transaction should."""
        return self._count >= RECORDS_MAX or self._bytes >= BYTES_MAX
