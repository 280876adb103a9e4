"""Reference tables: what they hold, that they replace the built-in ones, and clear errors for bad ones."""

from pathlib import Path

import pytest

from tests import wire
from tests.acceptance.bare import monitor
from tests.acceptance.conftest import TOKEN_KEY, Replay

AT = "2026-03-10 12:00:00"
NIGHT = "2026-03-10 23:30:00"
OFF_HOURS = "LOC-OFF-HOURS"
ONCE = "GZ10000102012000"
DECEASED = "LOC-DECEASED"
AGE = "GZ10000301002000"
PROVIDERS = "fixmedins_code,fixmedins_name,fixmedins_type,medins_lv,open_24h,face_check,admvs"


def providers(*rows: str) -> dict[str, str]:
    """The table of providers."""
    return {"providers": "\n".join((PROVIDERS, *rows, ""))}


def test_a_pharmacy_that_is_open_all_night_is_no_lead(replay: Replay) -> None:
    sale = wire.pharmacy_sale("a", at=NIGHT)
    row = f"{wire.PHARMACY},某药房,2,,{{}},0,430100"
    assert replay([sale], reference=providers(row.format("1"))).open_of(OFF_HOURS) == []
    assert len(replay([sale], reference=providers(row.format("0"))).open_of(OFF_HOURS)) == 1


def test_without_an_entry_a_21xx_caller_is_a_pharmacy_that_closes(replay: Replay) -> None:
    assert len(replay([wire.pharmacy_sale("a", at=NIGHT, provider="X99999999999")]).open_of(OFF_HOURS)) == 1


def test_without_an_entry_any_other_caller_is_a_hospital(replay: Replay) -> None:
    visits = [wire.outpatient_settlement(f"p{n}", at=wire.later(NIGHT, seconds=n)) for n in range(5)]
    outcome = replay(visits)
    assert outcome.open_of(OFF_HOURS) == []
    assert outcome.open_of("LOC-PHARMACY-BURST") == []


def test_the_type_of_a_provider_comes_from_its_entry(replay: Replay) -> None:
    sales = [wire.pharmacy_sale(f"p{n}", at=wire.later(AT, seconds=n)) for n in range(4)]
    assert len(replay(sales).open_of("LOC-PHARMACY-BURST")) == 1
    table = providers(f"{wire.PHARMACY},某医院,1,3,0,0,430100")
    assert replay(sales, reference=table).open_of("LOC-PHARMACY-BURST") == []


def test_providers_may_say_their_group(replay: Replay) -> None:
    text = f"{PROVIDERS},group\n{wire.PHARMACY},某药房,2,,1,0,430100,G1\n"
    assert replay([wire.pharmacy_sale("a", at=NIGHT)], reference={"providers": text}).findings == []


def test_columns_may_stand_in_any_order(replay: Replay) -> None:
    text = "open_24h,fixmedins_type,fixmedins_code,fixmedins_name,medins_lv,face_check,admvs\n"
    text += f"1,2,{wire.PHARMACY},某药房,,0,430100\n"
    assert replay([wire.pharmacy_sale("a", at=NIGHT)], reference={"providers": text}).findings == []


def test_persons_tell_of_deaths_and_births(replay: Replay) -> None:
    person = wire.psn_no("a")
    text = f"psn_no,gend,brdy,die_date\n{person},1,1930-01-01,2026-03-01\n"
    sale = wire.pharmacy_sale("a", at=AT)
    assert len(replay([sale], reference={"persons": text}).open_of(DECEASED)) == 1
    table = {
        "persons": f"psn_no,gend,brdy,die_date\n{person},1,1930-01-01,\n",
        "drug_age": "drug,min_age,max_age\nXA00000001,,14\n",
    }
    sale = wire.pharmacy_sale("a", at=AT, lines=[wire.line("XA00000001")], brdy="")
    assert len(replay([sale], reference=table).open_of(AGE)) == 1


def test_a_table_in_the_folder_replaces_the_built_in_one(replay: Replay) -> None:
    visit = wire.outpatient_visit("a", at=AT, lines=[wire.line("AB11000001", cnt="2")])
    assert len(replay(visit, reference={"once_per_day": "item\nAB11000001\n"}).open_of(ONCE)) == 1
    assert replay(visit, reference={"once_per_day": "item\n"}).open_of(ONCE) == []


def test_tables_may_be_written_by_a_spreadsheet(replay: Replay) -> None:
    text = '\ufeffitem\r\n"AB11000001"\r\n'
    visit = wire.outpatient_visit("a", at=AT, lines=[wire.line("AB11000001", cnt="2")])
    assert len(replay(visit, reference={"once_per_day": text}).open_of(ONCE)) == 1


BAD_TABLES = {
    "an unknown column": ("once_per_day", "item,colour\nA,red\n", 1, "colour"),
    "a missing column": ("item_frequency", "item,max\nA,3\n", 1, "days"),
    "another header": ("drug_sex", "medicine,gend\nA,1\n", 1, "medicine"),
    "no header": ("drug_sex", "", 1, ""),
    "a column twice": ("drug_sex", "drug,gend,gend\nA,1,1\n", 1, "gend"),
    "a number that is none": ("item_frequency", "item,max,days\nA,3,30\nB,three,30\n", 3, "max"),
    "a negative number": ("item_frequency", "item,max,days\nA,3,-30\n", 2, "days"),
    "days of zero": ("item_frequency", "item,max,days\nA,3,0\n", 2, "days"),
    "too few cells": ("item_frequency", "item,max,days\nA,3\n", 2, ""),
    "too many cells": ("once_per_day", "item\nA,B\n", 2, ""),
    "an empty key": ("once_per_day", 'item\nA\n""\n', 3, "item"),
    "a date that is none": ("persons", "psn_no,gend,brdy,die_date\n1,1,1980-02-30,\n", 2, "brdy"),
    "a sex that is none": ("drug_sex", "drug,gend\nA,x\n", 2, "gend"),
    "an age that is none": ("drug_age", "drug,min_age,max_age\nA,ten,\n", 2, "min_age"),
    "a flag that is none": ("providers", f"{PROVIDERS}\nP1,某,2,,yes,0,430100\n", 2, "open_24h"),
    "a type that is none": ("providers", f"{PROVIDERS}\nP1,某,9,,0,0,430100\n", 2, "fixmedins_type"),
}


@pytest.mark.parametrize("table,text,line,named", BAD_TABLES.values(), ids=BAD_TABLES)
def test_a_bad_table_is_a_clear_error_with_file_and_line(
    tmp_path: Path, table: str, text: str, line: int, named: str
) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / f"{table}.csv").write_text(text)
    (tmp_path / "feed.jsonl").write_bytes(wire.as_line(wire.pharmacy_sale("a", at=AT)))
    environment = {"MONITOR_TOKEN_KEY": TOKEN_KEY, "MONITOR_REFERENCE": str(tmp_path / "tables")}
    ended = monitor("replay", tmp_path / "feed.jsonl", environment=environment)
    assert ended.code != 0
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    assert f"{table}.csv" in ended.stderr
    assert str(line) in ended.stderr.replace(str(tmp_path), "")
    assert named in ended.stderr


def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "feed.jsonl").write_bytes(wire.as_line(wire.pharmacy_sale("a", at=AT)))
    environment = {"MONITOR_TOKEN_KEY": TOKEN_KEY, "MONITOR_REFERENCE": str(tmp_path / "nowhere")}
    ended = monitor("replay", tmp_path / "feed.jsonl", environment=environment)
    assert ended.code != 0
    assert "nowhere" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_bad_table_of_persons_does_not_quote_its_rows(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    text = "psn_no,gend,brdy,die_date\n43010000SECRET,1,SECRETDATE,\n"
    (tmp_path / "tables" / "persons.csv").write_text(text)
    (tmp_path / "feed.jsonl").write_bytes(wire.as_line(wire.pharmacy_sale("a", at=AT)))
    environment = {"MONITOR_TOKEN_KEY": TOKEN_KEY, "MONITOR_REFERENCE": str(tmp_path / "tables")}
    ended = monitor("replay", tmp_path / "feed.jsonl", environment=environment)
    assert ended.code != 0
    assert "43010000SECRET" not in ended.stderr
