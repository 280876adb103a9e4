"""How much of a topic waits for a group: records alone, not the marks of transactions, which nobody commits."""

from collections.abc import Mapping, Sequence
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

MARKS_MAX: Final = 256
"""A gap that is larger holds records, and is not looked at closely."""
POLL_MS: Final = 100


async def waiting(
    reader: AIOKafkaConsumer, tps: Sequence[TopicPartition], committed: Mapping[TopicPartition, int]
) -> int:
    """Records of these partitions behind what is committed (of larger gaps: offsets).

    `reader` reads committed data without a group, and is nobody else's: what it is assigned changes here.
    """
    ends = await reader.end_offsets(tps)
    gaps = {tp: (max(0, committed.get(tp, 0)), ends[tp]) for tp in tps}
    large: int = sum(end - begin for begin, end in gaps.values() if end - begin > MARKS_MAX)
    small = {tp: begin for tp, (begin, end) in gaps.items() if 0 < end - begin <= MARKS_MAX}
    return large + (await _records(reader, small, ends) if small else 0)


async def _records(
    reader: AIOKafkaConsumer, begins: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
) -> int:
    reader.assign(list(begins))
    for tp, begin in begins.items():
        reader.seek(tp, begin)
    count = 0
    while any([await reader.position(tp) < ends[tp] for tp in begins]):
        for records in (await reader.getmany(timeout_ms=POLL_MS)).values():
            count += len(records)
    return count
