"""murmur2, the hash by which Kafka's own clients choose the partition of a key (org.apache.kafka.common.utils.Utils).

aiokafka's takes a key byte by byte, 10 us for a token; this one takes four at a time.
"""

from struct import unpack_from
from typing import Final

SEED: Final = 0x9747B28C
MIX: Final = 0x5BD1E995
BITS: Final = 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """The hash, as an unsigned number of 32 bits."""
    length = len(data)
    hashed = SEED ^ length
    for word in unpack_from(f"<{length >> 2}I", data):
        mixed = word * MIX & BITS
        hashed = (hashed * MIX ^ (mixed ^ mixed >> 24) * MIX) & BITS
    if length & 3:
        hashed = (hashed ^ int.from_bytes(data[length & ~3 :], "little")) * MIX & BITS
    hashed = (hashed ^ hashed >> 13) * MIX & BITS
    return hashed ^ hashed >> 15
