"""Alerts on the work of the fraud desk: more than it can take, and what it has left lying."""

from typing import Final

from deploy.prometheus.model import Alert, Case, Text

INCIDENT_FLOOD = Alert(
    name="IncidentFlood",
    expr="sum(increase(monitor_notifications_total[5m])) > 100",
    severity="critical",
    team="fraud",
    dashboard="fraud-desk",
    summary=Text("线索暴增，已暂停逐条通知", "A flood of incidents; single notifications are held back"),
    description=Text(
        "五分钟内 {{ $value | humanize }} 起需通知；多为名册或限额配置错误，请先看看板再处理。",
        "{{ $value | humanize }} within 5 min that would each tell somebody; mostly a wrong table or limit. "
        "Look at the dashboard first.",
    ),
    silent=Case(
        why="a hundred within five minutes",
        series={'monitor_notifications_total{rule_id="LOC-PHARMACY-BURST"}': "0x5 20 40 60 80 100x3"},
        at="10m",
    ),
    fires=Case(
        why="a hundred and one within five minutes, of two rules",
        series={
            'monitor_notifications_total{rule_id="LOC-PHARMACY-BURST"}': "0x5 20 40 60 80 100x3",
            'monitor_notifications_total{rule_id="LOC-DECEASED"}': "0x7 1x5",
        },
        at="10m",
        labels=({},),
        values=("101",),
    ),
)

RULE_FLOODS = Alert(
    name="RuleFloods",
    expr="sum by (rule_id) (increase(monitor_notifications_total[1h])) > 50",
    severity="warning",
    team="fraud",
    dashboard="fraud-desk",
    summary=Text("规则 {{ $labels.rule_id }} 的通知过多", "Rule {{ $labels.rule_id }} tells people too much"),
    description=Text(
        "一小时内 {{ $value | humanize }} 起；核实是真实案情还是限额、名册有误，必要时改为 shadow。",
        "{{ $value | humanize }} within an hour; find out whether it is true, or a limit or table is wrong; "
        "else let it watch in shadow.",
    ),
    silent=Case(
        why="two rules with 50 each within an hour",
        series={
            'monitor_notifications_total{rule_id="LOC-PHARMACY-BURST"}': "0x30 50x90",
            'monitor_notifications_total{rule_id="LOC-DECEASED"}': "0x30 50x90",
        },
        at="60m",
    ),
    fires=Case(
        why="one rule with 51 within an hour",
        series={
            'monitor_notifications_total{rule_id="LOC-PHARMACY-BURST"}': "0x30 51x90",
            'monitor_notifications_total{rule_id="LOC-DECEASED"}': "0x30 50x90",
        },
        at="60m",
        labels=({"rule_id": "LOC-PHARMACY-BURST"},),
        values=("51",),
    ),
)

INCIDENTS_OVERDUE = Alert(
    name="IncidentsOverdue",
    expr="sum(monitor_incidents_overdue) > 0",
    lasts="15m",
    severity="warning",
    team="fraud",
    dashboard="fraud-desk",
    summary=Text("{{ $value | humanize }} 起线索逾期未处理", "{{ $value | humanize }} incidents are overdue"),
    description=Text(
        "已通知的线索超过时限（MONITOR_INCIDENT_DUE_HOURS）仍无人处理；monitor incidents list --overdue 列出，重者在前。",
        "Nobody acted in time (MONITOR_INCIDENT_DUE_HOURS) on incidents that people were told of; `monitor incidents list"
        " --overdue` lists them, the gravest first.",
    ),
    silent=Case(
        why="somebody acts on it within a quarter of an hour, and the worker that counted it is restarted",
        series={
            'monitor_incidents_overdue{instance="w1:8081",severity="1"}': "0x2 1x14 0x5 _x3 0x9",
            'monitor_incidents_overdue{instance="w1:8081",severity="2"}': "0x30",
        },
        at="30m",
    ),
    fires=Case(
        why="two of different severity lie with two workers",
        series={
            'monitor_incidents_overdue{instance="w1:8081",severity="1"}': "1x30",
            'monitor_incidents_overdue{instance="w2:8081",severity="3"}': "1x30",
        },
        at="20m",
        labels=({},),
        values=("2",),
    ),
)

DESK: Final = (INCIDENT_FLOOD, RULE_FLOODS, INCIDENTS_OVERDUE)
