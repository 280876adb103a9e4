"""What people do with incidents, and what follows from it.

An incident is a function of the feed; what the desk did with it is a log of actions beside it, so a replay of the feed keeps
them. Where an incident stands is a function of the set of its actions, whatever the order in which they are read and however
often.
"""

from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import Final, Protocol

import orjson
from msgspec import Struct

from monitor.accountable import Signature
from monitor.incidents.form import IncidentAction
from monitor.incidents.read import UnreadableError, fen_of, seconds_of
from monitor.outputs import Incident, rfc3339, yuan

SEPARATOR: Final = "|"


class Act(StrEnum):
    """What somebody did."""

    ACK = "ack"
    """Looks into it."""
    VERIFY = "verify"
    """Found it true; `recovered` says how much money has come back so far."""
    DISMISS = "dismiss"
    """Found it unfounded; `why` says why."""
    RESOLVE = "resolve"
    """Is through with it."""


class Handling(StrEnum):
    """Where an incident stands with the desk."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    VERIFIED = "verified"
    DISMISSED = "dismissed"
    RESOLVED = "resolved"


HANDLING: Final = {
    Act.ACK: Handling.ACKNOWLEDGED,
    Act.VERIFY: Handling.VERIFIED,
    Act.DISMISS: Handling.DISMISSED,
    Act.RESOLVE: Handling.RESOLVED,
}
CONCLUDED: Final = frozenset((Handling.VERIFIED, Handling.DISMISSED, Handling.RESOLVED))


class Sized(Protocol):
    """An incident as far as its growth goes: `monitor.outputs.Incident`, or what stands for it."""

    @property
    def amount(self) -> int:
        """Fen."""
        ...

    @property
    def findings(self) -> int:
        """How many."""
        ...


class Action(Struct, frozen=True, kw_only=True):
    """One thing that somebody did. `amount` (fen), `findings`, `revision`: those of the incident looked at."""

    action_id: str
    incident_id: str
    act: Act
    signature: Signature
    amount: int
    findings: int
    revision: int
    recovered: int | None = None
    """Fen, with verify alone: all that has come back so far, so that saying it twice doubles nothing."""

    @property
    def key(self) -> str:
        """Of its record: no action ever takes the place of another one, though the topic is compacted."""
        return f"{self.incident_id}{SEPARATOR}{self.action_id}"

    @property
    def place(self) -> tuple[int, str]:
        """By which actions are in order."""
        return self.signature.at, self.action_id

    def to_json(self) -> IncidentAction:
        """As it stands in its topic."""
        return {
            "incident_id": self.incident_id,
            "action_id": self.action_id,
            "action": self.act.value,
            "by": self.signature.by,
            "account": self.signature.account,
            "why": self.signature.why,
            "at": rfc3339(self.signature.at),
            "recovered": None if self.recovered is None else yuan(self.recovered),
            "amount": yuan(self.amount),
            "findings": self.findings,
            "revision": self.revision,
        }


def act_on(
    incident: Incident, act: Act, signature: Signature, *, name: str, recovered: int | None = None
) -> Action:
    """An action on an incident as it is now; `name`: what tells it from any other action of that incident."""
    if (act is Act.VERIFY) != (recovered is not None):
        raise ValueError("verify, and nothing else, says what was recovered")
    if recovered is not None and recovered < 0:
        raise ValueError("what was recovered can't be less than nothing")
    return Action(
        action_id=name,
        incident_id=incident.incident_id,
        act=act,
        signature=signature,
        amount=incident.amount,
        findings=incident.findings,
        revision=incident.revision,
        recovered=recovered,
    )


def read_action(value: bytes) -> Action:
    """UnreadableError for anything that is not what `Action.to_json` wrote."""
    try:
        row = orjson.loads(value)
        return Action(
            action_id=str(row["action_id"]),
            incident_id=str(row["incident_id"]),
            act=Act(row["action"]),
            signature=Signature(
                by=str(row["by"]),
                account=str(row["account"]),
                why=str(row["why"]),
                at=seconds_of(row["at"]),
            ),
            amount=fen_of(row["amount"]),
            findings=int(row["findings"]),
            revision=int(row["revision"]),
            recovered=None if row["recovered"] is None else fen_of(row["recovered"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableError(f"no action ({type(error).__name__})") from None


class Standing(Struct, frozen=True, kw_only=True):
    """What the actions of a story come to. `recovered` in fen."""

    handling: Handling = Handling.NEW
    recovered: int = 0
    last: Action | None = None
    """What growth is measured from."""
    first_at: int | None = None
    """When somebody first cared (seconds of China civil time)."""


NOBODY: Final = Standing()


def history(actions: Iterable[Action]) -> list[Action]:
    """Each action once, oldest first."""
    return sorted({action.key: action for action in actions}.values(), key=lambda action: action.place)


class ActionLog:
    """All actions that were read, in whatever order and however often."""

    def __init__(self) -> None:
        self._on: dict[str, dict[str, Action]] = {}

    def did(self, action: Action) -> None:
        """An action; the same one again changes nothing."""
        self._on.setdefault(action.incident_id, {})[action.key] = action

    def of(self, names: Iterable[str]) -> list[Action]:
        """Those on incidents of these names, oldest first."""
        done = [self._on[name].values() for name in names if name in self._on]
        return history(action for actions in done for action in actions) if done else []


def fold(actions: Iterable[Action]) -> Standing:
    """The last action decides; what was recovered is the last word of it on each incident of the story."""
    done = history(actions)
    if not done:
        return NOBODY
    recovered = {each.incident_id: each.recovered for each in done if each.recovered is not None}
    return Standing(
        handling=HANDLING[done[-1].act],
        recovered=sum(recovered.values()),
        last=done[-1],
        first_at=done[0].signature.at,
    )


def must_send(incident: Sized, actions: Collection[Action], *, factor: float) -> bool:
    """Whether the duty officer is (still) to be told: not after any action, unless it has grown since.

    Grown: amount or findings are at least `factor` times (setting `incident_growth_factor`) what they were at the last
    action, and more than then. `actions`: those of the whole story, see `monitor.incidents.desk.Desk.actions`.
    """
    last = fold(actions).last
    if last is None:
        return True
    return _grown(incident.amount, last.amount, factor) or _grown(incident.findings, last.findings, factor)


def _grown(now: int, then: int, factor: float) -> bool:
    return now > then and now >= factor * then
