"""A small set of days in which every rule finds something."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime

from tests import wire
from tests.acceptance.outcome import flat

DAY = "2026-03-10"
HEAD = "fixmedins_code,fixmedins_name,fixmedins_type,medins_lv,open_24h,face_check,admvs"
TABLES = {
    "providers": f"{HEAD}\n{wire.HOSPITAL},某医院,1,3,0,1,430100\n{wire.PHARMACY},某药房,2,,0,0,430100\n",
    "once_per_day": "item\nSVDAY00001\n",
    "item_frequency": "item,max,days\nSVFREQ0001,2,7\n",
    "drug_indication": "drug,diagnosis_prefix\nXZIND00001,I10\n",
    "drug_age": "drug,min_age,max_age\nXZCHILD001,,17\n",
    "drug_sex": "drug,gend\nXZFEMAL001,2\n",
    "drug_group": "drug,group\nXZSTAT0001,statins\nXZSTAT0002,statins\n",
    "diagnosis_sex": "diagnosis_prefix,gend\nO,2\n",
    "diagnosis_age": "diagnosis_prefix,min_age,max_age\nF03,60,\n",
    "dialysis_items": "item\nSVDIAL0001\n",
}


def call_time(record: wire.Record) -> float:
    """setl_time of a settlement, else inf_time, in seconds."""
    text = record["request"]["inf_time"]
    if record["request"]["infno"] in {"2102", "2207", "2304"} and wire.counted(record):
        text = record["reply"]["output"]["setlinfo"]["setl_time"]
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def shuffled(records: Sequence[wire.Record], seed: int) -> list[wire.Record]:
    """The records as they arrive when each is delayed by less than the allowed lateness of 5 min."""
    chance = random.Random(seed)
    delayed = [(call_time(each) + chance.uniform(0, 299), n, each) for n, each in enumerate(records)]
    return [each for _, _, each in sorted(delayed, key=lambda row: row[:2])]


def at(clock: str, day: int = 10) -> str:
    return f"2026-03-{day:02d} {clock}"


def buy(person: str, when: str, *drugs: str, days: str = "", shop: int = 1, code: str = "") -> wire.Record:
    lines = [wire.line(drug, prd_days=days) for drug in drugs or ("SV00000001",)]
    traces = [wire.trace(code, of=lines[0])] if code else []
    return wire.pharmacy_sale(person, at=when, lines=lines, traces=traces, provider=wire.pharmacy(shop))


def _lines_and_drugs() -> list[wire.Record]:
    return flat(
        wire.outpatient_visit(
            "a1", at=at("08:00:00"), lines=[wire.line(amount="12.00"), wire.line("SVDAY00001")]
        ),
        wire.outpatient_visit("a1", at=at("08:02:00"), lines=[wire.line("SVDAY00001")]),
        [each for n in range(3) for each in frequent(n)],
        wire.visit_details("a2", at=at("08:00:00"), mdtrt_id="MA2", diagnoses=["O80", "F03"]),
        wire.outpatient_visit("a2", at=at("08:03:00"), lines=[wire.line("XZIND00001")], mdtrt_id="MA2"),
        buy("a3", at("08:10:00"), "XZSUP00001", days="25"),
        buy("a3", at("08:11:00"), "XZSUP00001", days="15", shop=9),
        buy("a4", at("08:20:00"), "XZCHILD001", "XZFEMAL001", "XZSTAT0001", "XZSTAT0002"),
        wire.outpatient_visit("a5", at=at("08:30:00"), lines=[wire.line("SVDIAL0001", pric="400.00")]),
    )


def frequent(number: int) -> list[wire.Record]:
    return wire.outpatient_visit("a6", at=at(f"08:0{number}:30"), lines=[wire.line("SVFREQ0001")])


def _registers_and_stays() -> list[wire.Record]:
    second = wire.hospital(2)
    return flat(
        wire.insured_record("b1", at=at("09:00:00"), die_date="2026-03-08"),
        buy("b1", at("09:03:00")),
        wire.insured_record("b2", at=at("09:00:00"), status="2"),
        buy("b2", at("09:02:00"), shop=2),
        wire.admission("b3", at=at("09:00:00", 1), mdtrt_id="MB1"),
        wire.discharge("b3", at=at("09:00:00", 4), mdtrt_id="MB1"),
        wire.admission("b3", at=at("09:00:00", 6), mdtrt_id="MB2"),
        wire.admission("b3", at=at("09:02:00", 8), mdtrt_id="MB3", provider=second),
        buy("b3", at("09:01:00", 9), shop=3),
        wire.discharge("b3", at=at("09:00:00", 12), mdtrt_id="MB2"),
        wire.face_check("b4", at=at("09:10:00")),
        wire.orders_checked("b4", at=at("09:12:00"), orders=[wire.order()]),
        wire.outpatient_visit("b4", at=at("09:13:00"), lines=[wire.line()]),
    )


def _pharmacies() -> list[wire.Record]:
    burst = [buy(f"c{n}", at(f"10:00:{n}0"), shop=4) for n in range(6)]
    undone = wire.reversal(burst[2], at=at("10:03:00"))
    repeat = [buy("d1", at(f"10:1{n}:00"), shop=5) for n in range(4)]
    hopping = [buy("d2", at("10:20:00"), shop=6), buy("d2", at("10:22:00"), shop=7)]
    refunds: list[wire.Record] = []
    for n in range(3):
        sale = buy(f"e{n}", at(f"10:3{n}:00"), shop=8)
        refunds += [sale, wire.reversal(sale, at=at(f"10:3{n + 2}:30"))]
    boxes = [buy(f"f{n}", at(f"11:0{n}:00"), shop=10 + n, code="81000000000000000001") for n in range(3)]
    often = [buy("g1", at("12:00:00", day), "XZOFT00001") for day in (10, 12, 14, 16, 18)]
    night = [buy("h1", at("23:30:00")), buy("h2", at("23:33:00"))]
    return flat(burst, undone, repeat, hopping, refunds, boxes, often, night)


def busy_day() -> tuple[list[wire.Record], dict[str, str]]:
    """Records in the order of their call time, and the reference tables that go with them."""
    wire.restart()
    records = flat(_lines_and_drugs(), _registers_and_stays(), _pharmacies())
    return sorted(records, key=call_time), TABLES
