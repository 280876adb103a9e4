"""Which incidents nobody cared for in time, and how old what there is is."""

import pytest
from msgspec.structs import replace

from monitor.events import DAY, HOUR
from monitor.incidents.actions import Act
from monitor.incidents.desk import Desk, ageing, overdue
from monitor.outputs import Incident, State
from monitor.settings import Settings
from tests.monitor.incident_world import NOON, an_incident
from tests.monitor.test_incident_actions import an_action

DUE_S = {1: HOUR, 2: DAY, 3: 7 * DAY}


@pytest.mark.parametrize("severity", [1, 2, 3])
def test_an_incident_is_overdue_a_second_after_its_time_and_not_before(severity: int) -> None:
    desk = Desk([an_incident(severity=severity, opened_at=NOON)])
    due = NOON + DUE_S[severity]
    assert overdue(desk, now=due, due_s=DUE_S)[severity] == 0
    assert overdue(desk, now=due + 1, due_s=DUE_S) == {1: 0, 2: 0, 3: 0, severity: 1}


@pytest.mark.parametrize("act", [Act.ACK, Act.DISMISS, Act.RESOLVE])
def test_what_somebody_acted_on_is_not_overdue(act: Act) -> None:
    incident = an_incident(severity=1)
    desk = Desk([incident], [an_action(incident, act)])
    assert overdue(desk, now=NOON + 9 * DAY, due_s=DUE_S).total() == 0


def test_an_action_under_an_earlier_name_counts() -> None:
    old = an_incident("old", severity=1, state=State.WITHDRAWN, successor="new")
    desk = Desk([old, an_incident("new", severity=1)], [an_action(old)])
    assert overdue(desk, now=NOON + 9 * DAY, due_s=DUE_S).total() == 0


def test_one_that_time_has_resolved_is_still_to_be_looked_at_and_a_withdrawn_one_is_not() -> None:
    def late(incident: Incident) -> int:
        return overdue(Desk([incident]), now=NOON + 9 * DAY, due_s=DUE_S).total()

    assert late(an_incident(state=State.RESOLVED)) == 1
    assert late(an_incident(state=State.WITHDRAWN)) == 0
    assert late(replace(an_incident(), notify=False)) == 0


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
