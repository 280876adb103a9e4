"""For the fraud desk: what was found, at whom, how it goes on, and what it is worth."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.board import board, choice
from deploy.grafana.links import HOSPITAL
from deploy.grafana.panels import COUNT, SHARE, YUAN, Columns, Matrix, Query, bars, lines, number, rows
from deploy.grafana.promql import BURSTS, MISMATCHES, net, never_empty
from deploy.grafana.words import PLAIN, Steps, Words

NEW = 'monitor_group_findings_total{group=~"$group",rule_id=~"$rule_id"}'
GROUP = '{group=~"$group"}'
PAID = 'sum by (provider) (increase(monitor_fund_paid_yuan_total{provider!="other"}[$__range]))'
BACK = 'sum by (provider) (increase(monitor_fund_back_yuan_total{provider!="other"}[$__range]))'
BUDGET = 'max by (provider) (monitor_fund_budget_yuan{year="$year"})'
YEAR = "now/y"


def _new_of(rules: str) -> str:
    """New findings of these rules (a regular expression) over time."""
    chosen = f'group=~"$group",rule_id=~"{rules}"'
    return f"sum by (rule_id) (increase(monitor_group_findings_total{{{chosen}}}[$__rate_interval]))"


MONEY = [
    number(
        Words(
            ("拒付净额", "Refused, net"),
            "所选时段内结算拒付金额，已扣除冲正、撤回与缩减。",
            "Of settlements in the time range, net of reversals, withdrawals and findings that shrank.",
        ),
        Query(net("refused", where=GROUP)),
        unit=YUAN,
        steps=PLAIN,
    ),
    number(
        Words(
            ("事前拦截净额", "Prevented, net"),
            "3102 拒绝且未结算的金额；7 天内以同一处方明细结算的部分已扣回。",
            "Rejected by a 3102 and not settled; what the visit settles under the same number within 7 days is taken off.",
        ),
        Query(net("prevented", where=GROUP)),
        unit=YUAN,
        steps=PLAIN,
    ),
    number(
        Words(
            ("基金支付净额", "Paid by the fund, net"),
            "所选时段内统筹基金支付，已扣除冲正。",
            "fund_pay_sumamt of settlements in the time range, net of reversals.",
        ),
        Query(net("fund_paid")),
        unit=YUAN,
        steps=PLAIN,
    ),
    rows(
        Words(
            ("各机构分组的拒付与拦截", "Refused and prevented by provider group"),
            "分组取自机构目录的 group 列；没有分组的按药店、医院等级。",
            "Groups are the column `group` of the table of providers, else pharmacy or the hospital's level.",
        ),
        Query(net("refused", by="group", where=GROUP)),
        Query(net("prevented", by="group", where=GROUP)),
        unit=YUAN,
        steps=PLAIN,
        columns=Columns(
            by="group", names={"group": "分组 group", "A": "拒付 refused", "B": "拦截 prevented"}
        ),
    ),
    rows(
        Words(
            ("基金支付与年度预算（本年）", "Fund paid against the year's budget"),
            "本年支付净额、年度预算及使用率；80% 起提示，100% 为超支。预算来自参考表 fund_budget；需保留 400 天数据。",
            "This year's payments net of reversals, the budget (table fund_budget) and the share used; from 80 % on a "
            "warning. Prometheus must keep 400 days.",
        ),
        Query(f"({PAID} - {BACK}) and on (provider) {BUDGET}"),
        Query(BUDGET),
        Query(f"({PAID} - {BACK}) / on (provider) {BUDGET}"),
        unit=YUAN,
        steps=Steps(yellow=0.8, red=1),
        span=24,
        columns=Columns(
            by="provider",
            names={"provider": "机构 provider", "A": "已支付 paid", "B": "预算 budget", "C": "使用率 used"},
            units={"C": SHARE},
            drill=("机构 provider", HOSPITAL),
        ),
        since=YEAR,
    ),
]

FOUND = [
    lines(
        Words(
            ("新增发现（按规则）", "New findings by rule"),
            "每个时间点新产生的发现数，不含试运行规则。",
            "Findings that were new, none in shadow.",
        ),
        Query(f"sum by (rule_id) (increase({NEW}[$__rate_interval]))", "{{rule_id}}"),
        unit=COUNT,
        span=12,
        stacked=True,
        link="RuleFloods",
    ),
    rows(
        Words(
            ("规则 × 机构分组", "Rules by provider group"),
            "所选时段内的新增发现。一列异常高：该组集中违规；一行异常高：规则或参考表可能有误。",
            "New findings in the time range. A high column is a group to visit, a high row may be a wrong limit or table.",
        ),
        Query(f"sum by (rule_id, group) (increase({NEW}[$__range]))"),
        unit=COUNT,
        steps=PLAIN,
        columns=Matrix("rule_id", "group"),
        link="RuleFloods",
    ),
    rows(
        Words(
            ("发现最多的机构", "Providers with the most findings"),
            "所选时段内新增发现最多的 15 家；点击查看该机构。",
            "The first fifteen in the time range; each leads to its own dashboard.",
        ),
        Query("topk(15, sum by (provider) (increase(monitor_provider_findings_total[$__range])))"),
        unit=COUNT,
        steps=Steps(yellow=20, red=100),
        span=8,
        columns=Columns(
            by="provider",
            names={"provider": "机构 provider", "A": "发现 findings"},
            drill=("机构 provider", HOSPITAL),
        ),
    ),
    lines(
        Words(
            ("突发线索", "Bursts over time"),
            "刷卡集中、同卡反复、一卡多店、结算后退费。",
            "Cards in bursts at one pharmacy, one card again and again or at several, settle-refund cycles.",
        ),
        Query(
            _new_of(BURSTS),
            "{{rule_id}}",
        ),
        unit=COUNT,
        link="IncidentFlood",
    ),
    bars(
        Words(
            ("试运行规则", "Rules in shadow"),
            "试运行规则的发现：不提醒、不拒付、不成线索；供决定是否启用。",
            "What rules in shadow would have said; nobody was told. For deciding whether to switch them on.",
        ),
        Query(
            never_empty('sum by (rule_id) (increase(monitor_findings_total{shadow="yes"}[$__range]))'),
            "{{rule_id}}",
        ),
        unit=COUNT,
        steps=PLAIN,
    ),
]

STORIES = [
    bars(
        Words(
            ("未结线索（按规则）", "Open incidents by rule"),
            "当前未结线索最多的规则。",
            "Rules with the most incidents that are open now.",
        ),
        Query("topk(12, sum by (rule_id) (monitor_incidents_open))", "{{rule_id}}"),
        unit=COUNT,
        steps=Steps(yellow=20, red=100),
        link="IncidentFlood",
    ),
    lines(
        Words(
            ("线索变化与通知", "Changes of incidents, and notifications"),
            "线索的新增、结案、撤回，以及应当通知人员的数量。",
            "Incidents opened, resolved and withdrawn, and those that a person was to be told of.",
        ),
        Query("sum by (state) (increase(monitor_incidents_total[$__rate_interval]))", "{{state}}"),
        Query(never_empty("sum(increase(monitor_notifications_total[$__rate_interval]))"), "通知 notified"),
        unit=COUNT,
        link="IncidentFlood",
    ),
    lines(
        Words(
            ("人脸核验结果", "Face checks by result"),
            "9601 与 9602：通过、失败、审核中、特殊登记、免核。失败比例突增先查设备。",
            "9601 by result, and 9602 (excused). A sudden share of failures is a camera before it is a fraud.",
        ),
        Query("sum by (result) (increase(monitor_face_checks_total[$__rate_interval]))", "{{result}}"),
        unit=COUNT,
        stacked=True,
    ),
    lines(
        Words(
            ("人证不符与到场缺失", "Mismatches of face and presence"),
            "人脸不符（LOC-FACE-MISMATCH）与透析未到场（LOC-DIALYSIS-ABSENT）的新增发现。",
            "New findings of a face that does not match the card, and of dialysis that nobody came for.",
        ),
        Query(
            _new_of(MISMATCHES),
            "{{rule_id}}",
        ),
        unit=COUNT,
    ),
    number(
        Words(
            ("提醒：采纳与坚持", "Reminders: heeded or overridden"),
            "医生通过 3103 的答复：采纳为返回修改，坚持为说明理由后继续。",
            "What doctors answered with a 3103: heeded is back to edit, overridden is going on with a reason.",
        ),
        Query('sum(increase(monitor_feedback_total{dspo_way="2"}[$__range]))', "采纳 heeded"),
        Query('sum(increase(monitor_feedback_total{dspo_way="1"}[$__range]))', "坚持 overridden"),
        unit=COUNT,
        steps=PLAIN,
        span=4,
    ),
    number(
        Words(
            ("逾期未处理", "Overdue"),
            "已通知人员、超过时限仍无人处理的线索，按严重程度。",
            "Incidents that people were told of and nobody acted on in time, by severity.",
        ),
        Query("sum by (severity) (monitor_incidents_overdue)", "级别 {{severity}}"),
        unit=COUNT,
        steps=Steps(yellow=1, red=10),
        link="IncidentsOverdue",
    ),
    rows(
        Words(
            ("提醒答复（按规则）", "Answers to reminders by rule"),
            "长期被坚持的规则，应核对其限值与参考表。",
            "A rule that doctors always override needs its limits and tables looked at.",
        ),
        Query('sum by (rule_id) (increase(monitor_feedback_total{dspo_way="2"}[$__range]))'),
        Query('sum by (rule_id) (increase(monitor_feedback_total{dspo_way="1"}[$__range]))'),
        unit=COUNT,
        steps=PLAIN,
        span=8,
        columns=Columns(
            by="rule_id", names={"rule_id": "规则 rule", "A": "采纳 heeded", "B": "坚持 overridden"}
        ),
    ),
]


def fraud_desk() -> Dashboard:
    """For who decides which lead is looked at."""
    return board(
        "fraud-desk",
        words="基金监管：发现、线索、人脸核验、提醒答复与金额。Findings, incidents, face checks, money.",
        rows=[("金额 Money", MONEY), ("发现 Findings", FOUND), ("线索与核验 Incidents and checks", STORIES)],
        variables=[
            choice("group", "机构分组", "monitor_group_findings_total"),
            choice("rule_id", "规则", "monitor_group_findings_total"),
            choice("year", "预算年度", "monitor_fund_budget_yuan", several=False),
        ],
        since="now-24h",
        refresh="1m",
    )
