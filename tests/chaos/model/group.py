"""The consumer group: who owns which partition numbers. Sessions end; a sleeper finds out late."""

import asyncio
from random import Random
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.chaos.model.worker import Worker

SESSION_S: Final = 6.0
REBALANCE_S: Final = 5.0
HEARTBEAT_S: Final = 1.5


class Group:
    """Eager: all numbers are given back before any is given out."""

    def __init__(self, partitions: int, rng: Random) -> None:
        self.members: list[Worker] = []
        self._partitions = partitions
        self._rng = rng
        self._generation = 0
        self._changed = asyncio.Event()

    def join(self, worker: "Worker") -> None:
        """One more."""
        self.members.append(worker)
        self._changed.set()

    def leave(self, worker: "Worker") -> None:
        """One less: it said so, or was not heard of for a session."""
        if worker in self.members:
            self.members.remove(worker)
            self._changed.set()

    def knows(self, worker: "Worker") -> bool:
        """Whether it is a member of the generation that it was assigned under."""
        return worker in self.members and worker.generation == self._generation

    async def run(self) -> None:
        """Rebalance whenever somebody came or went."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            members = list(self.members)
            tasks = {member: member.start(member.give_back()) for member in members}
            if tasks:
                await asyncio.wait(tasks.values(), timeout=REBALANCE_S)
            for member, task in tasks.items():
                if not task.done():
                    self.leave(member)
            present = [member for member in members if member in self.members]
            if self._changed.is_set() or not present:
                continue
            self._generation += 1
            self._rng.shuffle(present)
            for place, member in enumerate(present):
                numbers = set(range(place, self._partitions, len(present)))
                member.start(member.be_given(numbers, self._generation))
