"""The ledger of one partition number, which knows its topics by name."""

from collections.abc import Iterable

from aiokafka import TopicPartition

from monitor.settings import Settings
from streams.engine.ledger import Ledger
from streams.topics import TableName, Topic, changelog_of, name_of, transactional_id_of


class NumberLedger:
    """A ledger for the sources and changelogs of a number; raises what the ledger raises."""

    def __init__(
        self, number: int, settings: Settings, *, reads: Iterable[Topic], tables: Iterable[TableName]
    ) -> None:
        self._ledger = Ledger(settings.bootstrap, name=transactional_id_of(number, settings))
        self._sources = [TopicPartition(name_of(topic, settings), number) for topic in reads]
        self._changelogs = {TopicPartition(changelog_of(table, settings), number): table for table in tables}
        self._topics = [name_of(topic, settings) for topic in Topic] + [tp.topic for tp in self._changelogs]
        self.write = self._ledger.write
        self.close = self._ledger.close

    async def open(self) -> None:
        """Fence whoever had it."""
        await self._ledger.open(self._topics)

    async def ends(self) -> dict[TableName, int]:
        """Where the changelogs end."""
        found = await self._ledger.ends(list(self._changelogs))
        return {self._changelogs[tp]: at for tp, at in found.items()}

    async def begins(self) -> dict[str, int]:
        """Where each source begins."""
        found = await self._ledger.begins(self._sources)
        return {tp.topic: at for tp, at in found.items()}
