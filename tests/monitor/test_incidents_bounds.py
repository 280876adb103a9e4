"""What a book writes, how it bounds itself and what it forgets."""

import pytest

from monitor.events import DAY
from monitor.incidents import Book, due, tick
from monitor.incidents.book import VERSION, UnknownVersionError
from monitor.outputs import State
from tests.monitor.incident_world import BURST, GAP, NOON, World, a_burst, a_finding, a_policy


def test_another_policy_after_a_restart_regroups_and_says_what_became_of_the_stories() -> None:
    world = World()
    world.see(a_finding("f1"), a_finding("f2", at=NOON + GAP + 1))
    older, younger = world.live
    world.restart()
    world.policy = a_policy(gap=2 * GAP)
    out = world.note(tick(world.book, watermark=world.watermark, policy=world.policy))
    assert {i.incident_id for i in out} == {older.incident_id, younger.incident_id}
    assert (world.one.incident_id, world.one.findings) == (older.incident_id, 2)
    assert world.last[younger.incident_id].successor == older.incident_id


def test_a_piece_of_a_newer_release_is_refused() -> None:
    world = World()
    world.see(a_finding("f1"))
    name, piece = next(iter(world.book.changes().items()))
    assert piece is not None
    with pytest.raises(UnknownVersionError, match=f"known: {VERSION}"):
        Book.load(world.key, {name: bytes((VERSION + 1,)) + piece[1:]})


def test_a_change_writes_the_finding_and_its_incident_only() -> None:
    world = World()
    world.see(*(a_finding(f"f{i}", at=NOON + i) for i in range(50)))
    world.book.changes()
    world.see(a_finding("f50", at=NOON + 50))
    changes = world.book.changes()
    assert set(changes) == {"ff50", f"i{world.one.incident_id}"}
    assert sum(len(piece or b"") for piece in changes.values()) < 400


def test_a_full_book_goes_on_counting_under_the_same_name() -> None:
    world = World(policy=a_policy(findings_max=8))
    world.see(*(a_finding(f"f{i}", at=NOON + i, person=f"p{i}") for i in range(100)))
    assert (world.one.findings, world.one.persons, world.one.amount) == (100, 100, 100_000)
    assert (world.one.opened_at, world.one.last_seen_at) == (NOON, NOON + 99)
    counts = world.book.take_counts()
    assert counts == {"folded": 100 - len(world.book.findings)}


def test_a_full_book_goes_on_under_the_same_name_after_a_restart() -> None:
    world = World(policy=a_policy(findings_max=8))
    for i in range(100):
        world.see(a_finding(f"f{i}", at=NOON + i, person=f"p{i}"))
        world.restart()
    assert (world.one.findings, world.one.persons, world.one.amount) == (100, 100, 100_000)


def test_a_full_book_forgets_the_oldest_incidents_but_they_are_still_resolved() -> None:
    world = World(policy=a_policy(findings_max=4))
    world.see(*(a_finding(f"f{i}", at=NOON + i * 3 * DAY) for i in range(6)))
    world.note(tick(world.book, watermark=NOON + 30 * DAY, policy=world.policy))
    assert [i.state for i in world.live] == [State.RESOLVED] * 6
    assert world.see(a_finding("early", at=NOON - DAY), watermark=NOON) == []
    assert world.book.take_counts() == {"folded": 2, "beyond_memory": 1}


def test_persons_of_folded_findings_are_a_lower_bound_beyond_their_number() -> None:
    world = World(policy=a_policy(findings_max=8, persons_max=5))
    world.see(*(a_finding(f"f{i}", at=NOON + i, person=f"p{i}") for i in range(100)))
    assert 5 <= world.one.persons < 100
    assert world.one.findings == 100


def test_a_finding_beyond_the_reach_of_its_memory_is_not_taken_in() -> None:
    world = World()
    assert world.see(a_finding("f1"), watermark=NOON + 40 * DAY + 1) == []
    assert world.book.take_counts() == {"beyond_memory": 1}
    assert world.book.empty


def test_what_no_finding_can_change_any_more_is_forgotten_without_a_word() -> None:
    world = World()
    world.see(a_finding("f1"), a_finding("f2", at=NOON + 20 * DAY))
    world.note(tick(world.book, watermark=NOON + 22 * DAY, policy=world.policy))
    assert tick(world.book, watermark=NOON + 42 * DAY, policy=world.policy) == ()
    assert set(world.book.findings) == {"f2"}
    world.restart()
    assert [name[0] for name in sorted(world.pieces)] == ["f", "h", "i"]
    assert world.see(a_finding("f1", revision=2, withdrawn=True)) == []


def test_incidents_that_a_full_book_forgot_are_not_withdrawn_by_a_restart() -> None:
    world = World(policy=a_policy(findings_max=4))
    world.see(*(a_finding(f"f{i}", at=NOON + i * 3 * DAY) for i in range(6)))
    world.restart()
    assert tick(world.book, watermark=world.watermark, policy=world.policy) == ()


def test_a_book_that_has_forgotten_goes_on() -> None:
    world = World()
    world.see(a_finding("f1"), a_finding("f2", at=NOON + 20 * DAY), a_finding("f3", at=NOON + 30 * DAY))
    world.note(tick(world.book, watermark=NOON + 42 * DAY, policy=world.policy))
    world.see(
        a_finding("f4", at=NOON + 25 * DAY), a_finding("f2", at=NOON + 20 * DAY, revision=2, withdrawn=True)
    )
    assert [i.opened_at - NOON for i in world.live] == [0, 25 * DAY, 30 * DAY]


def test_a_book_never_asks_for_a_tick_that_has_been() -> None:
    world = World(BURST)
    world.see(a_burst("b1", NOON, NOON + 20 * DAY), a_burst("b2", NOON + 8 * DAY, NOON + 8 * DAY))
    while (at := due(world.book, world.policy)) is not None:
        assert at > world.watermark
        world.watermark = at
        world.note(tick(world.book, watermark=at, policy=world.policy))
    assert world.book.empty
