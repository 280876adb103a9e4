"""From one dashboard to the others, and to the runbooks."""

from collections.abc import Iterator
from typing import Final

from grafana_foundation_sdk.builders.dashboard import DashboardLink
from grafana_foundation_sdk.models.dashboard import DashboardLinkType

TITLES: Final = {
    "overview": "总览",
    "fraud-desk": "基金监管台",
    "pipeline": "处理流水线",
    "gateway": "接口网关",
    "hospital": "定点医药机构",
}
"""uid -> title, in the order in which they are linked."""
HOSPITAL: Final = "/d/hospital?var-provider=${__data.fields.provider}"
"""Where a cell with a provider leads."""
PIPELINE: Final = "/d/pipeline?var-stage=${__data.fields.stage}"
"""Where a cell with a stage leads."""
RUNBOOKS: Final = "${runbooks}"


def others(uid: str) -> Iterator[DashboardLink]:
    """Links to every other dashboard, with the time range, and to the runbooks."""
    for other, title in TITLES.items():
        if other != uid:
            yield (
                DashboardLink(title)
                .type(DashboardLinkType.LINK)
                .icon("dashboard")
                .tooltip(other)
                .url(f"/d/{other}")
                .keep_time(True)  # noqa: FBT003 - the SDK's own
            )
    yield runbook("", title="处置手册 runbooks")


def runbook(name: str, *, title: str = "") -> DashboardLink:
    """What to do when the alert of this name fires."""
    return (
        DashboardLink(title or f"处置手册 {name}")
        .type(DashboardLinkType.LINK)
        .icon("doc")
        .tooltip("runbook")
        .url(f"{RUNBOOKS}{name}")
        .target_blank(True)  # noqa: FBT003 - the SDK's own
    )
