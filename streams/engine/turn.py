"""What one pass of a unit leads to: outputs, changed pieces, positions; a record that fails leaves no trace in it."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from streams.engine.records import Headers
from streams.engine.state import Memories, row_key
from streams.topics import RECORD_BYTES_MAX, TableName, Topic, partition_of


class Output(Struct, frozen=True, gc=False):
    """A record to be written."""

    topic: Topic
    partition: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class TooLargeError(ValueError):
    """An output that no topic takes; the record that leads to it is a dead letter."""


class Turn:
    """What a stage may do with a record. Nothing here waits."""

    def __init__(self, number: int, partitions: int, memories: Memories) -> None:
        self.number = number
        self.outputs: list[Output] = []
        self.changed: dict[TableName, dict[bytes, bytes | None]] = {}
        """Coalesced: the last value of each piece."""
        self.offsets: dict[str, int] = {}
        """Where to go on in each source topic."""
        self.sent: Counter[tuple[str, Topic]] = Counter()
        """Records written, by stage and topic."""
        self.stage = ""
        self._partitions = partitions
        self._memories = memories
        self._touched: list[tuple[TableName, str, Any]] = []
        self._pieces: list[tuple[TableName, str, str, bytes | None]] = []
        self._mark = 0

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
        if value is not None and len(value) > RECORD_BYTES_MAX - 4096 and topic is not Topic.CLAIMS_RAW:
            raise TooLargeError(f"{len(value)} bytes for {topic}")
        encoded = None if key is None else key.encode(errors="surrogatepass")
        if partition is None:
            partition = self.number if key is None else partition_of(key, self._partitions)
        self.outputs.append(Output(topic, partition, encoded, value, headers))

    def to_all(self, topic: Topic, headers: Headers) -> None:
        """A record of headers alone to every partition (aiokafka sends none without key and value)."""
        self.outputs += [Output(topic, number, None, b"", headers) for number in range(self._partitions)]

    def keep(self) -> Iterable[tuple[TableName, Any]]:
        """The record is done: its changes hold. Returns the memories that it touched."""
        for table, key, memory in self._touched:
            for piece, value in memory.changes().items():
                self._set(table, key, piece, value)
        for table, key, piece, value in self._pieces:
            self._set(table, key, piece, value)
        touched = [(table, memory) for table, _, memory in self._touched]
        self.sent.update((self.stage, output.topic) for output in self.outputs[self._mark :])
        self._touched, self._pieces, self._mark = [], [], len(self.outputs)
        return touched

    def undo(self) -> None:
        """The record failed: as if it had not been looked at."""
        for table, key, _ in self._touched:
            self._memories.drop(table, key)
        del self.outputs[self._mark :]
        self._touched, self._pieces = [], []

    def _set(self, table: TableName, key: str, piece: str, value: bytes | None) -> None:
        self._memories.shelves[table].put(key, piece, value)
        self.changed.setdefault(table, {})[row_key(key, piece)] = value

    @property
    def empty(self) -> bool:
        """Nothing was said and nothing read."""
        return not self.outputs and not self.changed and not self.offsets
