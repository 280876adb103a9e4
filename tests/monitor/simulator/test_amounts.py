from collections import defaultdict
from decimal import Decimal

from tests.monitor.simulator.conftest import Day
from tests.monitor.simulator.reading import amount, boxes, lines, many, multiplied, setlinfo


def _uploaded_by(day: Day, rule_id: str) -> set[str]:
    return {
        msgid for row in day.truth if row.rule_id == rule_id and row.kind == "fraud" for msgid in row.msgids
    }


def test_a_line_is_price_times_count_unless_it_is_a_fraud(day: Day) -> None:
    frauds = _uploaded_by(day, "GZ10000201002000")
    visits = {
        record["request"]["input"]["data"]["mdtrt_id"]
        for record in day.records
        if record["request"]["msgid"] in frauds and record["request"]["infno"] in ("2207", "2304")
    }
    wrong = 0
    for record in day.records:
        for line in lines(record):
            if amount(line["det_item_fee_sumamt"]) != multiplied(line):
                wrong += 1
                known = record["request"]["msgid"] in frauds or line.get("mdtrt_id") in visits
                assert known or record["request"]["infno"] == "2101"
    assert wrong >= 3


def test_what_is_settled_is_what_fund_and_person_pay(day: Day) -> None:
    settled = 0
    for record in day.records:
        info = setlinfo(record)
        if info is None:
            continue
        settled += 1
        cash = info.get("psn_cash_pay", info.get("pdn_cash_pay"))
        assert amount(info["medfee_sumamt"]) == amount(info["fund_pay_sumamt"]) + amount(info["psn_part_amt"])
        assert amount(info["psn_part_amt"]) == amount(info["acct_pay"]) + amount(cash)
    assert settled > 500


def test_a_pharmacy_settles_the_sum_of_its_lines(day: Day) -> None:
    for record in day.records:
        info = setlinfo(record)
        if record["request"]["infno"] in ("2101", "2102") and info is not None:
            assert amount(info["medfee_sumamt"]) == sum(
                amount(line["det_item_fee_sumamt"]) for line in lines(record)
            )
            assert record["request"]["input"]["druginfo"]["medfee_sumamt"] in (
                info["medfee_sumamt"],
                float(info["medfee_sumamt"]),
            )


def test_a_hospital_settles_the_sum_of_what_it_uploaded_and_did_not_take_back(day: Day) -> None:
    uploaded: dict[str, dict[str, tuple[str, Decimal]]] = defaultdict(dict)
    for record in day.records:
        request = record["request"]
        given = request["input"]
        if request["infno"] in ("2204", "2301"):
            for line in lines(record):
                entry = (str(line.get("chrg_bchno", "")), amount(line["det_item_fee_sumamt"]))
                uploaded[line["mdtrt_id"]][line["feedetl_sn"]] = entry
        elif request["infno"] == "2205":
            kept = uploaded[given["data"]["mdtrt_id"]]
            for number in [n for n, (batch, _) in kept.items() if batch == given["data"]["chrg_bchno"]]:
                del kept[number]
        elif request["infno"] == "2302":
            for row in many(given["data"]):
                kept = uploaded[row["mdtrt_id"]]
                for number in list(kept) if row["feedetl_sn"] == "0000" else [row["feedetl_sn"]]:
                    del kept[number]
        info = setlinfo(record)
        if request["infno"] in ("2207", "2304") and info is not None:
            assert amount(info["medfee_sumamt"]) == sum(
                sum_ for _, sum_ in uploaded[info["mdtrt_id"]].values()
            )


def test_a_box_is_sold_once_unless_it_is_a_story(day: Day) -> None:
    told = {
        setl
        for row in day.truth
        if row.rule_id == "LOC-TRACE-REUSED"
        for setl in (*row.setl_ids, *row.msgids)
    }
    sold: dict[str, str] = {}
    for record in day.records:
        request = record["request"]
        info = setlinfo(record)
        rows = request["input"].get("selinfoDetail")
        setl_id = str(info["setl_id"]) if info and "setl_id" in info else ""
        if rows:
            setl_id = (rows if isinstance(rows, dict) else rows[0])["setl_id"]
        for code in boxes(record) if setl_id else ():
            assert len(code) == 20
            assert code.isdigit()
            assert sold.setdefault(code, setl_id) == setl_id or setl_id in told
    assert len(sold) > 500
