"""What a provider is told, how it knows that it is true, and in which order."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.notices import Lanes, Parcel, by_secret, headers_of, is_signed, of_finding, of_verdict
from monitor.notices.lanes import LANES
from monitor.notices.signature import AGE_S_MAX
from monitor.outputs import Decision, Kind, Verdict
from tests.monitor.incident_world import a_finding

REFUSAL = Verdict(
    verdict_id="v", msgid="m", infno="2102", provider="P1", person="token", visit="", at=0,
    decision=Decision.REJECT, results=({"jr_id": "R.1.2"},),
)  # fmt: skip


def test_a_refusal_is_told_under_its_jr_id_and_nothing_else_is() -> None:
    notice = of_verdict(REFUSAL)
    assert notice is not None
    assert (notice.notice_id, notice.provider, notice.person) == ("R.1.2", "P1", "token")
    assert of_verdict(replace(REFUSAL, decision=Decision.REMIND)) is None
    assert of_verdict(replace(REFUSAL, decision=Decision.PASS)) is None


def test_every_revision_of_a_rejection_or_mismatch_is_a_notice_of_its_own() -> None:
    for kind in (Kind.REJECTION, Kind.MISMATCH):
        for revision, withdrawn in ((1, False), (2, False), (3, True)):
            notice = of_finding(a_finding("f", kind=kind, revision=revision, withdrawn=withdrawn))
            assert notice is not None
            assert notice.notice_id == f"f-{revision}"
            assert notice.body["status"] == ("withdrawn" if withdrawn else "open")


@pytest.mark.parametrize("kind", [Kind.BURST, Kind.LEAD, Kind.REMINDER])
def test_what_the_bureau_looks_into_is_not_told_to_the_provider(kind: Kind) -> None:
    assert of_finding(a_finding("f", kind=kind)) is None


def test_a_rule_that_only_watches_tells_nobody() -> None:
    assert of_finding(a_finding("f", shadow=True)) is None


@given(
    body=st.binary(),
    secret=st.text(min_size=1),
    at_s=st.integers(AGE_S_MAX, 2**40),
    other=st.binary(min_size=1),
)
def test_a_signature_holds_for_its_body_secret_and_time_alone(
    body: bytes, secret: str, at_s: int, other: bytes
) -> None:
    headers = headers_of(body, notice_id="n", sign=by_secret(secret), at_s=at_s)
    assert is_signed(body, headers, secret=secret, now_s=at_s + AGE_S_MAX)
    assert not is_signed(body + other, headers, secret=secret, now_s=at_s)
    assert not is_signed(body, headers, secret=secret + "x", now_s=at_s)
    assert not is_signed(body, headers, secret=secret, now_s=at_s + AGE_S_MAX + 1)
    assert not is_signed(body, headers | {"X-Monitor-Timestamp": str(at_s + 1)}, secret=secret, now_s=at_s)
    assert not is_signed(body, {}, secret=secret, now_s=at_s)


def a_parcel(offset: int, person: str) -> Parcel:
    return Parcel(offset, f"n{offset}", person, b"", offset)


@given(persons=st.lists(st.sampled_from("abcdefgh"), max_size=40), gaps=st.integers(1, 3), seed=st.integers())
def test_notices_of_a_person_stay_in_order_and_the_place_tells_what_is_not_done(
    persons: list[str], gaps: int, seed: int
) -> None:
    rng = random.Random(seed)
    lanes = Lanes()
    busy: set[int] = set()
    waiting = [a_parcel(number * gaps, person) for number, person in enumerate(persons)]
    delivered: list[Parcel] = []
    left = list(waiting)
    while left or busy:
        if left and (not busy or rng.random() < 0.5):
            begun = lanes.put(left.pop(0))
            if begun is not None:
                assert begun not in busy
                busy.add(begun)
        else:
            lane = rng.choice(sorted(busy))
            parcel = lanes.head(lane)
            assert parcel is not None
            delivered.append(parcel)
            lanes.finish(lane)
            if lanes.head(lane) is None:
                busy.remove(lane)
        done = {parcel.offset for parcel in delivered}
        assert all(parcel.offset in done for parcel in waiting if parcel.offset < lanes.done)
        assert len(busy) <= LANES
    assert sorted(delivered) == waiting
    for person in set(persons):
        offsets = [parcel.offset for parcel in delivered if parcel.person == person]
        assert offsets == sorted(offsets)
    assert lanes.waiting == 0


def test_what_was_done_before_a_restart_is_not_done_again() -> None:
    lanes = Lanes(done=5)
    assert lanes.put(a_parcel(4, "a")) is None
    assert lanes.waiting == 0
    assert lanes.put(a_parcel(5, "a")) is not None
