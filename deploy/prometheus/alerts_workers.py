"""Alerts on the work itself: workers, their progress, what they forget and what they can't use."""

from typing import Final

from deploy.prometheus.model import Alert, Case, Text

_BEHIND: Final = 'monitor_lag_records{instance="w1:8081",topic="claims",partition="0"}'
_COMMITTED: Final = 'monitor_last_commit_timestamp_seconds{instance="w1:8081"}'

WORKER_DOWN = Alert(
    name="WorkerDown",
    expr='up{job="worker"} == 0\nor\nmonitor_process_up == 0\nor\nabsent(up{job="worker"})',
    lasts="1m",
    severity="critical",
    team="platform",
    dashboard="pipeline",
    summary=Text("工作进程 {{ $labels.instance }} 无应答", "Worker {{ $labels.instance }} does not answer"),
    description=Text(
        "进程 {{ $labels.process }} 一分钟以上未返回指标；其分区由其他进程接管，否则停滞。",
        "Process {{ $labels.process }} has shown no metrics for a minute; others take its partitions, or they stand still.",
    ),
    silent=Case(
        why="one scrape in two fails, but never for a whole minute",
        series={'up{job="worker",instance="w1:8081"}': "1 1 0 1 0 1 1"},
        at="6m",
    ),
    fires=Case(
        why="one of two workers is gone for a minute, and a process of the other one",
        series={
            'up{job="worker",instance="w1:8081"}': "1x6",
            'up{job="worker",instance="w2:8081"}': "1x3 0x2",
            'monitor_process_up{instance="w1:8081",process="0"}': "1x6",
            'monitor_process_up{instance="w1:8081",process="1"}': "1x3 0x2",
        },
        at="5m",
        labels=({"job": "worker", "instance": "w2:8081"}, {"instance": "w1:8081", "process": "1"}),
        values=("", ""),
    ),
)

WORKER_RESTARTS = Alert(
    name="WorkerRestarts",
    expr="increase(monitor_process_restarts_total[15m]) > 2",
    severity="warning",
    team="platform",
    dashboard="pipeline",
    summary=Text(
        "工作进程 {{ $labels.instance }} 反复重启", "Processes of {{ $labels.instance }} keep being restarted"
    ),
    description=Text(
        "进程 {{ $labels.process }} 15 分钟内重启 {{ $value | humanize }} 次；满 6 次/分钟守护进程即退出。",
        "Process {{ $labels.process }} was started anew {{ $value | humanize }} times in 15 min; "
        "at 6 in a minute its supervisor gives up.",
    ),
    silent=Case(
        why="two restarts in a quarter of an hour, as a rolling upgrade that was repeated makes",
        series={'monitor_process_restarts_total{instance="w1:8081",process="0"}': "0x5 1x5 2x9"},
        at="15m",
    ),
    fires=Case(
        why="three restarts in a quarter of an hour",
        series={'monitor_process_restarts_total{instance="w1:8081",process="0"}': "0x5 1x4 3x4"},
        at="15m",
        labels=({"instance": "w1:8081", "process": "0"},),
        values=("3",),
    ),
)

NO_PROGRESS = Alert(
    name="NoProgress",
    expr=(
        "max by (instance, process) (time() - monitor_last_commit_timestamp_seconds) > 60\n"
        "and on (instance, process)\n"
        "sum by (instance, process) (monitor_lag_records) > 0"
    ),
    lasts="1m",
    severity="critical",
    team="platform",
    dashboard="pipeline",
    summary=Text(
        "{{ $labels.instance }} 有积压但不再提交", "{{ $labels.instance }} has work and commits nothing"
    ),
    description=Text(
        "进程 {{ $labels.process }} 距上次提交已 {{ $value | humanizeDuration }}，仍有未处理记录。",
        "Process {{ $labels.process }} committed {{ $value | humanizeDuration }} ago, and records wait.",
    ),
    silent=Case(
        why="one worker committed just a minute ago and has work, another long ago and has none",
        series={
            _COMMITTED: "-60+60x10",
            _BEHIND: "1x10",
            'monitor_last_commit_timestamp_seconds{instance="w2:8081"}': "0x10",
            'monitor_lag_records{instance="w2:8081",topic="claims",partition="1"}': "0x10",
        },
        at="5m",
    ),
    fires=Case(
        why="one record waits, and the last commit is always a minute and a second ago",
        series={_COMMITTED: "-61+60x10", _BEHIND: "1x10"},
        at="5m",
        labels=({"instance": "w1:8081"},),
        values=("1m 1s",),
    ),
)

LAG_GROWING = Alert(
    name="LagGrowing",
    expr="deriv(topic:monitor_lag_records:sum[15m]) > 0\nand\ntopic:monitor_lag_seconds:max > 30",
    lasts="10m",
    severity="warning",
    team="platform",
    dashboard="pipeline",
    summary=Text(
        "主题 {{ $labels.topic }} 的积压持续增长", "The backlog of {{ $labels.topic }} keeps growing"
    ),
    description=Text(
        "每秒净增 {{ $value | humanize }} 条，且最旧一条已等待 30 秒以上：处理能力不足或某分区停滞。",
        "It grows by {{ $value | humanize }} records a second and the oldest has waited for more than 30 s: "
        "too little power, or a partition that stands still.",
    ),
    silent=Case(
        why="the backlog grows, but nothing waits for longer than 30 s",
        series={
            'monitor_lag_records{topic="claims",partition="0"}': "0+60x30",
            'monitor_lag_seconds{topic="claims",partition="0"}': "30x30",
        },
        at="30m",
    ),
    fires=Case(
        why="it grows by a record a second, and the oldest has waited for 31 s",
        series={
            'monitor_lag_records{topic="claims",partition="0"}': "0+60x30",
            'monitor_lag_seconds{topic="claims",partition="0"}': "31x30",
        },
        at="30m",
        labels=({"topic": "claims"},),
        values=("1",),
    ),
)

REBALANCE_STORM = Alert(
    name="RebalanceStorm",
    expr="max(increase(monitor_rebalances_total[15m])) > 5",
    severity="warning",
    team="platform",
    dashboard="pipeline",
    summary=Text("消费组反复重新分配分区", "The consumer group shares its partitions out again and again"),
    description=Text(
        "15 分钟内 {{ $value | humanize }} 次；每次所有分区停顿并恢复记忆，常因心跳超时或成员名重复。",
        "{{ $value | humanize }} times in 15 min; each time all partitions stop. "
        "Mostly workers that miss their heartbeats, or two with one name.",
    ),
    silent=Case(
        why="five rebalances in a quarter of an hour, as five workers that are started one by one make",
        series={'monitor_rebalances_total{instance="w1:8081"}': "0x4 1 2 3 4 5x6"},
        at="15m",
    ),
    fires=Case(
        why="a sixth within the quarter of an hour",
        series={'monitor_rebalances_total{instance="w1:8081"}': "0x4 1 2 3 4 5 6x5"},
        at="15m",
        labels=({},),
        values=("6",),
    ),
)

RECOVERY_SLOW = Alert(
    name="RecoverySlow",
    expr="max by (instance, process) (monitor_recovering) > 0",
    lasts="10m",
    severity="warning",
    team="platform",
    dashboard="pipeline",
    summary=Text(
        "{{ $labels.instance }} 的分区十分钟仍未恢复",
        "Partitions of {{ $labels.instance }} have been coming back for ten minutes",
    ),
    description=Text(
        "{{ $value | humanize }} 个分区在恢复记忆，其记录在等待。",
        "{{ $value | humanize }} partitions read their memories anew; their records wait.",
    ),
    silent=Case(
        why="memories are back after nine minutes",
        series={'monitor_recovering{instance="w1:8081"}': "0 8x9 0x5"},
        at="12m",
    ),
    fires=Case(
        why="one of them still is not back after ten minutes",
        series={'monitor_recovering{instance="w1:8081"}': "0 8x5 1x9"},
        at="11m",
        labels=({"instance": "w1:8081"},),
        values=("1",),
    ),
)

STAGE_RAISES = Alert(
    name="StageRaises",
    expr="sum by (stage) (increase(monitor_stage_failures_total[15m])) > 0",
    severity="warning",
    team="platform",
    dashboard="pipeline",
    summary=Text("{{ $labels.stage }} 阶段的代码出错", "The code of stage {{ $labels.stage }} raises"),
    description=Text(
        "15 分钟内 {{ $value | humanize }} 条记录因程序错误成为死信；这是缺陷，不是数据问题。",
        "{{ $value | humanize }} records in 15 min became dead letters by it: a defect of ours, not of the data.",
    ),
    silent=Case(
        why="the last one is 16 minutes ago",
        series={'monitor_stage_failures_total{instance="w1:8081",stage="persons"}': "0x3 1x30"},
        at="20m",
    ),
    fires=Case(
        why="one record in a quarter of an hour",
        series={'monitor_stage_failures_total{instance="w1:8081",stage="persons"}': "0x6 1x30"},
        at="20m",
        labels=({"stage": "persons"},),
        values=("1",),
    ),
)

DEAD_LETTER_SHARE = Alert(
    name="DeadLetterShare",
    expr=(
        "sum by (stage, reason) (increase(monitor_dead_letters_total[15m]))\n"
        "/ on (stage) group_left ()\n"
        "sum by (stage) (increase(monitor_records_in_total[15m])) > 0.01"
    ),
    lasts="5m",
    severity="warning",
    team="platform",
    dashboard="pipeline",
    summary=Text(
        "{{ $labels.stage }} 阶段 {{ $value | humanizePercentage }} 的记录成为死信",
        "{{ $value | humanizePercentage }} of what {{ $labels.stage }} reads becomes dead letters",
    ),
    description=Text(
        "原因：{{ $labels.reason }}。突然出现多为接口版本或上游程序变更。",
        "Reason: {{ $labels.reason }}. Where it comes suddenly, a version of the interface or the log's writer changed.",
    ),
    silent=Case(
        why="exactly one in a hundred can't be read",
        series={
            'monitor_dead_letters_total{stage="intake",reason="missing_field"}': "0+10x30",
            'monitor_records_in_total{stage="intake"}': "0+1000x30",
        },
        at="30m",
    ),
    fires=Case(
        why="11 in a thousand can't be read, and another reason has few",
        series={
            'monitor_dead_letters_total{stage="intake",reason="missing_field"}': "0+11x30",
            'monitor_dead_letters_total{stage="intake",reason="bad_time"}': "0+1x30",
            'monitor_records_in_total{stage="intake"}': "0+1000x30",
        },
        at="30m",
        labels=({"stage": "intake", "reason": "missing_field"},),
        values=("1.1%",),
    ),
)

MEMORY_NEAR_CAP = Alert(
    name="MemoryNearCap",
    expr="max by (stage, kind) (max_over_time(monitor_memory_fullest_ratio[1h])) > 0.8",
    severity="warning",
    team="platform",
    dashboard="pipeline",
    summary=Text(
        "{{ $labels.kind }} 的记忆已用 {{ $value | humanizePercentage }}",
        "A memory of {{ $labels.kind }} is {{ $value | humanizePercentage }} full",
    ),
    description=Text(
        "{{ $labels.stage }} 阶段某一主体的事实数接近硬上限；到顶后最旧的事实提前遗忘，规则会看漏。",
        "One subject of stage {{ $labels.stage }} is near the hard cap of facts; at it the oldest are forgotten early, "
        "and rules overlook them.",
    ),
    silent=Case(
        why="the fullest is at four fifths",
        series={'monitor_memory_fullest_ratio{stage="persons",kind="persons"}': "0.8x30"},
        at="30m",
    ),
    fires=Case(
        why="one was above four fifths half an hour ago and did not change since",
        series={'monitor_memory_fullest_ratio{stage="persons",kind="persons"}': "0.82 _x30"},
        at="30m",
        labels=({"stage": "persons", "kind": "persons"},),
        values=("82%",),
    ),
)

MEMORY_CAPPED = Alert(
    name="MemoryCapped",
    expr="sum by (stage, kind) (increase(monitor_memory_capped_total[1h])) > 0",
    severity="warning",
    team="platform",
    dashboard="pipeline",
    summary=Text(
        "{{ $labels.kind }} 的记忆到顶，已提前遗忘", "Memories of {{ $labels.kind }} are at their cap"
    ),
    description=Text(
        "一小时内提前遗忘 {{ $value | humanize }} 条事实，相关规则可能看漏。",
        "{{ $value | humanize }} facts were forgotten early within an hour; rules may overlook something.",
    ),
    silent=Case(
        why="facts were forgotten early, but more than an hour ago",
        series={'monitor_memory_capped_total{stage="persons",kind="persons"}': "0 40x90"},
        at="90m",
    ),
    fires=Case(
        why="40 facts were forgotten early half an hour ago",
        series={'monitor_memory_capped_total{stage="persons",kind="persons"}': "0x60 40x30"},
        at="90m",
        labels=({"stage": "persons", "kind": "persons"},),
        values=("40",),
    ),
)

KNOWLEDGE_TABLE_STALE = Alert(
    name="KnowledgeTableStale",
    expr=(
        'time() - max by (table) (monitor_reference_modified_timestamp_seconds{table=~"providers|persons"}) > 7 * 86400\n'
        "or\n"
        "time() - max by (table) (monitor_reference_modified_timestamp_seconds) > 180 * 86400"
    ),
    lasts="1h",
    severity="warning",
    team="platform",
    dashboard="overview",
    summary=Text("参考表 {{ $labels.table }} 已过期", "The reference table {{ $labels.table }} is stale"),
    description=Text(
        "在用文件最后更新于 {{ $value | humanizeDuration }} 之前；名册应每周更新，其余每半年核对。",
        "The file in use was written {{ $value | humanizeDuration }} ago; "
        "registers are due each week, the others each half year.",
    ),
    silent=Case(
        why="the register is seven days old to the second, a table of drugs a hundred",
        series={
            'monitor_reference_modified_timestamp_seconds{instance="w1:8081",table="persons"}': "7200x1112",
            'monitor_reference_modified_timestamp_seconds{instance="w1:8081",table="drug_sex"}': "-8035200x1112",
        },
        at="170h",
        step="10m",
    ),
    fires=Case(
        why="one worker's register is older than seven days by an hour and a little, the other worker's too",
        series={
            'monitor_reference_modified_timestamp_seconds{instance="w1:8081",table="persons"}': "0x1112",
            'monitor_reference_modified_timestamp_seconds{instance="w2:8081",table="persons"}': "60x1112",
        },
        at="170h",
        step="10m",
        labels=({"table": "persons"},),
        values=("7d 1h 59m 0s",),
    ),
)

WORKERS: Final = (
    *(WORKER_DOWN, WORKER_RESTARTS, NO_PROGRESS, LAG_GROWING, REBALANCE_STORM, RECOVERY_SLOW, STAGE_RAISES),
    *(DEAD_LETTER_SHARE, MEMORY_NEAR_CAP, MEMORY_CAPPED, KNOWLEDGE_TABLE_STALE),
)
