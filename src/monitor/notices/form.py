"""The form of notices and of what becomes of them; see monitor/forms.py for what such types are for."""

from typing import Annotated, NotRequired, TypedDict

from msgspec import Meta

from monitor.forms import Code, Count, Finding, Verdict


class Notice(TypedDict):
    """告知:拒付裁决,或拒付、不符认定的每一次变更。 What a provider is told: a refusal, or a revision of what it rests on."""

    notice_id: Annotated[str, Meta(max_length=50)]
    """幂等键:同一告知不变。 Idempotency key: the same notice never has another one."""
    kind: Annotated[str, Meta(extra_json_schema={"enum": ["verdict", "finding"]})]
    """裁决或认定。 Which of the two members below is there."""
    provider: Code
    """定点医药机构编码。 fixmedins_code."""
    verdict: NotRequired[Verdict]
    """拒付的裁决。 The refusal."""
    finding: NotRequired[Finding]
    """认定的本次版次。 This revision of the finding."""


class NoticeCursor(TypedDict):
    """机构回调的送达进度。 How far a provider has its notices by web hook."""

    done: Count
    """此位点之前均已送达或放弃。 Everything before this offset was delivered or given up."""


class UndeliveredNotice(TypedDict):
    """回调未在时限内接收的告知。 A notice that the web hook did not take in time."""

    notice_id: Annotated[str, Meta(max_length=50)]
    """告知编号。 Which one."""
    why: str
    """原因,一个词。 Why the last attempt failed, in a word."""
    given_up_ms: Count
    """放弃时间,毫秒。 When it was given up, ms since the epoch."""
    notice: Notice
    """告知本身。 The notice itself."""
