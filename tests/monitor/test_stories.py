"""One story through many incidents, and what a receiver that forgets makes of it."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.accountable import Signature
from monitor.events import DAY
from monitor.incidents.actions import Act, ActionLog, act_on
from monitor.incidents.alert import TTL_S, alert_of
from monitor.incidents.outbox import HOLD_MS, KEEP_MS, LEAD_MS, RETAIN_MS, Due, Outbox
from monitor.incidents.stories import NAMES_MAX, Story, Told, follow
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


def an_outbox(stories: list[Story], *, log: ActionLog | None = None, now: int = NOW) -> Outbox:
    return Outbox(stories, now, ActionLog() if log is None else log, growth_factor=2.0)


def act(log: ActionLog, on: Incident, *, at: int = 0) -> None:
    signature = Signature(by="Li Na", account="lina@desk", why="looks into it", at=at)
    log.did(act_on(on, Act.ACK, signature, name=str(at)))


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


def test_a_story_remembers_the_names_that_it_went_by_and_those_of_what_was_joined_to_it() -> None:
    known = carried(follow({}, [incident("a", opened_at=5), incident("b", opened_at=9)]))
    joined = follow(known, [incident("c"), withdrawn("b", "c"), withdrawn("a", "c")])
    (story,) = follow(carried(joined), [incident("d"), withdrawn("c", "d")])
    assert set(story.names) == {"a", "b", "c", "d"}


def test_a_story_of_any_number_of_names_remembers_the_newest() -> None:
    known = carried(follow({}, [incident("0")]))
    for number in range(3 * NAMES_MAX):
        known = carried(follow(known, [incident(f"{number + 1}"), withdrawn(f"{number}", f"{number + 1}")]))
    (story,) = known.values()
    assert story.names == ("0", "60", *(str(number) for number in range(40, 60)))


def test_the_region_is_the_one_of_the_provider_when_the_story_began() -> None:
    known = carried(follow({}, [incident("a")], {"P1": "430102"}.__getitem__))
    (story,) = follow(known, [incident("a", provider="P2")], {"P2": "430103"}.__getitem__)
    assert story.region == "430102"
    assert alert_of(Due(story, open=True), now_s=9_000, dashboard_url="")["labels"]["region"] == "430102"


def test_an_heir_that_was_said_long_ago_goes_on_with_the_story_too() -> None:
    known = carried(follow({}, [incident("a")]))
    known = carried(follow(known, [withdrawn("a", "b")]))
    (story,) = follow(known, [incident("b", notify=False, state=State.RESOLVED)])
    assert (story.key, story.over) == ("a", True)


def test_labels_hold_no_person_and_an_alert_never_ends_before_it_begins() -> None:
    (story,) = follow({}, [incident("a", person="token-of-a-person", opened_at=10_000)])
    for is_open in (True, False):
        alert = alert_of(Due(story, is_open), now_s=5_000, dashboard_url="http://grafana")
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


STEPS = ("open", "open", "revise", "end", "end", "down", "up", "restart", "restart worker", "wait", "wait")
WHAT = st.sampled_from([*STEPS, "wait long"])
WHAT_PEOPLE_DO = st.sampled_from([*STEPS, "wait long", "act", "act", "grow"])


class Office:
    """A worker's outbox, what it has written down of it, and the receiver; time passes by the second."""

    def __init__(self, group_wait_s: int, *, notes: bool) -> None:
        self.now = 1_000_000
        self.receiver = Receiver(group_wait_s * SECOND, 30 * SECOND)
        self.written: dict[str, Story] = {}
        self.begun: dict[str, Incident] = {}
        self.acted: dict[str, Incident] = {}
        """As it was when somebody last acted on it."""
        self.grown: Counter[str] = Counter()
        """How often it has grown since somebody had acted on it."""
        self._notes = notes
        self._log = ActionLog()
        self._outbox = an_outbox([], log=self._log, now=self.now)
        self._heard = self.now
        self._restarted = False

    def do(self, what: str, key: str) -> None:
        known = self.begun.get(key)
        if what == "open" and known is None:
            self._say(incident(key))
        elif what in {"revise", "end", "grow"} and known is not None and known.state is State.OPEN:
            if what == "end":
                self._say(replace(known, state=State.RESOLVED))
            else:
                self._say(replace(known, amount=known.amount * 2 if what == "grow" else known.amount + 1))
        elif what == "act" and known is not None:
            act(self._log, known, at=self.now)
            self.acted[key] = known
        elif what in {"down", "up"}:
            self.receiver.up = what == "up"
        elif what == "restart":
            self.receiver.restart()
            self._restarted = True
        elif what == "restart worker":
            self._outbox = an_outbox(list(self.written.values()), log=self._log, now=self.now)
        elif what.startswith("wait"):
            self.pass_time(3600 if what == "wait long" else 7)

    def is_known(self, key: str) -> bool:
        """Somebody has acted on it, and it is not twice what it was."""
        return key in self.acted and self.begun[key].amount < 2 * self.acted[key].amount

    def pass_time(self, seconds: int) -> None:
        step = 1 if seconds < 60 else 5
        for _ in range(0, seconds, step):
            self.now += step * SECOND
            self.receiver.pass_time(self.now)
            if self.receiver.up:
                self._round()

    def come_to_rest(self) -> None:
        self.receiver.up = True
        self.pass_time((HOLD_MS + KEEP_MS + RETAIN_MS) // SECOND + 120)

    def write_down(self) -> None:
        for key, told in self._outbox.take_acknowledged().items():
            if told is not None:
                self.written[key] = replace(self.written[key], told=told)
            elif self.written[key].over:
                del self.written[key]

    def _say(self, said: Incident) -> None:
        name, knew = said.incident_id, said.incident_id in self.acted
        was_known = knew and self.is_known(name)
        self.begun[name] = said
        self.grown[name] += was_known and not self.is_known(name)
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
    office.come_to_rest()
    told = {State.OPEN: ["open"], State.RESOLVED: ["open", "end"]}
    assert office.receiver.notified == {key: told[each.state] for key, each in office.begun.items()}
    office.write_down()
    assert set(office.written) == set(office.begun), "what nobody acted on is not forgotten"


@given(
    steps=st.lists(st.tuples(WHAT_PEOPLE_DO, st.sampled_from("abcd")), max_size=40),
    group_wait_s=st.integers(0, 60),
    notes=st.booleans(),
)
@settings(deadline=None)
def test_who_has_acted_is_not_woken_again_unless_it_has_grown(
    steps: list[tuple[str, str]], group_wait_s: int, *, notes: bool
) -> None:
    office = Office(group_wait_s, notes=notes)
    for what, key in steps:
        office.do(what, key)
    office.come_to_rest()
    for key, each in office.begun.items():
        notified = office.receiver.notified.get(key, [])
        assert notified.count("open") <= 1 + office.grown[key]
        if office.is_known(key):
            assert notified[-1:] in ([], ["end"])
        else:
            assert notified[-1:] == ["open" if each.state is State.OPEN else "end"]
    office.write_down()
    settled = {
        key for key, each in office.begun.items() if each.state is not State.OPEN and key in office.acted
    }
    assert set(office.written) == set(office.begun) - settled, (
        "what somebody acted on is forgotten when it has ended"
    )


def test_what_somebody_acted_on_before_it_could_be_told_is_not_told_until_it_grows() -> None:
    log, opened = ActionLog(), incident("a")
    (story,) = follow({}, [opened])
    outbox = an_outbox([story], log=log)
    act(log, opened)
    assert outbox.due(NOW) == []
    assert outbox.waiting_since() == []
    outbox.put(replace(story, amount=2 * story.amount), NOW)
    assert [due.open for due in outbox.due(NOW)] == [True]


def test_what_was_taken_shortly_before_a_receiver_went_down_is_opened_there_again() -> None:
    (story,) = follow({}, [incident("a")])
    outbox = an_outbox([story])
    outbox.sent(outbox.due(NOW), NOW)
    back = NOW + HOLD_MS + SECOND
    outbox.put(replace(story, state=State.RESOLVED), back)
    outbox.receiver_restarted(NOW + SECOND, back)
    assert [due.open for due in outbox.due(back)] == [True]


def test_the_end_of_what_was_told_and_acted_on_is_told_though_the_receiver_was_restarted() -> None:
    log, opened = ActionLog(), incident("a")
    (story,) = follow({}, [opened])
    outbox = an_outbox([story], log=log)
    outbox.sent(outbox.due(NOW), NOW)
    act(log, opened)
    outbox.due(NOW + SECOND)
    outbox.receiver_restarted(NOW, NOW + SECOND)
    assert [due.open for due in outbox.due(NOW + HOLD_MS)] == [False]


def test_a_lead_that_nobody_cares_for_is_given_up_in_the_end() -> None:
    (story,) = follow({}, [incident("a", state=State.RESOLVED)])
    outbox = an_outbox([replace(story, told=Told(1, NOW))])
    assert outbox.due(NOW + LEAD_MS - 1) == []
    assert not outbox.has_acknowledged
    outbox.due(NOW + LEAD_MS)
    assert outbox.take_acknowledged() == {"a": None}


def test_a_story_is_overdue_until_somebody_acts_on_it_under_any_of_its_names() -> None:
    log, opened = ActionLog(), incident("a", severity=1, opened_at=1_000)
    known = carried(follow({}, [opened]))
    (story,) = follow(known, [incident("b", severity=1, opened_at=1_000), withdrawn("a", "b")])
    outbox = an_outbox([story], log=log)
    due_s = {1: DAY}
    assert outbox.overdue(1_000 + DAY, due_s) == []
    assert outbox.overdue(1_001 + DAY, due_s) == [story]
    act(log, opened)
    assert outbox.overdue(1_001 + DAY, due_s) == []


def test_a_story_that_opens_again_after_its_end_is_told_again() -> None:
    (story,) = follow({}, [incident("a")])
    outbox = an_outbox([])
    outbox.put(replace(story, told=Told(1, 2)), NOW)
    (due,) = outbox.due(NOW)
    assert due.open
    outbox.sent([due], NOW)
    assert outbox.take_acknowledged() == {"a": Told(NOW)}


@pytest.mark.parametrize("after_ms, count", [(0, 0), (KEEP_MS - 1, 0), (KEEP_MS, 1)])
def test_what_holds_is_sent_again_every_now_and_then(after_ms: int, count: int) -> None:
    (story,) = follow({}, [incident("a")])
    outbox = an_outbox([story])
    outbox.sent(outbox.due(NOW), NOW)
    assert len(outbox.due(NOW + after_ms)) == count
