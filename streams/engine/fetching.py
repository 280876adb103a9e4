"""How this process fetches: aiokafka's fetcher, which gathers while there is work and hands its records on as they are.

Importing this changes every consumer of the process: that of Faust, and those that read changelogs.
"""

from collections.abc import Iterator
from typing import Any, Final

import aiokafka
import aiokafka.consumer.consumer as consumer_module
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import Fetcher, FetchResult, PartitionRecords

IDLE_MS: Final = 250
"""How long a broker may hold a fetch when the last one found nothing: it answers as soon as there is a record."""
GATHER_MS: Final = 25
GATHER_BYTES: Final = 64 * 1024
"""When records come, the broker waits so long for so many. A fetch costs broker and worker some 2 ms together, however much
it brings: on two full cores a third of the worker's time fell away by this, and calls were answered sooner, not later."""
TAKE_S: Final = 0.005
"""How long the next fetch waits until what the last one brought was taken, so that it can ask for those partitions too."""


class _Fetcher(Fetcher):  # type: ignore[misc]  # it has no types
    """aiokafka's asks again at once; this one gathers while there is work, and waits long when there is none."""

    _came = False
    """The last fetch brought something."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as its base class
        super().__init__(*args, **kwargs | {"prefetch_backoff": TAKE_S})

    def _get_actions_per_node(self, assignment: Any) -> Any:  # noqa: ANN401 - as its base class
        self._fetch_min_bytes = GATHER_BYTES if self._came else 1
        # What was not taken yet is not asked for, and must not wait for long.
        self._fetch_max_wait_ms = GATHER_MS if self._came or self._records else IDLE_MS
        return super()._get_actions_per_node(assignment)

    async def _proc_fetch_request(self, *args: Any) -> bool:  # noqa: ANN401 - as its base class
        self._came = await super()._proc_fetch_request(*args)
        return self._came

    def rest(self, tp: TopicPartition) -> Iterator[Any]:
        """What was fetched of a partition and not taken yet, one by one; to be taken to its end before anything else is.

        A list of a whole fetch takes memory that is new to the process, and with that twice the time of its records.
        """
        result = self._records.get(tp)
        if type(result) is not FetchResult or not result.check_assignment(tp):
            return
        yield from result._partition_records  # noqa: SLF001 - aiokafka's own, as this class
        result._update_position()  # noqa: SLF001 - the same
        del self._records[tp]
        self._notify(self._wait_consume_future)


def _as_it_is(_: PartitionRecords, tp: TopicPartition, record: Any) -> Any:  # noqa: ANN401, ARG001 - aiokafka's own record
    """Aiokafka's record instead of a dataclass with the same fields: building that takes a fifth of reading."""
    return record


def _its_iterator(self: PartitionRecords) -> Any:  # noqa: ANN401 - a generator of records
    """The generator inside: aiokafka's own `__next__` only passes on what that gives."""
    return self._records_iterator


def rest_of(consumer: aiokafka.AIOKafkaConsumer, tp: TopicPartition) -> Iterator[Any]:
    """What a consumer has fetched of a partition beside what it gave; see `_Fetcher.rest`."""
    fetcher: _Fetcher = consumer._fetcher  # noqa: SLF001 - it is ours, see below
    return fetcher.rest(tp)


PartitionRecords._consumer_record = _as_it_is  # noqa: SLF001
PartitionRecords.__iter__ = _its_iterator
consumer_module.Fetcher = _Fetcher
