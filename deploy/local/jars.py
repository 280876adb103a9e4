"""Apache Kafka's jars: pinned by hash in a lock file, fetched once, kept in the user's cache.

`python -m deploy.local.jars` writes kafka.lock anew, after a change of ENDPOINTS.
"""

import fcntl
import hashlib
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

from deploy.local.java import LocalKafkaError

ENDPOINTS = ("org.apache.kafka:kafka_2.13:4.1.0", "org.slf4j:slf4j-simple:1.7.36")
LOCK = Path(__file__).with_name("kafka.lock")
_DOWNLOADS_AT_ONCE = 8

# A jar that is missing from a repository is reported once, by us.
logging.getLogger("jgo").setLevel(logging.ERROR)


class Jar(NamedTuple):
    """One line of kafka.lock: group:artifact:version and the SHA-256 of the file."""

    coordinates: str
    sha256: str

    @property
    def path(self) -> Path:
        """Where the jar lies in any Maven repository."""
        group, artifact, version = self.coordinates.split(":")
        return Path(*group.split("."), artifact, version, f"{artifact}-{version}.jar")


def cache_dir() -> Path:
    """Return the directory for everything that is downloaded; it is made when it is missing."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    cache = Path(base) / "claim-monitor"
    cache.mkdir(parents=True, exist_ok=True)
    return cache


@contextmanager
def cache_lock() -> Iterator[None]:
    """Only one process at a time fills the cache."""
    with (cache_dir() / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def lock_id(lock: Path = LOCK) -> str:
    """Return a name for exactly these jars, for what the cache derives from them."""
    return f"{lock.stem}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"


def kafka_classpath() -> str:
    """Return Java's class path of the broker."""
    return classpath_of(LOCK)


def classpath_of(lock: Path) -> str:
    """Return Java's class path of the jars of a lock; the first call on a machine downloads and verifies them."""
    jars = _locked(lock)
    store = cache_dir() / "maven"
    verified = cache_dir() / f"{lock_id(lock)}.verified"
    files = [store / jar.path for jar in jars]
    with cache_lock():
        if not (verified.exists() and all(file.exists() for file in files)):
            sys.stderr.write(f"{lock.stem}: fetching {len(jars)} jars, tens of MB, once\n")
            _fetch(jars, store)
            verified.touch()
    return os.pathsep.join(map(str, files))


def _locked(lock: Path) -> list[Jar]:
    rows = (line.split() for line in lock.read_text().splitlines() if line and not line.startswith("#"))
    return [Jar(coordinates, sha256) for coordinates, sha256 in rows]


def _fetch(jars: list[Jar], store: Path) -> None:
    with ThreadPoolExecutor(_DOWNLOADS_AT_ONCE) as pool:
        for _ in pool.map(lambda jar: _fetch_one(jar, store), jars):
            pass


def _fetch_one(jar: Jar, store: Path) -> None:
    file = store / jar.path
    # A download that was cut short leaves half a file behind.
    if file.exists() and _sha256(file) != jar.sha256:
        file.unlink()
    try:
        _download(jar, store)
    except (OSError, RuntimeError) as error:
        message = (
            f"could not download {jar.coordinates} ({type(error).__name__}): "
            "check the network, or name your Maven mirror in ~/.m2/settings.xml, and try again."
        )
        raise LocalKafkaError(message) from error
    if _sha256(file) != jar.sha256:
        file.unlink()
        raise LocalKafkaError(f"the downloaded {file.name} is not the pinned one and was thrown away.")


def _download(jar: Jar, store: Path) -> None:
    from jgo.maven import MavenContext  # noqa: PLC0415  # only a first start pays for it

    context = MavenContext(repo_cache=store, remote_repos=_repositories())
    group, artifact, version = jar.coordinates.split(":")
    context.project(group, artifact).at_version(version).artifact().resolve()


def _repositories() -> dict[str, str]:
    """Return the repositories of jgo's own configuration, else Maven's mirror of central, else central."""
    from jgo.config import GlobalSettings  # noqa: PLC0415  # only a first start pays for it
    from jgo.constants import MAVEN_CENTRAL_URL  # noqa: PLC0415  # the same

    configured = dict(GlobalSettings.load().repositories)
    return configured or {"central": _maven_mirror() or MAVEN_CENTRAL_URL}


def _maven_mirror(settings: Path | None = None) -> str | None:
    """Return the address that Maven's settings.xml gives for its central repository."""
    settings = settings or Path.home() / ".m2" / "settings.xml"
    if not settings.exists():
        return None
    try:
        root = ET.parse(settings).getroot()  # noqa: S314  # the user's own file
    except ET.ParseError:
        return None
    for mirror in root.iterfind("{*}mirrors/{*}mirror"):
        mirrored = mirror.findtext("{*}mirrorOf", "").replace(" ", "").split(",")
        if {"*", "central", "external:*"} & set(mirrored) and "!central" not in mirrored:
            return mirror.findtext("{*}url", "").strip().rstrip("/") or None
    return None


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def write_lock(lock: Path = LOCK, endpoints: Sequence[str] = ENDPOINTS) -> None:
    """Resolve the endpoints and write a lock: every runtime jar with its hash."""
    from jgo import resolve  # noqa: PLC0415  # only this needs it

    found = {
        f"{one.groupId}:{one.artifactId}:{one.version}": _sha256(one.resolve())
        for endpoint in endpoints
        for one in resolve(endpoint, repositories=_repositories())
    }
    rows = "".join(f"{coordinates} {sha256}\n" for coordinates, sha256 in found.items())
    lock.write_text(f"# Written by python -m deploy.local.jars from {' '.join(endpoints)}\n{rows}")


if __name__ == "__main__":
    write_lock()
