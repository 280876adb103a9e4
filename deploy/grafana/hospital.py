"""For the hospital liaison: one provider, what it asks, what it is refused, whether it hears of it."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.board import board, choice
from deploy.grafana.panels import COUNT, PER_SECOND, SECONDS, SHARE, YUAN, Query, bars, lines, number
from deploy.grafana.promql import net, never_empty
from deploy.grafana.words import PLAIN, Steps, Words

ITS = '{provider="$provider"}'
REFUSED = '{provider="$provider",decision="reject"}'
HOOK = 'channel="webhook"'
YEAR = "now/y"
BUDGET = 'max(monitor_fund_budget_yuan{provider="$provider",year="$year"})'

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
            ("等待送达（全部机构）", "Waiting to be delivered, all providers"),
            "等待送达医院的拒付与更正，全部机构合计；单个机构的清单见 GET /providers/{code}/verdicts。",
            "Rejections and their revisions that hospitals have not got yet: delivery has no series of one provider. "
            "Its own list is GET /providers/{code}/verdicts.",
        ),
        Query(never_empty(f"sum(monitor_delivery_pending{{{HOOK}}})")),
        unit=COUNT,
        steps=Steps(yellow=100, red=1000),
        link="DeliveryStuck",
    ),
    number(
        Words(
            ("最早未送达（全部机构）", "Oldest not delivered, all providers"),
            "最早一条未送达消息的等待时间；多为个别医院接收故障。",
            "Age of the oldest message that waits; mostly one hospital that does not answer.",
        ),
        Query(never_empty(f"max(monitor_delivery_oldest_seconds{{{HOOK}}})")),
        unit=SECONDS,
        steps=Steps(yellow=60, red=3600),
        link="DeliveryStuck",
    ),
    bars(
        Words(
            ("送达结果（全部机构）", "Deliveries by outcome, all providers"),
            "所选时段内的送达尝试：成功、重试、失败。",
            "Attempts in the time range: sent, retried, failed.",
        ),
        Query(
            never_empty(f"sum by (outcome) (increase(monitor_delivery_attempts_total{{{HOOK}}}[$__range]))"),
            "{{outcome}}",
        ),
        unit=COUNT,
        steps=PLAIN,
        link="DeliveryLossBudgetFast",
    ),
    lines(
        Words(
            ("送达时间 p99（全部机构）", "Delivery latency p99, all providers"),
            "从提交到送达；目标 1 秒内。0 为所选时段内没有送达。",
            "From a record to its delivery; the aim is 1 s. 0: nothing was delivered.",
        ),
        Query(
            never_empty(
                "histogram_quantile(0.99, sum by (le) "
                f"(rate(monitor_delivery_latency_seconds_bucket{{{HOOK}}}[$__rate_interval]))) > 0"
            ),
            "p99",
        ),
        unit=SECONDS,
        steps=Steps(yellow=1, red=5),
        link="DeliveryStuck",
    ),
]


def hospital() -> Dashboard:
    """One provider at a time."""
    return board(
        "hospital",
        words="单个定点医药机构：调用、拒付、送达。One provider: its calls, its rejections, delivery.",
        rows=[("调用与拒付 Calls and rejections", CALLS), ("送达 Delivery", DELIVERY)],
        variables=[
            choice("provider", "机构", "monitor_provider_verdicts_total", several=False),
            choice("year", "预算年度", "monitor_fund_budget_yuan", several=False),
        ],
        since="now-24h",
        refresh="1m",
    )
