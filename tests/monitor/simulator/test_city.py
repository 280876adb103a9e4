import ast
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import orjson
import pytest

import monitor.simulator
from monitor.simulator import City, simulate
from monitor.simulator.providers import DELAY_MAX_S
from tests.monitor.simulator.conftest import Day
from tests.monitor.simulator.reading import call_time, many


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert list(simulate(seed=3, records=3_000)) == list(simulate(seed=3, records=3_000))


def test_a_city_can_tell_its_day_again() -> None:
    city = City(seed=3, records=3_000)
    once, truth = list(city.feed()), city.truth
    assert list(city.feed()) == once
    assert city.truth == truth


def test_another_seed_gives_another_day() -> None:
    assert list(simulate(seed=3, records=500)) != list(simulate(seed=4, records=500))


def test_there_are_as_many_records_as_asked_for(day: Day) -> None:
    assert len(day.lines) == 6_000
    assert len(list(simulate(seed=1, records=300))) == 300


def test_the_last_records_belong_to_the_end_of_the_day(day: Day) -> None:
    last = day.records[-1]["request"]["inf_time"]
    assert "2026-03-10 19" <= last <= "2026-03-11 01"


def test_a_record_has_three_and_a_half_kilobytes_on_average(day: Day) -> None:
    sizes = [len(line) for line in day.lines]
    assert 3_200 <= sum(sizes) / len(sizes) <= 3_800


def test_call_times_rise_but_for_small_delays_and_lines_that_were_down(day: Day) -> None:
    down = {shop.code for shop in day.city.pharmacies if shop.back}
    highest, behind = 0, 0
    for record in day.records:
        at = call_time(record)
        highest = max(highest, at)
        if record["request"]["fixmedins_code"] not in down:
            # a retry after an unknown outcome carries the time of the first try
            assert at >= highest - DELAY_MAX_S - 60
        behind += at < highest - 300
    assert behind > 0


def test_the_calls_of_one_provider_are_in_order(day: Day) -> None:
    last: dict[str, str] = {}
    seen: set[str] = set()
    for record in day.records:
        request = record["request"]
        if request["msgid"] not in seen:
            assert request["inf_time"] >= last.get(request["fixmedins_code"], "")
            last[request["fixmedins_code"]] = request["inf_time"]
        seen.add(request["msgid"])


def test_a_msgid_comes_again_only_with_the_same_request(day: Day) -> None:
    first: dict[str, object] = {}
    repeats = 0
    for record in day.records:
        request = record["request"]
        repeats += request["msgid"] in first
        assert first.setdefault(request["msgid"], request) == request
    assert 0 < repeats < len(day.records) / 100


def test_a_msgid_is_provider_time_and_number(day: Day) -> None:
    for record in day.records:
        request = record["request"]
        assert len(request["msgid"]) == 30
        assert request["msgid"].startswith(request["fixmedins_code"])


def test_every_call_of_the_interface_that_a_day_needs_is_in_it(day: Day) -> None:
    infnos = Counter(record["request"]["infno"] for record in day.records)
    pharmacy = {"2101", "2102", "2103", "2601", "3505A", "3506A", "9601"}
    visits = {"2201", "2203", "2204", "2205", "2206", "2207", "3101", "3102", "3103", "9602"}
    wards = {"2401", "2301", "2402", "2303", "2304", "2202", "2302", "2305", "2404", "2405"}
    assert set(infnos) >= pharmacy | visits | wards | {"1101", "9001", "1301"}


def test_some_calls_fail_and_some_are_never_answered(day: Day) -> None:
    codes = Counter(
        str(record["reply"]["infcode"]) if record["reply"] else record["request"]["infno"]
        for record in day.records
    )
    assert codes["-1"] > 0
    assert codes["2102"] + codes["2207"] > 0


def test_tolerated_forms_occur(day: Day) -> None:
    text = b"\n".join(day.lines)
    assert b'"infcode":"0"' in text
    assert b'"durg_trac_info":' in text
    assert b'"pdn_cash_pay":' in text
    assert b'"dias_srt_no":' in text
    assert any(isinstance(record["request"]["input"].get("drugdetail"), dict) for record in day.records)
    assert any(
        isinstance(line.get("cnt"), int | float)
        for record in day.records
        for line in many(record["request"]["input"].get("drugdetail", []))
    )


def test_no_picture_is_in_the_feed(day: Day) -> None:
    faces = [
        record["request"]["input"]["recogInfo"]
        for record in day.records
        if record["request"]["infno"] == "9601"
    ]
    assert faces
    assert all(face["recog_pic"] == "" for face in faces)


@pytest.mark.parametrize("start", [date(2024, 2, 29), date(2026, 1, 1), date(2026, 12, 31)])
def test_the_day_can_be_any_day(start: date) -> None:
    city = City(seed=3, records=3_000, start=start)
    days = Counter(orjson.loads(line)["request"]["inf_time"][:10] for line in city.feed())
    night = (start + timedelta(days=1)).isoformat()
    assert max(days) in (start.isoformat(), night)
    assert days[start.isoformat()] > 2_000
    assert min(days) >= (start - timedelta(days=40)).isoformat()


def test_identity_numbers_belong_to_nobody(day: Day) -> None:
    for person in day.city.people[:200]:
        total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(person.certno[:17]))
        assert "10X98765432"[total % 11] != person.certno[17]


def test_the_simulator_knows_nothing_of_the_monitor() -> None:
    folder = Path(monitor.simulator.__path__[0])
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("monitor"):
                assert node.module.startswith("monitor.simulator"), path.name
