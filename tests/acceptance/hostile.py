"""Hostile records between good neighbours: how a case is made, run and judged.

Every case stands between two neighbours in one feed. It has a provider, a person and a msgid of its own, and
carries `MARK` wherever identity stands and in what is wrong with it, so whoever quotes content is caught.
"""

import copy
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests import wire
from tests.acceptance.bare import run_lines
from tests.acceptance.outcome import Outcome

MARK = "QUOTEDCONTENT"
NEIGHBOUR = wire.pharmacy(1)
REASON = re.compile(r"[a-z][a-z0-9_]{2,39}\Z")

DEAD = frozenset({"dead"})
IGNORED = frozenset({"ignored"})
FINE = frozenset({"verdict"})
DEAD_OR_IGNORED = DEAD | IGNORED
DEAD_OR_FINE = DEAD | FINE
ANY = DEAD | IGNORED | FINE

Edit = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Case:
    """A record, by what is wrong with it, and what may become of it."""

    name: str
    raw: bytes
    may: frozenset[str] = DEAD
    msgid: str = ""


def at_path(record: Any, path: str) -> tuple[Any, Any]:
    """The container and the key of a dotted path; a number is an index."""
    *parents, last = path.split(".")
    for part in parents:
        record = record[int(part) if part.isdigit() else part]
    return record, int(last) if last.isdigit() else last


def put(path: str, value: Any) -> Edit:
    """Sets a field."""

    def edit(record: dict[str, Any]) -> None:
        container, key = at_path(record, path)
        container[key] = value

    return edit


def drop(*paths: str) -> Edit:
    """Removes fields."""

    def edit(record: dict[str, Any]) -> None:
        for path in paths:
            container, key = at_path(record, path)
            del container[key]

    return edit


def marked(record: dict[str, Any], number: int) -> dict[str, Any]:
    """A copy whose identity is a mark, and whose msgid and setl_id are its own."""
    record = copy.deepcopy(record)
    person = f"{MARK}{number:06d}"

    def walk(node: Any) -> None:
        if isinstance(node, list):
            for each in node:
                walk(each)
        if isinstance(node, dict):
            for key, value in node.items():
                if key in {"psn_no", "patn_id"}:
                    node[key] = person
                elif key in {"psn_name", "patn_name", "certno", "mdtrt_cert_no", "opter_name"}:
                    node[key] = f"{MARK}{key}"
                else:
                    walk(value)

    walk(record)
    return record


@dataclass
class Maker:
    """Makes cases out of a good record; each has its own provider."""

    first: int
    cases: list[Case] = field(default_factory=list)

    def _good(self, build: Callable[[str], dict[str, Any]] | None) -> dict[str, Any]:
        number = self.first + len(self.cases)
        provider = wire.pharmacy(number)
        return marked((build or sale)(provider), number)

    def record(
        self,
        name: str,
        *edits: Edit,
        may: frozenset[str] = DEAD,
        of: Callable[[str], dict[str, Any]] | None = None,
    ) -> None:
        """A good record after some edits."""
        good = self._good(of)
        msgid = good["request"]["msgid"]
        for edit in edits:
            edit(good)
        self.cases.append(Case(name, wire.as_line(good), may, msgid))

    def text(
        self,
        name: str,
        path: str,
        raw: bytes,
        *,
        may: frozenset[str] = DEAD,
        of: Callable[[str], dict[str, Any]] | None = None,
    ) -> None:
        """A good record in which the value at a path is replaced by raw bytes."""
        good = self._good(of)
        msgid = good["request"]["msgid"]
        put(path, "@@HERE@@")(good)
        self.cases.append(Case(name, wire.as_line(good).replace(b'"@@HERE@@"', raw), may, msgid))

    def spliced(self, name: str, old: bytes, new: bytes, *, may: frozenset[str] = DEAD) -> None:
        """A good record in which the first occurrence of some bytes is replaced."""
        good = self._good(None)
        line = wire.as_line(good)
        assert old in line
        self.cases.append(Case(name, line.replace(old, new, 1), may, good["request"]["msgid"]))

    def raw(self, name: str, raw: bytes, *, may: frozenset[str] = DEAD) -> None:
        """Bytes that never were a record."""
        self.cases.append(Case(name, raw, may, "no such msgid"))


def sale(provider: str) -> dict[str, Any]:
    """A good sale; it is older than the neighbours, so it never makes them late."""
    return wire.pharmacy_sale("hostile", at="2026-03-10 09:18:00", provider=provider)


def neighbours(count: int) -> list[bytes]:
    """Sales one second apart, every third with a line that does not add up."""
    return [
        wire.as_line(
            wire.pharmacy_sale(
                f"neighbour {n % 7}",
                at=wire.later("2026-03-10 09:20:00", seconds=n),
                provider=NEIGHBOUR,
                lines=[wire.line(amount="12.00" if n % 3 == 0 else "10.00")],
            )
        )
        for n in range(count)
    ]


@dataclass(frozen=True)
class Trial:
    """What came of a feed of cases, and of the same feed without them."""

    cases: Sequence[Case]
    outcome: Outcome
    without: Outcome

    def dead(self, case: Case) -> list[dict[str, Any]]:
        """The dead letters of a case: its line is even, the neighbours' are odd."""
        line = 2 * (self.cases.index(case) + 1)
        return [letter for letter in self.outcome.dead_letters if letter["line"] == line]

    def fate(self, case: Case) -> str:
        """dead, verdict or ignored."""
        letters, verdicts = self.dead(case), [v for v in self.outcome.verdicts if v["msgid"] == case.msgid]
        assert len(letters) + len(verdicts) <= 1, f"{len(letters)} dead letters, {len(verdicts)} verdicts"
        return "dead" if letters else "verdict" if verdicts else "ignored"


def attempt(cases: Sequence[Case]) -> Trial:
    """Runs the cases between their neighbours."""
    around = neighbours(len(cases) + 1)
    lines = [around[0]]
    for case, neighbour in zip(cases, around[1:], strict=True):
        lines += [case.raw, neighbour]
    return Trial(cases, run_lines(lines), run_lines(around))


def about_neighbours(outcome: Outcome) -> list[str]:
    """What the outcome says of the neighbours, sorted; revisions depend on batches, so they are left out."""
    rows = [*outcome.verdicts, *outcome.findings, *outcome.incidents]
    kept = [{k: v for k, v in row.items() if k != "revision"} for row in rows if row["provider"] == NEIGHBOUR]
    return sorted(json.dumps(row, sort_keys=True) for row in kept)
