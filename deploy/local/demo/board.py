"""What is known while the city is played: the numbers that the view shows and the summary compares."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from time import monotonic
from typing import Any, Final

import orjson
from msgspec import Struct, field

NEWEST_INCIDENTS: Final = 8
RECENT_LATENCIES: Final = 2_000
_SPEED_OVER_S: Final = 3.0

Row = dict[str, Any]


def quantile(values: Iterable[float], share: float) -> float | None:
    """The smallest value that at least this share of them does not exceed; None without values."""
    ordered = sorted(values)
    if not ordered:
        return None
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


class Latencies:
    """Seconds, of the newest calls and of all."""

    def __init__(self) -> None:
        self.count = 0
        self.recent: deque[float] = deque(maxlen=RECENT_LATENCIES)

    def add(self, seconds: float) -> None:
        """Another one."""
        self.count += 1
        self.recent.append(seconds)

    def words(self) -> str:
        """p50 and p99 of the newest."""
        if not self.recent:
            return "–"
        p50, p99 = (quantile(self.recent, share) or 0.0 for share in (0.5, 0.99))
        return f"p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms"


class Board(Struct):
    """State of a demo; times are those of monotonic()."""

    total: int
    names: Mapping[str, str]
    """Provider code -> name."""
    incidents_before: float | None = None
    """When the first incident was seen."""
    played: int = 0
    played_msgids: set[str] = field(default_factory=set)
    over_http: int = 0
    unchecked: int = 0
    failed_http: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    decisions: dict[str, Row] = field(default_factory=dict)
    """Verdict by msgid: its msgid and decision."""
    findings: dict[str, Row] = field(default_factory=dict)
    """Last revision by finding_id, less what the comparison does not need."""
    incidents: dict[str, Row] = field(default_factory=dict)
    newest: deque[Row] = field(default_factory=lambda: deque(maxlen=NEWEST_INCIDENTS))
    """Incidents that were opened lately."""
    stream_latency: Latencies = field(default_factory=Latencies)
    """From a settlement's record in claims.raw to its verdict."""
    http_latency: Latencies = field(default_factory=Latencies)
    """From sending a 3102 to its answer."""
    lag: int = 0
    marks: deque[tuple[float, int]] = field(default_factory=deque)

    def note_played(self, msgid: str) -> None:
        """A record is on its way."""
        self.played += 1
        self.played_msgids.add(msgid)
        now = monotonic()
        self.marks.append((now, self.played))
        while self.marks[0][0] < now - _SPEED_OVER_S:
            self.marks.popleft()

    def speed(self) -> float:
        """Records a second, lately."""
        if not self.marks or self.marks[-1][0] < monotonic() - _SPEED_OVER_S:
            return 0.0
        (first, before), (last, after) = self.marks[0], self.marks[-1]
        return (after - before) / (last - first) if last > first else 0.0

    def note_verdict(self, value: bytes, latency_s: float | None) -> None:
        """A record of `verdicts`."""
        row = orjson.loads(value)
        # The answer that was given stands; a repeat carries the same.
        if row["msgid"] in self.decisions or row["msgid"] not in self.played_msgids:
            return
        self.decisions[row["msgid"]] = {"msgid": row["msgid"], "decision": row["decision"]}
        self.verdicts[row["decision"]] += 1
        if latency_s is not None and not row["infno"].startswith("31"):
            self.stream_latency.add(latency_s)

    def note_finding(self, value: bytes) -> None:
        """A record of `findings`."""
        row = orjson.loads(value)
        known = self.findings.get(row["finding_id"])
        if known is None or row["revision"] >= known["revision"]:
            kept = ("finding_id", "revision", "rule_id", "status", "shadow")
            evidence = [{"msgid": one["msgid"], "setl_id": one["setl_id"]} for one in row["evidence"]]
            self.findings[row["finding_id"]] = {name: row[name] for name in kept} | {"evidence": evidence}

    def note_incident(self, value: bytes) -> None:
        """A record of `alerts`."""
        row = orjson.loads(value)
        known = self.incidents.get(row["incident_id"])
        if known is not None and row["revision"] < known["revision"]:
            return
        self.incidents[row["incident_id"]] = row
        if known is None:
            self.newest.append(row)
            if self.incidents_before is None:
                self.incidents_before = monotonic()

    def told_incidents(self) -> Sequence[Row]:
        """The newest incidents as they are now, the newest first."""
        return [self.incidents[row["incident_id"]] for row in reversed(self.newest)]

    def in_words(self, incident: Row) -> tuple[str, str, str]:
        """Provider, amount and what happened."""
        name = self.names.get(incident["provider"], incident["provider"])
        return name, f"¥{incident['amount']}", incident["summary"]
