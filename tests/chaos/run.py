"""One run: a day, a schedule, a monitor; and what was found when all was over."""

import asyncio
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Final

from msgspec import Struct

from deploy.local.kafka import LocalKafka
from monitor.simulator import City
from tests.chaos.checks import Compared, Place, compare_all
from tests.chaos.committed import read_all, settled
from tests.chaos.faults import Scene, strike
from tests.chaos.feed import Feed, with_poison
from tests.chaos.fleet import Fleet
from tests.chaos.schedule import Kind, Schedule, make_schedule
from tests.streams.day import Day, replayed
from tests.streams.world import PARTITIONS, World, until

WORKERS: Final = 3


class Report(Struct):
    """What a run found."""

    schedule: Schedule
    compared: list[Compared]
    zombies: int
    """Workers that were asleep past their session."""
    started: int
    ended_alone: int
    hung: int
    seconds: float

    @property
    def good(self) -> bool:
        """Whether every comparison is."""
        return all(one.good for one in self.compared)

    def text(self) -> str:
        """A table for people."""
        counts = {kind: sum(f.kind is kind for f in self.schedule.faults) for kind in Kind}
        rows = [f"{count:6}  {kind}" for kind, count in counts.items() if count]
        rows.append(f"{len(self.schedule.faults):6}  faults, seed {self.schedule.seed}")
        rows += ["", f"{'owed':>8} {'lost':>6} {'doubled':>8} {'invented':>9} {'other':>6}"]
        for one in self.compared:
            numbers = f"{one.owed:8} {one.lost:6} {one.doubled:8} {one.invented:9} {one.other:6}"
            rows.append(f"{numbers}  {one.what}")
            rows += [f"{'':10}{example[:400]}" for example in one.examples]
        rows.append("")
        rows.append(
            f"{self.started} workers started, {self.ended_alone} ended by themselves,"
            f" {self.hung} did not stop when told to, {self.zombies} woke up as zombies; {self.seconds:.0f} s"
        )
        return "\n".join(rows)


def command(schedule: Schedule) -> str:
    """What repeats the run."""
    return f"./dev chaos --faults {len(schedule.faults)} --seed {schedule.seed}"


async def run(*, seed: int, faults: int, folder: Path) -> Report:
    """A whole run with a broker of its own; its logs stay in `folder`."""
    began = monotonic()
    schedule = make_schedule(seed=seed, faults=faults, workers=WORKERS, partitions=PARTITIONS)
    day = make_day(schedule, folder)
    broker = LocalKafka(data=folder / "kafka")
    try:
        await asyncio.to_thread(broker.start)
        world = World(broker.bootstrap, folder, reference=str(day.reference))
        try:
            await world.create_topics()
            return await _on(world, broker, schedule, day, began)
        finally:
            world.end()
    finally:
        broker.close()


def make_day(schedule: Schedule, folder: Path) -> Day:
    """A simulated day, poison included, and what a replay finds in it."""
    city = City(seed=schedule.seed, records=schedule.records)
    city.write_reference(folder)
    return replayed(folder, with_poison(list(city.feed()), schedule))


async def _on(world: World, broker: LocalKafka, schedule: Schedule, day: Day, began: float) -> Report:
    fleet, feed = Fleet(world, WORKERS), Feed(world, day.lines)
    scene = Scene(broker, world, fleet, feed)
    supervisors = [asyncio.create_task(slot.supervise()) for slot in fleet.slots]
    try:
        await until(fleet.ready, "all workers work")
        async with asyncio.TaskGroup() as together:
            together.create_task(feed.run())
            for fault in schedule.faults:
                together.create_task(strike(fault, scene))
        await settled(world, day.watermark)
    finally:
        for task in supervisors:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*supervisors)
    said = await read_all(world, scene.letters)
    compared = compare_all(said, day, letters=[*scene.letters, *await _raw_letters(feed, day)])
    return Report(
        schedule,
        compared,
        len(scene.slept),
        fleet.started,
        len(fleet.ended_alone),
        len(fleet.hung),
        monotonic() - began,
    )


async def _raw_letters(feed: Feed, day: Day) -> list[Place]:
    """The records of the feed that are dead letters in the replay."""
    places = await feed.places()
    return [places[row["line"] - 1] for row in day.of("dead_letter")]
