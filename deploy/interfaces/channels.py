"""Every topic: who writes and who reads it, under which key, and the messages that it carries."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from deploy.interfaces.calls import CALLS
from deploy.interfaces.calls import PREFIX as FEED
from monitor import forms
from monitor.events import Event, TraceSale
from monitor.incidents import form as actions
from monitor.notices import form as notices
from streams import forms as headers
from streams import repair
from streams.topics import Topic

FACT: Final = "fact."
"""Before the names of what travels between stages alone."""
JSON: Final = "application/json"
PIECE: Final = "application/x-msgpack"
BYTES: Final = "application/octet-stream"
VERSIONED: Final = (
    "值为版本字节 0x01 加 MessagePack,此处描述后者。"
    " The value is the version byte 0x01, then MessagePack; this is what the latter holds."
)


class Role(StrEnum):
    """Who stands at the other end, which decides what change breaks it."""

    TAKEN = "taken"
    """Others write it and we read it: what they may write today they must be allowed to write tomorrow."""
    GIVEN = "given"
    """We write it and others read it: what they can read today must be what they get tomorrow."""
    INNER = "inner"
    """Stages of two releases write and read it while one replaces the other: both of it."""


class Message(Struct, frozen=True, kw_only=True):
    """One kind of record of a topic. `payload`: a type, or the name of a schema."""

    name: str
    payload: Any = None
    headers: Any = None
    content_type: str = JSON
    prefix: str = ""
    """Before the names of the payload's schemas."""
    note: str = ""
    keyed: bool = True


class Channel(Struct, frozen=True, kw_only=True):
    """A topic."""

    role: Role
    text: str
    """What it is, in Chinese; English stands in streams/topics.py."""
    key: str
    messages: tuple[Message, ...]


TICK: Final = Message(name="tick", headers=headers.Tick, content_type=BYTES, keyed=False)

CHANNELS: Final[Mapping[Topic, Channel]] = {
    Topic.CLAIMS_RAW: Channel(
        role=Role.TAKEN,
        text="平台交易日志,每条含请求与应答;唯一含有身份信息的主题。",
        key="定点医药机构编码。 fixmedins_code.",
        messages=tuple(
            Message(name=f"call-{infno}", payload=f"{FEED}{infno}", headers=headers.MayHaveCome)
            for infno in CALLS
        ),
    ),
    Topic.CLAIMS: Channel(
        role=Role.INNER,
        text="单人事实,不含身份信息。",
        key="参保人令牌。 Token of the person.",
        messages=(
            Message(
                name="fact",
                payload=Event,
                headers=headers.Came,
                content_type=PIECE,
                prefix=FACT,
                note=VERSIONED,
            ),
            TICK,
        ),
    ),
    Topic.CHECKS: Channel(
        role=Role.INNER,
        text="网关的提问(3101、3102)。",
        key="参保人令牌。 Token of the person.",
        messages=(
            Message(
                name="check",
                payload=f"{FACT}OrdersChecked",
                headers=headers.Asked,
                content_type=PIECE,
                prefix=FACT,
                note=VERSIONED,
            ),
        ),
    ),
    Topic.FACTS_TRACE: Channel(
        role=Role.INNER,
        text="追溯码的销售情况。",
        key="追溯码。 The trace code.",
        messages=(
            Message(
                name="trace-sale",
                payload=TraceSale,
                headers=headers.Came,
                content_type=PIECE,
                prefix=FACT,
                note=VERSIONED,
            ),
            TICK,
        ),
    ),
    Topic.VERDICTS: Channel(
        role=Role.GIVEN,
        text="审核裁决。",
        key="定点医药机构编码。 fixmedins_code.",
        messages=(Message(name="verdict", payload=forms.Verdict, headers=headers.Answered),),
    ),
    Topic.FINDINGS: Channel(
        role=Role.GIVEN,
        text="规则认定。",
        key="规则编号|对象。 rule_id|subject.",
        messages=(Message(name="finding", payload=forms.Finding, headers=headers.Found), TICK),
    ),
    Topic.ALERTS: Channel(
        role=Role.GIVEN,
        text="事件。",
        key="事件编号。 incident_id; the topic is compacted.",
        messages=(Message(name="incident", payload=forms.Incident, headers=headers.MayHaveCome),),
    ),
    Topic.NOTICES: Channel(
        role=Role.GIVEN,
        text="对机构的告知。",
        key="定点医药机构编码。 fixmedins_code.",
        messages=(Message(name="notice", payload=notices.Notice, headers=headers.Noticed),),
    ),
    Topic.NOTICE_CURSORS: Channel(
        role=Role.INNER,
        text="各机构回调的送达进度。",
        key="定点医药机构编码。 fixmedins_code.",
        messages=(Message(name="notice-cursor", payload=notices.NoticeCursor),),
    ),
    Topic.NOTICES_UNDELIVERED: Channel(
        role=Role.GIVEN,
        text="回调未接收的告知。",
        key="定点医药机构编码。 fixmedins_code.",
        messages=(Message(name="undelivered-notice", payload=notices.UndeliveredNotice),),
    ),
    Topic.INCIDENT_ACTIONS: Channel(
        role=Role.GIVEN,
        text="对事件的处置。",
        key="事件编号|动作编号。 incident_id|action_id.",
        messages=(Message(name="incident-action", payload=actions.IncidentAction),),
    ),
    Topic.AUDIT: Channel(
        role=Role.GIVEN,
        text="对死信的查看与放回。",
        key="死信位置。 partition:offset of the letter.",
        messages=(Message(name="audit-note", payload=repair.Note),),
    ),
    Topic.FEEDBACK: Channel(
        role=Role.GIVEN,
        text="医师对提醒的处理。",
        key="3103 调用的 msgid。 msgid of the 3103.",
        messages=(Message(name="feedback", payload=forms.Feedback),),
    ),
    Topic.DEAD_LETTERS: Channel(
        role=Role.GIVEN,
        text="无法使用的记录,已加密。",
        key="无。 None.",
        messages=(Message(name="dead-letter", headers=headers.Sealed, content_type=BYTES, keyed=False),),
    ),
}
