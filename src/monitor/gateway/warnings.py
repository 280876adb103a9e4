"""3103: what a doctor did with warnings becomes feedback records; a jr_id itself proves that it was given."""

from typing import Final

from msgspec import Struct

from monitor.events import WarningAnswered
from monitor.forms import Feedback
from monitor.gateway import texts
from monitor.ids import parse_jr_id
from monitor.outputs import rfc3339
from monitor.privacy import Tokens

GO_ON: Final = "1"
BACK_TO_EDIT: Final = "2"


class NotTaken(Struct, frozen=True):
    """Why the answers can't be taken down: `texts` about the field at `path`."""

    texts: dict[str, str]
    path: str


def feedback_of(fact: WarningAnswered, *, tokens: Tokens) -> tuple[Feedback, ...] | NotTaken:
    """A feedback record for each warning (contract §1 'Orders'), or the first reason why there is none."""
    records: list[Feedback] = []
    for index, (jr_id, way, with_reason) in enumerate(fact.answers):
        path = f"input.data.warns[{index}]"
        rule_id = parse_jr_id(jr_id, provider=fact.provider, tokens=tokens)
        if rule_id is None:
            return NotTaken(texts.UNKNOWN_WARNING, f"{path}.warn_rslt_id")
        if way not in {GO_ON, BACK_TO_EDIT}:
            return NotTaken(texts.WAY_UNKNOWN, f"{path}.dspo_way")
        if way == GO_ON and not with_reason:
            return NotTaken(texts.REASON_NEEDED, f"{path}.dspo_way_rea")
        records.append(
            {
                "jr_id": jr_id,
                "rule_id": rule_id,
                "provider": fact.provider,
                "dspo_way": way,
                "at": rfc3339(fact.at),
            }
        )
    return tuple(records)
