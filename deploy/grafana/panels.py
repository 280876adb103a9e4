"""Kinds of panels, each dressed the same way: title, description, unit, thresholds, queries, links."""

from collections.abc import Sequence
from string import ascii_uppercase
from typing import Any, Final

from grafana_foundation_sdk.builders import bargauge, common, heatmap, stat, table, timeseries
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import prometheus as prom
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import heatmap as heat_model
from grafana_foundation_sdk.models.prometheus import PromQueryFormat
from msgspec import Struct

from deploy.grafana.links import runbook
from deploy.grafana.words import Steps, Words

Panel = Any
"""A builder of one of the SDK's kinds of panels: they share methods but no type."""

SOURCE: Final = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
GREEN, YELLOW, RED = "green", "yellow", "red"

YUAN: Final = "currency:¥"
PER_SECOND: Final = "eps"
COUNT: Final = "short"
SECONDS: Final = "s"
SHARE: Final = "percentunit"
BYTES: Final = "bytes"
WIDTH: Final = 24


class Query(Struct, frozen=True):
    """PromQL and how its series are named."""

    expr: str
    legend: str = ""


def number(
    words: Words,
    *queries: Query,
    unit: str,
    steps: Steps | None = None,
    since: str = "",
    span: int = 4,
    link: str = "",
) -> Panel:
    """Big numbers: what holds now or, with `since` (e.g. now/d), what came together since then."""
    panel = (
        stat.Panel()
        .graph_mode(looks.BigValueGraphMode.NONE)
        .color_mode(looks.BigValueColorMode.VALUE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .orientation(looks.VizOrientation.HORIZONTAL)
    )
    if since:
        panel.time_from(since)
    look = Look(unit=unit, steps=steps, span=span, link=link, height=5)
    return _dressed(panel, words, queries, look, now=True)


def bars(
    words: Words, *queries: Query, unit: str, steps: Steps | None = None, span: int = 8, link: str = ""
) -> Panel:
    """One bar for each series, as it holds now."""
    panel = (
        bargauge.Panel()
        .display_mode(looks.BarGaugeDisplayMode.BASIC)
        .orientation(looks.VizOrientation.HORIZONTAL)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .min(0)
    )
    look = Look(unit=unit, steps=steps, span=span, link=link)
    return _dressed(panel, words, queries, look, now=True)


def lines(
    words: Words,
    *queries: Query,
    unit: str,
    steps: Steps | None = None,
    span: int = 8,
    stacked: bool = False,
    link: str = "",
) -> Panel:
    """Series over time; thresholds are drawn where there are some."""
    panel = (
        timeseries.Panel()
        .line_width(1)
        .fill_opacity(30 if stacked else 8)
        .show_points(looks.VisibilityMode.NEVER)
        .min(0)
        .legend(
            common.VizLegendOptions()
            .display_mode(looks.LegendDisplayMode.LIST)
            .placement(looks.LegendPlacement.BOTTOM)
            .show_legend(True)  # noqa: FBT003 - the SDK's own
        )
        .tooltip(
            common.VizTooltipOptions().mode(looks.TooltipDisplayMode.MULTI).sort(looks.SortOrder.DESCENDING)
        )
        .color_scheme(build.FieldColor().mode(model.FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
    )
    if stacked:
        panel.stacking(common.StackingConfig().mode(looks.StackingMode.NORMAL).group("A"))
    if steps is not None:
        panel.thresholds_style(
            common.GraphThresholdsStyleConfig().mode(looks.GraphThresholdsStyleMode.DASHED)
        )
    return _dressed(panel, words, queries, Look(unit=unit, steps=steps, span=span, link=link))


def heat(words: Words, query: Query, *, unit: str, span: int = 12, link: str = "") -> Panel:
    """A histogram over time: darker where more falls into a bucket."""
    panel = (
        heatmap.Panel()
        .calculate(False)  # noqa: FBT003 - the SDK's own: the buckets are Prometheus's
        .color(
            heatmap.HeatmapColorOptions().mode(heat_model.HeatmapColorMode.SCHEME).scheme("Oranges").steps(64)
        )
        .y_axis(heatmap.YAxisConfig().unit(unit))
        .show_legend()
    )
    look = Look(unit=unit, steps=None, span=span, link=link)
    return _dressed(panel, words, [query], look, shape=PromQueryFormat.HEATMAP)


class Columns(Struct, frozen=True, kw_only=True):
    """How instant queries become one table."""

    by: str
    """The label that joins them to one row each."""
    names: dict[str, str]
    """What columns are called, by refId or label."""
    units: dict[str, str] = {}
    """Units of their own, by refId."""
    drill: tuple[str, str] | None = None
    """(column, address) that its cells lead to."""

    def shape(self, panel: Panel, queries: int) -> None:
        """Join, name and link them."""
        panel.with_transformation(model.DataTransformerConfig(id_val="merge", options={}))
        named = {_column(name, queries): shown for name, shown in self.names.items()}
        order = {column: place for place, column in enumerate(dict.fromkeys([self.by, *named]))}
        options = {"excludeByName": {"Time": True}, "renameByName": named, "indexByName": order}
        panel.with_transformation(model.DataTransformerConfig(id_val="organize", options=options))
        for name, unit in self.units.items():
            panel.override_by_name(self.names[name], [model.DynamicConfigValue("unit", unit)])
        if self.drill is not None:
            column, address = self.drill
            links = [{"title": "详情 details", "url": address, "targetBlank": False}]
            panel.override_by_name(column, [model.DynamicConfigValue("links", links)])


class Matrix(Struct, frozen=True):
    """How one instant query becomes a table of two labels."""

    rows: str
    columns: str

    def shape(self, panel: Panel, queries: int) -> None:
        """A cell for each pair."""
        del queries
        options = {
            "rowField": self.rows,
            "columnField": self.columns,
            "valueField": "Value",
            "emptyValue": "zero",
        }
        panel.with_transformation(model.DataTransformerConfig(id_val="groupingToMatrix", options=options))


def rows(
    words: Words,
    *queries: Query,
    columns: Columns | Matrix,
    unit: str,
    steps: Steps | None = None,
    span: int = 12,
    since: str = "",
    link: str = "",
) -> Panel:
    """A table of instant queries."""
    panel = table.Panel().show_header(True)  # noqa: FBT003 - the SDK's own
    if since:
        panel.time_from(since)
    columns.shape(panel, len(queries))
    look = Look(unit=unit, steps=steps, span=span, link=link)
    return _dressed(panel, words, queries, look, now=True, shape=PromQueryFormat.TABLE)


def _column(name: str, queries: int) -> str:
    """How Grafana calls the values of a query in a table: by its refId where there are several."""
    if len(name) == 1 and name.isupper():
        return f"Value #{name}" if queries > 1 else "Value"
    return name


class Look(Struct, frozen=True, kw_only=True):
    """What all kinds of panels have."""

    unit: str
    steps: Steps | None
    span: int
    link: str
    height: int = 8


def _dressed(
    panel: Panel,
    words: Words,
    queries: Sequence[Query],
    look: Look,
    *,
    now: bool = False,
    shape: PromQueryFormat = PromQueryFormat.TIME_SERIES,
) -> Panel:
    panel.title(words.title[0]).description(words.description).datasource(SOURCE).unit(look.unit)
    panel.thresholds(_thresholds(look.steps)).span(look.span).height(look.height)
    for ref, query in zip(ascii_uppercase, queries, strict=False):
        target = prom.Dataquery().expr(query.expr).ref_id(ref).datasource(SOURCE).format(shape)
        if query.legend:
            target.legend_format(query.legend)
        panel.with_target(target.instant() if now else target.range())
    if look.link:
        panel.links([runbook(look.link)])
    return panel


def _thresholds(steps: Steps | None) -> build.ThresholdsConfig:
    if steps is None:
        colours = [model.Threshold(None, GREEN)]
    elif steps.falling:
        colours = [
            model.Threshold(None, RED),
            model.Threshold(steps.red, YELLOW),
            model.Threshold(steps.yellow, GREEN),
        ]
    else:
        colours = [
            model.Threshold(None, GREEN),
            model.Threshold(steps.yellow, YELLOW),
            model.Threshold(steps.red, RED),
        ]
    return build.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(colours)
