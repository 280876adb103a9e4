"""Whatever is done by hand says who and why, and never who the patient is."""

import pytest

from monitor.accountable import Signature, UnaccountableError

AT = 1_773_104_460
NUMBERS = ["430102199001011234", "43010219900101123X", "43010219900101123x", "430102900101123"]


def sign(by: str = "Li Na", why: str = "calls the pharmacy") -> Signature:
    return Signature.of(by=by, account="lina@desk-3", why=why, at=AT)


def test_a_signature_holds_who_where_why_and_when() -> None:
    signed = sign(" Li  Na ", "calls\nthe pharmacy ")
    assert (signed.by, signed.account, signed.why, signed.at) == (
        "Li Na",
        "lina@desk-3",
        "calls the pharmacy",
        AT,
    )


@pytest.mark.parametrize(
    "by,why", [("", "calls the pharmacy"), ("Li Na", ""), ("Li Na", " ?"), ("x" * 65, "why not")]
)
def test_nothing_is_done_by_nobody_or_for_no_reason(by: str, why: str) -> None:
    with pytest.raises(UnaccountableError):
        sign(by, why)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("text", ["{}", "患者{}买药", "it was {}, his card", "({})"])
def test_an_identity_number_is_refused_and_not_quoted(number: str, text: str) -> None:
    for wrong in ({"why": "since " + text.format(number)}, {"by": text.format(number)}):
        with pytest.raises(UnaccountableError) as refused:
            sign(**wrong)
        assert number not in str(refused.value)


@pytest.mark.parametrize("text", ["ticket 4711", "84312201234567890123", "a" + NUMBERS[0]])
def test_other_numbers_are_kept(text: str) -> None:
    assert sign(why=text).why == text


def test_what_could_steer_a_terminal_is_refused() -> None:
    with pytest.raises(UnaccountableError):
        sign(why="all good \x1b[2J")
