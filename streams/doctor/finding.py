"""One thing that was looked at, and what helps."""

from msgspec import Struct


class Finding(Struct, frozen=True):
    """`good` with a `remedy`: no fault, but worth knowing."""

    what: str
    found: str
    good: bool = True
    remedy: str = ""


def fault(what: str, found: str, remedy: str) -> Finding:
    """Something that must be put right."""
    return Finding(what, found, good=False, remedy=remedy)
