"""Laws: incidents are a function of the live findings, whatever the order, the repeats and the restarts."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.events import DAY, HOUR, MINUTE
from monitor.incidents import Budget, due, tick
from monitor.outputs import Finding, State
from tests.monitor.incident_world import (
    BURST,
    NOON,
    RULE,
    World,
    a_burst,
    a_finding,
    a_policy,
    said,
    slowly,
)

AROUND = st.sampled_from([0, 1, HOUR, DAY - 1, DAY, DAY + 1, 6 * DAY, 7 * DAY, 7 * DAY + 1, 9 * DAY])
PERSONS = st.sampled_from(["p1", "p2", "p3", None])
PROVIDERS = st.sampled_from(["H43010000001", "H43010000002"])


@st.composite
def histories(draw: st.DrawFn) -> list[Finding]:
    """All revisions of some findings, in any order."""
    revisions: list[Finding] = []
    for index in range(draw(st.integers(1, 9))):
        at = NOON + draw(AROUND) + draw(AROUND)
        for revision in range(1, draw(st.integers(1, 3)) + 1):
            moved = draw(st.sampled_from([0, 0, 0, 5, DAY]))
            revisions.append(
                a_finding(
                    f"f{index}",
                    at=at + moved,
                    revision=revision,
                    severity=draw(st.integers(1, 3)),
                    person=draw(PERSONS),
                    provider=draw(PROVIDERS),
                    amount=draw(st.integers(0, 500)),
                    withdrawn=draw(st.booleans()) and revision > 1,
                )
            )
    return draw(st.permutations(revisions))


@st.composite
def bursts(draw: st.DrawFn) -> list[Finding]:
    revisions: list[Finding] = []
    start = NOON
    for index in range(draw(st.integers(1, 8))):
        start += draw(st.sampled_from([-MINUTE, 0, MINUTE, 30 * MINUTE, 31 * MINUTE, DAY]))
        for revision in range(1, draw(st.integers(1, 3)) + 1):
            end = start + draw(st.sampled_from([0, 60, 30 * MINUTE, 8 * DAY]))
            people = draw(st.lists(st.sampled_from("abcdefgh"), min_size=2, max_size=6, unique=True))
            revisions.append(
                a_burst(
                    f"b{index}",
                    start,
                    end,
                    persons=people,
                    observed=len(people),
                    revision=revision,
                    withdrawn=draw(st.booleans()) and revision > 1,
                )
            )
    return draw(st.permutations(revisions))


WATERMARKS = st.integers(NOON - DAY, NOON + 20 * DAY)


@given(histories(), WATERMARKS)
@settings(max_examples=150, deadline=None)
def test_incidents_are_what_grouping_the_live_findings_from_scratch_gives(
    findings: list[Finding], watermark: int
) -> None:
    world = World()
    world.see(*findings, watermark=watermark)
    assert said(world.live) == slowly(findings, rule_id=RULE, watermark=watermark)


@given(bursts(), WATERMARKS)
@settings(max_examples=150, deadline=None)
def test_incidents_of_bursts_are_what_grouping_from_scratch_gives(
    findings: list[Finding], watermark: int
) -> None:
    world = World(BURST)
    world.see(*findings, watermark=watermark)
    assert said(world.live) == slowly(findings, rule_id=BURST, watermark=watermark)


@given(histories(), WATERMARKS)
@settings(max_examples=60, deadline=None)
def test_a_watermark_that_moves_meanwhile_changes_nothing_of_what_stands_in_the_end(
    findings: list[Finding], watermark: int
) -> None:
    world = World()
    world.see(*findings[::2])
    world.note(tick(world.book, watermark=watermark, policy=world.policy))
    world.see(*findings[1::2], watermark=watermark)
    assert said(world.live) == slowly(findings, rule_id=RULE, watermark=watermark)


@given(histories())
@settings(max_examples=60, deadline=None)
def test_the_same_findings_again_say_nothing(findings: list[Finding]) -> None:
    world = World()
    world.see(*findings)
    world.book.changes()
    assert world.see(*findings) == []
    assert world.book.changes() == {}


@given(histories())
@settings(max_examples=60, deadline=None)
def test_incidents_are_withdrawn_without_successor_when_all_their_findings_are(
    findings: list[Finding],
) -> None:
    world = World()
    world.see(*findings)
    for name in {f.finding_id for f in findings}:
        world.see(a_finding(name, revision=9, withdrawn=True))
    assert world.live == []
    assert world.book.open == set()


@given(histories())
@settings(max_examples=60, deadline=None)
def test_a_story_that_is_withdrawn_goes_on_in_its_successor_or_not_at_all(findings: list[Finding]) -> None:
    world = World()
    world.see(*findings)
    for incident in world.last.values():
        assert (incident.successor is None) or incident.state is State.WITHDRAWN
        seen = set()
        while incident.successor is not None and incident.incident_id not in seen:
            seen.add(incident.incident_id)
            incident = world.last[incident.successor]  # noqa: PLW2901 - the end of the story
        assert incident.successor is None or len(seen) > 0


@given(histories(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_a_restart_changes_nothing(findings: list[Finding], chance: random.Random) -> None:
    straight, restarted = World(), World()
    straight.see(*findings)
    for finding in findings:
        restarted.see(finding)
        if chance.random() < 0.5:
            restarted.restart()
            assert tick(restarted.book, watermark=restarted.watermark, policy=restarted.policy) == ()
            assert restarted.book.changes() == {}
    assert restarted.last == straight.last


@given(bursts(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_a_restart_changes_nothing_for_bursts(findings: list[Finding], chance: random.Random) -> None:
    straight, restarted = World(BURST), World(BURST)
    straight.see(*findings)
    for finding in findings:
        restarted.see(finding)
        if chance.random() < 0.5:
            restarted.restart()
    assert restarted.last == straight.last


@given(st.lists(st.integers(0, 30 * DAY), min_size=1, max_size=120), st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_a_book_stays_within_its_bounds(times: list[int], chance: random.Random) -> None:
    policy = a_policy(findings_max=16, persons_max=8)
    world = World(policy=policy)
    for index, moved in enumerate(times):
        name = f"f{index}"
        world.see(a_finding(name, at=NOON + moved, person=f"p{index}"))
        if chance.random() < 0.3:
            world.see(a_finding(name, at=NOON + moved, revision=2, withdrawn=True))
        if chance.random() < 0.2:
            world.restart()
            assert tick(world.book, watermark=world.watermark, policy=policy) == ()
        assert world.book.chains is not None
        assert len(world.book.chains.live) <= 16
        assert len(world.book.withdrawn) <= 16
        assert len(world.book.findings) <= 32
        assert len(world.book.said) <= 34
        folded = world.book.head.folded
        assert folded is None or len(folded.tally.persons) <= 8


@given(histories())
@settings(max_examples=50, deadline=None)
def test_a_book_whose_findings_can_change_no_more_is_forgotten_and_says_when(findings: list[Finding]) -> None:
    world = World(budget=Budget(daily=3))
    world.see(*findings)
    for _ in range(60):
        at = due(world.book, world.policy)
        if at is None:
            break
        assert at > world.watermark
        world.watermark = at
        world.note(tick(world.book, watermark=at, policy=world.policy))
    assert world.book.empty
    world.restart()
    assert world.pieces == {}
    assert all(incident.state is not State.OPEN for incident in world.last.values())
