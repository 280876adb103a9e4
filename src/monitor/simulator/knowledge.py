"""The reference tables that fit the city: providers, persons and the knowledge its items are judged by."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from monitor.simulator.catalogue import ITEMS
from monitor.simulator.people import Person
from monitor.simulator.providers import Provider

SHOP_PLACEHOLDER = "81999990000000000017"
"""A trace code that tills print for goods without one; it stands in `trace_ignore`."""

ONCE_PER_DAY = ("bed_three", "bed_two", "bed_watch", "care_first", "care_second")
ITEM_FREQUENCY = (("mri_head", 1, 7), ("bone_density", 1, 180), ("hba1c", 1, 30), ("rehab", 10, 7))
DRUG_INDICATION = (("semaglutide", "E11"), ("butylphthalide", "I63"), ("epoetin", "N18"), ("epoetin", "D63"))
DRUG_SUPPLY = (("semaglutide", 28), ("butylphthalide", 28))
DRUG_AGE = (
    ("levofloxacin", 18, None),
    ("moxifloxacin", 18, None),
    ("paediatric_cold", None, 14),
    ("paediatric_cough", None, 14),
)
DRUG_SEX = (("qianjin", "2"), ("motherwort", "2"), ("finasteride", "1"), ("tamsulosin", "1"))
DIAGNOSIS_SEX = (("N40", "1"), ("C61", "1"), ("N76", "2"), ("D25", "2"), ("O", "2"))
DIAGNOSIS_AGE = (("F90", None, 17), ("P", None, 1), ("M81", 30, None), ("I25", 18, None))


BUDGET_YUAN = {"3": 60_000_000, "2": 20_000_000, "1": 6_000_000, "": 1_500_000}
"""What the fund may pay in a year, by level; without one: a pharmacy."""


def write_reference(
    folder: Path, *, providers: Sequence[Provider], persons: Sequence[Person], year: int
) -> None:
    """Write every table of the city into `folder` (created when missing): CSV, UTF-8, header line."""
    folder.mkdir(parents=True, exist_ok=True)
    shops = (
        (p.code, p.name, p.kind, p.level, int(p.open_24h), int(p.face_check), p.admvs, p.group)
        for p in providers
    )
    names = "fixmedins_code,fixmedins_name,fixmedins_type,medins_lv,open_24h,face_check,admvs,group"
    _table(folder, "providers", names, shops)
    budgets = ((p.code, year, BUDGET_YUAN[p.level]) for p in providers)
    _table(folder, "fund_budget", "fixmedins_code,year,budget", budgets)
    _table(
        folder, "persons", "psn_no,gend,brdy,die_date", ((p.psn_no, p.sex, p.brdy, p.died) for p in persons)
    )
    _table(folder, "once_per_day", "item", ((_code(key),) for key in ONCE_PER_DAY))
    _table(
        folder,
        "item_frequency",
        "item,max,days",
        ((_code(key), most, days) for key, most, days in ITEM_FREQUENCY),
    )
    rows = ((_code(key), prefix) for key, prefix in DRUG_INDICATION)
    _table(folder, "drug_indication", "drug,diagnosis_prefix", rows)
    _table(folder, "drug_supply", "drug,max_days", ((_code(key), days) for key, days in DRUG_SUPPLY))
    _table(
        folder, "drug_age", "drug,min_age,max_age", ((_code(key), low, high) for key, low, high in DRUG_AGE)
    )
    _table(folder, "drug_sex", "drug,gend", ((_code(key), sex) for key, sex in DRUG_SEX))
    grouped = ((item.code, item.group) for item in ITEMS.values() if item.group)
    _table(folder, "drug_group", "drug,group", grouped)
    _table(folder, "diagnosis_sex", "diagnosis_prefix,gend", DIAGNOSIS_SEX)
    _table(folder, "diagnosis_age", "diagnosis_prefix,min_age,max_age", DIAGNOSIS_AGE)
    _table(folder, "dialysis_items", "item", ((_code(key),) for key in ("dialysis", "filtration")))
    _table(folder, "trace_ignore", "drug_trac_codg", ((SHOP_PLACEHOLDER,),))


def _code(key: str) -> str:
    return ITEMS[key].code


def _table(folder: Path, name: str, header: str, rows: Iterable[Sequence[object]]) -> None:
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(["" if value is None else value for value in row] for row in rows)
