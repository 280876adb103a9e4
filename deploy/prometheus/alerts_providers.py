"""Alerts for those who talk to hospitals and pharmacies."""

from typing import Final

from deploy.prometheus.model import Alert, Case, Text

_SKEW: Final = "monitor_provider_clock_skew_seconds"
_INFO: Final = "monitor_provider_info"
_VERDICTS: Final = "monitor_provider_verdicts_total"
_NINE_DAYS: Final = 9 * 24


def _info(*codes: str, region: str = "430102") -> dict[str, str]:
    return {f'{_INFO}{{provider="{code}",region="{region}"}}': f"1x{_NINE_DAYS * 6}" for code in codes}


def _trade(code: str, hours: int, per_step: float = 2) -> dict[str, str]:
    """One that settles for so many hours, and from then on nothing: steps of ten minutes."""
    steps = hours * 6
    flat = _NINE_DAYS * 6 - steps
    values = f"0+{per_step:g}x{steps} {per_step * steps:g}x{flat}"
    return {f'{_VERDICTS}{{provider="{code}",decision="pass"}}': values}


PROVIDER_CLOCK_SKEW = Alert(
    name="ProviderClockSkew",
    expr=(
        "(provider:monitor_clock_skew_seconds:max30m > 300\n"
        "or\n"
        "provider:monitor_clock_skew_seconds:max30m < -300\n"
        "unless on () (quantile(0.5, provider:monitor_clock_skew_seconds:max30m) < -300))\n"
        "* on (provider) group_left (region) provider:monitor_info:max"
    ),
    lasts="15m",
    severity="warning",
    team="hospital",
    dashboard="hospital",
    summary=Text(
        "机构 {{ $labels.provider }} 的时钟不准", "The clock of provider {{ $labels.provider }} is wrong"
    ),
    description=Text(
        "与平台相差 {{ $value | humanizeDuration }}（负数为落后或上传积压），其记录会被判迟到。",
        "{{ $value | humanizeDuration }} apart from the platform's (below 0: behind, or its calls are held up); "
        "its records count as late.",
    ),
    silent=Case(
        why="one is just 300 s ahead, and one that was offline for an hour is up to date again",
        series={
            **_info("P1", "P2", "P3"),
            f'{_SKEW}{{provider="P1"}}': "300x60",
            f'{_SKEW}{{provider="P2"}}': "-3600x40 -2x20",
            f'{_SKEW}{{provider="P3"}}': "-2x60",
        },
        at="60m",
    ),
    fires=Case(
        why="one is 301 s ahead and one 301 s behind, while most are right",
        series={
            **_info("P1", "P2", "P3", "P4"),
            f'{_SKEW}{{provider="P1"}}': "301x60",
            f'{_SKEW}{{provider="P2"}}': "-301x60",
            f'{_SKEW}{{provider="P3"}}': "-2x60",
            f'{_SKEW}{{provider="P4"}}': "-1x60",
        },
        at="60m",
        labels=({"provider": "P1", "region": "430102"}, {"provider": "P2", "region": "430102"}),
        values=("5m 1s", "-5m 1s"),
    ),
)

FEED_DELAYED = Alert(
    name="FeedDelayed",
    expr="quantile(0.5, provider:monitor_clock_skew_seconds:max30m) < -300",
    lasts="15m",
    severity="critical",
    team="platform",
    dashboard="pipeline",
    summary=Text("整个数据流延迟到达", "The feed as a whole comes late"),
    description=Text(
        "半数以上机构的记录迟到（中位数 {{ $value | humanizeDuration }}）：上游写入积压，或我方时钟超前。",
        "More than half of all providers' records are late (median {{ $value | humanizeDuration }}): "
        "the log's writer is behind, or our clocks are ahead.",
    ),
    silent=Case(
        why="half of the providers are an hour behind, the others are not",
        series={f'{_SKEW}{{provider="P1"}}': "-3600x60", f'{_SKEW}{{provider="P2"}}': "3000x60"},
        at="60m",
    ),
    fires=Case(
        why="two of three providers are 301 s behind",
        series={
            f'{_SKEW}{{provider="P1"}}': "-301x60",
            f'{_SKEW}{{provider="P2"}}': "-301x60",
            f'{_SKEW}{{provider="P3"}}': "-1x60",
        },
        at="60m",
        labels=({},),
        values=("-5m 1s",),
    ),
)

PROVIDER_SILENT = Alert(
    name="ProviderSilent",
    expr=(
        "(provider:monitor_verdicts:expected2h >= 20\n"
        "unless on (provider)\n"
        "provider:monitor_verdicts:increase2h > 0)\n"
        "* on (provider) group_left (region) provider:monitor_info:max"
    ),
    lasts="30m",
    severity="warning",
    team="hospital",
    dashboard="hospital",
    summary=Text(
        "机构 {{ $labels.provider }} 两小时无业务",
        "Provider {{ $labels.provider }} has been silent for two hours",
    ),
    description=Text(
        "昨天和上周同一时段至少有 {{ $value | humanize }} 笔；接口可能中断，或机构绕过了监测。",
        "Yesterday and a week ago it had at least {{ $value | humanize }} calls at this time; "
        "its line is cut, or it goes around us.",
    ),
    silent=Case(
        why="one that has less than 20 calls in two hours stops, one that has 24 goes on",
        series={**_info("P1", "P2"), **_trade("P1", 190, per_step=1.66), **_trade("P2", 216)},
        at="194h",
        step="10m",
    ),
    fires=Case(
        why="one that has 20 calls in two hours says nothing more, the other goes on",
        series={**_info("P1", "P2"), **_trade("P1", 190, per_step=1.67), **_trade("P2", 216)},
        at="194h",
        step="10m",
        labels=({"provider": "P1", "region": "430102"},),
        values=("20.04",),
    ),
)

REGION_SILENT = Alert(
    name="RegionSilent",
    expr=(
        "region:monitor_silent_providers:count / region:monitor_expected_providers:count > 0.5\n"
        "and\n"
        "region:monitor_expected_providers:count >= 3"
    ),
    lasts="10m",
    severity="critical",
    team="platform",
    dashboard="hospital",
    summary=Text(
        "{{ $labels.region }} 地区多数机构无业务", "Most providers of region {{ $labels.region }} are silent"
    ),
    description=Text(
        "{{ $value | humanizePercentage }} 的机构两小时无业务：该地区线路或前置机中断，而非个别机构。",
        "{{ $value | humanizePercentage }} have said nothing for two hours: "
        "the region's line or front end, not single providers.",
    ),
    silent=Case(
        why="two of four providers are silent",
        series={
            **_info("P1", "P2", "P3", "P4"),
            **_trade("P1", 190),
            **_trade("P2", 190),
            **_trade("P3", 216),
            **_trade("P4", 216),
        },
        at="194h",
        step="10m",
    ),
    fires=Case(
        why="three of four providers of a region are silent, and one of another",
        series={
            **_info("P1", "P2", "P3", "P4"),
            **_info("P5", region="430103"),
            **_trade("P1", 190),
            **_trade("P2", 190),
            **_trade("P3", 190),
            **_trade("P4", 216),
            **_trade("P5", 190),
        },
        at="194h",
        step="10m",
        labels=({"region": "430102"},),
        values=("75%",),
    ),
)

GATEWAY_REFUSES = Alert(
    name="GatewayRefusesCalls",
    expr=(
        'sum(increase(monitor_gateway_refused_total{status=~"401|403"}[15m]))\n'
        "/\n"
        "(sum(increase(monitor_gateway_refused_total[15m])) + sum(increase(monitor_gateway_calls_total[15m]))) > 0.05"
    ),
    lasts="10m",
    severity="warning",
    team="hospital",
    dashboard="gateway",
    summary=Text("网关拒绝了不少调用（令牌不符）", "The gateway turns calls away (tokens)"),
    description=Text(
        "{{ $value | humanizePercentage }} 的调用令牌缺失、错误或属于他人；多为机构更换系统后未更新令牌。",
        "{{ $value | humanizePercentage }} of calls have no token, a wrong one or somebody else's; "
        "mostly a provider that changed its system.",
    ),
    silent=Case(
        why="one call in twenty has a wrong token, and others are too large",
        series={
            'monitor_gateway_refused_total{path="/fsi/api",status="401"}': "0+5x40",
            'monitor_gateway_refused_total{path="/fsi/api",status="413"}': "0+10x40",
            'monitor_gateway_calls_total{infno="3102",infcode="0"}': "0+85x40",
        },
        at="40m",
    ),
    fires=Case(
        why="six calls in a hundred have a wrong token",
        series={
            'monitor_gateway_refused_total{path="/fsi/api",status="403"}': "0+6x40",
            'monitor_gateway_calls_total{infno="3102",infcode="0"}': "0+94x40",
        },
        at="40m",
        labels=({},),
        values=("6%",),
    ),
)

HOOK_TAKES_NOTHING = Alert(
    name="HookTakesNothing",
    expr='max by (group) (monitor_delivery_oldest_seconds{channel="webhook"}) > 3600',
    lasts="10m",
    severity="warning",
    team="hospital",
    dashboard="hospital",
    summary=Text(
        "{{ $labels.group }} 组有机构超过一小时收不到拒付通知",
        "A provider of group {{ $labels.group }} has taken no notice for over an hour",
    ),
    description=Text(
        "最旧的通知已等待 {{ $value | humanizeDuration }}；courier 日志写明是哪家机构，请其检查接收地址。",
        "The oldest notice waits for {{ $value | humanizeDuration }}; the courier's log names the provider. "
        "Ask it to look at its receiver.",
    ),
    silent=Case(
        why="a hospital restarts its receiver for an hour, and Alertmanager is nobody's web hook",
        series={
            'monitor_delivery_oldest_seconds{channel="webhook",group="H3"}': "0x9 60+60x59 0x90",
            'monitor_delivery_oldest_seconds{channel="alertmanager",group=""}': "9000x160",
        },
        at="80m",
    ),
    fires=Case(
        why="one of two groups has had a notice waiting for over an hour, for ten minutes",
        series={
            'monitor_delivery_oldest_seconds{channel="webhook",group="H3"}': "4000x30",
            'monitor_delivery_oldest_seconds{channel="webhook",group="pharmacy"}': "3x30",
        },
        at="15m",
        labels=({"group": "H3"},),
        values=("1h 6m 40s",),
    ),
)

PROVIDERS: Final = (
    *(PROVIDER_CLOCK_SKEW, FEED_DELAYED, PROVIDER_SILENT, REGION_SILENT, GATEWAY_REFUSES),
    HOOK_TAKES_NOTHING,
)
