"""The life of incidents: when findings belong together, what is said of them and when it ends."""

from monitor.events import DAY, HOUR, MINUTE
from monitor.incidents import due, tick
from monitor.outputs import Kind, State
from tests.monitor.incident_world import (
    BURST,
    GAP,
    NOON,
    RULE,
    World,
    a_burst,
    a_finding,
    a_policy,
)


def test_a_finding_opens_an_incident() -> None:
    world = World()
    (incident,) = world.see(a_finding(at=NOON, severity=2, amount=12_850))
    assert incident.state is State.OPEN
    assert (incident.opened_at, incident.last_seen_at, incident.resolved_at) == (NOON, NOON, None)
    assert (incident.findings, incident.persons, incident.amount) == (1, 1, 12_850)
    assert incident.runbook_url == f"https://runbooks.example/{RULE}"
    assert incident.revision == 1


def test_findings_exactly_a_gap_apart_are_one_incident() -> None:
    world = World()
    world.see(a_finding("f1", at=NOON), a_finding("f2", at=NOON + GAP))
    assert (world.one.findings, world.one.last_seen_at) == (2, NOON + GAP)


def test_findings_a_second_more_than_a_gap_apart_are_two_incidents() -> None:
    world = World()
    world.see(a_finding("f1", at=NOON), a_finding("f2", at=NOON + GAP + 1))
    assert [i.findings for i in world.live] == [1, 1]


def test_the_gap_of_bursts_runs_from_the_last_evidence_of_one_to_the_first_of_the_next() -> None:
    first = a_burst("b1", NOON, NOON + HOUR)
    world = World(BURST)
    world.see(first, a_burst("b2", NOON + HOUR + 30 * MINUTE, NOON + 2 * HOUR))
    assert (world.one.opened_at, world.one.last_seen_at) == (NOON, NOON + 2 * HOUR)
    world = World(BURST)
    world.see(first, a_burst("b2", NOON + HOUR + 30 * MINUTE + 1, NOON + 2 * HOUR))
    assert len(world.live) == 2


def test_a_new_incident_begins_more_than_seven_days_after_the_first_was_opened() -> None:
    world = World()
    world.see(*(a_finding(f"f{day}", at=NOON + day * DAY) for day in range(8)))
    assert (world.one.findings, world.one.last_seen_at) == (8, NOON + 7 * DAY)
    world.see(a_finding("later", at=NOON + 7 * DAY + 1))
    assert [(i.opened_at, i.findings) for i in world.live] == [(NOON, 8), (NOON + 7 * DAY + 1, 1)]


def test_a_region_decides_the_gap_at_the_time_of_the_earlier_finding() -> None:
    policy = a_policy()
    shorter = type(policy)(gap_s=lambda _, at: HOUR if at >= NOON else 3 * HOUR, reach_s=policy.reach_s)
    world = World(policy=shorter)
    world.see(*(a_finding(f"f{i}", at=NOON + i * 2 * HOUR) for i in (-1, 0, 1)))
    assert [i.findings for i in world.live] == [2, 1]


def test_an_earlier_finding_that_comes_late_gives_the_story_a_new_name() -> None:
    world = World()
    (old,) = world.see(a_finding("f2", at=NOON))
    new, withdrawn = world.see(a_finding("f1", at=NOON - HOUR))
    assert (new.state, new.opened_at, new.findings, new.revision) == (State.OPEN, NOON - HOUR, 2, 1)
    assert (withdrawn.incident_id, withdrawn.state) == (old.incident_id, State.WITHDRAWN)
    assert (withdrawn.successor, withdrawn.revision) == (new.incident_id, 2)
    assert withdrawn.to_json()["successor"] == new.incident_id
    assert "successor" not in new.to_json()


def test_the_story_goes_on_in_a_successor_when_its_first_finding_is_withdrawn() -> None:
    world = World()
    world.see(a_finding("f1"), a_finding("f2", at=NOON + HOUR))
    old = world.one.incident_id
    world.see(a_finding("f1", revision=2, withdrawn=True))
    assert world.last[old].successor == world.one.incident_id
    assert (world.one.opened_at, world.one.findings) == (NOON + HOUR, 1)


def test_a_burst_whose_beginning_moves_by_weeks_is_the_same_story_under_another_name() -> None:
    world = World(BURST)
    world.see(a_burst("old", NOON, NOON + 2 * DAY), a_burst("other", NOON + 20 * DAY, NOON + 20 * DAY))
    old = world.live[0].incident_id
    world.see(a_burst("new", NOON - 9 * DAY, NOON + 2 * DAY))
    new = world.live[0].incident_id
    world.see(a_burst("old", NOON, NOON + 2 * DAY, revision=2, withdrawn=True))
    assert (world.last[old].state, world.last[old].successor) == (State.WITHDRAWN, new)


def test_a_burst_that_ends_has_no_successor_in_one_that_it_never_met() -> None:
    world = World(BURST)
    world.see(a_burst("one", NOON, NOON + HOUR), a_burst("two", NOON + 2 * HOUR, NOON + 3 * HOUR))
    one = world.live[0].incident_id
    world.see(a_burst("one", NOON, NOON + HOUR, revision=2, withdrawn=True))
    assert (world.last[one].state, world.last[one].successor) == (State.WITHDRAWN, None)


def test_an_incident_is_withdrawn_without_successor_when_all_its_findings_are() -> None:
    world = World()
    world.see(a_finding("f1"), a_finding("other", at=NOON + 3 * DAY))
    (withdrawn,) = world.see(a_finding("f1", revision=2, withdrawn=True))
    assert (withdrawn.state, withdrawn.successor, withdrawn.resolved_at) == (State.WITHDRAWN, None, None)


def test_a_finding_between_two_incidents_joins_them_under_the_older_name() -> None:
    world = World()
    world.see(a_finding("f1"), a_finding("f3", at=NOON + 2 * GAP))
    older, younger = world.live
    world.see(a_finding("f2", at=NOON + GAP))
    assert (world.one.incident_id, world.one.findings) == (older.incident_id, 3)
    assert world.last[younger.incident_id].successor == older.incident_id


def test_withdrawing_the_finding_between_splits_an_incident_and_the_older_keeps_the_name() -> None:
    world = World()
    world.see(*(a_finding(f"f{i}", at=NOON + i * GAP) for i in (0, 1, 2)))
    whole = world.one.incident_id
    world.see(a_finding("f1", at=NOON + GAP, revision=2, withdrawn=True))
    older, younger = world.live
    assert (older.incident_id, older.findings, older.last_seen_at) == (whole, 1, NOON)
    assert (younger.findings, younger.revision, younger.opened_at) == (1, 1, NOON + 2 * GAP)


def test_successors_form_a_chain_to_the_incident_that_stands() -> None:
    world = World()
    names = []
    for i in (3, 2, 1):
        world.see(a_finding(f"f{i}", at=NOON + i * HOUR))
        names.append(world.one.incident_id)
    third, second, first = names
    assert (world.last[third].successor, world.last[second].successor) == (second, first)
    assert world.last[first].state is State.OPEN


def test_a_withdrawn_finding_that_opens_again_revives_its_incident_with_a_higher_revision() -> None:
    world = World()
    (opened,) = world.see(a_finding("f1"))
    world.see(a_finding("f1", revision=2, withdrawn=True))
    (again,) = world.see(a_finding("f1", revision=3))
    assert (again.incident_id, again.state, again.revision) == (opened.incident_id, State.OPEN, 3)
    assert again.successor is None


def test_a_withdrawn_incident_is_revived_after_a_restart_with_a_higher_revision_too() -> None:
    world = World()
    world.see(a_finding("f1"), a_finding("f1", revision=2, withdrawn=True))
    world.restart()
    (again,) = world.see(a_finding("f1", revision=3))
    assert again.revision == 3


def test_an_older_revision_that_comes_again_changes_nothing() -> None:
    world = World()
    world.see(a_finding("f1"), a_finding("f1", revision=2, withdrawn=True))
    assert world.see(a_finding("f1")) == []
    assert world.book.take_counts() == {"stale": 1}
    assert world.book.take_counts() == {}


def test_a_revision_that_changes_nothing_of_the_incident_says_nothing() -> None:
    world = World()
    world.see(a_finding("f1"))
    assert world.see(a_finding("f1", revision=2)) == []


def test_shadow_findings_and_reminders_make_no_incident() -> None:
    world = World()
    assert world.see(a_finding("f1", shadow=True), a_finding("f2", kind=Kind.REMINDER, amount=0)) == []
    assert world.book.empty


def test_a_finding_that_a_region_turns_into_a_shadow_leaves_its_incident() -> None:
    world = World()
    world.see(a_finding("f1"))
    world.see(a_finding("f1", revision=2, shadow=True))
    assert world.live == []


def test_an_incident_is_resolved_when_the_watermark_has_passed_the_gap() -> None:
    world = World()
    world.see(a_finding("f1"))
    assert due(world.book, world.policy) == NOON + GAP + 1
    assert tick(world.book, watermark=NOON + GAP, policy=world.policy) == ()
    (resolved,) = world.note(tick(world.book, watermark=NOON + GAP + 1, policy=world.policy))
    assert (resolved.state, resolved.resolved_at) == (State.RESOLVED, NOON + GAP)
    assert tick(world.book, watermark=NOON + GAP + 2, policy=world.policy) == ()


def test_an_old_finding_comes_resolved_at_once() -> None:
    world = World()
    (incident,) = world.see(a_finding("f1"), watermark=NOON + GAP + 1)
    assert (incident.state, incident.resolved_at) == (State.RESOLVED, NOON + GAP)


def test_a_finding_resolves_what_its_watermark_has_left_behind() -> None:
    world = World()
    world.see(a_finding("f1"))
    new, resolved = world.see(a_finding("f2", at=NOON + 3 * DAY), watermark=NOON + 3 * DAY)
    assert (new.state, resolved.state, resolved.revision) == (State.OPEN, State.RESOLVED, 2)


def test_a_resolved_incident_opens_again_for_a_late_finding_that_is_not_over() -> None:
    world = World()
    world.see(a_finding("f1"), watermark=NOON + GAP + 1)
    (again,) = world.see(a_finding("f2", at=NOON + GAP))
    assert (again.state, again.resolved_at, again.revision) == (State.OPEN, None, 2)


def test_a_watermark_that_starts_lower_after_a_restart_opens_nothing_again() -> None:
    world = World()
    world.see(a_finding("f1"), watermark=NOON + GAP + 1)
    world.restart()
    assert tick(world.book, watermark=NOON, policy=world.policy) == ()


def test_a_finding_that_moves_past_another_incident_leaves_its_place() -> None:
    world = World()
    world.see(a_finding("f1"), a_finding("f2", at=NOON + 3 * DAY))
    world.see(a_finding("f1", at=NOON + 6 * DAY, revision=2))
    assert [(i.opened_at, i.findings) for i in world.live] == [(NOON + 3 * DAY, 1), (NOON + 6 * DAY, 1)]


def test_a_finding_that_comes_when_the_watermark_is_at_the_gap_is_open() -> None:
    world = World()
    (incident,) = world.see(a_finding("f1"), watermark=NOON + GAP)
    assert incident.state is State.OPEN


def test_an_incident_is_resolved_after_a_restart_too() -> None:
    world = World()
    world.see(a_finding("f1"))
    world.restart()
    assert due(world.book, world.policy) == NOON + GAP + 1
    (resolved,) = world.note(tick(world.book, watermark=NOON + GAP + 1, policy=world.policy))
    assert resolved.state is State.RESOLVED


def test_a_resolved_incident_that_is_withdrawn_has_no_time_of_resolution() -> None:
    world = World()
    world.see(a_finding("f1"), watermark=NOON + GAP + 1)
    (withdrawn,) = world.see(a_finding("f1", revision=2, withdrawn=True))
    assert (withdrawn.state, withdrawn.resolved_at) == (State.WITHDRAWN, None)
