"""A city's feed in which everybody is named wherever the interface can name them, and records that nobody can read."""

import base64
import copy
import json
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, Final

from tests.deploy.privacy.identities import PERSON_FIELDS

Record = dict[str, Any]
RARE: Final = "龘"
"""Stands in no word, so a name that ends in it is found and nothing else."""
NAMES: Final = frozenset({"psn_name", "patn_name", "opter_name", "sel_retn_opter_name"})
AMOUNTS: Final = frozenset({"medfee_sumamt", "det_item_fee_sumamt", "sumamt"})
CERTNO: Final = "certno"


def named(line: bytes) -> bytes:
    """The record with rare names and with a card, a telephone, an address and a picture of everybody in it."""
    record = json.loads(line)
    _name(record)
    return dump(record)


def dump(record: Any) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()


def _name(node: Any) -> None:
    if isinstance(node, list):
        for each in node:
            _name(each)
        return
    if not isinstance(node, dict):
        return
    for field, value in node.items():
        if field in NAMES and value:
            node[field] = value + RARE
        else:
            _name(value)
    number = next((node[field] for field in PERSON_FIELDS if node.get(field)), None)
    if isinstance(number, str):
        node |= {
            "tel": f"139-{number[-8:]}",
            "addr": f"晴川市{RARE}园路{number[-5:]}号",
            "card_sn": f"SN{number[-10:]}",
            "coner_name": f"{RARE}联系人{number[-4:]}",
            "certno": node.get("certno") or f"9{number[:16]}X",
        }
    if "recog_pic" in node:
        node["recog_pic"] = base64.b64encode(Random(str(number)).randbytes(300)).decode()
    for field in ("dspo_way_rea", "sp_dcla_rea"):
        if field in node:
            node[field] = f"{RARE}患者本人要求"


Break = Callable[[Record, str, str], bytes]
"""A record, the number and the name of somebody in it -> what arrives."""


def _with(path: str, value: Callable[[str, str], Any]) -> Break:
    def broken(record: Record, number: str, name: str) -> bytes:
        node = record
        *parents, last = path.split(".")
        for part in parents:
            node = node[part]
        node[last] = value(number, name)
        return dump(record)

    return broken


def _everywhere(fields: frozenset[str], value: Callable[[str, str], Any]) -> Break:
    def broken(record: Record, number: str, name: str) -> bytes:
        def walk(node: Any) -> None:
            for key, each in node.items() if isinstance(node, dict) else enumerate(node):
                if key in fields:
                    node[key] = value(number, name)
                elif isinstance(each, (dict, list)):
                    walk(each)

        walk(record)
        return dump(record)

    return broken


def _twice(record: Record, number: str, name: str) -> bytes:
    given = dump({number: name, "msgid": number})[:-1] + b","
    return dump(record).replace(b'"request":{', b'"request":' + given, 1)


BREAKS: Final[Sequence[Break]] = (
    lambda record, _number, _name: dump(record)[:-40],
    lambda record, _number, _name: json.dumps(record, ensure_ascii=False).encode("gb18030"),
    lambda _record, number, name: f"{name} {number} 的结算失败".encode(),
    lambda _record, number, name: dump([name, number]),
    lambda _record, number, name: dump({number: name, name: number}),
    _twice,
    lambda record, number, name: dump(record | {"request": record["request"] | {"x": f"{name}{number}" * 80_000}}),
    lambda record, number, _name: dump(record).replace(b'"input":', b'"input":' + b'{"%s":' % number.encode() * 80, 1),
    _with("request", lambda number, name: f"{name}{number}"),
    _with("request.input", lambda number, name: f"{name}{number}"),
    _with("request.input", lambda number, name: {number: {name: number}}),
    _with("request.infno", lambda number, _: number),
    _with("request.infno", lambda _, name: name),
    _with("request.inf_time", lambda number, _: number),
    _with("request.inf_time", lambda _, name: f"2026-03-10 {name}"),
    _with("request.msgid", lambda number, name: [number, name]),
    _with("request.fixmedins_code", lambda number, name: {number: name}),
    _with("reply", lambda number, name: [number, name]),
    _with("reply", lambda number, name: {"infcode": name, "err_msg": number, "output": {}}),
    _with("reply", lambda number, name: {"infcode": 0, "output": f"{name} {number}"}),
    _everywhere(PERSON_FIELDS, lambda number, name: {number: name}),
    _everywhere(PERSON_FIELDS, lambda number, name: [[number], name]),
    _everywhere(AMOUNTS, lambda number, name: f"{name}{number}"),
    _everywhere(AMOUNTS, lambda number, _: f"{number}e400"),
    _everywhere(frozenset({"setl_time", "fee_ocur_time", "begntime", "drord_begn_date"}), lambda number, _: number),
    _everywhere(frozenset({"setl_id", "mdtrt_id", "feedetl_sn"}), lambda number, name: {name: number}),
    _everywhere(frozenset({"gend", "brdy"}), lambda number, name: f"{name}{number}"),
    _everywhere(frozenset({"recog_rslt", "psn_insu_stas", "insutype"}), lambda number, name: [name, number]),
)  # fmt: skip
"""Each is wrong in another place, and names somebody there."""
BROKEN_OF: Final = ("2102", "2207", "3102", "9601", "1101", "2401")


def broken(lines: Sequence[bytes]) -> Iterator[bytes]:
    """Every kind of call, in every way that it can be wrong."""
    for infno in BROKEN_OF:
        records = [json.loads(line) for line in lines if b'"infno":"%s"' % infno.encode() in line[:200]]
        for place, wrong in enumerate(BREAKS):
            record = copy.deepcopy(records[place % len(records)])
            number, name = somebody(record)
            record["request"]["msgid"] = record["request"]["msgid"][:-4] + f"9{place:03}"
            yield wrong(record, number, name)


def somebody(record: Record) -> tuple[str, str]:
    """psn_no and name of whom a record is about."""
    found: dict[str, str] = {}

    def walk(node: Any) -> None:
        for key, each in node.items() if isinstance(node, dict) else enumerate(node):
            if isinstance(each, (dict, list)):
                walk(each)
            elif each and key in PERSON_FIELDS:
                found.setdefault("number", each)
            elif each and key in {"psn_name", "patn_name"}:
                found.setdefault("name", each)

    walk(record)
    number = found["number"]
    return number, found.get("name", f"{RARE}联系人{number[-4:]}")
