"""Who did something by hand, when and why: what every action of a person is signed with."""

import re
from typing import Final, Self

from msgspec import Struct

NAME_CHARS_MAX: Final = 64
WHY_CHARS_MAX: Final = 500
WHY_CHARS_MIN: Final = 4
_IDENTITY: Final = re.compile(r"(?<![0-9A-Za-z])(?:\d{15}|\d{17}[0-9Xx])(?![0-9A-Za-z])")
"""A number of 公民身份号码, of either generation."""


class UnaccountableError(ValueError):
    """Who or why is missing or can't be kept; quotes nothing of it."""


class Signature(Struct, frozen=True, kw_only=True):
    """`by`: who says to have done it; `account`: where it was typed (login@machine); `at`: seconds of China civil time."""

    by: str
    account: str
    why: str
    at: int

    @classmethod
    def of(cls, *, by: str, account: str, why: str, at: int) -> Self:
        """UnaccountableError when it would not tell an auditor who and why, or would tell who a patient is."""
        return cls(
            by=_clean("who", by, least=1, most=NAME_CHARS_MAX),
            account=account,
            why=_clean("why", why, least=WHY_CHARS_MIN, most=WHY_CHARS_MAX),
            at=at,
        )


def _clean(what: str, text: str, *, least: int, most: int) -> str:
    text = " ".join(text.split())
    if not least <= len(text) <= most:
        raise UnaccountableError(f"{what}: must have {least} to {most} characters")
    if not text.isprintable():
        raise UnaccountableError(f"{what}: has characters that do not print")
    if _IDENTITY.search(text):
        raise UnaccountableError(f"{what}: holds an identity number; a person is named by the token alone")
    return text
