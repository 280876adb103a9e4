"""Modes of a rule, by region and day of the event: off, shadow, suspect, block."""

from pathlib import Path

import pytest

from tests import wire
from tests.acceptance.bare import monitor
from tests.acceptance.conftest import Replay, prepare

MARK = "GZ10000201002000"
BURST = "LOC-PHARMACY-BURST"
T = "2026-03-10 10:00:00"


def wrong(at: str = T, person: str = "zhao") -> wire.Record:
    return wire.pharmacy_sale(person, at=at, lines=[wire.line(amount="12.00")], fund="8.40")


def mode(*changes: tuple[str, str], rule_id: str = MARK) -> str:
    """A region file in which the rule has these modes from these days on."""
    return "".join(
        f'[[change]]\nfrom = {day}\nrules.{rule_id} = {{ mode = "{name}" }}\n' for day, name in changes
    )


def test_a_rule_that_blocks_rejects(replay: Replay) -> None:
    sale = wrong()
    outcome = replay([sale], region=mode(("2026-01-01", "block")))
    assert outcome.decision(sale) == ("reject", "12.00")
    assert outcome.one(MARK)["severity"] == 1
    assert outcome.one(MARK)["shadow"] is False


def test_a_rule_that_suspects_reminds(replay: Replay) -> None:
    sale = wrong()
    outcome = replay([sale], region=mode(("2026-01-01", "suspect")))
    finding = outcome.one(MARK)
    assert (finding["kind"], finding["severity"], finding["amount"]) == ("rejection", 2, "12.00")
    assert outcome.decision(sale) == ("remind", "0.00")
    assert len(outcome.verdict(sale)["results"]) == 1
    assert outcome.verdict(sale)["fund_at_issue"] == "0.00"


def test_a_rule_in_shadow_leaves_a_finding_only(replay: Replay) -> None:
    sale = wrong()
    outcome = replay([sale], region=mode(("2026-01-01", "shadow")))
    assert outcome.one(MARK)["shadow"] is True
    assert outcome.decision(sale) == ("pass", "0.00")
    assert outcome.verdict(sale)["results"] == []
    assert outcome.incidents == []


def test_a_rule_that_is_off_finds_nothing(replay: Replay) -> None:
    sale = wrong()
    outcome = replay([sale], region=mode(("2026-01-01", "off")))
    assert outcome.findings == []
    assert outcome.decision(sale) == ("pass", "0.00")


def test_modes_hold_from_their_day_on_by_the_time_of_the_event(replay: Replay) -> None:
    region = mode(("2026-02-01", "off"), ("2026-03-11", "suspect"), ("2026-03-12", "block"))
    days = ["2026-01-31", "2026-02-01", "2026-03-10", "2026-03-11", "2026-03-12"]
    sales = [wrong(f"{day} 00:00:00", f"p{day}") for day in days]
    outcome = replay(sales, region=region)
    decisions = [outcome.verdict(each)["decision"] for each in sales]
    assert decisions == ["reject", "pass", "pass", "remind", "reject"]


def test_a_change_keeps_what_it_does_not_name(replay: Replay) -> None:
    region = (
        '[[change]]\nfrom = 2026-01-01\nrules.GZ10000201002000 = { mode = "suspect", tolerance = "3.00" }\n'
        '[[change]]\nfrom = 2026-03-01\nrules.GZ10000201002000 = { tolerance = "1.00" }\n'
    )
    february, march = wrong("2026-02-10 10:00:00"), wrong()
    outcome = replay([february, march], region=region)
    assert outcome.decision(february) == ("pass", "0.00")
    assert outcome.decision(march) == ("remind", "0.00")


def test_limits_hold_from_their_day_on(replay: Replay) -> None:
    region = '[[change]]\nfrom = 2026-03-11\nrules.LOC-OFF-HOURS = { from = "22:00", to = "06:00" }\n'
    sales = [wire.pharmacy_sale(day, at=f"2026-03-{day} 22:30:00") for day in ("10", "11")]
    outcome = replay(sales, region=region)
    assert outcome.one("LOC-OFF-HOURS")["evidence"][0]["msgid"] == sales[1]["request"]["msgid"]


@pytest.mark.parametrize(
    "name, shown", [("off", []), ("shadow", [True]), ("suspect", [False]), ("block", [False])]
)
def test_bursts_have_modes_too(replay: Replay, name: str, shown: list[bool]) -> None:
    sales = [wire.pharmacy_sale(f"p{n}", at=wire.later(T, seconds=n)) for n in range(4)]
    outcome = replay(sales, region=mode(("2026-01-01", name), rule_id=BURST))
    assert [each["shadow"] for each in outcome.open_of(BURST)] == shown
    assert bool(outcome.incidents) is (shown == [False])


@pytest.mark.parametrize("name, decision", [("suspect", "remind"), ("shadow", "pass"), ("off", "pass")])
def test_orders_follow_the_mode(replay: Replay, name: str, decision: str) -> None:
    check = wire.orders_checked("zhao", at=T, orders=[wire.order(amount="12.00")])
    outcome = replay([check], region=mode(("2026-01-01", name)))
    assert outcome.decision(check) == (decision, "0.00")


@pytest.mark.parametrize(
    "region",
    [
        "[[change]]\nfrom = 2026-01-01\nrules.LOC-NO-SUCH-RULE = { mode = 'off' }\n",
        "[[change]]\nfrom = 2026-01-01\nrules.LOC-OFF-HOURS = { until = '06:00' }\n",
        "[[change]]\nfrom = 2026-01-01\nrules.LOC-PHARMACY-BURST = { persons = 'four' }\n",
        "[[change]]\nfrom = 2026-01-01\nrules.LOC-PHARMACY-BURST = { mode = 'sometimes' }\n",
        "[[change]\n",
    ],
)
def test_a_wrong_region_file_is_a_clear_error(tmp_path: Path, region: str) -> None:
    arguments, environment = prepare(tmp_path, [wrong()], region, None)
    ended = monitor(*arguments, environment=environment)
    assert ended.code != 0
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""
    assert not (tmp_path / "printed.jsonl").exists()
