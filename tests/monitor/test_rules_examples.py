"""Every rule's own examples hold, and what people read of it fits the interface's fields."""

import pytest

from monitor.outputs import Finding
from monitor.rules.catalogue import RULES
from monitor.rules.examples import Example
from monitor.rules.rule import Rule
from tests.monitor.builders import Monitor, a_knowledge

FIRING = [pytest.param(rule, one, id=f"{rule.id}: {one.name}") for rule in RULES for one in rule.firing]
QUIET = [pytest.param(rule, one, id=f"{rule.id}: {one.name}") for rule in RULES for one in rule.quiet]


def found_in(rule: Rule, example: Example, *, language: str = "zh") -> tuple[list[Finding], Monitor]:
    monitor = Monitor(a_knowledge(example.reference, language=language))
    monitor.tell(*example.facts)
    return monitor.fired(rule.id), monitor


@pytest.mark.parametrize("rule,example", FIRING)
def test_it_fires(rule: Rule, example: Example) -> None:
    found, _ = found_in(rule, example)
    assert len(found) == 1
    assert rule.severity <= found[0].severity <= 3
    assert found[0].kind is rule.kind


@pytest.mark.parametrize("rule,example", QUIET)
def test_it_is_quiet(rule: Rule, example: Example) -> None:
    assert found_in(rule, example)[0] == []


@pytest.mark.parametrize("rule,example", FIRING)
def test_it_fires_the_other_way_round_too(rule: Rule, example: Example) -> None:
    backwards = Example(name=example.name, facts=example.facts[::-1], reference=example.reference)
    assert found_in(rule, backwards)[1].open == found_in(rule, example)[1].open


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_examples_on_both_sides_that_can_be_told_apart(rule: Rule) -> None:
    assert len(rule.firing) >= 2
    assert len(rule.quiet) >= 2
    names = [one.name for one in (*rule.firing, *rule.quiet)]
    assert len(set(names)) == len(names)
