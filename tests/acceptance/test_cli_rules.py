"""`monitor rules list` and `monitor rules show ID`, and the command's own help."""

import pytest

from tests.acceptance.bare import monitor, monitor_process

RULES = (
    "GZ10000201002000",
    "GZ10000102012000",
    "GZ10000102014000",
    "GZ10000101008000",
    "GZ10000101009000",
    "GZ10000301002000",
    "GZ10000301004000",
    "GZ10000204006000",
    "GZ10000204007000",
    "GZ10000301006000",
    "GZ10000204001000",
    "GZ10000204003000",
    "LOC-DECEASED",
    "LOC-COVER-INACTIVE",
    "LOC-STAY-OVERLAP",
    "LOC-FACE-MISMATCH",
    "LOC-DIALYSIS-ABSENT",
    "LOC-PHARMACY-BURST",
    "LOC-CARD-REPEAT",
    "LOC-CARD-HOPPING",
    "LOC-SETTLE-REFUND",
    "LOC-OFF-HOURS",
    "LOC-TRACE-REUSED",
)


def test_the_list_has_every_rule_of_the_first_release() -> None:
    ended = monitor("rules", "list")
    assert ended.code == 0
    assert [rule for rule in RULES if rule not in ended.stdout] == []


@pytest.mark.parametrize("rule", ["GZ10000101009000", "LOC-PHARMACY-BURST", "LOC-DECEASED"])
def test_a_rule_is_shown_by_its_id(rule: str) -> None:
    ended = monitor("rules", "show", rule)
    assert ended.code == 0
    assert rule in ended.stdout


def test_an_unknown_rule_is_a_clear_error() -> None:
    ended = monitor("rules", "show", "LOC-NO-SUCH-RULE")
    assert ended.code != 0
    assert "LOC-NO-SUCH-RULE" in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


def test_help_lists_the_commands() -> None:
    ended = monitor_process("--help")
    assert ended.code == 0
    assert all(word in ended.stdout for word in ("replay", "simulate", "rules"))
