"""One story through many incidents, and what a receiver that forgets makes of it."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.incidents.alert import TTL_S, alert_of
from monitor.incidents.outbox import HOLD_MS, KEEP_MS, RETAIN_MS, Due, Outbox
from monitor.incidents.stories import Story, Told, follow
from monitor.outputs import Incident, State

SECOND = 1000
NOW = 5_000_000


def incident(name: str, **other: Any) -> Incident:
    return replace(
        Incident(
            incident_id=name, rule_id="LOC-PHARM-BURST", provider="P1", person=None, severity=2, state=State.OPEN,
            opened_at=1_000, last_seen_at=1_000, resolved_at=None, findings=1, persons=2, amount=300, summary="a",
            runbook_url="", revision=1, priority=9, notify=True,
        ),
        **other,
    )  # fmt: skip


def carried(stories: list[Story]) -> dict[str, Story]:
    return {story.incident_id: story for story in stories}


def withdrawn(name: str, successor: str | None) -> Incident:
    return incident(name, state=State.WITHDRAWN, successor=successor, revision=2)


def test_severity_and_provider_stay_as_they_were_when_the_story_began() -> None:
    known = carried(follow({}, [incident("a")]))
    (story,) = follow(known, [incident("a", severity=1, provider="P2", amount=900, summary="b")])
    assert (story.severity, story.provider, story.amount, story.summary) == (2, "P1", 900, "b")


def test_nobody_is_told_of_an_incident_that_does_not_notify_until_it_does() -> None:
    assert follow({}, [incident("a", notify=False)]) == []
    assert [story.key for story in follow({}, [incident("a", revision=2)])] == ["a"]


def test_an_heir_goes_on_with_the_story() -> None:
    known = carried(follow({}, [incident("a")]))
    (story,) = follow(known, [incident("b"), withdrawn("a", "b")])
    assert (story.key, story.incident_id, story.state) == ("a", "b", State.OPEN)


def test_an_heir_goes_on_with_the_story_through_any_number_of_names() -> None:
    known = carried(follow({}, [incident("a")]))
    for old, new in (("a", "b"), ("b", "c"), ("c", "d")):
        known = carried(follow(known, [incident(new), withdrawn(old, new)]))
    (story,) = follow(known, [incident("d", state=State.RESOLVED)])
    assert (story.key, story.over) == ("a", True)


def test_of_two_that_are_joined_the_older_story_goes_on_and_the_other_one_ends() -> None:
    known = carried(follow({}, [incident("a", opened_at=5), incident("b", opened_at=9)]))
    told = {
        story.key: story for story in follow(known, [incident("c"), withdrawn("b", "c"), withdrawn("a", "c")])
    }
    assert (told["a"].incident_id, told["a"].over) == ("c", False)
    assert told["b"].over


def test_one_that_is_absorbed_by_another_story_ends() -> None:
    known = carried(follow({}, [incident("a"), incident("b")]))
    told = {story.key: story for story in follow(known, [incident("b", amount=7), withdrawn("a", "b")])}
    assert (told["a"].over, told["b"].over, told["b"].amount) == (True, False, 7)


def test_of_one_that_is_split_the_heir_goes_on_and_the_other_part_is_a_story_of_its_own() -> None:
    known = carried(follow({}, [incident("a")]))
    told = {s.key: s for s in follow(known, [incident("b"), incident("c"), withdrawn("a", "b")])}
    assert {key: story.incident_id for key, story in told.items()} == {"a": "b", "c": "c"}


def test_an_heir_that_was_said_long_ago_goes_on_with_the_story_too() -> None:
    known = carried(follow({}, [incident("a")]))
    known = carried(follow(known, [withdrawn("a", "b")]))
    (story,) = follow(known, [incident("b", notify=False, state=State.RESOLVED)])
    assert (story.key, story.over) == ("a", True)


def test_labels_hold_no_person_and_an_alert_never_ends_before_it_begins() -> None:
    (story,) = follow({}, [incident("a", person="token-of-a-person", opened_at=10_000)])
    for is_open in (True, False):
        alert = alert_of(Due(story, is_open), now_s=5_000, region="", dashboard_url="http://grafana")
        assert "token-of-a-person" not in str(alert)
        assert alert["startsAt"] <= alert["endsAt"]
        assert all(alert["labels"].values()), "Alertmanager drops empty labels"


class Receiver:
    """Alertmanager as far as it matters here, one group for each alert: what it notifies, and what it forgets."""

    def __init__(self, group_wait_ms: int, group_interval_ms: int) -> None:
        self._wait_ms = group_wait_ms
        self._interval_ms = group_interval_ms
        self._ends: dict[str, int] = {}
        self._flush_at: dict[str, int] = {}
        self._firing: Counter[str] = Counter()
        self.notified: dict[str, list[str]] = {}
        self.up = True

    def take(self, key: str, ends_ms: int, now_ms: int) -> None:
        self._ends[key] = ends_ms
        self._flush_at.setdefault(key, now_ms + self._wait_ms)

    def restart(self) -> None:
        self._ends, self._flush_at = {}, {}

    def pass_time(self, now_ms: int) -> None:
        for key in [key for key, at in self._flush_at.items() if at <= now_ms and self.up]:
            firing = self._ends[key] > now_ms
            if firing != bool(self._firing[key]):
                self.notified.setdefault(key, []).append("open" if firing else "end")
                self._firing[key] = int(firing)
            self._flush_at[key] = now_ms + self._interval_ms
            if not firing:
                del self._ends[key], self._flush_at[key]


WHAT = st.sampled_from(
    [
        "open",
        "open",
        "revise",
        "end",
        "end",
        "down",
        "up",
        "restart",
        "restart worker",
        "wait",
        "wait",
        "wait long",
    ]
)


class Office:
    """A worker's outbox, what it has written down of it, and the receiver; time passes by the second."""

    def __init__(self, group_wait_s: int, *, notes: bool) -> None:
        self.now = 1_000_000
        self.receiver = Receiver(group_wait_s * SECOND, 30 * SECOND)
        self.written: dict[str, Story] = {}
        self.begun: dict[str, State] = {}
        self._notes = notes
        self._outbox = Outbox([], self.now)
        self._heard = self.now
        self._restarted = False

    def do(self, what: str, key: str) -> None:
        state = self.begun.get(key)
        if what == "open" and state is None:
            self._say(incident(key))
        elif what in {"revise", "end"} and state is State.OPEN:
            self._say(
                incident(key, state=State.OPEN if what == "revise" else State.RESOLVED, amount=self.now)
            )
        elif what in {"down", "up"}:
            self.receiver.up = what == "up"
        elif what == "restart":
            self.receiver.restart()
            self._restarted = True
        elif what == "restart worker":
            self._outbox = Outbox(self.written.values(), self.now)
        elif what.startswith("wait"):
            self.pass_time(3600 if what == "wait long" else 7)

    def pass_time(self, seconds: int) -> None:
        step = 1 if seconds < 60 else 5
        for _ in range(0, seconds, step):
            self.now += step * SECOND
            self.receiver.pass_time(self.now)
            if self.receiver.up:
                self._round()

    def write_down(self) -> None:
        for key, told in self._outbox.take_acknowledged().items():
            if told is not None:
                self.written[key] = replace(self.written[key], told=told)
            elif self.written[key].over:
                del self.written[key]

    def _say(self, said: Incident) -> None:
        self.begun[said.incident_id] = said.state
        (story,) = follow(self.written, [said])
        self.written[story.key] = story
        self._outbox.put(story, self.now)

    def _round(self) -> None:
        if self._restarted:
            self._outbox.receiver_restarted(self._heard, self.now)
        self._restarted, self._heard = False, self.now
        if not self._notes:
            # What was taken this time is written down only a round later, so a worker that ends loses it.
            self.write_down()
        dues = self._outbox.due(self.now)
        for due in dues:
            self.receiver.take(due.story.key, self.now + (TTL_S * SECOND if due.open else 0), self.now)
        self._outbox.sent(dues, self.now)
        if self._notes:
            self.write_down()


@given(
    steps=st.lists(st.tuples(WHAT, st.sampled_from("abcd")), max_size=40),
    group_wait_s=st.integers(0, 60),
    notes=st.booleans(),
)
@settings(deadline=None)
def test_each_story_is_notified_once_when_it_opens_and_once_when_it_ends(
    steps: list[tuple[str, str]], group_wait_s: int, *, notes: bool
) -> None:
    """Whatever is restarted, and whether or not a worker that ended could still write down what was taken last."""
    office = Office(group_wait_s, notes=notes)
    for what, key in steps:
        office.do(what, key)
    office.receiver.up = True
    office.pass_time((HOLD_MS + KEEP_MS + RETAIN_MS) // SECOND + 120)
    told = {State.OPEN: ["open"], State.RESOLVED: ["open", "end"]}
    assert office.receiver.notified == {key: told[state] for key, state in office.begun.items()}
    office.write_down()
    still_open = {key for key, state in office.begun.items() if state is State.OPEN}
    assert set(office.written) == still_open, "what has ended is forgotten"


def test_a_story_that_opens_again_after_its_end_is_told_again() -> None:
    (story,) = follow({}, [incident("a")])
    outbox = Outbox([], NOW)
    outbox.put(replace(story, told=Told(1, 2)), NOW)
    (due,) = outbox.due(NOW)
    assert due.open
    outbox.sent([due], NOW)
    assert outbox.take_acknowledged() == {"a": Told(NOW)}


@pytest.mark.parametrize("after_ms, count", [(0, 0), (KEEP_MS - 1, 0), (KEEP_MS, 1)])
def test_what_holds_is_sent_again_every_now_and_then(after_ms: int, count: int) -> None:
    (story,) = follow({}, [incident("a")])
    outbox = Outbox([story], NOW)
    outbox.sent(outbox.due(NOW), NOW)
    assert len(outbox.due(NOW + after_ms)) == count
