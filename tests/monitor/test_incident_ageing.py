"""Which incidents nobody cared for in time, and how old what there is is."""

import pytest
from msgspec.structs import replace

from monitor.events import DAY, HOUR
from monitor.incidents.actions import Act
from monitor.incidents.desk import Desk, ageing, is_overdue
from monitor.outputs import State
from monitor.settings import Settings
from tests.monitor.incident_world import NOON, an_incident
from tests.monitor.test_incident_actions import an_action

DUE_S = {1: HOUR, 2: DAY, 3: 7 * DAY}


def is_late(desk: Desk, name: str, *, now: int = NOON + 9 * DAY) -> bool:
    return is_overdue(desk.incidents[name], desk.standing(name), now=now, due_s=DUE_S)


@pytest.mark.parametrize("severity", [1, 2, 3])
def test_an_incident_is_overdue_a_second_after_its_time_and_not_before(severity: int) -> None:
    desk = Desk([an_incident("a", severity=severity, opened_at=NOON)])
    due = NOON + DUE_S[severity]
    assert [is_late(desk, "a", now=now) for now in (due, due + 1)] == [False, True]


@pytest.mark.parametrize("act", [Act.ACK, Act.DISMISS, Act.RESOLVE])
def test_what_somebody_acted_on_is_not_overdue(act: Act) -> None:
    incident = an_incident("a", severity=1)
    assert not is_late(Desk([incident], [an_action(incident, act)]), "a")


def test_an_action_under_an_earlier_name_counts() -> None:
    old = an_incident("old", severity=1, state=State.WITHDRAWN, successor="new")
    assert not is_late(Desk([old, an_incident("new", severity=1)], [an_action(old)]), "new")


def test_one_that_time_has_resolved_is_still_to_be_looked_at_and_a_withdrawn_one_is_not() -> None:
    assert is_late(Desk([an_incident("a", state=State.RESOLVED)]), "a")
    assert not is_late(Desk([an_incident("a", state=State.WITHDRAWN)]), "a")
    assert not is_late(Desk([replace(an_incident("a"), notify=False)]), "a")


def test_ages_are_counted_by_severity() -> None:
    ages = [0, DAY - 1, DAY, 3 * DAY, 7 * DAY, 70 * DAY]
    incidents = [an_incident(str(age), severity=2, opened_at=NOON - age) for age in ages]
    assert ageing([*incidents, an_incident("x", severity=1)], now=NOON) == {
        1: {"<1d": 1},
        2: {"<1d": 2, "<3d": 1, "<7d": 1, ">=7d": 2},
    }


def test_the_setting_names_hours_for_each_severity() -> None:
    assert Settings(incident_due_hours="1,24,168").incident_due_s == DUE_S
    with pytest.raises(ValueError, match="incident_due_hours"):
        Settings(incident_due_hours="1,24")
