"""What an event leads to, and how a finding becomes a new revision of what was said before."""

import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from monitor.events import TraceSale
from monitor.findings import revised, withdrawn
from monitor.memory.facts import Added
from monitor.memory.findings import Findings
from monitor.outputs import Finding, Status, Verdict

STACK_FRAMES = 4


def stack_of(error: Exception) -> str:
    """Where a rule raised, and what kind of error: never its words, which may quote what it was looking at."""
    frames = traceback.extract_tb(error.__traceback__)[-STACK_FRAMES:]
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    return "\n".join([*places, type(error).__name__])


class Outcome(Struct, gc=False):
    """`failure`: the stack of a rule that raised, the record belongs to the dead letters then."""

    verdict: Verdict | None = None
    findings: list[Finding] = []
    replaced: list[Finding | None] = []
    """What was said before in the place of each of `findings`."""
    sales: list[TraceSale] = []
    added: Added = Added.NEW
    repeated: bool = False
    """The verdict is the remembered answer to a repeat."""
    misfit: bool = False
    """A reversal of a settlement that is known of another person or provider: ignored, and to be counted."""
    first_told_of: str = ""
    """The call, or its setl_id, was told of this other person first: that stays, the call is a conflict and is theirs."""
    failure: str = ""
    late: bool = False
    """The event came late: what is said anew or otherwise because of it rests on it, whether it is named or not."""


def say(findings: Findings, finding: Finding, outcome: Outcome) -> None:
    """A rule fires: a new finding, a new revision, or nothing when that was said already.

    What was said stays said once something that it rests on is forgotten: forgetting withdraws nothing.
    """
    said = findings.about(finding.anchor).get(finding.rule_id)
    if said is not None and findings.rests_on_forgotten(said):
        return
    if (new := revised(finding, said)) is not None:
        if outcome.late and not new.late:
            new = replace(new, late=True)
        findings.put(new)
        outcome.findings.append(new)
        outcome.replaced.append(said)


def unsay(findings: Findings, said: Finding | None, outcome: Outcome, *, gone: bool = False) -> None:
    """A rule does not fire (any more); `gone`: because what the finding is about does not stand."""
    if said is None or said.status is not Status.OPEN:
        return
    if gone or not findings.rests_on_forgotten(said):
        taken_back = withdrawn(said)
        findings.put(taken_back)
        outcome.findings.append(taken_back)
        outcome.replaced.append(said)


def say_instead(
    findings: Findings,
    rule_id: str,
    found: Iterable[Finding],
    outcome: Outcome,
    *,
    of: Callable[[Finding], bool],
) -> None:
    """What a rule finds now in place of what it had found before in the same reach (`of` tells which those are).

    What takes the place of something is said before that is withdrawn: so its incident has a successor, and is one story.
    """
    found = list(found)
    anchors = {finding.anchor for finding in found}
    gone = [said for said in findings.of(rule_id) if said.anchor not in anchors and of(said)]
    for finding in found:
        say(findings, finding, outcome)
    for said in gone:
        unsay(findings, said, outcome)
