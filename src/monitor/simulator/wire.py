"""The national envelope: texts of times and amounts, numbers that are given out once, request and reply.

Built from the interface specification alone; nothing here knows how the monitor reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import msgspec

from monitor.simulator.catalogue import Basket, Item
from monitor.simulator.people import Person
from monitor.simulator.providers import DAY, Provider

Json = dict[str, Any]

_EPOCH = date(1970, 1, 1).toordinal()
_SIGNATURE = "MEUCIQDk3sXJr0nq1yZx8Q2bT5vWc7LhPpUe9oGdYkAq4RzNfgIgT6uVjH2mKsEw0xCbDyLrQaZp1oXnMvFtBiGkSeRuYc8"


def day_of(day: date) -> int:
    """Seconds since 1970-01-01 00:00:00, China civil time, of the start of `day`."""
    return (day.toordinal() - _EPOCH) * DAY


@lru_cache(maxsize=1024)
def day_text(day: int) -> str:
    """`yyyy-MM-dd` of the day with this number since 1970-01-01."""
    return date.fromordinal(day + _EPOCH).isoformat()


@lru_cache(maxsize=1024)
def _day_digits(day: int) -> str:
    return day_text(day).replace("-", "")


def moment(at: int) -> str:
    """`yyyy-MM-dd HH:mm:ss`."""
    day, second = divmod(at, DAY)
    return f"{day_text(day)} {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"


def digits(at: int) -> str:
    """`yyyyMMddHHmmss`."""
    day, second = divmod(at, DAY)
    return f"{_day_digits(day)}{second // 3600:02d}{second // 60 % 60:02d}{second % 60:02d}"


def yuan(fen: int) -> str:
    """Fen as a decimal text with two digits."""
    return f"{fen // 100}.{fen % 100:02d}" if fen >= 0 else "-" + yuan(-fen)


def decimal(value: int, places: int) -> str:
    """A fixed-point number without useless zeros, at least two digits for prices below a fen."""
    if value < 0:
        return "-" + decimal(-value, places)
    whole, part = divmod(value, 10**places)
    text = f"{part:0{places}d}".rstrip("0")
    return f"{whole}.{text}" if text else str(whole)


def line_amount(*, price: int, count: int) -> int:
    """round_half_up(price * count, 2) in fen; price in 1/1000000 yuan, count in 1/10000, both >= 0."""
    return (price * count + 50_000_000) // 100_000_000


class Call(msgspec.Struct, frozen=True):
    """One record as its provider sent it, `sent` in seconds; the reply came with it or never did."""

    sent: int
    provider: Provider
    record: Json

    @property
    def msgid(self) -> str:
        """Its number in the envelope."""
        return str(self.record["request"]["msgid"])


class Line(msgspec.Struct):
    """One charge line: what, how much, for how many days; `boxes` are the trace codes that went with it.

    Of a refund `refund_of` is the line it takes back, count and amount are negative.
    """

    sn: str
    item: Item
    count: int
    amount: int
    days: int
    at: int
    rx_circ: str = "0"
    refund_of: str = ""
    boxes: Sequence[str] = ()


class Desk:
    """Gives out message, visit, settlement, line and box numbers, and puts calls into their envelope."""

    def __init__(self) -> None:
        self._sequence: dict[str, int] = {}
        self._numbers = {"M": 0, "S": 0, "D": 0, "O": 0}
        self._boxes = 0

    def number(self, prefix: str, at: int) -> str:
        """A number that was never given out: M visits, S settlements, D lines, O hospital numbers."""
        self._numbers[prefix] += 1
        return f"{prefix}430100{_day_digits(at // DAY)[2:]}{self._numbers[prefix]:09d}"

    def box(self) -> str:
        """A trace code (20 digits) that was never given out."""
        self._boxes += 1
        return f"8{self._boxes * 7_919 % 10_000_019:08d}{self._boxes:011d}"

    def bill(self, basket: Basket, *, at: int, rx_circ: str = "0") -> list[Line]:
        """Charge lines with exact amounts for a basket."""
        return [
            Line(
                sn=self.number("D", at),
                item=item,
                count=count,
                amount=line_amount(price=item.price, count=count),
                days=days,
                at=at,
                rx_circ=rx_circ,
            )
            for item, count, days in basket
        ]

    def call(
        self,
        infno: str,
        provider: Provider,
        person: Person | None,
        *,
        at: int,
        data: Json,
        output: Json | None,
        opter_type: str = "1",
    ) -> Call:
        """A call that was answered with infcode 0 and `output`; None for those the monitor answers."""
        sequence = self._sequence.get(provider.code, 0) + 1
        self._sequence[provider.code] = sequence
        sent = digits(at)
        msgid = f"{provider.code}{sent}{sequence % 10_000:04d}"
        request = {
            "infno": infno,
            "msgid": msgid,
            "mdtrtarea_admvs": provider.admvs,
            "insuplc_admdvs": "430100" if person is None else person.certno[:6],
            "recer_sys_code": "FSI_LOCAL",
            "dev_no": "",
            "dev_safe_info": "",
            "cainfo": _SIGNATURE,
            "signtype": "SM2",
            "infver": "V1.0",
            "opter_type": opter_type,
            "opter": provider.code[-5:] + opter_type,
            "opter_name": provider.clerk,
            "inf_time": moment(at),
            "fixmedins_code": provider.code,
            "fixmedins_name": provider.name,
            "sign_no": f"SN{sent[:8]}{provider.code[-7:]}",
            "input": data,
        }
        reply = None if output is None else answer(msgid, at=at, infcode=0, err_msg="", output=output)
        return Call(at, provider, {"request": request, "reply": reply})


def answer(msgid: str, *, at: int, infcode: int, err_msg: str, output: Json) -> Json:
    """The national reply envelope, answered within the second."""
    sent = digits(at)
    return {
        "infcode": infcode,
        "inf_refmsgid": msgid,
        "refmsg_time": sent + "000",
        "respond_time": sent + "380",
        "err_msg": err_msg,
        "warn_msg": "",
        "cainfo": _SIGNATURE,
        "signtype": "SM2",
        "output": output,
    }


def failed(call: Call, *, err_msg: str) -> Call:
    """The same call, refused by the platform: it moves nothing."""
    request = call.record["request"]
    reply = answer(request["msgid"], at=call.sent, infcode=-1, err_msg=err_msg, output={})
    return Call(call.sent, call.provider, {"request": request, "reply": reply})


def unanswered(call: Call) -> Call:
    """The same call, its outcome unknown to the sender."""
    return Call(call.sent, call.provider, {"request": call.record["request"], "reply": None})


def again(call: Call, *, after_s: int) -> Call:
    """The same call sent once more, word for word."""
    return Call(call.sent + after_s, call.provider, call.record)
