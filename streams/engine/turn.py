"""What a unit's transaction will hold: outputs, changed pieces, positions; a record that fails leaves no trace in it."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final

from aiokafka import TopicPartition

from monitor.settings import MIB
from streams.engine.records import Headers, Row
from streams.engine.shelf import row_key
from streams.engine.state import Memories
from streams.topics import RECORD_BYTES_MAX, TableName, Topic, partition_of

RECORDS_MAX: Final = 1_000
BYTES_MAX: Final = 8 * MIB
"""What one transaction holds at most; more waits until it is written."""
ROOM: Final = 4_096
"""For key, headers and frame of a record."""


class TooLargeError(ValueError):
    """An output that no topic takes; the record that leads to it is a dead letter."""


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
        self.sent: Counter[tuple[str, Topic]] = Counter()
        """Records written, by stage and topic."""
        self.stage = ""
        self.urgent = False
        """Somebody waits for an answer in it."""
        self.quiet = True
        """Nothing but the time came."""
        self._outputs: list[tuple[Topic, int, Row]] = []
        self._records = 0
        self._bytes = 0
        self._partitions = partitions
        self._memories = memories
        self._touched: list[tuple[TableName, str, Any]] = []
        self._pieces: list[tuple[TableName, str, str, bytes | None]] = []
        self._afterwards: list[Callable[[], None]] = []
        self._kept_afterwards: list[Callable[[], None]] = []
        self._mark = 0

    # For stages.

    def memory(self, table: TableName, key: str) -> Any:  # noqa: ANN401 - the table says which kind
        """What is remembered for a key; its changes are taken when the record is done."""
        memory = self._memories.get(table, key)
        self._touched.append((table, key, memory))
        return memory

    def piece(self, table: TableName, key: str, piece: str, value: bytes | None) -> None:
        """Set a piece that no memory holds."""
        self._pieces.append((table, key, piece, value))

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
        self._outputs.append((topic, partition, (encoded, value, headers)))

    def afterwards(self, call: Callable[[], None]) -> None:
        """Call this when all of it is committed: for what others may only hear of then. It must not raise."""
        self._afterwards.append(call)

    # For the unit.

    def to_all(self, topic: Topic, headers: Headers) -> None:
        """A record of headers alone to every partition."""
        self._outputs += [(topic, number, (None, b"", headers)) for number in range(self._partitions)]

    def took(self, topic: str, next_offset: int, count: int) -> None:
        """So many records of a source are done, up to this offset."""
        self.offsets[topic] = next_offset
        self._records += count

    def keep(self) -> Iterable[tuple[TableName, Any]]:
        """The record is done: its changes hold. Returns the memories that it touched."""
        for table, key, memory in self._touched:
            for piece, value in memory.changes().items():
                self._set(table, key, piece, value)
        for table, key, piece, value in self._pieces:
            self._set(table, key, piece, value)
        touched = [(table, memory) for table, _, memory in self._touched]
        for topic, _, _ in self._outputs[self._mark :]:
            self.sent[self.stage, topic] += 1
        self._kept_afterwards += self._afterwards
        self._touched, self._pieces, self._mark = [], [], len(self._outputs)
        self._afterwards = []
        return touched

    def undo(self) -> None:
        """The record failed: as if it had not been looked at."""
        for table, key, _ in self._touched:
            self._memories.drop(table, key)
        del self._outputs[self._mark :]
        self._touched, self._pieces, self._afterwards = [], [], []

    def committed(self) -> None:
        """Readers can see it now."""
        for call in self._kept_afterwards:
            call()

    def rows(
        self, topic_name: Callable[[Topic], str], changelog_name: Callable[[TableName], str]
    ) -> dict[TopicPartition, list[Row]]:
        """Everything to be written, by partition and in order."""
        rows: dict[TopicPartition, list[Row]] = {}
        for topic, partition, row in self._outputs:
            tp = TopicPartition(topic_name(topic), partition)
            if (there := rows.get(tp)) is None:
                rows[tp] = [row]
            else:
                there.append(row)
        for table, pieces in self.changed.items():
            tp = TopicPartition(changelog_name(table), self.number)
            rows[tp] = [(key, value, []) for key, value in pieces.items()]
        return rows

    def _set(self, table: TableName, key: str, piece: str, value: bytes | None) -> None:
        self._memories.shelves[table].put(key, piece, value)
        self.changed.setdefault(table, {})[row_key(key, piece)] = value
        if value is not None:
            self._bytes += len(value)

    @property
    def empty(self) -> bool:
        """Nothing was said and nothing read."""
        return not self._outputs and not self.changed and not self.offsets

    @property
    def full(self) -> bool:
        """Whether it holds as much as one transaction should."""
        return self._records >= RECORDS_MAX or self._bytes >= BYTES_MAX
