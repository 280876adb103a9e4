"""What a benchmark says must be right before it is fast."""

import os
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from bench import rule_command
from bench.pace import Pace
from bench.process import BenchError, Process, Used
from bench.profile import OTHER, part_of
from bench.report import replaced
from bench.results import Result
from bench.rivals import SkippedError
from bench.rule import contender, data
from bench.rule.capacity import cpu_at, must_agree
from bench.rule.data import BYTES, FIRST, LAST, LIMIT, PARTITIONS, Shape, encode, expected, settlements
from bench.spread import Latency, Spread
from bench.tables import section

SMALL = Shape(records=3_000, pharmacies=20, per_window=1_000)


def test_the_same_seed_gives_the_same_settlements_of_one_size() -> None:
    assert list(settlements(SMALL)) == list(settlements(SMALL))
    assert {len(encode(sale)) for sale in settlements(SMALL)} == {BYTES}
    assert list(settlements(SMALL)) != list(settlements(SMALL._replace(seed=2)))


def test_every_partition_begins_and_ends_with_a_finding_of_a_mark() -> None:
    by_partition: dict[int, list[str]] = {number: [] for number in range(PARTITIONS)}
    for sale in settlements(SMALL):
        by_partition[data.partition_of(sale.pharmacy)].append(sale.pharmacy)
    for pharmacies in by_partition.values():
        assert all(name.startswith(FIRST) for name in pharmacies[:LIMIT])
        assert all(name.startswith(LAST) for name in pharmacies[-LIMIT:])
    marks = Counter(each.pharmacy[:4] for each in expected(settlements(SMALL)))
    assert marks[FIRST[:4]] == marks[LAST[:4]] == PARTITIONS


def test_a_finding_is_the_settlement_that_reaches_the_limit_in_its_window() -> None:
    sales = [data.Settlement(f"S{n}", f"P{n % 5}", "H", n * 1000) for n in range(LIMIT + 3)]
    assert expected(sales) == {data.Finding("H", 0, f"S{LIMIT - 1}", LIMIT, 5)}
    assert expected(sales[:-4]) == set()


@pytest.mark.parametrize("fault", ["lost", "doubled", "invented"])
def test_findings_that_are_not_those_of_plain_python_fail_the_run(fault: str) -> None:
    right = expected(settlements(SMALL))
    found = sorted(right)
    must_agree("x", found, right)
    wrong = {
        "lost": found[1:],
        "doubled": [*found, found[0]],
        "invented": [replace(found[0], persons=99), *found[1:]],
    }
    with pytest.raises(BenchError, match=rf"[1-9]\d* {fault}"):
        must_agree("x", wrong[fault], right)


def test_a_sender_that_falls_behind_keeps_to_its_schedule() -> None:
    sent = []
    pace = Pace(count=5, rate=1e6)

    def send(number: int) -> None:
        sent.append(number)
        if number == 0:
            pace.began -= 60.0  # as if a minute had passed meanwhile

    pace.run(send)
    assert sent == [0, 1, 2, 3, 4]
    assert pace.behind_s >= 59.0
    assert pace.due(4) - pace.due(0) == pytest.approx(4e-6, abs=1e-6)


def test_marks_of_latency_and_spread() -> None:
    latency = Latency.of([n / 1000 for n in range(1, 1002)])
    assert latency.marks == pytest.approx({"p50": 501, "p99": 991, "p99.9": 1000})
    assert latency.most == pytest.approx(1001)
    assert Spread.of([3.0, 1.0, 2.0]) == Spread(1.0, 2.0, 3.0)


def test_no_latency_at_all_is_said() -> None:
    with pytest.raises(BenchError, match="longer"):
        Latency.of([])


def test_cpu_is_taken_when_the_clock_starts_and_stops() -> None:
    samples = [(at, Used(cpu, 1.0)) for at, cpu in ((1.0, 10.0), (2.0, 11.0), (3.0, 12.5))]
    assert [cpu_at(samples, at) for at in (0.0, 2.1, 9.0)] == [10.0, 11.0, 12.5]


def test_a_section_is_replaced_and_nothing_else() -> None:
    text = "a\n<!-- bench:rule -->\nold\n<!-- /bench:rule -->\nb\n<!-- bench:memory -->\n<!-- /bench:memory -->\n"
    assert replaced(text, "rule", "new \\1") == text.replace("old", "new \\1")
    with pytest.raises(BenchError, match="no place"):
        replaced("nothing here", "rule", "new")


def test_what_was_skipped_is_said_under_the_table() -> None:
    run = {"title": "A", "guarantee": "none", "records": 10, "seconds": 2.0, "cpu_us": 1.0, "rss_mib": 9.0}
    skipped = {"title": "B", "guarantee": "exactly-once", "skipped": "no javac"}
    text = section("rule", Result("./dev bench rule", {"Python": "3"}, [run, skipped]))
    assert "| A | none | **5** | 5–5 |" in text
    assert "B, exactly-once: skipped, no javac" in text


def test_a_machine_without_javac_leaves_kafka_streams_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_there() -> list[str]:
        raise SkippedError("no javac")

    there = contender.CONTENDERS[0]
    monkeypatch.setattr(
        rule_command, "CONTENDERS", (there, there._replace(name="java", title="Java", command=none_there))
    )
    found, skipped = rule_command.chosen("")
    assert [each.name for each in found] == [there.name]
    assert [(each.title, each.skipped) for each in skipped] == [("Java", "no javac")]
    with pytest.raises(BenchError, match="nobody"):
        rule_command.chosen("nobody")


def test_time_belongs_to_the_innermost_part_that_is_known() -> None:
    within = (
        "run (/x/faust/app.py:1);take (/x/streams/engine/unit.py:2);decode (/x/monitor/interface/call.py:3)"
    )
    assert part_of(within) == "decoding calls"
    assert part_of(f"{within};loads (/x/json/decoder.py:9)") == "decoding calls"
    assert part_of("select (/lib/selectors.py:1)") == OTHER


def test_a_process_that_ends_says_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('no more')"]
    with Process(
        command, environment={"PATH": os.environ["PATH"]}, cores={0}, log=tmp_path / "log"
    ) as process:
        process.wait()
        with pytest.raises(BenchError, match="no more"):
            process.must_live()
