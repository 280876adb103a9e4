"""The form of what people did with incidents; see monitor/forms.py for what such types are for."""

from typing import Annotated, TypedDict

from msgspec import Meta

from monitor.forms import Amount, Code, Count, Id, Time


class IncidentAction(TypedDict):
    """对事件的处置动作。 One thing that somebody did with an incident."""

    incident_id: Id
    """事件编号。 The incident."""
    action_id: Code
    """动作编号。 Tells it from any other action of the incident."""
    action: Annotated[str, Meta(extra_json_schema={"enum": ["ack", "verify", "dismiss", "resolve"]})]
    """受理、查实、排除、办结。 Looks into it, found it true, found it unfounded, is through with it."""
    by: str
    """经办人。 Who says to have done it."""
    account: str
    """登录账户。 Where it was typed: login@machine."""
    why: str
    """理由。 Why."""
    at: Time
    """时间。 When."""
    recovered: Amount | None
    """查实时累计追回金额,元。 Of verify: all that has come back so far, yuan."""
    amount: Amount
    """当时事件金额,元。 Amount of the incident looked at, yuan."""
    findings: Count
    """当时认定数。 Its findings."""
    revision: Count
    """当时版次。 Its revision."""
