"""What stands on this machine: versions, secrets, reference tables, the region file."""

import platform
from collections import Counter
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from time import time
from typing import Final

from monitor.compose import knowledge_of
from monitor.events import DAY
from monitor.notices import Sm2Error
from monitor.reference import Provider, Scheme
from monitor.reference_tables import TableFile, survey
from monitor.regions import RegionError
from monitor.settings import Settings
from monitor.tables import ReferenceTableError
from streams.doctor.finding import Finding, fault
from streams.web_hooks import sm2_key_of

TESTED: Final = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0"}
"""The engine reaches into these two; another version was not tried."""
PACKAGE: Final = "claim-monitor"
TABLE_DAYS_MAX: Final = 180
"""National catalogues change once or twice a year, providers more often: what nobody touched for longer is suspect."""


def look_here(settings: Settings) -> list[Finding]:
    """In the order in which one needs another."""
    return [*_versions(), *_secrets(settings), *_files(settings)]


def _versions() -> list[Finding]:
    found = [Finding("Python", platform.python_version())]
    try:
        found.append(Finding("monitor", version(PACKAGE)))
    except PackageNotFoundError:
        found.append(Finding("monitor", "not installed: run from its source"))
    for package, tested in TESTED.items():
        here = version(package)
        remedy = "" if here == tested else f"install {tested}: the engine was tried with no other"
        found.append(Finding(package, here, here == tested, remedy))
    return found


def _secrets(settings: Settings) -> list[Finding]:
    found = []
    if settings.uses_development_key:
        remedy = "fine for a trial; for claims set it to 32 random bytes in hex"
        found.append(Finding("MONITOR_TOKEN_KEY", "not set: tokens anyone can recompute", remedy=remedy))
    if settings.dead_letter_key is None:
        remedy = "set it, so that who reads dead letters need not know the key of tokens"
        found.append(Finding("MONITOR_DEAD_LETTER_KEY", "not set: derived from the token key", remedy=remedy))
    return found


def _files(settings: Settings) -> list[Finding]:
    found = _tables(settings)
    if not all(each.good for each in found):
        return found
    try:
        knowledge = knowledge_of(settings)
    except ReferenceTableError as error:
        return [*found, fault("reference tables", str(error), "correct that line of the table")]
    except RegionError as error:
        return [*found, fault("region file", str(error), "correct the file, or leave it out")]
    if unused := knowledge.reference.unused_files:
        names = ", ".join(unused)
        remedy = "rename them to a table's name, or take them out of the folder"
        found.append(Finding("reference tables", f"no table: {names}", remedy=remedy))
    count = len(knowledge.reference.providers)
    remedy = "" if count else "without MONITOR_REFERENCE a caller's kind is guessed from its calls"
    return [
        *found,
        Finding("reference tables", f"{count} providers", remedy=remedy),
        Finding("rules", f"{len(knowledge.rules)}, version {knowledge.rules_version}"),
        *_hooks(knowledge.reference.providers.values(), settings),
    ]


def _hooks(providers: Iterable[Provider], settings: Settings) -> list[Finding]:
    """Who is told by web hook, and whether our own key is there for those who want it."""
    counts = Counter(entry.hook.scheme for entry in providers if entry.hook)
    if not counts:
        return []
    told = ", ".join(f"{counts[scheme]} {scheme}" for scheme in Scheme if counts[scheme])
    found = [Finding("web hooks", f"signed for {told}")]
    if counts[Scheme.SM2]:
        try:
            key = sm2_key_of(settings)
        except Sm2Error as error:
            remedy = (
                "docs/decisions/delivery.md says how the keys are made; the courier does not start before"
            )
            return [*found, fault("web hooks", str(error), remedy)]
        found.append(Finding("web hooks", f"providers verify SM2 with {key.public.hex()}"))
    return found


def _tables(settings: Settings) -> list[Finding]:
    """Each table of the folder: all faults at once, where a worker names the first and does not start."""
    try:
        tables = survey(settings.reference)
    except ReferenceTableError as error:
        return [fault("reference tables", str(error), "make the folder, or correct MONITOR_REFERENCE")]
    built_in = [each.name for each in tables if each.built_in]
    own = [_table(each) for each in tables if not each.built_in]
    if built_in:
        own.append(Finding("reference tables", f"built in: {', '.join(built_in)}"))
    return own


def _table(table: TableFile) -> Finding:
    what = f"table {table.name}"
    if table.fault:
        return fault(what, table.fault, "correct that line; no worker starts before")
    days = max(0, int(time() - table.modified_s)) // DAY
    found = f"{table.rows} rows, {days} days old"
    if not table.rows:
        return Finding(what, found, remedy="an empty table replaces the built-in one: is that meant?")
    old = days > TABLE_DAYS_MAX
    return Finding(what, found, remedy="ask for the catalogue's newest edition" if old else "")
