"""`monitor replay`: records from files through all stages, one JSON object a line out (contract §2)."""

import gzip
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any, TypedDict

import orjson
from msgspec import Meta

from monitor.forms import OPEN, one_of
from monitor.interface.outcomes import Reason
from monitor.outputs import Incident
from monitor.pipeline import Pipeline, Said

STDIN = "-"
PROGRESS_LINES = 1024
READ_BYTES = 1 << 20
BATCH_RECORDS = 256
BATCH_BYTES = 8 << 20
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""At the head of a file it is no content."""
LINE_BYTES_MAX = 16 << 20
"""Beyond the hard cap of a record; what is longer is cut there, and is a dead letter anyway."""


class DeadLetter(TypedDict):
    """回放中无法使用的记录,不含内容。 A record that a replay could not use; nothing of its content."""

    reason: Annotated[str, one_of(Reason), OPEN]
    """原因。 A word out of a fixed list."""
    detail: str
    """字段路径,从不是值。 Path of the field, never a value."""
    file: str
    """文件。 Where it stands."""
    line: Annotated[int, Meta(ge=1)]
    """行号。 And in which line."""


class Unreadable(Exception):  # noqa: N818 - it ends a file, not the run
    """A file that can't be read, or a .gz that is cut short; its good part was processed."""


def lines_of(name: str, progress: Callable[[int], Any] = lambda _: None) -> Iterator[bytes]:
    """The lines of a file (.gz by suffix, ``-`` = standard input), without their ends; Unreadable at a fault.

    `progress` hears now and then how many bytes of the file were read.
    """
    try:
        with _opened(name) as (stream, position):
            for number, line in enumerate(_lines(stream)):
                yield line
                if number % PROGRESS_LINES == 0:
                    progress(position())
    except (OSError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        reason = (
            error.strerror if isinstance(error, OSError) and error.strerror else "it is damaged or cut short"
        )
        raise Unreadable(f"{name}: can't be read to its end: {reason}") from None


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Lines up to the longest that is looked at; the rest of a longer one is passed over."""
    while line := stream.readline(LINE_BYTES_MAX):
        yield line.rstrip(b"\r\n")
        while not line.endswith(b"\n") and (line := stream.readline(LINE_BYTES_MAX)):
            pass


@contextmanager
def _opened(name: str) -> Iterator[tuple[IO[bytes], Callable[[], int]]]:
    """The stream of lines, and how far the file below it was read."""
    if name == STDIN:
        yield sys.stdin.buffer, lambda: 0
        return
    with Path(name).open("rb", buffering=READ_BYTES) as file:
        if name.endswith(".gz"):
            if not file.peek(1):  # type: ignore[attr-defined]  # it is buffered
                raise EOFError  # not even a head, which gzip takes for no content
            with gzip.open(file) as unpacked:
                yield unpacked, file.tell  # type: ignore[misc]  # a GzipFile of bytes
        else:
            yield file, file.tell


class Replay:
    """Runs records through a pipeline and writes what is said; incidents once, in their final state."""

    def __init__(self, pipeline: Pipeline, write: Callable[[bytes], Any]) -> None:
        self.pipeline = pipeline
        self.verdicts: dict[str, int] = {}
        self.findings: dict[str, int] = {}
        self.dead_letters: dict[str, int] = {}
        self._incidents: dict[str, Incident] = {}
        self._write = write

    def run(self, lines: Iterable[bytes], *, file: str) -> None:
        """The lines of one file; blank ones are none. Its end, even by a fault, confirms a pending jump of the watermark."""
        try:
            for batch in _batches(lines):
                told = self.pipeline.tell_all([raw for _, raw in batch])
                for (number, _), said in zip(batch, told, strict=True):
                    self._say(said, file, number)
        finally:
            self.pipeline.watermark.end()

    def _say(self, said: Said, file: str, line: int) -> None:
        if said.dead_letter is not None:
            reason, detail = said.dead_letter.reason, said.dead_letter.detail
            self.dead_letters[reason] = self.dead_letters.get(reason, 0) + 1
            self._print("dead_letter", {"reason": reason, "detail": detail, "file": file, "line": line})
        for verdict in said.verdicts:
            self.verdicts[verdict.decision] = self.verdicts.get(verdict.decision, 0) + 1
            self._print("verdict", verdict.to_json())
        for finding in said.findings:
            self.findings[finding.rule_id] = self.findings.get(finding.rule_id, 0) + 1
            self._print("finding", finding.to_json())
        for incident in said.incidents:
            self._incidents[incident.incident_id] = incident

    def end(self) -> None:
        """The end of all files."""
        for incident in self.pipeline.end():
            self._incidents[incident.incident_id] = incident
        for incident in self._incidents.values():
            self._print("incident", incident.to_json())

    def _print(self, kind: str, row: Mapping[str, object]) -> None:
        self._write(orjson.dumps({"type": kind, **row}, option=orjson.OPT_APPEND_NEWLINE))

    def summary(self, seconds: float) -> str:
        """What happened in so many seconds, for people."""
        counts = self.pipeline.counts
        records = counts["records"]
        rows = [f"{records} records in {seconds:.1f} s ({records / max(seconds, 0.001):,.0f} a second)"]
        rows += [
            f"  {reason.removeprefix('ignored_')} ignored: {n}"
            for reason, n in sorted(counts.items())
            if reason.startswith("ignored_")
        ]
        rows += [
            f"  {word}: {counts[word]}"
            for word in ("duplicate", "conflict", "late", "feedback", "pictures_dropped", "trace_unusable")
            if counts[word]
        ]
        rows += [f"verdicts: {_row(self.verdicts)}", f"findings (revisions): {_row(self.findings)}"]
        rows += [f"incidents: {len(self._incidents)}", f"dead letters: {_row(self.dead_letters)}"]
        rows += [f"keys in memory: {_row(self.pipeline.keys)}"]
        return "\n".join(rows)


def _batches(lines: Iterable[bytes]) -> Iterator[list[tuple[int, bytes]]]:
    """Numbered records, some at a time and bounded in bytes; what was read before a fault comes before the fault."""
    batch: list[tuple[int, bytes]] = []
    size = 0
    try:
        for number, line in enumerate(lines, start=1):
            raw = line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line
            if raw and not raw.isspace():
                batch.append((number, raw))
                size += len(raw)
            if len(batch) >= BATCH_RECORDS or size >= BATCH_BYTES:
                yield batch
                batch, size = [], 0
    except Unreadable:
        yield batch
        raise
    yield batch


def _row(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"
