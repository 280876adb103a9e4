"""What a stage is: a pure step from a record and a memory to what follows, for one partition number."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any, ClassVar, Final

from msgspec import Struct, field

from monitor.clock import unix_ms
from monitor.incidents import ActionLog, IncidentPolicy
from monitor.interface.intake import Intake
from monitor.knowledge import Knowledge
from monitor.metrics import Metrics, ProviderLabels
from monitor.provider_groups import ProviderGroups
from monitor.settings import Settings
from monitor.watermark import BEGINNING
from streams.engine.dead_letters import Sealer
from streams.engine.lately import Lately
from streams.engine.records import Record
from streams.engine.state import Memories
from streams.engine.turn import Turn
from streams.topics import TableName, Topic


class Context(Struct, frozen=True):
    """What all stages of a worker share."""

    settings: Settings
    knowledge: Knowledge
    policy: IncidentPolicy
    intake: Intake
    sealer: Sealer
    metrics: Metrics
    provider_label: ProviderLabels
    provider_group: ProviderGroups
    lately: Lately = field(default_factory=Lately)
    actions: ActionLog = field(default_factory=ActionLog)
    """What people did with incidents, as far as it was read."""

    def put_aside(self, record: Record, *, stage: str, reason: str, detail: str, turn: Turn) -> None:
        """Make a record a dead letter."""
        value, headers = self.sealer.letter(
            record,
            stage=stage,
            reason=reason,
            detail=detail,
            at_ms=unix_ms(),
            bytes_max=turn.letter_bytes_max,
        )
        turn.send(Topic.DEAD_LETTERS, None, value, headers)
        turn.afterwards(self.metrics.dead_letters.labels(stage, reason).inc)


class Stage(ABC):
    """One stage of one partition number. It never waits; whatever it raises makes the record a dead letter.

    A record may come twice, because another one near it was undone: what lies outside of the turn and its memories has to be
    recalled then, and what is counted for others is counted `afterwards`.
    """

    name: ClassVar[str]
    reads: ClassVar[tuple[Topic, ...]]
    tells: ClassVar[Topic | None] = None
    """Where its watermark goes."""

    def __init__(self, context: Context, number: int, memories: Memories) -> None:
        self.context: Final = context
        self.number: Final = number
        self.memories: Final = memories

    @abstractmethod
    def take(self, record: Record, turn: Turn) -> None:
        """One record."""

    def take_all(self, records: Sequence[Record], turn: Turn) -> None:
        """Records in their order: for stages where some of the work is cheaper done for many."""
        for record in records:
            self.take(record, turn)

    def hear(self, source: int, time: int, turn: Turn) -> None:  # noqa: B027 - not every stage reads watermarks
        """A watermark from the stage before."""

    def recall(self, keys: Collection[str]) -> None:  # noqa: B027 - not every stage has a state of its own
        """What was not kept was undone, in the memories of these keys among others: its own state is what the rows say."""

    def idle(self, furthest: int, turn: Turn) -> None:  # noqa: B027 - only the first stage has a clock of its own
        """Nothing came for a while and nothing waits; the watermark of others stands at `furthest`."""

    @property
    def has_news(self) -> bool:
        """Whether something came from outside of Kafka that is to be remembered: see `note`."""
        return False

    def note(self, turn: Turn) -> None:  # noqa: B027 - only few stages have to do with others than Kafka
        """Remember it."""

    def count(self, table: TableName, memories: Iterable[Any]) -> None:
        """How full memories are that were touched, and what they forgot because they held too much."""
        self.context.lately.saw_fill(self.name, table, max([memory.fill for memory in memories]))
        for memory in memories:
            if memory.capped:
                self.context.metrics.memory_capped.labels(self.name, table).inc(memory.capped)
                memory.capped = 0

    def open_incidents(self) -> Counter[str]:
        """How many there are now, by rule; only the last stage has some."""
        return Counter()

    def open_severities(self) -> Counter[int]:
        """The same by severity."""
        return Counter()

    @property
    def watermark(self) -> int:
        """How far event time has come here."""
        return BEGINNING

    @property
    def furthest(self) -> int:
        """The highest watermark of any source that was heard here."""
        return BEGINNING
