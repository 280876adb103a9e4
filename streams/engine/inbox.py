"""Records of one partition number that were fetched and wait, by source and in order."""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from streams.engine.batches import Batch


class LostBatchError(RuntimeError):
    """Records went missing between Kafka and here: they have to be read again."""


class Inbox:
    """Topics are named as on Kafka."""

    def __init__(self, topics: Iterable[str]) -> None:
        self.records = 0
        self.bytes = 0
        """Of the values of all records that wait."""
        self.queues: dict[str, deque[Any]] = {topic: deque() for topic in topics}
        self._next: dict[str, int] = {}
        self._epoch = -1
        self._last_ms: dict[str, int] = {}

    def open(self, positions: Mapping[str, int], epoch: int) -> None:
        """Begin to take batches of this epoch, from these positions on."""
        self._next = dict(positions)
        self._epoch = epoch
        for queue in self.queues.values():
            queue.clear()
        self.records = self.bytes = 0

    def add(self, batch: Batch) -> None:
        """Queue a batch; one of an earlier epoch is dropped, because it will be read again. LostBatchError at a gap."""
        if batch.epoch != self._epoch:
            return
        topic, wanted = batch.topic, self._next[batch.topic]
        if batch.begin != wanted:
            raise LostBatchError(f"{topic}/{batch.partition}: {wanted} expected, {batch.begin} came")
        self._next[topic] = batch.records[-1].offset + 1
        self.queues[topic].extend(batch.records)
        self.records += len(batch.records)
        self.bytes += batch.size

    def take(self, topic: str, count: int) -> tuple[list[Any], int]:
        """The oldest of a topic, at most so many, and their bytes."""
        queue = self.queues[topic]
        taken = [queue.popleft() for _ in range(min(len(queue), count))]
        self.records -= len(taken)
        size = bytes_of(taken)
        self.bytes -= size
        self._last_ms[topic] = taken[-1].timestamp
        return taken, size

    def put_back(self, topic: str, taken: list[Any]) -> None:
        """These were the last that were taken of a topic, and are the next again."""
        self.queues[topic].extendleft(reversed(taken))
        self.records += len(taken)
        self.bytes += bytes_of(taken)

    def next_of(self, topic: str) -> int:
        """The offset behind all that was fetched."""
        return self._next[topic]

    def age_s(self, topic: str, now_s: float) -> float:
        """Age of the oldest record that waits; where none does, of the last one that was taken."""
        queue = self.queues[topic]
        ms = queue[0].timestamp if queue else self._last_ms.get(topic)
        return 0.0 if ms is None else max(0.0, now_s - ms / 1000)


def bytes_of(records: Iterable[Any]) -> int:
    """Of their values."""
    return sum([len(record.value) for record in records if record.value is not None])
