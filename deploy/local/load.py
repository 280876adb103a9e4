"""Measures 3102 through a running gateway: calls at a fixed rate, whether or not earlier ones were answered.

`python -m deploy.local.load URL --token FILE --rate 200`. A call's latency counts from the moment at which it was due,
so a gateway that stands still for a second shows as a second of slow calls and not as a pause of the caller.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Annotated, Final, NamedTuple

import orjson
import typer
import uvloop
from msgspec import Struct, field

from deploy.local.door import Door
from deploy.local.example import call_3102
from monitor.clock import china_ms

LEAD_IN_S: Final = 5.0
"""Calls of the first seconds warm connections and memories up and are not counted."""
PATIENTS: Final = 2_000
BREACH_EVERY: Final = 20
ANSWER_S_MAX: Final = 10.0
_SHARES: Final = ((0.5, "p50"), (0.9, "p90"), (0.99, "p99"), (0.999, "p99.9"))


class Answered(NamedTuple):
    """A call: whose, when it was due (seconds after the first measured one), how long it took, what was said."""

    patient: str
    due_s: float
    latency_s: float
    said: str
    """A decision, or what went wrong."""


class Measured(Struct):
    """The calls that count, in the order of their answers."""

    calls: list[Answered] = field(default_factory=list)

    @property
    def latencies(self) -> list[float]:
        """In seconds."""
        return [call.latency_s for call in self.calls]

    @property
    def answers(self) -> Counter[str]:
        """How often each was said."""
        return Counter(call.said for call in self.calls)

    def words(self, rate: float) -> str:
        """One line for people."""
        told = ", ".join(f"{name} {count:,}" for name, count in sorted(self.answers.items()))
        ordered = sorted(self.latencies)
        if not ordered:
            return f"load        no 3102 was answered ({told})"
        marks = [
            f"{name} {ordered[int(share * (len(ordered) - 1))] * 1000:.0f} ms" for share, name in _SHARES
        ]
        return (
            f"load        {len(ordered):,} 3102 at {rate:,.0f} calls/s: {', '.join(marks)},"
            f" max {ordered[-1] * 1000:.0f} ms ({told})"
        )


def patient_of(number: int) -> str:
    """Whom a call is about."""
    return f"LOAD{number % PATIENTS:06}"


async def measure(
    url: str,
    *,
    provider: str,
    authorization: str,
    rate: float,
    seconds: float,
    begun: Callable[[], None] = lambda: None,
) -> Measured:
    """Call for LEAD_IN_S and then `seconds` more, which are measured; `begun` is called between the two."""
    measured = Measured()
    asked: set[asyncio.Task[None]] = set()
    lead_in, total = int(LEAD_IN_S * rate), int((LEAD_IN_S + seconds) * rate)
    async with Door(url) as door:

        async def ask(number: int, due: float) -> None:
            patient = patient_of(number)
            breach = number % BREACH_EVERY == 0
            body = call_3102(
                provider=provider, patient=patient, number=number, at_ms=china_ms(), breach=breach
            )
            said = await _call(door, body, authorization)
            if number >= lead_in:
                due_s = (number - lead_in) / rate
                measured.calls.append(Answered(patient, due_s, perf_counter() - due, said))

        began = perf_counter()
        for number in range(total):
            due = began + number / rate
            if (ahead := due - perf_counter()) > 0:
                await asyncio.sleep(ahead)
            if number == lead_in:
                begun()
            task = asyncio.create_task(ask(number, due))
            asked.add(task)
            task.add_done_callback(asked.discard)
        if asked:
            await asyncio.wait(asked)
    return measured


async def _call(door: Door, body: bytes, authorization: str) -> str:
    """The decision, or what went wrong."""
    try:
        async with asyncio.timeout(ANSWER_S_MAX):
            answer = await door.post("/fsi/api", body, authorization=authorization)
        reply = orjson.loads(answer.body)
    except (OSError, EOFError, ValueError) as error:
        return type(error).__name__
    return str(reply["output"]["decision"]) if reply.get("infcode") == 0 else f"status {answer.status}"


def main(
    url: Annotated[str, typer.Argument(help="The gateway, e.g. http://127.0.0.1:8080")],
    token: Annotated[
        Path,
        typer.Option(
            help="File with the Authorization header of a provider, named PROVIDER.header.", exists=True
        ),
    ],
    rate: Annotated[float, typer.Option(min=1, help="Calls a second.")] = 200,
    seconds: Annotated[float, typer.Option(min=1, help="How long to measure.")] = 30,
) -> None:
    """Send made-up 3102 at a fixed rate and report how long their answers took."""
    authorization = token.read_text().partition(":")[2].strip()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        measured = runner.run(
            measure(url, provider=token.stem, authorization=authorization, rate=rate, seconds=seconds)
        )
    typer.echo(measured.words(rate))


if __name__ == "__main__":
    typer.run(main)
