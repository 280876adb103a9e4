"""What real senders do to the form and readers must tolerate: numbers for text, lone objects, other names."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from monitor.simulator.wire import Json

_NUMERIC = (
    "cnt", "pric", "det_item_fee_sumamt", "sumamt", "medfee_sumamt", "fund_pay_sumamt", "psn_part_amt",
    "acct_pay", "psn_cash_pay", "age", "diag_srt_no",
)  # fmt: skip
_LISTS = (
    "feedetail", "drugdetail", "diseinfo", "insuinfo", "patient_dtos", "fsi_encounter_dtos",
    "fsi_diagnose_dtos", "fsi_order_dtos", "drug_trac_info", "selinfoDetail", "drugtracinfo",
)  # fmt: skip
_ALIASES = (
    ("drug_trac_info", "durg_trac_info"),
    ("psn_cash_pay", "pdn_cash_pay"),
    ("diag_srt_no", "dias_srt_no"),
)


def vary(rng: Random, record: Json) -> None:
    """Change the record's form in one tolerated way, not its meaning (in place)."""
    kind = rng.randrange(6)
    if kind == 0 and record["reply"] is not None:
        record["reply"]["infcode"] = str(record["reply"]["infcode"])
    elif kind == 1:
        _walk(record, _numbers)
    elif kind == 2:
        _walk(record, _lone_objects)
    elif kind == 3:
        _walk(record, _other_names)
    elif kind == 4:
        _walk(record, _zero_for_empty)
    else:
        _walk(record, _one_place)


def _walk(node: object, change: Callable[[Json], None]) -> None:
    if isinstance(node, dict):
        change(node)
        for value in list(node.values()):
            _walk(value, change)
    elif isinstance(node, list):
        for value in node:
            _walk(value, change)


def _numbers(node: Json) -> None:
    for key in _NUMERIC:
        value = node.get(key)
        if isinstance(value, str) and value:
            node[key] = float(value) if "." in value else int(value)


def _lone_objects(node: Json) -> None:
    for key in _LISTS:
        value = node.get(key)
        if isinstance(value, list) and len(value) == 1:
            node[key] = value[0]


def _other_names(node: Json) -> None:
    for name, alias in _ALIASES:
        if name in node:
            node[alias] = node.pop(name)


def _zero_for_empty(node: Json) -> None:
    if node.get("prd_days") == "":
        node["prd_days"] = "0"


def _one_place(node: Json) -> None:
    """A face check's result only beside recogInfo, not in it."""
    if "recog_rslt" in node and isinstance(node.get("recogInfo"), dict):
        node["recogInfo"] = {}
