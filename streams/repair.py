"""Dead letters opened by a holder of the key, and put back on the topic they came from; who did it and why is taken down.

Putting back and taking it down are one transaction, under one name for all: two people who do it at the same time fence each
other, and whoever goes on reads first what the other has put back. So none is put back twice, and none in secret.
"""

from collections.abc import AsyncIterator, Iterable
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Annotated, Any, Final, Self, TypedDict

import msgspec
import orjson
from aiokafka import TopicPartition
from cryptography.exceptions import InvalidTag
from msgspec import Struct

from monitor.accountable import Signature
from monitor.clock import CHINA_OFFSET_MS
from monitor.forms import Time, one_of
from monitor.memory.pieces import FACT, SALE, decode
from monitor.outputs import rfc3339
from monitor.settings import MIB, Settings
from streams.engine.dead_letters import Sealer, sealer_of
from streams.engine.ledger import Ledger
from streams.engine.records import REPLAY_OF, REPLAYS, Row
from streams.letters import Letter, Place
from streams.reading import Reader
from streams.topics import Topic, group_of, name_of, partition_of

PUT_BACK: Final = (Topic.CLAIMS_RAW, Topic.CLAIMS, Topic.FACTS_TRACE)
"""A finding's inner parts stand in a header that no letter keeps, and nobody waits any more for the answer to a check."""
CHUNK_RECORDS: Final = 100
CHUNK_BYTES: Final = 4 * MIB
"""What one transaction puts back: readers of claims.raw stand still behind an open one."""


class Refusal(StrEnum):
    """Why a dead letter is not put back."""

    ALREADY = "was put back already; --force does it again"
    TOO_OFTEN = "was put back as often as MONITOR_DEAD_LETTER_REPLAYS_MAX allows, and failed each time"
    CUT = "only the head of its record was kept: ask for the record where it came from"
    OTHER_KEY = "was encrypted with another key: give that one in MONITOR_DEAD_LETTER_KEY"
    NO_WAY_BACK = "nothing reads it there any more: put back the record that led to it"


class Step(Struct, frozen=True):
    """What became of one letter; `refusal` None: it was put back."""

    letter: Letter
    refusal: Refusal | None


class Deed(StrEnum):
    """What the audit topic tells of."""

    REPLAY = "dlq.replay"
    READ = "dlq.read"


class Note(TypedDict):
    """对死信的查看或放回,不含内容。 Who looked into a dead letter or put it back; nothing of what it holds."""

    action: Annotated[str, one_of(Deed)]
    """放回或查看。 Put back, or read."""
    by: str
    """经办人。 Who says to have done it."""
    account: str
    """登录账户。 Where it was typed: login@machine."""
    why: str
    """理由。 Why."""
    at: Time
    """时间。 When."""
    letter: str
    """死信位置。 partition:offset of claims.dlq."""
    letter_at: Time
    """成为死信的时间。 When it became one."""
    letter_at_ms: int
    """同上,毫秒。 The same, ms since the epoch."""
    reason: str
    """原因。 Why it could not be used."""
    stage: str
    """所在环节。 In which stage."""
    topic: str
    """原主题。 Where the record stood."""
    partition: int
    """原分区。 In which partition."""
    offset: int
    """原位点。 And at which offset."""
    replays: int
    """放回次数。 How often it was put back, this time included."""
    forced: bool
    """超过次数仍放回。 Put back more often than the setting allows."""


def note(letter: Letter, deed: Deed, signature: Signature, *, forced: bool = False) -> Note:
    """A row of the audit topic: who, when, why, which; nothing of what the letter holds."""
    return {
        "action": deed.value,
        "by": signature.by,
        "account": signature.account,
        "why": signature.why,
        "at": rfc3339(signature.at),
        "letter": str(letter.place),
        "letter_at": rfc3339((letter.at_ms + CHINA_OFFSET_MS) // 1000),
        "letter_at_ms": letter.at_ms,
        "reason": letter.text("reason"),
        "stage": letter.text("stage"),
        "topic": letter.text("topic"),
        "partition": letter.number("partition"),
        "offset": letter.number("offset"),
        "replays": letter.replays + (deed is Deed.REPLAY),
        "forced": forced,
    }


async def notes(reader: Reader, settings: Settings) -> AsyncIterator[dict[str, Any]]:
    """Every row of the audit topic."""
    name = name_of(Topic.AUDIT, settings)
    async for record in reader.all([TopicPartition(name, number) for number in range(settings.partitions)]):
        try:
            yield orjson.loads(record.value or b"")
        except orjson.JSONDecodeError:
            continue


async def put_back_before(reader: Reader, settings: Settings) -> set[tuple[Place, int]]:
    """Names of the letters that were put back."""
    return {
        (Place.of(row["letter"]), row["letter_at_ms"])
        async for row in notes(reader, settings)
        if row["action"] == Deed.REPLAY
    }


class Pen:
    """Writes to the audit topic, and with the same stroke puts letters back; an async context manager.

    Whoever opens another one for the same deed fences this one: what it then writes raises
    streams.engine.ledger.FencedError.
    """

    def __init__(self, settings: Settings, signature: Signature, deed: Deed) -> None:
        self._settings = settings
        self._signature = signature
        self._deed = deed
        self._ledger = Ledger(settings.bootstrap, name=f"{group_of(settings)}-{deed}")

    async def __aenter__(self) -> Self:
        try:
            topics = (*PUT_BACK, Topic.AUDIT)
            await self._ledger.open([name_of(topic, self._settings) for topic in topics])
        except BaseException:
            await self._ledger.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._ledger.close()

    async def open_letter(self, letter: Letter) -> bytes:
        """What it holds, after it is taken down who looked; InvalidTag under another key."""
        content = sealer_of(self._settings).open_letter(letter.value)
        await self._ledger.write({self._audit(letter): [self._note(letter, forced=False)]})
        return content

    async def put_back(self, chunk: Iterable[tuple[Letter, bytes]], *, forced: bool) -> None:
        """All of them, or none."""
        rows: dict[TopicPartition, list[Row]] = {}
        for letter, content in chunk:
            tp = TopicPartition(letter.text("topic"), letter.number("partition"))
            rows.setdefault(tp, []).append(_again(letter, content, self._settings))
            rows.setdefault(self._audit(letter), []).append(self._note(letter, forced=forced))
        await self._ledger.write(rows)

    def _audit(self, letter: Letter) -> TopicPartition:
        number = partition_of(str(letter.place), self._settings.partitions)
        return TopicPartition(name_of(Topic.AUDIT, self._settings), number)

    def _note(self, letter: Letter, *, forced: bool) -> Row:
        row = note(letter, self._deed, self._signature, forced=forced)
        return str(letter.place).encode(), orjson.dumps(row), []


async def put_back(
    found: AsyncIterator[Letter],
    done: AbstractSet[tuple[Place, int]],
    settings: Settings,
    pen: Pen | None,
    *,
    force: bool = False,
) -> AsyncIterator[Step]:
    """Each letter in turn, a chunk at a time; `done`: see `put_back_before`. Without a pen only says what would be done."""
    sealer = sealer_of(settings)
    chunk: list[tuple[Letter, bytes]] = []

    async def flush() -> None:
        if pen is not None and chunk:
            await pen.put_back(chunk, forced=force)

    async for letter in found:
        content = refusal_or_content(letter, done, sealer, settings, force=force)
        if isinstance(content, Refusal):
            yield Step(letter, content)
            continue
        chunk.append((letter, content))
        if len(chunk) >= CHUNK_RECORDS or sum(len(each) for _, each in chunk) >= CHUNK_BYTES:
            await flush()
            for each, _ in chunk:
                yield Step(each, None)
            chunk.clear()
    await flush()
    for each, _ in chunk:
        yield Step(each, None)


def refusal_or_content(
    letter: Letter,
    done: AbstractSet[tuple[Place, int]],
    sealer: Sealer,
    settings: Settings,
    *,
    force: bool,
) -> Refusal | bytes:
    """Whether a letter may go back, and the bytes to put there."""
    if letter.replays >= settings.dead_letter_replays_max:
        return Refusal.TOO_OFTEN
    if letter.name in done and not force:
        return Refusal.ALREADY
    names = {name_of(topic, settings) for topic in PUT_BACK}
    if letter.text("topic") not in names or letter.number("partition", -1) not in range(settings.partitions):
        return Refusal.NO_WAY_BACK
    if letter.is_cut:
        return Refusal.CUT
    try:
        return sealer.open_letter(letter.value)
    except (InvalidTag, ValueError):
        return Refusal.OTHER_KEY


def _again(letter: Letter, content: bytes, settings: Settings) -> Row:
    """The record as it was, but for the time it comes and the count of its returns."""
    key = _key(letter.text("topic").removeprefix(settings.topic_prefix), content)
    headers = [(REPLAYS, b"%d" % (letter.replays + 1)), (REPLAY_OF, str(letter.place).encode())]
    return key, content, headers


def _key(topic: str, content: bytes) -> bytes | None:
    """The key that it had, as far as its content still tells; the letter names the partition in any case."""
    try:
        if topic == Topic.CLAIMS_RAW:
            return str(orjson.loads(content)["request"]["fixmedins_code"]).encode()
        if topic == Topic.CLAIMS:
            return str(decode(FACT, content).person).encode()
        return str(decode(SALE, content).code).encode()
    except (ValueError, KeyError, TypeError, IndexError, msgspec.MsgspecError):
        return None
