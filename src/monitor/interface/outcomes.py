"""What becomes of a record at the door: accepted, ignored or rejected; nothing here ever quotes content."""

from enum import StrEnum
from typing import Self

from msgspec import Struct

from monitor.events import Event


class Reason(StrEnum):
    """Why a record is a dead letter: the whole list (contract §1 'Dead letters')."""

    NOT_JSON = "not_json"
    """Not JSON in UTF-8."""
    NOT_OBJECT = "not_object"
    """JSON, but no object."""
    TOO_LARGE = "too_large"
    """Over the size limit (recog_pic not counted) or the hard cap."""
    TOO_DEEP = "too_deep"
    """Nested deeper than the limit."""
    DUPLICATE_KEY = "duplicate_key"
    """The same key twice in the record or one of its envelopes."""
    MISSING_FIELD = "missing_field"
    """A field that a rule or an output needs is absent or null, or an id is empty."""
    WRONG_TYPE = "wrong_type"
    BAD_ID = "bad_id"
    """A text longer than any id or code, or with characters that do not print."""
    BAD_TIME = "bad_time"
    """Not 'yyyy-MM-dd HH:mm:ss' (a zone included), or no date of the calendar."""
    TIME_OUT_OF_RANGE = "time_out_of_range"
    """Year outside 2000-2100, or (in Kafka) far ahead of the record's own time."""
    BAD_AMOUNT = "bad_amount"
    """No finite plain decimal number within the field's 16 digits."""
    SEVERAL_PATIENTS = "several_patients"
    """A 3101 or 3102 of more than one patient."""
    TOO_MANY_LINES = "too_many_lines"
    RULE_FAILED = "rule_failed"
    """Behind the door: the audit itself failed on this record."""


class Accepted(Struct, frozen=True, gc=False):
    """Facts to be judged: one for each person of the call."""

    events: tuple[Event, ...]
    call_time: int
    """setl_time of a settlement, inf_time of any other call; seconds of China civil time."""
    picture_dropped: bool = False
    notes: tuple[str, ...] = ()
    """Words to be counted, one for each occurrence, e.g. ``trace_unusable``."""
    sent_at: int = 0
    """inf_time: what the provider's own clock said, also where call_time is the platform's."""


class Ignored(Struct, frozen=True, gc=False):
    """A valid record that says nothing we use; `reason` is a word to be counted."""

    reason: str
    picture_dropped: bool = False


class Rejected(Struct, frozen=True, gc=False):
    """A dead letter. `detail` is the path of the field, never a value; empty for the record as a whole."""

    reason: Reason
    detail: str = ""
    picture_dropped: bool = False


class Fault(Exception):  # noqa: N818 - a value on its way to the door, not a failure of the program
    """A part of a record that can't be read; becomes a `Rejected` at the door."""

    def __init__(self, reason: Reason, path: str = "") -> None:
        super().__init__(reason, path)
        self.reason = reason
        self.path = path

    def inside(self, outer: str) -> Self:
        """The same fault, its path seen from the object that holds the part."""
        joint = "." if self.path and not self.path.startswith("[") else ""
        self.path = f"{outer}{joint}{self.path}"
        return self


class Skip(Exception):  # noqa: N818 - no error: the call is fine, and nothing of it is used
    """The call says nothing we use; becomes an `Ignored` at the door."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
