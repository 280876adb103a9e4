"""(c) How long the product takes: a feed record to its verdict and its finding, a 3102 through the gateway to its answer.

Everything counts from when it was due. Findings count by the newest call among their evidence; those that follow from
something else (a dialysis that nobody came for, the reversal of a settlement) are left out.
"""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Final

import orjson
import typer
from msgspec import Struct

from bench.broker import WARM_UP_S, bench_broker
from bench.day import Call, Day, make_day
from bench.feed import feed
from bench.machine import LOAD_CORE, WORK_CORE
from bench.monitor import Monitor
from bench.pace import Pace
from bench.spread import Latency
from bench.watch import Seen, Watcher
from deploy.local.load import measure as measure_calls
from streams.topics import Topic, partition_of

LEAD_IN_S: Final = 5.0
CALLS_S: Final = 200.0
END_S: Final = 5.0
UNNAMED: Final = frozenset(("LOC-DIALYSIS-ABSENT", "LOC-SETTLE-REFUND"))
"""Rules whose findings follow from what their evidence does not name: time that has passed, a reversal."""
_SPARE: Final = 1.05


class Waited(Struct, frozen=True):
    """`rate`: feed records a second meanwhile; `behind_ms`: how late the load generator was at most."""

    what: str
    rate: float
    latency: Latency
    behind_ms: float


class _Arrivals:
    """When each verdict and each revision of a finding could be read, read committed."""

    def __init__(self) -> None:
        self.verdicts: dict[str, float] = {}
        self.findings: list[tuple[list[str], float]] = []

    def saw(self, topic: str, seen: Seen) -> None:
        row = orjson.loads(seen.value)
        if topic.endswith(Topic.VERDICTS):
            self.verdicts.setdefault(row["msgid"], seen.at)
        elif row["rule_id"] not in UNNAMED and row["status"] == "open":
            self.findings.append(([each["msgid"] for each in row["evidence"]], seen.at))


async def latency(*, rates: Sequence[float], beside: float, seconds: float) -> list[Waited]:
    """The feed at each rate, then calls beside one."""
    measured = []
    most = int(max([*rates, beside]) * (LEAD_IN_S + max(seconds, WARM_UP_S)) * _SPARE)
    with bench_broker() as bootstrap, tempfile.TemporaryDirectory(prefix="bench-") as name:
        day = make_day(Path(name), records=most)
        await records(bootstrap, day, rate=min([*rates, beside]), seconds=WARM_UP_S)
        for rate in rates:
            measured += [_told(one) for one in await records(bootstrap, day, rate=rate, seconds=seconds)]
        measured.append(_told(await calls(bootstrap, day, beside=beside, seconds=seconds)))
    return measured


async def records(bootstrap: str, day: Day, *, rate: float, seconds: float) -> list[Waited]:
    """One paced run of the day's beginning: to verdicts and to findings."""
    played = day.calls[: int(rate * (LEAD_IN_S + seconds))]
    arrivals = _Arrivals()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        async with Monitor(bootstrap, day, Path(name)) as monitor:
            await monitor.start_worker({WORK_CORE})
            names = [monitor.topic(Topic.VERDICTS), monitor.topic(Topic.FINDINGS)]
            async with Watcher(
                bootstrap, names, partitions=monitor.settings.partitions, saw=arrivals.saw
            ) as watcher:
                pace = await play(monitor, played, rate)
                await _settled(arrivals)
                watcher.must_live()
    due = {call.msgid: pace.due(number) for number, call in reversed(list(enumerate(played)))}
    begin = pace.due(int(rate * LEAD_IN_S))
    verdicts = [at - due[msgid] for msgid, at in arrivals.verdicts.items() if due.get(msgid, 0) >= begin]
    findings = [at - newest for newest, at in _newest(arrivals, due) if newest >= begin]
    return [
        Waited(f"feed record to {what} visible", rate, Latency.of(late), pace.behind_s * 1000)
        for what, late in (("verdict", verdicts), ("finding", findings))
        # At a low rate a short run may bring no finding.
        if late or what == "verdict"
    ]


async def calls(bootstrap: str, day: Day, *, beside: float, seconds: float) -> Waited:
    """3102 at CALLS_S through a gateway, beside so many feed records a second."""
    played = day.calls[: int(beside * (LEAD_IN_S + seconds))]
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        async with Monitor(bootstrap, day, Path(name)) as monitor:
            await monitor.start_worker({WORK_CORE})
            url = await monitor.start_gateway({LOAD_CORE, WORK_CORE})
            feeding = asyncio.create_task(play(monitor, played, beside))
            authorization = f"Bearer {monitor.tokens[day.hospital]}"
            measured = await measure_calls(
                url, provider=day.hospital, authorization=authorization, rate=CALLS_S, seconds=seconds
            )
            pace = await feeding
            parts = await monitor.answer_parts()
            monitor.must_live()
    told = ", ".join(f"{answer} {count:,}" for answer, count in sorted(measured.answers.items()))
    where = ", ".join(f"{part} {seconds * 1000:.0f}" for part, seconds in parts.items())
    what = f"3102 through the gateway, {CALLS_S:,.0f} calls/s ({told}; in the mean, ms: {where})"
    return Waited(what, beside, Latency.of(measured.latencies), pace.behind_s * 1000)


def _told(waited: Waited) -> Waited:
    typer.echo(
        f"{waited.what}, {waited.rate:,.0f}/s: {waited.latency} (sender behind {waited.behind_ms:.0f})"
    )
    return waited


async def play(monitor: Monitor, played: Sequence[Call], rate: float) -> Pace:
    """Send feed records under their providers when they are due; returns when all are acknowledged."""
    partitions = monitor.settings.partitions
    rows = [(partition_of(call.provider, partitions), call.provider.encode(), call.raw) for call in played]
    return await feed(monitor.settings.bootstrap, monitor.topic(Topic.CLAIMS_RAW), rows, rate=rate)


async def _settled(arrivals: _Arrivals) -> None:
    """Return when nothing has come for a while."""
    count, since = -1, monotonic()
    while monotonic() - since < END_S:
        now = len(arrivals.verdicts) + len(arrivals.findings)
        if now != count:
            count, since = now, monotonic()
        await asyncio.sleep(END_S / 10)


def _newest(arrivals: _Arrivals, due: Mapping[str, float]) -> list[tuple[float, float]]:
    return [
        (max(due.get(msgid, 0.0) for msgid in evidence), at) for evidence, at in arrivals.findings if evidence
    ]
