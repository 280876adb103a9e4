"""What the interface's users really send: the same record in another dress has the same outcome."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests import wire
from tests.acceptance.bare import run_lines
from tests.acceptance.conftest import Replay
from tests.acceptance.hostile import Edit, at_path, drop, put
from tests.acceptance.outcome import Outcome

AT = "2026-03-10 09:00:00"
ARITHMETIC = "GZ10000201002000"
FACE = "LOC-FACE-MISMATCH"
COVER = "LOC-COVER-INACTIVE"
TRACE = "LOC-TRACE-REUSED"
CODES = ("81000000000000000017", "81000000000000000024")

ASKED = "request.input.druginfo"
INFO = "reply.output.setlinfo"
Records = list[wire.Record]


def rows(outcome: Outcome) -> list[str]:
    """All that was said, in a form that can be compared."""
    return [json.dumps(json.loads(row), sort_keys=True) for row in outcome.text.splitlines()]


def said_of(records: Records, *edits: Edit, index: int = 0) -> list[str]:
    """What is said of the records after edits of one of them."""
    records = copy.deepcopy(records)
    for edit in edits:
        edit(records[index])
    return rows(run_lines([wire.as_line(record) for record in records]))


def lone(path: str) -> Edit:
    """A list of one becomes that one."""

    def edit(record: wire.Record) -> None:
        container, key = at_path(record, path)
        (container[key],) = container[key]

    return edit


def renamed(path: str, name: str) -> Edit:
    """A field under another name."""

    def edit(record: wire.Record) -> None:
        container, key = at_path(record, path)
        container[name] = container.pop(key)

    return edit


def number(path: str) -> Edit:
    """The digits of a text as a number."""

    def edit(record: wire.Record) -> None:
        container, key = at_path(record, path)
        text = container[key]
        container[key] = float(text) if "." in text else int(text)

    return edit


def sale_with_traces() -> Records:
    """A sale whose line does not add up, and another one of the same box."""
    wire.restart()
    first = wire.line("XA00000001", amount="12.00", sn="1001", prd_days="7")
    second = wire.line("XA00000001", sn="1002", prd_days="7")
    return [
        wire.pharmacy_sale(
            "a", at=AT, lines=[first], traces=[wire.trace(CODES[0], of=first)], setl_id="700001"
        ),
        wire.pharmacy_sale(
            "b", at="2026-03-10 12:00:00", lines=[second], traces=[wire.trace(CODES[0], of=second)]
        ),
    ]


SALE: dict[str, list[Edit]] = {
    "infcode as a text": [put("reply.infcode", "0")],
    "infno as a number": [number("request.infno")],
    "the person as a number": [number(f"{ASKED}.psn_no"), number(f"{INFO}.psn_no")],
    "the person as a number in one place": [number(f"{INFO}.psn_no")],
    "med_type as a number": [number(f"{ASKED}.med_type"), number(f"{INFO}.med_type")],
    "setl_id as a number": [number(f"{INFO}.setl_id")],
    "gend as a number": [number(f"{INFO}.gend")],
    "acct_used_flag as a number": [number(f"{ASKED}.acct_used_flag")],
    "opter_type as a number": [number("request.opter_type")],
    "insutype as a number": [number(f"{ASKED}.insutype"), number(f"{INFO}.insutype")],
    "amounts as numbers": [
        number(f"{INFO}.medfee_sumamt"),
        number(f"{INFO}.fund_pay_sumamt"),
        number("request.input.drugdetail.0.det_item_fee_sumamt"),
        number("request.input.drugdetail.0.cnt"),
        number("request.input.drugdetail.0.pric"),
    ],
    "prd_days as a number": [number("request.input.drugdetail.0.prd_days")],
    "feedetl_sn as a number": [
        number("request.input.drugdetail.0.feedetl_sn"),
        number("request.input.drug_trac_info.0.feedetl_sn"),
    ],
    "a trace code as a number": [number("request.input.drug_trac_info.0.drug_trac_codg")],
    "trdn_flag as a number": [number("request.input.drug_trac_info.0.trdn_flag")],
    "a lone line": [lone("request.input.drugdetail")],
    "a lone trace": [lone("request.input.drug_trac_info")],
    "traces as durg_trac_info": [renamed("request.input.drug_trac_info", "durg_trac_info")],
    "traces as drugtracinfo": [renamed("request.input.drug_trac_info", "drugtracinfo")],
    "psn_cash_pay misspelt": [renamed(f"{INFO}.psn_cash_pay", "pdn_cash_pay")],
    "empty numerics": [put(f"{INFO}.balc", ""), put(f"{INFO}.acct_pay", ""), put(f"{INFO}.hifp_pay", "")],
    "zero numerics": [put(f"{INFO}.balc", "0"), put(f"{INFO}.acct_pay", "0"), put(f"{INFO}.hifp_pay", 0)],
    "names left out": [drop("request.opter_name", f"{ASKED}.psn_name", f"{INFO}.psn_name", f"{INFO}.certno")],
    "unknown fields": [put("request.new", {"a": [1]}), put(f"{INFO}.new", [None]), put("more", "x")],
    "no err_msg": [drop("reply.err_msg", "reply.refmsg_time")],
    "null where nobody looks": [
        put("request.dev_no", None),
        put(f"{INFO}.balc", None),
        put(f"{ASKED}.dise_name", None),
    ],
    "detlcutinfo as null": [put("reply.output.detlcutinfo", None), put("reply.output.setldetail", None)],
}


@pytest.mark.parametrize("edits", SALE.values(), ids=SALE)
def test_a_sale_in_another_dress_has_the_same_outcome(edits: list[Edit]) -> None:
    plain = said_of(sale_with_traces())
    assert any(ARITHMETIC in row for row in plain)
    assert any(TRACE in row for row in plain)
    assert said_of(sale_with_traces(), *edits) == plain


def shuffled_keys(node: Any) -> Any:
    """The same value with every object's keys in reverse order."""
    if isinstance(node, dict):
        return {key: shuffled_keys(node[key]) for key in reversed(node)}
    return [shuffled_keys(each) for each in node] if isinstance(node, list) else node


def escaped(text: str) -> str:
    """JSON in which every letter of every key is written as an escape."""
    record = json.loads(text)

    def walk(node: Any) -> str:
        if isinstance(node, dict):
            keys = {"".join(f"\\u{ord(c):04X}" for c in key): walk(value) for key, value in node.items()}
            return "{" + ",".join(f'"{key}":{value}' for key, value in keys.items()) + "}"
        return "[" + ",".join(map(walk, node)) + "]" if isinstance(node, list) else json.dumps(node)

    return walk(record)


DRESS: dict[str, Callable[[wire.Record], bytes]] = {
    "with blanks": lambda record: json.dumps(record, separators=(" , ", " : ")).encode(),
    "with tabs around": lambda record: b"\t " + wire.as_line(record) + b" \t",
    "with a carriage return": lambda record: wire.as_line(record) + b"\r",
    "with escapes for characters": lambda record: json.dumps(record, ensure_ascii=True).encode(),
    "with escapes in every key": lambda record: escaped(json.dumps(record)).encode(),
    "with keys in reverse order": lambda record: wire.as_line(shuffled_keys(record)),
    "with the reply first": lambda record: wire.as_line(
        {"reply": record["reply"], "request": record["request"]}
    ),
}


@pytest.mark.parametrize("dress", DRESS.values(), ids=DRESS)
def test_json_may_be_written_in_any_valid_way(dress: Callable[[wire.Record], bytes]) -> None:
    records = sale_with_traces()
    assert rows(run_lines([dress(record) for record in records])) == said_of(records)


def test_an_amount_given_as_a_number_is_read_to_the_digit(replay: Replay) -> None:
    # 1.005 rounds to 1.01, so 1.02 is within 0.01; the nearest binary fraction would round to 1.00.
    sale = wire.pharmacy_sale("a", at=AT, lines=[wire.line(pric="1.005", amount="1.02")])
    sale["request"]["input"]["drugdetail"][0] |= {"det_item_fee_sumamt": 1.02, "pric": 1.005, "cnt": 1}
    assert replay([sale]).decision(sale) == ("pass", "0.00")


def visit() -> Records:
    """A visit with all its calls, refused because its line does not add up, after a failed face check."""
    wire.restart()
    lines = [wire.line("XA00000001", amount="12.00", sn="1001")]
    return [
        wire.insured_record("a", at="2026-03-10 07:59:00", status="2"),
        wire.face_check("a", at="2026-03-10 08:00:00"),
        wire.visit_details("a", at="2026-03-10 08:10:00", mdtrt_id="5001", diagnoses=["J00.x00"]),
        wire.charges("a", at="2026-03-10 08:20:00", mdtrt_id="5001", lines=lines),
        wire.orders_checked(
            "a",
            at="2026-03-10 08:25:00",
            mdtrt_id="5001",
            orders=[wire.order(amount="12.00")],
            diagnoses=["J00.x00"],
        ),
        wire.outpatient_settlement("a", at="2026-03-10 08:30:00", mdtrt_id="5001", amount="12.00"),
    ]


PATIENT = "request.input.data.patient_dtos"
VISIT: dict[str, tuple[int, list[Edit]]] = {
    "insuinfo alone": (0, [lone("reply.output.insuinfo")]),
    "psn_insu_stas as a number": (0, [number("reply.output.insuinfo.0.psn_insu_stas")]),
    "recog_rslt as a number": (1, [put("reply.output", {"recogInfo": {"recog_rslt": 0}})]),
    "recog_rslt inside recogInfo alone": (1, [drop("reply.output.recog_rslt")]),
    "recog_rslt beside recogInfo alone": (1, [drop("reply.output.recogInfo")]),
    "recog_biz as a number": (1, [number("request.input.recogInfo.recog_biz")]),
    "diseinfo alone": (2, [lone("request.input.diseinfo")]),
    "diag_srt_no as a number": (2, [number("request.input.diseinfo.0.diag_srt_no")]),
    "a lone charge line": (3, [lone("request.input.feedetail")]),
    "a lone patient": (4, [lone(PATIENT)]),
    "a lone encounter": (4, [lone(f"{PATIENT}.0.fsi_encounter_dtos")]),
    "a lone patient with a lone encounter": (4, [lone(f"{PATIENT}.0.fsi_encounter_dtos"), lone(PATIENT)]),
    "a lone order": (4, [lone(f"{PATIENT}.0.fsi_encounter_dtos.0.fsi_order_dtos")]),
    "a lone diagnosis": (4, [lone(f"{PATIENT}.0.fsi_encounter_dtos.0.fsi_diagnose_dtos")]),
    "dias_srt_no as diag_srt_no": (
        4,
        [renamed(f"{PATIENT}.0.fsi_encounter_dtos.0.fsi_diagnose_dtos.0.dias_srt_no", "diag_srt_no")],
    ),
    "rule_ids left out": (4, [drop("request.input.data.rule_ids")]),
    "rule_ids as an empty text": (4, [put("request.input.data.rule_ids", "")]),
    "task_id left out": (4, [drop("request.input.data.task_id")]),
    "no reply at all": (4, [drop("reply")]),
}


@pytest.mark.parametrize("index, edits", VISIT.values(), ids=VISIT)
def test_a_visit_in_another_dress_has_the_same_outcome(index: int, edits: list[Edit]) -> None:
    records = visit()
    plain = said_of(records)
    for rule in (ARITHMETIC, FACE, COVER):
        assert any(rule in row for row in plain)
    assert said_of(records, *edits, index=index) == plain


def test_a_stay_withdrawal_may_be_a_lone_object(replay: Replay) -> None:
    lines = [wire.line(amount="12.00")]
    records = [
        wire.admission("a", at="2026-03-10 08:00:00", mdtrt_id="M1"),
        wire.stay_charges("a", at="2026-03-10 09:00:00", mdtrt_id="M1", lines=lines),
        wire.stay_charges_withdrawn("a", at="2026-03-10 09:30:00", mdtrt_id="M1"),
        wire.discharge("a", at="2026-03-11 09:00:00", mdtrt_id="M1"),
        wire.stay_settlement("a", at="2026-03-11 10:00:00", mdtrt_id="M1"),
    ]
    lone("request.input.data")(records[2])
    assert replay(records).decision(records[-1])[0] == "pass"


def test_the_end_of_a_stay_may_be_called_dscg_time(replay: Replay) -> None:
    stays = [
        wire.admission("a", at="2026-03-01 08:00:00", mdtrt_id="M1"),
        wire.discharge("a", at="2026-03-03 09:00:00", mdtrt_id="M1"),
        wire.admission("a", at="2026-03-05 08:00:00", mdtrt_id="M2", provider=wire.hospital(2)),
    ]
    renamed("request.input.dscginfo.endtime", "dscgTime")(stays[1])
    outcome = replay(stays)
    assert outcome.dead_letters == []
    assert outcome.open_of("LOC-STAY-OVERLAP") == []


def test_goods_may_be_lone_objects(replay: Replay) -> None:
    def sold() -> Records:
        sales = [wire.pharmacy_sale(who, at=at) for who, at in (("a", AT), ("b", "2026-03-11 09:00:00"))]
        goods = [
            wire.goods_sold(
                who, at=sale["request"]["inf_time"], setl_id=wire.setl_id_of(sale), codes=CODES[:1]
            )
            for who, sale in zip("ab", sales, strict=True)
        ]
        return [*sales, *goods]

    records = sold()
    for goods in records[2:]:
        lone("request.input.selinfoDetail.0.drugtracinfo")(goods)
        lone("request.input.selinfoDetail")(goods)
    assert len(replay(records).open_of(TRACE)) == 1


@pytest.mark.parametrize("name", ["drug_trac_info", "durg_trac_info"])
def test_the_codes_of_goods_have_their_aliases(replay: Replay, name: str) -> None:
    sales = [wire.pharmacy_sale(who, at=at) for who, at in (("a", AT), ("b", "2026-03-11 09:00:00"))]
    goods = [
        wire.goods_sold(who, at=sale["request"]["inf_time"], setl_id=wire.setl_id_of(sale), codes=CODES[:1])
        for who, sale in zip("ab", sales, strict=True)
    ]
    for each in goods:
        renamed("request.input.selinfoDetail.0.drugtracinfo", name)(each)
    assert len(replay([*sales, *goods]).open_of(TRACE)) == 1
