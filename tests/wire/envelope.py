"""Envelopes, ids, times and persons: what every builder shares."""

import itertools
import json
import zlib
from datetime import datetime, timedelta
from typing import Any, TypedDict

Record = dict[str, Any]

PHARMACY = "P43010000001"
HOSPITAL = "H43010000001"

_serial = itertools.count(1)


class Call(TypedDict, total=False):
    """What any call may override: its msgid, its outcome, when and by whom it was sent."""

    msgid: str
    infcode: int | str
    answered: bool
    inf_time: str
    opter_type: str


def restart() -> None:
    """Begin again with the first id."""
    global _serial  # noqa: PLW0603 - one sequence for all builders is what makes ids unique by default
    _serial = itertools.count(1)


def next_id(prefix: str) -> str:
    """An id that sorts after every earlier one of the same prefix."""
    return f"{prefix}{next(_serial):012d}"


def pharmacy(number: int) -> str:
    """The code of the numbered pharmacy; 1 is `PHARMACY`."""
    return f"P4301{number:07d}"


def hospital(number: int) -> str:
    """The code of the numbered hospital; 1 is `HOSPITAL`."""
    return f"H4301{number:07d}"


def psn_no(person: str) -> str:
    """The insured number of a person known by a short name."""
    return f"4301{zlib.crc32(person.encode()):016d}"


def certno(person: str) -> str:
    """A made-up identity number of a person known by a short name."""
    return f"430102{zlib.crc32(person.encode()):011d}X"


def later(at: str, *, seconds: int = 0, minutes: int = 0, hours: int = 0, days: int = 0) -> str:
    """The text of a time so much after (or, when negative, before) another."""
    moved = datetime.fromisoformat(at) + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return moved.isoformat(sep=" ")


def as_line(feed_record: Record) -> bytes:
    """The record as one line of a feed file, without the line end."""
    return json.dumps(feed_record, ensure_ascii=False, separators=(",", ":")).encode()


def setl_id_of(settlement: Record) -> str:
    """The setl_id that the reply of a settlement gave."""
    return str(settlement["reply"]["output"]["setlinfo"]["setl_id"])


def counted(settlement: Record) -> bool:
    """Whether the settlement went through."""
    return bool(settlement["reply"]) and str(settlement["reply"]["infcode"]) == "0"


def new_msgid(provider: str, at: str) -> str:
    """fixmedins_code, time and a running number: 30 characters, rising with every call of one second."""
    digits = "".join(filter(str.isdigit, at))
    return f"{provider}{digits}{next(_serial) % 10_000:04d}"


def record(  # noqa: PLR0913 - an envelope has that many parts; all by name
    infno: str,
    *,
    provider: str,
    at: str,
    data: Record,
    output: Record | None = None,
    msgid: str = "",
    infcode: int | str = 0,
    answered: bool = True,
    inf_time: str = "",
    opter_type: str = "1",
) -> Record:
    """A feed record; `answered=False` makes the reply null, an infcode other than 0 empties its output."""
    sent = inf_time or at
    msgid = msgid or new_msgid(provider, sent)
    request = {
        "infno": infno,
        "msgid": msgid,
        "mdtrtarea_admvs": "430100",
        "insuplc_admdvs": "430100",
        "recer_sys_code": "FSI_LOCAL",
        "dev_no": "",
        "dev_safe_info": "",
        "cainfo": "",
        "signtype": "SM3",
        "infver": "V1.0",
        "opter_type": opter_type,
        "opter": "001",
        "opter_name": "某经办人",
        "inf_time": sent,
        "fixmedins_code": provider,
        "fixmedins_name": "某定点机构",
        "sign_no": "",
        "input": data,
    }
    ok = str(infcode) == "0"
    digits = "".join(filter(str.isdigit, sent))
    reply = {
        "infcode": infcode,
        "inf_refmsgid": msgid,
        "refmsg_time": f"{digits}000",
        "respond_time": f"{digits}800",
        "err_msg": "" if ok else "失败",
        "output": (output or {}) if ok else {},
    }
    return {"request": request, "reply": reply if answered else None}
