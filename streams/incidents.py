"""findings -> alerts: findings of one story become one incident with a life; time alone ends it."""

from collections import Counter
from collections.abc import Collection, Iterable
from heapq import heappop, heappush
from typing import ClassVar, Final

import msgspec

from monitor.compose import budget_of
from monitor.incidents import Book, apply, due, tick
from monitor.outputs import Finding, Incident, State
from monitor.pipeline import book_key, makes_incident
from streams.engine.records import FINDING, Record, at_header
from streams.engine.shelf import OWN
from streams.engine.stage import Context, Stage
from streams.engine.state import Memories
from streams.engine.turn import Turn
from streams.engine.watermarks import Sources
from streams.stage_outputs import as_json
from streams.stories import Stories
from streams.topics import TableName, Topic

USED: Final = "used"
"""The piece that keeps the notifications given."""

_decode = msgspec.msgpack.Decoder(Finding).decode


class IncidentsStage(Stage):
    """Reads findings of one partition number."""

    name: ClassVar[str] = "incidents"
    reads: ClassVar[tuple[Topic, ...]] = (Topic.FINDINGS,)

    def __init__(self, context: Context, number: int, memories: Memories) -> None:
        super().__init__(context, number, memories)
        settings = context.settings
        self._sources = Sources(settings.partitions, TableName.INCIDENTS, memories)
        self._due: list[tuple[int, str]] = []
        self._due_of: dict[str, int] = {}
        self._stuck: set[str] = set()
        """Books that failed when time had something to say: it is silent about them until their next finding."""
        self._open_of: dict[str, Counter[int]] = {}
        """Book -> its open incidents by severity."""
        shelf = memories.shelves[TableName.INCIDENTS]
        self.stories = Stories(context, shelf.pieces(OWN))
        self.recall([key for key in shelf if key != OWN])

    def recall(self, keys: Collection[str]) -> None:
        """Clocks, budget and stories; and of these books, when time will have something to say."""
        settings, shelf = self.context.settings, self.memories.shelves[TableName.INCIDENTS]
        own = shelf.pieces(OWN)
        self._sources.recall()
        self._budget = budget_of(settings, index=self.number, of=settings.partitions)
        if (used := own.get(USED)) is not None:
            self._budget.load(used)
        if keys:
            self.stories.load(own)
        for key in keys:
            book = Book.load(key, shelf.pieces(key))
            self._plan(key, book)
            self.stories.recall(book)

    @property
    def watermark(self) -> int:
        """The lowest of all units of traces, which is behind that of persons and of intake."""
        return self._sources.time

    def hear(self, source: int, time: int, turn: Turn) -> None:
        """The watermark of a unit of traces: incidents resolve by it."""
        if not self._sources.hear(source, time, turn):
            return
        while self._due and self._due[0][0] <= self.watermark:
            when, key = heappop(self._due)
            if self._due_of.get(key) != when:
                continue
            del self._due_of[key]
            try:
                self._tick(key, turn)
            except Exception:
                # Taken again this tick passes the book over, so that nobody else would count it.
                self.context.metrics.stage_failures.labels(self.name).inc()
                self._stuck.add(key)
                raise

    def take(self, record: Record, turn: Turn) -> None:
        """The next revision of a finding."""
        finding = _decode(record.headers[FINDING])
        if not makes_incident(finding):
            return
        key = book_key(finding)
        book = turn.memory(TableName.INCIDENTS, key)
        said = apply(book, finding, watermark=self.watermark, policy=self.context.policy, budget=self._budget)
        self._say(said, turn, record)
        self._stuck.discard(key)
        self._plan(key, book)

    def _tick(self, key: str, turn: Turn) -> None:
        book = turn.memory(TableName.INCIDENTS, key)
        said = tick(book, watermark=self.watermark, policy=self.context.policy, budget=self._budget)
        self._say(said, turn)
        self._plan(key, book, after=self.watermark)

    @property
    def has_news(self) -> bool:
        """Whether something was delivered."""
        return self.stories.outbox.has_acknowledged

    def note(self, turn: Turn) -> None:
        """Remember what was delivered."""
        self.stories.note(turn)

    def open_incidents(self) -> Counter[str]:
        """How many there are now, by rule."""
        counts: Counter[str] = Counter()
        for key, severities in self._open_of.items():
            counts[key.partition("|")[0]] += severities.total()
        return counts

    def open_severities(self) -> Counter[int]:
        """The same by severity."""
        return sum(self._open_of.values(), Counter())

    def count(self, table: TableName, memories: Iterable[Book]) -> None:
        """Count what books folded or refused."""
        del table
        for book in memories:
            for what, count in book.take_counts().items():
                self.context.metrics.memory_capped.labels(self.name, what).inc(count)

    def _say(self, said: tuple[Incident, ...], turn: Turn, record: Record | None = None) -> None:
        metrics = self.context.metrics
        headers = [] if record is None else [at_header(record.at_ms)]
        for incident in said:
            turn.afterwards(metrics.incidents.labels(incident.rule_id, str(incident.state)).inc)
            if incident.notify and incident.state is State.OPEN and incident.revision == 1:
                turn.afterwards(metrics.notifications.labels(incident.rule_id).inc)
            turn.send(Topic.ALERTS, incident.incident_id, as_json(incident.to_json()), headers)
        if said:
            turn.piece(TableName.INCIDENTS, OWN, USED, self._budget.dump())
            self.stories.tell(said, turn)

    def _plan(self, key: str, book: Book, *, after: int | None = None) -> None:
        """Remember when time will have something to say about a book."""
        if book.open:
            self._open_of[key] = Counter(book.said[name].body.severity for name in book.open)
        else:
            self._open_of.pop(key, None)
        when = None if key in self._stuck else due(book, self.context.policy)
        if when is not None and after is not None:
            # One that was just asked has nothing more to say at this watermark.
            when = max(when, after + 1)
        if when is None:
            self._due_of.pop(key, None)
        elif self._due_of.get(key) != when:
            self._due_of[key] = when
            heappush(self._due, (when, key))
