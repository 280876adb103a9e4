"""Modes and limits of a region file, with their effective dates, and clear errors for what is none."""

from pathlib import Path

import pytest

from tests import wire
from tests.acceptance.bare import Ended, monitor
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import rfc, sns

ARITHMETIC = "GZ10000201002000"
BURST = "LOC-PHARMACY-BURST"
COVER = "LOC-COVER-INACTIVE"
FACE = "LOC-FACE-MISMATCH"
HOPPING = "LOC-CARD-HOPPING"
OFF_HOURS = "LOC-OFF-HOURS"
REFUND = "LOC-SETTLE-REFUND"
REPEAT = "LOC-CARD-REPEAT"
SPLIT = "GZ10000204001000"
SUPPLY = "GZ10000101009000"
TRACE = "LOC-TRACE-REUSED"
AT = "2026-03-10 12:00:00"

SAMPLE = """
region = "430100"
lateness_s = 300
incident_max_days = 7

[[change]]
from = 2026-01-01
rules.GZ10000201002000 = { mode = "suspect", tolerance = "0.01" }
rules.GZ10000101009000 = { mode = "block", days_max = 31, days_max_long = 93, early_refill_days = 7 }
rules.GZ10000204001000 = { days = 15, days_grave = 7 }
rules.GZ10000204003000 = { purchases = 4, days = 30 }
rules.LOC-COVER-INACTIVE = { register_age_s = 86400 }
rules.LOC-STAY-OVERLAP = { open_days = 60 }
rules.LOC-FACE-MISMATCH = { within_s = 86400 }
rules.LOC-PHARMACY-BURST = { mode = "block", persons = 4, window_s = 120, incident_gap_s = 1800 }
rules.LOC-CARD-REPEAT = { times = 3, window_s = 600, times_day = 4 }
rules.LOC-CARD-HOPPING = { pharmacies = 2, window_s = 1800 }
rules.LOC-SETTLE-REFUND = { cycles = 3, refund_s = 900, days = 30, correction_s = 1800 }
rules.LOC-OFF-HOURS = { from = "23:00", to = "06:00" }
rules.LOC-TRACE-REUSED = { sales = 2, mode = "shadow" }

[[change]]
from = 2026-04-01
rules.LOC-TRACE-REUSED = { mode = "block" }
"""


def minute(n: int) -> str:
    """So many minutes after noon."""
    return wire.later(AT, minutes=n)


def region(rule: str, limits: str, *, since: str = "2026-01-01") -> str:
    """A region file with one change of one rule."""
    return f'region = "430100"\n[[change]]\nfrom = {since}\nrules.{rule} = {{ {limits} }}\n'


def wrong(person: str = "a", at: str = AT) -> wire.Record:
    """A sale whose line does not add up."""
    return wire.pharmacy_sale(person, at=at, lines=[wire.line(amount="12.00")])


def coded(at: str, person: str) -> wire.Record:
    """A sale of one certain box."""
    line = wire.line("XA00000001")
    return wire.pharmacy_sale(
        person, at=at, lines=[line], traces=[wire.trace("81000000000000000017", of=line)]
    )


def test_off_says_nothing(replay: Replay) -> None:
    sale = wrong()
    outcome = replay([sale], region=region(ARITHMETIC, 'mode = "off"'))
    assert outcome.decision(sale) == ("pass", "0.00")
    assert (outcome.findings, outcome.incidents, outcome.verdict(sale)["results"]) == ([], [], [])


def test_shadow_makes_a_finding_alone(replay: Replay) -> None:
    sale = wrong()
    outcome = replay([sale], region=region(ARITHMETIC, 'mode = "shadow"'))
    assert outcome.decision(sale) == ("pass", "0.00")
    assert outcome.verdict(sale)["results"] == []
    assert outcome.one(ARITHMETIC)["shadow"] is True
    assert outcome.incidents == []


@pytest.mark.parametrize("infno", ["3101", "3102"])
def test_shadow_does_not_speak_at_the_window(replay: Replay, infno: str) -> None:
    check = wire.orders_checked("a", at=AT, orders=[wire.order(amount="12.00")], infno=infno)
    outcome = replay([check], region=region(ARITHMETIC, 'mode = "shadow"'))
    assert (outcome.verdict(check)["decision"], outcome.verdict(check)["results"]) == ("pass", [])


def test_suspect_reminds(replay: Replay) -> None:
    sale = wrong()
    outcome = replay([sale], region=region(ARITHMETIC, 'mode = "suspect"'))
    assert outcome.decision(sale) == ("remind", "0.00")
    finding = outcome.one(ARITHMETIC)
    assert (finding["severity"], finding["amount"], finding["shadow"]) == (2, "12.00", False)
    assert len(outcome.incidents) == 1


def test_suspect_leaves_what_is_milder_as_it_is(replay: Replay) -> None:
    sale = wire.pharmacy_sale("a", at="2026-03-10 23:30:00")
    outcome = replay([sale], region=region(OFF_HOURS, 'mode = "suspect"'))
    assert outcome.one(OFF_HOURS)["severity"] == 3


def test_block_is_the_rule_as_in_the_table(replay: Replay) -> None:
    sale = wrong()
    plain = replay([sale])
    assert replay([sale], region=region(ARITHMETIC, 'mode = "block"')).decision(sale) == plain.decision(sale)


@pytest.mark.parametrize(
    "at,decision", [("2026-03-31 23:59:59", "reject"), ("2026-04-01 00:00:00", "remind")]
)
def test_a_change_is_in_force_from_its_day_on_by_event_time(replay: Replay, at: str, decision: str) -> None:
    sale = wrong(at=at)
    changed = region(ARITHMETIC, 'mode = "suspect"', since="2026-04-01")
    assert replay([sale], region=changed).verdict(sale)["decision"] == decision


def test_a_late_record_is_judged_by_the_rules_of_its_day(replay: Replay) -> None:
    changed = region(ARITHMETIC, 'mode = "off"', since="2026-04-01")
    records = [wire.pharmacy_sale("x", at="2026-04-01 00:03:00"), wrong(at="2026-03-31 23:59:00")]
    assert len(replay(records, region=changed).open_of(ARITHMETIC)) == 1


def test_a_later_change_overrides_only_what_it_names(replay: Replay) -> None:
    text = region(ARITHMETIC, 'mode = "suspect", tolerance = "5.00"')
    text += '[[change]]\nfrom = 2026-04-01\nrules.GZ10000201002000 = { mode = "block" }\n'
    small, big = wrong(at="2026-04-02 12:00:00"), wrong("b", at="2026-04-02 13:00:00")
    big["request"]["input"]["drugdetail"][0]["det_item_fee_sumamt"] = "15.01"
    outcome = replay([small, big], region=text)
    assert (outcome.verdict(small)["decision"], outcome.verdict(big)["decision"]) == ("pass", "reject")


def test_other_rules_stay_as_they_are_built_in(replay: Replay) -> None:
    sales = [wire.pharmacy_sale(f"p{n}", at=wire.later(AT, seconds=n)) for n in range(4)]
    assert len(replay(sales, region=region(ARITHMETIC, 'mode = "off"')).open_of(BURST)) == 1


def test_the_sample_of_a_region_is_accepted(replay: Replay) -> None:
    sale = wrong()
    before = [coded("2026-03-10 12:00:00", "a"), coded("2026-03-11 12:00:00", "b")]
    after = [coded("2026-04-01 00:00:00", "c")]
    outcome = replay([sale, *before, *after], region=SAMPLE)
    assert outcome.verdict(sale)["decision"] == "remind"
    assert replay(before, region=SAMPLE).one(TRACE)["shadow"] is True


@pytest.mark.parametrize(
    "rule,limits,records,found",
    [
        (BURST, "persons = 5", 4, 0),
        (BURST, "persons = 3", 3, 1),
        (BURST, "window_s = 2", 4, 0),
        (REPEAT, "times = 5", 4, 0),
        (HOPPING, "pharmacies = 3", 2, 0),
        (HOPPING, "window_s = 59", 2, 0),
        (HOPPING, "window_s = 60", 2, 1),
    ],
)
def test_limits_can_be_changed(replay: Replay, rule: str, limits: str, records: int, found: int) -> None:
    def build(n: int) -> wire.Record:
        if rule == BURST:
            return wire.pharmacy_sale(f"p{n}", at=wire.later(AT, seconds=n))
        if rule == REPEAT:
            return wire.pharmacy_sale("a", at=wire.later(AT, minutes=n, days=n // 3))
        return wire.pharmacy_sale("a", at=minute(n), provider=wire.pharmacy(n + 1))

    outcome = replay([build(n) for n in range(records)], region=region(rule, limits))
    assert len(outcome.open_of(rule)) == found


@pytest.mark.parametrize(
    "clock,found", [("22:00:00", 1), ("21:59:59", 0), ("05:59:59", 0), ("04:59:59", 1), ("05:00:00", 0)]
)
def test_the_hours_can_be_changed(replay: Replay, clock: str, found: int) -> None:
    sale = wire.pharmacy_sale("a", at=f"2026-03-10 {clock}")
    hours = region(OFF_HOURS, 'from = "22:00", to = "05:00"')
    assert len(replay([sale], region=hours).open_of(OFF_HOURS)) == found


def test_limits_of_supply_can_be_changed(replay: Replay) -> None:
    sale = wire.pharmacy_sale("a", at=AT, lines=[wire.line("XA00000001", prd_days="20", sn="D1")])
    assert replay([sale]).open_of(SUPPLY) == []
    finding = replay([sale], region=region(SUPPLY, "days_max = 19")).one(SUPPLY)
    assert (sns(finding), finding["limit"], finding["observed"]) == (["D1"], 19, 20)


def test_the_age_of_the_register_can_be_changed(replay: Replay) -> None:
    records = [wire.insured_record("a", at=minute(0), status="4"), wire.pharmacy_sale("a", at=minute(2))]
    assert replay(records, region=region(COVER, "register_age_s = 119")).one(COVER)["severity"] == 2
    assert replay(records, region=region(COVER, "register_age_s = 120")).one(COVER)["severity"] == 1


def test_the_reach_of_a_face_check_can_be_changed(replay: Replay) -> None:
    records = [wire.face_check("a", at=minute(0)), wire.outpatient_settlement("a", at=minute(2))]
    assert replay(records, region=region(FACE, "within_s = 119")).open_of(FACE) == []
    assert len(replay(records, region=region(FACE, "within_s = 120")).open_of(FACE)) == 1


BAD_REGIONS = {
    "an unknown rule": (region("LOC-NO-SUCH-RULE", 'mode = "off"'), "LOC-NO-SUCH-RULE"),
    "an unknown limit": (region(BURST, "people = 4"), "people"),
    "a limit of another rule": (region(BURST, "days_max = 4"), "days_max"),
    "an unknown mode": (region(BURST, 'mode = "on"'), "mode"),
    "a text for a number": (region(BURST, 'persons = "four"'), "persons"),
    "a number as text": (region(BURST, 'persons = "4"'), "persons"),
    "a fraction for a number": (region(BURST, "persons = 4.5"), "persons"),
    "true for a number": (region(BURST, "persons = true"), "persons"),
    "a list for a number": (region(BURST, "persons = [4]"), "persons"),
    "a bad hour": (region(OFF_HOURS, 'from = "25:00"'), "from"),
    "a bad amount": (region(ARITHMETIC, 'tolerance = "NaN"'), "tolerance"),
    "no rule settings": (f'region = "1"\n[[change]]\nfrom = 2026-01-01\nrules.{BURST} = 4\n', BURST),
    "a day that is none": (region(BURST, "persons = 4", since='"2026-02-30"'), "from"),
    "no day": (f'region = "1"\n[[change]]\nrules.{BURST} = {{ persons = 4 }}\n', "from"),
    "an unknown setting": ('region = "1"\nlatenes_s = 300\n', "latenes_s"),
    "a text for the lateness": ('region = "1"\nlateness_s = "300"\n', "lateness_s"),
    "no TOML": ("region = [", "region.toml"),
}


def start(folder: Path, text: str) -> Ended:
    """A replay of one record under a region file."""
    (folder / "region.toml").write_text(text)
    (folder / "feed.jsonl").write_bytes(wire.as_line(wrong()))
    return monitor("replay", folder / "feed.jsonl", "--rules", folder / "region.toml")


@pytest.mark.parametrize("text,named", BAD_REGIONS.values(), ids=BAD_REGIONS)
def test_a_bad_region_file_is_a_clear_error(tmp_path: Path, text: str, named: str) -> None:
    ended = start(tmp_path, text)
    assert ended.code != 0
    assert named in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_a_missing_region_file_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "feed.jsonl").write_bytes(wire.as_line(wrong()))
    ended = monitor("replay", tmp_path / "feed.jsonl", "--rules", tmp_path / "nowhere.toml")
    assert ended.code != 0
    assert "nowhere.toml" in ended.stderr.replace("\n", "").replace("│", "").replace(" ", "")
    assert "Traceback" not in ended.stderr


def test_a_good_region_file_is_none(tmp_path: Path) -> None:
    assert start(tmp_path, region(BURST, "persons = 4")).code == 0
    assert rfc(AT) in start(tmp_path, region(BURST, "persons = 4")).stdout
