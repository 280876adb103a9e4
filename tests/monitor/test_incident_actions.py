"""Laws of what people do with incidents: a function of the set of actions, over all names of a story, until it grows."""

from fractions import Fraction

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.accountable import Signature
from monitor.incidents.actions import Act, Action, Handling, act_on, fold, must_send, read_action
from monitor.incidents.desk import Desk
from monitor.incidents.read import UnreadableError, read_incident
from monitor.outputs import Incident, State
from tests.monitor.incident_world import NOON, an_incident

FACTOR = 2.0
NAMES = ["a", "b", "c", "d"]
AMOUNTS = st.integers(0, 10**9)
FINDINGS = st.integers(1, 5_000)


def an_action(
    incident: Incident, act: Act = Act.ACK, *, at: int = NOON, name: str = "1", recovered: int | None = None
) -> Action:
    signature = Signature(by="Li Na", account="lina@desk", why="looks into it", at=at)
    return act_on(incident, act, signature, name=name, recovered=recovered)


@st.composite
def logs(draw: st.DrawFn) -> list[Action]:
    """Actions on some incidents, each with a name of its own."""
    done = []
    for number in range(draw(st.integers(0, 8))):
        act = draw(st.sampled_from(Act))
        incident = an_incident(draw(st.sampled_from(NAMES)), amount=draw(AMOUNTS), findings=draw(FINDINGS))
        money = draw(AMOUNTS) if act is Act.VERIFY else None
        at = NOON + draw(st.integers(0, 3))
        done.append(an_action(incident, act, at=at, name=str(number), recovered=money))
    return done


@st.composite
def stories(draw: st.DrawFn) -> list[Incident]:
    """Last revisions of some incidents, some withdrawn in favour of another, in whatever way: circles too."""
    incidents = []
    for name in NAMES:
        successor = draw(st.sampled_from([None, *(other for other in NAMES if other != name)]))
        state = draw(st.sampled_from(State)) if successor is None else State.WITHDRAWN
        incidents.append(an_incident(name, state=state, successor=successor))
    return incidents


@given(logs(), st.randoms(use_true_random=False))
def test_where_an_incident_stands_does_not_depend_on_order_or_repeats(
    log: list[Action], chance: object
) -> None:
    again = log + log[: len(log) // 2]
    chance.shuffle(again)  # type: ignore[attr-defined]  # hypothesis's random
    assert fold(again) == fold(log)


@given(logs())
def test_an_action_comes_back_from_its_record_as_it_was(log: list[Action]) -> None:
    assert [read_action(orjson.dumps(action.to_json())) for action in log] == log


@given(logs())
def test_no_action_takes_the_place_of_another_one_in_a_compacted_topic(log: list[Action]) -> None:
    assert len({action.key for action in log}) == len(log)


@given(st.sampled_from(Act), AMOUNTS, FINDINGS)
def test_right_after_any_action_nobody_is_told_again(act: Act, amount: int, findings: int) -> None:
    incident = an_incident(amount=amount, findings=findings)
    done = an_action(incident, act, recovered=0 if act is Act.VERIFY else None)
    assert must_send(incident, [], factor=FACTOR)
    assert not must_send(incident, [done], factor=FACTOR)


@given(AMOUNTS, FINDINGS, AMOUNTS, FINDINGS, st.sampled_from([1.25, 1.5, 2.0, 3.0, 10.0]))
def test_it_is_told_again_exactly_when_amount_or_findings_have_grown_by_the_factor(
    amount: int, findings: int, amount_now: int, findings_now: int, factor: float
) -> None:
    done = an_action(an_incident(amount=amount, findings=findings))
    now = an_incident(amount=amount_now, findings=findings_now)
    by = Fraction(factor)
    expected = (amount_now > amount and amount_now >= by * amount) or (
        findings_now > findings and findings_now >= by * findings
    )
    assert must_send(now, [done], factor=factor) == expected


@given(logs(), AMOUNTS, FINDINGS, AMOUNTS, FINDINGS)
def test_what_is_larger_is_told_at_least_as_readily(
    log: list[Action], amount: int, findings: int, more_amount: int, more_findings: int
) -> None:
    smaller = an_incident(amount=amount, findings=findings)
    larger = an_incident(amount=amount + more_amount, findings=findings + more_findings)
    assert must_send(larger, log, factor=FACTOR) >= must_send(smaller, log, factor=FACTOR)


def test_doubled_is_grown_and_a_fen_less_is_not() -> None:
    done = an_action(an_incident(amount=10_000, findings=7))
    assert not must_send(an_incident(amount=19_999, findings=13), [done], factor=2)
    assert must_send(an_incident(amount=20_000, findings=7), [done], factor=2)
    assert must_send(an_incident(amount=10_000, findings=14), [done], factor=2)


def test_after_a_second_action_growth_is_measured_from_that_one() -> None:
    first = an_action(an_incident(amount=100), Act.ACK, at=NOON, name="9")
    second = an_action(an_incident(amount=300), Act.DISMISS, at=NOON + 60, name="1")
    assert must_send(an_incident(amount=500), [first], factor=2)
    assert not must_send(an_incident(amount=500), [second, first], factor=2)
    assert must_send(an_incident(amount=600), [second, first], factor=2)


def test_the_last_action_decides_and_money_that_came_back_is_not_forgotten() -> None:
    incident = an_incident()
    log = [
        an_action(incident, Act.ACK, at=NOON, name="1"),
        an_action(incident, Act.VERIFY, at=NOON + 1, name="2", recovered=5_000),
        an_action(incident, Act.VERIFY, at=NOON + 2, name="3", recovered=8_000),
        an_action(incident, Act.RESOLVE, at=NOON + 3, name="4"),
    ]
    standing = fold(log)
    assert (standing.handling, standing.recovered) == (Handling.RESOLVED, 8_000)
    assert fold([]).handling is Handling.NEW


@given(stories(), logs(), st.randoms(use_true_random=False))
def test_a_desk_is_a_function_of_what_it_saw_and_not_of_the_order(
    incidents: list[Incident], log: list[Action], chance: object
) -> None:
    told: list[Incident | Action] = [*incidents, *log, *incidents[:2], *log[:2]]
    chance.shuffle(told)  # type: ignore[attr-defined]  # hypothesis's random
    other = Desk()
    for one in told:
        if isinstance(one, Incident):
            other.saw(one)
        else:
            other.did(one)
    desk = Desk(incidents, log)
    for name in NAMES:
        assert other.actions(name) == desk.actions(name)
        assert other.heir(name) == desk.heir(name)


@given(stories(), logs())
def test_a_successor_has_the_actions_of_all_that_were_withdrawn_in_its_favour(
    incidents: list[Incident], log: list[Action]
) -> None:
    desk = Desk(incidents, log)
    successor = {one.incident_id: one.successor for one in incidents}
    for name in NAMES:
        expected = {action.key for action in log if name in _names_later(action.incident_id, successor)}
        assert {action.key for action in desk.actions(name)} == expected


def _names_later(name: str, successor: dict[str, str | None]) -> set[str]:
    """The slow way: every name that a story has gone by since."""
    names: set[str] = set()
    following: str | None = name
    while following is not None and following not in names:
        names.add(following)
        following = successor[following]
    return names


def test_an_acknowledged_story_that_gets_another_name_is_not_told_again() -> None:
    old, new = an_incident("old", amount=1_000), an_incident("new", amount=1_500)
    desk = Desk([old], [an_action(old, Act.ACK)])
    desk.saw(new)
    assert must_send(new, desk.actions("new"), factor=2)
    desk.saw(replace(old, state=State.WITHDRAWN, revision=2, successor="new"))
    assert desk.heir("old") == "new"
    assert not must_send(new, desk.actions("new"), factor=2)
    assert must_send(replace(new, amount=2_000), desk.actions("new"), factor=2)


def test_one_that_comes_back_stands_for_itself_again() -> None:
    old, new = an_incident("old"), an_incident("new")
    gone = replace(old, state=State.WITHDRAWN, revision=2, successor="new")
    desk = Desk([old, new, gone], [an_action(old)])
    desk.saw(replace(old, revision=3))
    assert desk.heir("old") == "old"
    assert desk.actions("new") == []
    assert [action.incident_id for action in desk.actions("old")] == ["old"]


def test_an_older_revision_changes_nothing() -> None:
    new = an_incident(revision=5, amount=900)
    desk = Desk([new, an_incident(revision=4, amount=1)])
    assert desk.incidents[new.incident_id] == new


def test_verify_and_nothing_else_says_what_came_back() -> None:
    with pytest.raises(ValueError, match="verify"):
        an_action(an_incident(), Act.VERIFY)
    with pytest.raises(ValueError, match="verify"):
        an_action(an_incident(), Act.ACK, recovered=1)
    with pytest.raises(ValueError, match="less than nothing"):
        an_action(an_incident(), Act.VERIFY, recovered=-1)


@given(stories())
def test_an_incident_comes_back_from_its_record_as_it_was(incidents: list[Incident]) -> None:
    assert [read_incident(orjson.dumps(one.to_json())) for one in incidents] == incidents


@pytest.mark.parametrize("value", [b"", b"{}", b"[]", b"null", b'{"incident_id": "a"}', b"\xff"])
def test_what_is_none_of_ours_is_said_to_be_that(value: bytes) -> None:
    with pytest.raises(UnreadableError):
        read_incident(value)
    with pytest.raises(UnreadableError):
        read_action(value)
