"""The command as its own process, over all hostile records at once."""

from pathlib import Path

from tests.acceptance import test_hostile_bytes, test_hostile_fields, test_hostile_values
from tests.acceptance.bare import monitor_process
from tests.acceptance.hostile import MARK, NEIGHBOUR, neighbours

KINDS = (test_hostile_bytes, test_hostile_fields, test_hostile_values)


def test_hostile_records_do_not_end_it_and_are_not_quoted(tmp_path: Path) -> None:
    cases = [case for kind in KINDS for case in kind.make.cases]
    feed = tmp_path / "feed.jsonl"
    before, after = neighbours(2)
    feed.write_bytes(b"\n".join([before, *(case.raw for case in cases), after]))
    ended = monitor_process("replay", feed)
    assert len(cases) > 200
    assert ended.code == 0
    assert MARK not in ended.stderr
    assert "Traceback" not in ended.stderr
    assert [line for line in ended.stdout.splitlines() if MARK in line and '"dead_letter"' in line] == []
    assert len([row for row in ended.outcome.verdicts if row["provider"] == NEIGHBOUR]) == 2
