"""The form of every JSON object that the monitor gives out (contract §2): what `to_json` makes and others read.

These are types, not classes that anybody makes: the checker of types holds `to_json` to them, and what is published
(docs/interfaces) is generated from them and from the texts below each field. So a field is described once, here.
Amounts are decimal strings with two digits, times RFC 3339 with +08:00, a person is a token.
"""

from enum import StrEnum
from typing import Annotated, Any, NotRequired, TypedDict

from msgspec import Meta

from monitor.outputs import Decision, Kind, State, Status


def _json(**keywords: Any) -> Meta:  # noqa: ANN401 - whatever JSON Schema allows
    return Meta(extra_json_schema=keywords)


def one_of(words: type[StrEnum]) -> Meta:
    """One of these words, as text."""
    return _json(enum=[word.value for word in words])


OPEN = _json(**{"x-open-enum": True})
"""The list of words may grow within a release: who meets another one takes it for text."""

Amount = Annotated[str, Meta(pattern=r"^-?\d+\.\d{2}$", examples=["128.50"])]
Time = Annotated[
    str,
    Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$", examples=["2026-03-10T09:01:00+08:00"]),
    _json(format="date-time"),
]
Token = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")]
Id = Annotated[str, Meta(pattern=r"^[0-9a-f]{24}$")]
Code = Annotated[str, Meta(max_length=128)]
Count = Annotated[int, Meta(ge=0)]
Severity = Annotated[int, Meta(ge=1, le=3)]


class ResultDetail(TypedDict):
    """疑点明细:一条费用或医嘱。 One charge line or order of a result (judge_result_detail_dtos)."""

    jrd_id: Annotated[str, Meta(max_length=60)]
    """明细编号。 jr_id and the number of the detail."""
    patn_id: str
    """患者:主题中为令牌,网关应答中为调用方自己的 patn_id。 The patient: the token; to the caller its own patn_id."""
    mdtrt_id: Code
    """就诊 ID。 The visit."""
    rx_id: Code
    """处方(医嘱)或费用明细号。 The order, or feedetl_sn of the charge line."""
    vola_item_type: Annotated[str, _json(enum=["1", "2"])]
    """1 违规项目,2 涉及项目。 1 breaching, 2 involved."""
    vola_amt: Amount
    """该明细金额,元。 Amount of the line, yuan."""


class Result(TypedDict):
    """违规结果(国家接口 result 对象)。 One breach, as the national interface's `result` object."""

    jr_id: Annotated[str, Meta(max_length=50)]
    """结果编号,3103 反馈与申诉凭此编号。 Its reference: what a 3103 and an appeal name."""
    rule_id: Annotated[str, Meta(max_length=50)]
    """规则编号。 The rule."""
    rule_name: Annotated[str, Meta(max_length=200)]
    """规则名称。 Its name."""
    vola_cont: Annotated[str, Meta(max_length=500)]
    """违规内容。 What is wrong."""
    patn_id: str
    """患者,同明细。 The patient, as in the details."""
    mdtrt_id: Code
    """就诊 ID。 The visit."""
    judge_result_detail_dtos: list[ResultDetail]
    """涉及的明细。 The lines that it is about."""
    vola_amt: Amount
    """违规金额,元。 Amount in breach, yuan."""
    vola_amt_stas: Annotated[str, _json(enum=["0", "1"])]
    """1 金额已确定,0 无金额。 Whether the amount is determined."""
    sev_deg: Annotated[str, _json(enum=["1", "2", "3"])]
    """1 明确违规,2 高度可疑,3 轻度可疑。 1 definite breach, 2 highly suspect, 3 slightly suspect."""
    vola_evid: Annotated[str, Meta(max_length=500)]
    """违规依据。 The evidence in words."""
    vola_bhvr_type: Annotated[str, _json(enum=["1", "2"])]
    """1 就诊,2 项目。 1 the visit, 2 items of it."""
    task_id: Code
    """3101、3102 的任务号,结算为空。 Of a 3101 or 3102; empty for settlements."""


class Appeal(TypedDict):
    """申诉途径。 How to object to a refusal."""

    text: str
    """说明。 What to do."""
    contact: str
    """受理机构。 Whom to turn to."""
    until: Time
    """截止时间。 Until when."""
    reference: Annotated[str, Meta(max_length=50)]
    """凭此 jr_id 申诉。 The jr_id to name."""


class Verdict(TypedDict):
    """审核裁决:每次 3101、3102 和每笔有效结算一条,作出后不再更改。 The answer to a check call or a settlement.

    Given once, never recalled: what holds later is the finding.
    """

    verdict_id: Id
    """裁决编号,同一调用重发得到同一编号。 Its id; a repeat of the call carries the same."""
    msgid: Code
    """调用的 msgid。 msgid of the call."""
    infno: Code
    """交易编号。 What was called."""
    provider: Code
    """定点医药机构编码。 fixmedins_code."""
    person: Token
    """参保人令牌。 Token of the insured person."""
    mdtrt_id: Code
    """就诊 ID,可为空。 The visit; may be empty."""
    decision: Annotated[str, one_of(Decision)]
    """通过、提醒、拒付、未审核。 pass, remind, reject, or unchecked: the audit itself failed."""
    amount_refused: Amount
    """拒付金额,元;不拒付时为 0.00。 What is refused, yuan; 0.00 unless the decision is reject."""
    results: list[Result]
    """违规结果。 The breaches."""
    rules_version: str
    """规则库版本。 Version of the rules."""
    appeal: Appeal | None
    """拒付时的申诉途径,否则为空。 How to object, of a reject; else null."""
    fund_at_issue: Amount | None
    """结算涉及的基金金额,其他调用为空。 Of a settlement what the fund does not pay; else null."""


class Evidence(TypedDict):
    """认定所依据的一次结算或调用。 A settlement or call that a finding rests on."""

    msgid: Code
    """调用的 msgid。 msgid of the call."""
    infno: Code
    """交易编号。 What was called."""
    setl_id: Code | None
    """结算 ID,非结算为空。 The settlement, null where it is none."""
    at: Time
    """发生时间。 Event time."""
    person: Token
    """参保人令牌。 Token of the insured person."""


class Line(TypedDict):
    """认定涉及的一条费用明细。 A charge line that a finding names."""

    feedetl_sn: Code
    """费用明细号(医嘱为 rx_id)。 Number of the line; of an order rx_id."""
    item: Code
    """医保目录编码。 med_list_codg, of an order hilist_code."""
    cnt: int | float
    """数量。 Quantity."""
    amount: Amount
    """金额,元。 Yuan."""
    at: Time
    """费用发生时间。 fee_ocur_time."""
    role: Annotated[str, _json(enum=["breaching", "involved"])]
    """违规或涉及。 Whether it breaches, or is only involved."""


Window = TypedDict(
    "Window",
    {
        "from": Annotated[Time, Meta(description="起。 First second.")],
        "to": Annotated[Time, Meta(description="止。 Last second.")],
    },
)
Window.__doc__ = "时间窗。 A span of time, both ends included."


class Finding(TypedDict):
    """规则对事实的认定;同一 finding_id 以 revision 最高者为准。 A rule's statement about facts.

    The same finding_id may come again with a higher revision: the last one counts.
    """

    finding_id: Id
    """认定编号,由规则和事实决定。 Its id: the same facts give the same."""
    revision: Annotated[int, Meta(ge=1)]
    """版次,从 1 起。 From 1 on."""
    rule_id: Code
    """规则编号。 The rule."""
    rule_version: str
    """规则版本。 Version of the rule."""
    rule_name: str
    """规则名称。 Its name."""
    kind: Annotated[str, one_of(Kind)]
    """提醒、拒付、不符、聚集、线索。 What it is for: the window, or the bureau (burst, lead)."""
    severity: Severity
    """1 明确违规,2 高度可疑,3 轻度可疑。 1 definite breach, 2 highly suspect, 3 slightly suspect."""
    status: Annotated[str, one_of(Status)]
    """成立或已撤销。 Open until its facts are gone."""
    provider: Code
    """定点医药机构编码。 fixmedins_code; where several, that of the last evidence."""
    person: Token | None
    """参保人令牌,涉及多人时为空。 Token of the person; null where several."""
    amount: Amount
    """涉及金额,元。 Yuan."""
    occurred_at: Time
    """最后一次事实的时间。 Time of the last evidence."""
    window: Window | None
    """聚集的起止时间,其他为空。 Of a burst from its first to its last settlement; else null."""
    observed: int | float | None
    """实际值,单位同限值。 What was observed, in the unit of the limit."""
    limit: int | float | None
    """限值。 What the rule allows."""
    evidence: Annotated[list[Evidence], Meta(max_length=200)]
    """依据,最后 200 条。 The last 200."""
    evidence_count: Count
    """依据总数。 How many there are."""
    lines: Annotated[list[Line], Meta(max_length=200)]
    """费用明细,最后 200 条。 The last 200."""
    law: str
    """法规依据。 Legal basis."""
    late: bool
    """依据了迟到的记录。 It rests on a record that came late."""
    shadow: bool
    """试运行规则:不产生裁决和事件。 Of a rule on trial: no verdict, no incident."""


class Incident(TypedDict):
    """事件:同一规则、同一对象、时间相连的认定。 Findings of one rule and subject that belong together in time."""

    incident_id: Id
    """事件编号。 Its id, from rule, subject and first live finding."""
    rule_id: Code
    """规则编号。 The rule."""
    provider: Code
    """定点医药机构编码。 fixmedins_code."""
    person: Token | None
    """参保人令牌,涉及多人时为空。 Token of the person, when all findings are of one."""
    severity: Severity
    """最严重的等级。 The gravest of its findings; 1 is graver than 3."""
    state: Annotated[str, one_of(State)]
    """进行中、已结束、已撤销。 Open, resolved by time, or withdrawn with all its findings."""
    opened_at: Time
    """开始时间。 First event."""
    last_seen_at: Time
    """最后发生时间。 Last event."""
    resolved_at: Time | None
    """结束时间。 When it was over; else null."""
    findings: Count
    """认定数。 How many findings."""
    persons: Count
    """人数,超过 200 条依据时为下限。 How many persons; a lower bound beyond 200 evidences."""
    amount: Amount
    """涉及金额,元,每条明细计一次。 Yuan, each line once."""
    summary: str
    """一句话说明。 One line for the person on duty."""
    runbook_url: str
    """处置手册。 What to do."""
    revision: Annotated[int, Meta(ge=1)]
    """版次,从 1 起。 From 1 on; the last one counts."""
    priority: Annotated[int, Meta(ge=1, le=100)]
    """优先级,100 最高。 100 is the highest."""
    notify: bool
    """是否通知人员。 Whether a person is told."""
    successor: NotRequired[Id]
    """由此事件接替(撤销时)。 Of a withdrawn one: the incident that goes on with its story."""


class Feedback(TypedDict):
    """医师对提醒的处理(3103)。 What a doctor did with a warning."""

    jr_id: Annotated[str, Meta(max_length=50)]
    """提醒的结果编号。 The result that warned."""
    rule_id: Code
    """规则编号。 The rule."""
    provider: Code
    """定点医药机构编码。 fixmedins_code."""
    dspo_way: Annotated[str, _json(enum=["1", "2"])]
    """1 继续执行,2 返回修改。 1 went on, 2 went back to edit."""
    at: Time
    """反馈时间。 When."""
