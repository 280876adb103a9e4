"""`monitor doctor` and the other commands say what is wrong and what helps."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitor.settings import Settings
from streams.cli import app
from streams.doctor import examine
from streams.doctor.brokers import ABANDONED, AUTO_CREATE, COPIES, broker_faults
from streams.doctor.here import look_here
from tests import wire
from tests.streams.conftest import MakeWorld


@pytest.mark.kafka
async def test_a_monitor_that_has_all_it_needs_has_no_fault(world: MakeWorld) -> None:
    ours = await world()
    findings = await examine(ours.settings)
    assert [finding for finding in findings if not finding.good] == []
    looked_at = {finding.what: finding.found for finding in findings}
    assert {
        "Kafka",
        "brokers' settings",
        "topics",
        "replicas",
        "clock",
        "lag",
        "dead letters",
        "rules",
    } <= looked_at.keys()
    assert looked_at["Prometheus"] == looked_at["Alertmanager"] == "not asked"


@pytest.mark.kafka
async def test_missing_topics_are_named_with_what_makes_them(world: MakeWorld) -> None:
    ours = await world()
    elsewhere = ours.settings.model_copy(update={"topic_prefix": "nowhere."})
    faults = [finding for finding in await examine(elsewhere) if not finding.good]
    assert {finding.what for finding in faults} >= {"topic nowhere.claims.raw", "topic nowhere.alerts"}
    assert all(finding.remedy for finding in faults)


async def test_a_kafka_that_is_not_there_is_one_clear_fault(world: MakeWorld) -> None:
    ours = await world()
    nowhere = ours.settings.model_copy(update={"bootstrap": "127.0.0.1:1"})
    (fault,) = [finding for finding in await examine(nowhere) if not finding.good]
    assert fault.what == "Kafka"
    assert "MONITOR_BOOTSTRAP" in fault.remedy


@pytest.mark.kafka
async def test_records_that_nobody_takes_are_a_fault_and_a_worker_that_takes_them_is_the_remedy(
    world: MakeWorld,
) -> None:
    ours = await world()
    old = wire.as_line(wire.pharmacy_sale("p", at="2026-03-10 09:00:00", lines=[wire.line()]))
    await ours.feed([old] * 3, timestamp_ms=1_773_104_460_000)
    (fault,) = [finding for finding in await examine(ours.settings) if not finding.good]
    assert fault.what == "lag"
    assert "3 records wait" in fault.found
    assert "0 workers" in fault.found
    assert "monitor worker" in fault.remedy
    await ours.started()
    await ours.quiet()
    findings = await examine(ours.settings)
    assert [finding for finding in findings if not finding.good] == []
    (lag,) = [finding for finding in findings if finding.what == "lag"]
    assert lag.found.startswith("0 records wait")
    assert lag.found.endswith("1 workers in the group")


@pytest.mark.kafka
async def test_dead_letters_are_told_with_the_command_that_shows_them(world: MakeWorld) -> None:
    ours = await world()
    await ours.started()
    await ours.feed([b"no record"])
    await ours.quiet()
    (letters,) = [finding for finding in await examine(ours.settings) if finding.what == "dead letters"]
    assert (letters.found, letters.good) == ("1 in 24 h", True)
    assert "monitor dlq list" in letters.remedy


def test_brokers_that_hold_readers_up_or_keep_too_few_copies_are_faults() -> None:
    good = {ABANDONED: "1000", COPIES[0]: "3", COPIES[1]: "3", AUTO_CREATE: "false"}
    settings = Settings(replication=3)
    assert broker_faults("broker 1", good, settings) == []
    for name, wrong in ((ABANDONED, "10000"), (COPIES[0], "1"), (COPIES[1], "2")):
        (fault,) = broker_faults("broker 1", good | {name: wrong}, settings)
        assert (fault.good, name in fault.found, bool(fault.remedy)) == (False, True, True)
    (note,) = broker_faults("broker 1", good | {AUTO_CREATE: "true"}, settings)
    assert (note.good, "false" in note.remedy) == (True, True)


def test_every_table_that_can_not_be_used_is_named_at_once_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "once_per_day.csv").write_text("item,colour\nX1,red\n")
    (tmp_path / "drug_supply.csv").write_text("drug,max_days\nX1,30\nX2,many\n")
    (tmp_path / "drug_group.csv").write_text("drug,group\nX1,g\n")
    findings = {finding.what: finding for finding in look_here(Settings(reference=tmp_path))}
    assert "'colour' is unknown" in findings["table once_per_day"].found
    assert "drug_supply.csv:3" in findings["table drug_supply"].found
    assert {what for what, each in findings.items() if not each.good} == {
        "table once_per_day",
        "table drug_supply",
    }
    assert findings["table drug_group"].found == "1 rows, 0 days old"


def test_a_table_that_nobody_touched_for_long_is_told_and_is_no_fault(tmp_path: Path) -> None:
    table = tmp_path / "drug_group.csv"
    table.write_text("drug,group\nX1,g\n")
    os.utime(table, (1_700_000_000, 1_700_000_000))
    (finding,) = [each for each in look_here(Settings(reference=tmp_path)) if each.what == "table drug_group"]
    assert finding.good
    assert "newest" in finding.remedy


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    findings = look_here(Settings(reference=tmp_path / "nowhere"))
    (fault,) = [finding for finding in findings if not finding.good]
    assert "MONITOR_REFERENCE" in fault.remedy


@pytest.mark.kafka
async def test_a_worker_refuses_to_start_with_another_number_of_partitions(world: MakeWorld) -> None:
    ours = await world()
    ended = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "streams", "worker"],
        env=ours.environment | {"MONITOR_PARTITIONS": "5", "MONITOR_WORKER_PORT": "0"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 1
    assert "partitions must be 5, found 4" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "command",
    [
        *("worker", "gateway", "doctor", "topics create", "topics check", "topics copy"),
        *("dlq list", "dlq show", "dlq replay"),
        *(f"incidents {name}" for name in ("list", "show", "ack", "verify", "dismiss", "resolve")),
    ],
)
def test_every_command_shows_an_example(command: str) -> None:
    shown = CliRunner().invoke(app, [*command.split(), "--help"], prog_name="monitor")
    assert shown.exit_code == 0
    assert "Example" in shown.stdout


def test_a_hook_that_wants_our_own_key_is_a_fault_until_the_key_is_there(tmp_path: Path) -> None:
    (tmp_path / "providers.csv").write_text(
        "fixmedins_code,fixmedins_name,fixmedins_type,medins_lv,open_24h,face_check,admvs,hook_url,hook_secret,hook_sign\n"
        "H1,医院,1,3,1,0,430102,https://his.example.org/in,,sm2\n"
        "H2,医院,1,3,1,0,430102,https://his.example.org/in,s,\n"
    )
    point, number = (part.hex() for part in pytest.importorskip("gmssl_pyx").sm2_key_generate())

    def hooks(**settings: str) -> list[tuple[bool, str]]:
        found = look_here(Settings(reference=tmp_path, **settings))  # type: ignore[arg-type]  # as text
        return [(each.good, each.found) for each in found if each.what == "web hooks"]

    told = (True, "signed for 1 hmac-sha256, 1 sm2")
    missing = "hook_sign sm2 needs MONITOR_SM2_PRIVATE_KEY and MONITOR_SM2_PUBLIC_KEY"
    assert hooks() == [told, (False, missing)]
    shown = hooks(sm2_private_key=number, sm2_public_key=point)
    assert shown == [told, (True, f"providers verify SM2 with {point}")]
    assert number not in str(shown)
