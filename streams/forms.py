"""The form of the headers of every record (streams/engine/records.py, dead_letters.py): what others may read of them.

Types that nobody makes: what is published is generated from them. Kafka's headers are bytes; here they are UTF-8 text.
"""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from monitor.forms import OPEN, one_of
from monitor.interface.outcomes import Reason

Number = Annotated[str, Meta(pattern=r"^-?\d+$")]
Millis = Annotated[str, Meta(pattern=r"^\d+$")]


class _PutBack(Struct, rename="kebab", kw_only=True):
    """从死信放回的记录。 Of a record that was put back from the dead letters, and of what follows from it."""

    replays: Millis | UnsetType = UNSET
    """放回次数。 How often."""
    replay_of: str | UnsetType = UNSET
    """原死信位置。 The dead letter that it was last: partition:offset of claims.dlq."""


class Came(_PutBack, rename="kebab", kw_only=True):
    """随每条记录传递。 Carried through all stages."""

    at: Millis
    """调用到达时间,毫秒。 When the call's record came in, ms since the epoch: latency is measured from it."""


class MayHaveCome(_PutBack, rename="kebab", kw_only=True):
    """由时间推进产生的记录没有到达时间。 What time alone brought about has none."""

    at: Millis | UnsetType = UNSET
    """调用到达时间,毫秒。 When the call's record came in, ms since the epoch."""


class Asked(Came, rename="kebab", kw_only=True):
    """网关的提问。 A question of a gateway."""

    reply_to: str
    """提问的网关。 Which gateway waits for the verdict."""
    correlation: str
    """该网关内的提问号。 Which of its questions this is."""


class Answered(Came, rename="kebab", kw_only=True):
    """裁决。 An answer; the last two only where a gateway asked."""

    reply_to: str | UnsetType = UNSET
    """提问的网关。 Which gateway waits for it."""
    correlation: str | UnsetType = UNSET
    """该网关内的提问号。 Which of its questions this answers."""


class Found(Came, rename="kebab", kw_only=True):
    """认定。 A finding."""

    finding: Annotated[str, Meta(extra_json_schema={"contentMediaType": "application/msgpack"})]
    """内部使用。 The whole finding in MessagePack, for the stage of incidents; no part of what is published."""


class Noticed(Came, rename="kebab", kw_only=True):
    """告知。 A notice."""

    notice_id: str
    """告知编号。 As in the value."""
    person: Annotated[str, Meta(pattern=r"^([0-9a-f]{32})?$")]
    """参保人令牌,可为空:同一人的告知保持先后。 Token of the person, empty where several: notices of one stay in order."""


class Tick(Struct, rename="kebab", kw_only=True):
    """水位线:没有键,值为空,读者应跳过。 A record that carries a watermark alone, without key and value: skip it."""

    watermark: Number
    """事件时间已推进到此,秒(中国时间)。 How far event time has come, seconds of China civil time."""
    source: Millis
    """来源分区号。 Partition number that it comes from."""


class Sealed(_PutBack, rename="kebab", kw_only=True):
    """死信:值为 12 字节随机数加 AES-256-GCM 密文。 A dead letter: 12 bytes of nonce, then the AES-256-GCM ciphertext."""

    stage: str
    """所在环节。 In which stage."""
    reason: Annotated[str, one_of(Reason), OPEN]
    """原因。 Why it could not be used."""
    detail: Annotated[str, Meta(max_length=4_000)]
    """字段路径或调用栈,从不是值。 Path of the field, or the stack; never a value."""
    topic: str
    """原主题。 Where it stood."""
    partition: Millis
    """原分区。 In which partition."""
    offset: Millis
    """原位点。 And at which offset."""
    at: Millis
    """成为死信的时间,毫秒。 When it became one, ms since the epoch."""
    key_id: str
    """密钥编号。 Name of the key it is encrypted with."""
    length: Millis | UnsetType = UNSET
    """超长记录的原长度;此时值只含开头。 Of a record over the limit its length: the value holds its beginning only."""
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")] | UnsetType = UNSET
    """超长记录的摘要。 And the SHA-256 of the whole."""
