"""For the door that hospitals knock at: calls, how fast they are answered, and whether with a verdict."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.board import board, choice
from deploy.grafana.panels import (
    COUNT,
    PER_SECOND,
    SECONDS,
    SHARE,
    Matrix,
    Query,
    bars,
    heat,
    lines,
    number,
    rows,
)
from deploy.grafana.promql import HERE, never_empty, quantile
from deploy.grafana.words import PLAIN, Steps, Words

CALLS = '{instance=~"$instance",infno=~"$infno"}'
OF_GROUP = '{instance=~"$instance",infno=~"$infno",group=~"$group"}'
CHECKS = 'infno=~"3101|3102"'

NOW = [
    number(
        Words(
            ("每秒调用", "Calls a second"),
            "以国家接口报文应答的调用。",
            "Calls answered with a national envelope.",
        ),
        Query(f"sum(rate(monitor_gateway_calls_total{CALLS}[$__rate_interval]))"),
        unit=PER_SECOND,
        steps=PLAIN,
        link="GatewayDown",
    ),
    number(
        Words(
            ("放行比例", "Share failed open"),
            "未经审核即放行的 3101、3102 占比；目标低于 0.1%。",
            "Of 3101 and 3102 in the time range; the objective is under 0.1 %.",
        ),
        Query(
            f"({never_empty('sum(increase(monitor_fail_open_total[$__range]))')}) / "
            f"sum(increase(monitor_gateway_calls_total{{{CHECKS}}}[$__range]))"
        ),
        unit=SHARE,
        steps=Steps(yellow=0.001, red=0.01),
        link="CheckAvailabilityBudgetFast",
    ),
    number(
        Words(
            ("0.8 秒内应答", "Answered within 0.8 s"),
            "3101、3102 在 0.8 秒内得到应答的比例；目标 99%。",
            "Of 3101 and 3102 in the time range; the objective is 99 %.",
        ),
        Query(
            f'sum(increase(monitor_gateway_latency_seconds_bucket{{{CHECKS},le="0.8"}}[$__range])) / '
            f"sum(increase(monitor_gateway_latency_seconds_count{{{CHECKS}}}[$__range]))"
        ),
        unit=SHARE,
        steps=Steps(yellow=0.995, red=0.99, falling=True),
        link="VerdictLatencyBudgetFast",
    ),
    number(
        Words(
            ("等待结论", "Waiting for a verdict"),
            "正在等待结论的调用；达到上限（默认 2000）后立即放行。",
            "Calls that wait just now; at the limit (2,000 by default) one more fails open at once.",
        ),
        Query(f"sum(monitor_gateway_waiting{HERE})"),
        unit=COUNT,
        steps=Steps(yellow=500, red=1500),
        link="GatewayBusy",
    ),
    number(
        Words(
            ("拒绝受理", "Refused with an HTTP error"),
            "所选时段内因令牌、报文等被拒绝的请求。",
            "Requests in the time range that got an HTTP error: token, body, size.",
        ),
        Query(never_empty(f"sum(increase(monitor_gateway_refused_total{HERE}[$__range]))")),
        unit=COUNT,
        steps=Steps(yellow=10, red=100),
        link="GatewayRefusesCalls",
    ),
    number(
        Words(
            ("经 HTTP 上传的记录", "Records fed over HTTP"),
            "所选时段内平台经 /feed 上传的记录。",
            "Feed records that the platform handed in at /feed in the time range.",
        ),
        Query(f"sum(increase(monitor_fed_records_total{HERE}[$__range]))"),
        unit=COUNT,
        steps=PLAIN,
    ),
]

TIMES = [
    heat(
        Words(
            ("应答时间分布", "Latency"),
            "从收完报文到应答；颜色越深调用越多。",
            "From the last byte of a call to its answer; darker where more calls are.",
        ),
        Query(
            f"sum by (le) (increase(monitor_gateway_latency_seconds_bucket{CALLS}[$__rate_interval]))",
            "{{le}}",
        ),
        unit=SECONDS,
        link="VerdictLatencyBudgetFast",
    ),
    lines(
        Words(
            ("应答时间 p50 / p99", "Latency, p50 and p99"),
            "按接口；目标 p50 0.1 秒、p99 0.3 秒，预算 0.8 秒。",
            "By infno; aims are 0.1 s (p50) and 0.3 s (p99), the budget is 0.8 s.",
        ),
        Query(quantile(0.5, "monitor_gateway_latency_seconds", by="infno", where=CALLS), "p50 {{infno}}"),
        Query(quantile(0.99, "monitor_gateway_latency_seconds", by="infno", where=CALLS), "p99 {{infno}}"),
        unit=SECONDS,
        steps=Steps(yellow=0.3, red=0.8),
        span=12,
        link="VerdictLatencyBudgetFast",
    ),
]

WHO = [
    lines(
        Words(
            ("调用（按接口与结果）", "Calls by infno and infcode"),
            "infcode -1 为被拒的报文：字段缺失、编号未知等。",
            "infcode -1 is a call that was refused: a field is missing, a warning is unknown.",
        ),
        Query(
            f"sum by (infno, infcode) (rate(monitor_gateway_calls_total{CALLS}[$__rate_interval]))",
            "{{infno}} ({{infcode}})",
        ),
        unit=PER_SECOND,
        stacked=True,
        link="GatewayRefusesCalls",
    ),
    lines(
        Words(
            ("调用（按机构分组）", "Calls by caller group"),
            "分组取自机构目录；某组中断多为其接口或网络故障。",
            "Groups are those of the table of providers; a group that stops has a fault of its own.",
        ),
        Query(f"sum by (group) (rate(monitor_group_calls_total{OF_GROUP}[$__rate_interval]))", "{{group}}"),
        unit=PER_SECOND,
        stacked=True,
        link="ProviderSilent",
    ),
    lines(
        Words(
            ("审核结论", "Decisions"),
            "应答中的结论；unchecked 为放行，none 为非审核调用。",
            "Of the answers; unchecked failed open, none is no check.",
        ),
        Query(
            f"sum by (decision) (rate(monitor_group_calls_total{OF_GROUP}[$__rate_interval]))",
            "{{decision}}",
        ),
        unit=PER_SECOND,
        stacked=True,
    ),
    lines(
        Words(
            ("放行（按原因）", "Failed open by reason"),
            "每分钟：budget 超时、kafka 不可写、busy 过载。",
            "A minute: budget (too slow), kafka (could not be asked), busy (too many wait).",
        ),
        Query(
            never_empty(f"sum by (reason) (rate(monitor_fail_open_total{HERE}[$__rate_interval])) * 60"),
            "{{reason}}",
        ),
        unit="cpm",
        steps=Steps(yellow=1, red=10),
        link="CheckAvailabilityBudgetFast",
    ),
    bars(
        Words(
            ("放行（按机构分组）", "Failed open by caller group"),
            "所选时段内各组被放行的调用。",
            "Calls in the time range that were answered without a verdict, by group of the caller.",
        ),
        Query(
            never_empty(
                'sum by (group) (increase(monitor_group_calls_total{group=~"$group",decision="unchecked"}[$__range]))'
            ),
            "{{group}}",
        ),
        unit=COUNT,
        steps=Steps(yellow=1, red=100),
        link="CheckAvailabilityBudgetFast",
    ),
    rows(
        Words(
            ("接口 × 机构分组", "Calls by infno and group"),
            "所选时段内各组各接口的调用数。",
            "Calls in the time range.",
        ),
        Query(f"sum by (group, infno) (increase(monitor_group_calls_total{OF_GROUP}[$__range]))"),
        unit=COUNT,
        steps=PLAIN,
        span=8,
        columns=Matrix("group", "infno"),
    ),
    lines(
        Words(
            ("重复调用共用应答", "Repeats that shared an answer"),
            "等待期间重复到达并共用应答的调用，每分钟；过多说明医院超时设置过短。",
            "A minute. Many of them: a hospital's own time-out is too short.",
        ),
        Query(f"sum(rate(monitor_gateway_shared_total{HERE}[$__rate_interval])) * 60", "共用 shared"),
        unit="cpm",
        steps=Steps(yellow=10, red=100),
        span=12,
    ),
    lines(
        Words(
            ("HTTP 错误", "HTTP errors"),
            "每分钟，按路径与状态码；401/403 为令牌问题。",
            "A minute, by path and status; 401 and 403 are about tokens.",
        ),
        Query(
            never_empty(
                f"sum by (path, status) (rate(monitor_gateway_refused_total{HERE}[$__rate_interval])) * 60"
            ),
            "{{path}} {{status}}",
        ),
        unit="cpm",
        steps=Steps(yellow=5, red=60),
        span=12,
        link="GatewayRefusesCalls",
    ),
]


def gateway() -> Dashboard:
    """By infno and by group of the caller."""
    return board(
        "gateway",
        words="接口网关：调用、应答时间、放行，按接口与机构分组。Calls, latency, failing open, by infno and group.",
        rows=[("当前 Now", NOW), ("应答时间 Latency", TIMES), ("调用方 Callers", WHO)],
        variables=[
            choice("instance", "实例", "monitor_gateway_calls_total"),
            choice("infno", "接口", "monitor_gateway_calls_total"),
            choice("group", "机构分组", "monitor_group_calls_total"),
        ],
        since="now-3h",
    )
