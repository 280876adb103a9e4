"""What pages for people say of the code is there."""

import re
from pathlib import Path

import pytest

from tests.deploy.ops_tools import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
MADE_UP = frozenset({"src/monitor/rules/my_rule.py"})
"""What the reader is to write."""
CODE = [
    path.relative_to(ROOT).as_posix()
    for top in ("src", "streams", "deploy", "bench", "tests")
    for path in (ROOT / top).rglob("*.py")
]


def missing(page: str) -> set[str]:
    """Python files that a page names, by their path or the end of it, and that are nowhere."""
    named = set(re.findall(r"(?<![\w/.:-])(?:[\w-]+/)*[\w-]+\.py\b", page))
    return {name for name in named - MADE_UP if not any(f"/{path}".endswith(f"/{name}") for path in CODE)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_files_that_a_page_names_exist(page: Path) -> None:
    assert missing(page.read_text(encoding="utf-8")) == set()


def test_a_file_that_is_nowhere_is_found() -> None:
    assert missing("`ledger.py`, streams/engine/runner.py, (monitor/gateway/tokens.py)") == {
        "monitor/gateway/tokens.py"
    }
