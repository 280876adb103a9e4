"""`./dev demo`: sets up, plays, compares, serves."""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from time import monotonic
from typing import Annotated, Any, Final

import typer
import uvloop
from aiokafka.errors import KafkaError
from rich.console import Console

from deploy.local.demo import summary, town, view
from deploy.local.demo.board import Board
from deploy.local.demo.children import Child, DemoError
from deploy.local.demo.player import Player, new_producer
from deploy.local.demo.setup import Running, forget_settings, running
from deploy.local.demo.watcher import Watcher
from deploy.local.door import Door
from deploy.local.java import LocalKafkaError
from deploy.local.load import LEAD_IN_S
from monitor.settings import SettingsError, load
from monitor.simulator import City

DRAIN_S_MAX: Final = 60.0
LOOK_EVERY_S: Final = 0.5
INTERRUPTED: Final = 130
LOAD_END_S: Final = 15.0
_PLAIN_WIDTH: Final = 140

app = typer.Typer(add_completion=False, rich_markup_mode="markdown", pretty_exceptions_enable=False)


class Demo:
    """One demo: a city, a board, a console. `started`: when the command was given (monotonic)."""

    def __init__(self, city: City, console: Console, *, rate: float, load_rate: int, started: float) -> None:
        self.city = city
        self.console = console
        self.rate = rate
        self.load_rate = load_rate
        self.started = started
        names = {provider.code: provider.name for provider in (*city.hospitals, *city.pharmacies)}
        self.board = Board(total=city.records, names=names)

    def say(self, line: str) -> None:
        """What happens now, for people."""
        self.console.print(f"demo: {line}", markup=False, soft_wrap=True)

    async def run(self, run: Running, *, once: bool) -> int:
        """Play, compare, and go on serving unless `once`; the exit code."""
        this = asyncio.current_task()
        assert this is not None  # noqa: S101  # a coroutine runs in a task
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, this.cancel)
        load = self._start_load(run)
        async with Door(run.gateway.url) as door, Watcher(run.settings, self.board) as watcher:
            producer = new_producer(run.settings)
            player = Player(run.settings, run.bearer, door=door, board=self.board, producer=producer)
            drained = await _beside(
                self._play(player, watcher),
                (
                    watcher.read(),
                    watcher.follow_lag(run.workers),
                    view.show(self.board, self.console),
                    look_after(run.children),
                ),
            )
        outcome = summary.judge(self.board, self.city.truth, drained=drained)
        summary.tell(outcome, self.board, self.console, language=run.settings.language)
        self._first_incident()
        if load is not None:
            self.console.print(await asyncio.to_thread(_ended_load, load), markup=False, soft_wrap=True)
        self._addresses(run, once=once)
        if not once:
            self.say("everything keeps running; Ctrl-C ends it")
            with suppress(asyncio.CancelledError):
                await look_after(run.children)
        return 1 if outcome.faults else 0

    async def _play(self, player: Player, watcher: Watcher) -> bool:
        """Whether all that was played went all the way in time."""
        await player.play(town.records(self.city), rate=self.rate)
        self.say("all is played; waiting for what is still on its way")
        with suppress(TimeoutError):
            await asyncio.wait_for(watcher.drained(), DRAIN_S_MAX)
            return True
        return False

    def _start_load(self, run: Running) -> Child | None:
        if not self.load_rate:
            return None
        seconds = max(1.0, self.city.records / self.rate - LEAD_IN_S - 1)
        arguments = ["--token", str(run.token_file), "--rate", str(self.load_rate), "--seconds", str(seconds)]
        return Child(
            "load",
            [sys.executable, "-m", "deploy.local.load", run.gateway.url, *arguments],
            port=0,
            environment=os.environ,
            log=run.folder / "load.log",
        )

    def _first_incident(self) -> None:
        seen = self.board.incidents_before
        if seen is not None:
            self.console.print(
                f"first       incident {seen - self.started:.1f} s after the command", markup=False
            )

    def _addresses(self, run: Running, *, once: bool) -> None:
        lines = [f"metrics     {child.url}/metrics  ({child.name})" for child in run.children]
        lines += [
            f"gateway     {run.gateway.url}/fsi/api, {run.gateway.url}/schema/openapi.json",
            f"kafka       {run.settings.bootstrap}",
            *(f"{watcher.name.lower():<11} {watcher.url}/" for watcher in run.watchers),
        ]
        if once:
            lines.append(
                "            (they end now; without --once they stay, and you can send a 3102 by hand)"
            )
        else:
            lines.append(
                f"try a 3102  curl -s {run.gateway.url}/fsi/api -H @{run.token_file}"
                f" -H 'Content-Type: application/json' -d @{run.example_file}"
            )
        for line in lines:
            self.console.print(line, markup=False, highlight=False, soft_wrap=True)


async def look_after(children: Iterable[Child]) -> None:
    """DemoError when one of them ends by itself."""
    watched = tuple(children)
    while True:
        for child in watched:
            if not child.lives:
                raise child.ended()
        await asyncio.sleep(LOOK_EVERY_S)


async def _beside(work: Coroutine[Any, Any, bool], endless: Iterable[Coroutine[Any, Any, None]]) -> bool:
    """The result of `work`; what goes on beside it is cancelled then, and raises here when it fails before."""
    tasks = [asyncio.create_task(one) for one in endless]
    working = asyncio.create_task(work)
    every: list[asyncio.Task[Any]] = [working, *tasks]
    try:
        await asyncio.wait(every, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():
                task.result()
        return await working
    finally:
        for each in every:
            each.cancel()
        await asyncio.gather(*every, return_exceptions=True)


def _ended_load(load: Child) -> str:
    if not load.wait(LOAD_END_S):
        return "load        did not end in time"
    return load.output().strip()


@app.command(
    epilog="Examples: `./dev demo` · `./dev demo --once --seconds 60` · `./dev demo --once --load 200`",
)
def main(
    seconds: Annotated[float, typer.Option(min=1, help="How long the city is played.")] = 60,
    rate: Annotated[float, typer.Option(min=1, max=20_000, help="Feed records a second.")] = 250,
    seed: Annotated[int, typer.Option(help="The same seed plays the same day.")] = 1,
    once: Annotated[bool, typer.Option("--once", help="Exit after the summary.")] = False,  # noqa: FBT002 - a flag
    with_ops: Annotated[  # noqa: FBT002 - a flag
        bool,
        typer.Option("--with-ops", help="Beside it Prometheus and Alertmanager, where the system has them."),
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port of the gateway; 0 = any free one.")] = 0,
    load_rate: Annotated[
        int,
        typer.Option(
            "--load",
            min=0,
            max=2_000,
            help="Beside it so many 3102 a second through the gateway, and their latency.",
        ),
    ] = 0,
) -> None:
    """Start Kafka, workers and gateway here, play a simulated city, compare what is found with what was put in.

    Exit 0 when every kind of fraud was found and nothing was refused that the truth does not list, else 1.
    """
    started = monotonic()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _PLAIN_WIDTH)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    forget_settings(os.environ)
    wanted = int(seconds * rate)
    try:
        load()
        city = town.city_for(seed=seed, records=wanted)
        demo = Demo(city, console, rate=rate, load_rate=load_rate, started=started)
        if city.records > wanted:
            demo.say(
                f"playing {city.records:,} records instead of {wanted:,}: a smaller city has not all the frauds"
            )
        with running(city, gateway_port=port, say=demo.say, with_ops=with_ops) as run:
            demo.say(f"playing {city.records:,} records of a simulated day at {rate:,.0f} a second")
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                code = runner.run(demo.run(run, once=once))
    except (LocalKafkaError, DemoError, SettingsError, KafkaError) as error:
        typer.echo(f"demo: {error}", err=True)
        code = 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        code = INTERRUPTED
    raise typer.Exit(code)
