"""What callers read in err_msg, in Chinese or English: with a field's path, never its value."""

from typing import Final

from monitor.interface.intake import Reason

PATH_CHARS_MAX: Final = 120

NOT_ANSWERED_HERE: Final = {
    "zh": "本接口只受理3101、3102、3103,其他交易请发送至医保信息平台",
    "en": "Only 3101, 3102 and 3103 are answered here; send to the platform",
}
UNKNOWN_WARNING: Final = {
    "zh": "{path}:没有发给本机构的这条预警",
    "en": "{path}: no such warning was given to this institution",
}
WAY_UNKNOWN: Final = {
    "zh": "{path}:处理方式应为1(继续执行医嘱)或2(返回修改医嘱)",
    "en": "{path}: must be 1 (go on) or 2 (back to edit)",
}
REASON_NEEDED: Final = {
    "zh": "{path}:选择继续执行时须填写原因",
    "en": "{path}: going on needs a reason",
}
TRY_AGAIN: Final = {
    "zh": "暂时无法受理,请稍后用同一msgid重新发送",
    "en": "Can't be taken down now; send again later with the same msgid",
}

_OTHER: Final = {"zh": "{path}:报文无法读取", "en": "{path}: can't be read"}
_REASONS: Final[dict[Reason, dict[str, str]]] = {
    Reason.MISSING_FIELD: {"zh": "{path}:缺少必填项", "en": "{path}: is missing"},
    Reason.WRONG_TYPE: {"zh": "{path}:类型错误", "en": "{path}: is of the wrong type"},
    Reason.BAD_ID: {"zh": "{path}:不是有效的编码", "en": "{path}: is no valid code"},
    Reason.BAD_TIME: {
        "zh": "{path}:应为有效的北京时间,格式yyyy-MM-dd HH:mm:ss",
        "en": "{path}: must be a valid China time, yyyy-MM-dd HH:mm:ss",
    },
    Reason.TIME_OUT_OF_RANGE: {"zh": "{path}:时间超出允许范围", "en": "{path}: time out of range"},
    Reason.BAD_AMOUNT: {"zh": "{path}:不是有效的数值", "en": "{path}: is no valid number"},
    Reason.SEVERAL_PATIENTS: {
        "zh": "{path}:一次只能审核一名患者",
        "en": "{path}: one patient a call",
    },
    Reason.TOO_MANY_LINES: {"zh": "{path}:条数超过上限", "en": "{path}: too many rows"},
}


def of_reason(reason: Reason, path: str, language: str) -> str:
    """What is wrong with a call that can't be read."""
    return at(_REASONS.get(reason, _OTHER), path, language)


def at(texts: dict[str, str], path: str, language: str) -> str:
    """A text about the field at `path`."""
    return texts[language].format(path=path[:PATH_CHARS_MAX] or "-")
