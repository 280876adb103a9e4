"""What workers hold in memory and how they come and go: the lower half of the pipeline's dashboard."""

from deploy.grafana.panels import BYTES, COUNT, SECONDS, SHARE, Query, lines, number
from deploy.grafana.promql import HERE, STAGE, never_empty
from deploy.grafana.words import Steps, Words

STATE = [
    lines(
        Words(
            ("记忆的键", "Keys remembered"),
            "各表记忆的键数（人员、机构、追溯码、线索）。",
            "Keys in memory by table: persons, providers, trace codes, incidents.",
        ),
        Query(f"sum by (stage) (monitor_memory_keys{HERE})", "{{stage}}"),
        unit=COUNT,
        steps=Steps(yellow=5_000_000, red=20_000_000),
        link="MemoryNearCap",
    ),
    lines(
        Words(
            ("已解码的键", "Keys decoded"),
            "当前以对象形式保留的记忆。",
            "Memories that are held as objects just now.",
        ),
        Query(f"sum by (stage) (monitor_memory_loaded{HERE})", "{{stage}}"),
        unit=COUNT,
    ),
    lines(
        Words(
            ("因上限遗忘", "Forgotten at a cap"),
            "因硬上限提前遗忘的事实，每分钟；应为 0。",
            "Facts forgotten early because a hard cap was hit, a minute; should be 0.",
        ),
        Query(
            never_empty(
                f"sum by (stage, kind) (rate(monitor_memory_capped_total{STAGE}[$__rate_interval])) * 60"
            ),
            "{{stage}} {{kind}}",
        ),
        unit="cpm",
        steps=Steps(yellow=1, red=60),
        link="MemoryCapped",
    ),
    lines(
        Words(
            ("进程内存", "Memory of processes"),
            "各进程占用的物理内存。",
            "Resident memory of each process.",
        ),
        Query(f"process_resident_memory_bytes{HERE}", "{{instance}} {{process}}"),
        unit=BYTES,
        steps=Steps(yellow=800e6, red=1e9),
        span=12,
    ),
    lines(
        Words(
            ("处理器占用", "Processor time"),
            "各进程占用的处理器核数；工作进程接近 1 即已饱和。",
            "Cores that each process uses; a worker near 1 has no more to give.",
        ),
        Query(f"rate(process_cpu_seconds_total{HERE}[$__rate_interval])", "{{instance}} {{process}}"),
        unit=SHARE,
        steps=Steps(yellow=0.8, red=0.95),
        span=12,
    ),
]

LIFE = [
    number(
        Words(
            ("正在恢复的分区", "Recovering"),
            "记忆正在恢复的分区数；长时间不为 0 说明恢复受阻。",
            "Partitions whose memory is coming back; should return to 0 within a minute.",
        ),
        Query(f"sum(monitor_recovering{HERE})"),
        unit=COUNT,
        steps=Steps(yellow=1, red=24),
        link="RecoverySlow",
    ),
    number(
        Words(
            ("恢复时间", "Recovery took"),
            "所选时段内分区记忆恢复的平均时间。",
            "How long a partition's memory took to come back, on average over the life of the processes.",
        ),
        Query(f"sum(monitor_recovery_seconds_sum{HERE}) / sum(monitor_recovery_seconds_count{HERE})"),
        unit=SECONDS,
        steps=Steps(yellow=10, red=60),
        link="RecoverySlow",
    ),
    number(
        Words(
            ("距上次提交", "Since the last commit"),
            "最久未提交的工作进程；有数据时应小于 1 秒。",
            "Of the worker that committed longest ago; under a second while records come.",
        ),
        Query(f"time() - min(monitor_last_commit_timestamp_seconds{HERE})"),
        unit=SECONDS,
        steps=Steps(yellow=30, red=120),
        link="NoProgress",
    ),
    lines(
        Words(
            ("再均衡", "Rebalances"),
            "分区重新分配的次数，每分钟。部署之外反复出现说明心跳中断。",
            "Times that partitions were shared out anew, a minute. Often outside a deployment: heartbeats are missed.",
        ),
        Query(f"sum(rate(monitor_rebalances_total{HERE}[$__rate_interval])) * 60", "再均衡 rebalances"),
        unit="cpm",
        steps=Steps(yellow=1, red=5),
        span=6,
        link="RebalanceStorm",
    ),
    lines(
        Words(
            ("单元的开始与结束", "Units"),
            "分区单元的开始与结束原因，每分钟。",
            "Partition numbers that began to work, or ended and why, a minute.",
        ),
        Query(f"sum by (outcome) (rate(monitor_units_total{HERE}[$__rate_interval])) * 60", "{{outcome}}"),
        unit="cpm",
        steps=Steps(yellow=30, red=120),
        span=6,
        link="RebalanceStorm",
    ),
    number(
        Words(
            ("进程重启", "Processes started again"),
            "所选时段内由守护进程重新启动的次数；滚动重启也计入。",
            "By the supervisor, in the time range; a rolling restart counts too.",
        ),
        Query(never_empty("sum(increase(monitor_process_restarts_total[$__range]))")),
        unit=COUNT,
        steps=Steps(yellow=1, red=5),
        link="WorkerRestarts",
    ),
]
