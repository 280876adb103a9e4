"""promtool and amtool, and what tests read of the rules that Prometheus is given."""

import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from prometheus_client import CollectorRegistry

from deploy.local.ops import find
from monitor.metrics import Metrics

ROOT: Final = Path(__file__).parents[2]
PROMETHEUS: Final = ROOT / "deploy" / "prometheus"
ALERTMANAGER: Final = ROOT / "deploy" / "alertmanager"
RUNBOOKS: Final = ROOT / "deploy" / "runbooks"
OTHERS: Final = {"up": {"job", "instance"}}
"""Metrics that Prometheus makes itself."""
SCRAPED: Final = {"job", "instance", "process"}
"""Labels that come with scraping; `process` is put to all samples of a supervised worker."""

_WORDS: Final = frozenset({"and", "or", "unless", "bool"})
_METRIC: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_:]*")

needs_promtool = pytest.mark.skipif(
    find("promtool") is None, reason="promtool is missing: install the package prometheus"
)
needs_amtool = pytest.mark.skipif(
    find("amtool") is None, reason="amtool is missing: install the package prometheus-alertmanager"
)


def run(*command: str, cwd: Path = ROOT) -> str:
    """What it printed; fails with all of it when it did not end with 0."""
    ended = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)
    said = ended.stdout + ended.stderr
    assert ended.returncode == 0, said
    return said


def rules() -> Iterator[dict[str, Any]]:
    """Every rule of the committed files."""
    for path in sorted((PROMETHEUS / "rules").glob("*.yml")):
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            yield from group["rules"]


def alerts() -> dict[str, dict[str, Any]]:
    """Name -> alert, as committed."""
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def recorded() -> set[str]:
    """Names that recording rules make."""
    return {rule["record"] for rule in rules() if "record" in rule}


def exposed() -> dict[str, set[str]]:
    """Every series that we serve -> its labels, as Prometheus sees it."""
    found: dict[str, set[str]] = {}
    for metric in Metrics(CollectorRegistry()).declared:
        labels = set(metric.labels) | SCRAPED
        if metric.kind == "histogram":
            found |= {f"{metric.name}_bucket": labels | {"le"}}
            found |= {f"{metric.name}_{suffix}": labels for suffix in ("count", "sum")}
        else:
            found[metric.name] = labels
    return found


def metrics_of(expr: str) -> set[str]:
    """The series that a query names: what is left when texts, matchers, label lists, durations and words are gone."""
    bare = re.sub(r'"[^"]*"', "", expr)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]", " ", bare)
    bare = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", bare)
    bare = re.sub(r"\boffset\s+\w+", " ", bare)
    functions = set(re.findall(r"([a-z_]+)\s*\(", bare))
    # A number as 1e3 begins with a digit; a word within one is none.
    words = {found[0] for found in re.finditer(r"(?<![\w:])" + _METRIC.pattern, bare)}
    return words - functions - _WORDS


def matchers_of(expr: str) -> Iterator[tuple[str, str]]:
    """(series, label) for each matcher."""
    for name, inside in re.findall(r"([a-zA-Z_:][\w:]*)\{([^}]*)\}", expr):
        for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", re.sub(r'"[^"]*"', '""', inside)):
            yield name, label


def commands_of(page: str) -> Sequence[str]:
    """What a runbook gives to paste."""
    blocks = re.findall(r"```console\n(.*?)```", page, flags=re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]
