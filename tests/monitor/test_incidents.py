"""The life of incidents: when findings belong together, what is said of them and when it ends."""

import pytest

from monitor.events import DAY, HOUR, MINUTE
from monitor.incidents import Book, due, tick
from monitor.incidents.book import VERSION, UnknownVersionError
from monitor.outputs import Evidence, Kind, State
from tests.monitor.incident_world import (
    BURST,
    GAP,
    NOON,
    RULE,
    World,
    a_burst,
    a_finding,
    a_line,
    a_policy,
    a_sale,
)

FACE = "LOC-FACE-MISMATCH"
OFF_HOURS = "LOC-OFF-HOURS"


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


def test_the_gravest_severity_is_the_smallest() -> None:
    world = World()
    world.see(a_finding("f1", severity=3), a_finding("f2", severity=1), a_finding("f3", severity=2))
    assert world.one.severity == 1


def test_an_incident_carries_the_person_when_all_findings_are_of_one() -> None:
    world = World()
    world.see(a_finding("f1", person="p1"), a_finding("f2", person="p1", at=NOON + 1))
    assert (world.one.person, world.one.persons) == ("p1", 1)
    world.see(a_finding("f3", person="p2", at=NOON + 2))
    assert (world.one.person, world.one.persons) == (None, 2)
    world.see(a_finding("f3", at=NOON + 2, revision=2, withdrawn=True))
    assert (world.one.person, world.one.persons) == ("p1", 1)


def test_of_several_providers_the_incident_names_that_of_the_last_finding() -> None:
    world = World()
    world.see(a_finding("f2", at=NOON + HOUR, provider="P2"), a_finding("f1", provider="P1"))
    assert world.one.provider == "P2"


def test_persons_of_bursts_are_counted_once() -> None:
    world = World(BURST)
    world.see(a_burst("b1", NOON, NOON, persons="abcd"), a_burst("b2", NOON + 60, NOON + 60, persons="cdef"))
    assert (world.one.persons, world.one.person) == (6, None)


def test_a_settlement_counts_once_in_the_amount_of_leads() -> None:
    shared, own = a_sale("s1", NOON, fee=500), a_sale("s2", NOON + 9, fee=70)
    world = World(OFF_HOURS)
    world.see(
        a_finding("f1", kind=Kind.LEAD, amount=500, evidence=[shared]),
        a_finding("f2", kind=Kind.LEAD, amount=570, evidence=[shared, own], at=NOON + 9),
    )
    assert world.one.amount == 570


def test_settlements_of_two_providers_with_one_number_both_count() -> None:
    world = World(OFF_HOURS)
    world.see(
        a_finding("f1", kind=Kind.LEAD, amount=500, evidence=[a_sale("s1", NOON, fee=500)]),
        a_finding("f2", kind=Kind.LEAD, amount=70, evidence=[a_sale("s1", NOON + 9, fee=70)], at=NOON + 9),
    )
    assert world.one.amount == 570


def test_the_amount_of_evidence_that_a_finding_lists_no_more_still_counts() -> None:
    world = World(BURST)
    world.see(a_finding("f1", kind=Kind.BURST, amount=900, evidence=[a_sale("s1", NOON, fee=500)]))
    assert world.one.amount == 900


def _checked(
    name: str, at: int, *, lines: tuple[tuple[str, int], ...], msgid: str = "c1"
) -> dict[str, object]:
    check = Evidence(msgid=msgid, infno="3102", settlement_id=None, at=at, person="p1")
    face = Evidence(msgid="face", infno="9601", settlement_id=None, at=at - 60, person="p1")
    return {
        "name": name,
        "at": at,
        "rule_id": FACE,
        "kind": Kind.MISMATCH,
        "evidence": [face, check],
        "amount": sum(fen for _, fen in lines),
        "lines": [a_line(number, fen) for number, fen in lines],
    }


def _settled(
    name: str, at: int, *, lines: tuple[tuple[str, int], ...], amount: int | None = None
) -> dict[str, object]:
    return _checked(name, at, lines=lines) | {
        "evidence": [a_sale(f"s{name}", at)],
        "amount": sum(fen for _, fen in lines) if amount is None else amount,
    }


@pytest.mark.parametrize("settled_first", [True, False])
def test_a_settled_line_counts_before_the_order_of_it(*, settled_first: bool) -> None:
    findings = [
        a_finding(**_checked("f1", NOON, lines=(("l1", 1_000), ("l2", 50)))),  # type: ignore[arg-type]
        a_finding(**_settled("f2", NOON + 60, lines=(("l1", 900),))),  # type: ignore[arg-type]
    ]
    world = World(FACE)
    world.see(*(findings[::-1] if settled_first else findings))
    assert world.one.amount == 950


def test_an_order_that_is_checked_twice_counts_once() -> None:
    world = World(FACE)
    world.see(
        a_finding(**_checked("f1", NOON, lines=(("l1", 1_000),))),  # type: ignore[arg-type]
        a_finding(**_checked("f2", NOON + 60, lines=(("l1", 1_000),), msgid="c2")),  # type: ignore[arg-type]
    )
    assert world.one.amount == 1_000


def test_an_order_counts_again_when_the_settlement_of_it_is_withdrawn() -> None:
    world = World(FACE)
    settled = _settled("f2", NOON + 60, lines=(("l1", 900),))
    world.see(
        a_finding(**_checked("f1", NOON, lines=(("l1", 1_000),))),  # type: ignore[arg-type]
        a_finding(**settled),  # type: ignore[arg-type]
        a_finding(**settled, revision=2, withdrawn=True),  # type: ignore[arg-type]
    )
    assert world.one.amount == 1_000


def test_a_finding_that_names_no_lines_counts_with_its_own_amount() -> None:
    world = World(FACE)
    world.see(a_finding(**_settled("f1", NOON, lines=(), amount=7_700)))  # type: ignore[arg-type]
    assert world.one.amount == 7_700


def test_lines_of_different_settlements_with_one_number_both_count() -> None:
    world = World()
    lines = [a_line("1", 1_000)]
    world.see(a_finding("f1", lines=lines), a_finding("f2", at=NOON + 60, lines=lines))
    assert world.one.amount == 2_000


def test_the_summary_is_one_line_in_the_words_of_the_rule() -> None:
    world = World(BURST)
    world.see(a_burst("b1", NOON, NOON + 60, fee=3_212))
    assert world.one.summary == "H43010000001: 1次 4人 128.48元 自2026-02-16 12:00"


def test_the_summary_shows_the_name_of_a_provider_that_has_one() -> None:
    text = World(BURST).policy.summary(
        BURST, provider="P43010000009", findings=1, persons=4, amount=1, since="今天"
    )
    assert text == "某药店: 1次 4人 0.01元 自今天"


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
