"""A real Prometheus and a real Alertmanager on this machine, as the system's packages bring them.

Debian and Ubuntu: `apt-get install prometheus prometheus-alertmanager`; elsewhere their own names are found on PATH.
"""

import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import ClassVar, Final, Self

import httpx

from deploy.local import guard, guarded
from deploy.local.ports import HOST, free_port

_START_S_MAX: Final = 30.0
_POLL_S: Final = 0.05


class OpsError(Exception):
    """A service that can't be found or started; one sentence."""


def find(*names: str) -> str | None:
    """The first of these programs that is installed."""
    return next((found for name in names if (found := shutil.which(name))), None)


class Service:
    """One process with its data; a context manager. Its address stays the same over restarts.

    It ends when this process does, whatever ends it. Everything that can fail raises OpsError.
    """

    names: ClassVar[tuple[str, ...]]
    """What the program may be called."""

    def __init__(self, config: Path, *, port: int | None = None, arguments: tuple[str, ...] = ()) -> None:
        """`config`: its file, where relative paths count from; `arguments`: further ones of its own."""
        self.port = port or free_port()
        self.url = f"http://{HOST}:{self.port}"
        self._config = config
        self._arguments = arguments
        self._work = Path(tempfile.mkdtemp(prefix=f"claim-monitor-{self.names[0]}-"))
        self._process: subprocess.Popen[bytes] | None = None

    def command(self, program: str, data: Path) -> list[str]:
        """How it is started."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Return when it answers; nothing happens when it runs already."""
        if self._process is not None and self._process.poll() is None:
            return
        program = find(*self.names)
        if program is None:
            raise OpsError(f"{self.names[0]} is not installed.")
        command = [*self.command(program, self._work / "data"), *self._arguments]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-I", guard.__file__, str(self._work), *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._await_ready(self._process)
        except BaseException:
            self.close()
            raise

    def stop(self) -> None:
        """In order; its data stay for the next start()."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """As a power cut; its data stay for the next start()."""
        self._end(signal.SIGKILL)

    def close(self) -> None:
        """Stop, and remove what is temporary."""
        self.stop()
        shutil.rmtree(self._work, ignore_errors=True)

    @property
    def log(self) -> Path:
        """What it said."""
        return self._work / "service.log"

    def _await_ready(self, process: subprocess.Popen[bytes]) -> None:
        give_up = monotonic() + _START_S_MAX
        while not _answers(f"{self.url}/-/ready"):
            try:
                process.wait(_POLL_S)
            except subprocess.TimeoutExpired:
                if monotonic() < give_up:
                    continue
            said = self.log.read_text(errors="replace").strip().splitlines()
            raise OpsError(f"{self.names[0]} did not start: {said[-1] if said else 'it gave no reason.'}")

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        guarded.end(process, number)


class Prometheus(Service):
    """Its data are kept for an hour."""

    names = ("prometheus",)

    def command(self, program: str, data: Path) -> list[str]:
        """Prometheus's arguments."""
        return [
            program,
            f"--config.file={self._config}",
            f"--web.listen-address={HOST}:{self.port}",
            f"--storage.tsdb.path={data}",
            "--storage.tsdb.retention.time=1h",
            "--log.level=warn",
        ]


class Alertmanager(Service):
    """Alone: no cluster."""

    names = ("alertmanager", "prometheus-alertmanager")

    def command(self, program: str, data: Path) -> list[str]:
        """Alertmanager's arguments."""
        return [
            program,
            f"--config.file={self._config}",
            f"--web.listen-address={HOST}:{self.port}",
            f"--storage.path={data}",
            "--cluster.listen-address=",
            "--log.level=warn",
        ]


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=1).is_success
    except httpx.HTTPError:
        return False
