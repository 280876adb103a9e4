"""What all dashboards have: variables, annotations, links, how often they are refreshed."""

from collections.abc import Sequence
from typing import Final

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import dashboard as model

from deploy.grafana.links import TITLES, others
from deploy.grafana.panels import SOURCE, Panel
from monitor.settings import Settings

TAG: Final = "claim-monitor"
TIMEZONE: Final = "Asia/Shanghai"
"""A day begins when it does in China."""
EVERYTHING: Final = ".*"
NEW: Final = "count by ({label}) ({metric}) unless on ({label}) count by ({label}) ({metric} offset 5m)"
RUNBOOK_URL: Final = str(Settings.model_fields["runbook_url"].default)

Row = tuple[str, Sequence[Panel]]
"""A title, and the panels below it."""


def board(
    uid: str,
    *,
    words: str,
    rows: Sequence[Row],
    variables: Sequence[build.QueryVariable] = (),
    since: str = "now-6h",
    refresh: str = "30s",
) -> build.Dashboard:
    """A dashboard that others find by its uid; provisioned, so it is changed here and not in the browser."""
    made = (
        build.Dashboard(TITLES[uid])
        .uid(uid)
        .description(words)
        .tags([TAG])
        .timezone(TIMEZONE)
        .week_start("monday")
        .time(since, "now")
        .refresh(refresh)
        .readonly()
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .with_variable(build.DatasourceVariable("datasource").label("数据源").type("prometheus"))
        .with_variable(build.ConstantVariable("runbooks").label("处置手册").value(RUNBOOK_URL))
        .annotation(_annotation("发布 deployments", "monitor_build_info", "version", "blue"))
        .annotation(_annotation("规则变更 rule changes", "monitor_rules_info", "rules_version", "purple"))
    )
    for variable in variables:
        made.with_variable(variable)
    for link in others(uid):
        made.link(link)
    for title, panels in rows:
        made.with_row(build.Row(title))
        for panel in panels:
            made.with_panel(panel)
    return made


def choice(name: str, label: str, metric: str, *, of: str = "", several: bool = True) -> build.QueryVariable:
    """A variable over the values of a label (`of`, else its own name) of a metric; `several`: any of them or all."""
    made = (
        build.QueryVariable(name)
        .label(label)
        .datasource(SOURCE)
        .query({"query": f"label_values({metric}, {of or name})", "refId": name})
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        # Of one alone the first is taken: of years the last.
        .sort(model.VariableSort.ALPHABETICAL_ASC if several else model.VariableSort.ALPHABETICAL_DESC)
    )
    if several:
        everything = model.VariableOption(selected=True, text="All", value="$__all")
        made.multi(True).include_all(True).all_value(EVERYTHING).current(everything)  # noqa: FBT003 - the SDK's own
    return made


def _annotation(name: str, metric: str, label: str, colour: str) -> build.AnnotationQuery:
    return (
        build.AnnotationQuery()
        .name(name)
        .datasource(SOURCE)
        .enable(True)  # noqa: FBT003 - the SDK's own
        .icon_color(colour)
        .expr(NEW.format(metric=metric, label=label))
    )
