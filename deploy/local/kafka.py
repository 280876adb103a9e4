"""A real Apache Kafka on this machine, of one node, without Docker, root or an installed Java.

`python -m deploy.local.kafka` runs one in the foreground; tests and the demo use LocalKafka.
"""

import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Annotated, Self

import typer

from deploy.local import guard, guarded
from deploy.local.jars import kafka_classpath
from deploy.local.java import LocalKafkaError, find_java
from deploy.local.ports import HOST, free_port, in_use, is_free
from deploy.local.probe import broker_is_ready
from deploy.local.storage import SETTINGS, as_properties, formatted

_START_S_MAX = 60.0
_POLL_S = 0.05
_TRIES_MAX = 3


class LocalKafka:
    """One broker with its own data; a context manager that starts it and leaves nothing behind.

    `data` is kept when it is given; without it the data live in a temporary directory until close(). The
    ports are free ones unless `port` is given, and stay the same over restarts. `settings` are broker
    properties that replace those of SETTINGS. The broker ends when this process does, whatever ends it.
    Not for use by several threads at once.
    Everything that can fail raises LocalKafkaError with one sentence.
    """

    def __init__(
        self,
        *,
        port: int | None = None,
        data: Path | None = None,
        settings: Mapping[str, str] | None = None,
        heap_mib: int = 512,
    ) -> None:
        self._fixed_port = port
        self._kept_data = data
        self._settings = {**SETTINGS, **(settings or {})}
        self._heap_mib = heap_mib
        self._ports: tuple[int, int] | None = None
        self._work: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """`host:port` for clients; known from the first start() on."""
        if self._ports is None:
            raise LocalKafkaError("the broker has no address before it was started.")
        return f"{HOST}:{self._ports[0]}"

    @property
    def running(self) -> bool:
        """Whether the broker's process lives."""
        return self._process is not None and self._process.poll() is None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Return when topics can be created on the broker; nothing happens when it runs already."""
        if self.running:
            return
        java, classpath = find_java(), kafka_classpath()
        template = formatted(java, classpath)
        try:
            if self._work is None:
                self._work = Path(tempfile.mkdtemp(prefix="claim-monitor-kafka-"))
            data = self._kept_data or self._work / "data"
            if not (data / "meta.properties").exists():
                shutil.copytree(template, data, dirs_exist_ok=True)
            self._start_on_ports(java, classpath, data)
        except BaseException:
            self.close()
            raise

    def stop(self) -> None:
        """Shut the broker down in order, as SIGTERM does; its data stay for the next start()."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the broker as a power cut would; its data stay for the next start()."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop, and start on the same data and address."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop, and remove what is temporary."""
        process, self._process = self._process, None
        if process is not None and self._kept_data is None:
            # In order it would write out every log first, seconds for a thousand of them, only to see them removed.
            guarded.drop(process)
        elif process is not None:
            guarded.end(process, signal.SIGTERM)
        if self._work is not None:
            shutil.rmtree(self._work, ignore_errors=True)
            self._work = None

    def wait(self) -> None:
        """Return when the broker has ended."""
        if self._process is not None:
            self._process.wait()

    def _start_on_ports(self, java: str, classpath: str, data: Path) -> None:
        for tries_left in reversed(range(_TRIES_MAX)):
            known = self._ports is not None
            if self._ports is None:
                self._ports = self._choose_ports()
            try:
                self._launch(java, classpath, data)
            except _PortTakenError as error:
                self._end(signal.SIGKILL)
                if known or self._fixed_port or not tries_left:
                    raise LocalKafkaError(in_use(self._ports[0])) from error
                self._ports = None
            else:
                return

    def _choose_ports(self) -> tuple[int, int]:
        if self._fixed_port is not None and not is_free(self._fixed_port):
            raise LocalKafkaError(in_use(self._fixed_port))
        port = self._fixed_port or free_port()
        return port, free_port(other_than=port)

    def _launch(self, java: str, classpath: str, data: Path) -> None:
        assert self._work is not None  # noqa: S101  # start() has made it
        assert self._ports is not None  # noqa: S101  # the caller has chosen them
        properties = self._work / "server.properties"
        properties.write_text(self._properties(data, self._ports))
        flags = [
            f"-Xmx{self._heap_mib}m",
            "-XX:+UseSerialGC",  # starts fastest, and takes no core away from what is tested
            "-XX:TieredStopAtLevel=1",  # a broker of minutes never earns the second compiler back
            "-XX:+ExitOnOutOfMemoryError",
            f"-Djava.io.tmpdir={self._work}",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
        ]
        scratch = [str(self._work)]
        command = [java, *flags, "-cp", classpath, "kafka.Kafka", str(properties)]
        with (self._work / "kafka.log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-I", guard.__file__, *scratch, *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C in a terminal is for the starter, which then stops the broker last.
                start_new_session=True,
            )
        self._await_ready(self._process, self._ports[0])

    def _await_ready(self, process: subprocess.Popen[bytes], port: int) -> None:
        give_up = monotonic() + _START_S_MAX
        while not broker_is_ready(HOST, port):
            with suppress(subprocess.TimeoutExpired):
                process.wait(_POLL_S)
                self._raise_failed()
            if monotonic() > give_up:
                raise LocalKafkaError(f"Kafka did not start within {_START_S_MAX:.0f} s.")

    def _raise_failed(self) -> None:
        assert self._work is not None  # noqa: S101  # it holds the log of what has just ended
        log = (self._work / "kafka.log").read_text(errors="replace")
        if "Address already in use" in log:
            raise _PortTakenError
        told = re.search(r"(?:Exception|Error): (.*)", log)
        raise LocalKafkaError(f"Kafka ended while it started: {told[1] if told else 'it gave no reason.'}")

    def _properties(self, data: Path, ports: tuple[int, int]) -> str:
        plain, controller = (f"{HOST}:{port}" for port in ports)
        properties = self._settings | {
            "listeners": f"PLAINTEXT://{plain},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{plain}",
            "controller.quorum.voters": f"{self._settings['node.id']}@{controller}",
            "log.dirs": str(data),
        }
        return as_properties(properties)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        guarded.end(process, number)


class _PortTakenError(Exception):
    """Something else listens on the port."""


def _main(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the broker on 127.0.0.1.")] = 9092,
    data: Annotated[
        Path | None, typer.Option(help="Keep the data here; without it they are temporary.")
    ] = None,
) -> None:
    """Run a real Kafka broker in the foreground until Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    broker = LocalKafka(port=port, data=data.resolve() if data else None)
    try:
        with suppress(KeyboardInterrupt), broker:
            typer.echo(f"kafka: ready at {broker.bootstrap}; Ctrl-C stops it")
            broker.wait()
            typer.echo("kafka: the broker ended by itself.", err=True)
            raise typer.Exit(1)
    except LocalKafkaError as error:
        typer.echo(f"kafka: {error}", err=True)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    typer.run(_main)
