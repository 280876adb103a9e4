"""What an incident says: amount, persons, person, provider, severity, summary."""

import pytest

from monitor.events import HOUR
from monitor.outputs import Evidence, Kind
from tests.monitor.incident_world import BURST, NOON, World, a_burst, a_finding, a_line, a_sale

FACE = "LOC-FACE-MISMATCH"
OFF_HOURS = "LOC-OFF-HOURS"


def test_the_gravest_severity_is_the_smallest() -> None:
    world = World()
    world.see(a_finding("f1", severity=3), a_finding("f2", severity=1), a_finding("f3", severity=2))
    assert world.one.severity == 1


def test_an_incident_carries_the_person_when_all_findings_are_of_one() -> None:
    world = World()
    world.see(a_finding("f1", person="p1"), a_finding("f2", person="p1", at=NOON + 1))
    assert (world.one.person, world.one.persons) == ("p1", 1)
    world.see(a_finding("f3", person="p2", at=NOON + 2))
    assert (world.one.person, world.one.persons) == (None, 2)
    world.see(a_finding("f3", at=NOON + 2, revision=2, withdrawn=True))
    assert (world.one.person, world.one.persons) == ("p1", 1)


def test_of_several_providers_the_incident_names_that_of_the_last_finding() -> None:
    world = World()
    world.see(a_finding("f2", at=NOON + HOUR, provider="P2"), a_finding("f1", provider="P1"))
    assert world.one.provider == "P2"


def test_the_last_finding_is_the_one_that_ends_last() -> None:
    world = World(BURST)
    for name, window, provider in (("b1", (NOON, NOON + 100), "P1"), ("b2", (NOON + 1, NOON + 50), "P2")):
        world.see(a_finding(name, kind=Kind.BURST, window=window, at=window[1], provider=provider))
    assert world.one.provider == "P1"


def test_persons_of_bursts_are_counted_once() -> None:
    world = World(BURST)
    world.see(a_burst("b1", NOON, NOON, persons="abcd"), a_burst("b2", NOON + 60, NOON + 60, persons="cdef"))
    assert (world.one.persons, world.one.person) == (6, None)


def test_a_settlement_counts_once_in_the_amount_of_leads() -> None:
    shared, own = a_sale("s1", NOON, fee=500), a_sale("s2", NOON + 9, fee=70)
    world = World(OFF_HOURS)
    world.see(
        a_finding("f1", kind=Kind.LEAD, amount=500, evidence=[shared]),
        a_finding("f2", kind=Kind.LEAD, amount=570, evidence=[shared, own], at=NOON + 9),
    )
    assert world.one.amount == 570


def test_settlements_of_two_providers_with_one_number_both_count() -> None:
    world = World(OFF_HOURS)
    world.see(
        a_finding("f1", kind=Kind.LEAD, amount=500, evidence=[a_sale("s1", NOON, fee=500)]),
        a_finding("f2", kind=Kind.LEAD, amount=70, evidence=[a_sale("s1", NOON + 9, fee=70)], at=NOON + 9),
    )
    assert world.one.amount == 570


def test_the_amount_of_evidence_that_a_finding_lists_no_more_still_counts() -> None:
    world = World(BURST)
    world.see(a_finding("f1", kind=Kind.BURST, amount=900, evidence=[a_sale("s1", NOON, fee=500)]))
    assert world.one.amount == 900


def _checked(
    name: str, at: int, *, lines: tuple[tuple[str, int], ...], msgid: str = "c1"
) -> dict[str, object]:
    check = Evidence(msgid=msgid, infno="3102", settlement_id=None, at=at, person="p1")
    face = Evidence(msgid="face", infno="9601", settlement_id=None, at=at - 60, person="p1")
    return {
        "name": name,
        "at": at,
        "rule_id": FACE,
        "kind": Kind.MISMATCH,
        "evidence": [face, check],
        "amount": sum(fen for _, fen in lines),
        "lines": [a_line(number, fen) for number, fen in lines],
    }


def _settled(
    name: str, at: int, *, lines: tuple[tuple[str, int], ...], amount: int | None = None
) -> dict[str, object]:
    return _checked(name, at, lines=lines) | {
        "evidence": [a_sale(f"s{name}", at)],
        "amount": sum(fen for _, fen in lines) if amount is None else amount,
    }


@pytest.mark.parametrize("settled_first", [True, False])
def test_a_settled_line_counts_before_the_order_of_it(*, settled_first: bool) -> None:
    findings = [
        a_finding(**_checked("f1", NOON, lines=(("l1", 1_000), ("l2", 50)))),  # type: ignore[arg-type]
        a_finding(**_settled("f2", NOON + 60, lines=(("l1", 900),))),  # type: ignore[arg-type]
    ]
    world = World(FACE)
    world.see(*(findings[::-1] if settled_first else findings))
    assert world.one.amount == 950


def test_an_order_that_is_checked_twice_counts_once() -> None:
    world = World(FACE)
    world.see(
        a_finding(**_checked("f1", NOON, lines=(("l1", 1_000),))),  # type: ignore[arg-type]
        a_finding(**_checked("f2", NOON + 60, lines=(("l1", 1_000),), msgid="c2")),  # type: ignore[arg-type]
    )
    assert world.one.amount == 1_000


def test_an_order_counts_again_when_the_settlement_of_it_is_withdrawn() -> None:
    world = World(FACE)
    settled = _settled("f2", NOON + 60, lines=(("l1", 900),))
    world.see(
        a_finding(**_checked("f1", NOON, lines=(("l1", 1_000),))),  # type: ignore[arg-type]
        a_finding(**settled),  # type: ignore[arg-type]
        a_finding(**settled, revision=2, withdrawn=True),  # type: ignore[arg-type]
    )
    assert world.one.amount == 1_000


def test_a_finding_that_names_no_lines_counts_with_its_own_amount() -> None:
    world = World(FACE)
    world.see(a_finding(**_settled("f1", NOON, lines=(), amount=7_700)))  # type: ignore[arg-type]
    assert world.one.amount == 7_700


def test_lines_of_different_settlements_with_one_number_both_count() -> None:
    world = World()
    lines = [a_line("1", 1_000)]
    world.see(a_finding("f1", lines=lines), a_finding("f2", at=NOON + 60, lines=lines))
    assert world.one.amount == 2_000


def test_the_summary_is_one_line_in_the_words_of_the_rule() -> None:
    world = World(BURST)
    world.see(a_burst("b1", NOON, NOON + 60, fee=3_212))
    assert world.one.summary == "H43010000001: 1次 4人 128.48元 自2026-02-16 12:00"


def test_the_summary_shows_the_name_of_a_provider_that_has_one() -> None:
    text = World(BURST).policy.summary(
        BURST, provider="P43010000009", findings=1, persons=4, amount=1, since="今天"
    )
    assert text == "某药店: 1次 4人 0.01元 自今天"
