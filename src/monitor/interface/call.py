"""A call on its way to becoming facts, and what every decoder needs to know beside it."""

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec import Raw, Struct
from msgspec.json import Decoder

from monitor.events import TraceMark
from monitor.interface import wire
from monitor.interface.envelope import decode_part
from monitor.interface.fields import ident, many, read, text
from monitor.interface.outcomes import Fault, Reason

T = TypeVar("T")
TRACE_DIGITS = 20
_EMPTY = (b"null", b'""')


class Call(Struct, kw_only=True):
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
    person_token: Callable[[str], str]
    trace_ignore: frozenset[str]
    lines_max: int
    notes: list[str]

    def read_input(self, decoder: Decoder[T]) -> T:
        """The input as its wire struct."""
        return decode_part(decoder, self.input, "input")

    def read_output(self, decoder: Decoder[T]) -> T | None:
        """The output as its wire struct; None where the reply carries none."""
        if self.output is None or bytes(self.output) in _EMPTY:
            return None
        return decode_part(decoder, self.output, "output")

    def person(self, psn_no: Any, path: str) -> str:  # noqa: ANN401 - whatever JSON holds
        """The token of the psn_no that must stand at `path`."""
        return self.person_token(read(ident, psn_no, path))

    def traces(self, carriers: tuple[tuple[Any, str], ...]) -> tuple[TraceMark, ...]:
        """The usable trace codes of objects that may carry some under any of the three spellings, each code once."""
        marks: dict[str, bool] = {}
        for carrier, path in carriers:
            self._collect(carrier, path, marks)
        return tuple([TraceMark(code, split) for code, split in marks.items()])

    def _collect(self, carrier: Any, path: str, marks: dict[str, bool]) -> None:  # noqa: ANN401 - any of four structs
        for name in ("drug_trac_info", "durg_trac_info", "drugtracinfo"):
            items: wire.Of[wire.Trace] = getattr(carrier, name)
            if items is None:
                continue
            where = f"{path}.{name}"
            for item in many(items, where, limit=self.lines_max):
                code = read(_trace_text, item.drug_trac_codg, f"{where}.drug_trac_codg")
                if self._usable(code):
                    split = read(text, item.trdn_flag, f"{where}.trdn_flag") == "1"
                    marks[code] = split or marks.get(code, False)
                else:
                    self.notes.append("trace_unusable")

    def _usable(self, code: str) -> bool:
        return (
            len(code) == TRACE_DIGITS
            and code.isascii()
            and code.isdigit()
            and code.count(code[0]) < TRACE_DIGITS
            and code not in self.trace_ignore
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
