"""Dashboards as the tests read them: panels, queries, and a query with its variables filled in."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from deploy.grafana.catalogue import FOLDER

BOARDS: Final[dict[str, dict[str, Any]]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))
}
"""As they are committed, by the name of their file."""
BUILT_IN: Final = {"__rate_interval": "1m", "__range": "5m", "__interval": "15s"}
"""What Grafana fills in by itself: here, more than the whole run."""
_VARIABLE: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_LABEL_VALUES: Final = re.compile(r"label_values\((\w+), (\w+)\)")


class Asked(NamedTuple):
    """A query and where it stands."""

    board: str
    panel: str
    expr: str


def panels(board: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All panels, but not the titles of rows."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def queries() -> Iterator[Asked]:
    """Every query of every panel, and of every annotation."""
    for uid, board in BOARDS.items():
        for panel in panels(board):
            for target in panel["targets"]:
                yield Asked(uid, f"{panel['title']} {target['refId']}", target["expr"])
        for one in board["annotations"]["list"]:
            yield Asked(uid, one["name"], one["expr"])


def variables(board: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Those over a label's values: name -> (metric, label)."""
    found = {}
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            match = _LABEL_VALUES.fullmatch(variable["query"]["query"])
            assert match, f"{variable['name']}: {variable['query']}"
            found[variable["name"]] = (match[1], match[2])
    return found


def any_value(board: Mapping[str, Any]) -> dict[str, str]:
    """What "All" stands for, of the variables that have it."""
    return {v["name"]: v["allValue"] for v in board["templating"]["list"] if v.get("allValue")}


def used(text: str) -> set[str]:
    """The variables that a query or address names."""
    return {braced or bare for braced, bare in _VARIABLE.findall(text)}


def filled(expr: str, values: Mapping[str, str]) -> str:
    """A query as Prometheus gets it; KeyError for a variable that nothing defines."""
    return _VARIABLE.sub(lambda match: (BUILT_IN | dict(values))[match[1] or match[2]], expr)
