"""For the hospital liaison: one provider, what it asks, what it is refused, whether it hears of it."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.board import board, choice
from deploy.grafana.panels import COUNT, PER_SECOND, SECONDS, SHARE, YUAN, Query, bars, lines, number
from deploy.grafana.promql import net, never_empty, quantile
from deploy.grafana.words import PLAIN, Steps, Words

ITS = '{provider="$provider"}'
REFUSED = '{provider="$provider",decision="reject"}'
HOOK = 'channel="webhook"'
YEAR = "now/y"
P99_BY_GROUP = quantile(0.99, "monitor_delivery_latency_seconds", by="group", where=f"{{{HOOK}}}")
BUDGET = 'max(monitor_fund_budget_yuan{provider="$provider",year="$year"})'


def its_group(expr: str) -> str:
    """Of series by group of providers those of the group that the chosen provider is in."""
    return f'({expr}) and on (group) group by (group) (monitor_provider_info{{provider="$provider"}})'


CALLS = [
    number(
        Words(
            ("结算与审核", "Settlements and checks"),
            "所选时段内该机构得到结论的调用与结算。",
            "Its calls and settlements in the time range that got a verdict.",
        ),
        Query(f"sum(increase(monitor_provider_verdicts_total{ITS}[$__range]))"),
        unit=COUNT,
        steps=PLAIN,
        link="ProviderSilent",
        span=5,
    ),
    number(
        Words(
            ("拒绝比例", "Share rejected"),
            "所选时段内结论为拒绝的比例；突增先核对规则与参考表，再联系机构。",
            "Of its verdicts in the time range. When it jumps look at limits and tables before you call.",
        ),
        Query(
            f"({never_empty(f'sum(increase(monitor_provider_verdicts_total{REFUSED}[$__range]))')}) / "
            f"(sum(increase(monitor_provider_verdicts_total{ITS}[$__range])) > 0)"
        ),
        unit=SHARE,
        steps=Steps(yellow=0.05, red=0.2),
        link="RuleFloods",
        span=5,
    ),
    number(
        Words(
            ("新增发现", "New findings"),
            "所选时段内涉及该机构的新增发现。",
            "Findings in the time range that name it, none in shadow.",
        ),
        Query(f"sum(increase(monitor_provider_findings_total{ITS}[$__range]))"),
        unit=COUNT,
        steps=Steps(yellow=20, red=100),
        span=5,
    ),
    number(
        Words(
            ("基金支付（本年）", "Fund paid this year"),
            "本年统筹基金支付净额，已扣除冲正。",
            "fund_pay_sumamt of its settlements this year, net of reversals.",
        ),
        Query(net("fund_paid", where=ITS)),
        unit=YUAN,
        steps=PLAIN,
        since=YEAR,
        span=5,
    ),
    number(
        Words(
            ("年度预算使用率", "Share of the year's budget"),
            "本年支付净额占年度预算（参考表 fund_budget）的比例。",
            "What was paid this year over the budget of the year (table fund_budget).",
        ),
        Query(f"({net('fund_paid', where=ITS)}) / {BUDGET}"),
        unit=SHARE,
        steps=Steps(yellow=0.8, red=1),
        since=YEAR,
    ),
    lines(
        Words(
            ("审核结论", "Verdicts by decision"),
            "该机构调用与结算的结论。中断说明其接口或上传故障。",
            "Of its calls and settlements. When it stops, its interface or its upload has a fault.",
        ),
        Query(
            f"sum by (decision) (rate(monitor_provider_verdicts_total{ITS}[$__rate_interval]))",
            "{{decision}}",
        ),
        unit=PER_SECOND,
        span=12,
        stacked=True,
        link="ProviderSilent",
    ),
    lines(
        Words(
            ("网关调用", "Calls at the gateway"),
            "该机构直接调用网关的次数（3101、3102、3103）；只经平台上传的机构为 0。",
            "Its own calls by infno; 0 for a provider that only the platform speaks for.",
        ),
        Query(
            never_empty(f"sum by (infno) (rate(monitor_provider_calls_total{ITS}[$__rate_interval]))"),
            "{{infno}}",
        ),
        unit=PER_SECOND,
        span=12,
        stacked=True,
        link="GatewayRefusesCalls",
    ),
]

DELIVERY = [
    number(
        Words(
            ("等待送达（所在组）", "Waiting to be delivered, its group"),
            "该机构所在组等待送达的拒付与更正；单个机构的清单见 GET /providers/{code}/verdicts。",
            "Rejections and their revisions that providers of its group have not got yet. Its own list is "
            "GET /providers/{code}/verdicts.",
        ),
        Query(never_empty(f"sum({its_group(f'monitor_delivery_pending{{{HOOK}}}')})")),
        unit=COUNT,
        steps=Steps(yellow=100, red=1000),
        link="DeliveryStuck",
    ),
    number(
        Words(
            ("最早未送达（所在组）", "Oldest not delivered, its group"),
            "所在组最早一条未送达消息的等待时间；多为个别医院接收故障。",
            "Age of the oldest message that waits in its group; mostly one hospital that does not answer.",
        ),
        Query(never_empty(f"max({its_group(f'monitor_delivery_oldest_seconds{{{HOOK}}}')})")),
        unit=SECONDS,
        steps=Steps(yellow=60, red=3600),
        link="DeliveryStuck",
    ),
    bars(
        Words(
            ("送达结果（所在组）", "Deliveries by outcome, its group"),
            "所选时段内所在组的送达尝试：成功、重试、失败。",
            "Attempts of its group in the time range: sent, retried, failed.",
        ),
        Query(
            never_empty(
                "sum by (outcome) "
                f"({its_group(f'increase(monitor_delivery_attempts_total{{{HOOK}}}[$__range])')})"
            ),
            "{{outcome}}",
        ),
        unit=COUNT,
        steps=PLAIN,
        link="DeliveryLossBudgetFast",
    ),
    lines(
        Words(
            ("送达时间 p99（所在组）", "Delivery latency p99, its group"),
            "从提交到送达；目标 1 秒内。0 为所选时段内没有送达。",
            "From a record to its delivery; the aim is 1 s. 0: nothing was delivered.",
        ),
        Query(never_empty(f"max({its_group(P99_BY_GROUP)} > 0)"), "p99"),
        unit=SECONDS,
        steps=Steps(yellow=1, red=5),
        link="DeliveryStuck",
    ),
]

GROUPS = [
    lines(
        Words(
            ("送达时间 p99（各组）", "Delivery latency p99 by group"),
            "各组从提交到送达的时间；单独偏高的一组多为其接收系统变慢。",
            "From a record to its delivery. A group that is slow alone has a slow system of its own.",
        ),
        Query(never_empty(f"{P99_BY_GROUP} > 0"), "{{group}}"),
        unit=SECONDS,
        steps=Steps(yellow=1, red=5),
        link="DeliveryStuck",
    ),
    lines(
        Words(
            ("最早未送达（各组）", "Oldest not delivered by group"),
            "各组最早一条未送达消息的等待时间；所有组同时升高说明投递服务停了。",
            "Age of the oldest message that waits. When it grows in all groups the courier stands still.",
        ),
        Query(
            never_empty(f"max by (group) (monitor_delivery_oldest_seconds{{{HOOK}}})"),
            "{{group}}",
        ),
        unit=SECONDS,
        steps=Steps(yellow=60, red=3600),
        link="DeliveryStuck",
    ),
    bars(
        Words(
            ("放弃送达（各组）", "Given up by group"),
            "所选时段内到期仍未送达的消息；机构可由 GET /providers/{code}/undelivered 取回。",
            "Not taken in time, in the time range; providers fetch them at GET /providers/{code}/undelivered.",
        ),
        Query(
            never_empty(
                "sum by (group) "
                f'(increase(monitor_delivery_attempts_total{{{HOOK},outcome="failed"}}[$__range]))'
            ),
            "{{group}}",
        ),
        unit=COUNT,
        steps=PLAIN,
        link="DeliveryLossBudgetFast",
    ),
]


def hospital() -> Dashboard:
    """One provider at a time."""
    return board(
        "hospital",
        words="单个定点医药机构：调用、拒付、送达。One provider: its calls, its rejections, delivery.",
        rows=[
            ("调用与拒付 Calls and rejections", CALLS),
            ("送达 Delivery", DELIVERY),
            ("各组送达 Delivery by group", GROUPS),
        ],
        variables=[
            choice("provider", "机构", "monitor_provider_verdicts_total", several=False),
            choice("year", "预算年度", "monitor_fund_budget_yuan", several=False),
        ],
        since="now-24h",
        refresh="1m",
    )
