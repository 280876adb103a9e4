"""For the engineer on call: each stage, what it does, how far it is behind, what it holds, how it came back."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.board import board, choice
from deploy.grafana.panels import COUNT, PER_SECOND, SECONDS, Panel, Query, heat, lines
from deploy.grafana.pipeline_state import LIFE, STATE
from deploy.grafana.promql import HERE, STAGE, lag_by_stage, never_empty, quantile, ratio
from deploy.grafana.words import Steps, Words

CHINA_S = 8 * 3600
"""Watermarks are China civil time as seconds."""


def _counted(title: tuple[str, str], metric: str, label: str, zh: str, en: str, *, link: str = "") -> Panel:
    """A counter of what should be rare, a minute."""
    where = STAGE if label == "stage" else HERE
    expr = f"sum by ({label}) (rate({metric}{where}[$__rate_interval])) * 60"
    return lines(
        Words(title, zh, en),
        Query(never_empty(expr), f"{{{{{label}}}}}"),
        unit="cpm",
        steps=Steps(yellow=1, red=60),
        span=6,
        link=link,
    )


RATES = [
    lines(
        Words(
            ("读入", "Records in"),
            "各阶段每秒读入的记录。",
            "Records that each stage reads a second.",
        ),
        Query(f"sum by (stage) (rate(monitor_records_in_total{STAGE}[$__rate_interval]))", "{{stage}}"),
        unit=PER_SECOND,
        link="NoProgress",
    ),
    lines(
        Words(
            ("写出", "Records out"),
            "各阶段每秒写入各主题的记录（随事务提交）。",
            "Records that each stage writes a second, by topic, as transactions commit.",
        ),
        Query(
            f"sum by (stage, topic) (rate(monitor_records_out_total{STAGE}[$__rate_interval]))",
            "{{stage}} → {{topic}}",
        ),
        unit=PER_SECOND,
        link="NoProgress",
    ),
    lines(
        Words(
            ("批量大小", "Batch size"),
            "一次处理的平均记录数；接近 50 说明积压，每批都取满；积压多且无人等待时可达 250。",
            "Records that a stage takes in one go, on average; 50 is a backlog, up to 250 one that nobody waits for.",
        ),
        Query(
            ratio("monitor_records_in_total", "monitor_stage_latency_seconds_count", by="stage", where=STAGE),
            "{{stage}}",
        ),
        unit=COUNT,
        steps=Steps(yellow=30, red=49),
    ),
    lines(
        Words(
            ("单条处理时间 p99", "Time for one record, p99"),
            "各阶段处理一条记录的时间（同批平均）。",
            "What a stage takes for one record, averaged over those it takes in one go.",
        ),
        Query(quantile(0.99, "monitor_stage_latency_seconds", by="stage", where=STAGE), "{{stage}}"),
        unit=SECONDS,
        steps=Steps(yellow=0.005, red=0.05),
    ),
    heat(
        Words(
            ("事务时间", "Transactions"),
            "单元事务从开始到提交的时间分布；普遍变慢通常是 Kafka 的问题。",
            "From begin to commit of a unit's transaction; when all of them get slow, look at Kafka first.",
        ),
        Query(
            f"sum by (le) (increase(monitor_commit_latency_seconds_bucket{HERE}[$__rate_interval]))", "{{le}}"
        ),
        unit=SECONDS,
        span=8,
        link="KafkaUnderReplicated",
    ),
    lines(
        Words(
            ("审核时延", "Verdict latency"),
            "从调用记录到结论的 p99，按接口。结算经数据流到达，含两次提交。",
            "From a call's record to its verdict, p99 by infno. Settlements come through the feed: two commits.",
        ),
        Query(quantile(0.99, "monitor_verdict_latency_seconds", by="infno", where=HERE), "{{infno}}"),
        unit=SECONDS,
        steps=Steps(yellow=0.3, red=0.8),
        link="VerdictLatencyBudgetFast",
    ),
    lines(
        Words(
            ("应答各段时间", "Parts of an answer"),
            "网关所等结论的平均用时：arriving 到达阶段，gathering 等待事务开始，writing 写入并提交。",
            "Means of what gateways wait for: arriving at its stage, until its transaction begins, until it is committed.",
        ),
        Query(
            ratio(
                "monitor_answer_part_seconds_sum", "monitor_answer_part_seconds_count", by="part", where=HERE
            ),
            "{{part}}",
        ),
        unit=SECONDS,
        steps=Steps(yellow=0.1, red=0.3),
        link="VerdictLatencyBudgetFast",
    ),
]

LAG = [
    lines(
        Words(
            ("滞后记录数", "Lag in records"),
            "各阶段尚未读取的记录。",
            "Records that wait for each stage.",
        ),
        Query(lag_by_stage("monitor_lag_records", "sum", ',instance=~"$instance"'), "{{stage}}"),
        unit=COUNT,
        steps=Steps(yellow=10_000, red=100_000),
        link="LagGrowing",
    ),
    lines(
        Words(
            ("滞后时间", "Lag in seconds"),
            "各主题最早未读取记录的等待时间。",
            "Age of the oldest record not yet read, by topic.",
        ),
        Query(f"max by (topic) (monitor_lag_seconds{HERE})", "{{topic}}"),
        unit=SECONDS,
        steps=Steps(yellow=10, red=30),
        link="FreshnessBudgetFast",
    ),
    lines(
        Words(
            ("水位落后于现在", "Watermark behind now"),
            "事件时间进度与当前时间之差。夜间无数据时会增大；白天增大说明有数据源停滞。",
            "How far event time is behind the clock. It grows at night without records; in daytime a source stands still.",
        ),
        Query(
            f"time() + {CHINA_S} - min by (stage) (monitor_watermark_timestamp_seconds{STAGE})", "{{stage}}"
        ),
        unit=SECONDS,
        steps=Steps(yellow=900, red=7200),
        link="FeedDelayed",
    ),
]

ODD = [
    _counted(
        ("迟到", "Late"),
        "monitor_late_events_total",
        "stage",
        "调用时间早于水位的事件，每分钟；仍按事件时间处理。",
        "Events whose call time lay before the watermark, a minute; they are still put in their place.",
        link="FeedDelayed",
    ),
    _counted(
        ("重复", "Duplicates"),
        "monitor_duplicates_total",
        "stage",
        "重复的调用，每分钟；不改变结果。",
        "Calls seen before, a minute; they change nothing.",
    ),
    _counted(
        ("冲突", "Conflicts"),
        "monitor_conflicts_total",
        "stage",
        "标识相同而内容不同的调用，每分钟；以先到者为准。",
        "Same identity with other content, a minute; the first stays.",
    ),
    _counted(
        ("错分区", "Misplaced"),
        "monitor_misplaced_total",
        "stage",
        "键与分区不符、被转送的记录，每分钟：写入方的分区算法不是 murmur2。",
        "Sent on to their own partition, a minute: whoever writes claims.raw does not use murmur2.",
    ),
    _counted(
        ("死信", "Dead letters"),
        "monitor_dead_letters_total",
        "reason",
        "无法处理而搁置的记录，每分钟，按原因。",
        "Records put aside, a minute, by reason.",
        link="DeadLetterShare",
    ),
    _counted(
        ("规则异常", "Stages that raised"),
        "monitor_stage_failures_total",
        "stage",
        "处理函数抛出异常的记录，每分钟；应为 0。",
        "Records at which a stage's pure function raised, a minute; should be 0.",
        link="StageRaises",
    ),
    _counted(
        ("忽略", "Ignored"),
        "monitor_ignored_total",
        "reason",
        "监控不使用的有效记录，每分钟，按原因。",
        "Valid records that the monitor does not use, a minute, by reason.",
    ),
    _counted(
        ("异常标注", "Notes"),
        "monitor_notes_total",
        "note",
        "记录中的异常，仍被使用，每分钟。",
        "Oddities in records that were used all the same, a minute.",
        link="ProviderClockSkew",
    ),
]


def pipeline() -> Dashboard:
    """Stage by stage, in the order in which an event travels."""
    return board(
        "pipeline",
        words="处理流水线：速率、批量、时延、滞后、异常、状态、恢复。Each stage: rate, latency, lag, oddities, state.",
        rows=[
            ("速率与时延 Rates and latency", RATES),
            ("滞后 Lag", LAG),
            ("异常 Oddities", ODD),
            ("状态 State", STATE),
            ("恢复与再均衡 Recovery and rebalances", LIFE),
        ],
        variables=[
            choice("instance", "实例", "monitor_records_in_total"),
            choice("stage", "阶段", "monitor_records_in_total"),
        ],
        since="now-3h",
    )
