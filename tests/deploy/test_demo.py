"""The command itself, on a real Kafka: it comes to its end, and nothing of it outlives it."""

import itertools
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic

import pytest

from deploy.local.demo.children import Child, DemoError, stop_all
from deploy.local.demo.command import INTERRUPTED
from deploy.local.door import Door
from deploy.local.kafka import LocalKafka
from deploy.local.ports import HOST

DEMO = [sys.executable, "-m", "deploy.local.demo"]
END_S_MAX = 10.0
"""Of Ctrl-C, at any moment."""
WHOLE_S_MAX = 180.0
PLAYING = "playing"


def children_of(pid: int) -> set[int]:
    """All processes below this one."""
    found: set[int] = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == pid:
                    found |= {int(entry.name)} | children_of(int(entry.name))
    return found


def lives(pid: int) -> bool:
    try:
        state = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def await_end(pids: set[int]) -> None:
    """Return when none of them lives; they are no children of this process, so only looking tells."""
    give_up = monotonic() + END_S_MAX
    while alive := {pid for pid in pids if lives(pid)}:
        assert monotonic() < give_up, f"{len(alive)} processes outlive the demo"


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """Where a demo of this test keeps what is temporary."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def start(scratch: Path) -> Iterator["Start"]:
    starting = Start(scratch)
    yield starting
    for process in starting.started:
        process.kill()
        process.wait()


class Start:
    """Starts demos."""

    def __init__(self, scratch: Path) -> None:
        self.started: list[subprocess.Popen[str]] = []
        self._environment = os.environ | {"TMPDIR": str(scratch), "PYTHONUNBUFFERED": "1"}

    def __call__(self, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*DEMO, *arguments],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(process)
        return process

    def until(self, word: str, *arguments: str) -> subprocess.Popen[str]:
        """A demo that has just said this word."""
        process = self(*arguments)
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if word in line:
                return process
        raise AssertionError(f"the demo never said {word!r}: {''.join(said)}")


@pytest.mark.kafka
def test_a_demo_finds_every_kind_of_fraud_and_leaves_nothing_behind(start: Start, scratch: Path) -> None:
    process = start("--once", "--seconds", "3", "--rate", "1000", "--load", "20")
    said, _ = process.communicate(timeout=WHOLE_S_MAX)

    assert process.returncode == 0, said
    assert "every kind of fraud was found" in said
    assert "frauds      35 of 35 found" in said
    assert re.search(r"first       incident \d+\.\d s after the command", said)
    assert re.search(r"load        \d+ 3102 at 20 calls/s: p50", said)
    assert list(scratch.iterdir()) == []


@pytest.mark.kafka
@pytest.mark.parametrize(
    "moment, number",
    [
        ("starting Kafka", signal.SIGINT),
        ("starting 2 workers", signal.SIGTERM),
        (PLAYING, signal.SIGINT),
    ],
)
def test_an_interrupted_demo_ends_soon_and_leaves_nothing_behind(
    start: Start, scratch: Path, number: signal.Signals, moment: str
) -> None:
    process = start.until(moment)
    below = children_of(process.pid)
    process.send_signal(number)
    process.communicate(timeout=END_S_MAX)

    assert process.returncode == INTERRUPTED
    assert not {pid for pid in below if lives(pid)}
    assert list(scratch.iterdir()) == []


@pytest.mark.kafka
def test_a_killed_demo_leaves_no_process_behind(start: Start) -> None:
    process = start.until(PLAYING)
    below = children_of(process.pid)
    process.kill()
    process.wait()

    assert len(below) >= 8
    await_end(below)


@pytest.mark.kafka
async def test_without_once_a_3102_can_be_sent_by_hand_until_the_demo_is_ended(start: Start) -> None:
    process = start("--seconds", "2", "--rate", "1500")
    assert process.stdout is not None
    (told,) = itertools.islice((line for line in process.stdout if line.startswith("try a 3102")), 1)
    url, header, body = re.findall(r"(?:curl -s |-H @|-d @)(\S+)", told)
    async with Door(url) as door:
        authorization = Path(header).read_text().partition(":")[2].strip()  # noqa: ASYNC240  # two small files
        answer = await door.post("/fsi/api", Path(body).read_bytes(), authorization=authorization)  # noqa: ASYNC240  # the same
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=END_S_MAX)

    assert json.loads(answer.body)["output"]["decision"] == "reject"
    assert process.returncode == 0


def test_a_port_in_use_gives_one_sentence(start: Start, kafka: LocalKafka) -> None:
    port = kafka.bootstrap.rpartition(":")[2]
    process = start("--port", port)
    said, _ = process.communicate(timeout=WHOLE_S_MAX)

    assert process.returncode == 1
    assert said == f"demo: port {port} on {HOST} is in use: stop what uses it, or choose another port.\n"


def child(tmp_path: Path, script: str, *, port: int = 0, scratch: Path | None = None) -> Child:
    return Child(
        "worker 1",
        [sys.executable, "-I", "-u", "-c", script],
        port=port,
        environment=os.environ,
        log=tmp_path / "log",
        scratch=scratch,
    )


def test_a_process_that_ends_by_itself_is_quoted(tmp_path: Path) -> None:
    script = "print('INFO all well'); print('2026 ERROR the topic is gone'); print('INFO stopping'); exit(3)"

    with pytest.raises(DemoError, match=r"^the worker 1 ended by itself: 2026 ERROR the topic is gone$"):
        child(tmp_path, script).wait_until_ready()


def test_a_process_that_does_not_want_to_end_is_ended(tmp_path: Path) -> None:
    stubborn = child(
        tmp_path, "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); signal.pause()"
    )
    give_up = monotonic() + END_S_MAX
    while "up" not in stubborn.output():
        assert monotonic() < give_up
    stop_all([stubborn])

    assert not stubborn.lives
