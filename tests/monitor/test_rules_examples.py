"""Every rule's own examples hold, and what people read of it fits the interface's fields."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from monitor.outputs import Finding
from monitor.rules.breach import Breach, Burst
from monitor.rules.catalogue import RULES
from monitor.rules.examples import Example
from monitor.rules.rule import Rule, Text
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


SUMMARY = {
    "provider": "某零售药店有限责任公司第一千二百三十四分店(P43010000001)",
    "findings": 12_345,
    "persons": 2_000,
    "amount": "1234567.89",
    "since": "2026-03-10 09:00",
}
CONTENT_MAX, NAME_MAX = 500, 200


def recording(rule: Rule, breaches: list[Breach | Burst]) -> Rule:
    """The rule, and every breach it answers with is written down."""

    def wrapped(find: Callable[..., Any] | None) -> Callable[..., Any] | None:
        def asked(*arguments: object) -> Any:
            answer = find(*arguments)  # type: ignore[misc]  # only asked when there is one
            breaches.extend(answer if isinstance(answer, list) else [answer] if answer is not None else [])
            return answer

        return None if find is None else asked

    finds = {name: wrapped(getattr(rule, name)) for name in rule.__struct_fields__ if name.startswith("find")}
    return replace(rule, **finds)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("rule,example", FIRING)
def test_its_texts_say_what_was_found_within_the_length_of_their_fields(
    rule: Rule, example: Example, language: str
) -> None:
    breaches: list[Breach | Burst] = []
    knowledge = a_knowledge(example.reference, language=language)
    monitor = Monitor(replace(knowledge, rules=(recording(rule, breaches),)))
    monitor.tell(*example.facts)
    text = rule.text(language)
    assert breaches
    assert 0 < len(text.name) <= NAME_MAX
    for breach in breaches:
        for template in (text.content, text.evidence):
            said = template.format(**breach.said)
            assert 0 < len(said) <= CONTENT_MAX
            assert "{" not in said


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_its_summary_uses_what_an_incident_knows_and_is_one_line(rule: Rule, language: str) -> None:
    said = rule.text(language).summary.format(**SUMMARY)
    assert 0 < len(said) <= NAME_MAX
    assert "\n" not in said


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_chinese_texts_are_chinese_and_english_ones_are_not(rule: Rule) -> None:
    def is_chinese(text: Text) -> list[bool]:
        parts = (text.name, text.content, text.evidence, text.summary)
        return [any("\u4e00" <= letter <= "\u9fff" for letter in part) for part in parts]

    assert is_chinese(rule.zh) == [True] * 4
    assert is_chinese(rule.en) == [False] * 4
    assert rule.law
