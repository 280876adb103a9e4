"""Builders for tests of incidents, and the slow way: group the live findings from scratch."""

from collections.abc import Iterable, Mapping, Sequence

from monitor import ids
from monitor.events import DAY, HOUR, MINUTE
from monitor.incidents import Book, Budget, IncidentPolicy, apply
from monitor.outputs import Evidence, Finding, FindingLine, Incident, Kind, State, Status, yuan

RULE = "GZ10000201002000"
BURST = "LOC-PHARMACY-BURST"
PROVIDER = "H43010000001"
NOON = 20_500 * DAY + 12 * HOUR
GAP = DAY
BURST_GAP = 30 * MINUTE


def a_policy(
    *, findings_max: int = 1_000, persons_max: int = 2_000, gap: int | None = None
) -> IncidentPolicy:
    return IncidentPolicy(
        gap_s=lambda rule_id, _: gap or (BURST_GAP if rule_id == BURST else GAP),
        reach_s=lambda _: 40 * DAY,
        summaries={BURST: "{provider}: {findings}次 {persons}人 {amount}元 自{since}"},
        runbook_base="https://runbooks.example/",
        names={"P43010000009": "某药店"},
        findings_max=findings_max,
        persons_max=persons_max,
    )


POLICY = a_policy()


def a_line(number: str, amount: int, *, item: str = "X01", breaching: bool = True) -> FindingLine:
    return FindingLine(number=number, item=item, count=10_000, amount=amount, at=NOON, breaching=breaching)


def a_sale(settlement_id: str, at: int, *, person: str = "p1", fee: int = 0, infno: str = "2102") -> Evidence:
    return Evidence(
        msgid=f"m{settlement_id}", infno=infno, settlement_id=settlement_id, at=at, person=person, fee=fee
    )


def a_finding(  # noqa: PLR0913 - a finding has that many parts; all by name
    name: str = "f1",
    *,
    at: int = NOON,
    revision: int = 1,
    rule_id: str = RULE,
    kind: Kind = Kind.REJECTION,
    severity: int = 2,
    withdrawn: bool = False,
    provider: str = PROVIDER,
    person: str | None = "p1",
    amount: int = 1_000,
    window: tuple[int, int] | None = None,
    observed: int | None = None,
    evidence: Sequence[Evidence] | None = None,
    lines: Sequence[FindingLine] = (),
    shadow: bool = False,
) -> Finding:
    if evidence is None:
        evidence = (a_sale(f"s{name}", at, person=person or "p1", fee=amount),)
    return Finding(
        finding_id=name,
        revision=revision,
        rule_id=rule_id,
        rule_version="1.0",
        rule_name="rule",
        kind=kind,
        severity=severity,
        status=Status.WITHDRAWN if withdrawn else Status.OPEN,
        provider=provider,
        person=person,
        subject=PROVIDER,
        anchor=name,
        amount=amount,
        occurred_at=at,
        window=window,
        observed=observed,
        evidence=tuple(evidence),
        evidence_count=len(evidence),
        lines=tuple(lines),
        shadow=shadow,
    )


def a_burst(
    name: str,
    start: int,
    end: int,
    *,
    persons: Iterable[str] = ("p1", "p2", "p3", "p4"),
    observed: int = 4,
    fee: int = 100,
    revision: int = 1,
    withdrawn: bool = False,
) -> Finding:
    people = list(persons)
    times = [start, *[end] * (len(people) - 1)]
    evidence = [
        a_sale(f"{name}-{i}", at, person=p, fee=fee)
        for i, (p, at) in enumerate(zip(people, times, strict=True))
    ]
    return a_finding(
        name,
        at=end,
        rule_id=BURST,
        kind=Kind.BURST,
        person=None,
        amount=fee * len(people),
        window=(start, end),
        observed=observed,
        evidence=evidence,
        revision=revision,
        withdrawn=withdrawn,
    )


def an_incident(  # noqa: PLR0913 - an incident has that many parts; all by name
    name: str = "a",
    *,
    rule_id: str = RULE,
    severity: int = 2,
    state: State = State.OPEN,
    opened_at: int = NOON,
    findings: int = 3,
    persons: int = 2,
    amount: int = 10_000,
    revision: int = 1,
    notify: bool = True,
    successor: str | None = None,
) -> Incident:
    return Incident(
        incident_id=name,
        rule_id=rule_id,
        provider=PROVIDER,
        person=None,
        severity=severity,
        state=state,
        opened_at=opened_at,
        last_seen_at=opened_at + HOUR,
        resolved_at=opened_at + 2 * HOUR if state is State.RESOLVED else None,
        findings=findings,
        persons=persons,
        amount=amount,
        summary="三次结算",
        runbook_url=f"https://runbooks.example/{rule_id}",
        revision=revision,
        priority=50,
        notify=notify,
        successor=successor,
    )


class World:
    """A book whose watermark stands still unless moved; `last`: the newest revision of each incident."""

    def __init__(
        self, rule_id: str = RULE, *, policy: IncidentPolicy = POLICY, budget: Budget | None = None
    ) -> None:
        self.key = f"{rule_id}|{PROVIDER}"
        self.book = Book.load(self.key, {})
        self.policy = policy
        self.budget = budget
        self.watermark = NOON - DAY
        self.pieces: dict[str, bytes] = {}
        self.last: dict[str, Incident] = {}

    def see(self, *findings: Finding, watermark: int | None = None) -> list[Incident]:
        if watermark is not None:
            self.watermark = watermark
        out: list[Incident] = []
        for finding in findings:
            out += self.note(
                apply(self.book, finding, watermark=self.watermark, policy=self.policy, budget=self.budget)
            )
        return out

    def note(self, incidents: Iterable[Incident]) -> list[Incident]:
        noted = list(incidents)
        for incident in noted:
            known = self.last.get(incident.incident_id)
            assert incident.revision == (1 if known is None else known.revision + 1)
            self.last[incident.incident_id] = incident
        return noted

    def restart(self) -> None:
        for name, piece in self.book.changes().items():
            if piece is None:
                self.pieces.pop(name, None)
            else:
                self.pieces[name] = piece
        self.book = Book.load(self.key, self.pieces)

    @property
    def live(self) -> list[Incident]:
        standing = [i for i in self.last.values() if i.state is not State.WITHDRAWN]
        return sorted(standing, key=lambda i: (i.opened_at, i.incident_id))

    @property
    def one(self) -> Incident:
        (only,) = self.live
        return only


def said(incidents: Iterable[Incident]) -> list[dict[str, object]]:
    """What must not depend on the order of arrival."""
    left_out = {"revision", "priority", "notify", "runbook_url"}
    return sorted(
        ({k: v for k, v in i.to_json().items() if k not in left_out} for i in incidents),
        key=lambda row: str(row["incident_id"]),
    )


def slowly(findings: Iterable[Finding], *, rule_id: str, watermark: int) -> list[dict[str, object]]:
    """The incidents of findings without lines and with distinct settlements, as the contract words them."""
    last: dict[str, Finding] = {}
    for finding in sorted(findings, key=lambda f: f.revision):
        last[finding.finding_id] = finding
    spans = [
        (f.window or (f.occurred_at, f.occurred_at), f.finding_id, f)
        for f in last.values()
        if f.status is Status.OPEN
    ]
    spans.sort(key=lambda span: (span[0][0], span[1]))
    groups: list[list[tuple[tuple[int, int], str, Finding]]] = []
    gap = POLICY.gap_s(rule_id, 0)
    for span in spans:
        start = span[0][0]
        group = groups[-1] if groups else []
        if (
            not group
            or start - max(end for (_, end), _, _ in group) > gap
            or start - group[0][0][0] > 7 * DAY
        ):
            groups.append([span])
        else:
            group.append(span)
    return sorted(
        (_row(g, rule_id=rule_id, watermark=watermark) for g in groups), key=lambda r: str(r["incident_id"])
    )


def _row(
    group: list[tuple[tuple[int, int], str, Finding]], *, rule_id: str, watermark: int
) -> dict[str, object]:
    findings = [f for _, _, f in group]
    last_seen_at = max(end for (_, end), _, _ in group)
    over = last_seen_at + POLICY.gap_s(rule_id, 0)
    person = findings[0].person if len({f.person for f in findings}) == 1 else None
    provider = max(group, key=lambda s: (s[0][1], s[0][0], s[1]))[2].provider
    persons = len({e.person for f in findings for e in f.evidence})
    amount = sum(f.amount for f in findings)
    opened_at = group[0][0][0]
    row = Incident(
        incident_id=ids.digest("incident", rule_id, PROVIDER, findings[0].finding_id),
        rule_id=rule_id,
        provider=provider,
        person=person,
        severity=min(f.severity for f in findings),
        state=State.RESOLVED if watermark > over else State.OPEN,
        opened_at=opened_at,
        last_seen_at=last_seen_at,
        resolved_at=over if watermark > over else None,
        findings=len(findings),
        persons=persons,
        amount=amount,
        summary="",
        runbook_url="",
        revision=0,
        priority=0,
        notify=False,
    ).to_json()
    row["summary"] = POLICY.summary(
        rule_id,
        provider=provider,
        findings=len(findings),
        persons=persons,
        amount=amount,
        since=str(row["opened_at"])[:16].replace("T", " "),
    )
    assert row["amount"] == yuan(amount)
    return said_row(row)


def said_row(row: Mapping[str, object]) -> dict[str, object]:
    return {k: v for k, v in row.items() if k not in {"revision", "priority", "notify", "runbook_url"}}
