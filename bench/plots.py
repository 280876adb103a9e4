"""Results as SVG; run by the rivals' Python, which has the library that draws."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any, Final

import pygal
from pygal.style import Style

Rows = list[dict[str, Any]]
_MARKS: Final = ("p50", "p99", "p99.9")
_STYLE: Final = Style(
    background="white",
    plot_background="white",
    colors=("#1f6f8b", "#c8553d", "#8a9a5b", "#6b5b95", "#d9a441"),
    font_family="sans-serif",
)


def _settings(title: str, **more: object) -> dict[str, Any]:
    # Without scripts: the file is shown as a picture.
    return {"title": title, "style": _STYLE, "js": (), "width": 900, "print_values": True} | more


def _rule(rows: Rows) -> Any:  # noqa: ANN401 - a chart of an untyped library
    rates: dict[str, list[float]] = {}
    for row in rows:
        rates.setdefault(f"{row['title']}, {row['guarantee']}", []).append(row["records"] / row["seconds"])
    chart = pygal.HorizontalBar(
        **_settings("Settlements a second on one core, median", show_legend=False, value_formatter=_whole)
    )
    ordered = sorted(rates.items(), key=lambda each: median(each[1]))
    chart.x_labels = [name for name, _ in ordered]
    chart.add("", [median(values) for _, values in ordered])
    return chart


def _product(rows: Rows) -> Any:  # noqa: ANN401 - the same
    rates: dict[str, list[float]] = {}
    for row in rows:
        rates.setdefault(f"{row['workers']} workers", []).append(row["records"] / row["seconds"])
    chart = pygal.Bar(**_settings("Records a second, all rules: min, median, max", value_formatter=_whole))
    chart.x_labels = ("min", "median", "max")
    for name, values in rates.items():
        chart.add(name, [min(values), median(values), max(values)])
    return chart


def _latency(rows: Rows) -> Any:  # noqa: ANN401 - the same
    return _marks(
        "Milliseconds from when it was due", {f"{row['what']}, {row['rate']:,.0f}/s": row for row in rows}
    )


def _rule_latency(rows: Rows) -> Any:  # noqa: ANN401 - the same
    named = {
        f"{row['title']}, {row['guarantee']}, {row['rate']:,.0f}/s": row for row in rows if row["latency"]
    }
    return _marks("Milliseconds from a settlement that is due to its finding", named)


def _marks(title: str, rows: Mapping[str, Mapping[str, Any]]) -> Any:  # noqa: ANN401 - the same
    chart = pygal.Bar(
        **_settings(title, logarithmic=True, value_formatter=_whole, print_values=False, height=600)
    )
    chart.x_labels = _MARKS
    for name, row in rows.items():
        chart.add(name, [max(1.0, row["latency"]["marks"][mark]) for mark in _MARKS])
    return chart


def _memory(rows: Rows) -> Any:  # noqa: ANN401 - the same
    chart = pygal.Line(
        **_settings(
            "By persons remembered: us of CPU a record (left), MiB resident (right)", value_formatter=_whole
        )
    )
    chart.x_labels = [f"{row['persons']:,}" for row in rows]
    chart.add("us a record", [row["cpu_us"] for row in rows])
    chart.add("MiB", [row["rss_mib"] for row in rows], secondary=True)
    return chart


def _profile(rows: Rows) -> Any:  # noqa: ANN401 - the same
    chart = pygal.HorizontalBar(
        **_settings(
            "Where the microseconds of a record go", show_legend=False, value_formatter=lambda v: f"{v:.1f}"
        )
    )
    chart.x_labels = [row["where"] for row in reversed(rows)]
    chart.add("", [row["us"] for row in reversed(rows)])
    return chart


def _whole(value: float) -> str:
    return f"{value:,.0f}"


CHARTS: Final[Mapping[str, Callable[[Rows], Any]]] = {
    "rule": _rule,
    "rule-latency": _rule_latency,
    "product": _product,
    "latency": _latency,
    "memory": _memory,
    "profile": _profile,
}


def main(folder: str) -> None:
    """Draw each result of the folder beside it."""
    for name, chart in CHARTS.items():
        result = Path(folder) / f"{name}.json"
        if result.exists():
            rows = json.loads(result.read_text())["rows"]
            drawn = chart([row for row in rows if "skipped" not in row])
            # A random one would make the same figures another file.
            drawn.uuid = name
            result.with_suffix(".svg").write_text(drawn.render(is_unicode=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
