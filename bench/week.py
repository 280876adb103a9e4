"""`./dev bench week`: a simulated week of a city, who is told of what in it, under both region files.

The feed is streamed through one pipeline a region, a day of it planned at a time; what is kept are its findings with the
watermark at which they were said. Incidents are made from these as the stages make them, so another policy is judged
without another replay (`--keep`).
"""

import resource
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from bench.told import Told
from bench.week_form import Judged
from monitor.compose import budget_of, knowledge_of, policy_of
from monitor.incidents import Book, IncidentPolicy, apply
from monitor.interface.intake import Intake, IntakeLimits
from monitor.knowledge import Knowledge
from monitor.outputs import Finding
from monitor.pipeline import Pipeline, book_key, makes_incident
from monitor.regions import PRODUCTION
from monitor.settings import Settings
from monitor.simulator import Row, Shape, Week
from monitor.simulator.week import CITY
from monitor.simulator.wire import day_of
from streams.topics import partition_of

REGIONS: Final[dict[str, Path | None]] = {"built-in": None, "production": PRODUCTION}
_BATCH: Final = 256
_PROGRESS: Final = 20 * _BATCH


class Heard(Struct, kw_only=True):
    """What a replay of one week said, and the truth about it."""

    seed: int
    shape: Shape
    start_s: int
    """The start of the week, seconds of China civil time."""
    records: int
    persons: int
    seconds: float
    mib: float
    truth: list[Row]
    findings: dict[str, list[tuple[int, Finding]]]
    """Region -> (watermark when it was said, finding), in order."""


def settings_of(region: str, *, reference: Path | None = None) -> Settings:
    """The defaults, with a region file of `REGIONS`."""
    return Settings.model_validate({"region": REGIONS[region], "reference": reference})


def hear(week: Week, *, tell: Any = lambda _: None) -> Heard:  # noqa: ANN401 - whoever prints
    """Stream a week through the stages of one process, once for all regions; `tell` hears how far it is."""
    began, records = time.monotonic(), 0
    with tempfile.TemporaryDirectory() as folder:
        week.write_reference(Path(folder))
        known = {name: knowledge_of(settings_of(name, reference=Path(folder))) for name in REGIONS}
    pipelines = {name: _pipeline(name, knowledge) for name, knowledge in known.items()}
    some = next(iter(known.values()))
    intake = Intake(tokens=some.tokens, trace_ignore=some.reference.trace_ignore, limits=IntakeLimits())
    findings: dict[str, list[tuple[int, Finding]]] = {name: [] for name in REGIONS}
    for batch in _batches(week.feed()):
        for outcome in intake.decode_all(batch):
            for name, pipeline in pipelines.items():
                said = pipeline.take(outcome)
                findings[name] += [(pipeline.watermark.time, finding) for finding in said.findings]
        records += len(batch)
        if records % _PROGRESS == 0:
            tell(f"seed {week.seed}: {records:,} records, {time.monotonic() - began:.0f} s, {_mib():.0f} MiB")
    return Heard(
        seed=week.seed,
        shape=week.shape,
        start_s=day_of(week.start),
        records=records,
        persons=week.persons,
        seconds=time.monotonic() - began,
        mib=_mib(),
        truth=week.truth,
        findings=findings,
    )


def kept(seed: int, shape: Shape, folder: Path | None, *, tell: Any) -> Heard:  # noqa: ANN401 - whoever prints
    """What is kept of that week in `folder`, else what a replay says, which is then kept there."""
    file = folder / f"week-{seed}.msgpack" if folder else None
    if file and file.exists():
        heard = msgspec.msgpack.decode(file.read_bytes(), type=Heard)
        if heard.shape == shape:
            return heard
    heard = hear(Week(seed=seed, shape=shape), tell=tell)
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(msgspec.msgpack.encode(heard))
    return heard


def judge_weeks(seeds: Iterable[int], folder: Path | None, *, tell: Any) -> Iterator[Judged]:  # noqa: ANN401 - whoever prints
    """Every seed under every region file, with one budget and with as many shares of it as Kafka has partitions."""
    for seed in seeds:
        heard = kept(seed, CITY, folder, tell=tell)
        for region in REGIONS:
            for partitions in (1, settings_of(region).partitions):
                yield judge(heard, region, partitions=partitions)


def judge(heard: Heard, region: str, *, partitions: int = 1) -> Judged:
    """Make incidents of the findings as the stages do, and count who was told of what."""
    settings = settings_of(region)
    policy = policy_of(settings, knowledge_of(settings))
    told = tell_incidents(heard.findings[region], settings, policy, partitions=partitions)
    count = told.count(heard.truth, since=heard.start_s, days=heard.shape.days)
    return Judged(
        seed=heard.seed, region=region, partitions=partitions, records=heard.records, persons=heard.persons,
        seconds=heard.seconds, mib=heard.mib, shape=heard.shape, count=count,
    )  # fmt: skip


def tell_incidents(
    findings: Iterable[tuple[int, Finding]], settings: Settings, policy: IncidentPolicy, *, partitions: int
) -> Told:
    """Findings become incidents, each book in its partition with that partition's share of the budget."""
    budgets = [budget_of(settings, index=index, of=partitions) for index in range(partitions)]
    books: dict[str, Book] = {}
    told = Told()
    for watermark, finding in findings:
        told.finding(finding)
        if makes_incident(finding):
            key = book_key(finding)
            budget = budgets[partition_of(key, partitions)]
            book = books.setdefault(key, Book(key))
            for incident in apply(book, finding, watermark=watermark, policy=policy, budget=budget):
                told.incident(incident, at=watermark)
    return told


def _pipeline(region: str, knowledge: Knowledge) -> Pipeline:
    settings = settings_of(region)
    return Pipeline(knowledge=knowledge, policy=policy_of(settings, knowledge), budget=budget_of(settings))


def _batches(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    for line in lines:
        batch.append(line)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch


def _mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
