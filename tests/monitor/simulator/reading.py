"""Reads feed records as a careful auditor would: tolerant of form, exact in amounts."""

from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Record = dict[str, Any]
FEN = Decimal("0.01")


def moment(text: str) -> int:
    return int((datetime.fromisoformat(text) - datetime(1970, 1, 1)).total_seconds())  # noqa: DTZ001 - civil time


def setlinfo(record: Record) -> Record | None:
    reply = record["reply"]
    return (reply["output"] or {}).get("setlinfo") if reply else None


def call_time(record: Record) -> int:
    info = setlinfo(record)
    settled = record["request"]["infno"] in ("2102", "2207", "2304") and info
    return moment(info["setl_time"] if settled and info else record["request"]["inf_time"])


def many(value: object) -> list[Record]:
    return value if isinstance(value, list) else [value]  # type: ignore[list-item]  # a lone object


def lines(record: Record) -> list[Record]:
    given = record["request"]["input"]
    found = given.get("drugdetail") or given.get("feedetail") or []
    return many(found)


def amount(value: object) -> Decimal:
    return Decimal(str(value)).quantize(FEN)


def multiplied(line: Record) -> Decimal:
    return (Decimal(str(line["cnt"])) * Decimal(str(line["pric"]))).quantize(FEN, rounding=ROUND_HALF_UP)


def boxes(record: Record) -> Iterator[str]:
    given = record["request"]["input"]
    for name in ("drug_trac_info", "durg_trac_info"):
        yield from (row["drug_trac_codg"] for row in many(given.get(name, [])))
    if record["request"]["infno"] == "3505A":
        for row in many(given["selinfoDetail"]):
            yield from (box["drug_trac_codg"] for box in many(row["drugtracinfo"]))
