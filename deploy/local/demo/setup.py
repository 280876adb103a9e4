"""What has to run before the city can be played: Kafka, topics, workers, gateway, all with keys of their own."""

import asyncio
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from aiokafka.errors import KafkaError
from msgspec import Struct

from deploy.local.demo.children import Child, DemoError, stop_all
from deploy.local.demo.ops import Watcher, start_alertmanager, start_prometheus
from deploy.local.example import call_3102
from deploy.local.kafka import LocalKafka
from deploy.local.ports import free_port, in_use, is_free
from monitor.clock import china_ms
from monitor.gateway.keys import PLATFORM, as_file, new_tokens
from monitor.settings import PREFIX, Settings
from monitor.simulator import City
from streams import topics

WORKERS: Final = 2
PARTITIONS: Final = 2
PASSED_ON: Final = ("LANGUAGE", "LOG_LEVEL", "COMMIT_MS", "GATEWAY_BUDGET_MS")
"""Settings that a demo takes from its environment; all else is its own, so that its truth holds."""

Say = Callable[[str], None]


class Running(Struct, frozen=True):
    """A whole monitor on this machine. `bearer`: what each provider puts into its Authorization header."""

    settings: Settings
    folder: Path
    workers: tuple[Child, ...]
    gateway: Child
    bearer: dict[str, str]
    hospital: str
    watchers: tuple[Watcher, ...] = ()
    """Prometheus and Alertmanager, where they were wanted and are there."""

    @property
    def children(self) -> tuple[Child, ...]:
        """All that must keep running."""
        return (*self.workers, self.gateway)

    @property
    def token_file(self) -> Path:
        """An Authorization header, as `curl -H @FILE` takes it."""
        return self.folder / f"{self.hospital}.header"

    @property
    def example_file(self) -> Path:
        """A 3102 of that provider."""
        return self.folder / "3102.json"


@contextmanager
def running(city: City, *, gateway_port: int, say: Say, with_ops: bool = False) -> Iterator[Running]:
    """Start everything; at the end nothing of it is left. LocalKafkaError or DemoError with one sentence."""
    if gateway_port and not is_free(gateway_port):
        raise DemoError(in_use(gateway_port))
    with ExitStack() as stack:
        say("starting Kafka")
        kafka = LocalKafka()
        # Its data go with it, so there is nothing to shut down in order.
        stack.callback(kafka.close)
        stack.callback(kafka.kill)
        kafka.start()
        folder = Path(tempfile.mkdtemp(prefix="claim-monitor-demo-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        own = own_settings(folder, bootstrap=kafka.bootstrap, gateway_port=gateway_port or free_port())
        alertmanager = start_alertmanager(stack, folder, say) if with_ops else None
        if alertmanager is not None:
            own["alertmanager_url"] = alertmanager.url
        settings = Settings(**own)  # type: ignore[arg-type]  # as text, as from the environment
        environment = os.environ | {f"{PREFIX}{name.upper()}": value for name, value in own.items()}
        children: list[Child] = []
        stack.callback(lambda: stop_all(children))
        # The first guard is there before anything is written: it removes the folder if the demo is killed.
        children.append(_keeper(folder))
        bearer = _write(city, folder, settings)
        say(f"creating {len(topics.specs(settings))} topics with {PARTITIONS} partitions each")
        _create_topics(settings)
        say(f"starting {WORKERS} workers and the gateway")
        children += [_worker(number, folder, environment) for number in range(1, WORKERS + 1)]
        children.append(_gateway(settings.gateway_port, folder, environment))
        for child in children[1:]:
            child.wait_until_ready()
        workers = tuple(children[1:-1])
        prometheus = (
            start_prometheus(
                stack,
                folder,
                say,
                workers=[child.address for child in workers],
                gateway=children[-1].address,
                alertmanager=alertmanager,
            )
            if with_ops
            else None
        )
        yield Running(
            settings=settings,
            folder=folder,
            workers=workers,
            gateway=children[-1],
            bearer=bearer,
            hospital=city.hospitals[0].code,
            watchers=tuple(each for each in (prometheus, alertmanager) if each is not None),
        )
        say("stopping workers, gateway and Kafka")


def own_settings(folder: Path, *, bootstrap: str, gateway_port: int) -> dict[str, str]:
    """The settings of a demo; every other one keeps its default."""
    return {
        "bootstrap": bootstrap,
        "app": "demo",
        "partitions": str(PARTITIONS),
        "reference": str(folder / "reference"),
        "data_dir": str(folder),
        "token_key": secrets.token_hex(),
        "gateway_port": str(gateway_port),
        "gateway_tokens": str(folder / "tokens.csv"),
    }


def forget_settings(environment: MutableMapping[str, str]) -> None:
    """Remove settings that are meant for another monitor than the demo."""
    taken = {f"{PREFIX}{name}" for name in PASSED_ON}
    for name in [name for name in environment if name.startswith(PREFIX) and name not in taken]:
        del environment[name]


def _write(city: City, folder: Path, settings: Settings) -> dict[str, str]:
    """Reference tables, hashes of tokens, and an example for curl; the Authorization header of each provider."""
    assert settings.gateway_tokens is not None  # noqa: S101  # _settings has named it
    city.write_reference(folder / "reference")
    codes = [provider.code for provider in (*city.hospitals, *city.pharmacies)]
    tokens = new_tokens([*codes, PLATFORM])
    settings.gateway_tokens.write_text(as_file(tokens))
    hospital = city.hospitals[0].code
    example = call_3102(provider=hospital, number=1, at_ms=china_ms(), breach=True)
    for name, text in (
        (f"{hospital}.header", f"Authorization: Bearer {tokens[hospital]}\n"),
        ("3102.json", example.decode()),
    ):
        (folder / name).write_text(text)
    return {code: f"Bearer {token}" for code, token in tokens.items()}


def _create_topics(settings: Settings) -> None:
    try:
        asyncio.run(topics.create(settings))
    except (KafkaError, OSError) as error:
        raise DemoError(f"the topics could not be created: {error}") from error


def _keeper(folder: Path) -> Child:
    """A process that does nothing until the demo ends."""
    command = [sys.executable, "-I", "-c", "import signal; signal.pause()"]
    return Child("keeper", command, port=0, environment=os.environ, log=folder / "keeper.log", scratch=folder)


def _worker(number: int, folder: Path, environment: dict[str, str]) -> Child:
    port = free_port()
    return Child(
        f"worker {number}",
        [sys.executable, "-m", "streams", "worker"],
        port=port,
        environment=environment | {f"{PREFIX}WORKER_PORT": str(port)},
        log=folder / f"worker-{number}.log",
    )


def _gateway(port: int, folder: Path, environment: dict[str, str]) -> Child:
    return Child(
        "gateway",
        [sys.executable, "-m", "streams", "gateway"],
        port=port,
        environment=environment,
        log=folder / "gateway.log",
    )
