"""Runs the stages of one partition number over what waits, into an open turn.

Records are taken many at once. When one of them makes its stage raise, all that was not kept yet is undone and taken again
one by one; then the record that raises is undone alone and becomes a dead letter.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from time import perf_counter
from typing import Any, Final, Protocol

from monitor.interface.outcomes import Reason
from streams.engine.dead_letters import stack_of
from streams.engine.inbox import Inbox, bytes_of
from streams.engine.records import Record, headers_of
from streams.engine.stage import Stage
from streams.engine.turn import Turn
from streams.engine.watermarks import Ticker, tick_headers, tick_of
from streams.topics import Topic

logger = logging.getLogger(__name__)

PASS_RECORDS_MAX: Final = 50
"""Of one topic at a time: then others on the same loop have their turn."""
PASS_BEHIND_RECORDS_MAX: Final = 250
"""Of a unit that is behind, where nobody waits for an answer: what does the same to many records finds itself in the
processor's cache (a tenth less time)."""


class Owner(Protocol):
    """What is asked of the engine."""

    furthest: int
    """The highest watermark that any unit here has heard of."""
    asked_at: float
    """When any unit here was last asked for an answer, on the loop's clock."""

    def topic_name(self, topic: Topic) -> str:
        """The name of a topic on this Kafka."""
        ...

    def made_room(self) -> None:
        """Records were taken from an inbox."""
        ...

    def drained(self, number: int, topic: Topic) -> bool:
        """Whether nothing waits on the broker."""
        ...


class Runner:
    """The stages of a number, in the order of the path of an event."""

    def __init__(self, owner: Owner, number: int, stages: Sequence[Stage]) -> None:
        self._owner = owner
        self._number = number
        self._stages = stages
        self._context = stages[0].context
        self._metrics = self._context.metrics
        self._by_name = {stage.name: stage for stage in stages}
        self.stage_of = {owner.topic_name(topic): stage for stage in stages for topic in stage.reads}
        self._tickers = {stage.name: Ticker() for stage in stages if stage.tells is not None}
        self._now = asyncio.get_running_loop().time
        self._last_record_at = self._now()
        self._careful: Counter[str] = Counter()
        """So many records of a topic are taken one by one, because one of them raised."""
        self.inbox = Inbox(self.stage_of)

    def open(self, positions: Mapping[str, int], epoch: int) -> None:
        """Records of this epoch come, from these positions on."""
        self.inbox.open(positions, epoch)
        self._careful.clear()

    # Taking.

    async def run(self, turn: Turn, *, many: bool) -> None:
        """Some records of each topic; others have their turn in between."""
        most = PASS_BEHIND_RECORDS_MAX if many else PASS_RECORDS_MAX
        for topic, queue in self.inbox.queues.items():
            if queue and not turn.full:
                self._take_some(topic, turn, most)
                await asyncio.sleep(0)

    def keep(self, turn: Turn) -> bool:
        """Whether what was done holds; else it is undone, and waits to be taken again."""
        try:
            self._keep(turn)
        except Exception as error:  # noqa: BLE001 - a memory that can't be written is the fault of a record
            self._undo(turn, error)
            return False
        return True

    def _take_some(self, topic: str, turn: Turn, most: int) -> None:
        stage = self.stage_of[topic]
        careful = self._careful[topic]
        if careful and not self.keep(turn):
            return
        begun = perf_counter()
        raws, size = self.inbox.take(topic, min(careful or most, most))
        turn.stage = stage.name
        if careful:
            self._careful[topic] = careful - len(raws)
            for raw in raws:
                self._take_one(topic, raw, stage, turn)
        else:
            turn.took(topic, raws, size)
            try:
                self._take(topic, raws, stage, turn)
            except Exception as error:  # noqa: BLE001 - whatever a record does, the stream goes on
                self._undo(turn, error)
        # One clock reading a record would be dearer than some of the records.
        self._metrics.stage_latency.labels(stage.name).observe((perf_counter() - begun) / len(raws))
        self._last_record_at = self._now()
        self._owner.made_room()

    def _take(self, topic: str, raws: Iterable[Any], stage: Stage, turn: Turn) -> None:
        waiting: list[Record] = []
        for raw in raws:
            record = self._record(topic, raw)
            heard = tick_of(record) if record.headers else None
            if heard is None:
                waiting.append(record)
                continue
            if waiting:
                stage.take_all(waiting, turn)
                turn.quiet, waiting = False, []
            stage.hear(*heard, turn)
        if waiting:
            stage.take_all(waiting, turn)
            turn.quiet = False

    def _take_one(self, topic: str, raw: Any, stage: Stage, turn: Turn) -> None:  # noqa: ANN401 - aiokafka's own record
        """Everything before it is kept."""
        size = bytes_of([raw])
        turn.took(topic, [raw], size)
        try:
            self._take(topic, [raw], stage, turn)
            self._keep(turn)
        except Exception as error:  # noqa: BLE001 - as above
            stage.recall(turn.undo().touched.get(stage.name, ()))
            turn.took(topic, [raw], size)
            self._metrics.stage_failures.labels(stage.name).inc()
            self._context.put_aside(
                self._record(topic, raw),
                stage=stage.name,
                reason=str(Reason.RULE_FAILED),
                detail=stack_of(error),
                turn=turn,
            )
            self._keep(turn)

    def _record(self, topic: str, raw: Any) -> Record:  # noqa: ANN401 - aiokafka's own record
        return Record(
            topic, self._number, raw.offset, raw.timestamp, raw.key, raw.value, headers_of(raw.headers)
        )

    def _keep(self, turn: Turn) -> None:
        for name, table, memories in turn.keep():
            self._by_name[name].count(table, memories)
        for stage in self._stages:
            self._owner.furthest = max(self._owner.furthest, stage.watermark, stage.furthest)

    def _undo(self, turn: Turn, error: Exception) -> None:
        taken, touched = turn.undo()
        for topic, raws in reversed(taken):
            self.inbox.put_back(topic, raws)
            self._careful[topic] += len(raws)
        for stage in {self.stage_of[topic] for topic, _ in taken}:
            stage.recall(touched.get(stage.name, ()))
        logger.warning(
            "partition number %d takes %d records again one by one: one of them raised %s",
            self._number, sum(len(raws) for _, raws in taken), type(error).__name__,
        )  # fmt: skip

    # Telling the time.

    def has_to_tell(self) -> bool:
        """Whether there is something to say though no record came."""
        now = self._now()
        return self._is_idle() or any(self._must_tell(stage, now) or stage.has_news for stage in self._stages)

    def tell(self, turn: Turn) -> None:
        """The watermarks, and what came from outside of Kafka."""
        if self._is_idle() and self.keep(turn):
            self._stages[0].idle(self._owner.furthest, turn)
            self._keep(turn)
        now = self._now()
        for stage in self._stages:
            if stage.has_news and self.keep(turn):
                stage.note(turn)
                self._keep(turn)
            if stage.tells is not None and self._must_tell(stage, now) and self.keep(turn):
                turn.stage = stage.name
                turn.to_all(stage.tells, tick_headers(self._number, stage.watermark))
                self._tickers[stage.name].told(stage.watermark, now)
                self._keep(turn)

    def _must_tell(self, stage: Stage, now: float) -> bool:
        ticker = self._tickers.get(stage.name)
        return ticker is not None and ticker.due(stage.watermark, now)

    def _is_idle(self) -> bool:
        return (
            not self.inbox.records
            and self._now() - self._last_record_at >= self._context.settings.idle_s
            and self._owner.furthest > self._stages[0].watermark
            and self._owner.drained(self._number, self._stages[0].reads[0])
        )
