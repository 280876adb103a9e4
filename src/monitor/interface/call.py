"""A call on its way to becoming facts, and what every decoder needs to know beside it."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct
from msgspec.json import Decoder

from monitor.events import TraceMark
from monitor.interface import wire
from monitor.interface.envelope import fault_of
from monitor.interface.fields import code, ident, many, read
from monitor.interface.outcomes import Fault, Reason

T = TypeVar("T")
TRACE_DIGITS = 20
NOTHING = (b"null", b'""', b"{}", b"[]")
"""Ways to write that there is no output."""
NOTHING_BYTES_MAX = 4


class Door(Struct, frozen=True):
    """What is the same for all calls."""

    person: Callable[[str], str]
    """psn_no -> token."""
    trace_ignore: frozenset[str]
    lines_max: int


class Call(Struct):
    """One call that counts, with the input and output still undecoded."""

    infno: str
    provider: str
    msgid: str
    at: int
    """inf_time."""
    terminal: str
    """opter_type."""
    input: Raw
    output: Raw | None
    door: Door
    notes: list[str]

    def read_input(self, decoder: Decoder[T]) -> T:
        """The input as its wire struct."""
        try:
            return decoder.decode(self.input)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise fault_of(error).inside("input") from None

    def read_output(self, decoder: Decoder[T]) -> T | None:
        """The output as its wire struct; None where the reply carries none."""
        output = self.output
        if output is None or (len(output) <= NOTHING_BYTES_MAX and bytes(output) in NOTHING):
            return None
        try:
            return decoder.decode(output)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise fault_of(error).inside("output") from None

    def rows(self, value: wire.Of[T], path: str) -> list[T]:
        """As `fields.many` within the limit of lines."""
        return many(value, path, limit=self.door.lines_max)

    def person(self, psn_no: Any, path: str) -> str:  # noqa: ANN401 - whatever JSON holds
        """The token of the psn_no that must stand at `path`."""
        try:
            return self.door.person(ident(psn_no))
        except Fault as fault:
            raise fault.inside(path) from None

    def traces(self, carriers: Sequence[wire.TraceCarrier], path: str) -> tuple[TraceMark, ...]:
        """The usable trace codes of what may carry some under any of the three spellings, each code once."""
        marks: dict[str, bool] = {}
        for carrier in carriers:
            if carrier.drug_trac_info is not None:
                self._collect(carrier.drug_trac_info, path, marks)
            if carrier.drugtracinfo is not None:
                self._collect(carrier.drugtracinfo, path, marks)
            if carrier.durg_trac_info is not None:
                self._collect(carrier.durg_trac_info, path, marks)
        return tuple([TraceMark(*mark) for mark in marks.items()]) if marks else ()

    def _collect(self, items: wire.Of[wire.Trace], path: str, marks: dict[str, bool]) -> None:
        try:
            for item in self.rows(items, ""):
                trace = item.drug_trac_codg
                if type(trace) is not str:
                    trace = read(_trace_text, trace, "drug_trac_codg")
                if self._is_usable(trace):
                    marks[trace] = code(item.trdn_flag) == "1" or marks.get(trace, False)
                else:
                    self.notes.append("trace_unusable")
            if len(marks) > self.door.lines_max:
                raise Fault(Reason.TOO_MANY_LINES)  # noqa: TRY301 - where it is told with its path
        except Fault as fault:
            raise fault.inside(f"{path}.drug_trac_info") from None
        except TypeError:
            raise Fault(Reason.WRONG_TYPE, f"{path}.drug_trac_info.trdn_flag") from None

    def _is_usable(self, trace: str) -> bool:
        return (
            len(trace) == TRACE_DIGITS
            and trace.isdecimal()
            and trace.isascii()
            and trace.count(trace[0]) < TRACE_DIGITS
            and trace not in self.door.trace_ignore
        )


def _trace_text(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    """A trace code of any length: one that is none is dropped, not refused."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if type(value) is int:
        return str(value)
    raise Fault(Reason.WRONG_TYPE)
