"""What a book keeps of a finding: enough to group it, to add it up and to tell whether it stands out."""

from typing import TypeAlias

from msgspec import Struct

from monitor.outputs import Finding, Kind, Status

Key: TypeAlias = tuple[int, str]
"""(start, finding_id): the order of findings in a book."""

PRE_SETTLEMENT_CHECK = "3102"


class Held(Struct, array_like=True, kw_only=True):
    """The last revision of a finding. New fields go to the end, with defaults: all releases stay readable."""

    finding_id: str
    revision: int
    live: bool
    """False: withdrawn; kept to know older revisions when they come again."""
    start: int
    """Bursts: first evidence; else occurred_at."""
    end: int
    """Bursts: last evidence; else occurred_at."""
    burst: bool = False
    severity: int = 3
    provider: str = ""
    person: str | None = None
    persons: tuple[str, ...] = ()
    """Distinct persons of the evidence; empty when it is `person` alone."""
    amount: int = 0
    """What counts as it stands (fen)."""
    once: tuple[tuple[str, int], ...] = ()
    """(name, fen) of what counts once, however many findings name it: settlements, or orders of a 3102."""
    orders: bool = False
    """`once` are orders of a 3102, each of which gives way to a settled line of the same name."""
    settled: tuple[str, ...] = ()
    """Names of settled lines that orders give way to."""
    observed: int | float | None = None
    stands_out: bool = False
    """Somebody should be told (see `notice`); stays with the finding."""
    visit: str = ""
    """Of orders, and of a settlement without lines: the visit at its provider, "" when not known."""

    @property
    def key(self) -> Key:
        """Its place in the book."""
        return (self.start, self.finding_id)


def hold(finding: Finding) -> Held:
    """A finding as a book keeps it; a shadow or a reminder makes no incident, so it is held as withdrawn."""
    start = end = finding.occurred_at
    burst = finding.kind is Kind.BURST
    if burst and finding.window is not None:
        start, end = finding.window
    if finding.status is Status.WITHDRAWN or finding.shadow or finding.kind is Kind.REMINDER:
        return Held(
            finding_id=finding.finding_id, revision=finding.revision, live=False, start=start, end=end
        )
    held = Held(
        finding_id=finding.finding_id,
        revision=finding.revision,
        live=True,
        start=start,
        end=end,
        burst=burst,
        severity=finding.severity,
        provider=finding.provider,
        person=finding.person,
        persons=_persons(finding),
        observed=finding.observed,
    )
    if burst or finding.kind is Kind.LEAD:
        _add_settlements(held, finding)
    elif finding.kind is Kind.MISMATCH:
        _add_lines(held, finding)
    else:
        held.amount = finding.amount
    return held


def _persons(finding: Finding) -> tuple[str, ...]:
    persons = tuple(dict.fromkeys(e.person for e in finding.evidence if e.person))
    return () if persons == (finding.person,) else persons


def _add_settlements(held: Held, finding: Finding) -> None:
    """Bursts and leads: the fees of the evidence; the rest of the amount is of evidence not listed any more.

    A setl_id is unique at its provider only and evidence of one person may come from several, hence the
    time in the name.
    """
    fees = {f"{e.settlement_id or e.msgid}|{e.at}": e.fee for e in finding.evidence if e.fee}
    held.once = tuple(fees.items())
    held.amount = max(0, finding.amount - sum(fees.values()))


def _add_lines(held: Held, finding: Finding) -> None:
    """Mismatches: settled lines count, and orders of a 3102 unless they were settled (contract §2).

    One rule has one finding a settlement and a line is in one live settlement, so settled lines need no
    comparison among themselves; feedetl_sn is unique within a visit only, and comparing would lose lines of
    others. A settlement without a known line stands for the orders of its visit until then.
    """
    visit = f"{finding.provider}|{finding.visit}" if finding.visit else ""
    lines = [(f"{finding.provider}|{line.number}", line.amount) for line in finding.lines if line.breaching]
    held.orders = not any(e.settlement_id for e in finding.evidence) and any(
        e.infno == PRE_SETTLEMENT_CHECK for e in finding.evidence
    )
    if not held.orders:
        held.amount = finding.amount
        held.settled = tuple(name for name, _ in lines)
        held.visit = "" if lines else visit
        return
    orders = dict(lines) or {f"{finding.provider}|{finding.finding_id}": finding.amount}
    held.visit = visit
    held.once = tuple(orders.items())
    held.amount = max(0, finding.amount - sum(orders.values()))
