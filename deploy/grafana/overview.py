"""The wall: how much is settled, what is refused, what is open, whether the monitor keeps its promises."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.board import board
from deploy.grafana.links import PIPELINE
from deploy.grafana.panels import (
    COUNT,
    PER_SECOND,
    SECONDS,
    SHARE,
    YUAN,
    Columns,
    Query,
    bars,
    lines,
    number,
    rows,
)
from deploy.grafana.promql import LAG_BY_STAGE, SETTLEMENTS, net, never_empty, quantile
from deploy.grafana.words import PLAIN, Steps, Words

TODAY = "now/d"
CHECKS = '{infno=~"3101|3102"}'

NOW = [
    number(
        Words(
            ("每秒结算", "Settlements a second"),
            "全部定点医药机构每秒有效结算（2102、2207、2304）。",
            "Settlements that count, over all providers. None in daytime: is the feed still coming? See the lag below.",
        ),
        Query(f"sum(rate(monitor_verdicts_total{{{SETTLEMENTS}}}[$__rate_interval]))"),
        unit=PER_SECOND,
        steps=PLAIN,
        link="ProviderSilent",
    ),
    number(
        Words(
            ("今日拒付金额", "Refused today"),
            "今日结算中拒付的金额，每行费用只计一次，已扣除冲正与撤回；按处理时间计入当日。",
            "Of settlements, each line once, net of reversals and withdrawals; by the day it became known.",
        ),
        Query(net("refused")),
        unit=YUAN,
        steps=PLAIN,
        since=TODAY,
    ),
    number(
        Words(
            ("今日事前拦截金额", "Prevented today"),
            "3102 拒绝且此后未在同一就诊中结算的金额；之后仍结算的自动扣回。",
            "Rejected by a 3102 and not settled in that visit; what is settled after all is taken off again.",
        ),
        Query(net("prevented")),
        unit=YUAN,
        steps=PLAIN,
        since=TODAY,
    ),
    number(
        Words(
            ("未结线索", "Open incidents"),
            "当前未结线索，按严重程度：1 明确违规，2 高度可疑，3 轻度可疑。",
            "Open now, by severity: 1 definite, 2 highly suspect, 3 slightly suspect.",
        ),
        Query("sum by (severity) (monitor_incidents_open_by_severity)", "级别 {{severity}}"),
        unit=COUNT,
        steps=Steps(yellow=50, red=200),
        link="IncidentFlood",
    ),
    number(
        Words(
            ("正在触发的告警", "Alerts firing"),
            "系统告警，按严重程度；0 为正常。",
            "Alerts on the system itself, by severity; 0 is as it should be.",
        ),
        Query(never_empty('sum by (severity) (ALERTS{alertstate="firing"})'), "{{severity}}"),
        unit=COUNT,
        steps=Steps(yellow=1, red=5),
    ),
    number(
        Words(
            ("运行中的进程", "Processes running"),
            "按版本统计的工作进程与网关进程；升级期间会同时出现两个版本。",
            "Workers and gateways by release; two releases stand here during an upgrade.",
        ),
        Query("count by (version) (monitor_build_info)", "{{version}}"),
        unit=COUNT,
        steps=Steps(yellow=2, red=1, falling=True),
        link="WorkerDown",
    ),
]

PROMISES = [
    bars(
        Words(
            ("SLO 错误预算余量（30 天）", "Error budget left, 30 days"),
            "各服务目标剩余的错误预算：100% 为未动用，0 以下为目标未达成。",
            "Of each objective: 100 % is untouched, below 0 the objective is missed. They stand in slos.toml.",
        ),
        Query("max by (slo) (slo:period_error_budget_remaining:ratio)", "{{slo}}"),
        unit=SHARE,
        steps=Steps(yellow=0.5, red=0.1, falling=True),
        link="VerdictLatencyBudgetSlow",
    ),
    lines(
        Words(
            ("每秒审核结论", "Verdicts a second"),
            "按结论：通过、提醒、拒绝、未审核。出现“未审核”说明审核自身失败。",
            "By decision. Any `unchecked` means that the audit itself failed: look at dead letters.",
        ),
        Query("sum by (decision) (rate(monitor_verdicts_total[$__rate_interval]))", "{{decision}}"),
        unit=PER_SECOND,
        stacked=True,
        link="StageRaises",
    ),
    lines(
        Words(
            ("审核时延", "Verdict latency"),
            "从调用记录到结论：p50 与 p99（3101、3102）；预算 0.8 秒。",
            "From the record of a 3101 or 3102 to its verdict; the budget is 0.8 s.",
        ),
        Query(
            quantile(0.5, "monitor_verdict_latency_seconds", where=CHECKS),
            "p50",
        ),
        Query(
            quantile(0.99, "monitor_verdict_latency_seconds", where=CHECKS),
            "p99",
        ),
        unit=SECONDS,
        steps=Steps(yellow=0.3, red=0.8),
        link="VerdictLatencyBudgetFast",
    ),
]

FLOW = [
    rows(
        Words(
            ("处理阶段图", "Map of the stages"),
            "事件依次经过 intake（含 providers）、persons、traces、incidents。每秒读入、写出与滞后；点击阶段查看详情。",
            "An event travels intake (with providers), persons, traces, incidents. Read and written a second, and the age "
            "of the oldest record that waits; a stage leads to its details.",
        ),
        Query("sum by (stage) (rate(monitor_records_in_total[$__rate_interval]))"),
        Query("sum by (stage) (rate(monitor_records_out_total[$__rate_interval]))"),
        Query(LAG_BY_STAGE),
        unit=PER_SECOND,
        steps=PLAIN,
        columns=Columns(
            by="stage",
            names={"A": "读入/秒 in", "B": "写出/秒 out", "C": "滞后 lag"},
            units={"C": SECONDS},
            drill=("stage", PIPELINE),
        ),
        link="NoProgress",
    ),
    lines(
        Words(
            ("各阶段滞后", "Lag by stage"),
            "最早未处理记录的等待时间；超过 30 秒影响监测的及时性。",
            "Age of the oldest record that waits. Above 30 s the freshness objective is missed.",
        ),
        Query(LAG_BY_STAGE, "{{stage}}"),
        unit=SECONDS,
        steps=Steps(yellow=10, red=30),
        span=6,
        link="LagGrowing",
    ),
    lines(
        Words(
            ("放行与死信", "Failed open, and dead letters"),
            "每分钟未经审核即放行的调用，以及无法处理的记录；0 为正常。",
            "Calls answered without a verdict and records put aside, a minute; 0 is as it should be.",
        ),
        Query(never_empty("sum(rate(monitor_fail_open_total[$__rate_interval])) * 60"), "放行 failed open"),
        Query(
            never_empty("sum(rate(monitor_dead_letters_total[$__rate_interval])) * 60"), "死信 dead letters"
        ),
        unit="cpm",
        steps=Steps(yellow=1, red=10),
        span=6,
        link="CheckAvailabilityBudgetFast",
    ),
]


def overview() -> Dashboard:
    """For the wall screen."""
    return board(
        "overview",
        words="监控大屏：结算、拒付、线索、服务目标与处理阶段。For the wall: settlements, refusals, incidents, objectives.",
        rows=[("当前 Now", NOW), ("服务目标 Objectives", PROMISES), ("处理 Flow", FLOW)],
    )
