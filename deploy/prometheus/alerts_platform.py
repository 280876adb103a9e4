"""Alerts on what the work stands on: Kafka, the gateway, and what leaves the monitor."""

from typing import Final

from deploy.prometheus.model import Alert, Case, Text

KAFKA_DOWN = Alert(
    name="KafkaDown",
    expr="max(monitor_kafka_up) == 0",
    lasts="1m",
    severity="critical",
    team="platform",
    dashboard="pipeline",
    summary=Text("Kafka 对所有工作进程无应答", "Kafka answers no worker"),
    description=Text(
        "一分钟以上没有任何进程能读取主题元数据；审核调用全部放行，数据在平台侧积压。",
        "No worker could read the topics' metadata for a minute; checks fail open, the feed waits at the platform.",
    ),
    silent=Case(
        why="one of two workers can't reach it",
        series={'monitor_kafka_up{instance="w1:8081"}': "1x9", 'monitor_kafka_up{instance="w2:8081"}': "0x9"},
        at="8m",
    ),
    fires=Case(
        why="neither worker reaches it for a minute",
        series={
            'monitor_kafka_up{instance="w1:8081"}': "1x2 0x6",
            'monitor_kafka_up{instance="w2:8081"}': "1x1 0x7",
        },
        at="4m",
        labels=({},),
        values=("0",),
    ),
)

KAFKA_UNDER_REPLICATED = Alert(
    name="KafkaUnderReplicated",
    expr="max(monitor_kafka_under_replicated_partitions) > 0",
    lasts="5m",
    severity="critical",
    team="platform",
    dashboard="pipeline",
    summary=Text(
        "{{ $value | humanize }} 个 Kafka 分区副本不足",
        "{{ $value | humanize }} partitions of Kafka lack replicas",
    ),
    description=Text(
        "某个 broker 停机或落后；再失去一个副本，写入即停止（min.insync.replicas）。",
        "A broker is down or behind; with one copy less nothing can be written (min.insync.replicas).",
    ),
    silent=Case(
        why="a broker is restarted and its copies are back in five minutes",
        series={'monitor_kafka_under_replicated_partitions{instance="w1:8081"}': "0x2 40x4 0x9"},
        at="9m",
    ),
    fires=Case(
        why="one partition still lacks a copy after five minutes",
        series={'monitor_kafka_under_replicated_partitions{instance="w1:8081"}': "0x2 40x3 1x9"},
        at="8m",
        labels=({},),
        values=("1",),
    ),
)

GATEWAY_DOWN = Alert(
    name="GatewayDown",
    expr='up{job="gateway"} == 0\nor\nabsent(up{job="gateway"})',
    lasts="1m",
    severity="critical",
    team="platform",
    dashboard="gateway",
    summary=Text("网关 {{ $labels.instance }} 无应答", "Gateway {{ $labels.instance }} does not answer"),
    description=Text(
        "一分钟以上无法抓取指标；若全部网关如此，医院端将等到自己的超时。",
        "Not scraped for a minute; where it is all of them, hospitals run into their own time-outs.",
    ),
    silent=Case(
        why="a restart costs one scrape",
        series={'up{job="gateway",instance="g1:8080"}': "1x2 0 1x6"},
        at="4m",
    ),
    fires=Case(
        why="no gateway is known at all for a minute",
        series={'up{job="worker",instance="w1:8081"}': "1x6"},
        at="2m",
        labels=({"job": "gateway"},),
        values=("",),
    ),
)

GATEWAY_BUSY = Alert(
    name="GatewayBusy",
    expr='sum by (instance) (increase(monitor_fail_open_total{reason="busy"}[5m])) > 0',
    severity="warning",
    team="platform",
    dashboard="gateway",
    summary=Text(
        "网关 {{ $labels.instance }} 等待席位已满", "Gateway {{ $labels.instance }} has no place left to wait"
    ),
    description=Text(
        "五分钟内 {{ $value | humanize }} 次调用未经提问直接放行（MONITOR_GATEWAY_WAITING_MAX）。",
        "{{ $value | humanize }} calls in 5 min failed open without being asked about (MONITOR_GATEWAY_WAITING_MAX).",
    ),
    silent=Case(
        why="calls fail open because the budget was over, not for want of room",
        series={
            'monitor_fail_open_total{instance="g1:8080",reason="budget"}': "0+5x9",
            'monitor_fail_open_total{instance="g1:8080",reason="busy"}': "3x9",
        },
        at="8m",
    ),
    fires=Case(
        why="one call found no room",
        series={'monitor_fail_open_total{instance="g1:8080",reason="busy"}': "0x5 1x5"},
        at="8m",
        labels=({"instance": "g1:8080"},),
        values=("1",),
    ),
)

FACE_PICTURES = Alert(
    name="FacePicturesInFeed",
    expr="sum(increase(monitor_pictures_dropped_total[1h])) > 0",
    severity="critical",
    team="platform",
    dashboard="pipeline",
    summary=Text("数据流中出现人脸照片", "Face pictures in the feed"),
    description=Text(
        "一小时内丢弃 {{ $value | humanize }} 张；写入方必须先清空 recog_pic，照片已留在 claims.raw。",
        "{{ $value | humanize }} dropped within an hour; whoever writes the feed must blank recog_pic first, "
        "for they stay in claims.raw.",
    ),
    silent=Case(
        why="the last one came more than an hour ago",
        series={'monitor_pictures_dropped_total{instance="w1:8081"}': "0 7x90"},
        at="90m",
    ),
    fires=Case(
        why="one picture within the hour",
        series={'monitor_pictures_dropped_total{instance="w1:8081"}': "7x60 8x30"},
        at="90m",
        labels=({},),
        values=("1",),
    ),
)

DELIVERY_STUCK = Alert(
    name="DeliveryStuck",
    expr=(
        "max by (channel) (monitor_delivery_oldest_seconds) > 600\n"
        "and on (channel)\n"
        "sum by (channel) (monitor_delivery_pending) > 0\n"
        # One hospital whose web hook is down holds up its own notices alone: that wakes nobody.
        "unless on (channel)\n"
        'sum by (channel) (increase(monitor_delivery_attempts_total{channel="webhook",outcome="sent"}[10m])) > 0'
    ),
    lasts="5m",
    severity="critical",
    team="platform",
    dashboard="hospital",
    summary=Text("{{ $labels.channel }} 投递停滞", "Delivery by {{ $labels.channel }} is stuck"),
    description=Text(
        "最旧一条消息已等待 {{ $value | humanizeDuration }}；线索或拒付通知未送达。",
        "The oldest message has waited for {{ $value | humanizeDuration }}: leads or rejections are not told.",
    ),
    silent=Case(
        why="one hospital takes nothing while others do, and another channel's number is old but nothing waits",
        series={
            'monitor_delivery_oldest_seconds{channel="webhook"}': "900x30",
            'monitor_delivery_pending{channel="webhook"}': "5x30",
            'monitor_delivery_attempts_total{channel="webhook",outcome="sent"}': "0+3x30",
            'monitor_delivery_oldest_seconds{channel="alertmanager"}': "900x30",
            'monitor_delivery_pending{channel="alertmanager"}': "0x30",
        },
        at="16m",
    ),
    fires=Case(
        why="a message has waited for a second more than ten minutes, and in the other channel no hospital takes any",
        series={
            'monitor_delivery_oldest_seconds{channel="webhook"}': "602x30",
            'monitor_delivery_pending{channel="webhook"}': "5x30",
            'monitor_delivery_attempts_total{channel="webhook",outcome="sent"}': "9x30",
            'monitor_delivery_oldest_seconds{channel="alertmanager"}': "601x30",
            'monitor_delivery_pending{channel="alertmanager"}': "1x30",
        },
        at="16m",
        labels=({"channel": "alertmanager"}, {"channel": "webhook"}),
        values=("10m 1s", "10m 2s"),
    ),
)

COURIER_DOWN = Alert(
    name="CourierDown",
    expr='up{job="courier"} == 0',
    lasts="2m",
    severity="critical",
    team="platform",
    dashboard="hospital",
    summary=Text("投递进程 {{ $labels.instance }} 无应答", "Courier {{ $labels.instance }} does not answer"),
    description=Text(
        "两分钟以上无法抓取指标；拒付通知不再推送，机构仍可自行拉取。",
        "Not scraped for two minutes: refusals are not brought to web hooks; providers can still fetch them.",
    ),
    silent=Case(
        why="it is back after a minute, and a site without one is no fault",
        series={'up{job="courier",instance="c1:8082"}': "1x2 0x1 1x9"},
        at="5m",
    ),
    fires=Case(
        why="it is gone for two minutes",
        series={'up{job="courier",instance="c1:8082"}': "1x2 0x9"},
        at="5m",
        labels=({"job": "courier", "instance": "c1:8082"},),
        values=("0",),
    ),
)

PLATFORM: Final = (
    *(
        KAFKA_DOWN,
        KAFKA_UNDER_REPLICATED,
        GATEWAY_DOWN,
        GATEWAY_BUSY,
        FACE_PICTURES,
        DELIVERY_STUCK,
        COURIER_DOWN,
    ),
)
